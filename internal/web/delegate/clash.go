package delegate

import (
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/web/kit"
)

// carried is what the form began with, as it carries it from then on: the registration
// as it is when the form is opened.
func carried(d delegate.Delegate, filled *kit.Form) string {
	if began := filled.Value("began"); began != "" {
		return began
	}
	return asCarried(delegate.OwnForm(d))
}

func asCarried(f delegate.Form) string {
	text, err := json.Marshal(f)
	if err != nil { // texts always can be
		return ""
	}
	return string(text)
}

// begunAs reads what the form began with; ok is false when it does not tell.
func begunAs(filled *kit.Form) (f delegate.Form, ok bool) {
	err := json.Unmarshal([]byte(filled.Value("began")), &f)
	return f, err == nil
}

// showClash shows the form again with what the organisers have changed meanwhile beside
// what was typed. Sent once more, it holds.
func (p *Pages) showClash(c *fiber.Ctx, o own, e event.Event, filled *kit.Form, clash *delegate.ClashError) error {
	set, err := p.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	answers, err := kit.AnswerValues(c, p.app.Forms, set, clash.Merged.Answers)
	if err != nil {
		return err
	}
	for _, q := range set.Questions {
		delete(filled.Values, q.Field())
	}
	for name, values := range answers {
		filled.Values[name] = values
	}
	for name, value := range details(clash.Merged) {
		filled.Values.Set(name, value)
	}
	filled.Refused(clash.Unwrap())
	for _, one := range clash.Clashes {
		theirs, err := p.words(c, set, clash.Now, one.Field)
		if err != nil {
			return err
		}
		filled.Faults = append(filled.Faults, kit.Fault{Name: one.Field, Text: filled.T("roster.edit.clash", "Theirs", theirs)})
	}
	filled.Values.Set("began", asCarried(clash.Now))
	return p.renderEdit(c.Status(fiber.StatusConflict), o, e, filled)
}

// details are the form's fields that are one text.
func details(f delegate.Form) map[string]string {
	return map[string]string{
		"name": f.Name, "latin_name": f.LatinName, "organisation": f.Organisation, "job_title": f.JobTitle,
		"city": f.City, "country": f.Country, "language": f.Language, "time_zone": f.TimeZone, "needs": f.Needs,
	}
}

// words tells a field of the form in words.
func (p *Pages) words(c *fiber.Ctx, set form.Set, f delegate.Form, field string) (string, error) {
	print, value := kit.Printer(c), details(f)[field]
	if id, ok := strings.CutPrefix(field, form.FieldOf("")); ok {
		if q, ok := set.Question(id); ok {
			value = q.Words(print, f.Answers[id])
		}
	}
	switch {
	case field == "language":
		value = print.LanguageName(value)
	case field == "city" && f.City == "":
		value = print.Country(f.Country)
	case field == "city":
		city, err := p.app.Cities.Get(c.UserContext(), f.City)
		if err != nil {
			return "", err
		}
		value = print.T("event.place", "City", print.Text(city.Name), "Country", print.Country(f.Country))
	}
	if value == "" {
		return print.T("roster.edit.empty"), nil
	}
	return value, nil
}
