package form

import (
	"context"
	"slices"
	"time"

	"convene/internal/store"
)

// MoveEvent takes along until when answers may be changed, in the transaction that moves
// the event to other days; along tells where an instant goes. Until when they are kept
// stays: people were told so.
func (s *Service) MoveEvent(ctx context.Context, tx *store.Tx, event string, along func(time.Time) time.Time) error {
	set, err := s.of(ctx, tx, event)
	if err != nil {
		return err
	}
	frozen := func(q Question) bool { return !q.Freeze.IsZero() }
	if !slices.ContainsFunc(set.Questions, frozen) {
		return nil
	}
	set.Questions = slices.Clone(set.Questions)
	for i, q := range set.Questions {
		set.Questions[i].Freeze = along(q.Freeze)
		if !q.Keep.IsZero() && q.Keep.Before(set.Questions[i].Freeze) { // what is gone cannot be changed
			set.Questions[i].Freeze = q.Keep
		}
	}
	set.Revision++
	return sets.Put(tx, set)
}
