package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"convene/internal/delegate"
	"convene/internal/door"
)

// The letter that somebody prints, and what others learn who check its number: enough
// to compare, and no more to those who guess.
func TestAPaperIsChecked(t *testing.T) {
	h := newHouse(t)
	d := h.confirmed(1)[0]
	own := "/r/" + h.app.Delegates.ManageToken(d)
	if answer, _ := h.form(own+"/visa", own+"/visa", url.Values{}); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("making the letter: %s", answer.Status)
	}
	page := h.page(own + "/visa?lang=en")
	number := page.Find(".paper-foot b").Text()
	if text := page.Find("main").Text(); !strings.Contains(text, d.Name) || !strings.Contains(text, "/check/"+number) {
		t.Errorf("the letter says %q", text)
	}
	check := "/check/" + number
	text := h.page(check + "?lang=en").Find("main").Text()
	if !strings.Contains(text, "Genuine and valid") || strings.Contains(text, d.SortName()) {
		t.Errorf("who checks it reads %q", text)
	}
	if answer, body := h.form(check, check, url.Values{"who": {"Nobody"}}); answer.StatusCode != http.StatusUnprocessableEntity || strings.Contains(body, d.SortName()) {
		t.Errorf("with another name: %s", answer.Status)
	}
	family := strings.Fields(d.SortName())
	if answer, body := h.form(check, check, url.Values{"who": {family[len(family)-1]}}); answer.StatusCode != http.StatusOK || !strings.Contains(body, d.SortName()) {
		t.Errorf("with the family name: %s", answer.Status)
	}
	if answer, _ := h.get("/check?number="+url.QueryEscape(strings.ToLower(number)+" "), ""); answer.Header.Get("Location") != check {
		t.Errorf("the number leads to %q", answer.Header.Get("Location"))
	}
	if err := h.app.Privacy.Erase(t.Context(), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	answer, body := h.form("/e/rehearsal/register", check, url.Values{"who": {family[len(family)-1]}})
	if doc := parsed(t, body); answer.StatusCode != http.StatusOK || doc.Find("#who").Length() != 0 || !strings.Contains(doc.Find(".facts").Text(), "erased") {
		t.Errorf("with the name of somebody who was erased since: %s", answer.Status)
	}
	limit := h.app.Config.Limits.CheckPerAddress.Count
	for range limit {
		h.get("/check/AAAA-CCCC-DDDD", "")
	}
	if answer, _ := h.get("/check/AAAA-CCCC-DDDD", ""); answer.StatusCode != http.StatusTooManyRequests {
		t.Errorf("after %d numbers that there are not: %s", limit, answer.Status)
	}
}

// A confirmation says of who has not come yet that they are registered, and of who was
// let in that they took part.
func TestAConfirmation(t *testing.T) {
	h := newHouse(t)
	d := h.confirmed(1)[0]
	path := "/r/" + h.app.Delegates.ManageToken(d) + "/confirmation"
	says := func(want string) string {
		t.Helper()
		page := h.page(path + "?lang=en")
		if text := page.Find("main").Text(); !strings.Contains(text, want) {
			t.Errorf("it says %q; want %q", text, want)
		}
		return page.Find(".paper-foot b").Text()
	}
	number := says("is registered for the event below")
	h.clock.Set(h.event.Over())
	if says("was registered for the event below") != number {
		t.Error("the number changes by itself")
	}
	h.letIn(d)
	if says("took part in the event below") != number {
		t.Error("having come changes the number")
	}
}

// letIn scans the delegate's badge on the first day.
func (h *house) letIn(d delegate.Delegate) {
	h.t.Helper()
	h.clock.Set(h.event.FirstDay().Add(9 * time.Hour))
	b, err := h.app.Badges.Get(h.t.Context(), h.app.DB, d.Badge)
	if err != nil {
		h.t.Fatal(err)
	}
	code, err := h.app.Badges.Code(b)
	if err != nil {
		h.t.Fatal(err)
	}
	if r, err := h.app.Door.Scan(h.t.Context(), h.event, door.Request{Gate: "main", Code: code}); err != nil || r.Verdict != door.Admit {
		h.t.Fatalf("%s, %v", r, err)
	}
}
