package event

import (
	"context"

	"convene/internal/store"
)

// Typing gives what an organiser has typed, now that it is known what the event holds:
// somebody else may have changed it since the form was opened. It is called within the
// transaction of the change, perhaps several times, and does nothing but look. Its
// error ends the change.
type Typing[T any] func(now Event) (T, error)

// Typed is what was typed, whatever the event holds.
func Typed[T any](typed T) Typing[T] { return func(Event) (T, error) { return typed, nil } }

// take changes the event by what was typed. write writes it over the event and reports
// whether that is a change: otherwise nothing is saved.
func take[T any](ctx context.Context, s *Service, id string, typing Typing[T], write func(e *Event, typed T) (changed bool, err error)) (e Event, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if e, err = s.Get(ctx, tx, id); err != nil {
			return err
		}
		typed, err := typing(e)
		if err != nil {
			return err
		}
		if changed, err := write(&e, typed); err != nil || !changed {
			return err
		}
		e, err = s.Save(ctx, tx, e)
		return err
	})
	return e, err
}
