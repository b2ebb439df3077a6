package audience

import (
	"context"
	"slices"

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

// Match reports whether the person meets every condition. The text is the
// group's to look up.
func (s Selection) Match(p Person) bool {
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

// Check adds what is wrong with the selection to the form: a group or a fact
// that nobody contributes, under the fields "group" and the fact's name.
func (r *Registry) Check(s Selection, form *problem.Form) {
	g, ok := r.Group(s.Group)
	if !ok {
		form.Add("group", "problem.field.choice")
		return
	}
	for _, c := range s.Conditions {
		if _, ok := g.Fact(c.Fact); !ok || len(c.Values) == 0 {
			form.Add(c.Fact, "problem.field.choice")
		}
	}
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
