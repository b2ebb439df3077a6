package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/store"
)

// caughtBy lists the occasions of what was caught, by address.
func caughtBy(t *testing.T, c *catcher.Catcher) map[string][]string {
	t.Helper()
	list := map[string][]string{}
	for _, m := range c.Messages() {
		p, err := catcher.Parse(m.Raw)
		if err != nil {
			t.Fatal(err)
		}
		list[m.To[0]] = append(list[m.To[0]], strings.TrimPrefix(p.Subject, "About "))
	}
	return list
}

func TestOrderOfOnePerson(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) { o.Connections, o.Batch = 8, 50 })
	const people, each = 20, 12
	var want []string
	for i := range each {
		want = append(want, fmt.Sprint("n", i))
		w.clock.pass(time.Millisecond)
		for p := range people { // ids that sort the other way
			w.queue(outbox.Letter{ID: fmt.Sprintf("l%02d-%d", each-i, p), Occasion: want[i], To: outbox.Address{Email: fmt.Sprintf("p%d@example.org", p)}})
		}
	}
	if counts := w.deliver(o); counts["sent"] != people*each {
		t.Fatalf("counts: %v", counts)
	}
	for person, got := range caughtBy(t, w.smtp) {
		if !slices.Equal(got, want) {
			t.Errorf("%s got %v", person, got)
		}
	}
}

func TestLaterLettersWaitForTheOneThatIsTriedAgain(t *testing.T) {
	var mu sync.Mutex
	refuse := true
	w := newWorld(t, catcher.Options{Answer: func(stage catcher.Stage, m catcher.Message) error {
		mu.Lock()
		defer mu.Unlock()
		if stage == catcher.Rcpt && refuse && m.To[0] == "grey@example.org" {
			return catcher.Refuse(451, "greylisted")
		}
		return nil
	}})
	o := w.outbox(nil)
	grey := outbox.Address{Email: "grey@example.org"}
	w.queue(outbox.Letter{ID: "z", Occasion: "first", To: grey})
	w.queue(outbox.Letter{ID: "y", Occasion: "second", To: grey})
	w.queue(outbox.Letter{ID: "other"})
	if counts := w.deliver(o); counts["sent"] != 1 || counts["retried"] != 1 {
		t.Errorf("counts: %v", counts)
	}
	w.clock.pass(time.Second)
	w.queue(outbox.Letter{ID: "x", Occasion: "third", To: grey})
	if counts := w.deliver(o); len(counts) != 0 {
		t.Errorf("counts while it waits: %v", counts)
	}
	w.wantState(o, "y", outbox.Waiting, 0)
	if due := w.get(o, "x").Due; due.Before(w.get(o, "z").Due) {
		t.Errorf("the third is due at %s, before the first", due)
	}

	// Another instance takes over, as after a crash.
	o = w.outbox(nil)
	w.queue(outbox.Letter{ID: "w", Occasion: "fourth", To: grey})
	if counts := w.deliver(o); len(counts) != 0 {
		t.Errorf("counts after the change: %v", counts)
	}
	mu.Lock()
	refuse = false
	mu.Unlock()
	w.clock.pass(time.Minute)
	if counts := w.deliver(o); counts["sent"] != 4 {
		t.Errorf("counts at the end: %v", counts)
	}
	if got := caughtBy(t, w.smtp)["grey@example.org"]; !slices.Equal(got, []string{"first", "second", "third", "fourth"}) {
		t.Errorf("order: %v", got)
	}
}

func TestLettersBehindACancelledOneGo(t *testing.T) {
	w := newWorld(t, catcher.Options{Answer: func(stage catcher.Stage, m catcher.Message) error {
		if stage == catcher.Rcpt && m.To[0] == "grey@example.org" {
			return catcher.Refuse(451, "greylisted")
		}
		return nil
	}})
	o := w.outbox(nil)
	w.queue(outbox.Letter{ID: "a", To: outbox.Address{Email: "grey@example.org"}})
	w.deliver(o)
	if err := o.Cancel(t.Context(), "a", "eve"); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(time.Second)
	w.queue(outbox.Letter{ID: "b", To: outbox.Address{Email: "grey@example.org"}})
	w.deliver(o)
	w.wantState(o, "b", outbox.Retrying, 1)
}

// A server that takes one connection of four gets all letters over it.
func TestFewerConnectionsThanConfigured(t *testing.T) {
	one := &script{greeting: "220 hi", extensions: []string{"PIPELINING"}, most: 1}
	w := newWorld(t, catcher.Options{})
	o := w.outbox(func(s *outbox.SMTP, _ *outbox.Options) { s.Port = one.start(t) })
	for i := range 40 {
		w.queue(outbox.Letter{ID: fmt.Sprint("l", i), To: outbox.Address{Email: fmt.Sprintf("p%d@example.org", i%5)}})
	}
	if counts := w.deliver(o); counts["sent"] != 40 || len(counts) != 1 {
		t.Errorf("counts: %v", counts)
	}
	if a, err := o.Alarm(t.Context()); err != nil || a != (outbox.Alarm{}) {
		t.Errorf("alarm: %+v, %v", a, err)
	}
}

func TestLimitPerDomain(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	limit := func(_ *outbox.SMTP, o *outbox.Options) { o.PerDomain = 6 }
	o := w.outbox(limit)
	for i := range 20 {
		w.queue(outbox.Letter{ID: fmt.Sprintf("l%02d", i), Occasion: fmt.Sprint(i), To: outbox.Address{Email: "ana@large.test"}})
	}
	w.queue(outbox.Letter{ID: "other"})
	if counts := w.deliver(o); counts["sent"] != 7 {
		t.Errorf("counts: %v", counts)
	}
	o = w.outbox(limit) // slots outlive the instance
	sent := 6
	for range 40 {
		w.clock.pass(10 * time.Second)
		if n := w.deliver(o)["sent"]; n > 1 {
			t.Errorf("%d letters in one slot", n)
		} else {
			sent += n
		}
	}
	if sent != 20 {
		t.Errorf("%d letters went out", sent)
	}
	for i, got := range caughtBy(t, w.smtp)["ana@large.test"] {
		if got != fmt.Sprint(i) {
			t.Errorf("letter %d is %s", i, got)
		}
	}
}

// What is in hand is shown as being sent, and cannot be cancelled one by one.
func TestLeasedIsShown(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(nil)
	w.queue(outbox.Letter{ID: "a", Event: "e", Origin: "rule/1"})
	if err := o.LeaseAndDie(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.queue(outbox.Letter{ID: "b", Event: "e", NotBefore: w.clock.Now().Add(time.Hour)})
	w.wantState(o, "a", outbox.Leased, 0)
	tally, err := o.Tally(t.Context(), "e")
	if err != nil || tally[outbox.Leased] != 1 || tally[outbox.Waiting] != 1 {
		t.Errorf("tally: %v, %v", tally, err)
	}
	page, err := o.Letters(t.Context(), outbox.Filter{Event: "e", State: outbox.Leased}, "")
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != "a" {
		t.Errorf("leased: %+v, %v", page.Items, err)
	}
	if err := o.Cancel(t.Context(), "a", "eve"); err == nil {
		t.Error("a letter being sent was cancelled")
	}
	w.clock.pass(time.Minute)
	w.wantState(o, "a", outbox.Waiting, 0)
}

// Letters in hand that wait for their turn are stopped too. The one that is on the
// wire at that moment is sent, and said to be.
func TestStoppingAnOriginInTheMiddle(t *testing.T) {
	var o *outbox.Outbox
	stopped := 0
	w := newWorld(t, catcher.Options{Answer: func(stage catcher.Stage, _ catcher.Message) (err error) {
		if stage == catcher.Data {
			stopped, err = o.CancelOrigin(context.Background(), "message/1", "eve")
		}
		return err
	}})
	o = w.outbox(func(_ *outbox.SMTP, o *outbox.Options) { o.PerMinute, o.Connections = 300, 1 })
	for i := range 6 {
		w.queue(outbox.Letter{ID: fmt.Sprint("l", i), Origin: "message/1", To: outbox.Address{Email: fmt.Sprintf("p%d@example.org", i)}})
	}
	if counts := w.deliver(o); counts["sent"] != 1 || stopped != 6 {
		t.Errorf("%d were stopped, counts %v", stopped, counts)
	}
	tally, err := o.TallyOrigin(t.Context(), "message/1")
	if err != nil || tally[outbox.Sent] != 1 || tally[outbox.Cancelled] != 5 || len(w.smtp.Messages()) != 1 {
		t.Errorf("tally %v, %v", tally, err)
	}
	w.queue(outbox.Letter{ID: "next", To: outbox.Address{Email: "p3@example.org"}})
	if counts := w.deliver(o); counts["sent"] != 1 {
		t.Errorf("behind them: %v", counts)
	}
}

// A database that fails for a moment is no fault of the letters in hand.
func TestAPassingFaultCostsNoLetter(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	away := true
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) {
		o.Composer = composerFunc(func(ctx context.Context, l outbox.Letter, p outbox.Purpose) (outbox.Message, error) {
			if away {
				return outbox.Message{}, fmt.Errorf("reading the event: %w", store.ErrEngine)
			}
			return plain(ctx, l, p)
		})
	})
	w.queue(outbox.Letter{ID: "a"})
	if _, err := o.Deliver(t.Context()); !errors.Is(err, store.ErrEngine) {
		t.Errorf("delivery says %v", err)
	}
	w.wantState(o, "a", outbox.Waiting, 0)
	away = false
	w.deliver(o)
	w.wantState(o, "a", outbox.Sent, 1)
}

// A server that breaks every connection is left alone soon.
func TestServerThatOnlyBreaks(t *testing.T) {
	w := newWorld(t, catcher.Options{Answer: func(stage catcher.Stage, _ catcher.Message) error {
		if stage == catcher.Rcpt {
			return catcher.ErrDrop
		}
		return nil
	}})
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) { o.Connections = 2 })
	for i := range 100 {
		w.queue(outbox.Letter{ID: fmt.Sprint("l", i), To: outbox.Address{Email: fmt.Sprintf("p%d@example.org", i)}})
	}
	if counts := w.deliver(o); counts["retried"] < 4 || counts["retried"] > 6 {
		t.Errorf("counts: %v", counts)
	}
	w.wantAlarm(o, "")
	if counts := w.deliver(o); len(counts) != 0 {
		t.Errorf("it does not rest: %v", counts)
	}
}
