package delegate

import (
	"context"
	"errors"
	"fmt"

	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/store"
)

// recount notes, for an event, for which revision of its questions it was counted
// what people have yet to answer.
type recount struct {
	ID       string `json:"id"` // the event's
	Revision int    `json:"revision"`
}

var recounts = store.NewCollection("recounts", func(r recount) string { return r.ID })

// count notes how many questions the delegate has yet to answer that are required of
// them: at registration, or later on their own page.
func (s *Service) count(ctx context.Context, d *Delegate) error {
	set, err := s.forms.Of(ctx, d.Event)
	if err != nil {
		return err
	}
	d.Unanswered = s.unanswered(set, *d)
	return nil
}

func (s *Service) unanswered(set form.Set, d Delegate) int {
	if d.State.Over() || len(set.Questions) == 0 {
		return 0
	}
	return len(set.Missing(form.Asking{
		Category: d.Category, Moments: []form.Moment{form.AtRegistration, form.Later}, Now: s.clock(), Before: d.Answers,
	}))
}

// Recount counts anew what people have yet to answer where an event's questions have
// changed since, and returns for how many that was another number.
func (s *Service) Recount(ctx context.Context) (int, error) {
	list, err := s.events.List(ctx)
	if err != nil {
		return 0, err
	}
	changed := 0
	for _, e := range list {
		if e.Phase(s.clock()) == event.Past {
			continue
		}
		n, err := s.recountEvent(ctx, e)
		changed += n
		if err != nil {
			return changed, fmt.Errorf("counting answers of %s: %w", e.Slug, err)
		}
	}
	return changed, nil
}

func (s *Service) recountEvent(ctx context.Context, e event.Event) (changed int, err error) {
	set, err := s.forms.Of(ctx, e.ID)
	if err != nil {
		return 0, err
	}
	done, err := recounts.Get(ctx, s.db, e.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, err
	}
	if done.Revision == set.Revision {
		return 0, nil
	}
	for d, err := range delegates.All(ctx, s.db, store.By("name", e.ID)) {
		if err != nil {
			return changed, err
		}
		if s.unanswered(set, d) == d.Unanswered {
			continue
		}
		if _, err := s.change(ctx, d.ID, func(*store.Tx, event.Event, *Delegate) error { return nil }); err != nil {
			return changed, err
		}
		changed++
	}
	return changed, s.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := recounts.Get(ctx, tx, e.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return recounts.Put(tx, recount{ID: e.ID, Revision: set.Revision})
	})
}
