package event

import (
	"context"
	"strconv"
	"strings"

	"convene/internal/problem"
)

// TypedPlaces are limits as an organiser types them. An empty text is no limit.
type TypedPlaces struct {
	Capacity   string
	OfferHours string // empty: DefaultOffer
}

// The largest limits.
const (
	MaxCapacity   = 1_000_000
	MaxOfferHours = 30 * 24
)

// typedNumber reads a whole number within limits. An empty text is none; anything
// else is a fault of the field.
func typedNumber(faults *problem.Form, field, text string, least, most int) (n int, given bool) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		faults.Add(field, "problem.field.between", "Min", least, "Max", most)
	}
	return n, true
}

// LimitPlaces changes how many may take part in the event. Who has a place keeps it,
// also beyond a new limit. A problem of kind Invalid names the fields capacity and
// offer_hours.
func (s *Service) LimitPlaces(ctx context.Context, id string, typing Typing[TypedPlaces]) (Event, error) {
	return take(ctx, s, id, typing, func(e *Event, typed TypedPlaces) (changed bool, err error) {
		var faults problem.Form
		capacity, _ := typedNumber(&faults, "capacity", typed.Capacity, 1, MaxCapacity)
		hours, _ := typedNumber(&faults, "offer_hours", typed.OfferHours, 1, MaxOfferHours)
		r := &e.Registration
		if err := faults.Err(); err != nil || r.Capacity == capacity && r.OfferHours == hours {
			return false, err
		}
		r.Capacity, r.OfferHours = capacity, hours
		return true, nil
	})
}
