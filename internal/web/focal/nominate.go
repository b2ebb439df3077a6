package focal

import (
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// nominatePage is focal/nominate.html: for somebody new, instead of somebody, or to put
// right what was told of one.
type nominatePage struct {
	page
	Form       *kit.Form
	Action     string
	Back       string
	Instead    *row   // whom they replace; nil: nobody
	Correct    bool   // it puts right what was told of somebody
	Keeps      string // how long the place is kept for who comes instead; empty: there is none to keep
	Nominated  string
	Categories []kit.Option
	Languages  []kit.Option
	Roles      []kit.Option
	TakeIn     bool // the address is registered for the city already
}

// Nominate asks whom to nominate.
func (p *Pages) Nominate(c *fiber.Ctx) error {
	h, err := p.find(c)
	if err != nil {
		return err
	}
	return p.renderNominate(c, h, nil, kit.NewForm(c, nil), false)
}

// Correct asks what is to be put right of somebody who has not answered.
func (p *Pages) Correct(c *fiber.Ctx) error {
	h, d, err := p.findMember(c)
	if err != nil {
		return err
	}
	return p.renderCorrect(c, h, d, kit.NewForm(c, url.Values{
		"name": {d.Name}, "email": {d.Email}, "category": {d.Category}, "job_title": {d.JobTitle}, "language": {d.Language},
	}))
}

func (p *Pages) renderCorrect(c *fiber.Ctx, h here, d delegate.Delegate, form *kit.Form) error {
	print := kit.Printer(c)
	page, err := p.nominatePage(c, h, print.T("focal.correct.title"), form)
	if err != nil {
		return err
	}
	page.Correct, page.Action, page.Back = true, h.path("people", d.ID, "correct"), h.path("people", d.ID)
	return kit.Render(c, "focal/nominate", page)
}

// CorrectDo puts it right.
func (p *Pages) CorrectDo(c *fiber.Ctx) error {
	h, d, err := p.findMember(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	after, err := p.app.Delegates.Correct(h.ctx, h.event, h.city.ID, d.ID, typed(form))
	if problem.KindOf(err) == problem.Invalid && form.Refused(err) {
		return p.renderCorrect(c.Status(fiber.StatusUnprocessableEntity), h, d, form)
	}
	if err != nil {
		return p.closed(c, h, err)
	}
	said := "focal.correct.done"
	if after.LinkSerial != d.LinkSerial {
		said = "focal.correct.done_letter"
	}
	kit.Flash(c, kit.Good, said, "Name", after.Name)
	return c.Redirect(h.path("people", d.ID), fiber.StatusSeeOther)
}

// Replace asks who comes instead of somebody.
func (p *Pages) Replace(c *fiber.Ctx) error {
	h, d, err := p.findMember(c)
	if err != nil {
		return err
	}
	if !d.InDelegation() {
		return c.Redirect(h.path("people", d.ID), fiber.StatusSeeOther)
	}
	return p.renderNominate(c, h, &d, kit.NewForm(c, url.Values{"category": {d.Category}, "language": {d.Language}}), false)
}

func (p *Pages) renderNominate(c *fiber.Ctx, h here, instead *delegate.Delegate, form *kit.Form, takeIn bool) error {
	print := kit.Printer(c)
	title := print.T("focal.nominate.title")
	if instead != nil {
		title = print.T("focal.replace.title")
	}
	page, err := p.nominatePage(c, h, title, form)
	if err != nil {
		return err
	}
	page.TakeIn, page.Action = takeIn, h.path("nominate")
	if instead != nil {
		old := p.row(c, h, *instead)
		page.Instead, page.Action = &old, h.path("people", instead.ID, "replace")
		if instead.HoldsPlace() && h.event.Registration.Limited(instead.Category) {
			page.Keeps = print.N("focal.replace.keeps", int(h.event.Registration.Offer().Hours()))
		}
	}
	return kit.Render(c, "focal/nominate", page)
}

// nominatePage is what all forms about a nominee have.
func (p *Pages) nominatePage(c *fiber.Ctx, h here, title string, form *kit.Form) (nominatePage, error) {
	print := kit.Printer(c)
	of, err := p.app.Delegates.Delegation(h.ctx, h.event, h.city.ID)
	if err != nil {
		return nominatePage{}, err
	}
	form.Labels = map[string]string{"reason": print.T("focal.reason_letter"), "role": print.T("delegation.role_label")}
	for _, name := range []string{"name", "email", "language", "job_title"} {
		form.Labels[name] = print.T("register." + name)
	}
	form.Labels["category"] = print.T("board.field.category")
	page := nominatePage{
		page: p.page(c, h, title, kit.Link{Label: title}), Form: form, Back: h.path(), Nominated: nominated(print, h.event, of),
		Categories: []kit.Option{{Value: "", Label: print.T("form.choose")}}, Roles: roles(c, of),
	}
	for _, category := range h.event.Nominable() {
		page.Categories = append(page.Categories, kit.Option{Value: category.ID, Label: h.event.CategoryLabel(print, category.ID)})
	}
	for _, lang := range p.app.Catalogue.Languages() {
		page.Languages = append(page.Languages, kit.Option{Value: lang, Label: print.LanguageName(lang), Lang: lang, Selected: lang == print.Lang()})
	}
	return page, nil
}

// roles are those that somebody new may have: there is one head only.
func roles(c *fiber.Ctx, of delegate.Delegation) []kit.Option {
	var list []kit.Option
	for _, role := range delegate.Roles {
		if role == delegate.RoleHead && of.Head != "" {
			continue
		}
		list = append(list, kit.Option{
			Value: string(role), Label: roleName(kit.Printer(c), role), Selected: len(list) == 0 && of.Head == "" || of.Head != "" && role == delegate.RoleMember,
		})
	}
	return list
}

func typed(f *kit.Form) delegate.Nomination {
	return delegate.Nomination{
		Name: f.Value("name"), Email: f.Value("email"), Category: f.Value("category"), Language: f.Value("language"),
		JobTitle: f.Value("job_title"), Role: delegate.Role(f.Value("role")), TakeIn: f.Checked("take_in"),
	}
}

// NominateDo nominates.
func (p *Pages) NominateDo(c *fiber.Ctx) error {
	h, err := p.find(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	d, err := p.app.Delegates.Nominate(h.ctx, h.event, h.city.ID, typed(form))
	if form.Refused(err) {
		return p.renderNominate(c.Status(fiber.StatusUnprocessableEntity), h, nil, form, mayJoin(err, d))
	}
	if err != nil {
		return p.closed(c, h, err)
	}
	kit.Flash(c, kit.Good, "focal.nominate.done", "Name", d.Name)
	return c.Redirect(h.path(), fiber.StatusSeeOther)
}

// ReplaceDo puts the other person in the place of the one.
func (p *Pages) ReplaceDo(c *fiber.Ctx) error {
	h, old, err := p.findMember(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	d, err := p.app.Delegates.Replace(h.ctx, h.event, h.city.ID, old.ID, typed(form), form.Value("reason"))
	if form.Refused(err) {
		return p.renderNominate(c.Status(fiber.StatusUnprocessableEntity), h, &old, form, mayJoin(err, d))
	}
	if err != nil {
		return p.closed(c, h, err)
	}
	kit.Flash(c, kit.Good, "focal.replace.done", "Name", d.Name)
	return c.Redirect(h.path(), fiber.StatusSeeOther)
}

// mayJoin reports whether the refusal came with somebody who can be taken in.
func mayJoin(err error, d delegate.Delegate) bool {
	return d.ID != "" && problem.KindOf(err) == problem.Conflict
}

// closed tells on the delegation's page that something cannot be done any more.
func (p *Pages) closed(c *fiber.Ctx, h here, err error) error {
	var told *problem.Error
	if !errors.As(err, &told) || told.Kind != problem.Gone && told.Kind != problem.Conflict {
		return err
	}
	kit.Flash(c, kit.Bad, told.Key, told.Args...)
	return c.Redirect(h.path(), fiber.StatusSeeOther)
}
