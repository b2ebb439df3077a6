package kit

import (
	"unicode/utf8"

	"convene/internal/event"
)

// BadgeCard is a badge as the part "badge-card" shows and prints it.
type BadgeCard struct {
	Label, CodeLabel string // what it is, and what its code is, for those who do not see it
	Event            *EventHead
	Name, LatinName  string
	Organisation     string
	Place            string
	Category         string
	Band             string // the class of the coloured band; its word says the same
	Image            string // the address of the code's picture
}

// BandOf is the class of the band of a category's badges: with the category's own
// colour, or one of those that the program has.
func BandOf(e event.Event, category string) string {
	if c, _ := e.Category(category); c.Colour != "" {
		return CategoryClass(c.ID)
	}
	switch category {
	case "minister", "mayor":
		return "mayor"
	case "media":
		return "press"
	case "host-city-staff":
		return "staff"
	case "observer":
		return "observer"
	}
	return "delegate"
}

// NameSize is the class that makes a long name fit the badge.
func (b BadgeCard) NameSize() string {
	switch n := utf8.RuneCountInString(b.Name); {
	case n > 110:
		return "smallest"
	case n > 66:
		return "longest"
	case n > 36:
		return "longer"
	case n > 22:
		return "long"
	}
	return ""
}
