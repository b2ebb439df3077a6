package kit_test

import (
	"net/url"
	"strings"
	"testing"

	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/web/kit"
	"convene/views"
)

// What was chosen before it was retired is still there to be kept; nobody else is
// offered it.
func TestRetiredOptionsAreKept(t *testing.T) {
	catalogue, err := i18n.Load(views.FS, "messages", []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	label := i18n.English("x")
	set := form.Set{Questions: []form.Question{{
		ID: "diet", Kind: form.Several, Label: label, Asked: form.Later,
		Options: []form.Option{{ID: "fish", Label: label}, {ID: "meat", Label: label, Retired: true}},
	}}}
	for _, tt := range []struct {
		chosen []string
		want   int
	}{{nil, 1}, {[]string{"fish"}, 1}, {[]string{"meat"}, 2}} {
		f := &kit.Form{Printer: catalogue.For("en"), Values: url.Values{"q-diet": tt.chosen}}
		shown := kit.QuestionsOf(f, kit.Asked{Set: set, Moments: []form.Moment{form.Later}})
		if n := len(shown.List[0].Field.Options); n != tt.want {
			t.Errorf("with %v chosen there are %d options; want %d", tt.chosen, n, tt.want)
		}
		for _, o := range shown.List[0].Field.Options {
			if told := strings.Contains(o.Label, "no longer offered"); told != (o.Value == "meat") {
				t.Errorf("%s is called %q", o.Value, o.Label)
			}
		}
	}
}

// Every limit of an answer is told before it is given, in the reader's words.
func TestLimitsAreToldBefore(t *testing.T) {
	catalogue, err := i18n.Load(views.FS, "messages", []string{"en", "fr"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		question form.Question
		lang     string
		want     string
	}{
		{form.Question{Kind: form.Number, Min: "2"}, "en", "2 or more."},
		{form.Question{Kind: form.Number, Max: "5"}, "en", "5 at most."},
		{form.Question{Kind: form.Number, Min: "2", Max: "5"}, "en", "From 2 to 5."},
		{form.Question{Kind: form.Date, Min: "2026-12-01"}, "en", "On 1 December 2026 or later."},
		{form.Question{Kind: form.Date, Max: "2026-12-20"}, "fr", "Le 20 décembre 2026 ou plus tôt."},
		{form.Question{Kind: form.Date, Min: "2026-12-01", Max: "2026-12-20"}, "fr", "Du 1er décembre 2026 au 20 décembre 2026."},
		{form.Question{Kind: form.File, Endings: []string{".pdf"}, Most: 2}, "en", ".pdf, up to 2 MB."},
		{form.Question{Kind: form.File}, "en", ".png"},
	} {
		q := tt.question
		q.ID, q.Asked, q.Label = "asked", form.Later, i18n.English("x")
		f := &kit.Form{Printer: catalogue.For(tt.lang), Values: url.Values{}}
		shown := kit.QuestionsOf(f, kit.Asked{Set: form.Set{Questions: []form.Question{q}}, Moments: []form.Moment{form.Later}})
		if hint := shown.List[0].Field.Hint; !strings.Contains(hint, tt.want) {
			t.Errorf("beside %+v stands %q; want %q", tt.question, hint, tt.want)
		}
	}
}

// A long list to choose from begins with nothing that looks like an answer, nor with
// the words of another list.
func TestALongListAsksToChoose(t *testing.T) {
	catalogue, err := i18n.Load(views.FS, "messages", []string{"en"})
	if err != nil {
		t.Fatal(err)
	}
	q := form.Question{ID: "forum", Kind: form.One, Asked: form.Later, Label: i18n.English("Forum")}
	for _, id := range strings.Split("abcdefghi", "") {
		q.Options = append(q.Options, form.Option{ID: id, Label: i18n.English(id)})
	}
	f := &kit.Form{Printer: catalogue.For("en"), Values: url.Values{}}
	shown := kit.QuestionsOf(f, kit.Asked{Set: form.Set{Questions: []form.Question{q}}, Moments: []form.Moment{form.Later}})
	if first := shown.List[0].Field.Options[0]; first.Value != "" || first.Label != "Please choose" {
		t.Errorf("the list begins with %+v", first)
	}
}
