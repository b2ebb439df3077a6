package form

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"

	"convene/internal/i18n"
	"convene/internal/person"
	"convene/internal/problem"
)

// Answers are somebody's, by the question's id: one value, or several where the
// question takes them. What is not answered is not there.
type Answers map[string][]string

// Clone copies the answers, so that a change of the one leaves the other alone.
func (a Answers) Clone() Answers {
	b := maps.Clone(a)
	for id, values := range b {
		b[id] = slices.Clone(values)
	}
	return b
}

// Changed lists the questions that the other answers differently, sorted.
func (a Answers) Changed(b Answers) []string {
	var ids []string
	for id := range a {
		if !slices.Equal(a[id], b[id]) {
			ids = append(ids, id)
		}
	}
	for id := range b {
		if _, both := a[id]; !both {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Asking is of whom, when and by whom questions are asked.
type Asking struct {
	Category string
	Moments  []Moment // the questions of these moments
	Now      time.Time
	Desk     bool    // the organisers ask: what is frozen may change, and nothing is required
	Before   Answers // what was answered before
}

// Asked lists the questions that are asked, in their order, with those that depend
// on another answer.
func (s Set) Asked(a Asking) []Question {
	var list []Question
	for _, q := range s.Questions {
		if q.asks(a.Category) && slices.Contains(a.Moments, q.Asked) && !q.Expired(a.Now) {
			list = append(list, q)
		}
	}
	return list
}

// Clean checks what was typed and returns all the answers that hold then: those that
// are not asked now, or frozen, stay as they were before, and one that is as it was
// is not checked again, so that a question can change without making it wrong. What
// depends on an answer that is no longer given is taken away. Faults name the
// questions' fields.
func (s Set) Clean(typed Answers, a Asking, faults *problem.Form) Answers {
	held := Answers{}
	asked := map[string]bool{}
	for _, q := range s.Asked(a) {
		asked[q.ID] = true
	}
	for _, q := range s.Questions {
		before := a.Before[q.ID]
		switch {
		case !asked[q.ID], q.Frozen(a.Now) && !a.Desk:
			held.set(q.ID, before)
		case !q.If.met(held): // not asked, so not answered
		default:
			held.set(q.ID, q.clean(typed[q.ID], before, a.Desk, faults))
		}
	}
	for id, values := range a.Before { // of questions that are gone
		if _, ok := s.Question(id); !ok {
			held.set(id, values)
		}
	}
	return held
}

func (a Answers) set(id string, values []string) {
	if len(values) > 0 {
		a[id] = slices.Clone(values)
	}
}

func (q Question) clean(typed, before []string, desk bool, faults *problem.Form) []string {
	values := make([]string, 0, len(typed))
	for _, v := range typed {
		if v = person.Tidy(v); v != "" {
			values = append(values, v)
		}
	}
	switch {
	case len(values) == 0:
		if q.Required && !desk {
			faults.Add(q.Field(), "problem.field.required")
		}
		return nil
	case slices.Equal(values, before):
		return before
	case q.Kind == Several:
		return q.several(values, before, faults)
	}
	value, key, args := q.value(values[0], before)
	if key != "" {
		faults.Add(q.Field(), key, args...)
	}
	return []string{value}
}

// several puts the choices into the options' order.
func (q Question) several(values, before []string, faults *problem.Form) []string {
	var chosen []string
	for _, o := range q.Options {
		if slices.Contains(values, o.ID) && (!o.Retired || slices.Contains(before, o.ID)) {
			chosen = append(chosen, o.ID)
		}
	}
	slices.Sort(values)
	if len(chosen) != len(slices.Compact(values)) {
		faults.Add(q.Field(), "problem.field.choice")
	}
	if q.Most > 0 && len(chosen) > q.Most {
		faults.Add(q.Field(), "problem.field.most", "Max", q.Most)
	}
	return chosen
}

// value returns the one value in its canonical form, or the key of what is wrong.
func (q Question) value(v string, before []string) (value, fault string, args []any) {
	switch q.Kind {
	case Text:
		v = strings.ReplaceAll(v, "\n", " ")
		fallthrough
	case Long:
		if n := utf8.RuneCountInString(v); n > q.Longest() {
			return v, "problem.field.too_long", []any{"Max", q.Longest(), "Length", n}
		}
	case Number:
		return q.number(v)
	case Date:
		return q.date(v)
	case YesNo:
		if v != Yes && v != No {
			return v, "problem.field.choice", nil
		}
	case One:
		if o, ok := q.Option(v); !ok || o.Retired && !slices.Contains(before, v) {
			return v, "problem.field.choice", nil
		}
	case Country:
		region, err := language.ParseRegion(v)
		if err != nil || !region.IsCountry() {
			return v, "problem.field.choice", nil
		}
		return region.String(), "", nil
	case Telephone:
		return telephone(v)
	}
	return v, "", nil
}

func (q Question) number(v string) (string, string, []any) {
	v = strings.Replace(strings.ReplaceAll(v, " ", ""), ",", ".", 1)
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || strings.ContainsAny(v, "eExXnNiI_pP") {
		return v, "problem.field.number", nil
	}
	low, high := n, n
	if q.Min != "" {
		low, _ = strconv.ParseFloat(q.Min, 64) // checked when the question was saved
	}
	if q.Max != "" {
		high, _ = strconv.ParseFloat(q.Max, 64)
	}
	if n < low || n > high {
		return v, q.outside("between", "at_least", "at_most"), []any{"Min", q.Min, "Max", q.Max}
	}
	return strconv.FormatFloat(n, 'f', -1, 64), "", nil
}

func (q Question) date(v string) (string, string, []any) {
	if _, err := time.Parse(time.DateOnly, v); err != nil {
		return v, "problem.field.date", nil
	}
	if q.Min != "" && v < q.Min || q.Max != "" && v > q.Max { // as text, dates sort by time
		return v, q.outside("date_between", "date_from", "date_until"), []any{"Min", i18n.Day(q.Min), "Max", i18n.Day(q.Max)}
	}
	return v, "", nil
}

// outside chooses the message that tells the limits that there are.
func (q Question) outside(both, low, high string) string {
	switch {
	case q.Min == "":
		return "problem.field." + high
	case q.Max == "":
		return "problem.field." + low
	}
	return "problem.field." + both
}

// telephone takes an international number however it is set, with 00 or +.
func telephone(v string) (string, string, []any) {
	digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "/", "").Replace(v)
	if after, ok := strings.CutPrefix(digits, "00"); ok {
		digits = "+" + after
	}
	number, ok := strings.CutPrefix(digits, "+")
	if !ok || len(number) < 6 || len(number) > 15 || strings.Trim(number, "0123456789") != "" {
		return v, "problem.field.telephone", nil
	}
	return digits, "", nil
}

// Approves reports whether a changed answer to the question needs approval.
func (s Set) Approves(id string) bool {
	q, _ := s.Question(id)
	return q.Approve
}

// Missing lists the questions that are required of somebody of the category, at any
// of the moments, and not answered.
func (s Set) Missing(a Asking) []Question {
	var list []Question
	for _, q := range s.Asked(a) {
		if q.Required && q.If.met(a.Before) && len(a.Before[q.ID]) == 0 && !q.Frozen(a.Now) {
			list = append(list, q)
		}
	}
	return list
}

// Words tells an answer to the question in the reader's language. A file is told by
// its id.
func (q Question) Words(p *i18n.Printer, values []string) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = q.word(p, v)
	}
	return strings.Join(words, ", ")
}

func (q Question) word(p *i18n.Printer, v string) string {
	switch q.Kind {
	case YesNo:
		return p.T("form.answer." + v)
	case One, Several:
		if o, ok := q.Option(v); ok {
			return p.Text(o.Label)
		}
	case Country:
		return p.Country(v)
	case Date:
		return p.Day(i18n.Day(v))
	}
	return v
}
