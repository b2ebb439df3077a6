package desk

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
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
	Sessions  []joinedLine
	Letters   []letterLine
	Entrances []entrance
	Past      []pastLine // the last thing first
	Notes     []pastLine // the last one first
	Tags      []tagLink
	Known     []string // tags that the event uses
	Twins     []twinLine
	Others    []string // addresses that were merged into this registration
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

// tagLink is a tag, and where all are listed who have it.
type tagLink struct{ Text, Href string }

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
	if id := c.Params("id"); id != d.ID { // it was merged into another
		return c.Redirect(deskPath(e, "delegates", d.ID), fiber.StatusSeeOther)
	}
	return s.showDelegate(c, e, d, kit.NewForm(c, nil))
}

func (s *Pages) showDelegate(c *fiber.Ctx, e event.Event, d delegate.Delegate, form *kit.Form) error {
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
		Frame: frame, Form: form, Person: d, City: cities[d.City], Category: e.CategoryLabel(p, d.Category),
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
	for _, tag := range d.Tags {
		page.Tags = append(page.Tags, tagLink{tag, listHref(e, delegate.Filter{Tag: tag})})
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

// history fills in what happened about the person, what they answered, and whether
// letters reach them.
func (s *Pages) history(ctx context.Context, page *delegatePage, e event.Event, d delegate.Delegate) error {
	clock := s.clock(page.Printer, &e)
	var err error
	if page.Silence, err = s.silence(ctx, clock, e, d); err != nil {
		return err
	}
	if page.Sessions, err = s.joined(ctx, page.Frame, e, d); err != nil {
		return err
	}
	if page.Past, err = s.past(ctx, page, e, d); err != nil {
		return err
	}
	if page.Known, err = s.app.Delegates.EventTags(ctx, e.ID); err != nil {
		return err
	}
	merged, err := s.app.Delegates.Merged(ctx, d)
	if err != nil {
		return err
	}
	for _, was := range merged {
		if was.Email != d.Email {
			page.Others = append(page.Others, was.Email)
		}
	}
	pairs, err := s.app.Delegates.TwinsOf(ctx, d)
	if err != nil {
		return err
	}
	for _, pair := range pairs {
		page.Twins = append(page.Twins, s.twinLine(page.Frame, e, pair))
	}
	return nil
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
