// Package door holds the pages of those who let people in: they choose an event
// and a gate, scan badges, and see a verdict that fills the screen.
package door

import (
	"slices"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"convene/internal/app"
	"convene/internal/door"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/store"
	"convene/internal/web/kit"
)

// Pages are the handlers.
type Pages struct {
	app *app.App
}

// New makes the handlers.
func New(a *app.App) *Pages { return &Pages{app: a} }

type eventsPage struct {
	kit.Frame
	Events []choice
}

// choice is one big button.
type choice struct{ Href, Label, Note string }

// Events lists the events that have gates: those under way and to come first.
func (p *Pages) Events(c *fiber.Ctx) error {
	all, err := p.app.Events.List(c.UserContext())
	if err != nil {
		return err
	}
	now, print := p.app.Clock(), kit.Printer(c)
	var choices []choice
	for _, e := range all {
		if len(e.Gates) > 0 && e.Phase(now) != event.Past {
			choices = append(choices, choice{Href: "/door/e/" + e.Slug, Label: print.Text(e.Title), Note: kit.EventDates(print, e)})
		}
	}
	slices.Reverse(choices) // the next one first
	if len(choices) == 1 {
		return c.Redirect(choices[0].Href)
	}
	f := kit.NewFrame(c, print.T("door.title"))
	f.Door = &kit.DoorHead{Name: print.T("door.title"), Home: "/door"}
	return kit.Render(c, "door/events", eventsPage{Frame: f, Events: choices})
}

type gatesPage struct {
	kit.Frame
	Gates []choice
}

// Gates lists an event's gates.
func (p *Pages) Gates(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	print := kit.Printer(c)
	tally, err := p.app.Door.Tally(c.UserContext(), e.ID, e.DayOf(p.app.Clock()))
	if err != nil {
		return err
	}
	page := gatesPage{Frame: kit.NewFrame(c, print.T("door.title"))}
	page.ForDoor(e, print.Text(e.Title))
	for _, g := range e.Gates {
		page.Gates = append(page.Gates, choice{
			Href: "/door/e/" + e.Slug + "/" + g.ID, Label: g.Name, Note: print.N("door.today", tally[g.ID]),
		})
	}
	return kit.Render(c, "door/gates", page)
}

type scanPage struct {
	kit.Frame
	Action   string
	ScanID   string // of the scan that the form will send
	In       int    // let in today, at all gates
	Expected int    // confirmed
	Last     []lastScan
	Verdict  *verdict  // after a scan without scripts
	Failures []failure // for the script to show when it has no verdict
}

// failure is a screen for a scan that has no verdict.
type failure struct {
	ID string
	verdict
}

// failures lists what may go wrong between a device and the door: no answer, an
// answer that asks to sign in, and any other refusal, whose words the script
// puts in.
func failures(print *i18n.Printer, next string) []failure {
	screen := func(id, word, name, why, button string) failure {
		return failure{ID: id, verdict: verdict{
			Verdict: door.Attention, Icon: icon(door.Attention), Word: print.T(word), Name: name, Why: print.T(why),
			Waiting: print.T("door.waiting"), Next: next, NextLabel: print.T(button),
		}}
	}
	signedOut := screen("signed-out", "door.signed_out", "", "door.signed_out_why", "door.reload")
	signedOut.Leave = true
	return []failure{
		screen("offline", "door.offline", "", "door.offline_why", "door.retry"),
		signedOut,
		screen("refused", "door.refused", print.T("door.refused_what"), "door.refused_why", "door.retry"),
	}
}

// lastScan is one line of the last scans.
type lastScan struct {
	Verdict door.Verdict
	Icon    string
	Name    string
	Words   string
	At      string
}

// Scan shows the page on which badges are read.
func (p *Pages) Scan(c *fiber.Ctx) error {
	e, g, err := p.gate(c)
	if err != nil {
		return err
	}
	return p.renderScan(c, e, g, nil)
}

// gate finds the event and the gate of the address.
func (p *Pages) gate(c *fiber.Ctx) (event.Event, event.Gate, error) {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return e, event.Gate{}, err
	}
	g, ok := e.Gate(c.Params("gate"))
	if !ok {
		return e, g, fiber.ErrNotFound
	}
	return e, g, nil
}

func (p *Pages) renderScan(c *fiber.Ctx, e event.Event, g event.Gate, v *verdict) error {
	print := kit.Printer(c)
	page := scanPage{Frame: kit.NewFrame(c, g.Name), Action: "/door/e/" + e.Slug + "/" + g.ID, ScanID: store.NewID(), Verdict: v}
	page.ForDoor(e, g.Name)
	page.Scripts = []string{"door.js"}
	page.Failures = failures(print, page.Action)
	c.Set(fiber.HeaderCacheControl, "no-store") // going back must not bring an old id
	tally, err := p.app.Door.Tally(c.UserContext(), e.ID, e.DayOf(p.app.Clock()))
	if err != nil {
		return err
	}
	for _, n := range tally {
		page.In += n
	}
	if page.Expected, err = p.app.Delegates.CountConfirmed(c.UserContext(), e.ID); err != nil {
		return err
	}
	if page.Last, err = p.last(c, e, g, print); err != nil {
		return err
	}
	return kit.Render(c, "door/scan", page)
}

// lastShown is how many of the last scans a gate shows.
const lastShown = 8

func (p *Pages) last(c *fiber.Ctx, e event.Event, g event.Gate, print *i18n.Printer) ([]lastScan, error) {
	scans, err := p.app.Door.Latest(c.UserContext(), e.ID, g.ID, lastShown)
	if err != nil {
		return nil, err
	}
	var list []lastScan
	for _, s := range scans {
		l := lastScan{
			Verdict: s.Verdict, Icon: icon(s.Verdict), Words: print.T("verdict.reason." + string(s.Reason)),
			Name: print.T("door.nobody"), At: print.Clock(s.At.In(e.Location())),
		}
		if s.Delegate != "" {
			d, err := p.app.Delegates.Get(c.UserContext(), s.Delegate)
			if err != nil {
				return nil, err
			}
			l.Name = d.Name
		}
		list = append(list, l)
	}
	return list, nil
}

func icon(v door.Verdict) string {
	switch v {
	case door.Admit:
		return "admit"
	case door.Stop:
		return "stop"
	}
	return "warning"
}

// verdict is a result in words.
type verdict struct {
	Verdict  door.Verdict `json:"verdict"`
	Reason   door.Reason  `json:"reason"`
	Word     string       `json:"word"`
	Name     string       `json:"name,omitempty"`
	Latin    string       `json:"latin_name,omitempty"`
	Category string       `json:"category,omitempty"`
	Why      string       `json:"why,omitempty"`
	First    string       `json:"first,omitempty"`
	At       string       `json:"at"`
	Icon     string       `json:"-"`

	Waiting   string `json:"-"` // said when another code has been read meanwhile
	Next      string `json:"-"`
	NextLabel string `json:"-"`
	Leave     bool   `json:"-"` // the button opens the page anew
}

// Short reports whether the word may be set larger.
func (v verdict) Short() bool { return utf8.RuneCountInString(v.Word) <= 6 }

// NameSize is the class that makes a long name leave room for the reason.
func (v verdict) NameSize() string {
	switch n := utf8.RuneCountInString(v.Name); {
	case n > 80:
		return "longer"
	case n > 32:
		return "long"
	}
	return ""
}

// Judge takes a scanned code and answers with the verdict: a page for a form
// without scripts, a fragment for the page's own script, JSON for other devices.
// A device that asks again with the same id has the same answer.
func (p *Pages) Judge(c *fiber.Ctx) error {
	e, g, err := p.gate(c)
	if err != nil {
		return err
	}
	r := door.Request{Gate: g.ID, Code: c.FormValue("code"), Staff: kit.Staff(c).ID}
	r.ID = scanID(c.FormValue("id"), e.ID, r)
	result, err := p.app.Door.Scan(c.UserContext(), e, r)
	if err != nil {
		return err
	}
	v := p.words(kit.Printer(c), e, result)
	v.Next = "/door/e/" + e.Slug + "/" + g.ID
	c.Set(fiber.HeaderCacheControl, "no-store")
	switch {
	case c.Get("X-Fragment") != "":
		return kit.Render(c, "door/verdict", v)
	case c.Accepts(fiber.MIMETextHTML, fiber.MIMEApplicationJSON) == fiber.MIMEApplicationJSON:
		return c.JSON(v)
	}
	return p.renderScan(c, e, g, &v)
}

// scanID makes the id of a scan's record from the id that a device sent, or
// returns none when that is no UUID in its usual form. What was scanned and where
// is part of it: an id that comes again with another code, as from a page that
// was gone back to, must not bring the answer for somebody else.
func scanID(sent, event string, r door.Request) string {
	device, err := uuid.Parse(sent)
	if err != nil || len(sent) != len(device.String()) {
		return ""
	}
	return uuid.NewSHA1(device, []byte(event+"\n"+r.Gate+"\n"+r.Code)).String()
}

func (p *Pages) words(print *i18n.Printer, e event.Event, r door.Result) verdict {
	v := verdict{
		Verdict: r.Verdict, Reason: r.Reason, Word: print.T("verdict." + string(r.Verdict)), Icon: icon(r.Verdict),
		NextLabel: print.T("verdict.next"), Waiting: print.T("door.waiting"),
		Name: r.Delegate.Name, Latin: r.Delegate.LatinName, At: print.Clock(r.At.In(e.Location())),
	}
	if r.Reason != door.Welcome {
		v.Why = print.T("verdict.reason." + string(r.Reason))
	}
	if r.Delegate.ID != "" {
		v.Category = e.CategoryLabel(print, r.Delegate.Category) + " · " + print.Country(r.Delegate.Country)
	}
	if r.Delegate.InDelegation() {
		v.Category += " · " + print.T("delegation.role."+string(r.Delegate.Role))
		if r.Delegate.Voter {
			v.Category += " · " + print.T("delegation.votes")
		}
	}
	if r.Reason == door.NotConfirmed {
		v.First = print.T("verdict.state", "State", print.T("state."+string(r.Delegate.State)))
	}
	if r.First != nil {
		gate, _ := e.Gate(r.First.Gate)
		at := r.First.At.In(e.Location())
		v.First = print.T("verdict.first", "Time", print.Clock(at), "Day", print.ShortDate(at), "Gate", gate.Name)
	}
	return v
}
