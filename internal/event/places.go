package event

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"convene/internal/problem"
	"convene/internal/store"
)

// TypedPlaces are limits as an organiser types them. An empty text is no limit.
type TypedPlaces struct {
	Capacity   string
	Categories map[string]string // by category
	OfferHours string            // empty: DefaultOffer
}

// The largest limits.
const (
	MaxCapacity   = 1_000_000
	MaxOfferHours = 30 * 24
)

// CategoryField is the name of the field that limits a category.
func CategoryField(category string) string { return "category-" + category }

// LimitPlaces changes how many may take part. Who has a place keeps it, also beyond a
// new limit. A problem of kind Invalid names the fields capacity, offer_hours and
// those of CategoryField.
func (s *Service) LimitPlaces(ctx context.Context, id string, typed TypedPlaces) (e Event, err error) {
	var faults problem.Form
	number := func(field, text string, least, most int) (n int, given bool) {
		if text = strings.TrimSpace(text); text == "" {
			return 0, false
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			faults.Add(field, "problem.field.between", "Min", least, "Max", most)
		}
		return n, true
	}
	capacity, _ := number("capacity", typed.Capacity, 1, MaxCapacity)
	hours, _ := number("offer_hours", typed.OfferHours, 1, MaxOfferHours)
	var limits map[string]int
	for _, category := range slices.Sorted(maps.Keys(typed.Categories)) {
		if n, given := number(CategoryField(category), typed.Categories[category], 0, MaxCapacity); given {
			if limits == nil {
				limits = map[string]int{}
			}
			limits[category] = n
		}
	}
	if err := faults.Err(); err != nil {
		return e, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if e, err = s.Get(ctx, tx, id); err != nil {
			return err
		}
		r := &e.Registration
		if r.Capacity == capacity && r.OfferHours == hours && maps.Equal(r.Categories, limits) {
			return nil
		}
		r.Capacity, r.OfferHours, r.Categories = capacity, hours, limits
		e, err = s.Save(ctx, tx, e)
		return err
	})
	return e, err
}
