package message_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audience"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/message"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/store"
)

func as(t *testing.T, name string) context.Context {
	t.Helper()
	return audit.As(t.Context(), audit.Actor{Kind: "staff", ID: "staff-" + name, Name: name})
}

func crowd(t *testing.T, a *app.App, e event.Event, n int) {
	t.Helper()
	for from := 0; from < n; from += 100 {
		err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
			for i := from; i < min(from+100, n); i++ {
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
}

// setUp makes an event with so many people. Texts are somebody else's test.
func setUp(t *testing.T, people int, change func(*event.Event)) (*app.App, *apptest.Clock, event.Event) {
	t.Helper()
	a, clock := apptest.New(t)
	a.Messages.Try = nil
	e := apptest.Event(t, a, change)
	crowd(t, a, e, people)
	return a, clock, e
}

func draft(t *testing.T, a *app.App, e event.Event, sel audience.Selection) message.Message {
	t.Helper()
	m, err := a.Messages.Save(as(t, "Ana"), e, message.Message{Name: "Buses", Kind: outbox.KindNews, Audience: sel})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func queue(t *testing.T, a *app.App, want int) {
	t.Helper()
	if n, err := a.Messages.Queue(t.Context()); err != nil || n != want {
		t.Errorf("%d letters, %v; want %d", n, err, want)
	}
}

var everybody = audience.Selection{Group: delegate.AudienceGroup}

func TestScheduledAndSentOnceByTwoInstances(t *testing.T) {
	t.Parallel()
	a, clock, e := setUp(t, 1101, nil)
	m := draft(t, a, e, everybody)
	if _, err := a.Messages.Release(as(t, "Ana"), e, m.ID, clock.Now().Add(time.Hour), false); err != nil {
		t.Fatal(err)
	}
	queue(t, a, 0)
	clock.Add(time.Hour)
	other, otherClock := apptest.On(t, a.DB)
	otherClock.Set(clock.Now())
	results := make(chan error, 2)
	for _, one := range []*app.App{a, other} {
		go func() {
			_, err := one.Messages.Queue(t.Context())
			results <- err
		}()
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	queue(t, a, 0)
	m, err := a.Messages.Get(t.Context(), e, m.ID)
	if err != nil || m.State != message.Sent || m.Queued != 1101 || m.Total != 1101 {
		t.Errorf("%s, %d of %d queued (%v)", m.State, m.Queued, m.Total, err)
	}
	if tally, err := a.Messages.Progress(t.Context(), m); err != nil || tally[outbox.Waiting] != 1101 {
		t.Errorf("the letters are %v, %v", tally, err)
	}
}

func TestFourEyes(t *testing.T) {
	t.Parallel()
	a, _, e := setUp(t, 2, func(e *event.Event) { e.FourEyes = true })
	m := draft(t, a, e, everybody)
	m, err := a.Messages.Release(as(t, "Ana"), e, m.ID, time.Time{}, false)
	if err != nil || m.State != message.Submitted {
		t.Fatalf("released as %s, %v; want it submitted", m.State, err)
	}
	queue(t, a, 0)
	if _, err := a.Messages.Approve(as(t, "Ana"), e, m.ID); problem.KindOf(err) != problem.Conflict {
		t.Errorf("approving one's own: %v", err)
	}
	if _, err := a.Messages.Approve(as(t, "Ben"), e, m.ID); err != nil {
		t.Error(err)
	}
	queue(t, a, 2)
}

func TestStoppedInTheMiddle(t *testing.T) {
	t.Parallel()
	a, _, e := setUp(t, 30, nil)
	m := draft(t, a, e, everybody)
	if _, err := a.Messages.Stop(as(t, "Ana"), e, m.ID); problem.KindOf(err) != problem.Conflict {
		t.Errorf("stopping a draft: %v", err)
	}
	if _, err := a.Messages.Release(as(t, "Ana"), e, m.ID, time.Time{}, false); err != nil {
		t.Fatal(err)
	}
	queue(t, a, 30)
	page, err := a.Outbox.OfOrigin(t.Context(), m.Origin(), outbox.Waiting, "", 1)
	if err != nil || len(page.Items) != 1 {
		t.Fatal(err)
	}
	if err := a.Outbox.Cancel(t.Context(), page.Items[0].ID, "Ben"); err != nil { // one is over already
		t.Fatal(err)
	}
	if n, err := a.Messages.Stop(as(t, "Ana"), e, m.ID); n != 29 || err != nil {
		t.Errorf("%d letters stopped, %v", n, err)
	}
	queue(t, a, 0)
	if tally, err := a.Messages.Progress(t.Context(), m); err != nil || tally[outbox.Cancelled] != 30 {
		t.Errorf("the letters are %v, %v", tally, err)
	}
}

func TestWithdrawnAndChanged(t *testing.T) {
	t.Parallel()
	a, clock, e := setUp(t, 3, nil)
	m := draft(t, a, e, everybody)
	m, err := a.Messages.Release(as(t, "Ana"), e, m.ID, clock.Now().Add(time.Hour), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Messages.Save(as(t, "Ben"), e, m); problem.KindOf(err) != problem.Conflict {
		t.Errorf("changing what is scheduled: %v", err)
	}
	if m, err = a.Messages.Withdraw(as(t, "Ana"), e, m.ID); err != nil || m.State != message.Draft {
		t.Errorf("withdrawn to %s, %v", m.State, err)
	}
	clock.Add(2 * time.Hour)
	queue(t, a, 0)
	m.Audience = everybody.With(delegate.FactCategory, "mayor")
	if _, err := a.Messages.Save(as(t, "Ben"), e, m); err != nil {
		t.Error(err)
	}
	if _, err := a.Messages.Release(as(t, "Ana"), e, m.ID, time.Time{}, false); problem.KindOf(err) != problem.Conflict {
		t.Errorf("released to nobody: %v", err)
	}
	if err := a.Messages.Remove(as(t, "Ana"), e, m.ID); err != nil {
		t.Error(err)
	}
	if _, err := a.Messages.Get(t.Context(), e, m.ID); problem.KindOf(err) != problem.NotFound {
		t.Errorf("after it was removed: %v", err)
	}
}

func TestAgainToThoseWhoFailed(t *testing.T) {
	t.Parallel()
	a, _, e := setUp(t, 3, nil)
	m := draft(t, a, e, everybody)
	if _, err := a.Messages.Release(as(t, "Ana"), e, m.ID, time.Time{}, false); err != nil {
		t.Fatal(err)
	}
	queue(t, a, 3)
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "localhost", Port: 1, TLS: outbox.NoTLS, From: outbox.Address{Email: "convene@example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	broken := outbox.New(a.DB, outbox.Options{Clock: a.Clock, Sender: sender, Composer: refusing{}})
	if counts, err := broken.Deliver(t.Context()); err != nil || counts["failed"] != 3 {
		t.Fatalf("%v, %v; want three letters that fail", counts, err)
	}
	if n, err := a.Messages.Retry(as(t, "Ana"), e, m.ID); n != 3 || err != nil {
		t.Errorf("again to %d, %v", n, err)
	}
	if n, err := a.Messages.Retry(as(t, "Ana"), e, m.ID); n != 0 || err != nil {
		t.Errorf("and at once once more to %d, %v", n, err)
	}
}

type refusing struct{}

func (refusing) Compose(context.Context, outbox.Letter, outbox.Purpose) (outbox.Message, error) {
	return outbox.Message{}, errors.New("no text")
}

func TestToSpeakersWithAnAddress(t *testing.T) {
	t.Parallel()
	a, _, e := setUp(t, 0, nil)
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		for _, p := range []programme.Person{
			{Event: e.ID, Slug: "ana", Name: "Ana Ruiz", Country: "MX", Email: "ana@example.org", Language: "es"},
			{Event: e.ID, Slug: "nobody", Name: "Without Address", Country: "MX"},
			{Event: e.ID, Slug: "li", Name: "Li Wei", Country: "CN", Email: "li@example.org", Language: "en"},
		} {
			if _, err := a.Programme.SavePerson(t.Context(), tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	speakers := audience.Selection{Group: programme.AudienceGroup}.With("country", "MX")
	m := draft(t, a, e, speakers)
	list, err := a.Messages.Recipients(t.Context(), e, m, 10)
	if err != nil || len(list) != 1 || list[0].Language != "es" || list[0].Person != "" || list[0].Data["name"] != "Ana Ruiz" {
		t.Errorf("the letters are %+v, %v", list, err)
	}
	if p, err := a.Audience.Addressee(t.Context(), list[0]); err != nil || p.Email != "ana@example.org" {
		t.Errorf("the addressee is %+v, %v", p, err)
	}
}

func TestATextThatCannotBeWrittenKeepsItBack(t *testing.T) {
	t.Parallel()
	a, _, e := setUp(t, 1, nil)
	a.Messages.Try = func(context.Context, outbox.Letter) error { return errors.New("the placeholder Name is empty") }
	m := draft(t, a, e, everybody)
	var told *problem.Error
	_, err := a.Messages.Release(as(t, "Ana"), e, m.ID, time.Time{}, false)
	if !errors.As(err, &told) || told.Kind != problem.Conflict || told.Key != "problem.message_text" {
		t.Errorf("released with %v", err)
	}
	queue(t, a, 0)
}
