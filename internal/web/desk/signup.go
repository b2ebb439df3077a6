package desk

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/programme"
	"convene/internal/signup"
	"convene/internal/web/kit"
)

// signupPage is desk/signup.html: a session, and who signed up for it.
type signupPage struct {
	kit.Frame
	Crumbs  []kit.Link
	Path    string
	Session sessionLine
	Day     string
	Public  string
	Times   string

	Open       bool
	Ended      Moment // since when it is taken back; empty unless it was
	Form       *kit.Form
	Categories []kit.Option
	Groups     string // those that there are, as words; may be empty
	EndForm    *kit.Form

	Numbers  string
	People   []signedUp
	Queue    []signedUp
	First    string // the list's first page; empty on it
	Next     string // empty on the last page
	More     string // how many of those who wait are not shown; empty: none
	Export   string // as CSV
	Workbook string
	Write    string // a message to those who have a place

	Search string
	Found  []signedUp // whom the search finds among all confirmed delegates
}

// signedUp is somebody with a place, on the waiting list, or who could be added.
type signedUp struct {
	ID, Href           string
	Name, Organisation string
	Country, Category  string
	Number             int // on the waiting list
	Since              Moment
	Note               string // what stands in the way, or that they are in already
	Has                bool   // a place
}

// signupPath is the address of the session's page at the desk.
func signupPath(e event.Event, session programme.Session) string {
	return deskPath(e, kit.DeskProgramme, session.Slug)
}

// signupSession finds the event's session that the address names.
func (s *Pages) signupSession(c *fiber.Ctx) (event.Event, programme.Session, error) {
	e, err := s.event(c)
	if err != nil {
		return e, programme.Session{}, err
	}
	session, err := s.app.Programme.Session(c.UserContext(), e.ID, c.Params("session"))
	return e, session, err
}

// Signup shows a session: how it is opened, and who signed up.
func (s *Pages) Signup(c *fiber.Ctx) error { return s.renderSignup(c, nil, nil) }

// renderSignup shows the page with a form that was refused, or with the usual one
// where it is nil.
func (s *Pages) renderSignup(c *fiber.Ctx, typed, ending *kit.Form) error {
	e, session, err := s.signupSession(c)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskProgramme, kit.Printer(c).Text(session.Title))
	if err != nil {
		return err
	}
	o, known, err := s.app.Signups.Opening(c.UserContext(), session.ID)
	if err != nil {
		return err
	}
	p, clock := frame.Printer, s.clock(frame.Printer, &e)
	page := signupPage{
		Frame: frame, Path: signupPath(e, session), Session: newSessionLine(frame, e, session), Day: p.Weekday(session.Start.In(e.Location())),
		Crumbs: []kit.Link{{Href: deskPath(e, kit.DeskProgramme), Label: p.T("board.programme.title")}, {Label: p.Text(session.Title)}},
		Public: "/e/" + e.Slug + "/sessions/" + session.Slug, Times: clock.zoneNote(&e),
		Open: known && o.Ended.IsZero(), Ended: clock.moment(o.Ended), Form: typed, EndForm: ending, Search: c.Query("q"),
	}
	if page.Form == nil {
		page.Form = kit.NewForm(c, openingValues(e, o))
	}
	if page.EndForm == nil {
		page.EndForm = kit.NewForm(c, nil)
	}
	if err := s.fillSignup(c, &page, e, session, o); err != nil {
		return err
	}
	return kit.Render(c, "desk/signup", page)
}

func (s *Pages) fillSignup(c *fiber.Ctx, page *signupPage, e event.Event, session programme.Session, o signup.Opening) error {
	p := page.Printer
	page.Form.Labels = map[string]string{
		"places": p.T("signup.desk.places"), "opens": p.T("signup.desk.opens"), "closes": p.T("signup.desk.closes"),
		"group": p.T("signup.desk.group"), "most": p.T("signup.desk.most"), "category": p.T("signup.desk.categories"),
	}
	for _, category := range e.Categories() {
		page.Categories = append(page.Categories, kit.Option{Value: category.ID, Label: e.CategoryLabel(p, category.ID)})
	}
	held, err := s.app.Signups.Openings(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	page.Groups = strings.Join(signup.Groups(held), ", ")
	if !page.Open {
		return nil
	}
	places, err := s.app.Signups.Places(c.UserContext(), o)
	if err != nil {
		return err
	}
	page.Numbers = signupNumbers(p, places)
	page.Export, page.Workbook = page.Path+"/people.csv", page.Path+"/people.xlsx"
	page.Write = withQuery(deskPath(e, "messages", "new"), url.Values{delegate.FactSession: {session.ID}})
	t, err := s.app.Signups.Timetable(c.UserContext(), e.ID)
	return errors.Join(err,
		s.listSignedUp(c, page, e, session, t),
		s.listQueue(c.UserContext(), page, e, session, t, places.Waiting),
		s.searchToAdd(c.UserContext(), page, e, session, t))
}

// signupNumbers tells how many places are taken, and how many wait.
func signupNumbers(p *i18n.Printer, places signup.Places) string {
	switch {
	case places.Limit == 0:
		return p.N("signup.desk.taken", places.Taken)
	case places.Waiting == 0:
		return p.T("signup.desk.taken_of", "Taken", p.Number(places.Taken), "Limit", p.Number(places.Limit))
	}
	return p.N("signup.desk.taken_waiting", places.Waiting, "Taken", p.Number(places.Taken), "Limit", p.Number(places.Limit))
}

// listSignedUp fills in who has a place, by name.
func (s *Pages) listSignedUp(c *fiber.Ctx, page *signupPage, e event.Event, session programme.Session, t signup.Timetable) error {
	ctx, cursor := c.UserContext(), c.Query("after")
	found, err := s.app.Delegates.Find(ctx, e.ID, delegate.Filter{Session: session.ID}, cursor, pageSize)
	if err != nil {
		return err
	}
	for _, d := range found.Items {
		line := s.signedUp(page.Frame, e, d)
		entry, ok, err := s.app.Signups.EntryOf(ctx, session.ID, d.ID)
		if err != nil {
			return err
		}
		if ok {
			line.Since = s.clock(page.Printer, &e).moment(entry.Since)
		}
		line.Note = clashWords(page.Printer, e, t.Clash(d, session))
		page.People = append(page.People, line)
	}
	if cursor != "" {
		page.First = page.Path
	}
	if found.Next != "" {
		page.Next = page.Path + "?after=" + url.QueryEscape(found.Next)
	}
	return nil
}

// listQueue fills in who waits, in order.
func (s *Pages) listQueue(ctx context.Context, page *signupPage, e event.Event, session programme.Session, t signup.Timetable, waiting int) error {
	queue, err := s.app.Signups.Queue(ctx, session.ID, "", pageSize)
	if err != nil {
		return err
	}
	for _, entry := range queue.Items {
		d, err := s.app.Delegates.Get(ctx, entry.Delegate)
		if err != nil {
			return err
		}
		line := s.signedUp(page.Frame, e, d)
		line.Number, line.Since = entry.Number, s.clock(page.Printer, &e).moment(entry.Since)
		line.Note = clashWords(page.Printer, e, t.Clash(d, session))
		page.Queue = append(page.Queue, line)
	}
	if rest := waiting - len(page.Queue); queue.Next != "" && rest > 0 {
		page.More = page.N("signup.desk.more", rest)
	}
	return nil
}

// mostFound is how many people a search to add somebody shows.
const mostFound = 10

// searchToAdd fills in whom the search finds.
func (s *Pages) searchToAdd(ctx context.Context, page *signupPage, e event.Event, session programme.Session, t signup.Timetable) error {
	if page.Search == "" {
		return nil
	}
	found, err := s.app.Delegates.Find(ctx, e.ID, delegate.Filter{Text: page.Search, State: delegate.Confirmed}, "", mostFound)
	if err != nil {
		return err
	}
	for _, d := range found.Items {
		line := s.signedUp(page.Frame, e, d)
		entry, ok, err := s.app.Signups.EntryOf(ctx, session.ID, d.ID)
		if err != nil {
			return err
		}
		if line.Has = ok && !entry.Waits(); line.Has {
			line.Note = page.T("signup.desk.in_already")
		} else {
			line.Note = clashWords(page.Printer, e, t.Clash(d, session))
		}
		page.Found = append(page.Found, line)
	}
	return nil
}

func (s *Pages) signedUp(f kit.Frame, e event.Event, d delegate.Delegate) signedUp {
	return signedUp{
		ID: d.ID, Href: deskPath(e, "delegates", d.ID), Name: d.Name, Organisation: d.Organisation,
		Country: f.Country(d.Country), Category: e.CategoryLabel(f.Printer, d.Category),
	}
}

// clashWords tells organisers what somebody does at the time of the session; empty
// when it is nothing.
func clashWords(p *i18n.Printer, e event.Event, h signup.Hindrance) string {
	if h.Kind == signup.None {
		return ""
	}
	return p.T("signup.desk.hindrance."+string(h.Kind), "Session", p.Text(h.Other.Title),
		"From", p.Clock(h.Other.Start.In(e.Location())), "To", p.Clock(h.Other.End().In(e.Location())))
}

func openingValues(e event.Event, o signup.Opening) url.Values {
	values := url.Values{"places": nil, "group": {o.Group}, "category": o.Categories}
	number := func(name string, n int) {
		if n > 0 {
			values.Set(name, strconv.Itoa(n))
		}
	}
	moment := func(name string, at time.Time) {
		if !at.IsZero() {
			values.Set(name, at.In(e.Location()).Format(signup.MomentLayout))
		}
	}
	number("places", o.Places)
	number("most", o.Most)
	moment("opens", o.Opens)
	moment("closes", o.Closes)
	return values
}

// SignupSave opens the session for sign-up, or changes how it is.
func (s *Pages) SignupSave(c *fiber.Ctx) error {
	e, session, err := s.signupSession(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Signups.Open(c.UserContext(), e, session, func(now signup.Opening) (signup.Typed, error) {
		merged, err := form.Onto(openingValues(e, now), nil)
		return signup.Typed{
			Places: merged.Value("places"), Categories: merged.Values["category"], Opens: merged.Value("opens"), Closes: merged.Value("closes"),
			Group: merged.Value("group"), Most: merged.Value("most"),
		}, err
	})
	if status, refused := s.refused(c, e, form, "session/"+session.ID, err); refused {
		return s.renderSignup(c.Status(status), form, nil)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "signup.desk.saved")
	return c.Redirect(signupPath(e, session), fiber.StatusSeeOther)
}

// SignupEnd takes the session back from sign-up.
func (s *Pages) SignupEnd(c *fiber.Ctx) error {
	e, session, err := s.signupSession(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	n, err := s.app.Signups.End(c.UserContext(), e, session.ID, form.Value("reason"))
	if form.Refused(err) {
		return s.renderSignup(c.Status(fiber.StatusUnprocessableEntity), nil, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "signup.desk.ended_done", "Count", n)
	return c.Redirect(signupPath(e, session), fiber.StatusSeeOther)
}

// SignupAdd gives somebody a place.
func (s *Pages) SignupAdd(c *fiber.Ctx) error {
	return s.changeSignup(c, "signup.desk.added", func(session programme.Session, d delegate.Delegate, _ *kit.Form) error {
		_, err := s.app.Signups.Add(c.UserContext(), d.ID, session.ID)
		return err
	})
}

// SignupRemove takes somebody's place away.
func (s *Pages) SignupRemove(c *fiber.Ctx) error {
	return s.changeSignup(c, "signup.desk.removed", func(session programme.Session, d delegate.Delegate, form *kit.Form) error {
		return s.app.Signups.Remove(c.UserContext(), d.ID, session.ID, form.Value("reason"))
	})
}

// changeSignup does something about one delegate and leads back to the list, which
// tells what was refused.
func (s *Pages) changeSignup(c *fiber.Ctx, done string, do func(programme.Session, delegate.Delegate, *kit.Form) error) error {
	e, session, err := s.signupSession(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	d, err := s.delegateOf(c.UserContext(), e, form.Value("id"))
	if err != nil {
		return err
	}
	err = do(session, d, form)
	var refused *signup.Refusal
	if errors.As(err, &refused) {
		p, h := kit.Printer(c), refused.Hindrance
		kit.Flash(c, kit.Bad, "signup.desk.hindrance."+string(h.Kind), "Session", p.Text(h.Other.Title),
			"From", p.Clock(h.Other.Start.In(e.Location())), "To", p.Clock(h.Other.End().In(e.Location())))
		return c.Redirect(signupPath(e, session), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, done)
	return c.Redirect(signupPath(e, session), fiber.StatusSeeOther)
}
