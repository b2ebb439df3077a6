package signup

import (
	"context"
	"time"

	"convene/internal/i18n"
	"convene/internal/personal"
	"convene/internal/problem"
	"convene/internal/store"
)

// Personal is which sessions a person signed up for.
func (s *Service) Personal() personal.Part {
	return personal.Part{Name: "sessions", Holds: []string{entries.Schema().Name}, Export: s.export, Erase: s.erase}
}

type exported struct {
	Session i18n.Text `json:"session"`
	Since   time.Time `json:"since"`
	Waits   bool      `json:"waits,omitempty"`
}

func (s *Service) export(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	var list []exported
	for entry, err := range entries.All(ctx, r, store.By("delegate", p.ID)) {
		if err != nil {
			return nil, err
		}
		session, err := s.Programme.SessionByID(ctx, entry.Session)
		if err != nil && problem.KindOf(err) != problem.NotFound {
			return nil, err
		}
		list = append(list, exported{session.Title, entry.Since, entry.Waits()})
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// erase frees the person's places for who waits. How many took part in a session
// that has begun stays.
func (s *Service) erase(ctx context.Context, tx *store.Tx, p personal.Person) (more bool, err error) {
	held, err := entries.List(ctx, tx, store.By("delegate", p.ID))
	if err != nil || len(held) == 0 {
		return false, err
	}
	t, err := s.Timetable(ctx, p.Event)
	if err != nil {
		return false, err
	}
	for _, entry := range held {
		session, ok := t.session(entry.Session)
		if ok && !s.Clock().Before(session.Start) {
			err = entries.Delete(ctx, tx, entry.ID)
		} else {
			err = s.free(ctx, tx, entry, t)
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}
