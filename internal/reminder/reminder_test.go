package reminder_test

import (
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/reminder"
	"convene/internal/store"
)

func queue(t *testing.T, a *app.App, want int) {
	t.Helper()
	if n, err := a.Reminders.Queue(t.Context()); err != nil || n != want {
		t.Errorf("at %s: %d letters, %v; want %d", a.Clock().Format(time.RFC3339), n, err, want)
	}
}

func TestRemindersGoOutOnceAtTheirHour(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil) // reminds 7 days and 1 day before
	for _, name := range []string{"Amina Haddad", "Li Wei", "Ana Ruiz"} {
		apptest.Confirmed(t, a, e, name)
	}
	if err := a.Delegates.Register(t.Context(), e, apptest.Form("Not Confirmed", "not@example.org")); err != nil {
		t.Fatal(err)
	}
	week := reminder.Due(e, 7)
	if got := week.Format(time.RFC3339); got != "2027-05-24T09:00:00-06:00" {
		t.Fatalf("seven days before is %s", got)
	}
	clock.Set(week.Add(-time.Millisecond))
	queue(t, a, 0)
	clock.Set(week)
	queue(t, a, 3)
	queue(t, a, 0)
	apptest.Confirmed(t, a, e, "Came Later") // whose badge letter says it all
	clock.Add(time.Hour)
	queue(t, a, 0)
	clock.Set(reminder.Due(e, 1))
	queue(t, a, 4)
	clock.Set(e.FirstDay())
	queue(t, a, 0)

	page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: e.ID, Limit: store.MaxLimit}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range page.Items {
		if l.Occasion == reminder.Occasion && !l.Deadline.Equal(e.FirstDay()) {
			t.Errorf("the letter is good until %s; want the first day", l.Deadline)
		}
	}
}

func TestALateProgramSendsOnlyTheLatestReminder(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	clock.Set(reminder.Due(e, 1).Add(2 * time.Hour)) // both are due; a week's notice would be wrong now
	queue(t, a, 1)
	queue(t, a, 0)
}

func TestAMovedEventRemindsAgain(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	apptest.Confirmed(t, a, e, "Amina Haddad")
	clock.Set(reminder.Due(e, 7))
	queue(t, a, 1)
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		moved := e
		moved.Starts, moved.Ends = "2027-09-13", "2027-09-15"
		_, err := a.Events.Save(t.Context(), tx, moved)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	queue(t, a, 0)
	e.Starts = "2027-09-13"
	clock.Set(reminder.Due(e, 7))
	queue(t, a, 1)
}

func TestManyAreQueuedInBatches(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	const many = 450 // more than two batches
	for from := 0; from < many; from += 50 {
		err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
			for i := range 50 {
				name := "Guest " + string(rune('A'+(from+i)/26%26)) + string(rune('A'+(from+i)%26))
				form := apptest.Form(name, "guest"+time.Duration(from+i).String()+"@example.org")
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
	clock.Set(reminder.Due(e, 1))
	queue(t, a, many)
	queue(t, a, 0)
}

func TestEventsWithoutADayRemindNobody(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) { e.MonthOnly = true })
	apptest.Confirmed(t, a, e, "Amina Haddad")
	clock.Set(reminder.Due(e, 1))
	queue(t, a, 0)
}
