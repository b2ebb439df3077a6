package event

import (
	"slices"
	"time"

	"convene/internal/i18n"
)

// Category is one in which people take part in an event.
type Category struct {
	ID     string    `json:"id"`               // [a-z0-9-]+; never changes
	Name   i18n.Text `json:"name,omitempty"`   // empty: the program's word for the id
	Places *int      `json:"places,omitempty"` // how many may take part in it; nil: as many as in the event
	Opens  time.Time `json:"opens,omitzero"`   // zero: with the event's registration
	Closes time.Time `json:"closes,omitzero"`  // likewise
	Mode   Mode      `json:"mode,omitempty"`
	Seen   Seen      `json:"seen,omitempty"`
	Colour string    `json:"colour,omitempty"` // of the badge's band, #rrggbb; empty: the usual one
}

// Same reports whether the other is the same category, however it has changed.
func (c Category) Same(other Category) bool { return c.ID == other.ID }

// Mode says what it takes to take part in a category.
type Mode string

// The modes of a category.
const (
	ModeOpen       Mode = ""           // as the event's registration says
	ModeApproval   Mode = "approval"   // the organisers approve each one
	ModeInvitation Mode = "invitation" // whoever is invited or nominated, and nobody else
)

// Modes lists every mode.
var Modes = []Mode{ModeOpen, ModeApproval, ModeInvitation}

// Seen says who is offered a category when registering.
type Seen string

// Who is offered a category.
const (
	SeenByAll     Seen = ""        // everybody
	SeenByInvited Seen = "invited" // who comes with an invitation to it
	SeenByDesk    Seen = "desk"    // nobody but the organisers
)

// SeenBy lists every value.
var SeenBy = []Seen{SeenByAll, SeenByInvited, SeenByDesk}

// UsualCategories are those of an event that has not chosen its own.
var UsualCategories = []Category{
	{ID: "minister"}, {ID: "mayor"}, {ID: "city-executive"}, {ID: "national-government"}, {ID: "un-agency"},
	{ID: "international-organisation"}, {ID: "ngo"}, {ID: "private-sector"}, {ID: "academia"}, {ID: "youth"},
	{ID: "media"}, {ID: "host-city-staff"}, {ID: "observer"},
}

// Categories are the event's, in the order they are offered: its own, or the usual
// ones. Nobody may change them.
func (e Event) Categories() []Category {
	if len(e.Registration.Categories) > 0 {
		return e.Registration.Categories
	}
	return UsualCategories
}

// Category returns the event's category with the id.
func (e Event) Category(id string) (Category, bool) {
	for _, c := range e.Categories() {
		if c.ID == id {
			return c, true
		}
	}
	return Category{}, false
}

// CategoryLabel is what the category is called. One that the event does not have, or
// has no longer, is called by its id where the program has no word for it.
func (e Event) CategoryLabel(p *i18n.Printer, id string) string {
	if c, _ := e.Category(id); !c.Name.Empty() {
		return p.Text(c.Name)
	}
	if slices.ContainsFunc(UsualCategories, func(c Category) bool { return c.ID == id }) {
		return p.T("category." + id)
	}
	return id
}

// Open tells whether people can register for the category at the instant: as the
// event says, within the category's own time.
func (e Event) Open(c Category, now time.Time) RegistrationState {
	if state := e.RegistrationState(now); state != RegistrationOpen {
		return state
	}
	switch {
	case now.Before(c.Opens):
		return RegistrationNotYet
	case !c.Closes.IsZero() && !now.Before(c.Closes):
		return RegistrationClosed
	}
	return RegistrationOpen
}

// ToAll reports whether it takes no invitation to choose the category.
func (c Category) ToAll() bool { return c.Seen == SeenByAll && c.Mode != ModeInvitation }

// Offered lists the categories that anybody may choose at the instant.
func (e Event) Offered(now time.Time) []Category {
	var list []Category
	for _, c := range e.Categories() {
		if c.ToAll() && e.Open(c, now) == RegistrationOpen {
			list = append(list, c)
		}
	}
	return list
}

// NeedsApproval reports whether organisers approve who registers for the category.
func (e Event) NeedsApproval(category string) bool {
	c, _ := e.Category(category)
	return e.Registration.Approval || c.Mode == ModeApproval
}

// Limit is how many may take part in the category, if it has a limit of its own.
func (r Registration) Limit(category string) (n int, limited bool) {
	for _, c := range r.Categories {
		if c.ID == category && c.Places != nil {
			return *c.Places, true
		}
	}
	return 0, false
}

// Limited reports whether there may be no place for somebody of the category.
func (r Registration) Limited(category string) bool {
	_, limited := r.Limit(category)
	return limited || r.Capacity > 0
}
