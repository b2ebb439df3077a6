package desk

import (
	"context"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"convene/internal/audience"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/reminder"
	"convene/internal/web/kit"
)

// ruleFormPage is desk/rule_form.html.
type ruleFormPage struct {
	kit.Frame
	Crumbs  []kit.Link
	Form    *kit.Form
	Builtin bool
	Path    string // where it is sent
	Back    string
	Group   string // what the group is called
	Groups  []kit.Link
	Hidden  string // the group's code
	Anchors []kit.Option
	Options []anchorOptions
	Units   []kit.Option
	Sides   []kit.Option
	Kinds   []kit.Option
	Facts   []factField
	Zone    string
	Typed   string    // the anchor that wants a date
	Newer   *ruleLine // what somebody else has made of the rule meanwhile
}

// anchorOptions is what one anchor can be narrowed to.
type anchorOptions struct {
	Anchor      string
	Name, Label string
	Options     []kit.Option
}

// RuleNew shows the form of a new rule.
func (s *Pages) RuleNew(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.NewForm(c, url.Values{
		"group": {s.groupOf(c.Query("group")).Name}, "anchor": {audience.EventStart}, "offset": {"1"}, "unit": {string(reminder.Days)},
		"side": {"before"}, "kind": {string(outbox.KindReminder)}, factInput("state"): {"confirmed"},
	})
	return s.renderRuleForm(c, e, reminder.Rule{}, form, nil)
}

// RuleEdit shows the form of a rule that is there.
func (s *Pages) RuleEdit(c *fiber.Ctx) error {
	e, r, err := s.rule(c)
	if err != nil {
		return err
	}
	return s.renderRuleForm(c, e, r, kit.NewForm(c, ruleValues(r)), nil)
}

// RuleSave makes a rule or changes one.
func (s *Pages) RuleSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	var was reminder.Rule
	if id := c.Params("id"); id != "" {
		if was, err = s.app.Reminders.Rule(c.UserContext(), e, id); err != nil {
			return err
		}
	}
	form := kit.Posted(c)
	saved, err := s.app.Reminders.Save(c.UserContext(), e, s.ruleFrom(form, was))
	if form.Refused(err) && problem.KindOf(err) == problem.Conflict {
		return s.ruleNewer(c.Status(fiber.StatusConflict), e, was.ID, form)
	}
	if problem.KindOf(err) == problem.Invalid {
		return s.renderRuleForm(c.Status(fiber.StatusUnprocessableEntity), e, was, form, nil)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "rule.saved")
	return c.Redirect(deskPath(e, "rules", saved.ID), fiber.StatusSeeOther)
}

// ruleNewer shows the form with what was typed, beside what somebody else has saved
// meanwhile. Saved once more, it replaces that.
func (s *Pages) ruleNewer(c *fiber.Ctx, e event.Event, id string, form *kit.Form) error {
	newer, err := s.app.Reminders.Rule(c.UserContext(), e, id)
	if err != nil {
		return err
	}
	form.Values.Set("seen", strconv.Itoa(newer.Version))
	line, _, err := s.ruleLine(c.UserContext(), s.clock(kit.Printer(c), &e), e, newer, s.app.Clock())
	if err != nil {
		return err
	}
	return s.renderRuleForm(c, e, newer, form, &line)
}

// ruleFrom reads what was typed. The letter of one of the program's rules stays.
func (s *Pages) ruleFrom(form *kit.Form, was reminder.Rule) reminder.Rule {
	number := func(name string) int {
		n, err := strconv.Atoi(form.Value(name))
		if err != nil {
			return -1 // which no field takes
		}
		return n
	}
	anchor := form.Value("anchor")
	r := reminder.Rule{
		Version: number("seen"), ID: was.ID, Builtin: was.Builtin, Letter: was.Letter, Allowed: was.Allowed,
		Name: form.Value("name"), Kind: outbox.Kind(form.Value("kind")),
		When: reminder.When{
			Anchor: anchor, Option: form.Value("option-" + anchor), Date: form.Value("date"),
			Offset: number("offset"), Unit: reminder.Unit(form.Value("unit")), Before: form.Value("side") == "before",
			Hour: form.Value("hour"), QuietFrom: form.Value("quiet_from"), QuietTo: form.Value("quiet_to"), Own: form.Checked("own"),
		},
		Audience: selectionFrom(s.groupOf(form.Value("group")), form),
	}
	if form.Value("side") == "at" {
		r.When.Offset, r.When.Unit = 0, reminder.Days
	}
	if form.Checked("repeat") {
		r.Repeat = reminder.Repeat{Times: number("times"), Every: number("every"), Unit: reminder.Unit(form.Value("every_unit"))}
		if r.Repeat.Times < 2 {
			r.Repeat.Times = 2 // asking again means twice at least
		}
	}
	return r
}

func ruleValues(r reminder.Rule) url.Values {
	side := "after"
	switch {
	case r.When.Before:
		side = "before"
	case r.When.Offset == 0:
		side = "at"
	}
	v := url.Values{
		"seen": {strconv.Itoa(r.Version)}, "name": {r.Name}, "kind": {string(r.Kind)}, "anchor": {r.When.Anchor}, "option-" + r.When.Anchor: {r.When.Option},
		"date": {r.When.Date}, "offset": {strconv.Itoa(r.When.Offset)}, "unit": {string(r.When.Unit)}, "side": {side},
		"hour": {r.When.Hour}, "quiet_from": {r.When.QuietFrom}, "quiet_to": {r.When.QuietTo},
	}
	if r.When.Own {
		v.Set("own", "on")
	}
	if r.Repeat.Times > 1 {
		v.Set("repeat", "on")
		v.Set("times", strconv.Itoa(r.Repeat.Times))
		v.Set("every", strconv.Itoa(r.Repeat.Every))
		v.Set("every_unit", string(r.Repeat.Unit))
	}
	selectionValues(r.Audience, v)
	return v
}

func (s *Pages) renderRuleForm(c *fiber.Ctx, e event.Event, r reminder.Rule, form *kit.Form, newer *ruleLine) error {
	p, ctx := kit.Printer(c), c.UserContext()
	title, path := p.T("rule.new"), deskPath(e, "rules")
	if r.ID != "" {
		title, path = ruleName(p, r), deskPath(e, "rules", r.ID)
	}
	frame, err := s.frame(c, &e, kit.DeskRules, title)
	if err != nil {
		return err
	}
	frame.Scripts = append(frame.Scripts, "rule.js")
	g := s.groupOf(form.Value("group"))
	form.Labels = ruleLabels(frame, g)
	page := ruleFormPage{
		Newer: newer, Frame: frame, Form: form, Builtin: r.Builtin != "", Path: path, Back: path, Hidden: g.Name, Group: p.T("audience.group." + g.Name),
		Crumbs: []kit.Link{{Href: deskPath(e, "rules"), Label: p.T("rule.title")}, {Label: title}},
		Units:  unitOptions(frame), Kinds: kindOptions(p, kinds()...), Zone: e.City, Typed: audience.Date,
		Sides: []kit.Option{{Value: "before", Label: p.T("rule.before")}, {Value: "at", Label: p.T("rule.at_once")}, {Value: "after", Label: p.T("rule.after")}},
	}
	if r.ID == "" {
		for _, other := range s.app.Audience.Groups {
			if other.Name != g.Name {
				page.Groups = append(page.Groups, kit.Link{Href: deskPath(e, "rules", "new") + "?group=" + other.Name, Label: p.T("audience.group." + other.Name)})
			}
		}
	}
	if page.Facts, err = s.factFields(ctx, p, e, g, form); err != nil {
		return err
	}
	if err := s.anchorFields(ctx, &page, e, g, form); err != nil {
		return err
	}
	return kit.Render(c, "desk/rule_form", page)
}

// anchorFields offers the anchors that suit the group, and what each can be
// narrowed to.
func (s *Pages) anchorFields(ctx context.Context, page *ruleFormPage, e event.Event, g audience.Group, form *kit.Form) error {
	for _, a := range s.app.Audience.Anchors {
		if a.Group != "" && a.Group != g.Name {
			continue
		}
		page.Anchors = append(page.Anchors, kit.Option{Value: a.Name, Label: page.T("audience.anchor." + a.Name)})
		if a.Options == nil {
			continue
		}
		options, err := a.Options(ctx, page.Printer, e)
		if err != nil {
			return err
		}
		field := anchorOptions{Anchor: a.Name, Name: "option-" + a.Name, Label: page.T("rule.narrow." + a.Name), Options: []kit.Option{{Label: page.T("rule.any." + a.Name)}}}
		for _, o := range options {
			field.Options = append(field.Options, kit.Option{Value: o.Value, Label: o.Label, Selected: form.Has("option-"+a.Name, o.Value)})
		}
		if len(options) > 0 {
			page.Options = append(page.Options, field)
		}
	}
	return nil
}

func unitOptions(f kit.Frame) []kit.Option {
	list := make([]kit.Option, len(reminder.Units))
	for i, u := range reminder.Units {
		list[i] = kit.Option{Value: string(u), Label: f.T("rule.unit." + string(u))}
	}
	return list
}

// ruleLabels names the fields in the summary of faults.
func ruleLabels(f kit.Frame, g audience.Group) map[string]string {
	labels := map[string]string{"text": f.T("audience.text")}
	for _, fact := range g.Facts {
		labels[factInput(fact.Name)] = f.T("audience.fact." + fact.Name)
	}
	for _, name := range []string{"name", "kind", "anchor", "date", "offset", "unit", "side", "hour", "quiet_from", "quiet_to", "times", "every", "every_unit"} {
		labels[name] = f.T("rule.field." + name)
	}
	return labels
}

// rule finds the rule that the address names.
func (s *Pages) rule(c *fiber.Ctx) (event.Event, reminder.Rule, error) {
	e, err := s.event(c)
	if err != nil {
		return e, reminder.Rule{}, err
	}
	r, err := s.app.Reminders.Rule(c.UserContext(), e, c.Params("id"))
	return e, r, err
}
