package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"convene/internal/account"
	"convene/internal/audience"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/reminder"
)

const rulesPage = "/desk/e/autumn/rules"

var confirmed = audience.Selection{Group: delegate.AudienceGroup}.With(delegate.FactState, "confirmed")

// addRule makes a rule for the evening before the event, with a text.
func (h *house) addRule() reminder.Rule {
	h.t.Helper()
	r, err := h.app.Reminders.Save(h.t.Context(), h.event, reminder.Rule{
		Name: "The evening before", Letter: "event.day", Kind: outbox.KindReminder, Audience: confirmed,
		When: reminder.When{Anchor: audience.EventStart, Offset: 1, Unit: reminder.Days, Before: true, Hour: "18:00"},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// typedRule is what an organiser types for the same.
func typedRule() url.Values {
	return url.Values{
		"name": {"The evening before"}, "kind": {"reminder"}, "offset": {"1"}, "unit": {"days"}, "side": {"before"},
		"anchor": {"event.start"}, "hour": {"18:00"}, "fact-state": {"confirmed"}, "group": {"delegates"},
	}
}

func TestARuleIsMadeAndChanged(t *testing.T) {
	h := open(t)
	h.invent(3)
	b := h.as(account.Organiser)
	form := b.open(rulesPage + "/new")
	if !form.Find(`input[name="fact-state"][value="confirmed"]`).Is("[checked]") {
		t.Error("a new rule should propose those who are confirmed")
	}
	page := b.follow(b.submit(form, "main form", typedRule()))
	wantText(t, page, "h1", "The evening before No text yet")
	wantText(t, page, "main", "27 Sep, 18:00 3 people No text yet")
	if page.Find(`form[action$="/now"]`).Length() != 0 {
		t.Error("a rule without a text can run now")
	}
	wantText(t, page, "aside", "1 day before the event begins")
	if n := page.Find(`#people tbody tr`).Length(); n != 3 {
		t.Errorf("%d recipients are listed", n)
	}
	wantText(t, page, "#letter", "There is no text for it yet.")

	edit := b.open(page.Find(`.actions a[href$="/edit"]`).AttrOr("href", ""))
	if got := edit.Find("#hour").AttrOr("value", ""); got != "18:00" {
		t.Errorf("the form to change it holds the hour %q", got)
	}
	changed := typedRule()
	changed.Set("offset", "2")
	page = b.follow(b.submit(edit, "main form", changed))
	wantText(t, page, "main", "26 Sep, 18:00")
	wantText(t, b.open(rulesPage), "tbody", "No text yet")
	wantText(t, b.open(rulesPage), ".day ~ table", "No text yet")
	wantText(t, b.open("/desk/audit"), "main", "The evening before")
}

func TestARuleThatIsWrongKeepsWhatWasTyped(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	typed := typedRule()
	typed.Set("name", "")
	typed.Set("hour", "25:61")
	typed.Set("quiet_from", "22:00")
	typed["fact-category"] = []string{"mayor"}
	a := b.submit(b.open(rulesPage+"/new"), "main form", typed)
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("status %s", a.Status)
	}
	page := a.doc()
	for _, field := range []string{"#name-error", "#hour-error", "#quiet_to-error"} {
		if page.Find(field).Length() != 1 {
			t.Errorf("there is no %s; the summary says %q", field, text(page.Find(".error-summary")))
		}
	}
	if got := page.Find("#hour").AttrOr("value", ""); got != "25:61" {
		t.Errorf("the hour is now %q", got)
	}
	if !page.Find(`input[name="fact-category"][value="mayor"]`).Is("[checked]") {
		t.Error("the box that was ticked is empty")
	}
	if list, err := h.app.Reminders.Rules(t.Context(), h.event); err != nil || len(list) != 0 {
		t.Errorf("%d rules were made, %v", len(list), err)
	}
}

func TestARuleIsPausedSkippedRunAndRemoved(t *testing.T) {
	h := open(t)
	h.invent(2)
	r := h.addRule()
	b, path := h.as(account.Organiser), rulesPage+"/"+r.ID
	do := func(what string) string {
		t.Helper()
		page := b.open(path)
		return text(b.follow(b.submit(page, `form[action$="/`+what+`"]`, nil)).Find("main"))
	}
	for _, step := range []struct{ do, want string }{
		{"pause", "The rule is paused."}, {"resume", "The rule runs again from now on."}, {"skip", "That run is left out."}, {"now", "Queued now: 2 letters."},
	} {
		if got := do(step.do); !strings.Contains(got, step.want) {
			t.Errorf("%s: the page lacks %q: %s", step.do, step.want, got)
		}
	}
	list := b.open(b.open(path).Find(`aside a[href*="origin="]`).AttrOr("href", ""))
	if n := list.Find("tbody tr").Length(); n != 2 {
		t.Errorf("the list of its letters has %d", n)
	}
	wantText(t, list, ".tabs", "Waiting 2")
	do("remove")
	if a := b.send(http.MethodGet, path, nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("the removed rule: %s", a.Status)
	}
	h.deliver("")
	if n := len(h.letters(outbox.Filter{Origin: r.Origin(), State: outbox.Cancelled})); n != 2 {
		t.Errorf("%d letters of the removed rule were cancelled; want both", n)
	}
}

func TestRunNowPressedTwice(t *testing.T) {
	h := open(t)
	h.invent(2)
	r := h.addRule()
	b, path := h.as(account.Organiser), rulesPage+"/"+r.ID
	for n, next := range []string{"2 people", "2 people"} { // the coming run, and one more
		page := b.open(path)
		wantText(t, page, `form[action$="/now"]`, next)
		wantText(t, b.follow(b.submit(page, `form[action$="/now"]`, nil)), "main", "Queued now: 2 letters.")
		wantText(t, b.follow(b.submit(page, `form[action$="/now"]`, nil)), ".notice.bad", "It has run already.")
		if got := len(h.letters(outbox.Filter{Origin: r.Origin()})); got != 2*(n+1) {
			t.Errorf("%d letters", got)
		}
	}
}

// stopForWantOfText makes a rule that was stopped because it has no text.
func (h *house) stopForWantOfText() reminder.Rule {
	h.t.Helper()
	r := h.addRule()
	r.Letter = ""
	r, err := h.app.Reminders.Save(h.t.Context(), h.event, r)
	if err != nil {
		h.t.Fatal(err)
	}
	next, err := h.app.Reminders.Next(h.t.Context(), h.event, r)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.app.Reminders.RunNow(h.t.Context(), h.event, r.ID, next.Run); problem.KindOf(err) != problem.Conflict {
		h.t.Fatalf("without a text: %v", err)
	}
	return r
}

func TestARuleThatWasStoppedAsks(t *testing.T) {
	h := open(t)
	h.invent(1)
	r := h.stopForWantOfText()
	b, path := h.as(account.Organiser), rulesPage+"/"+r.ID
	home := b.open("/desk/e/autumn")
	wantText(t, home, ".action-list", "1 rule has stopped and asks")
	wantText(t, home, `a[href="`+rulesPage+`"]:not(.action-list a)`, "1 stopped")
	page := b.open(path)
	wantText(t, page, "h1", "Stopped")
	wantText(t, page, ".notice.bad", "Stopped: its letter cannot be written. There is no text for it yet.")
	if page.Find(`form[action$="/allow"], form[action$="/now"]`).Length() != 0 {
		t.Error("it offers what cannot help")
	}
	page = b.follow(b.submit(page, `form[action$="/pause"]`, nil))
	wantText(t, page, "h1", "Paused")
	page = b.follow(b.submit(page, `form[action$="/resume"]`, nil))
	wantText(t, page, "main", "no longer paused, but it is stopped")
	wantText(t, page, "h1", "Stopped")
	h.write(r.Occasion(), "Tomorrow", "See you.")
	page = b.follow(b.submit(b.open(path), `form[action$="/allow"]`, nil))
	wantText(t, page, "main", "The rule goes on.")
	wantText(t, page, "h1", "On")
	if page.Find(`form[action$="/allow"]`).Length() != 0 {
		t.Error("it asks again at once")
	}
	wantText(t, b.follow(b.submit(page, `form[action$="/now"]`, nil)), "main", "Queued now: 1 letter.")
}

func TestTwoOrganisersAndOneRule(t *testing.T) {
	h := open(t)
	r := h.addRule()
	b, path := h.as(account.Organiser), rulesPage+"/"+r.ID
	mine, theirs := b.open(path+"/edit"), b.open(path+"/edit")
	named := func(name string) url.Values {
		typed := typedRule()
		typed.Set("name", name)
		return typed
	}
	b.follow(b.submit(theirs, "main form", named("Theirs")))
	a := b.submit(mine, "main form", named("Mine"))
	if a.StatusCode != http.StatusConflict {
		t.Fatalf("status %s", a.Status)
	}
	page := a.doc()
	wantText(t, page, "main form", "Theirs")
	if got := page.Find("#name").AttrOr("value", ""); got != "Mine" {
		t.Errorf("the form holds %q", got)
	}
	wantText(t, b.follow(b.submit(page, "main form", named("Mine"))), "h1", "Mine")
}

func TestARuleForTheTimeItself(t *testing.T) {
	h := open(t)
	h.invent(1)
	b := h.as(account.Organiser)
	typed := typedRule()
	typed.Set("side", "at")
	typed.Set("offset", "")
	typed.Set("anchor", "date")
	typed.Set("date", "2026-09-25")
	page := b.follow(b.submit(b.open(rulesPage+"/new"), "main form", typed))
	wantText(t, page, "aside", "on 25 September 2026 at 18:00")
	edit := b.open(page.Find(`.actions a[href$="/edit"]`).AttrOr("href", ""))
	if !edit.Find(`#side option[value="at"]`).Is("[selected]") {
		t.Error("the form to change it says something else")
	}
}

func TestARuleThatCannotRunSaysSo(t *testing.T) {
	h := open(t)
	h.invent(1)
	b := h.as(account.Organiser)
	typed := typedRule()
	typed.Set("offset", "1000")
	typed.Set("unit", "weeks")
	page := b.follow(b.submit(b.open(rulesPage+"/new"), "main form", typed))
	wantText(t, page, "main", "Its time has passed: it will not run.")
	wantText(t, b.open(rulesPage), "main", "Its time has passed: it will not run.")
	typed.Set("offset", "200")
	typed.Set("unit", "days")
	typed.Set("side", "after")
	page = b.follow(b.submit(b.open(rulesPage+"/new"), "main form", typed))
	wantText(t, page, "main", "16 Apr") // beyond the calendar, yet to come
	typed.Set("side", "before")
	typed.Set("anchor", "registration.made")
	a := b.submit(b.open(rulesPage+"/new"), "main form", typed)
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("status %s", a.Status)
	}
	wantText(t, a.doc(), "#side-error", "known only once it has happened")
}

func TestWhatNobodyOffersIsRefusedBesideItsField(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	typed := typedRule()
	typed.Set("text", strings.Repeat("x", 100_000))
	typed["fact-category"] = []string{"mayor", "astronaut"}
	a := b.submit(b.open(rulesPage+"/new"), "main form", typed)
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("status %s", a.Status)
	}
	page := a.doc()
	wantText(t, page, "#text-error", "at most 100 characters")
	wantText(t, page, "#fact-category-error", "Choose one of the possibilities")
	if !page.Find(`input[name="fact-category"][value="astronaut"]`).Is("[checked]") {
		t.Error("what is refused cannot be taken away")
	}
}

func TestThe51stRecipientIsShown(t *testing.T) {
	h := open(t)
	h.invent(52)
	r := h.addRule()
	b := h.as(account.Organiser)
	page := b.open(rulesPage + "/" + r.ID + "?all=yes")
	last := page.Find("#people tbody tr").Last()
	name := text(last.Find("th"))
	page = b.open(last.Find("a[href*='to=']").AttrOr("href", ""))
	wantText(t, page, "#letter header", name)
}

func TestTheCalendarShowsWhatGoesOut(t *testing.T) {
	h := open(t)
	h.invent(4)
	r := h.addRule()
	b := h.as(account.Organiser)
	page := b.open(rulesPage)
	wantText(t, page, "main", "In the next 60 days")
	if got := page.Find(`.day ~ table a[href="` + rulesPage + "/" + r.ID + `"]`).Length(); got != 1 {
		t.Errorf("the calendar names the rule %d times", got)
	}
	wantText(t, page, "main", "27 Sep")
	h.moveTo("2026-10-10")
	wantText(t, b.open(rulesPage), "main", "9 Oct")
}

// moveTo gives the event another day.
func (h *house) moveTo(day string) {
	h.t.Helper()
	e := h.event
	e.Starts, e.Ends = day, day
	h.saveEvent(e)
}

// saveEvent changes the house's event.
func (h *house) saveEvent(e event.Event) {
	h.t.Helper()
	h.save(&e)
	h.event = e
}

func TestRulesOfAnotherEvent(t *testing.T) {
	h := open(t)
	r, m := h.addRule(), h.addMessage()
	h.addEvent("spring", "2026-12-01")
	b := h.as(account.Organiser)
	for _, path := range []string{"rules/" + r.ID, "messages/" + m.ID, "texts/rule.no-such-rule", "texts/no.such.occasion", "texts/message." + m.ID, "letters?origin=" + url.QueryEscape(r.Origin()), "letters?origin=what"} {
		if a := b.send(http.MethodGet, "/desk/e/spring/"+path, nil); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
}
