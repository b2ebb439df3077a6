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
	Categories map[string]string // by the category's id
	OfferHours string            // empty: DefaultOffer
}

// The largest limits.
const (
	MaxCapacity   = 1_000_000
	MaxOfferHours = 30 * 24
)

// CategoryField is the name of the field that limits a category.
func CategoryField(category string) string { return "category-" + category }

// LimitPlaces changes how many may take part; a category that is not told of keeps
// its limit. Who has a place keeps it, also beyond a
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
	limits := map[string]*int{}
	for _, category := range slices.Sorted(maps.Keys(typed.Categories)) {
		limits[category] = nil
		if n, given := number(CategoryField(category), typed.Categories[category], 0, MaxCapacity); given {
			limits[category] = &n
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
		own := slices.Clone(e.Categories())
		changed := r.Capacity != capacity || r.OfferHours != hours
		for i, c := range own {
			if n, told := limits[c.ID]; told && !equal(c.Places, n) {
				own[i].Places, changed = n, true
				r.Categories = own
			}
		}
		if !changed {
			return nil
		}
		r.Capacity, r.OfferHours = capacity, hours
		e, err = s.Save(ctx, tx, e)
		return err
	})
	return e, err
}

func equal(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }
