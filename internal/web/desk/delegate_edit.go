package desk

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// editPage is desk/delegate_edit.html.
type editPage struct {
	kit.Frame
	Crumbs  []kit.Link
	Form    *kit.Form
	Path    string
	Back    string
	Began   string // what the form began with, as it carries it
	Choices editChoices
	Clashes []clashLine

	Questions kit.Questions
}

type editChoices struct{ Categories, Cities, Countries, Languages []kit.Option }

// clashLine is a field that somebody else has changed meanwhile, to something else.
type clashLine struct {
	Field, Label string
	Theirs       string
	By           string
	At           Moment
}

// DelegateEdit shows the form of a registration.
func (s *Pages) DelegateEdit(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	began := delegate.FormOf(d)
	values, err := s.editValues(c, e, began)
	if err != nil {
		return err
	}
	return s.renderEdit(c, e, d, kit.NewForm(c, values), began, nil)
}

// editValues is what the form holds, with its answers.
func (s *Pages) editValues(c *fiber.Ctx, e event.Event, f delegate.Form) (url.Values, error) {
	set, err := s.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return nil, err
	}
	values, err := kit.AnswerValues(c, s.app.Forms, set, f.Answers)
	if err != nil {
		return nil, err
	}
	for name, value := range detailValues(f) {
		values[name] = value
	}
	return values, nil
}

// detailValues is the form without its answers.
func detailValues(f delegate.Form) url.Values {
	return url.Values{
		"name": {f.Name}, "latin_name": {f.LatinName}, "organisation": {f.Organisation}, "job_title": {f.JobTitle}, "city": {f.City},
		"country": {f.Country}, "category": {f.Category}, "email": {f.Email}, "language": {f.Language}, "time_zone": {f.TimeZone}, "needs": {f.Needs},
	}
}

// editTyped reads the form. A field for which theirs was chosen is what the form began
// with, which a clash has brought up to date.
func (s *Pages) editTyped(c *fiber.Ctx, e event.Event, posted *kit.Form, began delegate.Form) (delegate.Form, error) {
	begun := detailValues(began)
	value := func(name string) string {
		if posted.Has("take[]", name) || name == "country" && posted.Has("take[]", "city") {
			return begun.Get(name)
		}
		return posted.Value(name)
	}
	f := delegate.Form{
		Name: value("name"), LatinName: value("latin_name"), Organisation: value("organisation"), JobTitle: value("job_title"),
		City: value("city"), Country: value("country"), Category: value("category"), Email: value("email"),
		Language: value("language"), TimeZone: value("time_zone"), Needs: value("needs"),
	}
	set, err := s.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return f, err
	}
	if f.Answers, err = kit.Answers(c, s.app.Forms, posted, set); err != nil {
		return f, err
	}
	for _, name := range posted.Values["take[]"] {
		if id, ok := strings.CutPrefix(name, form.FieldOf("")); ok {
			f.Answers[id] = began.Answers[id]
		}
	}
	return f, nil
}

// DelegateSave saves the form. What others have changed since it was opened stays; where
// both have changed the same, the form comes back and shows what the other has done.
func (s *Pages) DelegateSave(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	posted := kit.Posted(c)
	var began delegate.Form
	if err := json.Unmarshal([]byte(posted.Value("began")), &began); err != nil {
		return fiber.ErrBadRequest
	}
	var after delegate.Delegate
	typed, err := s.editTyped(c, e, posted, began)
	if err == nil {
		after, err = s.app.Delegates.Edit(c.UserContext(), d.ID, began, typed)
	}
	var clash *delegate.ClashError
	if errors.As(err, &clash) {
		values, err := s.editValues(c, e, clash.Merged)
		if err != nil {
			return err
		}
		shown := kit.NewForm(c, values)
		shown.Refused(problem.New(problem.Conflict, "problem.edit_clash"))
		return s.renderEdit(c.Status(fiber.StatusConflict), e, d, shown, clash.Now, clash)
	}
	if posted.Refused(err) {
		return s.renderEdit(c.Status(fiber.StatusUnprocessableEntity), e, d, posted, began, nil)
	}
	if err != nil {
		return err
	}
	if addressMoved := after.LinkSerial != d.LinkSerial; addressMoved {
		kit.Flash(c, kit.Good, "roster.edit.saved_address")
	} else {
		kit.Flash(c, kit.Good, "roster.edit.saved")
	}
	return c.Redirect(deskPath(e, "delegates", d.ID), fiber.StatusSeeOther)
}

func (s *Pages) renderEdit(c *fiber.Ctx, e event.Event, d delegate.Delegate, shown *kit.Form, began delegate.Form, clash *delegate.ClashError) error {
	frame, err := s.frame(c, &e, kit.DeskDelegates, kit.Printer(c).T("roster.edit.title"))
	if err != nil {
		return err
	}
	carried, err := json.Marshal(began)
	if err != nil {
		return err
	}
	back := deskPath(e, "delegates", d.ID)
	shown.Labels = map[string]string{}
	for _, name := range []string{
		"name", "latin_name", "organisation", "job_title", "country", "category", "email", "language", "time_zone", "needs",
	} {
		shown.Labels[name] = frame.T("board.field." + name)
	}
	shown.Labels["city"] = frame.T("board.field.member_city")
	page := editPage{
		Frame: frame, Form: shown, Path: back + "/edit", Back: back, Began: string(carried),
		Crumbs: []kit.Link{{Href: deskPath(e, "delegates"), Label: frame.T("board.delegates.title")}, {Href: back, Label: d.Name}, {Label: frame.Title}},
	}
	options, err := s.choices(c.UserContext(), frame.Printer, e)
	if err != nil {
		return err
	}
	page.Choices = editChoicesOf(options, frame, e, d)
	set, err := s.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	for _, q := range set.Questions {
		shown.Labels[q.Field()] = frame.Text(q.Label)
	}
	page.Clashes = s.clashLines(frame, e, options, shown, set, clash)
	page.Questions = kit.QuestionsOf(shown, kit.Asked{
		Event: e, Set: set, Moments: form.Moments, Categories: categoryIDs(page.Choices.Categories), Now: s.app.Clock(), Desk: true,
		Files: kit.FileNames(c, s.app.Forms, e.ID),
	})
	page.Frame.Scripts = append(page.Frame.Scripts, "question.js")
	return kit.Render(c, "desk/delegate_edit", page)
}

func categoryIDs(options []kit.Option) []string {
	ids := make([]string, len(options))
	for i, o := range options {
		ids[i] = o.Value
	}
	return ids
}

// editChoicesOf offers what the list offers, without "any". A category that the event no
// longer has stays offered to who has it.
func editChoicesOf(all choices, f kit.Frame, e event.Event, d delegate.Delegate) editChoices {
	none := kit.Option{Label: f.T("roster.edit.no_city")}
	list := editChoices{
		Categories: slices.Clone(all.Categories[1:]), Cities: slices.Concat([]kit.Option{none}, all.Cities[1:]),
		Countries: all.Countries[1:], Languages: all.Languages[1:],
	}
	if _, ok := e.Category(d.Category); !ok {
		list.Categories = append(list.Categories, kit.Option{Value: d.Category, Label: e.CategoryLabel(f.Printer, d.Category)})
	}
	return list
}

// clashLines tells what others have done, beside what was typed.
func (s *Pages) clashLines(f kit.Frame, e event.Event, options choices, shown *kit.Form, set form.Set, clash *delegate.ClashError) []clashLine {
	if clash == nil {
		return nil
	}
	clock := s.clock(f.Printer, &e)
	var lines []clashLine
	for _, one := range clash.Clashes {
		line := clashLine{Field: one.Field, Label: shown.Labels[one.Field], At: clock.moment(one.At)}
		line.Theirs = fieldWords(f, e, options, set, clash.Now, one.Field)
		if !one.At.IsZero() {
			line.By = actor(f.Printer, one.By)
		}
		shown.Faults = append(shown.Faults, kit.Fault{Name: one.Field, Text: f.T("roster.edit.clash", "Theirs", line.Theirs)})
		lines = append(lines, line)
	}
	return lines
}

// fieldWords tells a field of the form in words.
func fieldWords(f kit.Frame, e event.Event, options choices, set form.Set, theirs delegate.Form, field string) string {
	value := detailValues(theirs).Get(field)
	if id, ok := strings.CutPrefix(field, form.FieldOf("")); ok {
		if q, ok := set.Question(id); ok {
			value = q.Words(f.Printer, theirs.Answers[id])
		}
	}
	switch field {
	case "city":
		value = f.Country(theirs.Country)
		if name := options.cityNames[theirs.City]; name != "" {
			value = name + ", " + value
		}
	case "category":
		value = e.CategoryLabel(f.Printer, value)
	case "language":
		value = f.LanguageName(value)
	}
	if value == "" {
		return f.T("roster.edit.empty")
	}
	return value
}
