package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"convene/internal/account"
	"convene/internal/outbox"
)

const weekText = "/desk/e/autumn/texts/event.week?language=en"

func TestATextIsSavedKeptAndWithdrawn(t *testing.T) {
	h := open(t)
	h.invent(2)
	b := h.as(account.Organiser)
	page := b.open(weekText)
	wantText(t, page, "main", "The program’s own text holds.")
	if !strings.Contains(page.Find("#body").Text(), "{{.Name}}") {
		t.Error("the form should begin with the program's own text")
	}
	wantText(t, page, "aside", "{{.InDays}}")

	page = b.follow(b.submit(page, "main form", url.Values{"subject": {"Only a week, {{.Name}}"}, "body": {"Pack.\n\n[Your page]({{.Link}})"}, "do": {"save"}}))
	wantText(t, page, "main", "This event has a text of its own.")
	wantText(t, page, "#letter", "Only a week, Person 0000")
	page = b.follow(b.submit(page, "main form", url.Values{"subject": {"Second thoughts"}, "body": {"Pack well."}, "do": {"save"}}))
	first := b.open(page.Find(".trail a").Last().AttrOr("href", ""))
	if got := first.Find("#subject").AttrOr("value", ""); got != "Only a week, {{.Name}}" {
		t.Errorf("the first version's subject is %q", got)
	}
	page = b.follow(b.submit(page, "main form", url.Values{"subject": {""}, "body": {""}, "do": {"withdraw"}}))
	wantText(t, page, "main", "The program’s own text holds.")
	wantText(t, b.open("/desk/e/autumn/texts"), "main", "A week before")
}

func TestATextThatIsWrongIsRefusedAndKept(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	for _, c := range []struct{ body, want string }{
		{"Dear {{.Nmae}}", "There is no placeholder Nmae here."},
		{"Dear {{.Name", "Double braces do not match."},
		{"{{range .Name}}x{{end}}", "Only placeholders and “if”"},
		{"", "required"},
	} {
		for _, do := range []string{"save", "test"} {
			a := b.submit(b.open(weekText), "main form", url.Values{"subject": {"Hello"}, "body": {c.body}, "do": {do}})
			if a.StatusCode != http.StatusUnprocessableEntity {
				t.Fatalf("%q: %s", c.body, a.Status)
			}
			page := a.doc()
			if c.body != "" {
				wantText(t, page, "#body-error", c.want)
			}
			if got := page.Find("#body").Text(); got != c.body {
				t.Errorf("the text is now %q; want %q", got, c.body)
			}
		}
	}
	if list := h.letters(outbox.Filter{Event: h.event.ID}); len(list) != 0 {
		t.Errorf("%d tests were sent of texts that are wrong", len(list))
	}
}

func TestTheSlowerOfTwoWritersLosesNothing(t *testing.T) {
	h := open(t)
	b, other := h.as(account.Organiser), h.as(account.Administrator)
	mine, theirs := b.open(weekText), other.open(weekText)
	other.follow(other.submit(theirs, "main form", url.Values{"subject": {"Theirs"}, "body": {"The faster text."}, "do": {"save"}}))
	a := b.submit(mine, "main form", url.Values{"subject": {"Mine"}, "body": {"The slower text."}, "do": {"save"}})
	if a.StatusCode != http.StatusConflict {
		t.Fatalf("status %s", a.Status)
	}
	page := a.doc()
	if got := page.Find("#body").Text(); got != "The slower text." {
		t.Errorf("the form holds %q", got)
	}
	wantText(t, page, "main", "The faster text.")
}

func TestALookAndATestBeforeAnybodyGetsIt(t *testing.T) {
	h := open(t)
	h.invent(2)
	b := h.as(account.Organiser)
	typed := url.Values{"subject": {"Look, {{.Name}}"}, "body": {"**Well**, {{.Name}}: [Your page]({{.Link}})"}, "to": {"Person 0001"}, "do": {"preview"}}
	a := b.submit(b.open(weekText), "main form", typed)
	wantText(t, a.doc(), "#letter", "Look, Person 0001")
	if page := b.open(weekText); page.Find(".trail li").Length() != 0 {
		t.Error("looking at it has saved it")
	}
	typed.Set("do", "test")
	b.follow(b.submit(b.open(weekText), "main form", typed))
	list := h.letters(outbox.Filter{Event: h.event.ID})
	if len(list) != 1 || list[0].To.Email != "organiser@example.org" {
		t.Fatalf("the test went to %v", list)
	}
	m, err := h.app.Composer.Compose(t.Context(), list[0], outbox.ForSending)
	if err != nil || m.Subject != "[Test] Look, Person 0001" || strings.Contains(m.Text, h.app.Delegates.ManageToken(h.get(list[0].Data["sample"]))) {
		t.Errorf("the test reads %q, %v", m.Subject, err)
	}
}
