package kit

import (
	"net/url"
	"slices"
	"strings"

	"convene/internal/problem"
)

// beganField carries what a form began with, so that what others have saved meanwhile
// is told from what was typed. The partial "began" writes it.
const beganField = "began"

// Began is what the form began with, as it carries it.
func (f *Form) Began() string {
	if f.Values.Has(beganField) {
		return f.Value(beganField)
	}
	return f.Values.Encode()
}

// ClashError says that others have saved, since the form was opened, something else in
// fields that were changed in it. It is a problem of kind Conflict. Form.Refused takes
// it into the form; sent once more, the form replaces theirs.
type ClashError struct {
	Merged url.Values // what was typed, with what others have saved in the other fields
	Theirs url.Values // what others have saved, of the fields that clash
}

// Error tells the fields.
func (e *ClashError) Error() string { return "clash over " + strings.Join(e.fields(), ", ") }

// Unwrap makes it a problem for whoever asks for one.
func (e *ClashError) Unwrap() error { return problem.New(problem.Conflict, "problem.meanwhile") }

func (e *ClashError) fields() []string {
	var list []string
	for name := range e.Theirs {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// Onto brings the form, which may have been opened some time ago, onto what holds now:
// what others have saved meanwhile stays, unless it was changed here too. Where both
// have changed a field to something else, it is a ClashError. Fields that whole calls
// the same are one; nil leaves each by itself. The form stays as it is: the one that
// comes back is to be read.
func (f *Form) Onto(now url.Values, whole func(field string) string) (*Form, error) {
	began, err := url.ParseQuery(f.Value(beganField))
	if err != nil || !f.Values.Has(beganField) {
		return f, nil // none of our pages: what was typed holds
	}
	if whole == nil {
		whole = func(field string) string { return field }
	}
	units := map[string][]string{} // the fields that are one
	for _, values := range []url.Values{began, now, f.Values} {
		for name := range values {
			if unit := whole(name); !slices.Contains(units[unit], name) {
				units[unit] = append(units[unit], name)
			}
		}
	}
	clash := &ClashError{Merged: url.Values{}, Theirs: url.Values{}}
	for unit, names := range units {
		was, is, typed := pick(began, names), pick(now, names), pick(f.Values, names)
		take := f.Values
		switch {
		case same(was, is) || same(is, typed):
		case same(was, typed):
			take = now
		default:
			clash.Theirs[unit] = now[unit]
		}
		for _, name := range names {
			if values, ok := take[name]; ok {
				clash.Merged[name] = values
			}
		}
	}
	clash.Merged.Set(beganField, now.Encode())
	if len(clash.Theirs) > 0 {
		return f, clash
	}
	merged := *f
	merged.Values = clash.Merged
	return &merged, nil
}

func pick(values url.Values, names []string) url.Values {
	picked := url.Values{}
	for _, name := range names {
		for _, value := range values[name] {
			if value = strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n")); value != "" {
				picked.Add(name, value)
			}
		}
	}
	return picked
}

func same(a, b url.Values) bool { return a.Encode() == b.Encode() }

// clashed takes a clash into the form.
func (f *Form) clashed(e *ClashError) {
	f.Values, f.theirs = e.Merged, e.Theirs
	for _, name := range e.fields() {
		f.Faults = append(f.Faults, Fault{Name: name, Text: f.T("problem.field.meanwhile")})
	}
}

// TellTheirs tells what others have saved in a field that clashes, where the field is
// none of the partials' own. A field that does not clash stays as it is.
func (f *Form) TellTheirs(name, words string) {
	if _, clashes := f.theirs[name]; !clashes {
		return
	}
	for i := range f.Faults {
		if f.Faults[i].Name == name {
			f.Faults[i].Text = f.T("problem.field.theirs", "Theirs", words)
		}
	}
}

// theirWords tells what others have saved in the field.
func (f *Field) theirWords(values []string) string {
	var words []string
	for _, value := range values {
		if value == "" {
			continue
		}
		i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Value == value })
		switch {
		case i >= 0:
			value = f.Options[i].Label
		case f.Type == "datetime-local":
			value = strings.Replace(value, "T", " ", 1)
		case value == "on":
			value = f.T("form.answer.yes")
		}
		words = append(words, value)
	}
	if len(words) == 0 {
		return f.T("roster.edit.empty")
	}
	return strings.Join(words, " · ")
}
