package desk

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/programme"
	"convene/internal/web/kit"
)

// programmePage is desk/programme.html.
type programmePage struct {
	kit.Frame
	Days      []programmeDay
	Conflicts []conflictLine
	Sessions  string // how many, as a sentence
	Speakers  string
	Public    string
	Write     string // a message to the speakers
	Times     string
	Assumed   bool // no source gives any session's time and room
}

type programmeDay struct {
	Label    string
	Sessions []sessionLine
}

type sessionLine struct {
	Href, Title, Lang string
	Kind, Room        string
	From, To          Moment
	People            int
	Assumed           bool // no source gives time and room

	Desk    string // its page at the desk
	Signups string // how many signed up; empty: it is not open for that
}

// conflictLine is a pair of sessions that cannot both be as planned.
type conflictLine struct {
	What string
	Who  string // the person, or the room
	A, B sessionLine
}

// Programme gives an overview of the sessions and of what overlaps.
func (s *Pages) Programme(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	sessions, err := s.app.Programme.Sessions(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	people, err := s.app.Programme.People(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskProgramme, kit.Printer(c).T("board.programme.title"))
	if err != nil {
		return err
	}
	page := programmePage{
		Frame: frame, Public: "/e/" + e.Slug + "/programme",
		Write: deskPath(e, "messages", "new") + "?group=" + programme.AudienceGroup, Times: s.clock(frame.Printer, &e).zoneNote(&e),
		Sessions: frame.N("board.programme.sessions", len(sessions)), Speakers: frame.N("board.programme.people", len(people)),
	}
	page.Assumed = !slices.ContainsFunc(sessions, func(session programme.Session) bool { return !session.Assumed })
	signups, err := s.signupsOf(c.UserContext(), frame.Printer, e)
	if err != nil {
		return err
	}
	page.addDays(e, sessions, signups)
	page.addConflicts(e, sessions, people)
	return kit.Render(c, "desk/programme", page)
}

// signupsOf tells in words how many signed up for each session that is open for it.
func (s *Pages) signupsOf(ctx context.Context, p *i18n.Printer, e event.Event) (map[string]string, error) {
	held, err := s.app.Signups.Openings(ctx, e.ID)
	words := map[string]string{}
	for id, o := range held {
		places, err := s.app.Signups.Places(ctx, o)
		if err != nil {
			return nil, err
		}
		words[id] = signupNumbers(p, places)
	}
	return words, err
}

// addDays sorts the sessions, which come by start, under their days.
func (page *programmePage) addDays(e event.Event, sessions []programme.Session, signups map[string]string) {
	for _, session := range sessions {
		label := page.Weekday(session.Start.In(e.Location()))
		if n := len(page.Days); n == 0 || page.Days[n-1].Label != label {
			page.Days = append(page.Days, programmeDay{Label: label})
		}
		day := &page.Days[len(page.Days)-1]
		line := newSessionLine(page.Frame, e, session)
		line.Signups = signups[session.ID]
		day.Sessions = append(day.Sessions, line)
	}
}

func newSessionLine(f kit.Frame, e event.Event, session programme.Session) sessionLine {
	at := func(t time.Time) Moment {
		t = t.In(e.Location())
		return Moment{ISO: t.Format(time.RFC3339), Text: f.Clock(t)}
	}
	line := sessionLine{
		Href: "/e/" + e.Slug + "/sessions/" + session.Slug, Kind: told(f.Printer, "board.kind", string(session.Kind)),
		From: at(session.Start), To: at(session.End()), People: len(session.Roles), Assumed: session.Assumed,
		Desk: signupPath(e, session),
	}
	line.Title, line.Lang = session.Title.Find(f.Lang())
	if room, ok := e.Room(session.Room); ok {
		line.Room = f.Text(room.Name)
	}
	return line
}

func (page *programmePage) addConflicts(e event.Event, sessions []programme.Session, people []programme.Person) {
	names := map[string]string{}
	for _, p := range people {
		names[p.ID] = p.Name
	}
	for _, conflict := range programme.Conflicts(sessions) {
		line := conflictLine{
			What: page.T("board.conflict." + string(conflict.Kind)), Who: names[conflict.Person],
			A: newSessionLine(page.Frame, e, conflict.A), B: newSessionLine(page.Frame, e, conflict.B),
		}
		if conflict.Kind == programme.RoomTwice {
			line.Who = line.A.Room
		}
		page.Conflicts = append(page.Conflicts, line)
	}
}
