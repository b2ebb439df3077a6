package desk

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/signup"
	"convene/internal/web/kit"
)

// delegatePage is desk/delegate.html.
type delegatePage struct {
	kit.Frame
	Crumbs    []kit.Link
	Form      *kit.Form
	Person    delegate.Delegate
	LatinName string // when it is another than the name
	City      string
	Category  string
	Language  string
	Pill      Pill
	Path      string
	Seen      int // steps so far
	Approve   bool
	Decline   bool
	Cancel    bool
	Steps     []stepLine // the last one first
	Sessions  []joinedLine
	Letters   []letterLine
	Entrances []entrance
	Trail     []trailLine
	Times     string
	Consent   Moment
	Listed    []string // in which lists they agreed to be named
	AgreedTo  kit.Link // the text; empty: none is on record
	Badge     bool
	Role      string   // in the delegation of their city; empty: none
	Of        string   // the delegation's page
	Silence   *silence // nil while letters reach the address
	Said      said
	Place     []placeLine
	Papers    []paperLine
	Remake    bool // the visa letter was withdrawn, and organisers may make it anew
}

type stepLine struct {
	At         Moment
	Pill       Pill
	By, Reason string
}

// joinedLine is a session that the delegate signed up for.
type joinedLine struct {
	Session sessionLine
	Day     string
	Pill    Pill
	Note    string // what else they do at that time
}

type entrance struct {
	At   Moment
	Gate string
}

// delegate finds the event's registration that the address names.
func (s *Pages) delegate(c *fiber.Ctx) (event.Event, delegate.Delegate, error) {
	e, err := s.event(c)
	if err != nil {
		return e, delegate.Delegate{}, err
	}
	d, err := s.delegateOf(c.UserContext(), e, c.Params("id"))
	return e, d, err
}

// delegateOf finds a registration of the event: another event's is not known
// there.
func (s *Pages) delegateOf(ctx context.Context, e event.Event, id string) (delegate.Delegate, error) {
	d, err := s.app.Delegates.Get(ctx, id)
	if err == nil && d.Event != e.ID {
		err = problem.New(problem.NotFound, "problem.delegate_not_found")
	}
	return d, err
}

// Delegate shows a registration and what can be done with it.
func (s *Pages) Delegate(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	// A title stands in the browser's history, so it names nobody.
	frame, err := s.frame(c, &e, kit.DeskDelegates, kit.Printer(c).T("board.delegate.title"))
	if err != nil {
		return err
	}
	p, clock := frame.Printer, s.clock(frame.Printer, &e)
	cities, err := s.cityNames(c.UserContext(), p)
	if err != nil {
		return err
	}
	page := delegatePage{
		Frame: frame, Form: kit.NewForm(c, nil), Person: d, City: cities[d.City], Category: e.CategoryLabel(p, d.Category),
		Crumbs:   []kit.Link{{Href: deskPath(e, "delegates"), Label: p.T("board.delegates.title")}, {Label: d.Name}},
		Language: p.LanguageName(d.Language), Pill: delegatePill(p, d), Path: deskPath(e, "delegates", d.ID),
		Seen: len(d.Steps), Approve: approve.possible(d.State), Decline: decline.possible(d.State), Cancel: cancel.possible(d.State),
		Times: clock.zoneNote(&e), Consent: clock.moment(d.Consent.At), Badge: d.Badge != "",
	}
	for _, given := range []struct {
		key     string
		consent delegate.Consent
	}{{"listing.since_participants", d.Listing.Participants}, {"listing.since_public", d.Listing.Public}} {
		if given.consent.Agrees() {
			page.Listed = append(page.Listed, p.T(given.key, "When", clock.moment(given.consent.At).Text))
		}
	}
	if page.AgreedTo, err = s.agreedTo(c.UserContext(), p, e, d); err != nil {
		return err
	}
	if d.LatinName != d.Name {
		page.LatinName = d.LatinName
	}
	if d.Role != "" {
		page.Role, page.Of = p.T("delegation.role."+string(d.Role)), deskPath(e, kit.DeskDelegations, d.City)
	}
	for i := len(d.Steps) - 1; i >= 0; i-- {
		step := d.Steps[i]
		line := stepLine{clock.moment(step.At), statePill(p, step.State), by(p, step.By), step.Reason}
		if step.Awaits == delegate.ByFocal {
			line.Pill.Label = p.T("board.delegate.awaits_step")
		} else if step.State == delegate.Awaiting && i > 0 && d.Steps[i-1].Awaits == delegate.ByFocal {
			line.Pill.Label = p.T("board.delegate.awaits_organisers")
		}
		page.Steps = append(page.Steps, line)
	}
	if err = s.papers(c.UserContext(), &page, clock, d); err != nil {
		return err
	}
	if page.Place, err = s.placeLines(c.UserContext(), p, e, d); err != nil {
		return err
	}
	if err := s.history(c.UserContext(), &page, e, d); err != nil {
		return err
	}
	if page.Said, err = s.saidBy(c.UserContext(), clock, e, d); err != nil {
		return err
	}
	return kit.Render(c, "desk/delegate", page)
}

// history fills in the person's letters and whether they arrive, entrances and
// audit trail.
func (s *Pages) history(ctx context.Context, page *delegatePage, e event.Event, d delegate.Delegate) error {
	clock := s.clock(page.Printer, &e)
	var err error
	if page.Silence, err = s.silence(ctx, clock, e, d); err != nil {
		return err
	}
	if page.Sessions, err = s.joined(ctx, page.Frame, e, d); err != nil {
		return err
	}
	letters, err := s.outbox.Letters(ctx, outbox.Filter{Person: d.ID, Event: e.ID}, "")
	if err != nil {
		return err
	}
	names, err := s.occasionNames(ctx, page.Printer, e)
	if err != nil {
		return err
	}
	for _, l := range letters.Items {
		page.Letters = append(page.Letters, s.letterLine(page.Frame, e, clock, names, l))
	}
	admissions, err := s.app.Door.Admissions(ctx, e.ID, d.ID)
	if err != nil {
		return err
	}
	for _, a := range admissions {
		page.Entrances = append(page.Entrances, entrance{At: clock.seconds(a.At), Gate: gateName(e, a.Gate)})
	}
	entries, err := audit.Of(ctx, s.app.DB, delegate.Subject(d.ID))
	if err != nil {
		return err
	}
	page.Trail, err = s.trail(ctx, page.Printer, clock, []event.Event{e}, entries)
	return err
}

// joined lists the sessions that the delegate has a place in or waits for, by start.
func (s *Pages) joined(ctx context.Context, f kit.Frame, e event.Event, d delegate.Delegate) ([]joinedLine, error) {
	choices, err := s.app.Signups.Choices(ctx, d)
	var list []joinedLine
	for _, c := range choices {
		line := joinedLine{
			Session: newSessionLine(f, e, c.Session), Day: f.ShortDate(c.Session.Start.In(e.Location())),
			Pill: Pill{"confirmed", f.T("signup.desk.has_place")},
		}
		switch {
		case c.Waits:
			line.Pill = Pill{"waiting", f.T("board.state.waiting")}
		case !c.Joined:
			continue
		case c.Hindrance.Kind != signup.None:
			line.Note = clashWords(f.Printer, e, c.Hindrance)
		}
		list = append(list, line)
	}
	return list, err
}

// Approve confirms a registration.
func (s *Pages) Approve(c *fiber.Ctx) error { return s.decideOne(c, approve) }

// Decline refuses a registration, with the reason that the letter will give.
func (s *Pages) Decline(c *fiber.Ctx) error { return s.decideOne(c, decline) }

// Cancel ends a registration, with the reason that the letter will give.
func (s *Pages) Cancel(c *fiber.Ctx) error { return s.decideOne(c, cancel) }

func (s *Pages) decideOne(c *fiber.Ctx, do decision) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	seen, err := strconv.Atoi(form.Value("seen"))
	if err != nil {
		return fiber.ErrBadRequest
	}
	after, err := s.decide(c, do, d, form.Value("reason"), seen)
	if err == nil && after.State == delegate.Waiting {
		kit.Flash(c, kit.Note, "board.decision.approve.waiting")
	} else if err == nil {
		kit.Flash(c, kit.Good, "board.decision."+do.name+".done")
	} else if err := flashProblem(c, err); err != nil {
		return err
	}
	return c.Redirect(deskPath(e, "delegates", d.ID), fiber.StatusSeeOther)
}
