package site_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"convene/internal/outbox"
	"convene/internal/statement"
)

func TestStatementStands(t *testing.T) {
	w := readWeb(t)
	page := w.page("/e/rehearsal/statement")
	w.says(page, "section h2", "Rehearsal statement")
	if got := texts(page.Find(".stages .reached h3")); !slices.Equal(got, []string{"Mandated"}) {
		t.Errorf("reached are %v", got)
	}
	w.says(page, ".stages [aria-current=step]", "Drafting", "20 November 2026")
	w.count(page, ".stages .to-come", 9)
	w.says(page, ".facts", "Action points", "8")

	past := w.page("/e/iclc-2015/statement")
	w.count(past, ".stages .to-come", 0)
	w.says(past, ".stages", "Adopted", "Published", "30 September 2015")
	w.says(past, "#statement-youth-statement .stages", "On the website of the institute.", "In all three languages by this day.")
	w.count(past, ".subscribe", 0) // nothing moves any more
	w.count(page, ".subscribe", 1)
	if got := w.send(http.MethodGet, "/e/rehearsal/statement", "").Header.Get("Cache-Control"); !strings.HasPrefix(got, "private") {
		t.Errorf("a page with a form may be kept by others: %q", got)
	}
}

// subscribe sends the form as a browser does.
func (w *web) subscribe(email string) response {
	w.t.Helper()
	token, _ := w.page("/e/rehearsal/statement").Find(`input[name="_csrf"]`).Attr("value")
	body := url.Values{"email": {email}, "_csrf": {token}}.Encode()
	return w.send(http.MethodPost, "/e/rehearsal/statement", body, "Content-Type", "application/x-www-form-urlencoded")
}

func TestSubscribeKeepsWhatWasTyped(t *testing.T) {
	w := newWeb(t)
	got := w.subscribe("amina at home")
	if got.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", got.StatusCode)
	}
	page := w.parse(got)
	w.says(page, ".error-summary", "Enter an e-mail address")
	w.says(page, ".field.invalid .error", "Enter an e-mail address")
	if typed, _ := page.Find("#email").Attr("value"); typed != "amina at home" {
		t.Errorf("the form kept %q", typed)
	}
	forged := w.send(http.MethodPost, "/e/rehearsal/statement", "email=amina%40example.org", "Content-Type", "application/x-www-form-urlencoded")
	if forged.StatusCode != http.StatusForbidden {
		t.Errorf("a form without its proof: status %d", forged.StatusCode)
	}
}

func TestFollowAndStop(t *testing.T) {
	w := newWeb(t)
	got := w.subscribe("amina@example.org")
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/e/rehearsal/statement" {
		t.Fatalf("status %d to %q", got.StatusCode, got.Header.Get("Location"))
	}
	w.says(w.page("/e/rehearsal/statement"), ".flash.good", "Please look into your mail.")
	w.count(w.page("/e/rehearsal/statement"), ".flash[role]", 0)

	sub := w.asked()
	token := w.Statements.Token(sub)
	for _, step := range []struct {
		path, says string
		confirmed  bool
	}{
		{"/follow/" + token + "/confirm", "You will be told", true},
		{"/follow/" + token + "/stop", "You get no more letters", false},
	} {
		page := w.page(step.path) // changes nothing
		before, err := w.Statements.ByToken(t.Context(), token)
		if err != nil || before.Confirmed == step.confirmed {
			t.Errorf("looking at %s has changed something (%v)", step.path, err)
		}
		csrf, _ := page.Find(`input[name="_csrf"]`).Attr("value")
		done := w.send(http.MethodPost, step.path, url.Values{"_csrf": {csrf}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		if done.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: status %d", step.path, done.StatusCode)
		}
		w.says(w.page("/e/rehearsal/statement"), ".flash", step.says)
		after, err := w.Statements.ByToken(t.Context(), token)
		if step.confirmed && (err != nil || !after.Confirmed) {
			t.Errorf("the subscription is %+v (%v)", after, err)
		}
		if !step.confirmed && err == nil {
			t.Error("the subscription is still there")
		}
	}
	if got := w.send(http.MethodGet, "/follow/"+token+"/stop", ""); got.StatusCode != http.StatusNotFound {
		t.Errorf("a link that is used up: status %d", got.StatusCode)
	}
}

// asked returns the subscription that the letter in the outbox asks to confirm.
func (w *web) asked() statement.Subscription {
	w.t.Helper()
	letters, err := w.Outbox.Letters(w.t.Context(), outbox.Filter{Event: w.find("rehearsal").ID}, "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, letter := range letters.Items {
		if letter.Occasion == statement.OccasionSubscribe {
			sub, err := w.Statements.Subscription(w.t.Context(), letter.Data["subscription"])
			if err != nil {
				w.t.Fatal(err)
			}
			return sub
		}
	}
	w.t.Fatal("no letter asks to confirm")
	return statement.Subscription{}
}
