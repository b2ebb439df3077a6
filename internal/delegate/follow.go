package delegate

import (
	"context"

	"convene/internal/event"
	"convene/internal/store"
)

// Follower is told in the transaction that a registration has left the state from.
// What it changes of the registration is saved with the move; an error undoes both.
type Follower func(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, from State) error

// Follow has the function told of every move, after those that were given before. It
// is for putting the program together: nothing may be running yet.
func (s *Service) Follow(fn Follower) { s.followers = append(s.followers, fn) }

func (s *Service) tellFollowers(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, from State) error {
	for _, fn := range s.followers {
		if err := fn(ctx, tx, e, d, from); err != nil {
			return err
		}
	}
	return nil
}

// Read returns the registration as the transaction sees it, or a problem of kind
// NotFound.
func (s *Service) Read(ctx context.Context, tx *store.Tx, id string) (Delegate, error) {
	return s.get(ctx, tx, id)
}

// KeepSessions notes in the transaction, which has read the registration, in which
// sessions the delegate has a place. The registration is written also when they are
// the same, so that two who decide about one person's sessions at once do so in turn.
func (s *Service) KeepSessions(tx *store.Tx, d Delegate, ids []string) error {
	d.Sessions = ids
	d.index()
	return delegates.Put(tx, d)
}
