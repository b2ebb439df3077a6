package desk_test

import (
	"net/url"
	"testing"

	"convene/internal/account"
	"convene/internal/outbox"
)

func TestTheTextOfALetterForACategory(t *testing.T) {
	h := open(t)
	h.person("Amina Yusuf") // a mayor who awaits approval
	b := h.as(account.Organiser)
	h.write("delegate.awaiting", "To everybody", "Dear {{.Name}}")

	page := b.open("/desk/e/autumn/texts?category=mayor")
	href := page.Find(`tbody a[href*="delegate.awaiting"]`).AttrOr("href", "")
	page = b.open(href + "&language=en")
	wantText(t, page, "h1", "Mayor or deputy mayor")
	wantText(t, page, "main", "What you save here takes its place for the category.")
	if got := page.Find("#subject").AttrOr("value", ""); got != "To everybody" {
		t.Errorf("the form begins with %q", got)
	}
	typed := url.Values{"subject": {"To mayors, {{.Name}}"}, "body": {"Your worship"}, "do": {"preview"}, "to": {"Amina"}}
	wantText(t, b.submit(page, "main form.form", typed).doc(), "#letter", "To mayors, Amina Yusuf")
	typed["do"], typed["to"] = []string{"test"}, nil
	page = b.follow(b.submit(page, "main form.form", typed))
	wantText(t, page, "main", "This category has a text of its own.")
	wantText(t, b.open("/desk/e/autumn/texts"), "tbody", "also for: Mayor or deputy mayor")
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail", "· Mayor or deputy mayor")
	for _, l := range h.letters(outbox.Filter{Event: h.event.ID}) {
		want := "To mayors, Amina Yusuf"
		if l.Occasion != "delegate.awaiting" {
			continue
		}
		if l.Data["test"] != "" {
			want = "[Test] " + want
		}
		if m, err := h.app.Composer.Compose(t.Context(), l, outbox.ForReading); err != nil || m.Subject != want {
			t.Errorf("the letter is %q, %v; want %q", m.Subject, err, want)
		}
	}
	page = b.follow(b.submit(b.open(href+"&language=en"), "main form.form", url.Values{"do": {"withdraw"}}))
	wantText(t, page, ".notice.good", "the text for everybody again")
}
