package statement

import (
	"context"

	"convene/internal/store"
)

// Subscribers counts who would be told of a change: the event's confirmed
// subscriptions.
func (s *Service) Subscribers(ctx context.Context, eventID string) (int, error) {
	return subscriptions.Count(ctx, s.DB, store.By("confirmed", eventID, true))
}
