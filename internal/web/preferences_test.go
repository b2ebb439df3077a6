package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/delegate"
	"convene/internal/outbox"
)

// send posts a form as a program without cookies does, or as a browser with them.
func (h *house) send(path string, form url.Values, cookie string) *http.Response {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	answer, err := h.kit.App.Test(r, 60_000)
	if err != nil {
		h.t.Fatal(err)
	}
	answer.Body.Close()
	return answer
}

// state delivers and tells what became of a letter.
func (h *house) state(l outbox.Letter) outbox.State {
	h.t.Helper()
	if _, err := h.app.Outbox.Deliver(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	now, err := h.app.Outbox.Get(h.t.Context(), l.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return now.State
}

var oneClick = url.Values{"List-Unsubscribe": {"One-Click"}}

func TestOneClickRefusesAKindOfLetters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.informational("reader@example.org")
	if got := h.state(first); got != outbox.Sent {
		t.Fatalf("the first letter is %s", got)
	}
	m, err := h.app.Composer.Compose(t.Context(), first, outbox.ForSending)
	if err != nil {
		t.Fatal(err)
	}
	stop, _ := strings.CutPrefix(strings.Trim(m.Headers["List-Unsubscribe"], "<>"), "http://convene.test")
	if m.Headers["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" || !strings.HasPrefix(stop, "/letters/") {
		t.Fatalf("the headers are %v", m.Headers)
	}
	if !strings.Contains(m.Text, strings.TrimSuffix(stop, "/stop")+"\n") {
		t.Errorf("the text has no link to choose:\n%s", m.Text)
	}
	if answer := h.send(stop, url.Values{"List-Unsubscribe": {"Something-Else"}}, ""); answer.StatusCode != http.StatusForbidden {
		t.Errorf("without the proof of a form: %d", answer.StatusCode)
	}
	if answer := h.send(stop, oneClick, ""); answer.StatusCode != http.StatusOK {
		t.Fatalf("one click: %d", answer.StatusCode)
	}
	if got := h.state(h.informational("Reader@Example.org")); got != outbox.Suppressed {
		t.Errorf("the next letter of the kind is %s; want it suppressed", got)
	}
	if got := h.state(h.informational("other@example.org")); got != outbox.Sent {
		t.Errorf("a letter to somebody else is %s", got)
	}
	other := first
	other.ID, other.Kind = "other-kind", outbox.KindProgramme
	h.queue(other)
	if got := h.state(other); got != outbox.Sent {
		t.Errorf("a letter of another kind is %s", got)
	}
}

func TestNecessaryLettersCannotBeRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{State: delegate.Confirmed}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	d := page.Items[0]
	news := h.informational(d.Email)
	if err := h.app.Preferences.Choose(t.Context(), news, outbox.Kinds); err != nil {
		t.Fatal(err)
	}
	badge := outbox.Letter{ID: "badge", Occasion: delegate.OccasionBadge, Event: h.event.ID, Person: d.ID, To: outbox.Address{Email: d.Email}, Language: "en"}
	h.queue(badge)
	if got := h.state(badge); got != outbox.Sent {
		t.Errorf("the badge's letter is %s", got)
	}
	if got := h.state(news); got != outbox.Suppressed {
		t.Errorf("the news are %s", got)
	}
	m, err := h.app.Composer.Compose(t.Context(), badge, outbox.ForSending)
	if err != nil || m.Headers["List-Unsubscribe"] != "" {
		t.Errorf("a necessary letter offers to be refused: %v (%v)", m.Headers, err)
	}
}

func TestThePageOfLettersTakesAChoice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.informational("reader@example.org")
	path := "/letters/" + h.app.Preferences.Token(l)
	answer, body := h.get(path, "")
	if answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page may be kept: %q", answer.Header.Get("Cache-Control"))
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if n := doc.Find(`input[name="kind"][checked]`).Length(); n != len(outbox.Kinds) {
		t.Errorf("%d kinds are ticked; want all of %d", n, len(outbox.Kinds))
	}
	french := l
	french.ID, french.Language = outbox.ID(l.ID, "fr"), "fr"
	h.queue(french)
	if _, page := h.get("/letters/"+h.app.Preferences.Token(french), ""); !strings.Contains(page, `<html lang="fr"`) {
		t.Error("the page does not speak the letter's language")
	}
	csrf, _ := doc.Find(`input[name="_csrf"]`).Attr("value")
	cookie := ""
	for _, c := range answer.Cookies() {
		cookie += c.Name + "=" + c.Value + "; "
	}
	form := url.Values{"_csrf": {csrf}, "kind": {string(outbox.KindReminder)}}
	if answer := h.send(path, form, cookie); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d", answer.StatusCode)
	}
	refused, err := h.app.Preferences.Refused(t.Context(), l)
	if err != nil || len(refused) != len(outbox.Kinds)-1 {
		t.Errorf("refused: %v, %v", refused, err)
	}
	if got := h.state(l); got != outbox.Suppressed {
		t.Errorf("a letter that waited is %s", got)
	}
	for _, guessed := range []string{"/letters/x", "/letters/" + strings.Replace(h.app.Preferences.Token(l), ".", ".A", 1), "/letters/bm9uZQ.AAAAAAAAAAAAAAAAAAAAAA"} {
		if answer, _ := h.get(guessed, ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", guessed, answer.StatusCode)
		}
		if answer := h.send(guessed+"/stop", oneClick, ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("one click on %s: %d", guessed, answer.StatusCode)
		}
	}
	reading, err := h.app.Composer.Compose(t.Context(), l, outbox.ForReading)
	if err != nil || strings.Contains(reading.Text+reading.HTML, h.app.Preferences.Token(l)) || reading.Headers != nil {
		t.Errorf("the desk reads the link (%v)", err)
	}
}
