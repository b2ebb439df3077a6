package intake

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/problem"
)

// Known fields of columns beside those of questions. The first four are none of the
// form's own.
var known = []string{
	"number", "given_name", "family_name", "country_code",
	"name", "latin_name", "organisation", "job_title", "city", "country", "category", "email", "language", "time_zone", "needs",
}

// left are headings of the export that are known and left out: an import does not
// change what they tell.
var left = []string{"state", "registered", "arrived"}

// fields knows the names of an event's fields and of what may stand in them.
type fields struct {
	names     map[string]string // heading → field
	questions map[string]form.Question
	order     []string

	categories, cities, countries, languages map[string]string // name → id; "" where it is two
	words                                    []*i18n.Printer
}

// Fields lists what columns may be, in the order they are offered.
func (s *Service) Fields(ctx context.Context, e event.Event) ([]string, []form.Question, error) {
	f, err := s.fields(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	var questions []form.Question
	for _, name := range f.order[len(known):] {
		questions = append(questions, f.questions[name])
	}
	return slices.Clone(known), questions, nil
}

func (s *Service) fields(ctx context.Context, e event.Event) (*fields, error) {
	f := &fields{
		names: map[string]string{}, questions: map[string]form.Question{}, order: slices.Clone(known),
		categories: map[string]string{}, cities: map[string]string{}, countries: map[string]string{}, languages: map[string]string{},
	}
	for _, lang := range s.Words.Languages() {
		f.words = append(f.words, s.Words.For(lang))
	}
	f.nameFields()
	f.nameValues(e)
	if err := s.nameCities(ctx, f); err != nil {
		return nil, err
	}
	set, err := s.Forms.Of(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	for _, q := range set.Questions {
		if q.Kind != form.File && !q.Retired {
			f.addQuestion(q)
		}
	}
	return f, nil
}

// nameFields learns the headings of the fields: of the export and of the form in every
// language, what else people call them, and their ids.
func (f *fields) nameFields() {
	for _, p := range f.words {
		for _, field := range append(slices.Clone(known), left...) {
			f.name(field, p.T("board.field."+field))
			for _, name := range strings.Split(p.T("intake.names."+field), "|") {
				f.name(field, name)
			}
		}
	}
	for _, field := range append(slices.Clone(known), left...) {
		f.name(field, field)
	}
}

func (f *fields) name(field, heading string) {
	if key := keyOf(heading); key != "" && f.names[key] == "" {
		f.names[key] = field
	}
}

// keyOf is what two ways of writing a name have in common.
func keyOf(name string) string { return strings.Join(i18n.Tokens(name), " ") }

func (f *fields) addQuestion(q form.Question) {
	f.questions[q.Field()] = q
	f.order = append(f.order, q.Field())
	f.name(q.Field(), q.Field())
	f.name(q.Field(), q.ID)
	for _, label := range q.Label {
		f.name(q.Field(), label)
	}
}

func (f *fields) nameValues(e event.Event) {
	for _, c := range e.Categories() {
		learn(f.categories, c.ID, c.ID)
	}
	for _, p := range f.words {
		for _, c := range e.Categories() {
			learn(f.categories, e.CategoryLabel(p, c.ID), c.ID)
		}
		for _, c := range p.Countries() {
			learn(f.countries, c.Name, c.Code)
		}
		for _, other := range f.words {
			learn(f.languages, other.Lang(), other.Lang())
			learn(f.languages, other.LanguageName(other.Lang()), other.Lang())
			learn(f.languages, p.LanguageHere(other.Lang()), other.Lang())
		}
	}
}

func (s *Service) nameCities(ctx context.Context, f *fields) error {
	members, err := s.Cities.List(ctx)
	for _, c := range members {
		learn(f.cities, c.ID, c.ID)
		for _, name := range c.Name {
			learn(f.cities, name, c.ID)
		}
	}
	return err
}

// learn remembers what a name stands for, and that it stands for nothing once it is
// two things.
func learn(names map[string]string, name, id string) {
	key := keyOf(name)
	if before, ok := names[key]; ok && before != id {
		id = ""
	}
	names[key] = id
}

// knows reports whether the heading is that of a field.
func (f *fields) knows(heading string) bool { return f.names[keyOf(heading)] != "" }

// match proposes the columns' fields. Of two columns that are the same one the first
// is taken.
func (f *fields) match(heads []string) []string {
	columns := make([]string, len(heads))
	taken := map[string]bool{}
	for i, head := range heads {
		field := f.names[keyOf(head)]
		if !taken[field] && !slices.Contains(left, field) {
			columns[i], taken[field] = field, true
		}
	}
	return columns
}

// check finds what is wrong with the columns that were chosen.
func (f *fields) check(heads, columns []string) error {
	var faults problem.Form
	taken := map[string]bool{}
	for i, field := range columns {
		name := "column-" + strconv.Itoa(i)
		switch {
		case field == "":
		case !slices.Contains(f.order, field):
			faults.Add(name, "problem.field.choice")
		case taken[field]:
			faults.Add(name, "problem.import.twice")
		}
		taken[field] = true
	}
	if len(columns) != len(heads) {
		faults.Add("columns", "problem.field.choice")
	}
	if !taken["email"] && !taken["number"] {
		faults.Add("columns", "problem.import.no_email")
	}
	return faults.Err()
}

// find looks a value up by its name. ok is false for a name that is nothing, or two
// things.
func find(names map[string]string, typed string) (id string, ok bool) {
	id = names[keyOf(typed)]
	return id, id != ""
}

// country is a country's code, by a code or a name.
func (f *fields) country(typed string) (string, bool) {
	if code, ok := find(f.countries, typed); ok {
		return code, true
	}
	region, err := language.ParseRegion(strings.TrimSpace(typed))
	if err != nil || !region.IsCountry() {
		return "", false
	}
	return region.String(), true
}

// speaks is a language's tag, by a tag or a name. French as in Canada is French.
func (f *fields) speaks(typed string) (string, bool) {
	if lang, ok := find(f.languages, typed); ok {
		return lang, true
	}
	tag, err := language.Parse(strings.TrimSpace(typed))
	if err != nil {
		return "", false
	}
	base, _ := tag.Base()
	return find(f.languages, base.String())
}

// answer reads what somebody wrote in the column of a question: ids or labels.
func (f *fields) answer(q form.Question, typed string) []string {
	switch q.Kind {
	case form.YesNo:
		return []string{f.yesNo(typed)}
	case form.Country:
		if code, ok := f.country(typed); ok {
			return []string{code}
		}
	case form.One:
		return []string{option(q, typed)}
	case form.Several:
		return f.options(q, typed)
	case form.Date:
		return []string{isoDate(typed)}
	}
	return []string{typed}
}

func (f *fields) yesNo(typed string) string {
	key := keyOf(typed)
	for _, value := range []string{form.Yes, form.No} {
		for _, p := range f.words {
			if key == keyOf(p.T("form.answer."+value)) {
				return value
			}
		}
	}
	switch key {
	case "yes", "y", "true", "1", "x":
		return form.Yes
	case "no", "n", "false", "0":
		return form.No
	}
	return typed
}

// option is the id of the option, or what was typed.
func option(q form.Question, typed string) string {
	key := keyOf(typed)
	for _, o := range q.Options {
		if o.ID == typed || key == keyOf(o.ID) {
			return o.ID
		}
		for _, label := range o.Label {
			if key == keyOf(label) {
				return o.ID
			}
		}
	}
	return typed
}

// options reads several, parted by semicolons, line ends or commas. A label that holds
// a comma is found if the rest is parted by something else.
func (f *fields) options(q form.Question, typed string) []string {
	for _, marks := range []string{";\n|", ",;\n|"} {
		var ids []string
		all := true
		for _, one := range strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(marks, r) }) {
			id := option(q, strings.TrimSpace(one))
			_, ok := q.Option(id)
			all = all && ok
			ids = append(ids, id)
		}
		if all {
			return ids
		}
	}
	return []string{typed}
}

// isoDate turns 31.5.2027 round, which is a day everywhere that writes it so. With
// slashes it may be a month.
func isoDate(typed string) string {
	var day, month, year int
	text := strings.TrimSpace(typed)
	if n, err := fmt.Sscanf(text, "%d.%d.%d", &day, &month, &year); n == 3 && err == nil && year > 999 {
		return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	}
	return strings.TrimSuffix(text, " 00:00:00")
}
