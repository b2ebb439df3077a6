package reminder_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audience"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/reminder"
	"convene/internal/store"
)

// newApp is the program without a look at the letters' texts, which a rule may
// not have yet.
func newApp(t *testing.T) (*app.App, *apptest.Clock) {
	t.Helper()
	a, clock := apptest.New(t)
	a.Reminders.Try = nil
	return a, clock
}

// queue runs the job and expects so many letters.
func queue(t *testing.T, a *app.App, want int) {
	t.Helper()
	if n, err := a.Reminders.Queue(t.Context()); err != nil || n != want {
		t.Errorf("at %s: %d letters, %v; want %d", a.Clock().Format(time.RFC3339), n, err, want)
	}
}

// at reads an instant by the clocks of Mexico City.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("America/Mexico_City")
	if err != nil {
		t.Fatal(err)
	}
	instant, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return instant.UTC()
}

func add(t *testing.T, a *app.App, e event.Event, form delegate.Form) delegate.Delegate {
	t.Helper()
	var d delegate.Delegate
	err := a.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		d, err = a.Delegates.Add(t.Context(), tx, e, form, a.Clock())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func save(t *testing.T, a *app.App, e event.Event, r reminder.Rule) reminder.Rule {
	t.Helper()
	saved, err := a.Reminders.Save(t.Context(), e, r)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// alone makes an event without the program's rules, so that a test's own are the
// only ones.
func alone(t *testing.T, a *app.App, change func(*event.Event)) event.Event {
	t.Helper()
	e := apptest.Event(t, a, change)
	queue(t, a, 0)
	list, err := a.Reminders.Rules(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if err := a.Reminders.Pause(t.Context(), e, r.ID); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func move(t *testing.T, a *app.App, e event.Event, starts, ends string) event.Event {
	t.Helper()
	e.Starts, e.Ends = starts, ends
	err := a.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		e, err = a.Events.Save(t.Context(), tx, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func letters(t *testing.T, a *app.App, e event.Event, origin string) []outbox.Letter {
	t.Helper()
	page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: e.ID, Limit: store.MaxLimit}, "")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(page.Items, func(l outbox.Letter) bool { return l.Origin != origin })
}

var confirmed = audience.Selection{Group: delegate.AudienceGroup}.With(delegate.FactState, string(delegate.Confirmed))

// before is a rule of the organisers' own.
func before(offset int, unit reminder.Unit, hour string) reminder.Rule {
	return reminder.Rule{
		Name: "Mine", Kind: outbox.KindReminder, Audience: confirmed,
		When: reminder.When{Anchor: audience.EventStart, Offset: offset, Unit: unit, Before: true, Hour: hour},
	}
}

func TestANewEventHasTheProgramsRules(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := apptest.Event(t, a, nil) // begins on 31 May
	for _, name := range []string{"Amina Haddad", "Li Wei", "Ana Ruiz"} {
		apptest.Confirmed(t, a, e, name)
	}
	if err := a.Delegates.Register(t.Context(), e, apptest.Form("Not Confirmed", "not@example.org")); err != nil {
		t.Fatal(err)
	}
	queue(t, a, 0)
	for _, step := range []struct {
		at   string
		want int
	}{
		{"2027-05-17 09:00", 3}, // practical information
		{"2027-05-24 08:59", 0},
		{"2027-05-24 09:00", 3}, // a week before
		{"2027-05-24 09:05", 0},
		{"2027-05-30 09:00", 3}, // the day before
		{"2027-05-31 00:00", 0},
		{"2027-06-03 10:00", 0}, // thanks, to those who came: nobody
	} {
		clock.Set(at(t, step.at))
		queue(t, a, step.want)
	}
	for _, l := range letters(t, a, e, "rule/"+e.ID+"-week") {
		if l.Occasion != reminder.OccasionWeek || l.Kind != outbox.KindReminder || !l.Deadline.Equal(e.FirstDay()) {
			t.Errorf("a letter of occasion %s and kind %s, good until %s", l.Occasion, l.Kind, l.Deadline)
		}
	}
}

func TestThoseWhoCameAreThanked(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := apptest.Event(t, a, nil)
	queue(t, a, 0)
	came := apptest.Confirmed(t, a, e, "Amina Haddad")
	apptest.Confirmed(t, a, e, "Stayed Away")
	clock.Set(at(t, "2027-05-31 08:30"))
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		d, err := a.Delegates.AtDoor(t.Context(), tx, came.ID)
		if err != nil {
			return err
		}
		return a.Delegates.Arrive(tx, e, d, "main", clock.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	clock.Set(at(t, "2027-06-03 10:00"))
	queue(t, a, 1)
	clock.Set(at(t, "2027-06-06 10:00")) // the survey
	queue(t, a, 1)
}

func TestPastEventsGetNoRules(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := apptest.Event(t, a, nil)
	clock.Set(at(t, "2027-06-10 10:00"))
	queue(t, a, 0)
	if list, err := a.Reminders.Rules(t.Context(), e); err != nil || len(list) != 0 {
		t.Errorf("%d rules, %v; want none for an event that was over before", len(list), err)
	}
}

func TestAnEventWithoutADayRemindsNobody(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := apptest.Event(t, a, func(e *event.Event) { e.MonthOnly = true })
	apptest.Confirmed(t, a, e, "Amina Haddad")
	queue(t, a, 0)
	clock.Set(at(t, "2027-05-30 09:00"))
	queue(t, a, 0)
}

func TestALateProgramMakesUpForTwoDays(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := apptest.Event(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	queue(t, a, 0)
	clock.Set(at(t, "2027-05-30 11:00")) // a week's notice and the practical letter are missed
	queue(t, a, 1)
	queue(t, a, 0)
	plan, err := a.Reminders.Calendar(t.Context(), e, apptest.Now, 30)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]reminder.PlanState{}
	for _, p := range plan {
		states[p.Rule.Builtin] = p.State
	}
	if states["week"] != reminder.Missed || states["day"] != reminder.Done || states["thanks"] != reminder.Coming {
		t.Errorf("the calendar says %v", states)
	}
}

func TestAMovedEventMovesItsRules(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	d := apptest.Confirmed(t, a, e, "Amina Haddad")
	r := save(t, a, e, before(7, reminder.Days, "09:00"))
	clock.Set(at(t, "2027-05-24 09:00"))
	queue(t, a, 1)
	sent := letters(t, a, e, r.Origin())[0]
	if ok, err := a.Reminders.Stands(t.Context(), sent); !ok || err != nil {
		t.Errorf("before the move the letter does not stand: %v", err)
	}
	e = move(t, a, e, "2027-09-13", "2027-09-15")
	if ok, err := a.Reminders.Stands(t.Context(), sent); ok || err != nil {
		t.Errorf("a letter of the old dates still stands (%v)", err)
	}
	queue(t, a, 0)
	clock.Set(at(t, "2027-09-06 09:00"))
	queue(t, a, 1)
	again := letters(t, a, e, r.Origin())
	if len(again) != 2 || again[0].Person != d.ID {
		t.Errorf("%d letters in all; want one for each date", len(again))
	}
}

func TestAChangedRuleMovesOnlyWhatHasNotGoneOut(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	gone := save(t, a, e, before(7, reminder.Days, "09:00"))
	coming := save(t, a, e, before(5, reminder.Days, "09:00"))
	clock.Set(at(t, "2027-05-24 09:00"))
	queue(t, a, 1)
	for _, r := range []reminder.Rule{gone, coming} {
		r.When.Offset = 3
		save(t, a, e, r)
	}
	clock.Set(at(t, "2027-05-26 09:00"))
	queue(t, a, 0)
	clock.Set(at(t, "2027-05-28 09:00"))
	queue(t, a, 1) // the one that had not run
}

// The rule of the specification: the evening before, to confirmed mayors who have
// not opened their badge.
func TestTheEveningBeforeToMayorsWithoutTheirBadge(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	mayor := func(name, email string) delegate.Form {
		f := apptest.Form(name, email)
		f.Category = "mayor"
		return f
	}
	first := add(t, a, e, mayor("Amina Haddad", "amina@example.org"))
	second := add(t, a, e, mayor("Li Wei", "li@example.org"))
	add(t, a, e, apptest.Form("No Mayor", "none@example.org"))
	r := before(1, reminder.Days, "18:00")
	r.Audience = confirmed.With(delegate.FactCategory, "mayor").With(delegate.FactBadge, "unopened")
	r.Repeat = reminder.Repeat{Times: 3, Every: 2, Unit: reminder.Hours}
	r = save(t, a, e, r)

	who, err := a.Reminders.Recipients(t.Context(), e, r, 10)
	if err != nil || len(who) != 2 || !who[0].Due.Equal(at(t, "2027-05-30 18:00")) {
		t.Fatalf("it shows %d recipients (%v), the first at %v; want both mayors at 18:00", len(who), err, who)
	}
	clock.Set(at(t, "2027-05-30 18:00"))
	queue(t, a, 2)
	if err := a.Delegates.OpenBadge(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	clock.Set(at(t, "2027-05-30 20:00"))
	queue(t, a, 1)
	if got := letters(t, a, e, r.Origin()); got[0].Person != second.ID && got[1].Person != second.ID {
		t.Error("the second letter is not for who still has to open the badge")
	}
	if err := a.Delegates.OpenBadge(t.Context(), second.ID); err != nil {
		t.Fatal(err)
	}
	clock.Set(at(t, "2027-05-30 22:00"))
	queue(t, a, 0)
	r.Audience = confirmed
	if who, err = a.Reminders.Recipients(t.Context(), e, r, 10); err != nil || len(who) != 3 || !who[0].Due.IsZero() {
		t.Errorf("after the last run it shows %v (%v); want three who fit, at no instant", who, err)
	}
	for _, l := range letters(t, a, e, r.Origin()) {
		if ok, err := a.Reminders.Stands(t.Context(), l); ok || err != nil {
			t.Errorf("the letter to somebody who has opened the badge would still go out (%v)", err)
		}
	}
}

func TestEachInTheirOwnZone(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	for name, zone := range map[string]string{"Tokyo": "Asia/Tokyo", "Dublin": "Europe/Dublin", "Here": "", "Honolulu": "Pacific/Honolulu"} {
		f := apptest.Form("From "+name, name+"@example.org")
		f.TimeZone = zone
		add(t, a, e, f)
	}
	r := before(1, reminder.Days, "18:00")
	r.When.Own = true
	r = save(t, a, e, r)
	for _, step := range []struct {
		at   string // 30 May by the clocks of Mexico City, UTC-6
		want int
	}{
		{"2027-05-30 02:59", 0}, {"2027-05-30 03:00", 1}, // 18:00 in Tokyo
		{"2027-05-30 10:59", 0}, {"2027-05-30 11:00", 1}, // in Dublin, on summer time
		{"2027-05-30 17:59", 0}, {"2027-05-30 18:00", 1}, // here
		{"2027-05-30 21:59", 0}, {"2027-05-30 22:00", 1}, // in Honolulu
		{"2027-05-30 23:59", 0},
	} {
		clock.Set(at(t, step.at))
		queue(t, a, step.want)
	}
	if n := len(letters(t, a, e, r.Origin())); n != 4 {
		t.Errorf("%d letters; want one each", n)
	}
}

func TestQuietHoursHoldLettersBack(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	clock.Set(at(t, "2027-05-12 23:30"))
	r := reminder.Rule{
		Name: "Welcome", Kind: outbox.KindPractical, Audience: confirmed,
		When: reminder.When{Anchor: delegate.AnchorRegistered, Offset: 1, Unit: reminder.Hours, QuietFrom: "22:00", QuietTo: "07:00"},
	}
	save(t, a, e, r)
	apptest.Confirmed(t, a, e, "Up Late") // due half past midnight
	for _, step := range []struct {
		at   string
		want int
	}{{"2027-05-13 00:30", 0}, {"2027-05-13 06:59", 0}, {"2027-05-13 07:00", 1}, {"2027-05-13 08:00", 0}} {
		clock.Set(at(t, step.at))
		queue(t, a, step.want)
	}
	apptest.Confirmed(t, a, e, "At Eight")
	clock.Set(at(t, "2027-05-13 09:00"))
	queue(t, a, 1)
}

func TestSoLongAfterRegistering(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	earlier := apptest.Confirmed(t, a, e, "Before The Rule")
	clock.Add(24 * time.Hour)
	r := save(t, a, e, reminder.Rule{
		Name: "Two days in", Kind: outbox.KindPractical, Audience: confirmed,
		When: reminder.When{Anchor: delegate.AnchorRegistered, Offset: 2, Unit: reminder.Days, Hour: "10:00"},
	})
	plan, err := a.Reminders.Plan(t.Context(), e, r, clock.Now(), clock.Now().AddDate(0, 0, 60))
	if err != nil || len(plan) != 1 || plan[0].People != 1 || !plan[0].Each {
		t.Errorf("the plan is %+v (%v); want one person who is known", plan, err)
	}
	clock.Set(at(t, "2027-05-12 09:59"))
	queue(t, a, 0)
	clock.Set(at(t, "2027-05-12 10:00"))
	queue(t, a, 1)
	if got := letters(t, a, e, r.Origin()); len(got) != 1 || got[0].Person != earlier.ID {
		t.Errorf("%d letters", len(got))
	}
	if _, err := a.Delegates.Cancel(t.Context(), earlier.ID, ""); err != nil {
		t.Fatal(err)
	}
	clock.Add(72 * time.Hour)
	queue(t, a, 0)
}

func TestPausedSkippedAndRunNow(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	paused, skipped, now := save(t, a, e, before(7, reminder.Days, "09:00")), save(t, a, e, before(7, reminder.Days, "09:00")), save(t, a, e, before(7, reminder.Days, "09:00"))
	if err := a.Reminders.Pause(t.Context(), e, paused.ID); err != nil {
		t.Fatal(err)
	}
	plan, err := a.Reminders.Plan(t.Context(), e, skipped, clock.Now(), e.FirstDay())
	if err != nil || len(plan) != 1 {
		t.Fatalf("%d planned, %v", len(plan), err)
	}
	if err := a.Reminders.Skip(t.Context(), e, skipped.ID, plan[0].Run); err != nil {
		t.Fatal(err)
	}
	if err := a.Reminders.Skip(t.Context(), e, skipped.ID, "no/such/run"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("skipping what is not there: %v", err)
	}
	runNow(t, a, e, now, 1)
	clock.Set(at(t, "2027-05-24 10:00"))
	queue(t, a, 0)
	if err := a.Reminders.Resume(t.Context(), e, paused.ID); err != nil {
		t.Fatal(err)
	}
	queue(t, a, 0)          // what was due meanwhile stays undone
	runNow(t, a, e, now, 1) // once more, without a run to come
	for _, l := range letters(t, a, e, now.Origin()) {
		if !l.Deadline.After(clock.Now()) {
			t.Errorf("the letter made now is pointless from %v", l.Deadline)
		}
	}
}

func TestATextOfAsManyWordsAsThereMayBeIsSearched(t *testing.T) {
	t.Parallel()
	a, _ := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	r := before(7, reminder.Days, "09:00")
	r.Audience.Text = strings.Repeat("a ", audience.MaxText/2)
	r = save(t, a, e, r)
	if n, err := a.Audience.Count(t.Context(), e, r.Audience); n != 1 || err != nil {
		t.Errorf("it finds %d, %v", n, err)
	}
}

// runNow runs what the rule's page shows, and expects so many letters.
func runNow(t *testing.T, a *app.App, e event.Event, r reminder.Rule, want int) {
	t.Helper()
	next, err := a.Reminders.Next(t.Context(), e, r)
	if err != nil {
		t.Fatal(err)
	}
	if next.People != want {
		t.Errorf("it says that %d would get it; want %d", next.People, want)
	}
	if n, err := a.Reminders.RunNow(t.Context(), e, r.ID, next.Run); n != want || err != nil {
		t.Errorf("run now: %d letters, %v; want %d", n, err, want)
	}
}

// wantProblem expects a problem with the message.
func wantProblem(t *testing.T, err error, key string) {
	t.Helper()
	var told *problem.Error
	if !errors.As(err, &told) || told.Key != key {
		t.Errorf("the problem is %v; want %s", err, key)
	}
}

func TestPressedTwiceItRunsOnce(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	r := save(t, a, e, before(7, reminder.Days, "09:00"))
	for want, name := range []string{"the coming run", "one more", "yet one more"} {
		next, err := a.Reminders.Next(t.Context(), e, r)
		if err != nil || next.Extra != (want > 0) {
			t.Fatalf("%s: %+v, %v", name, next, err)
		}
		if n, err := a.Reminders.RunNow(t.Context(), e, r.ID, next.Run); n != 1 || err != nil {
			t.Errorf("%s: %d letters, %v", name, n, err)
		}
		clock.Add(2 * time.Minute)
		_, err = a.Reminders.RunNow(t.Context(), e, r.ID, next.Run)
		wantProblem(t, err, "problem.rule_run_over")
		if n := len(letters(t, a, e, r.Origin())); n != want+1 {
			t.Errorf("after %s there are %d letters", name, n)
		}
	}
	_, err := a.Reminders.RunNow(t.Context(), e, r.ID, r.ID+"/what/0")
	wantProblem(t, err, "problem.rule_run_other")
}

func TestAPausedRuleDoesNotRunNow(t *testing.T) {
	t.Parallel()
	a, _ := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	r := save(t, a, e, before(7, reminder.Days, "09:00"))
	next, err := a.Reminders.Next(t.Context(), e, r)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Reminders.Pause(t.Context(), e, r.ID); err != nil {
		t.Fatal(err)
	}
	_, err = a.Reminders.RunNow(t.Context(), e, r.ID, next.Run)
	wantProblem(t, err, "problem.rule_paused")
	if n := len(letters(t, a, e, r.Origin())); n != 0 {
		t.Errorf("%d letters, which would be cancelled", n)
	}
}

func TestTwoWhoChangeARule(t *testing.T) {
	t.Parallel()
	a, _ := newApp(t)
	e := alone(t, a, nil)
	mine := save(t, a, e, before(7, reminder.Days, "09:00"))
	theirs := mine
	theirs.Name = "Theirs"
	theirs = save(t, a, e, theirs)
	mine.Name = "Mine"
	_, err := a.Reminders.Save(t.Context(), e, mine)
	wantProblem(t, err, "problem.rule_newer")
	if r, err := a.Reminders.Rule(t.Context(), e, mine.ID); err != nil || r.Name != "Theirs" {
		t.Errorf("the rule is %q, %v", r.Name, err)
	}
	mine.Version = theirs.Version
	save(t, a, e, mine)
}

func TestWhoRefusesIsNotCounted(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	unwilling := apptest.Confirmed(t, a, e, "Li Wei")
	err := a.Preferences.Choose(t.Context(), outbox.Letter{Event: e.ID, To: outbox.Address{Email: unwilling.Email}}, []outbox.Kind{outbox.KindReminder})
	if err != nil {
		t.Fatal(err)
	}
	r := save(t, a, e, before(7, reminder.Days, "09:00"))
	plan, err := a.Reminders.Plan(t.Context(), e, r, clock.Now(), e.FirstDay())
	if err != nil || len(plan) != 1 || plan[0].People != 1 || plan[0].Refused != 1 {
		t.Errorf("the plan is %+v, %v; want one, and one who refuses", plan, err)
	}
	who, err := a.Reminders.Recipients(t.Context(), e, r, 10)
	if err != nil || len(who) != 1 || who[0].Letter.Person == unwilling.ID {
		t.Errorf("it lists %d, %v", len(who), err)
	}
	r.When = reminder.When{Anchor: delegate.AnchorRegistered, Offset: 2, Unit: reminder.Days}
	r = save(t, a, e, r)
	if plan, err = a.Reminders.Plan(t.Context(), e, r, clock.Now(), e.FirstDay()); err != nil || len(plan) != 1 || plan[0].People != 1 {
		t.Errorf("after registering the plan is %+v, %v", plan, err)
	}
}

func TestByEachPersonsClockThePlanTellsTheirInstants(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	r := before(1, reminder.Days, "18:00")
	r.When.Own = true
	r = save(t, a, e, r)
	plan, err := a.Reminders.Plan(t.Context(), e, r, clock.Now(), e.FirstDay())
	if here := at(t, "2027-05-30 18:00"); err != nil || len(plan) != 1 || !plan[0].Due.Equal(here) || !plan[0].Last.Equal(here) {
		t.Errorf("the plan is %+v, %v; want the only instant", plan, err)
	}
}

// The event begins in Tokyo while it is yesterday in Los Angeles.
func TestFarInTheWestItIsTheDayBefore(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, func(e *event.Event) { e.TimeZone = "Asia/Tokyo" })
	for _, zone := range []string{"America/Los_Angeles", "Europe/Dublin", "Asia/Tokyo", "Pacific/Honolulu"} {
		f := apptest.Form("From "+zone, strings.ReplaceAll(zone, "/", ".")+"@example.org")
		f.TimeZone = zone
		add(t, a, e, f)
	}
	r := before(1, reminder.Days, "10:00")
	r.When.Own = true
	r = save(t, a, e, r)
	for clock.Now().Before(e.FirstDay()) {
		clock.Add(5 * time.Hour)
		if _, err := a.Reminders.Queue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	list := letters(t, a, e, r.Origin())
	if len(list) != 4 {
		t.Errorf("%d letters; want one each", len(list))
	}
	for _, l := range list {
		if due, err := time.Parse(time.RFC3339, l.Data["due"]); err != nil || !due.Before(l.Deadline) {
			t.Errorf("%s is due at %s, when it is pointless", l.To.Name, l.Data["due"])
		}
	}
}

// A day is 25 hours long where summer time ends.
func TestAskingAgainAcrossAChangeOfClocks(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, func(e *event.Event) { e.TimeZone = "Europe/Dublin" })
	clock.Set(time.Date(2026, 10, 23, 12, 0, 0, 0, time.UTC))
	r := save(t, a, e, reminder.Rule{
		Name: "Again", Kind: outbox.KindPractical, Audience: confirmed, Repeat: reminder.Repeat{Times: 2, Every: 1, Unit: reminder.Days},
		When: reminder.When{Anchor: delegate.AnchorRegistered, Offset: 1, Unit: reminder.Hours},
	})
	apptest.Confirmed(t, a, e, "Amina Haddad")
	for i := range 100 {
		if i == 32 { // the day before the clocks change
			apptest.Confirmed(t, a, e, "Li Wei")
		}
		clock.Add(45 * time.Minute)
		if _, err := a.Reminders.Queue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(letters(t, a, e, r.Origin())); n != 4 {
		t.Errorf("%d letters; want two each", n)
	}
}

func TestAPassingFaultStopsNoRule(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	r := save(t, a, e, before(7, reminder.Days, "09:00"))
	broken := errors.New("the database is away")
	a.Reminders.Try = func(context.Context, outbox.Letter) error { return broken }
	clock.Set(at(t, "2027-05-24 09:00"))
	if _, err := a.Reminders.Queue(t.Context()); !errors.Is(err, broken) {
		t.Errorf("the job says %v", err)
	}
	if r, err := a.Reminders.Rule(t.Context(), e, r.ID); err != nil || r.Held != nil {
		t.Errorf("the rule is held: %+v, %v", r.Held, err)
	}
	a.Reminders.Try = nil
	queue(t, a, 1)
}

func TestARuleThatCannotBeStoppedIsAnError(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	save(t, a, e, before(7, reminder.Days, "09:00"))
	ctx, cancel := context.WithCancel(t.Context())
	a.Reminders.Try = func(context.Context, outbox.Letter) error {
		cancel()
		return problem.New(problem.NotFound, "problem.file_not_found")
	}
	clock.Set(at(t, "2027-05-24 09:00"))
	if _, err := a.Reminders.Queue(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the job says %v; want why the rule could not be stopped", err)
	}
}

func TestStoppedRulesAskAndStayStopped(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	r := save(t, a, e, before(7, reminder.Days, "09:00"))
	a.Reminders.Try = func(context.Context, outbox.Letter) error { return errors.New("the placeholder SurveyLink is empty") }
	clock.Set(at(t, "2027-05-24 09:00"))
	queue(t, a, 0)
	stopped := func(want int) {
		t.Helper()
		if n, err := a.Reminders.Stopped(t.Context(), e); n != want || err != nil {
			t.Errorf("%d rules are stopped, %v; want %d", n, err, want)
		}
	}
	stopped(1)
	_, err := a.Reminders.RunNow(t.Context(), e, r.ID, "")
	wantProblem(t, err, "problem.rule_unwritten")
	for _, step := range []struct {
		do   func(context.Context, event.Event, string) error
		want int
	}{{a.Reminders.Pause, 0}, {a.Reminders.Resume, 1}, {a.Reminders.Allow, 0}} {
		if err := step.do(t.Context(), e, r.ID); err != nil {
			t.Fatal(err)
		}
		stopped(step.want)
	}
}

func TestARuleWhoseTimeHasPassed(t *testing.T) {
	t.Parallel()
	a, _ := newApp(t)
	e := alone(t, a, nil)
	for want, r := range map[bool]reminder.Rule{true: before(1000, reminder.Weeks, ""), false: before(1, reminder.Weeks, "")} {
		if passed, err := a.Reminders.Passed(t.Context(), e, save(t, a, e, r)); passed != want || err != nil {
			t.Errorf("%d %s before: passed is %t, %v", r.When.Offset, r.When.Unit, passed, err)
		}
	}
}

func TestADateThatIsOverIsRefusedButOnce(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	clock.Set(at(t, "2027-05-10 09:00"))
	r := before(7, reminder.Days, "09:00")
	r.When = reminder.When{Anchor: audience.Date, Date: "2027-05-10", Unit: reminder.Days, Hour: "10:00"}
	r = save(t, a, e, r)
	clock.Set(at(t, "2027-05-20 09:00"))
	r.Name = "Another name" // which is not about the date
	r = save(t, a, e, r)
	r.When.Date = "2027-05-19"
	_, err := a.Reminders.Save(t.Context(), e, r)
	wantField(t, err, "date")
	r.When.Offset = 2
	save(t, a, e, r)
}

func TestARuleForTooManyIsStoppedAndAsks(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	// A part that finds everybody three times over.
	everybody, _ := a.Audience.Group(delegate.AudienceGroup)
	crowd := everybody
	crowd.Name = "crowd"
	crowd.Find = func(ctx context.Context, e event.Event, sel audience.Selection, cursor string, limit int) ([]audience.Person, string, error) {
		people, next, err := everybody.Find(ctx, e, sel, cursor, limit)
		var many []audience.Person
		for _, p := range people {
			for i := range 3 {
				p.ID = fmt.Sprintf("%s-%d", p.ID, i)
				many = append(many, p)
			}
		}
		return many, next, err
	}
	a.Audience.Groups = append(a.Audience.Groups, crowd)
	r := before(7, reminder.Days, "09:00")
	r.Audience.Group = "crowd"
	r = save(t, a, e, r)
	clock.Set(at(t, "2027-05-24 09:00"))
	queue(t, a, 0)
	held, err := a.Reminders.Rule(t.Context(), e, r.ID)
	if err != nil || held.Held == nil || held.Held.People != 3 {
		t.Fatalf("the rule is held with %+v, %v", held.Held, err)
	}
	if err := a.Reminders.Allow(t.Context(), e, r.ID); err != nil {
		t.Fatal(err)
	}
	queue(t, a, 3)
}

func TestALetterThatCannotBeWrittenStopsItsRule(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	broken, whole := save(t, a, e, before(7, reminder.Days, "09:00")), save(t, a, e, before(7, reminder.Days, "09:00"))
	a.Reminders.Try = func(_ context.Context, l outbox.Letter) error {
		if l.Data["rule"] == broken.ID {
			return errors.New("the placeholder SurveyLink is empty")
		}
		return nil
	}
	clock.Set(at(t, "2027-05-24 09:00"))
	queue(t, a, 1)
	held, err := a.Reminders.Rule(t.Context(), e, broken.ID)
	if err != nil || held.Held == nil || held.Held.Reason != "the placeholder SurveyLink is empty" {
		t.Errorf("the rule is held with %+v, %v", held.Held, err)
	}
	if len(letters(t, a, e, whole.Origin())) != 1 {
		t.Error("a broken rule kept another from running")
	}
}

func TestManyInBatchesByTwoInstances(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	const many = 1203 // more than two batches
	for from := 0; from < many; from += 100 {
		err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
			for i := from; i < min(from+100, many); i++ {
				form := apptest.Form(fmt.Sprintf("Guest %d x", i), fmt.Sprintf("guest%d@example.org", i))
				if _, err := a.Delegates.Add(t.Context(), tx, e, form, a.Clock()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r := save(t, a, e, before(1, reminder.Days, "09:00"))
	clock.Set(at(t, "2027-05-30 09:00"))
	other, otherClock := apptest.On(t, a.DB)
	other.Reminders.Try = nil
	otherClock.Set(clock.Now().Add(2 * time.Minute)) // its clock is fast
	results := make(chan error, 2)
	for _, one := range []*app.App{a, other} {
		go func() {
			_, err := one.Reminders.Queue(t.Context())
			results <- err
		}()
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	queue(t, a, 0)
	tally := map[string]int{}
	for cursor := ""; ; {
		page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: e.ID, Limit: store.MaxLimit}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Items {
			if l.Origin == r.Origin() {
				tally[l.Person]++
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(tally) != many {
		t.Errorf("letters to %d people; want %d", len(tally), many)
	}
}

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	a, _ := newApp(t)
	e := alone(t, a, nil)
	for field, spoil := range map[string]func(*reminder.Rule){
		"name":       func(r *reminder.Rule) { r.Name = " " },
		"kind":       func(r *reminder.Rule) { r.Kind = "necessary" },
		"anchor":     func(r *reminder.Rule) { r.When.Anchor = "the weather" },
		"date":       func(r *reminder.Rule) { r.When.Anchor, r.When.Date = audience.Date, "31/05/2027" },
		"unit":       func(r *reminder.Rule) { r.When.Unit = "moons" },
		"offset":     func(r *reminder.Rule) { r.When.Offset = 0 },
		"hour":       func(r *reminder.Rule) { r.When.Hour = "25:00" },
		"quiet_to":   func(r *reminder.Rule) { r.When.QuietFrom = "22:00" },
		"times":      func(r *reminder.Rule) { r.Repeat = reminder.Repeat{Times: 99, Every: 1, Unit: reminder.Days} },
		"every":      func(r *reminder.Rule) { r.Repeat = reminder.Repeat{Times: 2, Unit: reminder.Days} },
		"group":      func(r *reminder.Rule) { r.Audience.Group = "everybody" },
		"text":       func(r *reminder.Rule) { r.Audience.Text = strings.Repeat("é", audience.MaxText+1) },
		"fact-shoe":  func(r *reminder.Rule) { r.Audience = r.Audience.With("shoe", "42") },
		"fact-state": func(r *reminder.Rule) { r.Audience = r.Audience.With(delegate.FactState, "confirmed", "asleep") },
		"every_unit": func(r *reminder.Rule) { r.Repeat = reminder.Repeat{Times: 2, Every: 1, Unit: "moons"} },
	} {
		r := before(7, reminder.Days, "09:00")
		spoil(&r)
		_, err := a.Reminders.Save(t.Context(), e, r)
		wantField(t, err, field)
	}
	r := before(7, reminder.Days, "09:00")
	r.When.Anchor = delegate.AnchorArrived
	_, err := a.Reminders.Save(t.Context(), e, r)
	wantField(t, err, "side")
	for _, date := range []string{"0001-01-01", "9999-12-31", "2038-01-01"} {
		r := before(7, reminder.Days, "09:00")
		r.When.Anchor, r.When.Date, r.When.Before = audience.Date, date, false
		_, err := a.Reminders.Save(t.Context(), e, r)
		wantField(t, err, "date")
	}
	r = before(7, reminder.Days, "09:00")
	r.When.QuietFrom, r.When.QuietTo = "22:00", "22:00"
	_, err = a.Reminders.Save(t.Context(), e, r)
	wantField(t, err, "quiet_to")
}

// wantField expects a problem with the form's field.
func wantField(t *testing.T, err error, field string) {
	t.Helper()
	var told *problem.Error
	if !errors.As(err, &told) || !slices.ContainsFunc(told.Fields, func(f problem.Field) bool { return f.Name == field }) {
		t.Errorf("a bad %s: %v", field, err)
	}
}

func TestThePersonsWhoAreNamedAndNobodyElse(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	r := reminder.Rule{
		Name: "To one", Kind: outbox.KindPractical, Audience: confirmed,
		When: reminder.When{Anchor: delegate.AnchorRegistered, Offset: 1, Unit: reminder.Hours},
	}
	r.Audience.Text = "hadd"
	r = save(t, a, e, r)
	amina := apptest.Confirmed(t, a, e, "Amina Haddad")
	apptest.Confirmed(t, a, e, "Li Wei")
	clock.Add(time.Hour)
	queue(t, a, 1)
	l := letters(t, a, e, r.Origin())[0]
	if l.Person != amina.ID {
		t.Error("the letter is for somebody of another name")
	}
	for text, want := range map[string]bool{"HADDAD amina": true, "Löw": false, "amina.haddad@": true, "li.wei@example.org": false, "!": false} {
		r.Audience.Text = text
		r = save(t, a, e, r)
		if ok, err := a.Reminders.Stands(t.Context(), l); ok != want || err != nil {
			t.Errorf("with the text %q it stands: %t, %v", text, ok, err)
		}
		people, _, err := a.Audience.Find(t.Context(), e, r.Audience, "", 10)
		if found := slices.ContainsFunc(people, func(p audience.Person) bool { return p.ID == amina.ID }); found != want || err != nil {
			t.Errorf("the search for %q finds her: %t, %v", text, found, err)
		}
	}
}

func TestALetterToSomebodyWhoIsGoneDoesNotStand(t *testing.T) {
	t.Parallel()
	a, clock := newApp(t)
	e := alone(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	r := save(t, a, e, before(7, reminder.Days, "09:00"))
	clock.Set(at(t, "2027-05-24 09:00"))
	queue(t, a, 1)
	l := letters(t, a, e, r.Origin())[0]
	l.Person = "gone"
	if ok, err := a.Reminders.Stands(t.Context(), l); ok || err != nil {
		t.Errorf("it stands: %t, %v", ok, err)
	}
}
