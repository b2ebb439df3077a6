package message_test

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
	if _, err := a.Messages.Approve(as(t, "Ana"), e, m.ID, m.Changed); problem.KindOf(err) != problem.Conflict {
		t.Errorf("approving one's own: %v", err)
	}
	if _, err := a.Messages.Approve(as(t, "Ben"), e, m.ID, m.Changed.Add(-time.Second)); problem.KindOf(err) != problem.Conflict {
		t.Errorf("approving what has changed since it was looked at: %v", err)
	}
	if _, err := a.Messages.Approve(as(t, "Ben"), e, m.ID, m.Changed); err != nil {
		t.Error(err)
	}
	queue(t, a, 2)
}

// wrote has somebody change the text in a language.
func wrote(t *testing.T, a *app.App, e event.Event, m message.Message, name, lang string) error {
	t.Helper()
	return a.DB.Update(t.Context(), func(tx *store.Tx) error {
		return a.Messages.Wrote(as(t, name), tx, e, m.ID, lang)
	})
}

func TestNobodyApprovesTheirOwnWords(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		writers []string // name and language, in their order; "back" takes it back to draft
		second  string
		may     bool
	}{
		"one who wrote none":                     {[]string{"Ana en"}, "Ben", true},
		"one who wrote another language":         {[]string{"Ana en", "Ben fr"}, "Ben", false},
		"one whose words were changed since":     {[]string{"Ben en", "Ana en"}, "Ben", false},
		"one whose words stand from before":      {[]string{"Ben en", "back"}, "Ben", false},
		"one whose words were mended afterwards": {[]string{"Ben en", "back", "Ana en"}, "Ben", true},
		"one who wrote twice":                    {[]string{"Ben en", "Ben en", "back", "Ana en"}, "Ben", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, _, e := setUp(t, 1, func(e *event.Event) { e.FourEyes = true })
			m := draft(t, a, e, everybody)
			release := func() message.Message {
				m, err := a.Messages.Release(as(t, "Ana"), e, m.ID, time.Time{}, false)
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			for _, w := range c.writers {
				if w == "back" {
					release()
					if _, err := a.Messages.Withdraw(as(t, "Ana"), e, m.ID); err != nil {
						t.Fatal(err)
					}
					continue
				}
				who, lang, _ := strings.Cut(w, " ")
				if err := wrote(t, a, e, m, who, lang); err != nil {
					t.Fatal(err)
				}
			}
			m = release()
			_, err := a.Messages.Approve(as(t, c.second), e, m.ID, m.Changed)
			if may := err == nil; may != c.may || err != nil && problem.KindOf(err) != problem.Conflict {
				t.Errorf("approving: %v", err)
			}
		})
	}
}

func TestTheTextIsLockedFromReleaseOn(t *testing.T) {
	t.Parallel()
	a, clock, e := setUp(t, 1, nil)
	m := draft(t, a, e, everybody)
	locked := func(when string) {
		t.Helper()
		if err := wrote(t, a, e, m, "Ben", "en"); problem.KindOf(err) != problem.Conflict {
			t.Errorf("writing what is %s: %v", when, err)
		}
	}
	if _, err := a.Messages.Release(as(t, "Ana"), e, m.ID, clock.Now().Add(time.Hour), false); err != nil {
		t.Fatal(err)
	}
	locked("scheduled")
	clock.Add(time.Hour)
	queue(t, a, 1)
	locked("sent")
}

func TestWhenItGoesOutIsWithinReach(t *testing.T) {
	t.Parallel()
	a, clock, e := setUp(t, 1, nil)
	m := draft(t, a, e, everybody)
	for _, at := range []time.Time{
		clock.Now(), clock.Now().Add(-time.Hour), e.Over().AddDate(1, 0, 0).Add(time.Minute), time.Date(9999, 12, 31, 23, 59, 0, 0, e.Location()),
	} {
		var told *problem.Error
		_, err := a.Messages.Release(as(t, "Ana"), e, m.ID, at, false)
		if !errors.As(err, &told) || told.Kind != problem.Invalid || told.Fields[0].Name != "at" {
			t.Errorf("released for %s: %v", at, err)
		}
	}
	if _, err := a.Messages.Release(as(t, "Ana"), e, m.ID, e.Over().AddDate(1, 0, 0), false); err != nil {
		t.Error(err)
	}
}

// whileFinding calls fn once, when people of the event are first looked for.
func whileFinding(a *app.App, fn func()) {
	g := &a.Audience.Groups[0]
	find, called := g.Find, false
	g.Find = func(ctx context.Context, e event.Event, s audience.Selection, cursor string, limit int) ([]audience.Person, string, error) {
		people, next, err := find(ctx, e, s, cursor, limit)
		if !called { // it looks for them too
			called = true
			fn()
		}
		return people, next, err
	}
}

// What is released anew while the job is at work waits for its new instant, and
// goes to whom it is addressed now.
func TestReleasedAnewWhileOthersAreQueued(t *testing.T) {
	t.Parallel()
	mayors := everybody.With(delegate.FactCategory, "mayor")
	for name, c := range map[string]struct {
		ahead bool // another message comes before it in the list
		later time.Duration
		sel   audience.Selection
	}{
		"for tomorrow, before its turn":  {true, 24 * time.Hour, everybody},
		"for tomorrow, in its turn":      {false, 24 * time.Hour, everybody},
		"at once to others, in its turn": {false, 0, mayors},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, clock, e := setUp(t, 1, nil)
			form := apptest.Form("Mayor x", "mayor@example.org")
			form.Category = "mayor"
			err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
				_, err := a.Delegates.Add(t.Context(), tx, e, form, a.Clock())
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			var list []message.Message
			for range 2 {
				m := draft(t, a, e, everybody)
				if list = append(list, m); !c.ahead {
					break
				}
			}
			slices.SortFunc(list, func(a, b message.Message) int { return strings.Compare(a.ID, b.ID) })
			m := list[len(list)-1]
			for _, m := range list {
				if _, err := a.Messages.Release(as(t, "Ana"), e, m.ID, time.Time{}, false); err != nil {
					t.Fatal(err)
				}
			}
			clock.Add(time.Minute)
			whileFinding(a, func() {
				var at time.Time
				if c.later > 0 {
					at = clock.Now().Add(c.later)
				}
				m, err := a.Messages.Withdraw(as(t, "Ana"), e, m.ID)
				m.Audience = c.sel
				_, err2 := a.Messages.Save(as(t, "Ana"), e, m)
				_, err3 := a.Messages.Release(as(t, "Ana"), e, m.ID, at, false)
				if err := errors.Join(err, err2, err3); err != nil {
					t.Error(err)
				}
			})
			if _, err := a.Messages.Queue(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tally, err := a.Messages.Progress(t.Context(), m); err != nil || tally[outbox.Waiting] != 0 {
				t.Errorf("its letters are %v, %v", tally, err)
			}
			clock.Add(c.later)
			want, err := a.Audience.Count(t.Context(), e, c.sel)
			if err != nil {
				t.Fatal(err)
			}
			queue(t, a, want)
		})
	}
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
	tally, err := a.Messages.Progress(t.Context(), m)
	if err != nil || tally[outbox.Failed] != 0 || tally[outbox.Waiting] != 3 {
		t.Errorf("the three people count as %v, %v", tally, err)
	}
	if counts, err := broken.Deliver(t.Context()); err != nil || counts["failed"] != 3 {
		t.Fatalf("%v, %v; want three repetitions that fail", counts, err)
	}
	list, total, err := a.Messages.Failed(t.Context(), m, 2)
	if err != nil || total != 3 || len(list) != 2 || list[0].ResendOf == "" {
		t.Errorf("%d failed, the first is %+v, %v", total, list, err)
	}
}

func TestWhatHasGoneOutCannotBeStopped(t *testing.T) {
	t.Parallel()
	a, _, e := setUp(t, 1, nil)
	m := draft(t, a, e, everybody)
	if _, err := a.Messages.Release(as(t, "Ana"), e, m.ID, time.Time{}, false); err != nil {
		t.Fatal(err)
	}
	queue(t, a, 1)
	m, err := a.Messages.Get(t.Context(), e, m.ID)
	if over, err2 := a.Messages.Over(t.Context(), m); errors.Join(err, err2) != nil || over {
		t.Fatalf("over with a letter that waits: %v, %v", over, err)
	}
	page, err := a.Outbox.OfOrigin(t.Context(), m.Origin(), outbox.Waiting, "", 1)
	if err != nil || len(page.Items) != 1 {
		t.Fatal(err)
	}
	if err := a.Outbox.Cancel(t.Context(), page.Items[0].ID, "Ben"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Messages.Stop(as(t, "Ana"), e, m.ID); problem.KindOf(err) != problem.Conflict {
		t.Errorf("stopping it: %v", err)
	}
	if m, err = a.Messages.Get(t.Context(), e, m.ID); err != nil || m.State != message.Sent {
		t.Errorf("it is %s, %v", m.State, err)
	}
}

func TestAViewIsKeptWithItsMessageOrNeither(t *testing.T) {
	t.Parallel()
	a, _, e := setUp(t, 0, nil)
	typed := message.Message{Name: "Buses", Kind: outbox.KindNews, Audience: everybody}
	var told *problem.Error
	_, err := a.Messages.SaveWithView(as(t, "Ana"), e, typed, strings.Repeat("x", audience.MaxName+1))
	if !errors.As(err, &told) || len(told.Fields) != 1 || told.Fields[0].Name != "view" {
		t.Errorf("too long a name: %v", err)
	}
	if list, err := a.Messages.Of(t.Context(), e); err != nil || len(list) != 0 {
		t.Errorf("%d messages were made, %v", len(list), err)
	}
	if _, err := a.Messages.SaveWithView(as(t, "Ana"), e, typed, "All"); err != nil {
		t.Fatal(err)
	}
	views, err := audience.Views(t.Context(), a.DB, e.ID)
	if err != nil || len(views) != 1 || views[0].Name != "All" {
		t.Errorf("the views are %v, %v", views, err)
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

func TestATextIsTriedInEveryLanguageOfItsReaders(t *testing.T) {
	t.Parallel()
	a, _, e := setUp(t, 2, nil)
	form := apptest.Form("Zoé x", "zoe@example.org")
	form.Language = "fr"
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := a.Delegates.Add(t.Context(), tx, e, form, a.Clock())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Messages.Try = func(_ context.Context, l outbox.Letter) error {
		if l.Language == "fr" {
			return errors.New("the placeholder Session is empty")
		}
		return nil
	}
	m := draft(t, a, e, everybody)
	var unwritten *message.Unwritten
	_, err = a.Messages.Release(as(t, "Ana"), e, m.ID, time.Time{}, false)
	if problem.KindOf(err) != problem.Conflict || !errors.As(err, &unwritten) || unwritten.Language != "fr" {
		t.Errorf("released with %v", err)
	}
	if r, err := a.Messages.Reach(t.Context(), e, m); err != nil || r.People != 3 || len(r.First) != 2 {
		t.Errorf("it reaches %+v, %v", r, err)
	}
}
