// Package programme keeps what happens at an event: its sessions, the people on
// its speaker roster, and who does what in which session.
package programme

import (
	"time"

	"convene/internal/fact"
	"convene/internal/i18n"
	"convene/internal/store"
)

// Kind is what sort of session it is.
type Kind string

// The kinds of sessions.
const (
	Plenary       Kind = "plenary"
	MayorsForum   Kind = "mayors-forum"
	ThematicForum Kind = "thematic-forum"
	RegionalForum Kind = "regional-forum"
	Ceremony      Kind = "ceremony"
	Break         Kind = "break"
)

// Kinds lists every kind in the order of a programme's summary.
var Kinds = []Kind{Plenary, MayorsForum, ThematicForum, RegionalForum, Ceremony, Break}

// Content reports whether sessions of the kind count as sessions: ceremonies and
// breaks do not.
func (k Kind) Content() bool { return k != Ceremony && k != Break }

// Session is something that happens at a time in a room.
type Session struct {
	ID          string      `json:"id"`
	Event       string      `json:"event"`
	Slug        string      `json:"slug"` // in URLs; unique within the event
	Kind        Kind        `json:"kind"`
	Title       i18n.Text   `json:"title"`
	Description i18n.Text   `json:"description,omitempty"`
	KeyQuestion i18n.Text   `json:"key_question,omitempty"`
	Region      string      `json:"region,omitempty"` // for a regional forum
	Start       time.Time   `json:"start"`            // UTC
	Minutes     int         `json:"minutes"`
	Room        string      `json:"room"`             // an id of the event's rooms; empty for none
	Assumed     bool        `json:"assumed,omitzero"` // no source gives time and room
	Source      fact.Source `json:"source,omitzero"`
	Roles       []Role      `json:"roles,omitempty"`
}

// End is the instant at which the session is over.
func (s Session) End() time.Time { return s.Start.Add(time.Duration(s.Minutes) * time.Minute) }

// Overlaps reports whether the two sessions are at the same time, if only for
// a moment.
func (s Session) Overlaps(t Session) bool {
	return s.Start.Before(t.End()) && t.Start.Before(s.End())
}

// Duty is what a person does in a session.
type Duty string

// The duties, in the order in which a session names its people.
const (
	Host       Duty = "host"
	Moderator  Duty = "moderator"
	Keynote    Duty = "keynote"
	Speaker    Duty = "speaker"
	Panellist  Duty = "panellist"
	Rapporteur Duty = "rapporteur"
)

// Duties lists every duty in its order.
var Duties = []Duty{Host, Moderator, Keynote, Speaker, Panellist, Rapporteur}

// Role says what a person of the roster does in the session that holds it.
type Role struct {
	Person  string `json:"person"` // a Person's id
	Duty    Duty   `json:"duty"`
	Assumed bool   `json:"assumed,omitzero"` // named without a role
}

// Person is somebody on an event's speaker roster.
type Person struct {
	ID           string      `json:"id"`
	Event        string      `json:"event"`
	Slug         string      `json:"slug"` // in URLs; unique within the event
	Name         string      `json:"name"` // as the person writes it
	LatinName    string      `json:"latin_name,omitempty"`
	Sort         string      `json:"sort"` // folded
	JobTitle     string      `json:"job_title,omitempty"`
	Organisation string      `json:"organisation,omitempty"`
	Country      string      `json:"country"`  // ISO 3166-1 alpha-2; empty when no source gives it
	Category     string      `json:"category"` // as delegates have it; empty when not known
	Biography    i18n.Text   `json:"biography,omitempty"`
	Email        string      `json:"email,omitempty"`    // for letters; no public page shows it
	Language     string      `json:"language,omitempty"` // of letters
	Source       fact.Source `json:"source,omitzero"`
	Note         string      `json:"note,omitempty"` // on what the source says
}

var (
	sessions = store.NewCollection("sessions", func(s Session) string { return s.ID },
		store.On("start", "event", "start"),
		store.Unique("slug", "event", "slug"))
	people = store.NewCollection("speakers", func(p Person) string { return p.ID },
		store.On("name", "event", "sort"),
		store.Unique("slug", "event", "slug"))
)

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{sessions.Schema(), people.Schema()} }
