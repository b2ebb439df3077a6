package desk

import (
	"html/template"
	"maps"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/programme"
	"convene/internal/web/kit"
)

// dashboardPage is desk/dashboard.html.
type dashboardPage struct {
	kit.Frame
	Today        string
	Tiles        []tile
	Attention    []attention
	Registration template.HTML // charts
	Countries    template.HTML
	Regions      template.HTML
	Languages    template.HTML
	Against      []kit.Option // events to compare with; empty: there is none
	AgainstForm  *kit.Form
	Unfinished   unfinished
	Categories   template.HTML
	Gates        []string // columns of Arrivals
	Arrivals     []arrivalDay
	Scans        []scanLine
	People       bool // somebody is registered
	RegisterHref string
}

// tile is one figure and what it leads to.
type tile struct {
	Label, Figure, Href, Link string
	Alarm                     bool
}

// attention is something that waits for the organisers.
type attention struct{ Href, Icon, Label, Note string }

type arrivalDay struct {
	Day   Moment
	First string   // first arrivals of people
	Gates []string // admissions at each gate
}

type scanLine struct {
	At         Moment
	Href, Name string
	Gate       string
	Pill       Pill
}

// latestScans is how many the dashboard shows.
const latestScans = 8

// Dashboard tells how an event stands.
func (s *Pages) Dashboard(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	counts, err := s.app.Delegates.Tally(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskOverview, kit.Printer(c).T("board.dashboard.title"))
	if err != nil {
		return err
	}
	places, err := s.app.Delegates.Places(c.UserContext(), e)
	if err != nil {
		return err
	}
	p, now := frame.Printer, s.clock(frame.Printer, &e).now
	page := dashboardPage{
		Frame: frame, People: counts.Total() > 0, RegisterHref: "/e/" + e.Slug + "/register",
		Today: p.T("board.dashboard.now", "Day", p.Weekday(now), "Time", p.Clock(now), "City", e.City),
		Tiles: tiles(frame, e, counts, places),
	}
	before, err := s.against(c, &page, e)
	if err != nil {
		return err
	}
	languages, err := s.app.Delegates.Languages(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	if err := page.draw(e, counts, languages, before, now); err != nil {
		return err
	}
	if page.Unfinished, err = s.unfinished(c.UserContext(), page.Frame, e, now); err != nil {
		return err
	}
	if page.Attention, err = s.attention(c, e, counts); err != nil {
		return err
	}
	if err := s.arrivals(c, &page, e, counts); err != nil {
		return err
	}
	if page.Scans, err = s.scans(c, e); err != nil {
		return err
	}
	return kit.Render(c, "desk/dashboard", page)
}

func tiles(f kit.Frame, e event.Event, counts delegate.Counts, places delegate.Places) []tile {
	list := func(label, link string, n int, filter delegate.Filter) tile {
		return tile{Label: f.T(label), Figure: f.Number(n), Href: listHref(e, filter), Link: f.T(link)}
	}
	days := tile{Label: f.T("board.dashboard.days_left"), Figure: f.Number(e.DaysLeft(f.Now)), Href: "/e/" + e.Slug, Link: f.T("board.dashboard.see_event")}
	tiles := []tile{
		list("board.dashboard.registered", "board.dashboard.see_all", counts.Total(), delegate.Filter{}),
		list("board.state.awaiting", "board.dashboard.decide", counts.States[delegate.Awaiting], delegate.Filter{State: delegate.Awaiting}),
		list("board.state.confirmed", "board.dashboard.see_all", counts.States[delegate.Confirmed], delegate.Filter{State: delegate.Confirmed}),
		list("board.state.arrived", "board.dashboard.see_all", counts.Arrived, delegate.Filter{Arrived: "yes"}),
		{Label: f.T("board.dashboard.countries"), Figure: f.Number(len(counts.Countries)), Href: "#countries", Link: f.T("board.dashboard.see_which")},
		list("board.state.unverified", "board.dashboard.see_all", counts.States[delegate.Unverified], delegate.Filter{State: delegate.Unverified}),
	}
	switch {
	case e.Registration.Capacity > 0:
		taken := f.T("board.dashboard.places_of", "Taken", f.Number(places.Taken), "Capacity", f.Number(places.Capacity))
		tiles = append(tiles, tile{
			Label: f.T("board.dashboard.places"), Figure: taken,
			Href: listHref(e, delegate.Filter{State: delegate.Waiting}), Link: f.N("board.dashboard.places_waiting", places.Waiting),
		})
	case places.Waiting > 0: // for a category's
		tiles = append(tiles, list("board.state.waiting", "board.dashboard.see_all", places.Waiting, delegate.Filter{State: delegate.Waiting}))
	}
	if e.Phase(f.Now) == event.Coming {
		tiles = append(tiles, days)
	}
	return tiles
}

// attention gathers what waits for the organisers, the most pressing first.
func (s *Pages) attention(c *fiber.Ctx, e event.Event, counts delegate.Counts) ([]attention, error) {
	ctx, p := c.UserContext(), kit.Printer(c)
	var list []attention
	add := func(n int, key, icon, href string) {
		if n > 0 {
			list = append(list, attention{Href: href, Icon: icon, Label: p.N(key, n), Note: p.T(key + "_note")})
		}
	}
	letters, err := s.outbox.Tally(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	failed, err := s.failedJobs(ctx)
	if err != nil {
		return nil, err
	}
	sessions, err := s.app.Programme.Sessions(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	stopped, err := s.app.Reminders.Stopped(ctx, e)
	if err != nil {
		return nil, err
	}
	proposed, err := s.app.Delegates.Count(ctx, e.ID, delegate.Filter{Proposed: true})
	if err != nil {
		return nil, err
	}
	add(counts.States[delegate.Awaiting], "board.attention.awaiting", "people", listHref(e, delegate.Filter{State: delegate.Awaiting}))
	add(proposed, "board.attention.answers", "edit", listHref(e, delegate.Filter{Proposed: true}))
	add(letters[outbox.Failed], "board.attention.letters", "mail", deskPath(e, "letters?state=failed"))
	add(stopped, "rule.stopped", "clock", deskPath(e, "rules"))
	add(failed, "board.attention.jobs", "clock", "/desk/jobs")
	add(len(programme.Conflicts(sessions)), "board.attention.conflicts", "calendar", deskPath(e, "programme"))
	return list, nil
}

// arrivals fills in who came on which day through which gate. Days outside the
// event's are shown when somebody was let in on them, as at a rehearsal.
func (s *Pages) arrivals(c *fiber.Ctx, page *dashboardPage, e event.Event, counts delegate.Counts) error {
	if counts.Arrived == 0 {
		return nil
	}
	days := map[string]bool{}
	for _, day := range e.Days() {
		days[day.Format(time.DateOnly)] = true
	}
	for day := range counts.Arrivals {
		days[day] = true
	}
	for _, gate := range e.Gates {
		page.Gates = append(page.Gates, gate.Name)
	}
	clock := s.clock(page.Printer, &e)
	for _, day := range slices.Sorted(maps.Keys(days)) {
		byGate, err := s.app.Door.Tally(c.UserContext(), e.ID, day)
		if err != nil {
			return err
		}
		line := arrivalDay{Day: clock.day(day), First: page.Number(counts.Arrivals[day])}
		for _, gate := range e.Gates {
			line.Gates = append(line.Gates, page.Number(byGate[gate.ID]))
		}
		page.Arrivals = append(page.Arrivals, line)
	}
	return nil
}

func (s *Pages) scans(c *fiber.Ctx, e event.Event) ([]scanLine, error) {
	ctx, p := c.UserContext(), kit.Printer(c)
	scans, err := s.app.Door.Latest(ctx, e.ID, "", latestScans)
	if err != nil {
		return nil, err
	}
	clock, names := s.clock(p, &e), s.subjects(p, []event.Event{e})
	var lines []scanLine
	for _, scan := range scans {
		line := scanLine{At: clock.seconds(scan.At), Gate: gateName(e, scan.Gate), Pill: verdictPill(p, scan)}
		if scan.Delegate != "" {
			who, err := names.find(ctx, e.ID, delegate.Subject(scan.Delegate))
			if err != nil {
				return nil, err
			}
			line.Href, line.Name = who.Href, who.Label
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func gateName(e event.Event, id string) string {
	if gate, ok := e.Gate(id); ok {
		return gate.Name
	}
	return id
}
