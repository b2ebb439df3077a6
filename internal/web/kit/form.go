package kit

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/i18n"
	"convene/internal/problem"
)

// Form is what a form shows: values, and what is wrong with them. A handler
// that takes one goes
//
//	form := kit.Posted(c)
//	err := service.Register(ctx, draftFrom(form))
//	if form.Refused(err) {
//		return kit.Render(c.Status(fiber.StatusUnprocessableEntity), "site/register", page(form))
//	}
//	if err != nil {
//		return err
//	}
//	return c.Redirect(…, fiber.StatusSeeOther)
//
// and its template
//
//	<form class="form" method="post" novalidate>
//	{{template "csrf" .}}
//	{{template "errors" .Form}}
//	{{template "field" (field .Form "email" "label" (.T "register.email") "type" "email" "required" true)}}
type Form struct {
	*i18n.Printer
	Values  url.Values
	Faults  []Fault
	Message string            // what is wrong with the whole
	Labels  map[string]string // what fields are called, for the summary of faults
	Hints   map[string]string // what is told beside fields, in place of the usual
	Order   []string          // the fields as they stand on the page: so the summary tells of their faults

	theirs url.Values // what others have saved meanwhile in fields that clash
}

// Fault is what is wrong with one field, as a sentence.
type Fault struct{ Name, Text string }

// NewForm makes a form that shows the values; nil for an empty one.
func NewForm(c *fiber.Ctx, values url.Values) *Form {
	if values == nil {
		values = url.Values{}
	}
	return &Form{Printer: Printer(c), Values: values}
}

// Posted makes a form of what was sent, as copies.
func Posted(c *fiber.Ctx) *Form {
	f := NewForm(c, nil)
	c.Request().PostArgs().VisitAll(func(name, value []byte) { f.Values.Add(string(name), string(value)) })
	if multipart, err := c.MultipartForm(); err == nil {
		for name, values := range multipart.Value {
			f.Values[name] = append(f.Values[name], values...)
		}
	}
	return f
}

// Upload is a file that a form sent.
type Upload struct {
	Name string
	Data []byte
}

// Uploads reads the files of a field. A field that was left empty has none.
func Uploads(c *fiber.Ctx, field string) ([]Upload, error) {
	multipart, err := c.MultipartForm()
	if err != nil {
		return nil, nil // a form without files
	}
	var list []Upload
	for _, header := range multipart.File[field] {
		if header.Filename == "" {
			continue
		}
		file, err := header.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		list = append(list, Upload{Name: header.Filename, Data: data})
	}
	return list, nil
}

// Queried makes a form of the parameters in the address, as for a search.
func Queried(c *fiber.Ctx) *Form {
	f := NewForm(c, nil)
	c.Request().URI().QueryArgs().VisitAll(func(name, value []byte) { f.Values.Add(string(name), string(value)) })
	return f
}

// Value returns the field's value, the first if there are several.
func (f *Form) Value(name string) string { return f.Values.Get(name) }

// Has reports whether the field has the value, as a chosen box does.
func (f *Form) Has(name, value string) bool { return slices.Contains(f.Values[name], value) }

// Checked reports whether a single checkbox was ticked.
func (f *Form) Checked(name string) bool { return f.Values.Get(name) != "" }

// Refused takes what err says is wrong, and reports whether it is something to
// mend in the form: a problem of kind Invalid, or a Conflict. The form is to be
// shown again then; any other error belongs to the error handler.
func (f *Form) Refused(err error) bool {
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.Invalid && p.Kind != problem.Conflict {
		return false
	}
	var clash *ClashError
	if errors.As(err, &clash) {
		f.clashed(clash)
	}
	f.Faults = append(f.Faults, faultsOf(f.Printer, p)...)
	slices.SortStableFunc(f.Faults, func(a, b Fault) int { return cmp.Compare(f.rank(a.Name), f.rank(b.Name)) })
	if len(p.Fields) == 0 {
		f.Message = f.T(p.Key, p.Args...)
	}
	return true
}

// rank is where the field stands on the page; behind all others if nobody said.
func (f *Form) rank(name string) int {
	if i := slices.Index(f.Order, name); i >= 0 {
		return i
	}
	return len(f.Order)
}

func faultsOf(p *i18n.Printer, err *problem.Error) []Fault {
	var faults []Fault
	for _, field := range err.Fields {
		faults = append(faults, Fault{Name: field.Name, Text: p.T(field.Key, field.Args...)})
	}
	return faults
}

// Fault returns what is wrong with the field, empty if nothing is.
func (f *Form) Fault(name string) string {
	for _, fault := range f.Faults {
		if fault.Name == name {
			return fault.Text
		}
	}
	return ""
}

// Option is one choice of a select or of a group of boxes.
type Option struct {
	Value, Label string
	Note         string // smaller, beside the label of a box
	Lang         string // of the label, when it is not the page's
	Selected     bool
}

// Field is one field as the partials "field", "select", "textarea", "checkbox",
// "radios" and "checkboxes" show it.
type Field struct {
	*i18n.Printer
	Name, ID     string
	Label, Hint  string
	Error        string
	Type         string // of an input: text when empty
	Value        string
	Options      []Option
	Checked      bool
	Required     bool
	Optional     bool // says "(optional)"
	Wide, Short  bool
	Multiple     bool
	Autofocus    bool // the cursor stands there when the page opens
	Autocomplete string
	Inputmode    string
	Placeholder  string
	Pattern      string
	Accept       string
	Dir          string
	Lang         string
	Min, Max     string
	Step         string
	MaxLength    int
	Rows         int
}

// DescribedBy names what explains the field, for aria-describedby.
func (f Field) DescribedBy() string {
	var ids []string
	for _, part := range []struct {
		id string
		is bool
	}{{"-hint", f.Hint != ""}, {"-limit", f.MaxLength > 0}, {"-error", f.Error != ""}} {
		if part.is {
			ids = append(ids, f.ID+part.id)
		}
	}
	return strings.Join(ids, " ")
}

// field is the template function that makes a Field: the form's value and
// fault, and options as names and values in turn.
func field(form *Form, name string, options ...any) (Field, error) {
	f := Field{Printer: form.Printer, Name: name, ID: name, Type: "text", Error: form.Fault(name)}
	if len(options)%2 != 0 {
		return f, fmt.Errorf("kit: field %s: options are names and values in turn", name)
	}
	for i := 0; i < len(options); i += 2 {
		if err := f.set(options[i], options[i+1]); err != nil {
			return f, fmt.Errorf("kit: field %s: %w", name, err)
		}
	}
	f.fill(form)
	return f, nil
}

// fill puts the form's values in. The value, the check mark and the selection
// given as options count only while the form is empty: in one that was sent,
// what is missing was taken away.
func (f *Field) fill(form *Form) {
	if hint, ok := form.Hints[f.Name]; ok {
		f.Hint = hint
	}
	if len(form.Values) > 0 {
		f.Value, f.Checked = form.Value(f.Name), form.Checked(f.Name)
		f.Options = slices.Clone(f.Options)
		for i, o := range f.Options {
			f.Options[i].Selected = form.Has(f.Name, o.Value)
		}
	}
	if theirs, ok := form.theirs[f.Name]; ok {
		f.Error = f.T("problem.field.theirs", "Theirs", f.theirWords(theirs))
	}
	if f.Type == "password" || f.Type == "file" {
		f.Value = "" // never sent back
	}
}

func (f *Field) set(option, value any) error {
	name, _ := option.(string)
	if target, ok := f.texts()[name]; ok {
		return assign(target, name, value)
	}
	if target, ok := f.switches()[name]; ok {
		return assign(target, name, value)
	}
	switch name {
	case "options":
		return assign(&f.Options, name, value)
	case "maxlength":
		return assign(&f.MaxLength, name, value)
	case "rows":
		return assign(&f.Rows, name, value)
	}
	return fmt.Errorf("there is no option %q", name)
}

func (f *Field) texts() map[string]*string {
	return map[string]*string{
		"id": &f.ID, "label": &f.Label, "hint": &f.Hint, "type": &f.Type, "value": &f.Value,
		"autocomplete": &f.Autocomplete, "inputmode": &f.Inputmode, "placeholder": &f.Placeholder,
		"pattern": &f.Pattern, "accept": &f.Accept, "dir": &f.Dir, "lang": &f.Lang,
		"min": &f.Min, "max": &f.Max, "step": &f.Step,
	}
}

func (f *Field) switches() map[string]*bool {
	return map[string]*bool{
		"required": &f.Required, "optional": &f.Optional, "wide": &f.Wide, "short": &f.Short,
		"multiple": &f.Multiple, "checked": &f.Checked, "autofocus": &f.Autofocus,
	}
}

func assign[T any](target *T, name string, value any) error {
	v, ok := value.(T)
	if !ok {
		return fmt.Errorf("option %s wants a %T, not a %T", name, *target, value)
	}
	*target = v
	return nil
}
