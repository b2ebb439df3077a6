package desk

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/audience"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/message"
	"convene/internal/outbox"
	"convene/internal/web/kit"
)

// messageFormPage is desk/message_form.html.
type messageFormPage struct {
	kit.Frame
	Crumbs []kit.Link
	Form   *kit.Form
	Path   string // where it is sent
	Back   string
	Group  string // what the group is called
	Hidden string // the group's code
	Groups []kit.Link
	Views  []kit.Link
	Kinds  []kit.Option
	Facts  []factField
}

// MessageNew shows the form of a new message: to a view that is kept, to what the
// list of delegates was narrowed to, or to all.
func (s *Pages) MessageNew(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	values := url.Values{"kind": {string(outbox.KindNews)}}
	g := s.groupOf(c.Query("group"))
	sel := selectionOfList(filterOf(queried(c), e), g)
	if _, ok := g.Fact(delegate.FactState); ok && sel.Text == "" && len(sel.Conditions) == 0 {
		sel = sel.With(delegate.FactState, string(delegate.Confirmed)) // those who cancelled are seldom meant
	}
	views, err := audience.Views(c.UserContext(), s.app.DB, e.ID)
	if err != nil {
		return err
	}
	for _, v := range views {
		if v.ID == c.Query("view") {
			sel = v.Selection
		}
	}
	selectionValues(sel, values)
	return s.renderMessageForm(c, e, message.Message{}, kit.NewForm(c, values))
}

// selectionOfList is the selection of those whom the filter of the list meets.
func selectionOfList(f delegate.Filter, g audience.Group) audience.Selection {
	sel := audience.Selection{Group: g.Name, Text: f.Text}
	for _, c := range []struct{ fact, value string }{
		{delegate.FactState, string(f.State)}, {delegate.FactCountry, f.Country}, {delegate.FactCategory, f.Category},
		{delegate.FactCity, f.City}, {delegate.FactRegion, f.Region}, {delegate.FactLanguage, f.Language}, {delegate.FactTag, f.Tag},
		{delegate.FactArrived, f.Arrived}, {delegate.FactSession, f.Session}, {delegate.FactWay, string(f.Way)}, {delegate.FactRole, string(f.Role)},
	} {
		if c.value != "" {
			sel = sel.With(c.fact, c.value)
		}
	}
	if f.Missing {
		sel = sel.With(delegate.FactAnswers, "missing")
	}
	if f.Unfinished && f.State == "" {
		sel = sel.With(delegate.FactState, string(delegate.Invited), string(delegate.Started), string(delegate.Unverified))
	}
	return sel
}

// mayWrite reports whether a message can be to exactly those whom the filter meets:
// what no fact tells would make it one to more people than the list shows.
func mayWrite(f delegate.Filter) bool {
	return !f.Proposed && f.From == "" && f.To == "" && f.Invitation == "" && f.Invited == "" && (!f.Unfinished || f.State == "" || f.State.Unfinished())
}

// MessageEdit shows the form of a draft.
func (s *Pages) MessageEdit(c *fiber.Ctx) error {
	e, m, err := s.message(c)
	if err != nil {
		return err
	}
	values := url.Values{"name": {m.Name}, "kind": {string(m.Kind)}}
	selectionValues(m.Audience, values)
	return s.renderMessageForm(c, e, m, kit.NewForm(c, values))
}

// MessageSave makes a draft or changes one. What was chosen may be kept as a view
// of the given name.
func (s *Pages) MessageSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	var was message.Message
	if id := c.Params("id"); id != "" {
		if was, err = s.app.Messages.Get(c.UserContext(), e, id); err != nil {
			return err
		}
	}
	form := kit.Posted(c)
	typed := message.Message{
		ID: was.ID, Name: form.Value("name"), Kind: outbox.Kind(form.Value("kind")),
		Audience: selectionFrom(s.groupOf(form.Value("group")), form),
	}
	if group := form.Value("group"); group != "" {
		typed.Audience.Group = group
	}
	saved, err := s.app.Messages.SaveWithView(c.UserContext(), e, typed, strings.TrimSpace(form.Value("view")))
	if form.Refused(err) {
		return s.renderMessageForm(c.Status(fiber.StatusUnprocessableEntity), e, was, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "message.saved")
	return c.Redirect(deskPath(e, "messages", saved.ID), fiber.StatusSeeOther)
}

func (s *Pages) renderMessageForm(c *fiber.Ctx, e event.Event, m message.Message, form *kit.Form) error {
	p, ctx := kit.Printer(c), c.UserContext()
	title, path := p.T("message.new"), deskPath(e, "messages")
	if m.ID != "" {
		title, path = m.Name, deskPath(e, "messages", m.ID)
	}
	frame, err := s.frame(c, &e, kit.DeskMessages, title)
	if err != nil {
		return err
	}
	g := s.groupOf(form.Value("group"))
	form.Labels = map[string]string{
		"name": p.T("message.name"), "kind": p.T("rule.field.kind"), "view": p.T("message.keep_view"),
		"text": p.T("audience.text"), "group": p.T("audience.whom"),
	}
	for _, fact := range g.Facts {
		form.Labels[factInput(fact.Name)] = p.T("audience.fact." + fact.Name)
	}
	page := messageFormPage{
		Frame: frame, Form: form, Path: path, Back: path, Hidden: g.Name, Group: p.T("audience.group." + g.Name), Kinds: kindOptions(p, kinds()...),
		Crumbs: []kit.Link{{Href: deskPath(e, "messages"), Label: p.T("message.title")}, {Label: title}},
	}
	if m.ID == "" {
		for _, other := range s.app.Audience.Groups {
			if other.Name != g.Name {
				page.Groups = append(page.Groups, kit.Link{Href: deskPath(e, "messages", "new") + "?group=" + other.Name, Label: p.T("audience.group." + other.Name)})
			}
		}
		views, err := audience.Views(ctx, s.app.DB, e.ID)
		if err != nil {
			return err
		}
		for _, v := range views {
			page.Views = append(page.Views, kit.Link{Href: deskPath(e, "messages", "new") + "?view=" + v.ID, Label: v.Name})
		}
	}
	if page.Facts, err = s.factFields(ctx, p, e, g, form); err != nil {
		return err
	}
	return kit.Render(c, "desk/message_form", page)
}

// message finds the message that the address names.
func (s *Pages) message(c *fiber.Ctx) (event.Event, message.Message, error) {
	e, err := s.event(c)
	if err != nil {
		return e, message.Message{}, err
	}
	m, err := s.app.Messages.Get(c.UserContext(), e, c.Params("id"))
	return e, m, err
}
