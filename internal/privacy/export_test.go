package privacy

import (
	"context"

	"convene/internal/event"
)

// Cut begins a plan and leaves it, as a crash does.
func (s *Service) Cut(ctx context.Context, e event.Event, p Plan) error {
	_, err := s.begin(ctx, e, p)
	return err
}
