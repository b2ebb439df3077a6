package focal

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// personPage is focal/person.html.
type personPage struct {
	page
	Form     *kit.Form
	Person   row
	Language string
	Here     string // the page's address
	Steps    []stepLine
	In       bool // and may be changed
	MayVote  bool
	Remind   bool
	Correct  bool // what was told of them can be put right
	Reminded string
	Keeps    bool // taken out, they keep their registration
	Roles    []kit.Option
}

type stepLine struct {
	At, ISO string
	Pill    pill
	Reason  string
}

// Person shows somebody of the delegation and what can be done.
func (p *Pages) Person(c *fiber.Ctx) error {
	h, d, err := p.findMember(c)
	if err != nil {
		return err
	}
	return p.renderPerson(c, h, d, kit.NewForm(c, nil))
}

func (p *Pages) renderPerson(c *fiber.Ctx, h here, d delegate.Delegate, form *kit.Form) error {
	print := kit.Printer(c)
	person := p.row(c, h, d)
	if err := p.reached(h, print, d, &person); err != nil {
		return err
	}
	page := personPage{
		// A title stands in the browser's history, so it names nobody.
		page: p.page(c, h, print.T("focal.person.title"), kit.Link{Label: d.Name}), Form: form, Person: person,
		Language: print.LanguageName(d.Language), Here: h.path("people", d.ID),
		In: d.InDelegation() && h.event.Phase(p.app.Clock()) != event.Past, Remind: d.State.Unanswered(), Correct: d.Correctable(), Keeps: !d.Nominated,
	}
	form.Labels = map[string]string{"reason": print.T("focal.reason_letter"), "role": print.T("delegation.role_label")}
	page.MayVote = !d.Voter
	if !d.Reminded.IsZero() {
		page.Reminded = print.T("focal.person.reminded", "When", print.DateTime(d.Reminded.In(h.event.Location())))
	}
	for i := len(d.Steps) - 1; i >= 0; i-- {
		s := d.Steps[i]
		at := s.At.In(h.event.Location())
		page.Steps = append(page.Steps, stepLine{
			At: print.DateTime(at), ISO: at.Format("2006-01-02T15:04:05Z07:00"), Reason: s.Reason,
			Pill: pill{string(s.State), print.T("state." + string(s.State))},
		})
	}
	for _, role := range delegate.Roles {
		page.Roles = append(page.Roles, kit.Option{Value: string(role), Label: roleName(print, role), Selected: role == d.Role})
	}
	return kit.Render(c, "focal/person", page)
}

// PersonDo gives them a role or the vote, reminds them, or takes them out.
func (p *Pages) PersonDo(c *fiber.Ctx) error {
	h, d, err := p.findMember(c)
	if err != nil {
		return err
	}
	form, s, back := kit.Posted(c), p.app.Delegates, h.path("people", d.ID)
	do := c.Params("do")
	switch do {
	case "role":
		err = s.SetRole(h.ctx, h.event, h.city.ID, d.ID, delegate.Role(form.Value("role")))
	case "vote":
		err = s.HandVote(h.ctx, h.event, h.city.ID, d.ID)
	case "remind":
		err = s.Remind(h.ctx, h.event, h.city.ID, d.ID)
	case "remove":
		err, back = s.Remove(h.ctx, h.event, h.city.ID, d.ID, form.Value("reason")), h.path()
	default:
		return fiber.ErrNotFound
	}
	if err != nil && problem.KindOf(err) == problem.Invalid && form.Refused(err) {
		return p.renderPerson(c.Status(fiber.StatusUnprocessableEntity), h, d, form)
	}
	if err != nil {
		return p.closed(c, h, err)
	}
	kit.Flash(c, kit.Good, "focal.person.done_"+do, "Name", d.Name)
	return c.Redirect(back, fiber.StatusSeeOther)
}
