package focal

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// delegationPage is focal/delegation.html.
type delegationPage struct {
	page
	Nominated string // how many of how many
	Left      string // how many more
	Nominate  bool
	Closes    string // until when they can nominate
	Rows      []row
	Ended     []row
	Voter     string // who votes, as a sentence; empty: nobody would
	Waiting   []row
	Form      *kit.Form // by which they approve
}

// row is somebody of the delegation, or who waits for approval.
type row struct {
	ID, Href, Name, LatinName, JobTitle string
	Organisation, Email                 string
	Role, Category, Registered          string
	Pill                                pill
	Kept                                string // until when a place is, or was, kept for their answer
	Unreached                           string // that letters to them come back
	Votes                               bool
	Picked                              bool
}

// Delegation shows whom the city sends, and who waits for approval.
func (p *Pages) Delegation(c *fiber.Ctx) error {
	h, err := p.find(c)
	if err != nil {
		return err
	}
	return p.renderDelegation(c, h, kit.NewForm(c, nil))
}

func (p *Pages) renderDelegation(c *fiber.Ctx, h here, form *kit.Form) error {
	print := kit.Printer(c)
	of, err := p.app.Delegates.Delegation(h.ctx, h.event, h.city.ID)
	if err != nil {
		return err
	}
	people, err := p.app.Delegates.Members(h.ctx, h.event.ID, h.city.ID)
	if err != nil {
		return err
	}
	waiting, err := p.app.Delegates.AwaitingFocal(h.ctx, h.event.ID, h.city.ID)
	if err != nil {
		return err
	}
	form.Labels = map[string]string{"reason": print.T("focal.reason")}
	page := delegationPage{
		page: p.page(c, h, print.T("focal.delegation.title", "City", print.Text(h.city.Name))), Form: form,
		Nominated: nominated(print, h.event, of),
	}
	if open := h.event.Nominating(p.app.Clock()); open && of.Quota(h.event) > 0 {
		page.Closes = print.T("focal.delegation.closes", "When", kit.Closing(print, h.event.Registration.Closes.In(h.event.Location())))
		page.Nominate = of.Left(h.event) > 0
		page.Left = print.N("focal.delegation.left", of.Left(h.event))
	} else if of.Quota(h.event) > 0 {
		page.Closes = print.T("problem.nominating_over")
	}
	for _, d := range people {
		line := p.row(c, h, d)
		if d.State.Over() {
			page.Ended = append(page.Ended, line)
			continue
		}
		if err := p.reached(h, print, d, &line); err != nil {
			return err
		}
		page.Rows = append(page.Rows, line)
		if d.Voter {
			page.Voter = print.T("focal.delegation.voter", "Name", d.Name)
			if d.State == delegate.Confirmed {
				page.Voter = print.T("focal.delegation.voter_confirmed", "Name", d.Name)
			}
		}
	}
	for _, d := range waiting {
		line := p.row(c, h, d)
		line.Picked = form.Has("id[]", d.ID) || len(waiting) == 1
		page.Waiting = append(page.Waiting, line)
	}
	return kit.Render(c, "focal/delegation", page)
}

func (p *Pages) row(c *fiber.Ctx, h here, d delegate.Delegate) row {
	print := kit.Printer(c)
	r := row{
		ID: d.ID, Href: h.path("people", d.ID), Name: d.Name, JobTitle: d.JobTitle, Organisation: d.Organisation, Email: d.Email,
		Category: h.event.CategoryLabel(print, d.Category), Registered: print.ShortDate(d.Registered().In(h.event.Location())),
		Pill: statePill(print, d), Votes: d.Voter && d.InDelegation(),
	}
	if d.LatinName != d.Name {
		r.LatinName = d.LatinName
	}
	if d.Role != "" {
		r.Role = roleName(print, d.Role)
	}
	if key := "focal.kept_over"; !d.KeptUntil.IsZero() && h.event.Registration.Limited(d.Category) {
		if d.Kept {
			key = "focal.kept"
		}
		r.Kept = print.T(key, "When", print.DateTime(d.KeptUntil.In(h.event.Location())))
	}
	return r
}

// reached notes whether letters to somebody who has not answered come back: then the
// address that the focal point told is wrong, and nobody else knows the right one.
func (p *Pages) reached(h here, print *i18n.Printer, d delegate.Delegate, r *row) error {
	if !d.State.Unanswered() {
		return nil
	}
	why, back, err := p.app.Outbox.SuppressionOf(h.ctx, d.Email)
	if back {
		r.Unreached = print.T("focal.unreached", "When", print.DateTime(why.Since.In(h.event.Location())))
	}
	return err
}

// mostAtOnce bounds a decision about many.
const mostAtOnce = 200

// Approve says yes or no, for the city, to those who registered for it openly. Those
// about whom somebody else was faster stay as they are.
func (p *Pages) Approve(c *fiber.Ctx) error {
	h, err := p.find(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	decide, done := p.app.Delegates.FocalApprove, "focal.approved"
	if form.Value("do") == "decline" {
		decide, done = p.app.Delegates.FocalDecline, "focal.declined"
	}
	ids := form.Values["id[]"]
	if len(ids) > mostAtOnce {
		return fiber.ErrBadRequest
	}
	if len(ids) == 0 {
		kit.Flash(c, kit.Wait, "focal.nobody_chosen")
		return c.Redirect(h.path(), fiber.StatusSeeOther)
	}
	n, err := decideMany(h, ids, form.Value("reason"), decide)
	if problem.KindOf(err) == problem.Invalid && form.Refused(err) {
		return p.renderDelegation(c.Status(fiber.StatusUnprocessableEntity), h, form)
	}
	if err != nil {
		return err
	}
	if n < len(ids) {
		kit.Flash(c, kit.Wait, "focal.some_faster", "Count", n, "Left", len(ids)-n)
	} else {
		kit.Flash(c, kit.Good, done, "Count", n)
	}
	return c.Redirect(h.path(), fiber.StatusSeeOther)
}

// decideMany returns how many it decided about.
func decideMany(h here, ids []string, reason string, decide func(ctx context.Context, city, id, reason string) (delegate.Delegate, error)) (n int, err error) {
	for _, id := range ids {
		_, err := decide(h.ctx, h.city.ID, id, reason)
		switch kind := problem.KindOf(err); {
		case err == nil:
			n++
		case kind != problem.Conflict && kind != problem.NotFound:
			return n, err
		}
	}
	return n, nil
}
