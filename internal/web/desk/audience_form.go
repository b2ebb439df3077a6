package desk

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"convene/internal/audience"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// factField is a fact as a group of boxes.
type factField struct {
	Name    string // of the input
	Label   string
	Options []kit.Option
	Chosen  string // how many are, as words; empty: the fact does not narrow
	Fault   string
}

// factInput is the name of a fact's boxes.
func factInput(name string) string { return "fact-" + name }

// groupOf reads which group a form is about; the first one unless it says another.
func (s *Pages) groupOf(name string) audience.Group {
	if g, ok := s.app.Audience.Group(name); ok {
		return g
	}
	return s.app.Audience.Groups[0]
}

// factFields offers the group's facts, with what the form has chosen.
func (s *Pages) factFields(ctx context.Context, p *i18n.Printer, e event.Event, g audience.Group, form *kit.Form) ([]factField, error) {
	var fields []factField
	for _, fact := range g.Facts {
		options, err := fact.Options(ctx, p, e)
		if err != nil {
			return nil, err
		}
		f := factField{Name: factInput(fact.Name), Label: p.T("audience.fact." + fact.Name)}
		f.Fault = form.Fault(f.Name)
		for _, o := range withChosen(options, form.Values[f.Name]) {
			f.Options = append(f.Options, kit.Option{Value: o.Value, Label: o.Label, Selected: form.Has(f.Name, o.Value)})
		}
		if n := len(form.Values[f.Name]); n > 0 {
			f.Chosen = p.N("audience.chosen", n)
		}
		if len(f.Options) > 0 {
			fields = append(fields, f)
		}
	}
	return fields, nil
}

// withChosen adds what is chosen but no longer offered, such as a city whose last
// delegate has cancelled: left out of the form, it would be lost with the next
// change, and the selection wider than it was.
func withChosen(options []audience.Option, chosen []string) []audience.Option {
	for _, value := range chosen {
		if !slices.ContainsFunc(options, func(o audience.Option) bool { return o.Value == value }) {
			options = append(options, audience.Option{Value: value, Label: value})
		}
	}
	return options
}

// selectionFrom reads the selection that a form has chosen.
func selectionFrom(g audience.Group, form *kit.Form) audience.Selection {
	sel := audience.Selection{Group: g.Name, Text: strings.TrimSpace(form.Value("text"))}
	for _, fact := range g.Facts {
		sel = sel.With(fact.Name, form.Values[factInput(fact.Name)]...)
	}
	return sel
}

// selectionValues is the selection as a form's values.
func selectionValues(sel audience.Selection, values url.Values) {
	values.Set("group", sel.Group)
	values.Set("text", sel.Text)
	for _, c := range sel.Conditions {
		values[factInput(c.Fact)] = c.Values
	}
}

// narrowing tells one condition of a selection in words.
type narrowing struct{ Label, Values string }

// narrowings tells a selection in words: the group, then what narrows it.
func (s *Pages) narrowings(ctx context.Context, p *i18n.Printer, e event.Event, sel audience.Selection) (group string, list []narrowing, err error) {
	g := s.groupOf(sel.Group)
	if sel.Text != "" {
		list = append(list, narrowing{p.T("audience.text"), sel.Text})
	}
	for _, c := range sel.Conditions {
		labels := map[string]string{}
		if fact, ok := g.Fact(c.Fact); ok {
			options, err := fact.Options(ctx, p, e)
			if err != nil {
				return "", nil, err
			}
			for _, o := range options {
				labels[o.Value] = o.Label
			}
		}
		var values []string
		for _, v := range c.Values {
			if label, ok := labels[v]; ok {
				v = label
			}
			values = append(values, v)
		}
		list = append(list, narrowing{p.T("audience.fact." + c.Fact), strings.Join(values, p.T("audience.or"))})
	}
	return p.T("audience.group." + g.Name), list, nil
}

func kindOptions(p *i18n.Printer, kinds ...string) []kit.Option {
	list := make([]kit.Option, len(kinds))
	for i, kind := range kinds {
		list[i] = kit.Option{Value: kind, Label: p.T("audience.kind." + kind)}
	}
	return list
}
