package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/app"
	"convene/internal/delegate"
	"convene/internal/outbox"
	"convene/internal/push/pushtest"
	"convene/internal/reminder"
)

// confirmed lists some people who are registered, the first with a letter.
func (h *house) confirmed(n int) []delegate.Delegate {
	h.t.Helper()
	page, err := h.app.Delegates.Find(h.t.Context(), h.event.ID, delegate.Filter{State: delegate.Confirmed}, "", n)
	if err != nil || len(page.Items) != n {
		h.t.Fatalf("%d people, %v", len(page.Items), err)
	}
	return page.Items
}

// letterTo sends a letter to the person and returns its id.
func (h *house) letterTo(d delegate.Delegate, occasion string, kind outbox.Kind) string {
	h.t.Helper()
	l := outbox.Letter{
		ID: outbox.ID("test", occasion, d.ID), Occasion: occasion, Event: h.event.ID, Kind: kind, Person: d.ID,
		To: outbox.Address{Name: d.Name, Email: d.Email}, Language: "en",
	}
	h.queue(l)
	if err := h.app.Jobs.RunNow(h.t.Context(), "letters"); err != nil {
		h.t.Fatal(err)
	}
	return l.ID
}

func (h *house) page(path string) *goquery.Document {
	h.t.Helper()
	answer, body := h.get(path, "")
	if answer.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %s", path, answer.Status)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	return doc
}

func TestDelegatesReadTheirLetters(t *testing.T) {
	h := newHouse(t)
	people := h.confirmed(2)
	own, other := "/r/"+h.app.Delegates.ManageToken(people[0]), "/r/"+h.app.Delegates.ManageToken(people[1])
	if text := h.page(own + "/letters").Find("main").Text(); !strings.Contains(text, "not written to you yet") {
		t.Errorf("without a letter: %s", text)
	}
	id := h.letterTo(people[0], reminder.OccasionPractical, outbox.KindPractical)
	h.queue(outbox.Letter{ // one that has yet to go out
		ID: "later", Occasion: reminder.OccasionWeek, Event: h.event.ID, Person: people[0].ID, Language: "en",
		To: outbox.Address{Email: people[0].Email}, NotBefore: h.clock.Now().AddDate(0, 0, 7),
	})

	if _, err := h.app.Delegates.Update(t.Context(), people[0].ID, delegate.Form{
		Name: people[0].Name, Organisation: people[0].Organisation, Country: people[0].Country, Category: people[0].Category,
		Language: people[0].Language, TimeZone: "Asia/Tokyo",
	}); err != nil {
		t.Fatal(err)
	}
	list := h.page(own + "/letters")
	if at := list.Find(".letters small").Text(); !strings.Contains(at, "11 May 2027, 00:00") { // 15:00 UTC
		t.Errorf("a reader in Tokyo got it at %s", at)
	}
	links := list.Find(".letters a")
	if links.Length() != 1 {
		t.Fatalf("%d letters are listed", links.Length())
	}
	letter := h.page(links.AttrOr("href", ""))
	text := letter.Find(".letter-text")
	if !strings.Contains(text.Text(), people[0].Name) || strings.Contains(text.Text(), "…") {
		t.Errorf("the letter reads %s", text.Text())
	}
	for _, path := range []string{own + "/badge", own} { // its links are the reader's own, and work
		if text.Find(`a[href="http://convene.test`+path+`"]`).Length() != 1 {
			t.Errorf("the letter does not lead to %s", path)
		}
	}
	choice := list.Find(`.page-head a[href^="/letters/"]`).AttrOr("href", "")
	if doc := h.page(choice); doc.Find("input[name=kind]").Length() == 0 {
		t.Error("the page does not lead to where one refuses letters")
	}

	// Nobody else's letters, and nothing that is none.
	for _, path := range []string{other + "/letters/" + outbox.Key(id), own + "/letters/" + outbox.Key("later"), own + "/letters/" + outbox.Key("none"), own + "/letters/!"} {
		if answer, _ := h.get(path, ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
	if list.Find("#push").Length() != 0 {
		t.Error("notifications are offered where there are none")
	}
}

// Somebody whose address takes no letters reads those here that nobody can refuse.
func TestLettersThatCameBackAreRead(t *testing.T) {
	h := newHouse(t)
	d := h.confirmed(1)[0]
	own := "/r/" + h.app.Delegates.ManageToken(d) + "/letters"
	h.letterTo(d, reminder.OccasionThanks, outbox.KindNews)
	h.cameBack(d)
	h.letterTo(d, delegate.OccasionBadge, "")
	h.letterTo(d, reminder.OccasionWeek, outbox.KindReminder)
	if n := h.page(own).Find(".letters a").Length(); n != 2 {
		t.Errorf("%d letters are listed; want the thanks and the badge", n)
	}
}

func TestAllowingNotifications(t *testing.T) {
	at := pushtest.Start(t)
	h := newHouse(t, func(o *app.Options) { o.Push = at.Client() })
	d := h.confirmed(1)[0]
	own := "/r/" + h.app.Delegates.ManageToken(d)
	if got := h.page(own+"/letters").Find("#push").AttrOr("data-key", ""); got != h.app.Push.PublicKey() {
		t.Errorf("the page offers the key %q", got)
	}
	browser := url.Values{"endpoint": {at.Endpoint("phone")}, "key": {at.Key()}, "auth": {at.Auth()}}
	for name, c := range map[string]struct {
		path   string
		form   url.Values
		status int
	}{
		"no registration": {"/r/nobody/push", browser, http.StatusNotFound},
		"no browser":      {own + "/push", url.Values{"endpoint": {"https://10.0.0.1/"}}, http.StatusUnprocessableEntity},
		"a browser":       {own + "/push", browser, http.StatusNoContent},
	} {
		if answer, body := h.form(own+"/letters", c.path, c.form); answer.StatusCode != c.status {
			t.Errorf("%s: %s\n%s", name, answer.Status, body)
		}
	}
	id := h.letterTo(d, reminder.OccasionPractical, outbox.KindPractical)
	notify := func(want int) {
		t.Helper()
		if err := h.app.Jobs.RunNow(t.Context(), "notifications"); err != nil {
			t.Fatal(err)
		}
		if n := len(at.Messages()); n != want {
			t.Fatalf("%d notifications came; want %d", n, want)
		}
	}
	notify(1)
	m := at.Messages()[0]
	page := h.page(strings.TrimPrefix(m.URL, "http://convene.test"))
	if m.Title == "" || page.Find("h1").Text() != m.Title || !strings.HasSuffix(m.URL, outbox.Key(id)) || !strings.HasPrefix(m.Body, "Dear ") {
		t.Errorf("the notification %+v leads to %q", m.Note, page.Find("h1").Text())
	}

	// What is refused or does not arrive by mail is not shown either.
	if err := h.app.Preferences.Refuse(t.Context(), outbox.Letter{Event: h.event.ID, Kind: outbox.KindReminder, Person: d.ID, To: outbox.Address{Email: d.Email}}); err != nil {
		t.Fatal(err)
	}
	h.letterTo(d, reminder.OccasionWeek, outbox.KindReminder)
	notify(1)
	if answer, _ := h.form(own+"/letters", own+"/push/stop", browser); answer.StatusCode != http.StatusNoContent {
		t.Errorf("stopping: %s", answer.Status)
	}
	h.letterTo(d, reminder.OccasionThanks, outbox.KindNews)
	notify(1)
}
