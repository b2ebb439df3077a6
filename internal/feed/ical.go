// Package feed writes an event's data in the formats that other programs read:
// iCalendar and CSV.
package feed

import (
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"convene/internal/event"
	"convene/internal/programme"
)

// Calendar writes iCalendar files (RFC 5545). Times are UTC, which every
// program understands without a zone definition; whole days are dates.
type Calendar struct {
	Host     string // of the UIDs: the installation's domain
	BaseURL  string
	Language string

	// Country names a country by its code in the language. Without it, places
	// end with the city.
	Country func(code string) string
}

// Event writes the event as one entry over whole days, for a letter's
// attachment and the event's page.
func (c Calendar) Event(e event.Event) []byte {
	cal := c.calendar(e.Title.In(c.Language), ics.MethodPublish)
	entry := cal.AddEvent(fmt.Sprintf("event-%s@%s", e.ID, c.Host))
	entry.SetDtStampTime(stamp(e))
	entry.SetSequence(int(min(e.Revision, 1<<31-1)))
	entry.SetAllDayStartAt(e.FirstDay())
	entry.SetAllDayEndAt(e.Over()) // exclusive, as RFC 5545 has it
	entry.SetSummary(e.Title.In(c.Language))
	entry.SetLocation(c.place(e))
	entry.SetURL(c.BaseURL + "/e/" + e.Slug)
	entry.SetStatus(ics.ObjectStatusConfirmed)
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

// Programme writes one entry for each of the sessions.
func (c Calendar) Programme(e event.Event, sessions []programme.Session) []byte {
	cal := c.calendar(e.Title.In(c.Language), "")
	for _, s := range sessions {
		entry := cal.AddEvent(fmt.Sprintf("session-%s@%s", s.ID, c.Host))
		entry.SetDtStampTime(stamp(e))
		entry.SetStartAt(s.Start.UTC())
		entry.SetEndAt(s.End().UTC())
		entry.SetSummary(s.Title.In(c.Language))
		if text := s.Description.In(c.Language); text != "" {
			entry.SetDescription(text)
		}
		room, _ := e.Room(s.Room)
		entry.SetLocation(joined(room.Name.In(c.Language), c.place(e)))
		entry.SetURL(c.BaseURL + "/e/" + e.Slug + "/sessions/" + s.Slug)
		entry.SetStatus(ics.ObjectStatusConfirmed)
	}
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

func (c Calendar) calendar(name string, method ics.Method) *ics.Calendar {
	cal := ics.NewCalendarFor("convene")
	cal.SetCalscale("GREGORIAN")
	if method != "" {
		cal.SetMethod(method)
	}
	cal.SetName(oneLine(name))
	cal.SetXWRCalName(oneLine(name))
	return cal
}

// stamp is when the event was last revised, as RFC 5545 wants it of a file
// without a method, so that the same data gives the same bytes. A record of
// before that was kept has the oldest stamp there can be.
func stamp(e event.Event) time.Time {
	if e.Changed.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return e.Changed.UTC()
}

func (c Calendar) place(e event.Event) string {
	country := ""
	if e.Country != "" && c.Country != nil {
		country = c.Country(e.Country)
	}
	return joined(e.Venue, e.City, country)
}

func joined(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, ", ")
}

// oneLine folds white space, which property values cannot hold as it is.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
