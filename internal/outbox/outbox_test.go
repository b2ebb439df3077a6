package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/personal"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// clock is simulated time.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// composerFunc is a Composer.
type composerFunc func(context.Context, outbox.Letter, outbox.Purpose) (outbox.Message, error)

func (f composerFunc) Compose(ctx context.Context, l outbox.Letter, p outbox.Purpose) (outbox.Message, error) {
	return f(ctx, l, p)
}

// plain writes a letter with a personal link.
var plain = composerFunc(func(_ context.Context, l outbox.Letter, p outbox.Purpose) (outbox.Message, error) {
	link := "https://convene.example.org/me/secret"
	if p == outbox.ForReading {
		link = "(personal link)"
	}
	return outbox.Message{Subject: "About " + l.Occasion, Text: "Hello, see " + link}, nil
})

type world struct {
	t     *testing.T
	db    *store.DB
	clock *clock
	smtp  *catcher.Catcher
}

func newWorld(t *testing.T, o catcher.Options) *world {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, append(outbox.Collections(), personal.Collections()...)...)
	if err != nil {
		t.Fatal(err)
	}
	server, err := catcher.Start("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return &world{t: t, db: db, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, smtp: server}
}

func (w *world) settings() outbox.SMTP {
	return outbox.SMTP{
		Host: "127.0.0.1", Port: w.smtp.Addr().Port, TLS: outbox.NoTLS, Timeout: 5 * time.Second,
		From: outbox.Address{Name: "Learning Cities", Email: "office@convene.example.org"}, Guard: outbox.Reserved,
	}
}

// outbox returns one instance's outbox; change may alter its settings.
func (w *world) outbox(change func(*outbox.SMTP, *outbox.Options)) *outbox.Outbox {
	w.t.Helper()
	s := w.settings()
	o := outbox.Options{Composer: plain, Clock: w.clock.Now, Log: slog.New(slog.DiscardHandler), Instance: "here"}
	if change != nil {
		change(&s, &o)
	}
	sender, err := outbox.NewSender(s)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := sender.Close(); err != nil {
			w.t.Error(err)
		}
	})
	o.Sender = sender
	return outbox.New(w.db, o)
}

func (w *world) queue(l outbox.Letter) bool {
	w.t.Helper()
	if l.Occasion == "" {
		l.Occasion = "test"
	}
	if l.To.Email == "" {
		l.To = outbox.Address{Name: "Ana", Email: "ana@example.org"}
	}
	var made bool
	err := w.db.Update(w.t.Context(), func(tx *store.Tx) (err error) {
		made, err = outbox.Queue(w.t.Context(), tx, w.clock.Now(), l)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (w *world) deliver(o *outbox.Outbox) map[string]int {
	w.t.Helper()
	counts, err := o.Deliver(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return counts
}

func (w *world) get(o *outbox.Outbox, id string) outbox.Letter {
	w.t.Helper()
	l, err := o.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

func (w *world) wantState(o *outbox.Outbox, id string, state outbox.State, attempts int) outbox.Letter {
	w.t.Helper()
	l := w.get(o, id)
	if l.State != state || len(l.Attempts) != attempts {
		w.t.Errorf("letter %s: got %s after %d attempts (%+v), want %s after %d", id, l.State, len(l.Attempts), l.Attempts, state, attempts)
	}
	return l
}

// wantAlarm asks for an alarm with the text in its answer, and no address.
func (w *world) wantAlarm(o *outbox.Outbox, text string) {
	w.t.Helper()
	a, err := o.Alarm(w.t.Context())
	if err != nil || a.Since.IsZero() || !strings.Contains(a.Answer, text) || strings.Contains(a.Answer, "@") {
		w.t.Errorf("alarm %+v, %v; want %q", a, err, text)
	}
}

func TestSentOnce(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(nil)
	if !w.queue(outbox.Letter{ID: outbox.ID("confirm", "d1", "1"), Person: "d1"}) {
		t.Error("the first letter was not made")
	}
	if w.queue(outbox.Letter{ID: outbox.ID("confirm", "d1", "1"), Person: "d1"}) {
		t.Error("the same letter was made twice")
	}
	if counts := w.deliver(o); counts["sent"] != 1 || len(counts) != 1 {
		t.Errorf("counts: %v", counts)
	}
	if counts := w.deliver(o); len(counts) != 0 {
		t.Errorf("counts of nothing: %v", counts)
	}
	l := w.wantState(o, "confirm/d1/1", outbox.Sent, 1)
	if !l.SentAt.Equal(w.clock.Now()) {
		t.Errorf("letter: %+v", l)
	}
	if l.Copy == nil || l.Copy.Text != "Hello, see (personal link)" {
		t.Errorf("copy: %+v", l.Copy)
	}
	caught := w.smtp.Messages()
	if len(caught) != 1 {
		t.Fatalf("%d messages", len(caught))
	}
	m, err := catcher.Parse(caught[0].Raw)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"From": `"Learning Cities" <office@convene.example.org>`, "To": `"Ana" <ana@example.org>`,
		"Date": "Sun, 01 Mar 2026 12:00:00 +0000", "Message-Id": l.MessageID, "Auto-Submitted": "auto-generated",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if strings.TrimSpace(m.Text) != "Hello, see https://convene.example.org/me/secret" {
		t.Errorf("text: %q", m.Text)
	}
}

func TestNothingIsLeftOfATransactionThatFails(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	failed := errors.New("no")
	err := w.db.Update(t.Context(), func(tx *store.Tx) error {
		to := outbox.Address{Email: "ana@example.org"}
		if _, err := outbox.Queue(t.Context(), tx, w.clock.Now(), outbox.Letter{ID: "a", Occasion: "test", To: to}); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if counts := w.deliver(w.outbox(nil)); len(counts) != 0 {
		t.Errorf("counts: %v", counts)
	}
}

func TestRetryPauses(t *testing.T) {
	w := newWorld(t, catcher.Options{Answer: func(stage catcher.Stage, _ catcher.Message) error {
		if stage == catcher.Rcpt {
			return catcher.Refuse(451, "greylisted, come back")
		}
		return nil
	}})
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) { o.Attempts = 8 })
	w.queue(outbox.Letter{ID: "a"})
	attempts := 0
	for _, pause := range []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 2 * time.Hour, 2 * time.Hour} {
		if counts := w.deliver(o); counts["retried"] != 1 {
			t.Fatalf("counts: %v", counts)
		}
		attempts++
		l := w.wantState(o, "a", outbox.Retrying, attempts)
		if got := l.Due.Sub(w.clock.Now()); got != pause {
			t.Errorf("attempt %d: pause %s, want %s", attempts, got, pause)
		}
		if last := l.Attempts[attempts-1]; last.Code != 451 || !strings.Contains(last.Answer, "greylisted") {
			t.Errorf("answer: %+v", last)
		}
		w.clock.pass(pause - time.Second)
		if counts := w.deliver(o); len(counts) != 0 {
			t.Errorf("tried before its time: %v", counts)
		}
		w.clock.pass(time.Second)
	}
	if counts := w.deliver(o); counts["failed"] != 1 {
		t.Errorf("counts at the limit: %v", counts)
	}
	w.wantState(o, "a", outbox.Failed, 8)
}

func TestRefusedForGood(t *testing.T) {
	w := newWorld(t, catcher.Options{Answer: func(stage catcher.Stage, m catcher.Message) error {
		if stage == catcher.Rcpt && m.To[0] == "gone@example.org" {
			return catcher.Refuse(550, "no such mailbox")
		}
		return nil
	}})
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) { o.Connections = 1 })
	w.queue(outbox.Letter{ID: "a", To: outbox.Address{Email: "gone@example.org"}})
	w.queue(outbox.Letter{ID: "b"})
	if counts := w.deliver(o); counts["failed"] != 1 || counts["sent"] != 1 {
		t.Errorf("counts: %v", counts)
	}
	l := w.wantState(o, "a", outbox.Failed, 1)
	if a := l.Attempts[0]; a.Code != 550 || !strings.Contains(a.Answer, "no such mailbox") {
		t.Errorf("answer: %+v", a)
	}
	w.wantState(o, "b", outbox.Sent, 1)
}

func TestDropAfterDataSendsAgainWithTheSameMessageID(t *testing.T) {
	var drops int
	w := newWorld(t, catcher.Options{Answer: func(stage catcher.Stage, _ catcher.Message) error {
		if stage == catcher.Data && drops == 0 {
			drops++
			return catcher.ErrDrop
		}
		return nil
	}})
	o := w.outbox(nil)
	w.queue(outbox.Letter{ID: "a"})
	if counts := w.deliver(o); counts["retried"] != 1 {
		t.Errorf("counts: %v", counts)
	}
	w.clock.pass(10 * time.Second)
	if counts := w.deliver(o); counts["sent"] != 1 {
		t.Errorf("counts: %v", counts)
	}
	w.wantState(o, "a", outbox.Sent, 2)
	ids := messageIDs(t, w.smtp)
	if len(w.smtp.Messages()) != 2 || len(ids) != 1 {
		t.Errorf("%d messages, ids %v", len(w.smtp.Messages()), ids)
	}
}

func messageIDs(t *testing.T, c *catcher.Catcher) map[string]int {
	t.Helper()
	ids := map[string]int{}
	for _, m := range c.Messages() {
		p, err := catcher.Parse(m.Raw)
		if err != nil {
			t.Fatal(err)
		}
		ids[p.Header.Get("Message-Id")]++
	}
	return ids
}

func TestServerDown(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	// One connection: several may find out at the same moment.
	o := w.outbox(func(s *outbox.SMTP, o *outbox.Options) { s.Port, o.Connections = port, 1 })
	for i := range 20 {
		w.queue(outbox.Letter{ID: fmt.Sprint("l", i)})
	}
	since := w.clock.Now()
	for range 24 * 12 { // a day
		if counts := w.deliver(o); len(counts) != 0 {
			t.Fatalf("counts: %v", counts)
		}
		w.clock.pass(5 * time.Minute)
	}
	tally, err := o.Tally(t.Context(), "")
	if err != nil || tally[outbox.Waiting] != 20 || len(tally) != 1 {
		t.Errorf("tally: %v, %v", tally, err)
	}
	w.wantState(o, "l0", outbox.Waiting, 0)
	a, err := o.Alarm(t.Context())
	if err != nil || !a.Since.Equal(since) || !strings.Contains(a.Answer, "refused") {
		t.Errorf("alarm: %+v, %v", a, err)
	}
	up := w.outbox(nil)
	if counts := w.deliver(up); counts["sent"] != 20 {
		t.Errorf("counts when it is back: %v", counts)
	}
	if a, err := up.Alarm(t.Context()); err != nil || a != (outbox.Alarm{}) {
		t.Errorf("alarm when it is back: %+v, %v", a, err)
	}
}

func TestStartTLSAndSignIn(t *testing.T) {
	w := newWorld(t, catcher.Options{StartTLS: true, User: "convene", Password: "open sesame"})
	secure := func(password string) func(*outbox.SMTP, *outbox.Options) {
		return func(s *outbox.SMTP, _ *outbox.Options) {
			s.TLS, s.Roots, s.Username, s.Password = outbox.StartTLS, w.smtp.Roots(), "convene", password
		}
	}
	w.queue(outbox.Letter{ID: "a"})
	wrong := w.outbox(secure("guess"))
	w.deliver(wrong)
	w.wantAlarm(wrong, "535")
	untrusting := w.outbox(func(s *outbox.SMTP, _ *outbox.Options) { s.TLS = outbox.StartTLS })
	w.clock.pass(time.Minute)
	w.deliver(untrusting)
	w.wantAlarm(untrusting, "certificate")
	w.clock.pass(time.Hour)
	o := w.outbox(secure("open sesame"))
	w.deliver(o)
	w.wantState(o, "a", outbox.Sent, 1)
}

func TestStartTLSIsRequired(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(func(s *outbox.SMTP, _ *outbox.Options) { s.TLS = outbox.StartTLS })
	w.queue(outbox.Letter{ID: "a"})
	w.deliver(o)
	w.wantState(o, "a", outbox.Waiting, 0)
	w.wantAlarm(o, "STARTTLS")
	if n := len(w.smtp.Messages()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestTimes(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) { o.Connections = 1 })
	now := w.clock.Now()
	w.queue(outbox.Letter{ID: "later", NotBefore: now.Add(time.Hour)})
	w.queue(outbox.Letter{ID: "over", Deadline: now})
	w.queue(outbox.Letter{ID: "a", Occasion: "ordinary"})
	w.queue(outbox.Letter{ID: "b", Occasion: "urgent", Urgent: true})
	if counts := w.deliver(o); counts["sent"] != 2 || counts["expired"] != 1 {
		t.Errorf("counts: %v", counts)
	}
	if l := w.wantState(o, "over", outbox.Expired, 1); l.Attempts[0].Reason != outbox.ReasonDeadline {
		t.Errorf("it expired for %+v", l.Attempts[0])
	}
	w.wantState(o, "later", outbox.Waiting, 0)
	first, err := catcher.Parse(w.smtp.Messages()[0].Raw)
	if err != nil || first.Subject != "About urgent" {
		t.Errorf("first: %q, %v", first.Subject, err)
	}
	w.clock.pass(time.Hour)
	w.deliver(o)
	w.wantState(o, "later", outbox.Sent, 1)
}

func TestDeadlineEndsRetrying(t *testing.T) {
	w := newWorld(t, catcher.Options{Answer: func(stage catcher.Stage, _ catcher.Message) error {
		if stage == catcher.Rcpt {
			return catcher.Refuse(451, "not now")
		}
		return nil
	}})
	o := w.outbox(nil)
	w.queue(outbox.Letter{ID: "a", Deadline: w.clock.Now().Add(30 * time.Second)})
	w.deliver(o)
	w.wantState(o, "a", outbox.Retrying, 1)
	w.clock.pass(10 * time.Second)
	if counts := w.deliver(o); counts["expired"] != 1 {
		t.Errorf("counts: %v", counts)
	}
	if l := w.wantState(o, "a", outbox.Expired, 2); l.Attempts[1].Code != 451 {
		t.Errorf("attempts: %+v", l.Attempts)
	}
}

func TestComposerFailsOneLetter(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) {
		o.Composer = composerFunc(func(ctx context.Context, l outbox.Letter, p outbox.Purpose) (outbox.Message, error) {
			switch l.ID {
			case "bad":
				return outbox.Message{}, errors.New("placeholder {room} is empty")
			case "worse":
				panic("no template")
			}
			return plain(ctx, l, p)
		})
	})
	for _, id := range []string{"a", "bad", "worse", "z"} {
		w.queue(outbox.Letter{ID: id})
	}
	if counts := w.deliver(o); counts["sent"] != 2 || counts["failed"] != 2 {
		t.Errorf("counts: %v", counts)
	}
	for id, reason := range map[string]string{"bad": "placeholder {room} is empty", "worse": "no template"} {
		if l := w.wantState(o, id, outbox.Failed, 1); !strings.Contains(l.Attempts[0].Answer, reason) {
			t.Errorf("%s: %+v", id, l.Attempts)
		}
	}
}

func TestGuard(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(nil)
	for _, email := range []string{"someone@mail.invalid", "someone@notexample.org", "a@example.org.evil.net", "someone@xn--exmple-cua.org"} {
		w.queue(outbox.Letter{ID: email, To: outbox.Address{Email: email}})
	}
	for _, email := range []string{"a@example.org", "a@mail.example.org", "a@EXAMPLE.com", "a@example.net", "a@city.test", "a@localhost"} {
		w.queue(outbox.Letter{ID: email, To: outbox.Address{Email: email}})
	}
	if counts := w.deliver(o); counts["sent"] != 6 || counts["failed"] != 4 {
		t.Errorf("counts: %v", counts)
	}
	if l := w.wantState(o, "someone@mail.invalid", outbox.Failed, 1); strings.Contains(l.Attempts[0].Answer, "someone") {
		t.Errorf("the reason names the address: %+v", l.Attempts)
	}
}

func TestTwoInstancesSendEachLetterOnce(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	const n = 300
	for i := range n {
		w.queue(outbox.Letter{ID: fmt.Sprint("l", i)})
	}
	small := func(_ *outbox.SMTP, o *outbox.Options) { o.Batch = 20 }
	var wg sync.WaitGroup
	for _, o := range []*outbox.Outbox{w.outbox(small), w.outbox(small)} {
		wg.Go(func() {
			if _, err := o.Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ids := messageIDs(t, w.smtp); len(ids) != n || len(w.smtp.Messages()) != n {
		t.Errorf("%d messages with %d ids", len(w.smtp.Messages()), len(ids))
	}
}

func TestLeasesOfTheKilledAreTakenOver(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	for i := range 5 {
		w.queue(outbox.Letter{ID: fmt.Sprint("l", i)})
	}
	killed := w.outbox(nil)
	if err := killed.LeaseAndDie(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := w.outbox(nil)
	if counts := w.deliver(o); len(counts) != 0 {
		t.Errorf("took leased letters: %v", counts)
	}
	w.clock.pass(3 * time.Minute)
	if counts := w.deliver(o); counts["sent"] != 5 {
		t.Errorf("counts: %v", counts)
	}
}

func TestStoppingHandsBack(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	w := newWorld(t, catcher.Options{Answer: func(stage catcher.Stage, _ catcher.Message) error {
		if stage == catcher.Data {
			stop() // the letter in hand is finished
		}
		return nil
	}})
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) { o.Connections = 1 })
	for i := range 30 {
		w.queue(outbox.Letter{ID: fmt.Sprint("l", i)})
	}
	counts, err := o.Deliver(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tally, err := o.Tally(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if counts["sent"] != 1 || tally[outbox.Sent] != 1 || tally[outbox.Waiting] != 29 || len(tally) != 2 {
		t.Errorf("counts %v, tally %v", counts, tally)
	}
}

func TestPace(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) { o.PerMinute = 1200 })
	for i := range 6 {
		w.queue(outbox.Letter{ID: fmt.Sprint("l", i)})
	}
	begun := time.Now()
	w.deliver(o)
	if took := time.Since(begun); took < 250*time.Millisecond {
		t.Errorf("six letters at 1200 a minute took %s", took)
	}
}

func TestWithoutASenderLettersWait(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	w.queue(outbox.Letter{ID: "a"})
	o := outbox.New(w.db, outbox.Options{Composer: plain, Clock: w.clock.Now})
	w.deliver(o)
	w.wantState(o, "a", outbox.Waiting, 0)
	c, err := o.Preview(t.Context(), "a")
	if err != nil || c.Text != "Hello, see (personal link)" {
		t.Errorf("preview: %+v, %v", c, err)
	}
}

func TestDesk(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(nil)
	w.queue(outbox.Letter{ID: "a", Event: "e1", Person: "p1", Deadline: w.clock.Now().Add(time.Minute)})
	w.queue(outbox.Letter{ID: "b", Event: "e1", Person: "p2", NotBefore: w.clock.Now().Add(time.Hour)})
	w.queue(outbox.Letter{ID: "c", Event: "e2", Person: "p1"})
	if _, err := o.Resend(t.Context(), "a", "eve"); !errors.Is(err, outbox.ErrState) || problem.KindOf(err) != problem.Conflict {
		t.Errorf("resending what waits: %v", err)
	}
	w.deliver(o)
	for _, tt := range []struct {
		filter outbox.Filter
		want   string
	}{
		{outbox.Filter{}, "c b a"},
		{outbox.Filter{Event: "e1"}, "b a"},
		{outbox.Filter{State: outbox.Sent}, "c a"},
		{outbox.Filter{Event: "e1", State: outbox.Waiting}, "b"},
		{outbox.Filter{Person: "p1"}, "c a"},
		{outbox.Filter{Person: "p1", Event: "e2"}, "c"},
	} {
		page, err := o.Letters(t.Context(), tt.filter, "")
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, l := range page.Items {
			ids = append(ids, l.ID)
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.filter, got, tt.want)
		}
	}

	w.clock.pass(time.Hour / 2)
	again, err := o.Resend(t.Context(), "a", "eve")
	if err != nil || again.ID != "a~1" || again.ResendOf != "a" || again.By != "eve" || again.State != outbox.Waiting {
		t.Errorf("resent: %+v, %v", again, err)
	}
	if same, err := o.Resend(t.Context(), "a", "eve"); err != nil || same.ID != "a~1" {
		t.Errorf("resent twice: %+v, %v", same, err)
	}
	w.deliver(o)
	if l := w.wantState(o, "a~1", outbox.Sent, 1); l.MessageID == w.get(o, "a").MessageID {
		t.Error("a letter that was asked for again bears the old Message-ID")
	}
	if next, err := o.Resend(t.Context(), "a", "eve"); err != nil || next.ID != "a~2" {
		t.Errorf("resent again: %+v, %v", next, err)
	}

	if err := o.Cancel(t.Context(), "b", "eve"); err != nil {
		t.Error(err)
	}
	w.wantState(o, "b", outbox.Cancelled, 0)
	if err := o.Cancel(t.Context(), "a", "eve"); !errors.Is(err, outbox.ErrState) {
		t.Errorf("cancelling what was sent: %v", err)
	}
	if _, err := o.Get(t.Context(), "nothing"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("an unknown letter: %v", err)
	}
	tally, err := o.Tally(t.Context(), "e1")
	if err != nil || tally[outbox.Cancelled] != 1 || tally[outbox.Sent] != 2 || tally[outbox.Waiting] != 1 {
		t.Errorf("tally: %v, %v", tally, err)
	}
}
