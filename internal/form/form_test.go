package form_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
)

var now = time.Date(2027, 5, 10, 12, 0, 0, 0, time.UTC)

func choices(ids ...string) []form.Option {
	list := make([]form.Option, len(ids))
	for i, id := range ids {
		list[i] = form.Option{ID: id, Label: i18n.English(id)}
	}
	return list
}

// ask is a question of the kind, asked at registration.
func ask(id string, kind form.Kind, change ...func(*form.Question)) form.Question {
	q := form.Question{ID: id, Kind: kind, Label: i18n.English(id), Asked: form.AtRegistration}
	if kind == form.One || kind == form.Several {
		q.Options = choices("bus", "train", "plane")
	}
	for _, fn := range change {
		fn(&q)
	}
	return q
}

func asking(before form.Answers) form.Asking {
	return form.Asking{Category: "mayor", Moments: []form.Moment{form.AtRegistration}, Now: now, Before: before}
}

func TestAnswersAreChecked(t *testing.T) {
	t.Parallel()
	years := func(q *form.Question) { q.Min, q.Max = "1", "40" }
	june := func(q *form.Question) { q.Min, q.Max = "2027-06-01", "2027-06-05" }
	two := func(q *form.Question) { q.Most = 2 }
	required := func(q *form.Question) { q.Required = true }
	for _, tt := range []struct {
		question form.Question
		typed    string // several are separated by |
		want     string
		fault    string
	}{
		{ask("q", form.Text), "  Two \n lines ", "Two lines", ""},
		{ask("q", form.Text, two), "abc", "", "too_long"},
		{ask("q", form.Text), strings.Repeat("é", form.MaxText+1), "", "too_long"},
		{ask("q", form.Text, required), " \u200b ", "", "required"},
		{ask("q", form.Long), "a\nb", "a\nb", ""},
		{ask("q", form.Number), "1 234,50", "1234.5", ""},
		{ask("q", form.Number), "-0.5", "-0.5", ""},
		{ask("q", form.Number), "1e9", "", "number"},
		{ask("q", form.Number), "NaN", "", "number"},
		{ask("q", form.Number, years), "41", "", "between"},
		{ask("q", form.Number, years), "40", "40", ""},
		{ask("q", form.Number, func(q *form.Question) { q.Min = "3" }), "2", "", "at_least"},
		{ask("q", form.Number, func(q *form.Question) { q.Max = "3" }), "4", "", "at_most"},
		{ask("q", form.Date), "2027-02-29", "", "date"},
		{ask("q", form.Date, june), "2027-06-05", "2027-06-05", ""},
		{ask("q", form.Date, june), "2027-06-06", "", "date_between"},
		{ask("q", form.YesNo), "no", "no", ""},
		{ask("q", form.YesNo), "maybe", "", "choice"},
		{ask("q", form.One), "train", "train", ""},
		{ask("q", form.One), "ship", "", "choice"},
		{ask("q", form.Several), "plane|bus|bus", "bus|plane", ""},
		{ask("q", form.Several), "plane|ship", "", "choice"},
		{ask("q", form.Several, two), "bus|train|plane", "", "most"},
		{ask("q", form.Country), "ie", "IE", ""},
		{ask("q", form.Country), "001", "", "choice"},
		{ask("q", form.Telephone), "00353 (21) 496-6222", "+353214966222", ""},
		{ask("q", form.Telephone), "021 496 6222", "", "telephone"},
		{ask("q", form.Telephone), "+1234567890123456", "", "telephone"},
	} {
		var faults problem.Form
		set := form.Set{Questions: []form.Question{tt.question}}
		got := set.Clean(form.Answers{"q": strings.Split(tt.typed, "|")}, asking(nil), &faults)
		if tt.fault == "" && strings.Join(got["q"], "|") != tt.want {
			t.Errorf("%s %q = %q; want %q", tt.question.Kind, tt.typed, got["q"], tt.want)
		}
		var found []string
		for _, f := range faults.Fields() {
			found = append(found, strings.TrimPrefix(f.Key, "problem.field."))
		}
		if strings.Join(found, " ") != tt.fault {
			t.Errorf("%s %q: faults %v; want %q", tt.question.Kind, tt.typed, found, tt.fault)
		}
	}
}

// What is not asked of somebody is not answered, and what they cannot change stays.
func TestWhatIsAskedOfWhom(t *testing.T) {
	t.Parallel()
	set := form.Set{Questions: []form.Question{
		ask("travel", form.One),
		ask("flight", form.Text, func(q *form.Question) {
			q.If = &form.Condition{Question: "travel", Is: []string{"plane"}}
			q.Required = true
		}),
		ask("press_card", form.Text, func(q *form.Question) { q.Categories = []string{"media"}; q.Required = true }),
		ask("hotel", form.Text, func(q *form.Question) { q.Asked = form.Later; q.Required = true }),
		ask("shirt", form.Text, func(q *form.Question) { q.Freeze = now }),
		ask("old", form.Text, func(q *form.Question) { q.Retired = true }),
	}}
	before := form.Answers{"shirt": {"M"}, "old": {"kept"}, "gone": {"kept too"}, "travel": {"plane"}, "flight": {"XY 1"}}
	var faults problem.Form
	got := set.Clean(form.Answers{"travel": {"bus"}, "flight": {"XY 2"}, "shirt": {"L"}, "press_card": {"7"}, "old": {"new"}}, asking(before), &faults)
	if err := faults.Err(); err != nil {
		t.Error(err)
	}
	want := form.Answers{"shirt": {"M"}, "old": {"kept"}, "gone": {"kept too"}, "travel": {"bus"}}
	if changed := want.Changed(got); len(changed) > 0 {
		t.Errorf("answers = %v; want %v", got, want)
	}
	set.Clean(form.Answers{"travel": {"plane"}}, asking(nil), &faults)
	if list := faults.Fields(); len(list) != 1 || list[0].Name != "q-flight" {
		t.Errorf("faults = %v; want the flight's", list)
	}
	whole := asking(got)
	whole.Moments = []form.Moment{form.AtRegistration, form.Later}
	if missing := set.Missing(whole); len(missing) != 1 || missing[0].ID != "hotel" {
		t.Errorf("missing = %v; want the hotel", missing)
	}
}

// A question that changes leaves what was answered as it is.
func TestChangedQuestionsKeepAnswers(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	save := func(q form.Question) (form.Set, error) { return a.Forms.Save(t.Context(), e.ID, q) }
	if _, err := save(ask("travel", form.One)); err != nil {
		t.Fatal(err)
	}
	answers := form.Answers{"travel": {"plane"}}
	set, err := save(ask("travel", form.One, func(q *form.Question) { q.Options = choices("bus", "boat") }))
	if err != nil {
		t.Fatal(err)
	}
	q, _ := set.Question("travel")
	if o, ok := q.Option("plane"); !ok || !o.Retired || len(q.Options) != 4 {
		t.Errorf("options = %v; want plane and train retired", q.Options)
	}
	var faults problem.Form
	kept := set.Clean(answers, asking(answers), &faults)
	if faults.Err() != nil || !slices.Equal(kept["travel"], []string{"plane"}) {
		t.Errorf("kept %v, %v", kept, faults.Err())
	}
	set.Clean(answers, asking(nil), &faults)
	if !faults.Has("q-travel") {
		t.Error("an option that is retired was chosen anew")
	}
	if _, err := save(ask("travel", form.Text)); !has(err, "kind") {
		t.Errorf("another kind: %v; want a fault of it", err)
	}
	if _, err := save(ask("flight", form.Text, func(q *form.Question) { q.If = &form.Condition{Question: "later"} })); !has(err, "if") {
		t.Errorf("a condition on nothing: %v; want a fault of it", err)
	}
	if _, err := save(ask("flight", form.Text, func(q *form.Question) { q.If = &form.Condition{Question: "travel"} })); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Forms.Move(t.Context(), e.ID, "flight", true); problem.KindOf(err) != problem.Conflict {
		t.Errorf("moved before what it depends on: %v; want a conflict", err)
	}
}

func TestFaultyQuestions(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	for field, q := range map[string]form.Question{
		"id":      ask("No Good", form.Text),
		"kind":    ask("q", "colour"),
		"label":   ask("q", form.Text, func(q *form.Question) { q.Label = nil }),
		"options": ask("q", form.One, func(q *form.Question) { q.Options = choices("same", "same") }),
		"asked":   ask("q", form.Text, func(q *form.Question) { q.Asked = "" }),
		"max":     ask("q", form.Number, func(q *form.Question) { q.Min, q.Max = "10", "9" }),
		"min":     ask("q", form.Date, func(q *form.Question) { q.Min = "tomorrow" }),
		"endings": ask("q", form.File, func(q *form.Question) { q.Endings = []string{".exe"} }),
		"keep":    ask("q", form.Text, func(q *form.Question) { q.Freeze, q.Keep = now, now.Add(-time.Hour) }),
	} {
		if _, err := a.Forms.Save(t.Context(), e.ID, q); !has(err, field) {
			t.Errorf("%s: %v; want a fault of it", field, err)
		}
	}
}

// A file that is sent as an answer stays with its owner, and goes when nobody keeps
// it.
func TestFilesOfAnswers(t *testing.T) {
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	q := ask("letter", form.File, func(q *form.Question) { q.Endings = []string{".txt"}; q.Most = 1 })
	for name, data := range map[string]string{"empty.txt": "", "large.txt": strings.Repeat("x", 1<<20+1), "page.pdf": "%PDF-1.7"} {
		if _, err := a.Forms.Upload(t.Context(), e.ID, q, name, []byte(data)); !has(err, "q-letter") {
			t.Errorf("%s: %v; want a fault of the question", name, err)
		}
	}
	first, second, lost := upload(t, a.Forms, e.ID, q), upload(t, a.Forms, e.ID, q), upload(t, a.Forms, e.ID, q)
	keep := func(owner string, before, after []string) error {
		return a.DB.Update(t.Context(), func(tx *store.Tx) error { return a.Forms.Keep(t.Context(), tx, e.ID, owner, before, after) })
	}
	if err := keep("amina", nil, []string{first}); err != nil {
		t.Fatal(err)
	}
	if err := keep("bakari", nil, []string{first}); problem.KindOf(err) != problem.NotFound {
		t.Errorf("somebody else's file: %v; want not found", err)
	}
	if err := keep("amina", []string{first}, []string{second}); err != nil {
		t.Fatal(err)
	}
	clock.Add(form.UploadLife + time.Hour)
	if n, err := a.Forms.Purge(t.Context()); n != 1 || err != nil {
		t.Errorf("removed %d, %v; want the one that nobody kept", n, err)
	}
	for id, want := range map[string]problem.Kind{first: problem.NotFound, lost: problem.NotFound, second: problem.Internal} {
		if _, err := a.Files.Get(t.Context(), id); problem.KindOf(err) != want {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func upload(t *testing.T, forms *form.Service, event string, q form.Question) string {
	t.Helper()
	f, err := forms.Upload(t.Context(), event, q, "letter.txt", []byte("To whom it may concern"))
	if err != nil {
		t.Fatal(err)
	}
	return f.ID
}

// has reports whether the error is a fault of the field.
func has(err error, field string) bool {
	var p *problem.Error
	return errors.As(err, &p) && slices.ContainsFunc(p.Fields, func(f problem.Field) bool { return f.Name == field })
}
