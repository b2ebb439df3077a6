package kit_test

import (
	"net/url"
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
	}
}
