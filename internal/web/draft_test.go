package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/store"
)

// A form that was begun is kept under its link for seven days, and holds no place.
func TestADraftIsKept(t *testing.T) {
	h := newHouse(t)
	h.ask()
	before, err := h.app.Delegates.Count(t.Context(), h.event.ID, delegate.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	values := url.Values{"name": {"Nadia"}, "email": {"not yet"}, "q-diet": {"fish", "milk"}}
	answer, _ := h.form(registerPath, registerPath+"/draft", values)
	link := answer.Header.Get("Location")
	if answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(link, "/register/") {
		t.Fatalf("%s to %q", answer.Status, link)
	}
	page := h.page(link)
	if page.Find("#name").AttrOr("value", "") != "Nadia" || page.Find(`[name="q-diet"][checked]`).Length() != 2 {
		t.Error("the link does not bring back what was typed")
	}
	if n, err := h.app.Delegates.Count(t.Context(), h.event.ID, delegate.Filter{}); n != before || err != nil {
		t.Errorf("%d registrations, %v; a draft is none", n, err)
	}
	again, _ := h.form(link, registerPath+"/draft", url.Values{"draft": {strings.TrimPrefix(link, "/register/")}, "name": {"Nadia Okafor"}})
	if again.Header.Get("Location") != link || h.page(link).Find("#name").AttrOr("value", "") != "Nadia Okafor" {
		t.Errorf("kept again it is at %q", again.Header.Get("Location"))
	}
	h.clock.Add(delegate.DraftLife + time.Minute)
	if answer, body := h.get(link, ""); answer.StatusCode != http.StatusGone || !strings.Contains(body, "no longer kept") {
		t.Errorf("after seven days: %s", answer.Status)
	}
}

func TestADraftBecomesARegistration(t *testing.T) {
	h := newHouse(t)
	answer, _ := h.form(registerPath, registerPath+"/draft", url.Values{"name": {"Nadia"}})
	link := answer.Header.Get("Location")
	values := typed("Nadia Okafor", "nadia@example.org")
	values.Set("draft", strings.TrimPrefix(link, "/register/"))
	if answer, body := h.form(link, registerPath, values); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", answer.Status, body)
	}
	if answer, _ := h.get(link, ""); answer.StatusCode != http.StatusGone {
		t.Errorf("the draft that was sent: %s; want gone", answer.Status)
	}
}

// Who was invited finishes the form on their own page, in one go or later, and may
// say with one press that they do not come.
func TestAnInvitationOnThePages(t *testing.T) {
	h := newHouse(t)
	h.ask()
	invite := func(name, email string) (own string, id string) {
		t.Helper()
		err := h.app.DB.Update(t.Context(), func(tx *store.Tx) error {
			d, err := h.app.Delegates.Invite(t.Context(), tx, h.event, delegate.Form{
				Name: name, Email: email, Category: "mayor", Language: "en",
			}, delegate.OccasionInvited)
			own, id = "/r/"+h.app.Delegates.ManageToken(d), d.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return own, id
	}
	state := func(id string) delegate.State {
		t.Helper()
		d, err := h.app.Delegates.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return d.State
	}
	own, id := invite("Zuhura", "zuhura@example.org")
	if page := h.page(own); !strings.Contains(page.Find("main").Text(), "Answer the invitation") || page.Find(`a[href$="/badge"]`).Length() > 0 {
		t.Error("the page does not ask for an answer")
	}
	begun := url.Values{"name": {"Zuhura"}, "organisation": {"City of Dodoma"}, "later": {"yes"}}
	if answer, _ := h.form(own+"/edit", own+"/edit", begun); answer.StatusCode != http.StatusSeeOther || state(id) != delegate.Started {
		t.Fatalf("%s, %s", answer.Status, state(id))
	}
	if got := h.page(own+"/edit").Find("#organisation").AttrOr("value", ""); got != "City of Dodoma" {
		t.Errorf("what was begun is lost: %q", got)
	}
	whole := typed("Zuhura", "")
	whole.Set("q-travel", "train")
	if answer, body := h.form(own+"/edit", own+"/edit", whole); answer.StatusCode != http.StatusSeeOther || state(id) != delegate.Confirmed {
		t.Fatalf("%s, %s: %s", answer.Status, state(id), body)
	}
	own, id = invite("Yusuf", "yusuf@example.org")
	if answer, _ := h.form(own+"/decline", own+"/decline", url.Values{"reason": {"a clash"}}); answer.StatusCode != http.StatusSeeOther || state(id) != delegate.Withdrawn {
		t.Errorf("%s, %s; want withdrawn", answer.Status, state(id))
	}
	if text := h.page(own).Find("main").Text(); !strings.Contains(text, "You have declined the invitation") || strings.Contains(text, "Register again") {
		t.Errorf("having declined: %s", text)
	}
	again, _ := h.form(own, own+"/reconsider", url.Values{})
	if again.Header.Get("Location") != own+"/edit" || state(id) != delegate.Invited {
		t.Fatalf("having changed their mind: %s to %q, %s", again.Status, again.Header.Get("Location"), state(id))
	}
	if got := h.page(own+"/edit").Find("#name").AttrOr("value", ""); got != "Yusuf" {
		t.Errorf("the form to answer has the name %q", got)
	}
}

// Files that people send as answers are for the organisers alone.
func TestAnswersFilesAreNotServed(t *testing.T) {
	h := newHouse(t)
	h.ask()
	set, err := h.app.Forms.Of(t.Context(), h.event.ID)
	if err != nil {
		t.Fatal(err)
	}
	q, _ := set.Question("letter")
	f, err := h.app.Forms.Upload(t.Context(), h.event.ID, q, "letter.txt", []byte("To whom it may concern"))
	if err != nil {
		t.Fatal(err)
	}
	if answer, body := h.get("/files/"+h.app.Files.Token(f), ""); answer.StatusCode != http.StatusNotFound || strings.Contains(body, "concern") {
		t.Errorf("%s", answer.Status)
	}
	form := apptest.Form("Nadia", "nadia@example.org")
	form.Answers = map[string][]string{"travel": {"train"}, "letter": {f.ID}}
	if err := h.app.Delegates.Register(t.Context(), h.event, form); err != nil {
		t.Fatal(err)
	}
}

// aDraft keeps a form and returns its link.
func (h *house) aDraft() string {
	h.t.Helper()
	h.ask()
	token, err := h.app.Delegates.KeepDraft(h.t.Context(), h.event, "", map[string][]string{"name": {"Nadia"}, "q-travel": {"plane"}})
	if err != nil {
		h.t.Fatal(err)
	}
	return "/register/" + token
}
