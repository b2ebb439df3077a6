package delegate

import (
	"context"

	"convene/internal/store"
)

// Unfinished counts who has not finished, by state and by day of registration.
func (s *Service) Unfinished(ctx context.Context, event string) (map[State]map[string]int, error) {
	counts := map[State]map[string]int{}
	for _, state := range States {
		if !state.Unfinished() {
			continue
		}
		days, err := delegates.Tally(ctx, s.db, store.By("state_day", event, string(state)))
		if err != nil {
			return nil, err
		}
		if len(days) > 0 {
			counts[state] = days
		}
	}
	return counts, nil
}

// Languages counts confirmed delegates by the language of their letters.
func (s *Service) Languages(ctx context.Context, event string) (map[string]int, error) {
	return delegates.Tally(ctx, s.db, store.By("state_language", event, string(Confirmed)))
}
