package site

import (
	"context"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/programme"
	"convene/internal/web/kit"
)

// programmePage is site/programme.html: the sessions by day, or by room.
type programmePage struct {
	base
	Days     []day
	Kinds    []kind // those that occur, as a key
	ByRoom   bool
	Other    string // the other view
	Zone     string
	Untimed  bool
	Calendar string
}

// day is one day of the programme: its slots, and the same as a table of rooms.
type day struct {
	ID      string
	Date    time.Time
	Heading string // the date with its weekday
	Weekday string
	Month   string
	Today   bool
	Slots   []slot
	Rooms   []room
	Rows    []row
}

// slot is what begins at one time.
type slot struct {
	Start, End time.Time
	Sessions   []session
}

// room is a column of the table.
type room struct {
	ID    string
	Name  Words
	Seats string
}

// row is what begins at one time in the table: the sessions of each room, or one
// cell over all columns for what is in none.
type row struct {
	Start time.Time
	Wide  []session
	Cells []cell
}

type cell struct {
	Room     Words
	Sessions []session
}

// kind is a kind of session with the class of its look.
type kind struct{ Class, Label string }

// session is a session as shown.
type session struct {
	ID         string // on the page
	Href       string
	Kind       kind
	Title      Words
	About      Words
	Question   Words
	Region     string
	Room       Words
	Start, End time.Time // by the event's clocks
	Ends       bool      // at another time than its slot, so that it is said
	People     []duty
	Assumed    bool
}

// duty is what some people do in a session.
type duty struct {
	Label  string
	People []role
}

// role is one person's part.
type role struct {
	Name, Latin  string
	Href         string
	Organisation string
	Assumed      bool
}

// Programme is GET /e/:slug/programme, with by=room the table of rooms.
func (p *Pages) Programme(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	pg := p.pageOf(e, "site/programme", "/programme")
	pg.query = known(c, programmeQuery)
	byRoom := pg.query.Get("by") == "room"
	pg.fill = func(ctx context.Context, b base) (any, error) { return p.fillProgramme(ctx, b, e.Event, byRoom) }
	return p.serve(c, pg)
}

var programmeQuery = map[string]func(string) bool{"by": func(v string) bool { return v == "room" }}

func (p *Pages) fillProgramme(ctx context.Context, b base, e event.Event, byRoom bool) (any, error) {
	b.Title, b.Description = b.T("tab.programme"), b.T("site.programme.about", "Event", b.Text(e.Title))
	if err := p.forEvent(ctx, &b, e, kit.Programme); err != nil {
		return nil, err
	}
	list, err := p.sessions(ctx, b, e)
	if err != nil {
		return nil, err
	}
	v := programmePage{base: b, ByRoom: byRoom, Zone: b.zone(e), Other: b.Path + "?by=room"}
	if byRoom {
		v.Other = b.Path
	}
	if len(list) > 0 && !e.MonthOnly {
		v.Calendar = "/e/" + e.Slug + "/calendar.ics"
	}
	v.Untimed = slices.ContainsFunc(list, func(s session) bool { return s.Assumed })
	v.Kinds = b.kinds(list)
	for _, date := range e.Days() {
		v.Days = append(v.Days, b.day(e, date, list))
	}
	v.Days = slices.DeleteFunc(v.Days, func(d day) bool { return len(d.Slots) == 0 })
	return v, nil
}

// sessions returns the event's sessions as shown, by start.
func (p *Pages) sessions(ctx context.Context, b base, e event.Event) ([]session, error) {
	list, err := p.programme.Sessions(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	people, err := p.roster(ctx, e)
	if err != nil {
		return nil, err
	}
	shown := make([]session, len(list))
	for i, s := range list {
		shown[i] = b.session(e, s, people)
	}
	return shown, nil
}

// roster returns the event's people by id.
func (p *Pages) roster(ctx context.Context, e event.Event) (map[string]programme.Person, error) {
	list, err := p.programme.People(ctx, e.ID)
	people := make(map[string]programme.Person, len(list))
	for _, who := range list {
		people[who.ID] = who
	}
	return people, err
}

func (b base) session(e event.Event, s programme.Session, people map[string]programme.Person) session {
	room, _ := e.Room(s.Room)
	return session{
		ID: "s-" + s.Slug, Href: sessionHref(e, s), Kind: b.kind(s.Kind), Title: b.Words(s.Title), About: b.Words(s.Description),
		Question: b.Words(s.KeyQuestion), Region: b.Region(s.Region), Room: b.Words(room.Name),
		Start: s.Start.In(e.Location()), End: s.End().In(e.Location()), People: b.duties(e, s, people), Assumed: s.Assumed,
	}
}

func sessionHref(e event.Event, s programme.Session) string {
	return "/e/" + e.Slug + "/sessions/" + s.Slug
}

func (b base) kind(k programme.Kind) kind {
	return kind{Class: kit.SessionClass(k), Label: b.label("site.kind", string(k))}
}

// kinds lists the kinds that occur, in their order.
func (b base) kinds(list []session) []kind {
	var kinds []kind
	for _, k := range programme.Kinds {
		shown := b.kind(k)
		if slices.ContainsFunc(list, func(s session) bool { return s.Kind == shown }) {
			kinds = append(kinds, shown)
		}
	}
	return kinds
}

// duties groups a session's people by what they do.
func (b base) duties(e event.Event, s programme.Session, people map[string]programme.Person) []duty {
	var duties []duty
	for _, d := range programme.Duties {
		var group []role
		for _, r := range s.Roles {
			who, ok := people[r.Person]
			if !ok || r.Duty != d {
				continue
			}
			group = append(group, role{
				Name: who.Name, Latin: who.LatinName, Href: speakerHref(e, who), Organisation: who.Organisation, Assumed: r.Assumed,
			})
		}
		if len(group) > 0 {
			duties = append(duties, duty{Label: b.N("site.duty."+string(d), len(group)), People: group})
		}
	}
	return duties
}

// untimed reports whether some session's time is ours, for want of a source.
func untimed(list []programme.Session) bool {
	return slices.ContainsFunc(list, func(s programme.Session) bool { return s.Assumed })
}

func dayID(date string) string { return "day-" + date }

func (b base) day(e event.Event, date time.Time, all []session) day {
	name := date.Format(time.DateOnly)
	var list []session
	for _, s := range all {
		if s.Start.Format(time.DateOnly) == name {
			list = append(list, s)
		}
	}
	d := day{
		ID: dayID(name), Date: date, Heading: capitalised(b.Weekday(date)),
		Weekday: capitalised(b.T("date.weekday." + strconv.Itoa(int(date.Weekday())))), Month: b.T("date.month." + date.Format("1")),
		Today: e.DayOf(b.Now) == name, Slots: slots(list),
	}
	d.Rooms = b.rooms(e, list)
	for _, s := range d.Slots {
		d.Rows = append(d.Rows, s.row(d.Rooms))
	}
	return d
}

// capitalised begins a text with a capital, for languages that write the names
// of days without one.
func capitalised(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// slots groups sessions, which are in the order of their starts, by these.
func slots(list []session) []slot {
	var slots []slot
	for _, s := range list {
		if n := len(slots); n > 0 && slots[n-1].Start.Equal(s.Start) {
			slots[n-1].Sessions = append(slots[n-1].Sessions, s)
			continue
		}
		slots = append(slots, slot{Start: s.Start, Sessions: []session{s}})
	}
	for i := range slots {
		group := slots[i].Sessions
		slots[i].End = slices.MaxFunc(group, func(a, b session) int { return a.End.Compare(b.End) }).End
		for j := range group {
			group[j].Ends = !group[j].End.Equal(slots[i].End)
		}
	}
	return slots
}

// rooms lists those in which something is on, in the event's order.
func (b base) rooms(e event.Event, list []session) []room {
	var rooms []room
	for _, r := range e.Rooms {
		name := b.Words(r.Name)
		if !slices.ContainsFunc(list, func(s session) bool { return s.Room == name }) {
			continue
		}
		shown := room{ID: r.ID, Name: name}
		if r.Capacity > 0 {
			shown.Seats = b.N("site.programme.seats", r.Capacity)
		}
		rooms = append(rooms, shown)
	}
	return rooms
}

func (s slot) row(rooms []room) row {
	r := row{Start: s.Start}
	for _, session := range s.Sessions {
		if session.Room.Text == "" {
			r.Wide = append(r.Wide, session)
		}
	}
	if len(r.Wide) == len(s.Sessions) {
		return r
	}
	for _, room := range rooms {
		c := cell{Room: room.Name}
		for _, session := range s.Sessions {
			if session.Room == room.Name {
				c.Sessions = append(c.Sessions, session)
			}
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

// sessionPage is site/session.html.
type sessionPage struct {
	base
	Session  session
	Day      time.Time
	Zone     string
	Source   programme.Session // for where it is known from
	Parallel []session
	Previous *session
	Next     *session
	Calendar string
	Up       string // the programme, at its day
	Past     bool
}

// Session is GET /e/:slug/sessions/:session.
func (p *Pages) Session(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	slug := c.Params("session")
	pg := p.pageOf(e, "site/session", "/sessions/"+slug)
	pg.fill = func(ctx context.Context, b base) (any, error) { return p.fillSession(ctx, b, e.Event, slug) }
	return p.serve(c, pg)
}

func (p *Pages) fillSession(ctx context.Context, b base, e event.Event, slug string) (any, error) {
	found, err := p.programme.Session(ctx, e.ID, slug)
	if err != nil {
		return nil, err
	}
	b.Title, b.Description = b.Text(found.Title), b.Text(found.Description)
	if err := p.forEvent(ctx, &b, e, kit.Programme); err != nil {
		return nil, err
	}
	list, err := p.programme.Sessions(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	people, err := p.roster(ctx, e)
	if err != nil {
		return nil, err
	}
	v := sessionPage{
		base: b, Session: b.session(e, found, people), Zone: b.zone(e), Source: found,
		Calendar: sessionHref(e, found) + "/calendar.ics", Past: e.Phase(b.Now) == event.Past,
	}
	v.Day = v.Session.Start
	v.Up = "/e/" + e.Slug + "/programme#" + dayID(v.Day.Format(time.DateOnly))
	v.placeAmong(e, found, list)
	return v, nil
}

// placeAmong finds what is on at the same time, what is over before and what
// begins after. Breaks are no neighbours: nobody looks for their pages.
func (v *sessionPage) placeAmong(e event.Event, found programme.Session, list []programme.Session) {
	for _, s := range list {
		if s.Kind == programme.Break || s.ID == found.ID {
			continue
		}
		neighbour := v.base.session(e, s, nil)
		switch {
		case s.Overlaps(found):
			v.Parallel = append(v.Parallel, neighbour)
		case s.Start.Before(found.Start):
			v.Previous = &neighbour
		case v.Next == nil:
			v.Next = &neighbour
		}
	}
}
