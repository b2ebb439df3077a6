package outbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/store"
)

// refuse is an answer with an enhanced status code (RFC 2034).
func refuse(code int, status smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: status, Message: text}
}

func (w *world) suppressed(o *outbox.Outbox, email string) (outbox.Suppression, bool) {
	w.t.Helper()
	s, ok, err := o.SuppressionOf(w.t.Context(), email)
	if err != nil {
		w.t.Fatal(err)
	}
	return s, ok
}

// TestAddressThatOurServerRefuses has the mail server itself say that an address
// is not there, and refuse others for other reasons.
func TestAddressThatOurServerRefuses(t *testing.T) {
	answers := map[string]error{
		"gone@example.org":     refuse(550, smtp.EnhancedCode{5, 1, 1}, "<gone@example.org>: Recipient address rejected"),
		"moved@example.org":    refuse(551, smtp.EnhancedCode{5, 1, 6}, "moved"),
		"wordless@example.org": catcher.Refuse(550, "no such user"),
		"full@example.org":     refuse(552, smtp.EnhancedCode{5, 2, 2}, "mailbox full"),
		"blocked@example.org":  refuse(550, smtp.EnhancedCode{5, 7, 1}, "we stand on a list"),
		"nowhere@example.org":  refuse(550, smtp.EnhancedCode{5, 4, 4}, "no route"), // perhaps only ours does not know it
		"later@example.org":    refuse(450, smtp.EnhancedCode{4, 1, 1}, "greylisted"),
	}
	w := newWorld(t, catcher.Options{Answer: func(s catcher.Stage, m catcher.Message) error {
		if s == catcher.Rcpt {
			return answers[m.To[0]]
		}
		return nil
	}})
	o := w.outbox(nil)
	for email := range answers {
		w.queue(outbox.Letter{ID: email, To: outbox.Address{Email: email}})
	}
	w.deliver(o)
	for email := range answers {
		s, ok := w.suppressed(o, strings.ToUpper(email))
		if want := email == "gone@example.org" || email == "moved@example.org"; ok != want {
			t.Errorf("%s is suppressed: %t", email, ok)
		}
		if ok && (s.Letter != email || strings.Contains(s.Answer+s.ID, "@") || !s.Since.Equal(w.clock.Now()) || !strings.HasPrefix(s.Status, "5.1.")) {
			t.Errorf("%s: %+v", email, s)
		}
	}
	delete(answers, "gone@example.org")
	w.queue(outbox.Letter{ID: "next", To: outbox.Address{Email: "gone@example.org"}})
	w.deliver(o)
	if l := w.get(o, "next"); l.State != outbox.Suppressed || !strings.Contains(l.Attempts[0].Answer, "rejected") {
		t.Errorf("the next letter is %s: %+v", l.State, l.Attempts)
	}
}

func TestAddressGivenAnewIsTriedAgain(t *testing.T) {
	refusing := true
	w := newWorld(t, catcher.Options{Answer: func(s catcher.Stage, _ catcher.Message) error {
		if s == catcher.Rcpt && refusing {
			return refuse(550, smtp.EnhancedCode{5, 1, 1}, "no such mailbox")
		}
		return nil
	}})
	var since []time.Time
	o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) {
		o.GivenAnew = func(_ context.Context, l outbox.Letter, at time.Time) (bool, error) {
			since = append(since, at)
			return l.Occasion == "verify", nil
		}
	})
	silenced := w.clock.Now()
	for i, tt := range []struct {
		occasion string
		want     outbox.State
	}{{"first", outbox.Failed}, {"news", outbox.Suppressed}, {"verify", outbox.Sent}, {"news", outbox.Sent}} {
		id := fmt.Sprint(i)
		w.queue(outbox.Letter{ID: id, Occasion: tt.occasion})
		w.deliver(o)
		if l := w.get(o, id); l.State != tt.want {
			t.Errorf("letter %d, %s, is %s: %+v", i, tt.occasion, l.State, l.Attempts)
		}
		refusing = false
		w.clock.pass(time.Hour)
	}
	if !slices.EqualFunc(since, []time.Time{silenced, silenced}, time.Time.Equal) {
		t.Errorf("asked about %v", since)
	}
}

// TestSuppressionByAnotherInstance: what one instance learns, all heed.
func TestSuppressionByAnotherInstance(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	here, there := w.outbox(nil), w.outbox(nil)
	w.queue(outbox.Letter{ID: "first"})
	w.deliver(here)
	n := outbox.Notice{Report: "r", MessageID: w.get(here, "first").MessageID, Addresses: []string{"ana@example.org"}, Hard: true, Status: "5.1.1"}
	if heard, err := there.Bounced(t.Context(), n); heard != outbox.HeardHard || err != nil {
		t.Fatal(heard, err)
	}
	w.queue(outbox.Letter{ID: "second"})
	w.deliver(here)
	if l := w.get(here, "second"); l.State != outbox.Suppressed {
		t.Errorf("the next letter is %s", l.State)
	}
	err := w.db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := outbox.Lift(t.Context(), tx, "Ana@example.org")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.queue(outbox.Letter{ID: "third"})
	w.deliver(there)
	if l := w.get(here, "third"); l.State != outbox.Sent {
		t.Errorf("after it was lifted a letter is %s", l.State)
	}
}

func TestBouncesOfOneLetterAreBounded(t *testing.T) {
	w := newWorld(t, catcher.Options{})
	o := w.outbox(nil)
	w.queue(outbox.Letter{ID: "a"})
	w.deliver(o)
	for i := range 30 {
		n := outbox.Notice{Report: fmt.Sprint(i), MessageID: w.get(o, "a").MessageID, Addresses: []string{"ana@example.org"}, Answer: strings.Repeat("x", 5000)}
		if heard, err := o.Bounced(t.Context(), n); heard != outbox.HeardSoft || err != nil {
			t.Fatal(heard, err)
		}
	}
	got := w.get(o, "a").Bounces
	if len(got) != 20 || got[19].Report != "29" || len(got[0].Answer) > 1100 {
		t.Errorf("%d are kept, the last one is %s", len(got), got[len(got)-1].Report)
	}
}

func TestReturnPath(t *testing.T) {
	for path, want := range map[string]string{
		"":                              "office@convene.example.org",
		"bounces@example.org":           "bounces@example.org",
		"bounces@bücher.example.org":    "bounces@xn--bcher-kva.example.org",
		"no address":                    "office@convene.example.org",
		"bounces@example.org>\r\nRSET:": "office@convene.example.org",
	} {
		t.Run(path, func(t *testing.T) {
			w := newWorld(t, catcher.Options{})
			o := w.outbox(func(_ *outbox.SMTP, o *outbox.Options) { o.ReturnPath = path })
			w.queue(outbox.Letter{ID: "a"})
			w.deliver(o)
			m := w.smtp.Messages()[0]
			if m.From != want || !strings.Contains(string(m.Raw), "office@convene.example.org>\r\n") {
				t.Errorf("the envelope is from %q", m.From)
			}
		})
	}
}
