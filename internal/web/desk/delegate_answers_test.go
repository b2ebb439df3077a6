package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/form"
	"convene/internal/i18n"
)

// ask has the event ask a question.
func (h *house) ask(q form.Question) form.Question {
	h.t.Helper()
	q.Label, q.Asked = i18n.English(q.ID), form.AtRegistration
	if _, err := h.app.Forms.Save(h.t.Context(), h.event.ID, q); err != nil {
		h.t.Fatal(err)
	}
	return q
}

// sent is the id of a file that somebody sent as an answer.
func (h *house) sent(q form.Question, name, content string) string {
	h.t.Helper()
	f, err := h.app.Forms.Upload(h.t.Context(), h.event.ID, q, name, []byte(content))
	if err != nil {
		h.t.Fatal(err)
	}
	return f.ID
}

func TestAnswersAtTheDesk(t *testing.T) {
	h := open(t)
	passport := h.ask(form.Question{ID: "passport", Kind: form.File})
	h.ask(form.Question{ID: "shuttle", Kind: form.YesNo, Approve: true})
	h.ask(form.Question{ID: "remark", Kind: form.Long})
	scan, lost := h.sent(passport, "<b>scan</b>.txt", "To whom it may concern"), h.sent(passport, "other.txt", "Somebody else's")
	d := h.person("Amina Yusuf", func(f *delegate.Form) {
		f.Answers = form.Answers{"passport": {scan}, "shuttle": {form.No}, "remark": {"<b>bold</b>"}}
	})
	if _, err := h.app.Forms.Retire(t.Context(), h.event.ID, "remark", true); err != nil {
		t.Fatal(err)
	}
	b, path := h.as(account.Organiser), "/desk/e/autumn/delegates/"+d.ID
	page := b.open(path)
	wantText(t, page, "#answers", "shuttle No")
	wantText(t, page, "#answers", "remark asked no longer <b>bold</b>")

	link := page.Find("#answers a[download]").AttrOr("href", "")
	a := b.send(http.MethodGet, link, nil)
	if a.StatusCode != http.StatusOK || a.body != "To whom it may concern" {
		t.Fatalf("%s: %s %q", link, a.Status, a.body)
	}
	for header, want := range map[string]string{
		"Content-Type": "text/plain", "Content-Disposition": "attachment;", "Content-Security-Policy": "sandbox",
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
	} {
		if got := a.Header.Get(header); !strings.Contains(got, want) {
			t.Errorf("%s is %q, which lacks %q", header, got, want)
		}
	}
	other := h.person("Baraka Otieno")
	for _, target := range []string{path + "/files/" + lost, "/desk/e/autumn/delegates/" + other.ID + "/files/" + scan} {
		if a := b.send(http.MethodGet, target, nil); a.StatusCode != http.StatusNotFound {
			t.Errorf("a file that is not among the person's answers: %s", a.Status)
		}
	}
	if a := h.browser().send(http.MethodGet, link, nil); a.StatusCode == http.StatusOK {
		t.Error("anybody reads the file")
	}
}

func TestAChangeOfAnswersIsSettledAtTheDesk(t *testing.T) {
	h := open(t)
	h.ask(form.Question{ID: "shuttle", Kind: form.YesNo, Approve: true})
	d := h.person("Amina Yusuf", func(f *delegate.Form) { f.Answers = form.Answers{"shuttle": {form.No}} })
	b, path := h.as(account.Organiser), "/desk/e/autumn/delegates/"+d.ID
	b.follow(b.submit(b.open(path), `form[action$="/approve"]`, nil))
	wish := func(to string) {
		t.Helper()
		typed := delegate.FormOf(h.get(d.ID))
		typed.Answers = form.Answers{"shuttle": {to}}
		if _, err := h.app.Delegates.Update(t.Context(), d.ID, typed); err != nil {
			t.Fatal(err)
		}
	}
	const approve, decline = `form[action$="/answers/approve"]`, `form[action$="/answers/decline"]`
	wish(form.Yes)
	page := b.open(path)
	wantText(t, page, "#proposed tbody", "shuttle No Yes")
	wantText(t, b.follow(b.submit(page, decline, url.Values{"reason": {"It is full."}})), ".notice.good", "still holds")
	if got := h.get(d.ID).Answers["shuttle"][0]; got != form.No {
		t.Errorf("declined, the answer is %q", got)
	}
	wantText(t, b.follow(b.submit(page, approve, nil)), ".notice.bad", "settled already")

	h.now = h.now.Add(time.Minute)
	wish(form.Yes)
	wantText(t, b.follow(b.submit(b.open(path), approve, nil)), ".notice.good", "The change holds.")
	if got := h.get(d.ID).Answers["shuttle"][0]; got != form.Yes {
		t.Errorf("approved, the answer is %q", got)
	}
}
