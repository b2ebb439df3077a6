package event

import (
	"context"
	"slices"

	"convene/internal/problem"
)

// WalkIns says who may be registered at the door.
type WalkIns struct {
	Categories []string `json:"categories"` // by the door's staff; organisers may use any
}

// WalkIns lists the categories in which the door's staff may register people: those
// that the organisers chose. Unless they have chosen, it is those that anybody may
// register for without being approved.
func (e Event) WalkIns() []Category {
	var list []Category
	for _, c := range e.Categories() {
		if e.walksIn(c) {
			list = append(list, c)
		}
	}
	return list
}

func (e Event) walksIn(c Category) bool {
	if chosen := e.Registration.WalkIns; chosen != nil {
		return slices.Contains(chosen.Categories, c.ID)
	}
	return c.Seen == SeenByAll && c.Mode == ModeOpen && !e.Registration.Approval
}

// LetWalkIn changes in which categories the door's staff may register people. One that
// the event does not have is a problem of kind Invalid about the field category.
func (s *Service) LetWalkIn(ctx context.Context, id string, typing Typing[[]string]) (Event, error) {
	return take(ctx, s, id, typing, func(e *Event, categories []string) (changed bool, err error) {
		for _, category := range categories {
			if _, ok := e.Category(category); !ok {
				var faults problem.Form
				faults.Add("category", "problem.field.choice")
				return false, faults.Err()
			}
		}
		if now := e.Registration.WalkIns; now != nil && slices.Equal(now.Categories, categories) {
			return false, nil
		}
		e.Registration.WalkIns = &WalkIns{Categories: append([]string{}, categories...)}
		return true, nil
	})
}
