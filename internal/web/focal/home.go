package focal

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/web/kit"
)

// homePage is focal/home.html.
type homePage struct {
	kit.Frame
	Name   string
	Cities []homeCity
}

type homeCity struct {
	Name   string
	Events []homeEvent
}

type homeEvent struct{ Href, Title, Dates, Nominated, Waiting string }

// Home lists their cities, and the events that these send delegations to.
func (p *Pages) Home(c *fiber.Ctx) error {
	print := kit.Printer(c)
	page := homePage{Frame: kit.NewFrame(c, print.T("focal.home.title")), Name: signedIn(c)[0].Name}
	events, err := p.app.Events.List(c.UserContext())
	if err != nil {
		return err
	}
	for _, f := range signedIn(c) {
		of, err := p.app.Cities.Get(c.UserContext(), f.City)
		if err != nil {
			return err
		}
		line := homeCity{Name: print.Text(of.Name)}
		for _, e := range events {
			if e.Phase(p.app.Clock()) == event.Past {
				continue
			}
			shown, asked, err := p.homeEvent(c, here{event: e, city: of, ctx: c.UserContext()})
			if err != nil {
				return err
			}
			if asked {
				line.Events = append(line.Events, shown)
			}
		}
		page.Cities = append(page.Cities, line)
	}
	return kit.Render(c, "focal/home", page)
}

// homeEvent tells how the city's delegation to the event stands; whether anything is
// asked of its focal points at all.
func (p *Pages) homeEvent(c *fiber.Ctx, h here) (line homeEvent, asked bool, err error) {
	print := kit.Printer(c)
	of, err := p.app.Delegates.Delegation(h.ctx, h.event, h.city.ID)
	if err != nil {
		return line, false, err
	}
	waiting, err := p.app.Delegates.AwaitingFocal(h.ctx, h.event.ID, h.city.ID)
	line = homeEvent{Href: h.path(), Title: print.Text(h.event.Title), Dates: kit.EventDates(print, h.event), Nominated: nominated(print, h.event, of)}
	if len(waiting) > 0 {
		line.Waiting = print.N("focal.waiting", len(waiting))
	}
	return line, of.Quota(h.event) > 0 || of.Taken > 0 || h.event.Registration.FocalApproval, err
}
