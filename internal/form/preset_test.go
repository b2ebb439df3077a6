package form_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/problem"
)

// Ready-made questions come in the event's languages, once, in an order in which
// each stands behind what it depends on.
func TestPresets(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) { e.Languages = []string{"ar", "fr"} })
	words := form.Words{Catalogue: a.Catalogue, Languages: e.Languages, Over: e.Over()}
	var set form.Set
	for range 2 {
		for _, p := range form.Presets {
			var err error
			if set, err = a.Forms.AddPreset(t.Context(), e.ID, p, words); err != nil {
				t.Fatal(err)
			}
			if missing := p.Missing(set); len(missing) > 0 {
				t.Errorf("%s lacks %v", p, missing)
			}
		}
	}
	if len(set.Questions) != 20 {
		t.Errorf("%d questions; want 20", len(set.Questions))
	}
	for _, q := range set.Questions { // each could be typed as it is
		if _, err := a.Forms.Save(t.Context(), e.ID, q); err != nil {
			t.Errorf("%s: %v", q.ID, err)
		}
		if q.Label["en"] == "" || q.Label["fr"] == "" || q.Label["en"] == q.Label["fr"] && q.ID != "visa_consulate" {
			t.Errorf("%s is called %v", q.ID, q.Label)
		}
	}
	passport, _ := set.Question(form.VisaPassport)
	if want := e.Over().AddDate(0, 0, 30); !passport.Keep.Equal(want) || !passport.Required || passport.If == nil {
		t.Errorf("the passport: %+v; want it kept until %s, of who wants the letter", passport, want)
	}
	if into, _ := set.Question(form.InterpretationInto); into.Options[0].ID != "ar" || into.Options[0].Label["fr"] != "العربية" {
		t.Errorf("interpretation into %v", into.Options)
	}
	if _, err := a.Forms.Retire(t.Context(), e.ID, form.VisaLetter, true); problem.KindOf(err) != problem.Conflict {
		t.Errorf("retired though others depend on it: %v", err)
	}
	if _, err := a.Forms.Retire(t.Context(), e.ID, form.Hotel, true); err != nil {
		t.Fatal(err)
	}
	if set, err := a.Forms.AddPreset(t.Context(), e.ID, form.Travel, words); err != nil || len(form.Travel.Missing(set)) > 0 {
		t.Errorf("what was retired did not come back: %v", err)
	}
}

// Ids are made of labels, and given once; those that others read stay theirs.
func TestIDsOfQuestions(t *testing.T) {
	t.Parallel()
	set := form.Set{Questions: []form.Question{ask("shirt_size", form.Text, func(q *form.Question) { q.Retired = true })}}
	for label, want := range map[string]string{
		"Which bus?": "which_bus", "Shirt size": "shirt_size_2", "Hotel": "hotel_2", "New": "new_2", "Größe": "grosse", "サイズ": "question",
	} {
		if got := set.NewID(i18n.English(label)); got != want {
			t.Errorf("%q has the id %q; want %q", label, got, want)
		}
	}
	if got := form.NewOptionID(i18n.English("Bus!"), choices("bus")); got != "bus_2" {
		t.Errorf("the option's id is %q", got)
	}
}

// A question moves past those that are asked, and who saw another one changes none.
func TestMovingAndChangingQuestions(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	for _, q := range []form.Question{
		ask("first", form.YesNo), ask("gone", form.Text, func(q *form.Question) { q.Retired = true }),
		ask("second", form.Text, func(q *form.Question) { q.If = &form.Condition{Question: "first"} }), ask("third", form.Text),
	} {
		if _, err := a.Forms.Save(t.Context(), e.ID, q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Forms.Move(t.Context(), e.ID, "second", true); problem.KindOf(err) != problem.Conflict {
		t.Errorf("moved before what it depends on: %v", err)
	}
	for range 2 {
		if _, err := a.Forms.Move(t.Context(), e.ID, "third", true); err != nil {
			t.Fatal(err)
		}
	}
	set, err := a.Forms.Of(t.Context(), e.ID)
	if err != nil || set.Questions[0].ID != "third" || set.Questions[1].ID != "first" {
		t.Errorf("the order is %v, %v", set.Questions, err)
	}
	for _, tt := range []struct {
		behind, want string
		kind         problem.Kind
	}{
		{"second", "first gone second third", problem.Internal}, {"first", "first third gone second", problem.Internal},
		{"", "third first gone second", problem.Internal}, {"nothing", "third first gone second", problem.NotFound},
	} {
		_, err := a.Forms.MoveBehind(t.Context(), e.ID, "third", tt.behind)
		set, _ := a.Forms.Of(t.Context(), e.ID)
		var order []string
		for _, q := range set.Questions {
			order = append(order, q.ID)
		}
		if got := strings.Join(order, " "); got != tt.want || problem.KindOf(err) != tt.kind {
			t.Errorf("behind %q: %s, %v; want %s", tt.behind, got, err, tt.want)
		}
	}
	if _, err := a.Forms.MoveBehind(t.Context(), e.ID, "second", ""); problem.KindOf(err) != problem.Conflict {
		t.Errorf("moved before what it depends on: %v", err)
	}
	seen, _ := set.Question("first")
	seen.Freeze = now.Add(time.Hour)
	_, err = a.Forms.Change(t.Context(), e.ID, "first", func(now form.Question) (form.Question, error) { return seen, nil })
	if err != nil {
		t.Fatal(err)
	}
	refusal := problem.New(problem.Conflict, "problem.meanwhile")
	_, err = a.Forms.Change(t.Context(), e.ID, "first", func(now form.Question) (form.Question, error) {
		if !now.Freeze.Equal(seen.Freeze) {
			t.Errorf("asked about %+v, which is not what there is", now)
		}
		return form.Question{}, refusal
	})
	if !errors.Is(err, refusal) {
		t.Errorf("a change that is not wanted: %v", err)
	}
	if !slices.ContainsFunc(set.Questions, func(q form.Question) bool { return q.ID == "gone" }) {
		t.Error("the retired one is lost")
	}
}

// A question that is added twice is one, and two of the same label are two, whoever is
// faster: the one does not become the other.
func TestAddingQuestions(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	bus := form.Question{
		Kind: form.One, Label: i18n.English("Which bus?"), Asked: form.AtRegistration, Options: choices("red", "blue"), Freeze: now.Add(time.Hour),
	}
	visit := bus
	visit.Label, visit.Asked = i18n.English("Which bus?"), form.Later
	for _, q := range []form.Question{bus, bus, visit, bus} {
		if _, err := a.Forms.Add(t.Context(), e.ID, q); err != nil {
			t.Fatal(err)
		}
	}
	set, err := a.Forms.Of(t.Context(), e.ID)
	if err != nil || len(set.Questions) != 2 || set.Questions[0].ID != "which_bus" || set.Questions[1].ID != "which_bus_2" || set.Questions[1].Asked != form.Later {
		t.Errorf("there are %+v, %v", set.Questions, err)
	}
}
