package signup

import (
	"context"
	"slices"

	"convene/internal/event"
	"convene/internal/store"
)

// CopyEvent opens the sessions of a copy of the event from as those of the event are, in
// the transaction that makes the copy; sessions are the ids of the copy's by those of the
// event's. When people may sign up lies as long before the copy as it did before the
// event. Who signed up stays behind, and so does what was taken back.
func (s *Service) CopyEvent(ctx context.Context, tx *store.Tx, from, to event.Event, sessions map[string]string) error {
	list, err := openings.List(ctx, tx, store.By("event", from.ID))
	if err != nil {
		return err
	}
	for _, o := range list {
		id, ok := sessions[o.ID]
		categories := slices.DeleteFunc(slices.Clone(o.Categories), func(id string) bool {
			_, there := to.Category(id)
			return !there
		})
		forNobody := len(o.Categories) > 0 && len(categories) == 0
		if !ok || forNobody || !o.Ended.IsZero() {
			continue
		}
		o.ID, o.Event, o.Categories = id, to.ID, categories
		o.Opens, o.Closes = to.Along(from, o.Opens), to.Along(from, o.Closes)
		if err := openings.Create(tx, o); err != nil {
			return err
		}
	}
	return nil
}
