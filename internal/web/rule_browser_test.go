package web_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"convene/internal/audience"
	"convene/internal/delegate"
	"convene/internal/i18n"
	"convene/internal/outbox/catcher"
	"convene/internal/web/browsertest"
)

// evening is a test of a rule in a browser: an organiser makes it, the clock
// passes, and somebody who got its letter opens the badge.
type evening struct {
	*house
	b      *browsertest.Browser
	caught *catcher.Catcher
	url    string
	mayors []audience.Person // confirmed ones who have not opened their badge
	rule   string            // the rule's page
}

// TestEveningBefore makes the rule "the evening before, at 18:00 in Mexico City, to
// confirmed mayors who have not opened their badge, again after three hours".
func TestEveningBefore(t *testing.T) {
	b := browsertest.Open(t, 1280)
	h := newHouse(t)
	ev := &evening{house: h, b: b, caught: h.caught, url: h.serve()}
	ev.mayors = ev.find()
	if len(ev.mayors) < 3 {
		t.Fatalf("the rehearsal has %d such mayors", len(ev.mayors))
	}
	ev.signInHere()
	ev.make()
	ev.write()
	ev.lookAhead()

	at := time.Date(2027, 5, 30, 18, 0, 0, 0, h.event.Location())
	if day := h.event.FirstDay().AddDate(0, 0, -1).Format(time.DateOnly); day != at.Format(time.DateOnly) {
		t.Fatalf("the evening before is of %s", day)
	}
	ev.pass(at.Add(-time.Minute), 0)
	ev.pass(at, len(ev.mayors))
	opened := ev.openBadge()
	ev.pass(at.Add(3*time.Hour-time.Minute), len(ev.mayors))
	ev.pass(at.Add(3*time.Hour), 2*len(ev.mayors)-1)
	for email, n := range ev.perPerson() {
		if want := map[bool]int{true: 1, false: 2}[email == opened]; n != want {
			t.Errorf("%s got %d letters; want %d (%s opened the badge)", email, n, want, opened)
		}
	}
	ev.pass(at.Add(9*time.Hour), 2*len(ev.mayors)-1)
	ev.signInHere() // three weeks have passed
	b.Go(ev.url + ev.rule)
	if done := b.Text("aside"); !strings.Contains(done, fmt.Sprint("Sent ", 2*len(ev.mayors)-1)) {
		t.Errorf("the rule's page tells of what it has done: %q", done)
	}
	b.Shot("rule-after")
	b.Click(`a[href*="origin="]`)
	b.Shot("rule-letters")
}

// serve listens where a browser can reach the program.
func (h *house) serve() string {
	h.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	go func() { _ = h.kit.App.Listener(listener) }() // ends with Shutdown
	h.t.Cleanup(func() {
		// A browser may keep a connection open beyond the second.
		if err := h.kit.App.ShutdownWithTimeout(time.Second); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			h.t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

func (ev *evening) find() []audience.Person {
	ev.t.Helper()
	sel := audience.Selection{Group: delegate.AudienceGroup}.With(delegate.FactState, "confirmed").
		With(delegate.FactCategory, "mayor").With(delegate.FactBadge, "unopened")
	var list []audience.Person
	err := ev.app.Audience.Each(ev.t.Context(), ev.event, sel, func(p audience.Person) error {
		list = append(list, p)
		return nil
	})
	if err != nil {
		ev.t.Fatal(err)
	}
	return list
}

func (ev *evening) signInHere() {
	ev.b.Go(ev.url + "/sign-in")
	ev.b.Type("#email", "organiser@example.org")
	ev.b.Type("#password", password)
	ev.b.Click("main form button")
	ev.b.Text(".desk-title, h1")
}

func (ev *evening) set(selector, value string) {
	ev.b.Do(chromedp.SetValue(selector, value, chromedp.ByQuery))
}

// tick opens the fold of a fact and ticks one of its boxes.
func (ev *evening) tick(fact, value string) {
	box := `input[name="fact-` + fact + `"][value="` + value + `"]`
	ev.b.Do(
		chromedp.Evaluate(`document.querySelector('`+box+`').closest("details").open = true`, nil),
		chromedp.Click(box, chromedp.NodeVisible, chromedp.ByQuery),
	)
}

// make makes the rule with the form; confirmed people are what the form proposes.
func (ev *evening) make() {
	ev.b.Go(ev.url + "/desk/e/rehearsal/rules/new")
	ev.b.Type("#name", "The evening before")
	ev.set("#offset", "1")
	ev.set("#unit", "days")
	ev.set("#side", "before")
	ev.set("#anchor", audience.EventStart)
	ev.set("#hour", "18:00")
	ev.b.Do(chromedp.Click("#repeat", chromedp.ByQuery))
	ev.set("#times", "3")
	ev.set("#every", "3")
	ev.set("#every_unit", "hours")
	ev.tick(delegate.FactCategory, "mayor")
	ev.tick(delegate.FactBadge, "unopened")
	ev.b.Shot("rule-form")
	ev.b.NoSideways()
	ev.b.Click("main form button.primary")
	ev.rule = browsertest.Eval[string](ev.b, "location.pathname")
	if !strings.HasPrefix(ev.rule, "/desk/e/rehearsal/rules/") || strings.HasSuffix(ev.rule, "/new") {
		ev.t.Fatalf("saving the rule led to %s", ev.rule)
	}
}

// write gives the rule its text, in the language that all can fall back on.
func (ev *evening) write() {
	id := ev.rule[strings.LastIndex(ev.rule, "/")+1:]
	ev.b.Go(ev.url + "/desk/e/rehearsal/texts/rule." + id + "?language=en")
	ev.b.Type("#subject", "{{.Name}}, your badge for tomorrow")
	ev.b.Type("#body", "Dear {{.Name}},\n\nyou will need it at the entrance:\n\n[Open your badge]({{.BadgeLink}})")
	ev.b.Click(`button[value="save"]`)
}

// lookAhead reads on the rule's page who will get the letter, when, and what one
// of them will read.
func (ev *evening) lookAhead() {
	ev.t.Helper()
	ev.b.Go(ev.url + ev.rule)
	ev.b.NoSideways()
	page := ev.b.Text("main")
	for _, want := range []string{"30 May, 18:00", "The evening before", "Mayor"} {
		if !strings.Contains(page, want) {
			ev.t.Errorf("the rule's page does not tell %q", want)
		}
	}
	if !strings.Contains(page, "The first 50 are shown.") {
		ev.t.Error("the page does not say that there are more")
	}
	ev.b.Click(`a[href*="all=yes"]`)
	rows := browsertest.Eval[int](ev.b, `[...document.querySelectorAll("main section tbody tr th a[href*='/delegates/']")].length`)
	if rows != len(ev.mayors) {
		ev.t.Errorf("the page lists %d recipients; want %d", rows, len(ev.mayors))
	}
	when := browsertest.Eval[[]string](ev.b, `[...document.querySelectorAll("main section tbody tr:has(a[href*='/delegates/']) time")].map(t => t.dateTime)`)
	for _, at := range when {
		if at != "2027-05-30T18:00:00-06:00" {
			ev.t.Errorf("somebody is to get it at %s", at)
		}
	}
	second := ev.mayors[1]
	ev.b.Click(`a[href*="` + second.ID + `"][href*="to="]`)
	if read := ev.b.Text("#letter"); !strings.Contains(read, i18n.Isolate(second.Name, "ltr")+", your badge for tomorrow") {
		ev.t.Errorf("%s will read %q", second.Name, read)
	}
	ev.b.Shot("rule-ahead")
}

// pass lets the clock reach the instant and the jobs run; so many letters have
// arrived then.
func (ev *evening) pass(at time.Time, want int) {
	ev.t.Helper()
	ev.clock.Set(at.UTC())
	for _, job := range []string{"reminders", "letters"} {
		if err := ev.app.Jobs.RunNow(ev.t.Context(), job); err != nil {
			ev.t.Fatal(err)
		}
	}
	if got := len(ev.caught.Messages()); got != want {
		ev.t.Fatalf("at %s %d letters have arrived; want %d", at.Format(time.DateTime), got, want)
	}
}

// openBadge reads the latest letter where it was caught, and follows its link as
// the person who got it.
func (ev *evening) openBadge() (email string) {
	ev.t.Helper()
	ev.b.Go(ev.url + "/mailbox")
	ev.b.Click("main tbody th a")
	link := regexp.MustCompile(`http://convene\.test(/r/\S+/badge)`).FindStringSubmatch(ev.b.Text("pre"))
	if link == nil {
		ev.t.Fatal("the letter has no link to the badge")
	}
	email = ev.caught.Messages()[len(ev.caught.Messages())-1].To[0]
	ev.b.Go(ev.url + link[1])
	ev.b.Text(".badge")
	return email
}

func (ev *evening) perPerson() map[string]int {
	n := map[string]int{}
	for _, p := range ev.mayors {
		n[p.Email] = 0
	}
	for _, m := range ev.caught.Messages() {
		n[m.To[0]]++
	}
	return n
}
