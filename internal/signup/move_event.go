package signup

import (
	"context"

	"convene/internal/event"
	"convene/internal/store"
)

// MoveEvent takes along from when to when people may sign up, in the transaction that moves
// the event and its sessions to other days.
func (s *Service) MoveEvent(ctx context.Context, tx *store.Tx, from, to event.Event) error {
	list, err := openings.List(ctx, tx, store.By("event", to.ID))
	if err != nil {
		return err
	}
	for _, o := range list {
		opens, closes := to.AlongAhead(from, o.Opens, s.Clock()), to.Along(from, o.Closes)
		if opens.Equal(o.Opens) && closes.Equal(o.Closes) {
			continue
		}
		o.Opens, o.Closes = opens, closes
		if err := openings.Put(tx, o); err != nil {
			return err
		}
	}
	return nil
}
