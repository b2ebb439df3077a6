package delegate

import (
	"errors"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/signup"
	"convene/internal/web/kit"
)

// sessionsPage is delegate/sessions.html.
type sessionsPage struct {
	own
	Open bool // the registration is confirmed, so that they may sign up
	Zone string
	Days []sessionDay
}

type sessionDay struct {
	Label string
	Slots []sessionSlot
}

// sessionSlot holds the sessions that begin and end together.
type sessionSlot struct {
	Start, End time.Time // by the event's clocks
	Sessions   []sessionChoice
}

// sessionChoice is a session that a delegate can sign up for.
type sessionChoice struct {
	ID, Path   string
	Href       string // the session's public page
	Title      string
	Lang       string // of the title, when it is not the page's
	Class      string
	Kind, Room string
	Pill       string // class and message of how they stand to it; empty: not at all
	Places     string
	Notes      []string
	Warning    string // of a place that clashes since a session was moved, or what came in between
	Do         string // what the button does, as its message is called; empty: there is none
	Fault      string // why it was refused just now
}

// Sessions shows what the delegate can sign up for, and has.
func (p *Pages) Sessions(c *fiber.Ctx) error { return p.renderSessions(c, "", nil) }

// renderSessions shows the page, with what was refused beside its session.
func (p *Pages) renderSessions(c *fiber.Ctx, slug string, refused *signup.Refusal) error {
	o, e, err := p.open(c, "signup.title")
	if err != nil {
		return err
	}
	page := sessionsPage{
		own: o, Open: o.Delegate.State == delegate.Confirmed,
		Zone: o.T("signup.zone", "City", e.City, "Zone", e.FirstDay().Format("MST")),
	}
	var choices []signup.Choice
	if page.Open {
		if choices, err = p.app.Signups.Choices(c.UserContext(), o.Delegate); err != nil {
			return err
		}
	}
	for _, choice := range choices {
		shown := p.sessionChoice(o, e, choice)
		if refused != nil && choice.Session.Slug == slug {
			shown.Fault, shown.Warning = hindranceWords(o.Printer, e, refused.Hindrance), ""
		}
		page.add(choice.Session.Start.In(e.Location()), choice.Session.End().In(e.Location()), shown)
	}
	return kit.Render(c, "delegate/sessions", page)
}

// add puts a session, which come by start, under its day and time.
func (page *sessionsPage) add(start, end time.Time, shown sessionChoice) {
	label := page.Weekday(start)
	if n := len(page.Days); n == 0 || page.Days[n-1].Label != label {
		page.Days = append(page.Days, sessionDay{Label: label})
	}
	day := &page.Days[len(page.Days)-1]
	if n := len(day.Slots); n == 0 || !day.Slots[n-1].Start.Equal(start) || !day.Slots[n-1].End.Equal(end) {
		day.Slots = append(day.Slots, sessionSlot{Start: start, End: end})
	}
	slot := &day.Slots[len(day.Slots)-1]
	slot.Sessions = append(slot.Sessions, shown)
}

func (p *Pages) sessionChoice(o own, e event.Event, c signup.Choice) sessionChoice {
	print := o.Printer
	room, _ := e.Room(c.Session.Room)
	shown := sessionChoice{
		ID: "s-" + c.Session.Slug, Path: "/r/" + o.Token + "/sessions/" + c.Session.Slug,
		Href: "/e/" + e.Slug + "/sessions/" + c.Session.Slug, Class: kit.SessionClass(c.Session.Kind),
		Kind: print.T("site.kind." + string(c.Session.Kind)), Room: print.Text(room.Name),
		Places: placesWords(print, c.Places),
	}
	if shown.Title, shown.Lang = c.Session.Title.Find(print.Lang()); shown.Lang == print.Lang() {
		shown.Lang = ""
	}
	switch begun := c.Begun(p.app.Clock()); {
	case c.Joined:
		shown.Pill = "joined"
		if c.Hindrance.Kind != signup.None {
			shown.Warning = hindranceWords(print, e, c.Hindrance)
		}
		shown.Do = unless(begun, "leave")
	case c.Waits:
		shown.Pill = "waits"
		shown.Notes = append(shown.Notes, beforeWords(print, c.Before))
		if c.Hindrance.Kind != signup.None {
			shown.Warning = hindranceWords(print, e, c.Hindrance) + " " + print.T("signup.passed_over")
		}
		shown.Do = unless(begun, "leave_list")
	case c.Hindrance.Kind != signup.None:
		shown.Notes = append(shown.Notes, hindranceWords(print, e, c.Hindrance))
	case c.Places.Full():
		shown.Do = "wait"
	default:
		shown.Do = "join"
	}
	if o := c.Opening; !begunOrClosed(c) && !o.Closes.IsZero() && !c.Joined {
		shown.Notes = append(shown.Notes, print.T("signup.closes", "When", print.DateTime(o.Closes.In(e.Location()))))
	}
	if o := c.Opening; o.Group != "" {
		shown.Notes = append(shown.Notes, print.N("signup.group", o.Most, "Group", groupName(print, o.Group)))
	}
	return shown
}

func begunOrClosed(c signup.Choice) bool {
	return c.Hindrance.Kind == signup.Begun || c.Hindrance.Kind == signup.Closed
}

func unless(not bool, word string) string {
	if not {
		return ""
	}
	return word
}

// placesWords tells how many places are left, or how many wait for one.
func placesWords(p *i18n.Printer, places signup.Places) string {
	switch {
	case places.Limit == 0:
		return p.T("signup.unlimited")
	case !places.Full():
		return p.N("signup.left", places.Left())
	case places.Waiting > 0:
		return p.N("signup.full_waiting", places.Waiting)
	}
	return p.T("signup.full")
}

func beforeWords(p *i18n.Printer, n int) string {
	if n == 0 {
		return p.T("own.first")
	}
	return p.N("own.ahead", n)
}

// groupName is what a group of sessions is called: the program's word where it is
// named after a kind of sessions, which every language has, else as the desk wrote it.
func groupName(p *i18n.Printer, group string) string {
	if slices.Contains(programme.Kinds, programme.Kind(group)) {
		return p.T("site.kind." + group)
	}
	return group
}

// hindranceWords tells the delegate what stands in the way.
func hindranceWords(p *i18n.Printer, e event.Event, h signup.Hindrance) string {
	key := "signup.hindrance." + string(h.Kind)
	switch h.Kind {
	case signup.Clash, signup.Speaks:
		return p.T(key, "Session", p.Text(h.Other.Title), "From", p.Clock(h.Other.Start.In(e.Location())), "To", p.Clock(h.Other.End().In(e.Location())))
	case signup.Enough:
		return p.N(key, h.Most, "Group", groupName(p, h.Group), "Session", p.Text(h.Other.Title))
	case signup.NotYet:
		return p.T(key, "When", p.DateTime(h.At.In(e.Location())))
	}
	return p.T(key)
}

// SessionJoin signs the delegate up, or puts them on the waiting list.
func (p *Pages) SessionJoin(c *fiber.Ctx) error {
	return p.changeSession(c, func(d delegate.Delegate, session programme.Session) (string, error) {
		entry, err := p.app.Signups.Join(asDelegate(c, d), d.ID, session.ID)
		if entry.Waits() {
			return "signup.done.waits", err
		}
		return "signup.done.joined", err
	})
}

// SessionLeave gives up what they have of the session.
func (p *Pages) SessionLeave(c *fiber.Ctx) error {
	return p.changeSession(c, func(d delegate.Delegate, session programme.Session) (string, error) {
		return "signup.done.left", p.app.Signups.Leave(asDelegate(c, d), d.ID, session.ID)
	})
}

// changeSession does something with the session that the address names and leads
// back to the list; what is refused is told there.
func (p *Pages) changeSession(c *fiber.Ctx, do func(delegate.Delegate, programme.Session) (done string, err error)) error {
	private(c)
	d, err := p.app.Delegates.ByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	session, err := p.app.Programme.Session(c.UserContext(), d.Event, c.Params("session"))
	if err != nil {
		return err
	}
	done, err := do(d, session)
	var refused *signup.Refusal
	if errors.As(err, &refused) {
		c.Status(fiber.StatusConflict)
		return p.renderSessions(c, session.Slug, refused)
	}
	if problem.KindOf(err) == problem.NotFound && err != nil { // taken back meanwhile
		kit.Flash(c, kit.Bad, "signup.ended")
		return c.Redirect("/r/"+c.Params("token")+"/sessions", fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	kit.Prefer(c, d.Language)
	kit.Flash(c, kit.Good, done, "Session", kit.Printer(c).Text(session.Title))
	return c.Redirect("/r/"+c.Params("token")+"/sessions#s-"+session.Slug, fiber.StatusSeeOther)
}

// sessionsHint tells, in the list of what one can do, what the delegate has signed up
// for; empty when there is nothing to sign up for.
func (p *Pages) sessionsHint(c *fiber.Ctx, o own) (string, error) {
	if o.Delegate.State != delegate.Confirmed {
		return "", nil
	}
	choices, err := p.app.Signups.Choices(c.UserContext(), o.Delegate)
	if err != nil || len(choices) == 0 {
		return "", err
	}
	if n := len(o.Delegate.Sessions); n > 0 {
		return o.N("signup.hint_has", n), nil
	}
	return o.T("signup.hint"), nil
}
