package delegate

import (
	"context"

	"convene/internal/problem"
	"convene/internal/store"
)

// CountCategories tells how many registrations there are in each of the event's
// categories, in whatever state.
func (s *Service) CountCategories(ctx context.Context, event string) (map[string]int, error) {
	counts := map[string]int{}
	for _, state := range States {
		some, err := delegates.Tally(ctx, s.db, store.By("state_category", event, string(state)))
		if err != nil {
			return nil, err
		}
		for category, n := range some {
			counts[category] += n
		}
	}
	return counts, nil
}

// RemoveCategory takes a category away from the event. One in which somebody is
// registered, or ever was, is a problem of kind Conflict: it can be hidden instead.
func (s *Service) RemoveCategory(ctx context.Context, event, id string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		for _, state := range States {
			n, err := delegates.Count(ctx, tx, store.By("state_category", event, string(state), id))
			if err != nil {
				return err
			}
			if n > 0 {
				return problem.New(problem.Conflict, "problem.category_used")
			}
		}
		return s.events.RemoveCategory(ctx, tx, event, id)
	})
}
