package event

import (
	"context"
	"slices"

	"convene/internal/problem"
	"convene/internal/store"
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
func (s *Service) LetWalkIn(ctx context.Context, id string, typing Typing[[]string]) (e Event, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if e, err = s.Get(ctx, tx, id); err != nil {
			return err
		}
		categories, err := typing(e)
		if err != nil {
			return err
		}
		for _, category := range categories {
			if _, ok := e.Category(category); !ok {
				var faults problem.Form
				faults.Add("category", "problem.field.choice")
				return faults.Err()
			}
		}
		if now := e.Registration.WalkIns; now != nil && slices.Equal(now.Categories, categories) {
			return nil
		}
		e.Registration.WalkIns = &WalkIns{Categories: append([]string{}, categories...)}
		e, err = s.Save(ctx, tx, e)
		return err
	})
	return e, err
}
