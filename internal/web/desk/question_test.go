package desk_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"convene/internal/account"
	"convene/internal/form"
	"convene/internal/i18n"
)

const questionsPath = "/desk/e/autumn/questions"

func TestQuestionsAtTheDesk(t *testing.T) {
	h := open(t)
	h.invent(1)
	b := h.as(account.Organiser)
	wantText(t, b.open(questionsPath), ".empty", "No questions yet")
	page := b.follow(b.submit(b.open(questionsPath), `#ready li:nth-child(1) form`, url.Values{"group": {"travel"}}))
	wantText(t, page, ".notice.good", "added")
	wantText(t, page, "tbody tr:last-child", "Do you want to be fetched? Yes or no Later 0")

	// Without a script, rows of options come from the server, which saves nothing by that.
	typed := url.Values{
		"kind": {"one"}, "rows": {"3"}, "asked": {"registration"}, "do": {"more"}, "label-en": {"Which bus?"}, "required": {"on"},
		"option-0-en": {"The early one"}, "option-2-en": {"The late one"}, "if": {"transfer"}, "if-transfer": {"yes"},
		"freeze": {"2026-09-20T12:00"}, "keep": {"2026-09-19T12:00"}, "categories": {"mayor", "media"}, "approve": {"on"},
	}
	page = b.submit(b.open(questionsPath+"/new?kind=one"), "main form.form", typed).doc()
	if n := page.Find(".option-rows li").Length(); n != 6 || page.Find("[name=option-2-en]").AttrOr("value", "") != "The late one" {
		t.Fatalf("%d rows, and the third holds %q", n, page.Find("[name=option-2-en]").AttrOr("value", ""))
	}
	typed.Set("do", "option-up 2")
	page = b.submit(page, "main form.form", typed).doc()
	if got := page.Find("[name=option-1-en]").AttrOr("value", ""); got != "The late one" {
		t.Errorf("moved up, the second row holds %q", got)
	}
	typed.Set("do", "save")
	a := b.submit(page, "main form.form", typed)
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("answered with %s", a.Status)
	}
	page = a.doc()
	wantText(t, page, "#keep-error", "before they are frozen")
	if !page.Find("[name=if-transfer][value=yes]").Is("[checked]") || !page.Find("[name=categories][value=media]").Is("[checked]") || !page.Find("#required").Is("[checked]") {
		t.Error("what was typed is lost")
	}
	typed.Set("keep", "2026-10-19T12:00")
	page = b.follow(b.submit(page, "main form.form", typed))
	wantText(t, page, "tbody tr:last-child", "Which bus? only if “Do you want to be fetched?”: Yes One choice required At registration Mayor or deputy mayor, Media")
	wantText(t, page, "tbody tr:last-child", "can change until 20 Sep, 12:00 kept until 19 Oct, 12:00 changes need approval")

	set, err := h.app.Forms.Of(t.Context(), h.event.ID)
	q, _ := set.Question("which_bus")
	if err != nil || len(q.Options) != 2 || q.Options[1].ID != "the_late_one" || !q.Freeze.Equal(time.Date(2026, 9, 20, 12, 0, 0, 0, h.event.Location())) {
		t.Fatalf("saved %+v, %v", q, err)
	}

	// Who was slower is told, and loses nothing.
	mine := b.open(questionsPath + "/which_bus")
	q.Label = i18n.English("Which shuttle?")
	if _, err := h.app.Forms.Save(t.Context(), h.event.ID, q); err != nil {
		t.Fatal(err)
	}
	change := url.Values{
		"asked": {"later"}, "label-en": {"Which coach?"}, "rows": {"2"}, "option-0-id": {"the_early_one"}, "option-0-en": {"The early one"},
		"option-0-retired": {"on"}, "option-1-id": {"the_late_one"}, "option-1-en": {"The late one"}, "do": {"save"},
	}
	a = b.submit(mine, "main form.form", change)
	if a.StatusCode != http.StatusConflict {
		t.Fatalf("answered with %s", a.Status)
	}
	wantText(t, a.doc(), "#label-en-error", "Which shuttle?")
	if got := a.doc().Find("#label-en").AttrOr("value", ""); got != "Which coach?" {
		t.Errorf("what was typed is now %q", got)
	}
	a = b.submit(a.doc(), "main form.form", change)
	wantText(t, a.doc(), "#options", "at least two")
	delete(change, "option-0-retired")
	b.follow(b.submit(a.doc(), "main form.form", change))

	page = b.follow(b.submit(b.open(questionsPath+"/which_bus"), `form[action$="/retire"]`, nil))
	wantText(t, page, "#retired", "Which coach?")
	page = b.follow(b.submit(page, `form[action$="/restore"]`, nil))
	if page.Find("#retired").Length() != 0 {
		t.Error("it is still among the retired ones")
	}
	wantText(t, b.follow(b.submit(page, `form[action$="/transfer/down"]`, nil)), "tbody tr:last-child", "Do you want to be fetched?")
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail", "Question moved: Do you want to be fetched?")
	own := b.open(questionsPath + "/transfer")
	wantText(t, own, "#behind option[selected]", "Which coach?")
	page = b.follow(b.submit(own, `form[action$="/place"]`, url.Values{"behind": {""}}))
	wantText(t, page, "tbody tr:first-child", "Do you want to be fetched?")
}

// Limits belong to the kind, and files take the kinds that were chosen.
func TestLimitsOfQuestions(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	for kind, want := range map[form.Kind][]string{
		form.Text: {"most"}, form.Number: {"min", "max"}, form.Date: {"min", "max"}, form.File: {"most", "endings"}, form.YesNo: nil,
	} {
		page := b.open(questionsPath + "/new?kind=" + string(kind))
		var got []string
		for _, field := range []string{"most", "min", "max", "endings"} {
			if page.Find("#"+field).Length() == 1 {
				got = append(got, field)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the limits %v; want %v", kind, got, want)
		}
	}
	a := b.submit(b.open(questionsPath+"/new?kind=file"), "main form.form", url.Values{
		"label-en": {"Portrait"}, "asked": {"later"}, "most": {"2"}, "endings": {".jpg", ".png"}, "do": {"save"},
	})
	b.follow(a)
	set, err := h.app.Forms.Of(t.Context(), h.event.ID)
	if err != nil || !slices.Equal(set.Questions[0].Endings, []string{".jpg", ".png"}) || set.Questions[0].Largest() != 2<<20 {
		t.Errorf("saved %+v, %v", set.Questions, err)
	}
	a = b.submit(b.open(questionsPath+"/new?kind=number"), "main form.form", url.Values{"label-en": {""}, "asked": {"later"}, "min": {"few"}, "do": {"save"}})
	wantText(t, a.doc(), "#label-en-error", "Fill in")
	wantText(t, a.doc(), "#min-error", "Enter a number")
}
