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

// Event writes the event as one entry over whole days.
func (c Calendar) Event(e event.Event) []byte {
	cal := c.calendar(e.Title.In(c.Language), ics.MethodPublish)
	entry := cal.AddEvent(fmt.Sprintf("event-%s@%s", e.ID, c.Host))
	entry.SetDtStampTime(stamp(e))
	entry.SetSequence(sequence(e.Revision))
	c.fill(entry, e)
	return serialize(cal)
}

// Place is somebody's place at an event, as calendars keep it. Each change of it,
// and of the event, replaces the entry that they have.
type Place struct {
	ID      string    // the registration's
	Changes int       // so far; never less than before
	Changed time.Time // last
	Person  Contact
	Host    Contact // whom mail programs name as the organiser
}

// Contact is a name and an e-mail address. The name may be empty.
type Contact struct{ Name, Email string }

// Own writes the place as a file for the person's own calendar, with the sessions
// that they signed up for.
func (c Calendar) Own(e event.Event, p Place, sessions ...programme.Session) []byte {
	cal, _ := c.place(e, p, ics.MethodPublish)
	for _, s := range sessions {
		c.session(cal, e, s).SetSequence(sequence(e.Revision + int64(p.Changes)))
	}
	return serialize(cal)
}

// RequestSession writes the place in a session as Request does that at the event.
func (c Calendar) RequestSession(e event.Event, p Place, s programme.Session) []byte {
	cal := c.calendar(e.Title.In(c.Language), ics.MethodRequest)
	c.ownSession(cal, e, p, s)
	return serialize(cal)
}

// CancelSession takes it out of the calendar again.
func (c Calendar) CancelSession(e event.Event, p Place, s programme.Session) []byte {
	cal := c.calendar(e.Title.In(c.Language), ics.MethodCancel)
	c.ownSession(cal, e, p, s).SetStatus(ics.ObjectStatusCancelled)
	return serialize(cal)
}

func (c Calendar) ownSession(cal *ics.Calendar, e event.Event, p Place, s programme.Session) *ics.VEvent {
	entry := c.session(cal, e, s)
	entry.SetDtStampTime(latest(stamp(e), p.Changed))
	entry.SetSequence(sequence(e.Revision + int64(p.Changes)))
	p.name(entry)
	return entry
}

// Request writes the place as an invitation that has been accepted, which mail
// programs put into the calendar without an answer (iTIP, RFC 5546, 3.2.2).
func (c Calendar) Request(e event.Event, p Place) []byte {
	cal, entry := c.place(e, p, ics.MethodRequest)
	p.name(entry)
	return serialize(cal)
}

// Cancel takes the place out of the calendar again (RFC 5546, 3.2.5).
func (c Calendar) Cancel(e event.Event, p Place) []byte {
	cal, entry := c.place(e, p, ics.MethodCancel)
	p.name(entry)
	entry.SetStatus(ics.ObjectStatusCancelled)
	return serialize(cal)
}

func (c Calendar) place(e event.Event, p Place, method ics.Method) (*ics.Calendar, *ics.VEvent) {
	cal := c.calendar(e.Title.In(c.Language), method)
	entry := cal.AddEvent(fmt.Sprintf("registration-%s@%s", p.ID, c.Host))
	entry.SetDtStampTime(latest(stamp(e), p.Changed))
	entry.SetSequence(sequence(e.Revision + int64(p.Changes)))
	c.fill(entry, e)
	return cal, entry
}

// name adds who invites and who comes.
func (p Place) name(entry *ics.VEvent) {
	entry.SetOrganizer("mailto:"+p.Host.Email, p.Host.parameters()...)
	if p.Person.Email == "" { // they came to the door without an address
		return
	}
	entry.AddAttendee("mailto:"+p.Person.Email, append(p.Person.parameters(),
		ics.CalendarUserTypeIndividual, ics.ParticipationRoleReqParticipant, ics.ParticipationStatusAccepted, ics.WithRSVP(false))...)
}

func (c Contact) parameters() []ics.PropertyParameter {
	if c.Name == "" {
		return nil
	}
	return []ics.PropertyParameter{ics.WithCN(oneLine(plain.Replace(c.Name)))}
}

// plain avoids what RFC 5545 wants quoted in a parameter: the library escapes it
// with backslashes instead, which no reader undoes.
var plain = strings.NewReplacer(`"`, "”", "'", "’", ",", " ", ";", " ", ":", " ", `\`, " ")

// fill tells of the event over whole days.
func (c Calendar) fill(entry *ics.VEvent, e event.Event) {
	entry.SetAllDayStartAt(e.FirstDay())
	entry.SetAllDayEndAt(e.Over()) // exclusive, as RFC 5545 has it
	entry.SetSummary(e.Title.In(c.Language))
	entry.SetLocation(c.venue(e))
	entry.SetURL(c.BaseURL + "/e/" + e.Slug)
	entry.SetStatus(ics.ObjectStatusConfirmed)
}

func serialize(cal *ics.Calendar) []byte { return []byte(cal.Serialize(ics.WithNewLineWindows)) }

func sequence(n int64) int { return int(min(n, 1<<31-1)) }

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b.UTC()
	}
	return a
}

// Programme writes one entry for each of the sessions.
func (c Calendar) Programme(e event.Event, sessions []programme.Session) []byte {
	cal := c.calendar(e.Title.In(c.Language), "")
	for _, s := range sessions {
		c.session(cal, e, s)
	}
	return serialize(cal)
}

// session adds an entry for the session.
func (c Calendar) session(cal *ics.Calendar, e event.Event, s programme.Session) *ics.VEvent {
	entry := cal.AddEvent(fmt.Sprintf("session-%s@%s", s.ID, c.Host))
	entry.SetDtStampTime(stamp(e))
	entry.SetStartAt(s.Start.UTC())
	entry.SetEndAt(s.End().UTC())
	entry.SetSummary(s.Title.In(c.Language))
	if text := s.Description.In(c.Language); text != "" {
		entry.SetDescription(text)
	}
	room, _ := e.Room(s.Room)
	entry.SetLocation(joined(room.Name.In(c.Language), c.venue(e)))
	entry.SetURL(c.BaseURL + "/e/" + e.Slug + "/sessions/" + s.Slug)
	entry.SetStatus(ics.ObjectStatusConfirmed)
	return entry
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

func (c Calendar) venue(e event.Event) string {
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
