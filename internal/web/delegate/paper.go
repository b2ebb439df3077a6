package delegate

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/badge"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// paperPage is a paper to be printed: delegate/confirmation.html and visa.html.
type paperPage struct {
	own
	Number string
	Issued string // when
	Check  string // where anybody can check it
	Who    string // the organisers, and the host
	Says   string // a confirmation's sentence

	Made    bool // there is a visa letter that holds
	Stale   bool // it tells what was so before
	Waits   bool // answers that the organisers have yet to approve
	Missing []form.Question
	Why     string // why none can be made
	To      string // the consulate
	Facts   []answer
}

func (p *Pages) paper(o own, e event.Event, i delegate.Issued) paperPage {
	number := p.app.Delegates.PaperNumber(i)
	who := strings.Join(e.Organisers, ", ")
	if e.Host != "" {
		who = strings.Trim(who+", "+e.Host, ", ")
	}
	return paperPage{
		own: o, Number: number, Issued: o.Date(i.At.In(e.Location())), Check: p.app.Config.BaseURL + "/check/" + number, Who: who, Made: i.ID != "",
	}
}

// Confirmation is the paper by which somebody shows that they are registered or, once
// they have been let in, that they took part.
func (p *Pages) Confirmation(c *fiber.Ctx) error {
	o, e, err := p.open(c, "paper.confirmation.title")
	if err != nil {
		return err
	}
	if o.Delegate.State != delegate.Confirmed {
		return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
	}
	i, err := p.app.Delegates.Issue(asDelegate(c, o.Delegate), o.Delegate.ID, delegate.Confirmation)
	if err != nil {
		return err
	}
	page := p.paper(o, e, i)
	page.Frame.Scripts = []string{"print.js"}
	page.Says = o.T("paper.confirmation." + confirms(e, o.Delegate, p.app.Clock()))
	return kit.Render(c, "delegate/confirmation", page)
}

// confirms names what a confirmation can say of the delegate.
func confirms(e event.Event, d delegate.Delegate, now time.Time) string {
	switch {
	case !d.Arrived.IsZero():
		return "took_part"
	case e.Phase(now) == event.Past:
		return "was_registered"
	}
	return "is_registered"
}

// Visa shows the visa letter, or how it is made.
func (p *Pages) Visa(c *fiber.Ctx) error {
	o, e, err := p.open(c, "paper.visa.title")
	if err != nil {
		return err
	}
	papers, err := p.app.Delegates.Papers(c.UserContext(), o.Delegate)
	if err != nil {
		return err
	}
	last := delegate.Latest(papers, delegate.VisaLetter)
	page := p.paper(o, e, last)
	page.Frame.Scripts = []string{"print.js"}
	d := o.Delegate
	page.Made = last.ID != "" && last.Holds() && d.State == delegate.Confirmed
	page.Stale = page.Made && !p.app.Delegates.Says(last, d)
	switch {
	case d.State != delegate.Confirmed:
		page.Why = o.T("problem.paper_state")
	case last.ID != "" && !last.Withdrawn.IsZero():
		page.Why = o.T("problem.paper_withdrawn")
	}
	if page.Missing, err = p.app.Delegates.Missing(c.UserContext(), d); err != nil {
		return err
	}
	if err := p.visaFacts(c, e, &page); err != nil {
		return err
	}
	return kit.Render(c, "delegate/visa", page)
}

// visaFacts are what the letter tells, as far as it is known and approved.
func (p *Pages) visaFacts(c *fiber.Ctx, e event.Event, page *paperPage) error {
	d := page.Delegate
	set, err := p.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	add := func(label, text string) {
		if text != "" {
			page.Facts = append(page.Facts, answer{Label: label, Text: text})
		}
	}
	add(page.T("register.name"), d.Name)
	add(page.T("register.latin_name"), d.LatinName)
	for _, id := range []string{delegate.VisaBirth, delegate.VisaNationality, delegate.VisaPassport} {
		if q, ok := set.Question(id); ok {
			add(page.T("paper.visa."+strings.TrimPrefix(id, "visa_")), q.Words(page.Printer, d.Answers[id]))
		}
	}
	add(page.T("register.organisation"), d.Organisation)
	add(page.T("register.job_title"), d.JobTitle)
	add(page.T("own.place"), page.Place)
	add(page.T("walk_in.category"), page.Category)
	if q, ok := set.Question(delegate.VisaConsulate); ok {
		page.To = q.Words(page.Printer, d.Answers[delegate.VisaConsulate])
	}
	page.Waits = d.Proposed != nil
	return nil
}

// VisaMake makes the visa letter at once.
func (p *Pages) VisaMake(c *fiber.Ctx) error {
	o, _, err := p.open(c, "paper.visa.title")
	if err != nil {
		return err
	}
	if _, err := p.app.Delegates.Issue(asDelegate(c, o.Delegate), o.Delegate.ID, delegate.VisaLetter); err != nil {
		return tooLate(c, o, err)
	}
	kit.Flash(c, kit.Good, "paper.made")
	return c.Redirect("/r/"+o.Token+"/visa", fiber.StatusSeeOther)
}

type checkPage struct {
	kit.Frame
	Form    *kit.Form
	Number  string
	Unknown bool
	Found   *checkedPaper
}

// checkedPaper is what anybody learns of a paper.
type checkedPaper struct {
	What, Standing, Says, On, Name string
	Valid, Named                   bool
}

// Check asks for the number of a paper.
func (p *Pages) Check(c *fiber.Ctx) error {
	form := kit.Queried(c)
	if number := strings.TrimSpace(form.Value("number")); number != "" {
		return c.Redirect("/check/"+plainNumber(number), fiber.StatusSeeOther)
	}
	return kit.Render(c, "delegate/check", checkPage{Frame: kit.NewFrame(c, form.T("paper.check.title")), Form: form})
}

// plainNumber leaves of what was typed the signs that a number may have, in groups.
func plainNumber(typed string) string {
	signs := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	if len(signs) != 12 {
		return "-" + signs[:min(len(signs), 40)]
	}
	return signs[:4] + "-" + signs[4:8] + "-" + signs[8:]
}

// Checked tells whether the paper with the number is genuine, and holds.
func (p *Pages) Checked(c *fiber.Ctx) error {
	forgive, err := kit.LimitGuess(c, "check", p.app.Config.Limits.CheckPerAddress)
	if err != nil {
		return err
	}
	found, err := p.app.Delegates.CheckPaper(c.UserContext(), c.Params("number"))
	if err != nil {
		return p.renderCheck(c, delegate.Checked{}, err, false, "")
	}
	if err := forgive(); err != nil {
		return err
	}
	return p.renderCheck(c, found, nil, false, "")
}

// CheckName shows the whole name to whoever has the paper before them and types the
// name, or the date of birth, that stands on it.
func (p *Pages) CheckName(c *fiber.Ctx) error {
	forgive, err := kit.LimitGuess(c, "check", p.app.Config.Limits.CheckPerAddress)
	if err != nil {
		return err
	}
	found, err := p.app.Delegates.CheckPaper(c.UserContext(), c.Params("number"))
	if err != nil {
		return p.renderCheck(c, found, err, false, "")
	}
	if found.Masked == "" { // erased while the form was open: no name is right, and none is wrong
		return p.renderCheck(c, found, nil, false, "")
	}
	typed := kit.Posted(c).Value("who")
	if !p.app.Delegates.Named(found.Issued, typed) {
		c.Status(fiber.StatusUnprocessableEntity)
		return p.renderCheck(c, found, nil, false, "problem.field.paper_name")
	}
	if err := forgive(); err != nil {
		return err
	}
	return p.renderCheck(c, found, nil, true, "")
}

func (p *Pages) renderCheck(c *fiber.Ctx, found delegate.Checked, err error, named bool, fault string) error {
	private(c)
	print := kit.Printer(c)
	page := checkPage{Frame: kit.NewFrame(c, print.T("paper.check.title")), Form: kit.NewForm(c, nil), Number: plainNumber(c.Params("number"))}
	if problem.KindOf(err) == problem.NotFound && err != nil {
		page.Unknown = true
		page.Form.Values.Set("number", strings.TrimPrefix(page.Number, "-"))
		return kit.Render(c.Status(fiber.StatusNotFound), "delegate/check", page)
	}
	if err != nil {
		return err
	}
	e, err := p.app.Events.Get(c.UserContext(), p.app.DB, found.Event)
	if err != nil {
		return err
	}
	if page.Frame, err = p.frame(c, e, print.T("paper.check.title")); err != nil {
		return err
	}
	if fault != "" {
		page.Form.Faults = []kit.Fault{{Name: "who", Text: print.T(fault)}}
	}
	page.Found = &checkedPaper{
		What: print.T("paper.kind." + string(found.Paper)), Standing: print.T("paper.standing." + string(found.Standing)),
		Says: print.T("paper.says." + string(found.Standing)), On: print.Date(found.At.In(e.Location())),
		Name: found.Masked, Valid: found.Standing == delegate.PaperValid, Named: named,
	}
	if named {
		page.Found.Name = found.Name
	}
	return kit.Render(c, "delegate/check", page)
}

// CheckCode draws the address of the page that checks a paper.
func (p *Pages) CheckCode(c *fiber.Ctx) error {
	number := plainNumber(c.Params("number"))
	if len(number) != len("AAAA-AAAA-AAAA") {
		return fiber.ErrNotFound
	}
	picture, err := badge.DrawPNG(p.app.Config.BaseURL+"/check/"+number, 320)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/png")
	return c.Send(picture)
}
