package site

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/web/kit"
)

// homePage is site/home.html: what the network is, what comes, what was.
type homePage struct {
	base
	Coming []eventCard // running ones first, then the soonest
	Past   []eventCard // conferences, the latest first
	Size   *city.Milestone
	SizeOn string // when the network had that size
	Cities int    // with a portrait here
}

// eventsPage is site/events.html: every event, by series.
type eventsPage struct {
	base
	Coming      []eventCard
	Conferences []eventCard // past ones, as are those that follow
	Meetings    []eventCard
	Others      []eventCard // rehearsals among them
}

// eventCard is an event in a list of events.
type eventCard struct {
	Event       event.Event
	Href        string
	Year        int
	Mark        string // "ICLC 2015"
	Place       string // the title's stead where it is known
	Title       Words
	Theme       Words
	Dates       string
	DatesDiffer bool // between sources
	State       state
	Countdown   string
	Register    string // where to; empty when registration is not open
	Figures     []figure
}

// Home is GET /.
func (p *Pages) Home(c *fiber.Ctx) error {
	all, err := p.editions.get(c.UserContext())
	if err != nil {
		return err
	}
	return p.serve(c, page{view: "site/home", path: "/", version: all.version, fill: func(ctx context.Context, b base) (any, error) {
		b.Title, b.Description = b.Network.Name, b.T("site.home.lead")
		h := homePage{base: b}
		h.Coming, h.Past = p.cards(b, all)
		h.Past = slices.DeleteFunc(h.Past, func(c eventCard) bool { return c.Event.Series != event.SeriesConference || c.Event.Rehearsal })
		members, err := p.members.get(ctx)
		if err != nil {
			return nil, err
		}
		h.Cities = len(members.cities)
		milestones, err := p.cities.Milestones(ctx)
		if n := len(milestones); n > 0 {
			h.Size, h.SizeOn = &milestones[n-1], b.partialDate(milestones[n-1].Date)
		}
		return h, err
	}})
}

// Events is GET /events.
func (p *Pages) Events(c *fiber.Ctx) error {
	all, err := p.editions.get(c.UserContext())
	if err != nil {
		return err
	}
	return p.serve(c, page{view: "site/events", path: "/events", version: all.version, fill: func(_ context.Context, b base) (any, error) {
		b.Title, b.Description = b.T("site.events.title"), b.T("site.events.lead")
		e := eventsPage{base: b}
		var past []eventCard
		e.Coming, past = p.cards(b, all)
		for _, card := range past {
			switch {
			case card.Event.Rehearsal:
				e.Others = append(e.Others, card)
			case card.Event.Series == event.SeriesConference:
				e.Conferences = append(e.Conferences, card)
			case card.Event.Series == event.SeriesMeeting:
				e.Meetings = append(e.Meetings, card)
			default:
				e.Others = append(e.Others, card)
			}
		}
		return e, nil
	}})
}

// cards makes the cards of all events: those coming or running, the soonest
// first, and those past, the latest first.
func (p *Pages) cards(b base, all *editions) (coming, past []eventCard) {
	for _, e := range all.all {
		card := b.card(e.Event)
		if e.Phase(b.Now) == event.Past {
			past = append(past, card)
		} else {
			coming = append(coming, card)
		}
	}
	slices.Reverse(coming)
	return coming, past
}

// cardFigures are those that stand beside an edition in the list.
var cardFigures = []string{"participants", "countries", "award_cities"}

// Sources is where the event's page tells its sources.
func (c eventCard) Sources() string { return c.Href + "#sources" }

func (b base) card(e event.Event) eventCard {
	card := eventCard{
		Event: e, Href: "/e/" + e.Slug, Year: e.FirstDay().Year(), Mark: b.mark(e), Place: e.City,
		Title: b.Words(e.Title), Theme: b.Words(e.Theme), Dates: kit.EventDates(b.Printer, e), DatesDiffer: datesDiffer(e), State: b.state(e),
		Countdown: b.countdown(e),
	}
	if e.RegistrationState(b.Now) == event.RegistrationOpen {
		card.Register = card.Href + "/register"
	}
	for _, f := range e.Figures {
		if slices.Contains(cardFigures, f.Key) {
			card.Figures = append(card.Figures, b.figure(f))
		}
	}
	return card
}

// state is where an event stands, for a pill.
type state struct{ Class, Text string }

// state tells what matters most to somebody who thinks of coming; empty for an
// event that is past.
func (b base) state(e event.Event) state {
	phase := e.Phase(b.Now)
	switch registration := e.RegistrationState(b.Now); {
	case phase == event.Past:
		return state{}
	case registration == event.RegistrationOpen:
		return state{"open", b.T("site.registration.open", "Until", b.ShortDate(lastDay(e)))}
	case phase == event.Running:
		return state{"running", b.T("site.event.running")}
	case registration == event.RegistrationNotYet:
		return state{"soon", b.T("site.registration.not_yet", "From", b.Date(e.Registration.Opens.In(e.Location())))}
	case registration == event.RegistrationClosed:
		return state{"closed", b.T("site.registration.closed")}
	case e.MonthOnly:
		return state{"soon", b.T("site.event.days_open")}
	}
	return state{"", b.T("site.registration.elsewhere")}
}

// lastDay is the last day on which one can register, for which midnight belongs
// to the day before.
func lastDay(e event.Event) time.Time {
	return e.Registration.Closes.Add(-time.Second).In(e.Location())
}

// countdown tells how many days are left, or nothing when that is not known.
func (b base) countdown(e event.Event) string {
	days := e.DaysLeft(b.Now)
	switch {
	case e.Phase(b.Now) != event.Coming || e.MonthOnly:
		return ""
	case days == 1:
		return b.T("site.countdown.tomorrow")
	}
	return b.N("site.countdown.days", days)
}
