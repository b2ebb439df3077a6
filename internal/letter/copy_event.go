package letter

import (
	"context"
	"slices"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/store"
)

// CopyEvent makes the texts of the event from that hold the first versions of the event
// to, which has none, in the transaction that makes it a copy: those for everybody, and
// those for the categories that the copy has. The texts of rules and messages of an
// event's own stay with these, and so do files: they tell of one edition.
func (c *Composer) CopyEvent(ctx context.Context, tx *store.Tx, from, to event.Event) error {
	all, err := templates.List(ctx, tx, store.By("event", from.ID))
	if err != nil {
		return err
	}
	holds := map[string]Template{} // by occasion and language: versions come in their order
	for _, t := range all {
		holds[t.Occasion+"/"+t.Language] = t
	}
	for _, t := range holds {
		occasion, category := OfCategory(t.Occasion)
		_, there := to.Category(category)
		if t.Withdrawn || !slices.Contains(Occasions, occasion) || category != "" && !there {
			continue
		}
		t.Event, t.Version = to.ID, 1
		t.ID = t.id()
		t.By, t.At = audit.By(ctx).Name, c.now()
		if err := templates.Create(tx, t); err != nil {
			return err
		}
	}
	return nil
}
