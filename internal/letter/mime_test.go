package letter_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	goical "github.com/emersion/go-ical"
	_ "github.com/emersion/go-message/charset"
	gomail "github.com/emersion/go-message/mail"

	"convene/internal/delegate"
	"convene/internal/letter"
	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/store"
)

// TestEveryLetterIsReadByAnotherLibrary sends each letter in each language to a
// real server and reads what arrived with a library that did not write it.
func TestEveryLetterIsReadByAnotherLibrary(t *testing.T) {
	f := newFixture(t, "Amina \"Zoë\" Haddad; المدينة, 城市")
	for _, lang := range f.app.Catalogue.Languages() {
		for _, occasion := range letter.Occasions {
			l := f.letter(occasion, lang)
			l.ID, l.To = outbox.ID("test", occasion, lang), outbox.Address{Name: f.delegate.Name, Email: "amina@example.org"}
			f.queue(t, l)
		}
	}
	arrived := f.send(t)
	if want := len(f.app.Catalogue.Languages())*len(letter.Occasions) + 3; len(arrived) != want { // and the fixture's own
		t.Fatalf("%d letters arrived; want %d", len(arrived), want)
	}
	invitations := 0
	for _, raw := range arrived {
		got := readBack(t, raw)
		if got.subject == "" || !strings.Contains(got.html, "</html>") || got.text == "" {
			t.Errorf("a letter reads %q, %q", got.subject, got.text)
		}
		if got.method != "" {
			invitations++
		}
	}
	// The badge's; and who is no longer in a session has it taken out again.
	if want := 3 * len(f.app.Catalogue.Languages()); invitations != want {
		t.Errorf("%d letters change the calendar; want %d", invitations, want)
	}
}

// TestTheLetterThatCancelsEmptiesTheCalendar: it takes the entry that the badge's
// letter brought out again.
func TestTheLetterThatCancelsEmptiesTheCalendar(t *testing.T) {
	f := newFixture(t, `Amina "Zoë" Haddad; المدينة`)
	f.event.ReplyTo = "office@example.org"
	f.saveEvent(t)
	if _, err := f.app.Delegates.Cancel(t.Context(), f.delegate.ID, ""); err != nil {
		t.Fatal(err)
	}
	var cancel readLetter
	for _, raw := range f.send(t) {
		if got := readBack(t, raw); got.method != "" {
			cancel = got
		}
	}
	if cancel.method != "CANCEL" || cancel.replyTo != "office@example.org" {
		t.Fatalf("the letter that cancels has the method %q and answers to %q", cancel.method, cancel.replyTo)
	}
	entry := cancel.event(t)
	for name, want := range map[string]string{
		"STATUS": "CANCELLED", "UID": "registration-" + f.delegate.ID + "@convene.test", "ORGANIZER": "mailto:office@example.org",
		"ATTENDEE": "mailto:amina@example.org",
	} {
		if got := entry.Props.Get(name); got == nil || got.Value != want {
			t.Errorf("%s is %v; want %s", name, got, want)
		}
	}
	if cn := entry.Props.Get("ATTENDEE").Params.Get("CN"); cn != "Amina ”Zoë” Haddad المدينة" {
		t.Errorf("the attendee is called %q", cn)
	}
}

func TestTheInvitationIsAcceptedAndReplacesTheOneBefore(t *testing.T) {
	f := newFixture(t, "Amina Haddad")
	sequence := func() int {
		m := f.compose(t, delegate.OccasionBadge, "en", outbox.ForSending)
		cal, err := goical.NewDecoder(bytes.NewReader(m.Calendar.Data)).Decode()
		if err != nil || len(cal.Events()) != 1 {
			t.Fatalf("the second parser says %v", err)
		}
		attendee := cal.Events()[0].Props.Get("ATTENDEE")
		if m.Calendar.Method != "REQUEST" || cal.Props.Get("METHOD").Value != "REQUEST" || attendee.Params.Get("PARTSTAT") != "ACCEPTED" || !strings.EqualFold(attendee.Params.Get("RSVP"), "false") {
			t.Errorf("the invitation asks for an answer: %v", attendee)
		}
		n, err := cal.Events()[0].Props.Get("SEQUENCE").Int()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := sequence()
	f.saveEvent(t)
	if after := sequence(); after <= before {
		t.Errorf("the event has changed, but the number went from %d to %d", before, after)
	}
}

func TestAFileTooLargeIsLinked(t *testing.T) {
	f := newFixture(t, "Amina Haddad")
	f.app.Composer.MaxAttached = 100
	m := f.compose(t, delegate.OccasionBadge, "en", outbox.ForSending)
	link := "http://convene.test/r/" + f.app.Delegates.ManageToken(f.delegate) + "/calendar.ics"
	if len(m.Attached) != 0 || !strings.Contains(m.Text, link) || !strings.Contains(m.HTML, link) {
		t.Errorf("%d files are attached, and the text reads:\n%s", len(m.Attached), m.Text)
	}
}

// readLetter is a letter as another library reads it.
type readLetter struct {
	subject, replyTo string
	text, html       string
	method           string // of its calendar
	calendar         []byte
}

func readBack(t *testing.T, raw []byte) readLetter {
	t.Helper()
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("the other library says %v:\n%s", err, raw)
	}
	var got readLetter
	if got.subject, err = r.Header.Subject(); err != nil {
		t.Error(err)
	}
	if list, err := r.Header.AddressList("Reply-To"); err == nil && len(list) == 1 {
		got.replyTo = list[0].Address
	}
	if to, err := r.Header.AddressList("To"); err != nil || len(to) != 1 {
		t.Errorf("to %v, %v", to, err)
	}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		got.take(t, part)
	}
}

func (r *readLetter) take(t *testing.T, part *gomail.Part) {
	t.Helper()
	content, err := io.ReadAll(part.Body)
	if err != nil {
		t.Fatal(err)
	}
	h, ok := part.Header.(*gomail.InlineHeader)
	if !ok {
		return
	}
	kind, params, err := h.ContentType()
	if err != nil {
		t.Fatal(err)
	}
	switch kind {
	case "text/plain":
		r.text = string(content)
	case "text/html":
		r.html = string(content)
	case "text/calendar":
		r.method, r.calendar = params["method"], content
	}
}

// event is the only entry of the letter's calendar, as a second parser reads it.
func (r readLetter) event(t *testing.T) goical.Event {
	t.Helper()
	cal, err := goical.NewDecoder(bytes.NewReader(r.calendar)).Decode()
	if err != nil {
		t.Fatalf("the second parser says %v:\n%s", err, r.calendar)
	}
	if list := cal.Events(); len(list) == 1 && cal.Props.Get("METHOD").Value == r.method {
		return list[0]
	}
	t.Fatalf("the calendar holds other than one event:\n%s", r.calendar)
	return goical.Event{}
}

func (f fixture) queue(t *testing.T, l outbox.Letter) {
	t.Helper()
	err := f.app.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := outbox.Queue(t.Context(), tx, f.app.Clock(), l)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (f fixture) saveEvent(t *testing.T) {
	t.Helper()
	err := f.app.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := f.app.Events.Save(t.Context(), tx, f.event)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// send delivers all letters to a real server and returns what arrived.
func (f fixture) send(t *testing.T) [][]byte {
	t.Helper()
	server, err := catcher.Start("127.0.0.1:0", catcher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "127.0.0.1", Port: server.Addr().Port, TLS: outbox.NoTLS, From: outbox.Address{Name: "convene", Email: "convene@example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	o := outbox.New(f.app.DB, outbox.Options{Sender: sender, Composer: f.app.Composer, Clock: f.app.Clock, Log: slog.New(slog.DiscardHandler)})
	if _, err := o.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	var arrived [][]byte
	for _, m := range server.Messages() {
		arrived = append(arrived, m.Raw)
	}
	return arrived
}
