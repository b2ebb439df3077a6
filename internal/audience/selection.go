package audience

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// Selection chooses people of a group: those who meet every condition.
type Selection struct {
	Group      string      `json:"group"`
	Text       string      `json:"text,omitempty"` // words of a name, organisation or address
	Conditions []Condition `json:"conditions,omitempty"`
}

// Condition is met by people for whom the fact has one of the values.
type Condition struct {
	Fact   string   `json:"fact"`
	Values []string `json:"values"`
}

// MaxText is how long a selection's text may be, in characters.
const MaxText = 100

// Match reports whether the person is found by the text and meets every condition.
func (s Selection) Match(p Person) bool {
	if s.Text != "" && (p.Named == nil || !p.Named(s.Text)) {
		return false
	}
	return !slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !p.Has(c.Fact, c.Values...) })
}

// Values returns what the fact may be; nil when it does not narrow.
func (s Selection) Values(fact string) []string {
	for _, c := range s.Conditions {
		if c.Fact == fact {
			return c.Values
		}
	}
	return nil
}

// Only returns the value that the fact must have, or "" when there is none or
// there are several.
func (s Selection) Only(fact string) string {
	if values := s.Values(fact); len(values) == 1 {
		return values[0]
	}
	return ""
}

// With returns the selection narrowed by one more condition. No values narrow
// nothing.
func (s Selection) With(fact string, values ...string) Selection {
	if len(values) == 0 {
		return s
	}
	s.Conditions = append(slices.Clone(s.Conditions), Condition{fact, values})
	return s
}

// CheckFor adds to the form what is wrong with the selection for the event: a text
// that is too long, under the field "text"; a group that nobody contributes, under
// "group"; a fact that the group lacks, or a value that the fact cannot have in the
// event, under "fact-" and the fact's name.
func (r *Registry) CheckFor(ctx context.Context, e event.Event, s Selection, form *problem.Form) error {
	if n := utf8.RuneCountInString(s.Text); n > MaxText {
		form.Add("text", "problem.field.too_long", "Max", MaxText, "Length", n)
	}
	g, ok := r.Group(s.Group)
	if !ok {
		form.Add("group", "problem.field.choice")
		return nil
	}
	for _, c := range s.Conditions {
		ok, err := r.possible(ctx, e, g, c)
		if err != nil {
			return fmt.Errorf("audience: fact %s: %w", c.Fact, err)
		}
		if !ok {
			form.Add("fact-"+c.Fact, "problem.field.choice")
		}
	}
	return nil
}

// possible reports whether the group's people can meet the condition.
func (r *Registry) possible(ctx context.Context, e event.Event, g Group, c Condition) (bool, error) {
	fact, ok := g.Fact(c.Fact)
	if !ok || len(c.Values) == 0 {
		return false, nil
	}
	options, err := fact.Options(ctx, r.print, e)
	known := map[string]bool{}
	for _, o := range options {
		known[o.Value] = true
	}
	return !slices.ContainsFunc(c.Values, func(v string) bool { return !known[v] }), err
}

// Find returns a page of the people that the selection meets. A selection of a
// group that is not known finds nobody.
func (r *Registry) Find(ctx context.Context, e event.Event, s Selection, cursor string, limit int) ([]Person, string, error) {
	g, ok := r.Group(s.Group)
	if !ok {
		return nil, "", nil
	}
	return g.Find(ctx, e, s, cursor, limit)
}

// Each calls fn for everybody whom the selection meets, until it returns an
// error.
func (r *Registry) Each(ctx context.Context, e event.Event, s Selection, fn func(Person) error) error {
	for cursor := ""; ; {
		people, next, err := r.Find(ctx, e, s, cursor, store.MaxLimit)
		if err != nil {
			return err
		}
		for _, p := range people {
			if err := fn(p); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// Count tells how many people the selection meets.
func (r *Registry) Count(ctx context.Context, e event.Event, s Selection) (int, error) {
	n := 0
	err := r.Each(ctx, e, s, func(Person) error { n++; return nil })
	return n, err
}
