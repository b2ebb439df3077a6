package outbox

import (
	"context"
	"time"

	"convene/internal/store"
)

// QueueAll is Queue for many letters at once. made is how many of them were not
// there yet.
func QueueAll(ctx context.Context, tx *store.Tx, now time.Time, list []Letter) (made int, err error) {
	for _, l := range list {
		ok, err := Queue(ctx, tx, now, l)
		if err != nil {
			return made, err
		}
		if ok {
			made++
		}
	}
	return made, nil
}
