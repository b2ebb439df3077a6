package delegate

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// passing is what a delegate's own page tells of giving their place to a colleague.
type passing struct {
	May     bool   // they can give it
	Gives   bool   // it is kept for a colleague
	To      string // the colleague's name, as the delegate wrote it
	Ends    string // until when it is kept
	Decides bool   // the colleague has finished, and the organisers have yet to decide
	Until   string // the last day on which places may be given
	Fixed   string // why it cannot be given, where the event lets others do so
}

func (p *Pages) passing(c *fiber.Ctx, e event.Event, o own) (passing, error) {
	d, print := o.Delegate, kit.Printer(c)
	why := p.app.Delegates.MayGive(e, d)
	t := passing{May: why == nil, Gives: d.Gives()}
	if e.Transfers(p.app.Clock()) {
		t.Until = kit.Closing(print, e.Registration.TransferUntil.In(e.Location()))
		t.Fixed = problemText(print, why)
	}
	if !t.Gives {
		return t, nil
	}
	t.To, t.Ends = d.Passing.Name, print.DateTime(d.Passing.Ends.In(o.clock(e)))
	if d.Passing.To == "" {
		return t, nil
	}
	colleague, err := p.app.Delegates.Get(c.UserContext(), d.Passing.To)
	t.Decides = colleague.State == delegate.Awaiting
	return t, err
}

type transferPage struct {
	own
	Form    *kit.Form
	Passing passing
}

// Transfer shows how a delegate gives their place to a colleague, or that it is on its
// way.
func (p *Pages) Transfer(c *fiber.Ctx) error {
	o, e, err := p.open(c, "transfer.title")
	if err != nil {
		return err
	}
	return p.renderTransfer(c, o, e, kit.NewForm(c, nil))
}

func (p *Pages) renderTransfer(c *fiber.Ctx, o own, e event.Event, form *kit.Form) error {
	t, err := p.passing(c, e, o)
	if err != nil {
		return err
	}
	form.Labels = map[string]string{"name": form.T("transfer.name"), "email": form.T("transfer.email")}
	return kit.Render(c, "delegate/transfer", transferPage{own: o, Form: form, Passing: t})
}

// TransferGive keeps the place for the colleague.
func (p *Pages) TransferGive(c *fiber.Ctx) error {
	o, e, err := p.open(c, "transfer.title")
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = p.app.Delegates.Give(asDelegate(c, o.Delegate), o.Delegate.ID, form.Value("name"), form.Value("email"))
	if form.Refused(err) {
		c.Status(fiber.StatusUnprocessableEntity)
		return p.renderTransfer(c, o, e, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "transfer.given")
	return c.Redirect("/r/"+o.Token+"/transfer", fiber.StatusSeeOther)
}

// TransferRecall calls the place back.
func (p *Pages) TransferRecall(c *fiber.Ctx) error {
	o, _, err := p.open(c, "transfer.title")
	if err != nil {
		return err
	}
	if _, err := p.app.Delegates.Recall(asDelegate(c, o.Delegate), o.Delegate.ID); err != nil {
		return tooLate(c, o, err)
	}
	kit.Flash(c, kit.Good, "transfer.recalled")
	return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
}

// problemText tells a problem in words; none has none.
func problemText(print *i18n.Printer, err error) string {
	var told *problem.Error
	if !errors.As(err, &told) {
		return ""
	}
	return print.T(told.Key, told.Args...)
}
