package badge

import (
	"context"
	"time"

	"convene/internal/personal"
	"convene/internal/store"
)

// Personal is what badges hold of a person: that they had some. A badge that is
// erased admits nobody, since the door no longer knows it.
func (s *Service) Personal() personal.Part {
	return personal.Part{Name: "badges", Holds: []string{badges.Schema().Name}, Export: export, Erase: erase}
}

type exported struct {
	Issued  time.Time `json:"issued"`
	Revoked time.Time `json:"revoked,omitzero"`
}

func export(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	var list []exported
	for b, err := range badges.All(ctx, r, store.By("delegate", p.ID)) {
		if err != nil {
			return nil, err
		}
		list = append(list, exported{b.Issued, b.Revoked})
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

func erase(ctx context.Context, tx *store.Tx, p personal.Person) (more bool, err error) {
	page, err := badges.Find(ctx, tx, store.By("delegate", p.ID))
	if err != nil {
		return false, err
	}
	for _, b := range page.Items {
		if err := badges.Delete(ctx, tx, b.ID); err != nil {
			return false, err
		}
	}
	return page.Next != "", nil
}
