package desk

import (
	"cmp"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/web/kit"
)

// homePage is desk/home.html: the events to work on.
type homePage struct {
	kit.Frame
	Coming []eventLine // running ones first, then the next one
	Past   []eventLine // the last one first
}

type eventLine struct {
	Href, Title, Dates, Place string
	Pill                      Pill
	Rehearsal                 bool
	People                    string // how many are registered; empty for none
	Awaiting                  int
	AwaitingHref              string
}

// Home lists the events.
func (s *Pages) Home(c *fiber.Ctx) error {
	events, err := s.app.Events.List(c.UserContext())
	if err != nil {
		return err
	}
	frame, err := s.frame(c, nil, kit.DeskOverview, kit.Printer(c).T("board.home.title"))
	if err != nil {
		return err
	}
	page := homePage{Frame: frame}
	now := s.app.Clock()
	slices.SortStableFunc(events, func(a, b event.Event) int { return comingFirst(a, b, now) })
	for _, e := range events {
		line, err := s.eventLine(c, e, now)
		if err != nil {
			return err
		}
		if e.Phase(now) == event.Past {
			page.Past = append(page.Past, line)
		} else {
			page.Coming = append(page.Coming, line)
		}
	}
	return kit.Render(c, "desk/home", page)
}

// comingFirst orders what comes by its beginning, and what is over behind it,
// the last one first.
func comingFirst(a, b event.Event, now time.Time) int {
	pastA, pastB := a.Phase(now) == event.Past, b.Phase(now) == event.Past
	switch {
	case pastA != pastB && pastA:
		return 1
	case pastA != pastB:
		return -1
	case pastA:
		return cmp.Compare(b.Starts, a.Starts)
	}
	return cmp.Compare(a.Starts, b.Starts)
}

func (s *Pages) eventLine(c *fiber.Ctx, e event.Event, now time.Time) (eventLine, error) {
	p := kit.Printer(c)
	line := eventLine{
		Href: deskPath(e), Title: p.Text(e.Title), Dates: kit.EventDates(p, e), Place: kit.EventPlace(p, e),
		Pill: phasePill(p, e, now), Rehearsal: e.Rehearsal,
	}
	counts, err := s.app.Delegates.Tally(c.UserContext(), e.ID) // with those who were erased
	if err != nil || counts.Total() == 0 {
		return line, err
	}
	line.People = p.N("board.home.people", counts.Total())
	line.AwaitingHref = listHref(e, delegate.Filter{State: delegate.Awaiting})
	line.Awaiting = counts.States[delegate.Awaiting]
	return line, nil
}
