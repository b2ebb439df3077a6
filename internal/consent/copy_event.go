package consent

import (
	"context"

	"convene/internal/event"
	"convene/internal/store"
)

// CopyEvent makes the texts of the event from that hold the first versions of the event
// to, which has none, in the transaction that makes it a copy. What people agreed to
// stays with the event where they did.
func (s *Service) CopyEvent(ctx context.Context, tx *store.Tx, from, to event.Event) error {
	all, err := texts.List(ctx, tx, store.By("number", from.ID))
	if err != nil {
		return err
	}
	holds := map[string]Text{} // by language: versions come in their order
	for _, t := range all {
		holds[t.Language] = t
	}
	for _, t := range holds {
		if t.Text == "" {
			continue
		}
		if err := texts.Create(tx, s.version(ctx, to, t.Language, 1, t.Text)); err != nil {
			return err
		}
	}
	return nil
}
