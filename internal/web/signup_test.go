package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"convene/internal/delegate"
	"convene/internal/programme"
	"convene/internal/signup"
)

// opened opens the rehearsal's session for sign-up.
func (h *house) opened(slug, places string) programme.Session {
	h.t.Helper()
	session, err := h.app.Programme.Session(h.t.Context(), h.event.ID, slug)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.app.Signups.Open(h.t.Context(), h.event, session, signup.Typed{Places: places}.Always); err != nil {
		h.t.Fatal(err)
	}
	return session
}

func (h *house) joined(session programme.Session, d delegate.Delegate) {
	h.t.Helper()
	if _, err := h.app.Signups.Join(h.t.Context(), d.ID, session.ID); err != nil {
		h.t.Fatal(err)
	}
}

// What a delegate sees of the sessions, and what they have in the calendar.
func TestSessionsToSignUpFor(t *testing.T) {
	h := newHouse(t)
	d := h.confirmed(1)[0]
	own := "/r/" + h.app.Delegates.ManageToken(d)
	if h.page(own).Find(`a[href$="/sessions"]`).Length() != 0 {
		t.Error("there is nothing to sign up for, and yet a link")
	}
	africa, asia := h.opened("regional-africa", "2"), h.opened("regional-asia-pacific", "")
	if text := h.page(own).Find(`a[href$="/sessions"]`).Text(); !strings.Contains(text, "limited number of places") {
		t.Errorf("the link reads %q", text)
	}
	cards := func() (first, second string) {
		page := h.page(own + "/sessions")
		return page.Find("#s-" + africa.Slug).Text(), page.Find("#s-" + asia.Slug).Text()
	}
	post := func(slug, ending string, want int) string {
		t.Helper()
		answer, body := h.form(own+"/sessions", own+"/sessions/"+slug+ending, url.Values{})
		if answer.StatusCode != want {
			t.Fatalf("%s%s: %s; want %d", slug, ending, answer.Status, want)
		}
		return body
	}
	named := signup.Typed{Places: "2", Group: string(programme.RegionalForum), Most: "1"}
	if _, err := h.app.Signups.Open(t.Context(), h.event, africa, named.Always); err != nil {
		t.Fatal(err)
	}
	if first, _ := cards(); !strings.Contains(first, "“Regional forum”") || strings.Contains(first, string(programme.RegionalForum)) {
		t.Errorf("a group named after a kind of sessions reads %q", first)
	}
	if first, second := cards(); !strings.Contains(first, "2 places left") || !strings.Contains(second, "a place for everybody") {
		t.Errorf("the sessions read %q and %q", first, second)
	}
	post(africa.Slug, "", http.StatusSeeOther)
	first, second := cards()
	if !strings.Contains(first, "You are signed up") || !strings.Contains(first, "1 place left") || !strings.Contains(first, "Give up the place") {
		t.Errorf("the session reads %q", first)
	}
	const clash = "At that time you are signed up for “Regional forum: Africa” (09:00–10:30)."
	if !strings.Contains(second, clash) || strings.Contains(second, "Sign up") {
		t.Errorf("the other session reads %q", second)
	}
	if body := post(asia.Slug, "", http.StatusConflict); !strings.Contains(body, clash) {
		t.Error("what was refused does not say why")
	}
	post("plenary-1", "", http.StatusSeeOther) // not open: told on the page that follows
	if _, file := h.get(own+"/calendar.ics", ""); !strings.Contains(file, "session-"+africa.ID+"@convene.test") || strings.Contains(file, asia.ID) {
		t.Errorf("the calendar is\n%s", file)
	}
	post(africa.Slug, "/leave", http.StatusSeeOther)
	if _, file := h.get(own+"/calendar.ics", ""); strings.Contains(file, africa.ID) {
		t.Error("the calendar still has a session that was given up")
	}
	post(asia.Slug, "", http.StatusSeeOther)
}
