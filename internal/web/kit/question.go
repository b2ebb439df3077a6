package kit

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/file"
	"convene/internal/form"
	"convene/internal/i18n"
)

// Question is one that an event asks, as the part "question" shows it.
type Question struct {
	Part  string // which part shows the field
	Field Field
	File  string // the name of the file that is the answer already

	// When the question is asked; scripts hide it otherwise, and the server takes
	// no answer then.
	If, Is     string // the field of another question, and its values
	Categories string // those it is asked of
	Note       string // the same in words, for those without scripts

	Fixed string // the answer in words, when it can no longer be changed
}

// Questions are the questions of a form.
type Questions struct {
	List  []Question
	Files bool // the form sends files
}

// Asked tells which questions a form has, and how.
type Asked struct {
	Event      event.Event
	Set        form.Set
	Moments    []form.Moment
	Categories []string // who may be asked
	Now        time.Time
	Desk       bool // organisers ask: nothing is frozen or required
	Changing   bool // the answers are there already: until when they may change is told
	// Files tells the name of the file of a token.
	Files func(token string) string
}

// longList is how many options are shown at once; more are a list to open.
const longList = 7

// QuestionsOf makes the fields of the questions, with what the form holds.
func QuestionsOf(f *Form, a Asked) Questions {
	var list Questions
	for _, q := range a.Set.Questions {
		if a.asks(q) {
			list.List = append(list.List, a.question(f, q))
			list.Files = list.Files || q.Kind == form.File
		}
	}
	return list
}

func (a Asked) asks(q form.Question) bool {
	return !q.Retired && !q.Expired(a.Now) && slices.Contains(a.Moments, q.Asked) &&
		(len(q.Categories) == 0 || slices.ContainsFunc(a.Categories, func(c string) bool { return slices.Contains(q.Categories, c) }))
}

func (a Asked) question(f *Form, q form.Question) Question {
	name, required := q.Field(), q.Required && !a.Desk
	field := Field{
		Printer: f.Printer, Name: name, ID: name, Type: "text", Label: f.Text(q.Label), Hint: a.hint(f.Printer, q),
		Error: f.Fault(name), Required: required, Optional: !required, MaxLength: q.Longest(),
	}
	shown := Question{Part: "field"}
	switch q.Kind {
	case form.Text:
		field.Dir = "auto"
	case form.Long:
		shown.Part, field.Dir, field.Rows, field.Wide = "textarea", "auto", 3, true
	case form.Number:
		field.Inputmode, field.Short = "decimal", true
	case form.Date:
		field.Type, field.Min, field.Max, field.Short = "date", q.Min, q.Max, true
	case form.Telephone:
		field.Type, field.Dir = "tel", "ltr"
	case form.File:
		shown.Part, field.Type, field.Accept = "file", "file", strings.Join(endings(q), ",")
	default:
		field.Options = options(f, q)
		shown.Part = partOf(q, len(field.Options))
	}
	a.fill(f, q, &field, &shown)
	a.limit(f.Printer, q, &shown)
	if q.Frozen(a.Now) && !a.Desk {
		shown.Fixed = q.Words(f.Printer, f.Values[name])
		if q.Kind == form.File {
			shown.Fixed = shown.File
		}
		if shown.Fixed == "" {
			shown.Fixed = f.T("form.not_answered")
		}
	}
	shown.Field = field
	return shown
}

func (a Asked) fill(f *Form, q form.Question, field *Field, shown *Question) {
	field.Value = f.Value(field.Name)
	for i, o := range field.Options {
		field.Options[i].Selected = f.Has(field.Name, o.Value)
	}
	if q.Kind == form.File && field.Value != "" && a.Files != nil {
		shown.File = a.Files(field.Value)
	}
}

// partOf chooses how options are shown.
func partOf(q form.Question, n int) string {
	switch {
	case q.Kind == form.Several:
		return "checkboxes"
	case n > longList:
		return "select"
	}
	return "radios"
}

// options are what the question offers, and what it offered once and is chosen still.
func options(f *Form, q form.Question) []Option {
	p := f.Printer
	var list []Option
	switch q.Kind {
	case form.YesNo:
		return []Option{{Value: form.Yes, Label: p.T("form.answer.yes")}, {Value: form.No, Label: p.T("form.answer.no")}}
	case form.Country:
		list = append(list, Option{Label: p.T("register.choose")})
		for _, c := range p.Countries() {
			list = append(list, Option{Value: c.Code, Label: c.Name})
		}
		return list
	}
	for _, o := range q.Options {
		switch label := p.Text(o.Label); {
		case !o.Retired:
			list = append(list, Option{Value: o.ID, Label: label})
		case f.Has(q.Field(), o.ID): // it stays if it was chosen before, and cannot be chosen anew
			list = append(list, Option{Value: o.ID, Label: p.T("form.no_longer", "Option", label)})
		}
	}
	if q.Kind == form.One && len(list) > longList {
		list = append([]Option{{Label: p.T("form.choose")}}, list...)
	}
	return list
}

// hint is the organisers' help, the limits, and until when the answer may change.
func (a Asked) hint(p *i18n.Printer, q form.Question) string {
	var parts []string
	add := func(text string) { parts = append(parts, text) }
	if !q.Help.Empty() {
		add(p.Text(q.Help))
	}
	switch {
	case q.Kind == form.Number && q.Min+q.Max != "":
		add(p.T(bounds(q, "between", "at_least", "at_most"), "Min", q.Min, "Max", q.Max))
	case q.Kind == form.Date && q.Min+q.Max != "":
		add(p.T(bounds(q, "days", "from", "until"), "Min", i18n.Day(q.Min), "Max", i18n.Day(q.Max)))
	case q.Kind == form.File:
		add(p.T("form.limit.file", "Kinds", strings.Join(endings(q), " "), "Max", q.Largest()>>20))
	case q.Kind == form.Several && q.Most > 0:
		add(p.T("form.limit.most", "Max", q.Most))
	case q.Kind == form.Telephone:
		add(p.T("form.limit.telephone"))
	}
	if !a.Changing || a.Desk {
		return strings.Join(parts, " ")
	}
	switch zone := a.Event.Location(); {
	case q.Frozen(a.Now):
		add(p.T("form.frozen"))
	case !q.Freeze.IsZero():
		add(p.T("form.until", "When", p.DateTime(q.Freeze.In(zone))))
	}
	if q.Approve {
		add(p.T("form.approve"))
	}
	return strings.Join(parts, " ")
}

// bounds chooses the message that tells the limits that there are.
func bounds(q form.Question, both, low, high string) string {
	switch {
	case q.Min == "":
		return "form.limit." + high
	case q.Max == "":
		return "form.limit." + low
	}
	return "form.limit." + both
}

// endings are what the name of a file may end in.
func endings(q form.Question) []string {
	if len(q.Endings) > 0 {
		return q.Endings
	}
	return file.Endings()
}

// limit says of whom the question is asked.
func (a Asked) limit(p *i18n.Printer, q form.Question, shown *Question) {
	var notes []string
	if len(q.Categories) > 0 {
		shown.Categories = strings.Join(q.Categories, " ")
		names := make([]string, len(q.Categories))
		for i, id := range q.Categories {
			names[i] = a.Event.CategoryLabel(p, id)
		}
		if len(a.Categories) > 1 { // else it is for whoever reads it
			notes = append(notes, p.T("form.only_for", "Categories", strings.Join(names, ", ")))
		}
	}
	if q.If != nil {
		other, _ := a.Set.Question(q.If.Question)
		shown.If, shown.Is = other.Field(), strings.Join(q.If.Is, " ")
		notes = append(notes, p.T("form.only_if", "Question", p.Text(other.Label), "Answer", other.Words(p, q.If.Is)))
	}
	shown.Note = strings.Join(notes, " ")
}

// Answers reads what was typed as answers to the event's questions. Files that came
// are kept, and stand in the form by a token from then on, so that it can be shown
// again with them. A problem of kind Invalid says what is wrong with a file.
func Answers(c *fiber.Ctx, forms *form.Service, f *Form, set form.Set) (form.Answers, error) {
	answers := form.Answers{}
	for _, q := range set.Questions {
		if q.Kind != form.File {
			if values := f.Values[q.Field()]; len(values) > 0 {
				answers[q.ID] = values
			}
			continue
		}
		id, err := sentFile(c, forms, f, set.Event, q)
		if err != nil {
			return answers, err
		}
		if id != "" {
			answers[q.ID] = []string{id}
		}
	}
	return answers, nil
}

// sentFile returns the id of the file that answers the question: the one that was
// sent, or that was there before and is not to be removed.
func sentFile(c *fiber.Ctx, forms *form.Service, f *Form, event string, q form.Question) (string, error) {
	uploads, err := Uploads(c, q.Field())
	if err != nil {
		return "", err
	}
	if len(uploads) > 0 {
		kept, err := forms.Upload(c.UserContext(), event, q, uploads[0].Name, uploads[0].Data)
		if err != nil {
			return "", err
		}
		f.Values.Set(q.Field(), forms.Files.Token(kept))
		return kept.ID, nil
	}
	token := f.Value(q.Field())
	if token == "" || f.Checked(q.Field()+"-remove") {
		f.Values.Del(q.Field())
		return "", nil
	}
	kept, err := forms.Known(c.UserContext(), event, token)
	return kept.ID, err
}

// AnswerValues are answers as a form holds them.
func AnswerValues(c *fiber.Ctx, forms *form.Service, set form.Set, answers form.Answers) (map[string][]string, error) {
	values := map[string][]string{}
	for id, list := range answers {
		q, _ := set.Question(id)
		if q.Kind != form.File {
			values[form.FieldOf(id)] = list
			continue
		}
		for _, file := range list {
			f, err := forms.Files.Get(c.UserContext(), file)
			if err != nil {
				return nil, err
			}
			values[form.FieldOf(id)] = []string{forms.Files.Token(f)}
		}
	}
	return values, nil
}

// FileNames tells the name of the file that a token in a form stands for.
func FileNames(c *fiber.Ctx, forms *form.Service, event string) func(string) string {
	return func(token string) string {
		f, err := forms.Known(c.UserContext(), event, token)
		if err != nil {
			return "" // it is gone, and the field is empty then
		}
		return f.Name + " (" + Printer(c).T("form.size", "KB", strconv.Itoa((f.Size+1023)/1024)) + ")"
	}
}
