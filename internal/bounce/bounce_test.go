package bounce_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"convene/internal/audit"
	"convene/internal/bounce"
	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// post is an outbox with a mail server, and the service over them.
type post struct {
	t      *testing.T
	db     *store.DB
	outbox *outbox.Outbox
	*bounce.Service
}

type composer struct{}

func (composer) Compose(context.Context, outbox.Letter, outbox.Purpose) (outbox.Message, error) {
	return outbox.Message{Subject: "Your registration", Text: "Good day"}, nil
}

func newPost(t *testing.T) *post {
	t.Helper()
	folder := t.TempDir()
	engine, err := sqlite.Open(filepath.Join(folder, "post.db"))
	if err != nil {
		t.Fatal(err)
	}
	schemas := append(append(outbox.Collections(), bounce.Collections()...), audit.Collections()...)
	db, err := store.Open(t.Context(), engine, schemas...)
	if err != nil {
		t.Fatal(err)
	}
	server, err := catcher.Start("127.0.0.1:0", catcher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "127.0.0.1", Port: server.Addr().Port, TLS: outbox.NoTLS, From: outbox.Address{Email: "desk@convene.example.org"}, Guard: outbox.Reserved,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(sender.Close(), server.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	if err := sender.Check(t.Context()); err != nil { // it serves: only then can it be closed
		t.Fatal(err)
	}
	clock := func() time.Time { return time.Date(2027, time.May, 10, 15, 0, 0, 0, time.UTC) }
	o := outbox.New(db, outbox.Options{Sender: sender, Composer: composer{}, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	return &post{t, db, o, &bounce.Service{DB: db, Clock: clock, Outbox: o, Mailbox: filepath.Join(folder, "bounces")}}
}

// send has a letter go to the address and returns it as it is then.
func (p *post) send(id, email string) outbox.Letter {
	p.t.Helper()
	ctx := p.t.Context()
	err := p.db.Update(ctx, func(tx *store.Tx) error {
		_, err := outbox.Queue(ctx, tx, p.Clock(), outbox.Letter{ID: id, Occasion: "test", To: outbox.Address{Email: email}})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.outbox.Deliver(ctx); err != nil {
		p.t.Fatal(err)
	}
	return p.letter(id)
}

func (p *post) letter(id string) outbox.Letter {
	p.t.Helper()
	l, err := p.outbox.Get(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return l
}

// about is the report of testdata, about that letter.
func (p *post) about(name string, l outbox.Letter) []byte {
	return []byte(strings.ReplaceAll(string(testdata(p.t, name)), letterID, l.MessageID))
}

func (p *post) take(raw []byte, want map[string]int) {
	p.t.Helper()
	got, err := p.Take(p.t.Context(), raw)
	if err != nil || !maps.Equal(got, want) {
		p.t.Errorf("took %v, %v; want %v", got, err, want)
	}
}

func (p *post) suppressed(email string) bool {
	p.t.Helper()
	_, ok, err := p.outbox.SuppressionOf(p.t.Context(), email)
	if err != nil {
		p.t.Fatal(err)
	}
	return ok
}

func TestHardBounceSilencesTheAddress(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"postfix", "exim", "exchange", "gmail", "forwarded", "cut"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t)
			raw := p.about(name, p.send("first", amina))
			p.take(raw, map[string]int{"hard": 1})
			p.take(raw, map[string]int{"known": 1})
			l := p.letter("first")
			if l.State != outbox.Sent || len(l.Bounces) != 1 || !l.Bounces[0].Hard || strings.Contains(l.Bounces[0].Answer, "@") {
				t.Errorf("the letter is %s, with %+v", l.State, l.Bounces)
			}
			next := p.send("second", "Amina@Far.test")
			if next.State != outbox.Suppressed || next.Attempts[0].Reason != outbox.ReasonComesBack {
				t.Errorf("the next letter is %s: %+v", next.State, next.Attempts)
			}
			if other := p.send("third", "other@far.test"); other.State != outbox.Sent {
				t.Errorf("a letter to somebody else is %s", other.State)
			}
		})
	}
}

func TestAddressesBeyondASCIIAreSilenced(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.take(p.about("utf8", p.send("first", "δοκιμή@παράδειγμα.test")), map[string]int{"hard": 1})
	if !p.suppressed("δοκιμή@xn--hxajbheg2az3al.test") {
		t.Error("the address in its other form is not suppressed")
	}
}

func TestSoftBounceIsKeptOnly(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	l := p.send("first", amina)
	p.take(p.about("delayed", l), map[string]int{"soft": 1})
	p.take(p.about("full", l), map[string]int{"soft": 1})
	p.take(p.about("delivered", l), map[string]int{"well": 1})
	if got := p.letter("first").Bounces; len(got) != 2 || got[0].Hard || got[1].Hard || got[1].Status != "5.2.2" {
		t.Errorf("kept %+v", got)
	}
	if p.suppressed(amina) || p.send("second", amina).State != outbox.Sent {
		t.Error("the address gets no letters")
	}
}

func TestInventedReportsSilenceNobody(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	mine, theirs := p.send("mine", amina), p.send("theirs", "mayor@town.test")
	foreign := map[string]int{"foreign": 1}
	p.take(p.about("forged", mine), foreign) // who got a letter names somebody else's address
	p.take(testdata(t, "postfix"), foreign)  // a Message-ID that is none of ours
	p.take(p.about("postfix", theirs), foreign)
	p.take([]byte(strings.ReplaceAll(string(testdata(t, "forged")), letterID, "")), foreign)
	for id, email := range map[string]string{"mine": amina, "theirs": "mayor@town.test"} {
		if p.suppressed(email) || len(p.letter(id).Bounces) != 0 {
			t.Errorf("%s: %+v", email, p.letter(id).Bounces)
		}
	}
}

func TestTryAgain(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ctx := t.Context()
	raw := p.about("postfix", p.send("first", amina))
	p.take(raw, map[string]int{"hard": 1})
	for i, want := range []bool{true, false} {
		tried, err := p.TryAgain(ctx, "e1", "delegate/d1", "AMINA@far.test")
		if err != nil || tried != want {
			t.Errorf("time %d: %t, %v", i+1, tried, err)
		}
	}
	trail, err := audit.Of(ctx, p.db, "delegate/d1")
	if err != nil || len(trail) != 1 || trail[0].Action != "address.try" || trail[0].Event != "e1" {
		t.Errorf("the trail is %+v (%v)", trail, err)
	}
	p.take(raw, map[string]int{"known": 1}) // a mailbox that is read anew does not undo it
	if l := p.send("second", amina); l.State != outbox.Sent {
		t.Errorf("the next letter is %s", l.State)
	}
}

// write makes the mailbox file of the messages.
func (p *post) write(messages ...[]byte) {
	p.t.Helper()
	if err := os.WriteFile(p.Mailbox, nil, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.append(messages...)
}

func (p *post) append(messages ...[]byte) {
	p.t.Helper()
	var all strings.Builder
	for _, m := range messages {
		text := strings.ReplaceAll(string(m), "\nFrom ", "\n>From ")
		fmt.Fprintf(&all, "From MAILER-DAEMON Mon May 10 15:00:09 2027\n%s\n\n", strings.TrimRight(text, "\n"))
	}
	p.appendText(all.String())
}

func (p *post) appendText(text string) {
	p.t.Helper()
	f, err := os.OpenFile(p.Mailbox, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *post) read(want map[string]int) {
	p.t.Helper()
	before, _ := os.ReadFile(p.Mailbox)
	got, err := p.ReadMailbox(p.t.Context())
	if err != nil || !maps.Equal(got, want) {
		p.t.Errorf("read %v, %v; want %v", got, err, want)
	}
	if after, _ := os.ReadFile(p.Mailbox); string(after) != string(before) {
		p.t.Error("the mailbox was changed")
	}
}

func TestMailboxThatGrows(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	var reports [][]byte
	for i := range 4 {
		l := p.send(fmt.Sprint("letter", i), fmt.Sprintf("p%d@far.test", i))
		text := strings.ReplaceAll(string(p.about("postfix", l)), amina, l.To.Email)
		reports = append(reports, []byte(strings.Replace(text, "4VdX2k@", fmt.Sprint("report", i, "@"), 1)))
	}
	p.read(nil) // there is no file yet
	p.write()
	p.read(nil)
	p.append(testdata(t, "away"), reports[0])
	p.read(map[string]int{"other": 1, "hard": 1})
	p.read(nil)
	p.append(reports[1], testdata(t, "cut_early"), testdata(t, "postfix"))
	p.read(map[string]int{"hard": 1, "other": 1, "foreign": 1})
	p.read(nil)

	// Emptied, and as long as before again: the place where reading stopped lies
	// in another message.
	p.write(reports[2], testdata(t, "full"), reports[2], testdata(t, "away"), testdata(t, "away"))
	p.read(map[string]int{"hard": 1, "known": 1, "foreign": 1, "other": 2})
	p.write(reports[1])
	p.read(map[string]int{"known": 1})

	// The last one is still being written.
	half := len(reports[3]) / 3
	p.appendText("From MAILER-DAEMON Mon May 10 15:00:09 2027\n" + string(reports[3][:half]))
	p.read(map[string]int{"other": 1})
	p.appendText(string(reports[3][half:]) + "\n")
	p.read(map[string]int{"known": 1, "hard": 1})
	p.read(nil)
	for i := range 4 {
		if n := len(p.letter(fmt.Sprint("letter", i)).Bounces); n != 1 {
			t.Errorf("letter %d has %d bounces", i, n)
		}
	}
}

// TestMailboxWithPlacesAlike has a mailbox put aside and begun anew with reports
// of the same length, so that one begins where reading stopped.
func TestMailboxWithPlacesAlike(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	var reports [][]byte
	for i := range 6 {
		l := p.send(fmt.Sprint("letter", i), fmt.Sprintf("p%d@far.test", i))
		text := strings.ReplaceAll(string(p.about("postfix", l)), amina, l.To.Email)
		reports = append(reports, []byte(strings.Replace(text, "4VdX2k@", fmt.Sprint("report", i, "@"), 1)))
	}
	p.write(reports[:3]...)
	p.read(map[string]int{"hard": 3})
	p.write(reports[3:]...)
	p.read(map[string]int{"hard": 3})
}

func TestMailboxWithWhatIsHugeOrBroken(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	report := p.about("postfix", p.send("first", amina))
	huge := append(testdata(t, "full"), []byte(strings.Repeat(strings.Repeat("x", 5000)+"\nno end\n\n", 800))...)
	p.write(huge, []byte("\x00\xff\n\n\n"), []byte(""), []byte(strings.Repeat("From the beginning\n\n", 3)), report)
	p.read(map[string]int{"large": 1, "other": 4, "hard": 1})
	p.append(huge)
	p.read(map[string]int{"large": 1})
	p.read(nil)
	p.append([]byte("Subject: after it\n\nFrom now on\n"))
	p.read(map[string]int{"other": 1})
}

func TestMailboxThatIsNone(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	if err := os.WriteFile(p.Mailbox, []byte("Subject: no mailbox\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"another format": p.Mailbox, "a folder": filepath.Dir(p.Mailbox), "in no folder": filepath.Join(p.Mailbox+"-x", "y"),
	} {
		p.Mailbox = path
		if counts, err := p.ReadMailbox(t.Context()); err == nil || len(counts) != 0 {
			t.Errorf("%s: %v, %v", name, counts, err)
		}
	}
}

func TestMailboxCutShort(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.write(p.about("postfix", p.send("first", amina)))
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if counts, err := p.ReadMailbox(stopped); !errors.Is(err, context.Canceled) || len(counts) != 0 {
		t.Errorf("%v, %v", counts, err)
	}
	p.read(map[string]int{"hard": 1})
}

// A report may be read while it is being written. Wherever it is cut then, the
// address is silenced once it is whole.
func TestMailboxWithAReportThatIsBeingWritten(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.write()
	begins := "From MAILER-DAEMON Mon May 10 15:00:09 2027\n"
	for i, share := range []int{2, 4, 5, 6, 7, 8, 9} {
		address := fmt.Sprintf("p%d@far.test", i)
		report := strings.ReplaceAll(string(p.about("postfix", p.send(fmt.Sprint("l", i), address))), amina, address)
		report = strings.Replace(report, "4VdX2k@", fmt.Sprint("report", i, "@"), 1)
		report = strings.Replace(report, "\n\n", "\nIn-Reply-To: "+messageIDIn(report)+"\n\n", 1)
		cut := len(report) * share / 10
		p.appendText(begins + report[:cut])
		if _, err := p.ReadMailbox(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.appendText(report[cut:] + "\n")
		if _, err := p.ReadMailbox(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := p.Outbox.SuppressionOf(t.Context(), address); err != nil || !ok {
			t.Errorf("cut after %d of %d bytes, the report silenced nobody, %v", cut, len(report), err)
		}
	}
}

// messageIDIn finds the id of the letter that the report brings back.
func messageIDIn(report string) string {
	_, after, _ := strings.Cut(report[strings.Index(report, "message/rfc822"):], "\nMessage-ID: ")
	id, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(id)
}
