package statement

import (
	"context"
	"errors"
	"time"

	"convene/internal/outbox"
	"convene/internal/personal"
	"convene/internal/store"
)

// Personal is what is kept of a person who follows the statements of their event,
// which they ask for by their address alone.
func (s *Service) Personal() personal.Part {
	return personal.Part{Name: "following", Holds: []string{subscriptions.Schema().Name}, Export: export, Erase: s.erase}
}

type exported struct {
	Email     string    `json:"email"`
	Language  string    `json:"language"`
	Confirmed bool      `json:"confirmed"`
	Asked     time.Time `json:"asked"`
}

func export(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	sub, err := subscriptions.First(ctx, r, store.By("email", p.Event, p.EmailKey))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return exported{sub.Email, sub.Language, sub.Confirmed, sub.Asked}, err
}

func (s *Service) erase(ctx context.Context, tx *store.Tx, p personal.Person) (more bool, err error) {
	if p.EmailKey == "" {
		return false, nil
	}
	sub, err := subscriptions.First(ctx, tx, store.By("email", p.Event, p.EmailKey))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := outbox.Forget(ctx, tx, s.Clock(), outbox.ID(OccasionSubscribe, sub.ID, "")); err != nil {
		return false, err
	}
	for a, err := range announcements.All(ctx, tx, store.Query{}) {
		if err != nil {
			return false, err
		}
		if err := outbox.Forget(ctx, tx, s.Clock(), outbox.ID(OccasionChanged, a.ID, sub.ID)); err != nil {
			return false, err
		}
	}
	return false, subscriptions.Delete(ctx, tx, sub.ID)
}
