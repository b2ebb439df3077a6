package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox/catcher"
)

// limit has the rehearsal take as many people as it has, and returns the last ones.
func (h *house) limit(people int) []delegate.Delegate {
	h.t.Helper()
	places, err := h.app.Delegates.Places(h.t.Context(), h.event)
	if err != nil {
		h.t.Fatal(err)
	}
	h.event, err = h.app.Events.LimitPlaces(h.t.Context(), h.event.ID, event.Typed(event.TypedPlaces{Capacity: strconv.Itoa(places.Taken), OfferHours: "24"}))
	if err != nil {
		h.t.Fatal(err)
	}
	return h.confirmed(people)
}

// newcomer registers somebody and proves their address, through the pages.
func (h *house) newcomer(name string) string {
	h.t.Helper()
	email := strings.ToLower(name) + "@example.org"
	if err := h.app.Delegates.Register(h.t.Context(), h.event, apptest.Form(name, email)); err != nil {
		h.t.Fatal(err)
	}
	found, err := h.app.Delegates.Find(h.t.Context(), h.event.ID, delegate.Filter{Text: email}, "", 1)
	if err != nil {
		h.t.Fatal(err)
	}
	d := found.Items[0]
	verify := "/verify/" + h.app.Delegates.VerifyToken(d, d.VerifySerial)
	if answer, body := h.form(verify, verify, url.Values{}); answer.StatusCode != http.StatusSeeOther {
		h.t.Fatalf("%s: %s", answer.Status, body)
	}
	return "/r/" + h.app.Delegates.ManageToken(d)
}

// The waiting list moves up by itself, as those on it see it.
func TestTheWaitingListOnThePages(t *testing.T) {
	h := newHouse(t)
	people := h.limit(1)
	if text := h.page("/e/rehearsal/register").Find(".notice.wait").Text(); !strings.Contains(text, "you join the waiting list") {
		t.Errorf("the form says %q", text)
	}
	first, second := h.newcomer("Zuhura"), h.newcomer("Yusuf")
	for own, want := range map[string]string{first: "You are the next.", second: "1 person is before you."} {
		head := h.page(own).Find(".page-head").Text()
		if !strings.Contains(head, want) || !strings.Contains(head, "On the waiting list") {
			t.Errorf("the page says %q; want %q", head, want)
		}
	}
	refused, _ := h.form(first+"/cancel", first+"/accept", url.Values{})
	if text := h.after(refused).Find(".flash").Text(); refused.StatusCode != http.StatusSeeOther || !strings.Contains(text, "no longer kept") {
		t.Errorf("taking what is not offered: %s, %q", refused.Status, text)
	}

	if _, err := h.app.Delegates.Cancel(t.Context(), people[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	run := func(job string) {
		t.Helper()
		if err := h.app.Jobs.RunNow(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	run("places")
	page := h.page(first)
	if text := page.Find(".page-head").Text(); !strings.Contains(text, "11 May 2027, 09:00") || page.Find(`form[action$="/accept"] button`).Length() != 1 {
		t.Errorf("who was offered the place reads %q", text)
	}
	run("letters")
	h.clock.Add(25 * time.Hour)
	run("places")
	if text := h.page(first).Find(".page-head").Text(); !strings.Contains(text, "cancelled") {
		t.Errorf("who did not take it reads %q", text)
	}
	if answer, _ := h.form(second, second+"/accept", url.Values{}); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("taking the place: %s", answer.Status)
	}
	if text := h.page(second).Find(".page-head").Text(); !strings.Contains(text, "Your place is confirmed") {
		t.Errorf("who took it reads %q", text)
	}
	run("letters")
	subjects := map[string][]string{}
	for _, m := range h.caught.Messages() {
		p, err := catcher.Parse(m.Raw)
		if err != nil {
			t.Fatal(err)
		}
		subject, _, _ := strings.Cut(p.Subject, ":")
		subjects[m.To[0]] = append(subjects[m.To[0]], subject)
	}
	for email, want := range map[string]string{
		"zuhura@example.org": "Please confirm your registration, You are on the waiting list, A place for you, The place has gone to somebody else",
		"yusuf@example.org":  "Please confirm your registration, You are on the waiting list, A place for you, You are confirmed",
	} {
		if got := strings.Join(subjects[email], ", "); got != want {
			t.Errorf("%s got %q; want %q", email, got, want)
		}
	}
}

// after is the page to which an answer leads, with the message that it brings.
func (h *house) after(answer *http.Response) *goquery.Document {
	h.t.Helper()
	var cookies []string
	for _, c := range answer.Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	_, body := h.get(answer.Header.Get("Location"), strings.Join(cookies, "; "))
	return parsed(h.t, body)
}
