// Package event keeps the editions of conferences and members' meetings: when
// and where they are, in which languages, and how people register.
package event

import (
	"slices"
	"sync"
	"time"

	"convene/internal/fact"
	"convene/internal/i18n"
	"convene/internal/store"
)

// Series of events.
const (
	SeriesConference = "iclc"            // International Conference on Learning Cities
	SeriesMeeting    = "members-meeting" // Members' Meeting of the network
)

// Event is one edition. Its days are calendar dates in its time zone.
type Event struct {
	ID      string `json:"id"`
	Slug    string `json:"slug"` // in URLs: "iclc-2015"
	Series  string `json:"series"`
	Number  int    `json:"number"`  // of the series; 0 when it has none
	Acronym string `json:"acronym"` // [a-z0-9_]{4,}, as schedule exports want it

	Title       i18n.Text `json:"title"`
	Theme       i18n.Text `json:"theme"`
	Description i18n.Text `json:"description,omitempty"`

	Starts    string `json:"starts"` // YYYY-MM-DD
	Ends      string `json:"ends"`
	MonthOnly bool   `json:"month_only,omitzero"` // only the month is known yet
	TimeZone  string `json:"time_zone"`           // IANA name
	City      string `json:"city"`
	Country   string `json:"country"` // ISO 3166-1 alpha-2; empty when not known yet
	Venue     string `json:"venue,omitempty"`
	Host      string `json:"host,omitempty"`
	Hybrid    bool   `json:"hybrid,omitzero"` // could, or can, be attended online

	Organisers []string `json:"organisers,omitempty"`
	Languages  []string `json:"languages"`
	Accent     string   `json:"accent"` // #rrggbb

	Registration Registration `json:"registration"`
	Admission    Admission    `json:"admission"`
	Retention    Retention    `json:"retention,omitzero"`
	Gates        []Gate       `json:"gates,omitempty"`
	Rooms        []Room       `json:"rooms,omitempty"`
	ReplyTo      string       `json:"reply_to,omitempty"`    // an e-mail address; where answers to letters go
	SurveyLink   string       `json:"survey_link,omitempty"` // https; asked for after the event
	FourEyes     bool         `json:"four_eyes,omitzero"`    // a message goes out once a second organiser approves
	Listing      Listing      `json:"listing,omitzero"`      // of participants

	Rescheduled *Rescheduling              `json:"rescheduled,omitempty"`
	Figures     []fact.Count               `json:"figures,omitempty"`
	Documents   []Document                 `json:"documents,omitempty"`
	Highlights  []Highlight                `json:"highlights,omitempty"`
	Announced   []Announcement             `json:"announced,omitempty"`
	Provenance  map[string]fact.Provenance `json:"provenance,omitempty"` // of dates, host, languages …

	ClonedFrom string `json:"cloned_from,omitempty"` // an event's id
	Rehearsal  bool   `json:"rehearsal,omitzero"`    // invented people; said on every page
	Revision   int64  `json:"revision"`              // rises with every change of the event or its programme

	Changed time.Time `json:"changed,omitzero"` // when the revision rose last
}

// Registration says whether and how delegates register themselves.
type Registration struct {
	Enabled  bool      `json:"enabled"`
	Opens    time.Time `json:"opens"`
	Closes   time.Time `json:"closes"`
	Approval bool      `json:"approval"` // the organisers approve each one

	Capacity   int        `json:"capacity,omitzero"`    // how many may take part; 0: no limit
	Categories []Category `json:"categories,omitempty"` // none: UsualCategories
	Former     []string   `json:"former,omitempty"`     // ids of categories that were removed, which no other ever gets
	OfferHours int        `json:"offer_hours,omitzero"` // how long a place is kept for who waited; 0: DefaultOffer

	Delegation    int       `json:"delegation,omitzero"`     // how many a member city nominates; 0: none, but where a city has a number of its own
	FocalApproval bool      `json:"focal_approval,omitzero"` // who registers for a member city needs its focal point's yes first, then the organisers'
	TransferUntil time.Time `json:"transfer_until,omitzero"` // until when places may be given to colleagues; zero: never
	WalkIns       *WalkIns  `json:"walk_ins,omitempty"`      // nil: as Event.WalkIns says
}

// DefaultOffer is how long a place that fell free is kept for the next on the
// waiting list, unless the event says otherwise.
const DefaultOffer = 48 * time.Hour

// Offer is how long a place that fell free is kept for the next on the waiting list.
func (r Registration) Offer() time.Duration {
	if r.OfferHours == 0 {
		return DefaultOffer
	}
	return time.Duration(r.OfferHours) * time.Hour
}

// Anew is what holds for another edition too: its categories, limits and rules. When
// anybody can register is decided anew.
func (r Registration) Anew() Registration {
	r.Enabled, r.Opens, r.Closes, r.TransferUntil = false, time.Time{}, time.Time{}, time.Time{}
	r.Categories = slices.Clone(r.Categories)
	for i := range r.Categories {
		r.Categories[i].Opens, r.Categories[i].Closes = time.Time{}, time.Time{}
	}
	return r
}

// Admission says how often a badge admits at the entrance.
type Admission string

const (
	// Daily admits once on each day of the event.
	Daily Admission = "daily"
	// Once admits a single time.
	Once Admission = "once"
)

// Gate is a place where badges are scanned.
type Gate struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Room is where sessions take place. Capacity 0 is not known.
type Room struct {
	ID       string    `json:"id"`
	Name     i18n.Text `json:"name"`
	Capacity int       `json:"capacity,omitzero"`
	Assumed  bool      `json:"assumed,omitzero"` // no source names it
}

// Rescheduling tells of dates that were given up.
type Rescheduling struct {
	FromStarts string      `json:"from_starts"`
	FromEnds   string      `json:"from_ends"`
	Reason     i18n.Text   `json:"reason"`
	Source     fact.Source `json:"source"`
}

// Document is an outcome of the event. Only its structure is kept, never a
// text that no source gave.
type Document struct {
	Slug           string         `json:"slug"`
	Title          i18n.Text      `json:"title"`
	Kind           string         `json:"kind"` // declaration, statement, manifesto …
	Languages      []string       `json:"languages,omitempty"`
	Adopted        string         `json:"adopted,omitempty"` // YYYY-MM-DD or YYYY-MM
	AdoptedAssumed bool           `json:"adopted_assumed,omitzero"`
	Published      string         `json:"published,omitempty"` // as Adopted
	Structure      []Part         `json:"structure,omitempty"`
	Source         fact.Source    `json:"source"`
	Grade          fact.Certainty `json:"certainty,omitempty"`
	Note           string         `json:"note,omitempty"`
}

// Part of a document: how many of what, said by whom to whom. Count 0 is not
// known.
type Part struct {
	Title     i18n.Text `json:"title"`
	Count     int       `json:"count,omitzero"`
	Addressee i18n.Text `json:"addressee,omitempty"`
	By        i18n.Text `json:"by,omitempty"`
	Note      string    `json:"note,omitempty"`
}

// Highlight is something worth remembering of an event.
type Highlight struct {
	Text   i18n.Text   `json:"text"`
	Source fact.Source `json:"source"`
}

// Announcement is what had been announced before the event and came otherwise.
type Announcement struct {
	Text   i18n.Text   `json:"text"`
	Note   i18n.Text   `json:"note,omitempty"`
	Source fact.Source `json:"source"`
}

var events = store.NewCollection("events", func(e Event) string { return e.ID },
	store.Unique("slug", "slug"),
	store.On("starts", "starts"),
)

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{events.Schema()} }

// Location returns the event's time zone; UTC if its name is not known, which
// Save refuses.
func (e Event) Location() *time.Location {
	if loc, ok := zones.Load(e.TimeZone); ok {
		return loc.(*time.Location)
	}
	loc, err := time.LoadLocation(e.TimeZone)
	if err != nil {
		return time.UTC
	}
	zones.Store(e.TimeZone, loc)
	return loc
}

// zones holds the locations by name: time.LoadLocation reads a file each time,
// and a page asks a dozen times. Events' zones are checked, so there are few.
var zones sync.Map

// FirstDay returns the midnight that begins the first day, in the event's zone.
func (e Event) FirstDay() time.Time { return e.midnight(e.Starts, 0) }

// LastDay returns the midnight that begins the last day.
func (e Event) LastDay() time.Time { return e.midnight(e.Ends, 0) }

// Over is the instant at which the last day is over.
func (e Event) Over() time.Time { return e.midnight(e.Ends, 1) }

// midnight returns the instant at which the nth day after a date begins. Where
// the clocks skip midnight itself, that is when they have done so.
func (e Event) midnight(date string, n int) time.Time {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}
	}
	d = d.AddDate(0, 0, n)
	t := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, e.Location())
	if t.Day() != d.Day() {
		_, t = t.ZoneBounds()
	}
	return t
}

// Days returns the midnights of all days.
func (e Event) Days() []time.Time {
	var days []time.Time
	over := e.Over()
	for d := e.FirstDay(); d.Before(over); d = e.midnight(e.Starts, len(days)) {
		days = append(days, d)
	}
	return days
}

// DayOf returns the calendar date of an instant in the event's zone, as
// YYYY-MM-DD.
func (e Event) DayOf(t time.Time) string { return t.In(e.Location()).Format(time.DateOnly) }

// Phase is where an event stands in time.
type Phase string

// The phases of an event.
const (
	Coming  Phase = "coming"
	Running Phase = "running"
	Past    Phase = "past"
)

// Phase tells where the event stands at the instant.
func (e Event) Phase(now time.Time) Phase {
	switch {
	case now.Before(e.FirstDay()):
		return Coming
	case now.Before(e.Over()):
		return Running
	}
	return Past
}

// DaysLeft counts the days until the first one, by the calendar of the event's
// zone: 0 on the day itself and after.
func (e Event) DaysLeft(now time.Time) int {
	today := e.midnight(e.DayOf(now), 0)
	// Through UTC, since days around a clock change are not 24 hours long.
	utc := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return max(0, int(utc(e.FirstDay()).Sub(utc(today))/(24*time.Hour)))
}

// RegistrationState is what a visitor can do about registering.
type RegistrationState string

// The states of registration.
const (
	RegistrationNone   RegistrationState = "none" // not through this program
	RegistrationNotYet RegistrationState = "not_yet"
	RegistrationOpen   RegistrationState = "open"
	RegistrationClosed RegistrationState = "closed"
)

// RegistrationState tells whether people can register at the instant.
func (e Event) RegistrationState(now time.Time) RegistrationState {
	r := e.Registration
	switch {
	case !r.Enabled:
		return RegistrationNone
	case now.Before(r.Opens):
		return RegistrationNotYet
	case now.Before(r.Closes):
		return RegistrationOpen
	}
	return RegistrationClosed
}

// Gate returns the event's gate with the id.
func (e Event) Gate(id string) (Gate, bool) {
	for _, g := range e.Gates {
		if g.ID == id {
			return g, true
		}
	}
	return Gate{}, false
}

// Room returns the event's room with the id.
func (e Event) Room(id string) (Room, bool) {
	for _, r := range e.Rooms {
		if r.ID == id {
			return r, true
		}
	}
	return Room{}, false
}
