package delegate

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/i18n"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// The longest name of a view, in characters, and how many an event may have.
const (
	MaxViewName = 60
	MaxViews    = 200
)

// View is a list of delegates that is kept under a name: filter and columns, as the
// parameters of its address.
type View struct {
	ID    string    `json:"id"`
	Event string    `json:"event"`
	Owner string    `json:"owner"` // a staff member's id; empty: the whole team's
	Name  string    `json:"name"`
	Query string    `json:"query"`
	Made  time.Time `json:"made"`
}

var views = store.NewCollection("delegate_views", func(v View) string { return v.ID }, store.On("event", "event", "made"))

// Views lists the event's views that the staff member sees, their own and the team's,
// by name.
func (s *Service) Views(ctx context.Context, event, staff string) ([]View, error) {
	list, err := views.List(ctx, s.db, store.By("event", event))
	list = slices.DeleteFunc(list, func(v View) bool { return v.Owner != "" && v.Owner != staff })
	slices.SortStableFunc(list, func(a, b View) int { return strings.Compare(i18n.Fold(a.Name), i18n.Fold(b.Name)) })
	return list, err
}

// View returns a view of the event that the staff member sees, or a problem of kind
// NotFound.
func (s *Service) View(ctx context.Context, event, staff, id string) (View, error) {
	return s.view(ctx, s.db, event, staff, id)
}

func (s *Service) view(ctx context.Context, r store.Reader, event, staff, id string) (View, error) {
	v, err := views.Get(ctx, r, id)
	if isMissing(err) || err == nil && (v.Event != event || v.Owner != "" && v.Owner != staff) {
		return View{}, problem.New(problem.NotFound, "problem.view_not_found")
	}
	return v, err
}

// KeepView keeps a list under a name, for the staff member or for the team. Faults are
// a problem of kind Invalid, of the field "view_name".
func (s *Service) KeepView(ctx context.Context, v View) (View, error) {
	name, err := cleanViewName(v.Name)
	if err != nil {
		return v, err
	}
	n, err := views.Count(ctx, s.db, store.By("event", v.Event))
	if err != nil {
		return v, err
	}
	if n >= MaxViews {
		return v, problem.New(problem.Conflict, "problem.views_full", "Max", MaxViews)
	}
	v.ID, v.Name, v.Made = store.NewID(), name, s.now()
	return v, s.db.Update(ctx, func(tx *store.Tx) error {
		if err := views.Create(tx, v); err != nil {
			return err
		}
		return s.recordView(ctx, tx, v, "view.keep")
	})
}

func cleanViewName(typed string) (string, error) {
	name := strings.ReplaceAll(person.Tidy(typed), "\n", " ")
	var faults problem.Form
	switch n := utf8.RuneCountInString(name); {
	case name == "":
		faults.Add("view_name", "problem.field.required")
	case n > MaxViewName:
		faults.Add("view_name", "problem.field.too_long", "Max", MaxViewName, "Length", n)
	}
	return name, faults.Err()
}

// ChangeView gives a view another name and, unless it is empty, another query, and
// shares it with the team or takes it back to its owner, who is the staff member then.
func (s *Service) ChangeView(ctx context.Context, event, staff, id, typed, query string, team bool) (View, error) {
	var v View
	name, err := cleanViewName(typed)
	if err != nil {
		return v, err
	}
	return v, s.db.Update(ctx, func(tx *store.Tx) error {
		if v, err = s.view(ctx, tx, event, staff, id); err != nil {
			return err
		}
		if v.Name, v.Owner = name, staff; team {
			v.Owner = ""
		}
		if query != "" {
			v.Query = query
		}
		if err := views.Put(tx, v); err != nil {
			return err
		}
		return s.recordView(ctx, tx, v, "view.change")
	})
}

// RemoveView forgets a view that the staff member sees.
func (s *Service) RemoveView(ctx context.Context, event, staff, id string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		v, err := s.view(ctx, tx, event, staff, id)
		if err != nil {
			return err
		}
		if err := views.Delete(ctx, tx, id); err != nil {
			return err
		}
		return s.recordView(ctx, tx, v, "view.remove")
	})
}

func (s *Service) recordView(ctx context.Context, tx *store.Tx, v View, action string) error {
	return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: action, Event: v.Event, Subject: "view/" + v.ID})
}
