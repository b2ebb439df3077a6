package seeds

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Programme is what is known of an event's sessions, filled up with what we
// assumed so that it can be shown and rehearsed.
type Programme struct {
	Event           string             `yaml:"event"` // slug, also the name of the file
	Source          string             `yaml:"source"`
	Hours           *Hours             `yaml:"hours,omitempty"`
	Rooms           []Room             `yaml:"rooms"`
	AnnouncedThemes *AnnouncedThemes   `yaml:"announced_plenary_themes,omitempty"`
	Sessions        []Session          `yaml:"sessions"`         // in the order of time
	People          []ProgrammePerson  `yaml:"people,omitempty"` // certain to have taken part, in no certain session
	Statements      []StatementHistory `yaml:"statements,omitempty"`
}

// Hours are the hours of each day.
type Hours struct {
	From   string `yaml:"from"`
	To     string `yaml:"to"`
	Source string `yaml:"source"`
}

func (h Hours) check() []problem {
	found := append(checkClock("from", h.From), checkClock("to", h.To)...)
	if len(found) == 0 && h.To <= h.From {
		found = append(found, at("to", "%s is not after %s", h.To, h.From))
	}
	return found
}

// Room is a room of the venue.
type Room struct {
	Slug     string `yaml:"slug"`
	Title    Text   `yaml:"title"`
	Capacity int    `yaml:"capacity"`
	Assumed  bool   `yaml:"assumed"`
}

func (r Room) check() []problem {
	found := checkSlug("slug", r.Slug)
	if r.Capacity < 1 {
		found = append(found, at("capacity", "%d is not above zero", r.Capacity))
	}
	return found
}

// AnnouncedThemes are the plenary themes as they were announced, which is not
// how the sessions were held.
type AnnouncedThemes struct {
	Note   string           `yaml:"note"`
	Source string           `yaml:"source"`
	Themes []AnnouncedTheme `yaml:"themes"`
}

// AnnouncedTheme is one announced theme.
type AnnouncedTheme struct {
	Slug   string `yaml:"slug"`
	Title  Text   `yaml:"title"`
	Source string `yaml:"source"`
	Note   string `yaml:"note,omitempty"`
}

// SessionKind tells sessions apart.
type SessionKind string

// The kinds of sessions.
const (
	KindPlenary       SessionKind = "plenary"
	KindMayorsForum   SessionKind = "mayors-forum"
	KindThematicForum SessionKind = "thematic-forum"
	KindRegionalForum SessionKind = "regional-forum"
	KindCeremony      SessionKind = "ceremony"
	KindBreak         SessionKind = "break"
)

func (k SessionKind) check() []problem {
	return oneOf(k, []SessionKind{KindPlenary, KindMayorsForum, KindThematicForum, KindRegionalForum, KindCeremony, KindBreak})
}

// Session is one session, ceremony or break.
type Session struct {
	Slug            string          `yaml:"slug"`
	Kind            SessionKind     `yaml:"kind"`
	Title           Text            `yaml:"title"`
	Translated      []string        `yaml:"translated,omitempty"` // languages in which a published title is our own translation
	Description     Text            `yaml:"description,omitempty"`
	KeyQuestion     string          `yaml:"key_question,omitempty"`     // as published, in English
	AnnouncedThemes []string        `yaml:"announced_themes,omitempty"` // that we assume the session dealt with
	Region          Region          `yaml:"region,omitempty"`
	Day             int             `yaml:"day"`   // of the event, from 1
	Start           string          `yaml:"start"` // 09:30, in the event's time zone
	Minutes         int             `yaml:"minutes"`
	Room            string          `yaml:"room,omitempty"`    // slug; a break has none
	Assumed         bool            `yaml:"assumed,omitempty"` // day, time, length, room and order are ours
	Source          string          `yaml:"source,omitempty"`  // none: the session itself is ours, too
	People          []SessionPerson `yaml:"people,omitempty"`
}

// SessionPerson is a real person named for a session.
type SessionPerson struct {
	Name        string `yaml:"name"`
	Role        Role   `yaml:"role"`
	RoleAssumed bool   `yaml:"role_assumed,omitempty"`
	Affiliation string `yaml:"affiliation,omitempty"`
	Country     string `yaml:"country,omitempty"`
}

func (p SessionPerson) check() []problem { return checkCountry("country", p.Country) }

// Role is what a person does in a session.
type Role string

// The roles.
const (
	RoleSpeaker    Role = "speaker"
	RoleModerator  Role = "moderator"
	RolePanellist  Role = "panellist"
	RoleRapporteur Role = "rapporteur"
	RoleHost       Role = "host"
)

func (r Role) check() []problem {
	return oneOf(r, []Role{RoleSpeaker, RoleModerator, RolePanellist, RoleRapporteur, RoleHost})
}

// ProgrammePerson is a real person who is certain to have taken part.
type ProgrammePerson struct {
	Name        string `yaml:"name"`
	Position    Text   `yaml:"position"`
	Affiliation string `yaml:"affiliation,omitempty"`
	Country     string `yaml:"country,omitempty"`
	Note        string `yaml:"note,omitempty"`
	Source      string `yaml:"source"`
}

func (p ProgrammePerson) check() []problem { return checkCountry("country", p.Country) }

// StatementHistory tells the states that an outcome document is known to have
// passed.
type StatementHistory struct {
	Document string           `yaml:"document"` // slug among the event's outcome documents
	States   []StatementState `yaml:"states"`
}

// StatementState is one of them.
type StatementState struct {
	State   string `yaml:"state"`
	Date    string `yaml:"date,omitempty"`
	Assumed bool   `yaml:"assumed,omitempty"` // the date is ours
	Source  string `yaml:"source"`
	Note    string `yaml:"note,omitempty"`
}

func (s StatementState) check() []problem {
	found := oneOf(s.State, []string{"adopted", "published", "translated"})
	if s.Date != "" {
		found = append(found, checkDay("date", s.Date)...)
	}
	return found
}

func (s Session) check() []problem {
	var found []problem
	found = append(found, checkSlug("slug", s.Slug)...)
	found = append(found, checkClock("start", s.Start)...)
	found = append(found, checkLanguages("translated", s.Translated)...)
	if s.Minutes < 1 || s.Minutes > 480 {
		found = append(found, at("minutes", "%d minutes; a session has 1 to 480", s.Minutes))
	}
	if (s.Room == "") != (s.Kind == KindBreak) {
		found = append(found, at("room", "every session has a room, and a break has none"))
	}
	if (s.Region != "") != (s.Kind == KindRegionalForum) {
		found = append(found, at("region", "a regional forum has a region, and no other session has"))
	}
	if s.Source == "" && !s.Assumed {
		found = append(found, at("", "a session without a source is assumed; say so"))
	}
	return found
}

// Content tells whether the session has a subject: it is neither a ceremony nor
// a break.
func (s Session) Content() bool { return s.Kind != KindCeremony && s.Kind != KindBreak }

// Overlaps tells whether two sessions run at the same time.
func (s Session) Overlaps(other Session) bool {
	a, b := s.minute(), other.minute()
	return s.Day == other.Day && a < b+other.Minutes && b < a+s.Minutes
}

// minute is the minute of the day at which the session starts.
func (s Session) minute() int { return clockMinute(s.Start) }

// Content returns the sessions that have a subject, in order.
func (p Programme) Content() []Session {
	return slices.DeleteFunc(slices.Clone(p.Sessions), func(s Session) bool { return !s.Content() })
}

// Session returns the session of a slug and whether there is one.
func (p Programme) Session(slug string) (Session, bool) {
	return find(p.Sessions, func(s Session) bool { return s.Slug == slug })
}

func (p Programme) check() []problem {
	var found []problem
	found = append(found, unique("rooms", "slug", p.Rooms, func(r Room) string { return r.Slug })...)
	found = append(found, unique("sessions", "slug", p.Sessions, func(s Session) string { return s.Slug })...)
	for i, s := range p.Sessions {
		base := "sessions." + strconv.Itoa(i)
		found = append(found, p.checkPlace(base, s)...)
		for _, earlier := range p.Sessions[:i] {
			found = append(found, checkClash(base, earlier, s)...)
		}
		if i > 0 && before(s, p.Sessions[i-1]) {
			found = append(found, at(base+".start", "the session stands after %q, which begins later", p.Sessions[i-1].Slug))
		}
	}
	return found
}

// checkPlace demands a room and themes that exist, and a time within the hours.
func (p Programme) checkPlace(base string, s Session) []problem {
	var found []problem
	if _, known := find(p.Rooms, func(r Room) bool { return r.Slug == s.Room }); s.Room != "" && !known {
		found = append(found, at(base+".room", "there is no room %q", s.Room))
	}
	for i, theme := range s.AnnouncedThemes {
		if !p.announced(theme) {
			found = append(found, at(base+".announced_themes."+strconv.Itoa(i), "no theme %q was announced", theme))
		}
	}
	if h := p.Hours; h != nil && (s.minute() < clockMinute(h.From) || s.minute()+s.Minutes > clockMinute(h.To)) {
		found = append(found, at(base+".start", "the session leaves the hours %s to %s", h.From, h.To))
	}
	return found
}

func (p Programme) announced(theme string) bool {
	return p.AnnouncedThemes != nil &&
		slices.ContainsFunc(p.AnnouncedThemes.Themes, func(t AnnouncedTheme) bool { return t.Slug == theme })
}

// checkClash finds a room or a person wanted in two sessions at once, and a
// break during which a session runs.
func checkClash(base string, earlier, s Session) []problem {
	if !s.Overlaps(earlier) {
		return nil
	}
	var found []problem
	if s.Room == earlier.Room {
		found = append(found, at(base+".room", "%q is in room %q at the same time", earlier.Slug, s.Room))
	}
	if (s.Kind == KindBreak) != (earlier.Kind == KindBreak) {
		found = append(found, at(base+".start", "a break and a session are at the same time: %q", earlier.Slug))
	}
	for i, person := range s.People {
		if _, twice := find(earlier.People, func(o SessionPerson) bool { return o.Name == person.Name }); twice {
			found = append(found, at(base+".people."+strconv.Itoa(i), "%s is in %q at the same time", person.Name, earlier.Slug))
		}
	}
	return found
}

// before tells whether a begins before b.
func before(a, b Session) bool {
	return a.Day < b.Day || a.Day == b.Day && a.minute() < b.minute()
}

// Programmes reads the programmes under programme/, in the order of their
// events. An error joins the faults of all files; none are returned then.
func Programmes(fsys fs.FS) ([]Programme, error) {
	sources, err := Sources(fsys)
	if err != nil {
		return nil, err
	}
	events, err := Events(fsys)
	if err != nil {
		return nil, err
	}
	programmes, err := decodeAll(fsys, "programme/*.yaml", func(name string) []func(Programme) []problem {
		return []func(Programme) []problem{
			knownSources[Programme](sources),
			func(p Programme) []problem { return namedAsFile(name, "event", p.Event) },
			fitsEvent(events),
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(programmes, func(a, b Programme) int { return eventIndex(events, a.Event) - eventIndex(events, b.Event) })
	return programmes, nil
}

// eventIndex is the position of an event, -1 when there is none.
func eventIndex(events []Event, slug string) int {
	return slices.IndexFunc(events, func(e Event) bool { return e.Slug == slug })
}

// fitsEvent makes the check of what a programme says of its event: its name,
// its days and its documents.
func fitsEvent(events []Event) func(Programme) []problem {
	return func(p Programme) []problem {
		i := eventIndex(events, p.Event)
		if i < 0 {
			return []problem{at("event", "there is no event %q", p.Event)}
		}
		var found []problem
		for j, s := range p.Sessions {
			if s.Day < 1 || s.Day > events[i].Days() {
				found = append(found, at("sessions."+strconv.Itoa(j)+".day", "the event has no day %d", s.Day))
			}
		}
		for j, s := range p.Statements {
			if _, known := events[i].Document(s.Document); !known {
				found = append(found, at("statements."+strconv.Itoa(j)+".document", "the event has no outcome document %q", s.Document))
			}
		}
		return found
	}
}

func checkClock(key, clock string) []problem {
	if t, err := time.Parse("15:04", clock); err != nil || t.Format("15:04") != clock {
		return []problem{at(key, "%q is no time like 09:30", clock)}
	}
	return nil
}

// clockMinute turns 09:30 into minutes since midnight; anything that is no time
// becomes 0.
func clockMinute(clock string) int {
	hours, minutes, _ := strings.Cut(clock, ":")
	h, err1 := strconv.Atoi(hours)
	m, err2 := strconv.Atoi(minutes)
	if err1 != nil || err2 != nil {
		return 0
	}
	return h*60 + m
}

// checkCountry accepts a country code or none.
func checkCountry(key, code string) []problem {
	if code == "" || isCountry(code) {
		return nil
	}
	return []problem{at(key, "%q is not a two-letter country code (ISO 3166-1)", code)}
}
