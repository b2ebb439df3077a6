package privacy_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/door"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/problem"
	"convene/internal/store"
)

// house is the program with a mail server of its own.
type house struct {
	t      *testing.T
	app    *app.App
	clock  *apptest.Clock
	event  event.Event
	caught *catcher.Catcher

	mu     sync.Mutex
	onData func() // called once, while a letter is handed over
}

func open(t *testing.T, change func(*event.Event)) *house {
	t.Helper()
	h := &house{t: t}
	var err error
	h.caught, err = catcher.Start("127.0.0.1:0", catcher.Options{Answer: func(stage catcher.Stage, _ catcher.Message) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		if stage == catcher.Data && h.onData != nil {
			h.onData()
			h.onData = nil
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.caught.Close() })
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "127.0.0.1", Port: h.caught.Addr().Port, TLS: outbox.NoTLS, Guard: outbox.Reserved,
		From: outbox.Address{Name: "convene", Email: "convene@example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	db := apptest.DB(t)
	_, h.clock = apptest.On(t, db)
	h.app, err = app.New(db, apptest.Config(), app.Options{
		Clock: h.clock.Now, Log: slog.New(slog.DiscardHandler), Instance: "test", Hashing: apptest.Hashing, Sender: sender,
		Messages: apptest.Messages(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.event = apptest.Event(t, h.app, change)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) deliver() {
	h.t.Helper()
	_, err := h.app.Outbox.Deliver(h.t.Context())
	h.must(err)
}

// register brings somebody in as they do it themselves, up to the proof of the
// address.
func (h *house) register(f delegate.Form) delegate.Delegate {
	h.t.Helper()
	h.must(h.app.Delegates.Register(h.t.Context(), h.event, f))
	found, err := h.app.Delegates.Find(h.t.Context(), h.event.ID, delegate.Filter{Text: f.Email}, "", 1)
	if err != nil || len(found.Items) != 1 {
		h.t.Fatalf("%s is not registered: %v", f.Name, err)
	}
	return found.Items[0]
}

func (h *house) confirm(f delegate.Form) delegate.Delegate {
	h.t.Helper()
	d := h.register(f)
	h.clock.Add(time.Second)
	d, err := h.app.Delegates.Verify(h.t.Context(), h.app.Delegates.VerifyToken(d, d.VerifySerial))
	h.must(err)
	return d
}

// dump is everything in the database, with the copies of letters unpacked.
func (h *house) dump() string {
	h.t.Helper()
	var b bytes.Buffer
	for _, name := range h.app.DB.Collections() {
		for rec, err := range h.app.DB.Records(h.t.Context(), name) {
			h.must(err)
			b.WriteString(name + " " + rec.ID + " " + string(rec.Body) + "\n")
			var packed struct{ Packed, Data []byte }
			if json.Unmarshal(rec.Body, &packed) == nil {
				text, _ := io.ReadAll(flate.NewReader(bytes.NewReader(packed.Packed)))
				b.Write(append(append(text, packed.Data...), '\n'))
			}
		}
	}
	return b.String()
}

// wantNone looks for words in everything that is kept.
func (h *house) wantNone(words ...string) {
	h.t.Helper()
	for _, line := range strings.Split(h.dump(), "\n") {
		for _, word := range words {
			if strings.Contains(strings.ToLower(line), strings.ToLower(word)) {
				h.t.Errorf("%q stays in %.300s", word, line)
			}
		}
	}
}

// asDelegate acts by the personal link.
func asDelegate(ctx context.Context, d delegate.Delegate) context.Context {
	return audit.As(ctx, audit.Delegate(d.ID))
}

var organiser = audit.Actor{Kind: "staff", ID: "s1", Name: "Olga Organiser"}

// What a person left anywhere is handed out whole, and gone once it is erased;
// what others left stays.
func TestEverythingIsHandedOutAndErased(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	ctx := t.Context()
	for _, q := range []form.Question{
		{ID: "diet", Kind: form.Text, Label: i18n.English("What do you eat?"), Asked: form.AtRegistration},
		{ID: "paper", Kind: form.File, Label: i18n.English("Your paper"), Asked: form.AtRegistration, Endings: []string{".txt"}},
	} {
		_, err := h.app.Forms.Save(ctx, h.event.ID, q)
		h.must(err)
	}
	set, err := h.app.Forms.Of(ctx, h.event.ID)
	h.must(err)
	paper, _ := set.Question("paper")
	sent, err := h.app.Forms.Upload(ctx, h.event.ID, paper, "telltalepaper.txt", []byte("telltalecontent"))
	h.must(err)

	f := apptest.Form("Telltale Zyxwv", "telltale@example.org")
	f.Organisation, f.JobTitle, f.Needs, f.TimeZone = "Telltale City", "Telltale Adviser", "telltale needs", "Europe/Athens"
	f.Answers = form.Answers{"diet": {"telltale diet"}, "paper": {sent.ID}}
	d := h.confirm(f)
	other := h.confirm(apptest.Form("Other Person", "other@example.org"))
	h.must(h.app.Statements.Subscribe(ctx, h.event.ID, f.Email, "en"))
	h.deliver()
	h.clock.Add(time.Minute)
	staff := audit.As(ctx, organiser)
	_, err = h.app.Delegates.Cancel(staff, d.ID, "telltale reason")
	h.must(err)
	h.clock.Add(time.Minute)
	d, err = h.app.Delegates.Approve(staff, d.ID, "telltale mistake")
	h.must(err)
	h.must(h.app.Preferences.Choose(ctx, outbox.Letter{Event: h.event.ID, To: outbox.Address{Email: f.Email}}, []outbox.Kind{outbox.KindNews}))
	h.clock.Set(h.event.FirstDay().Add(9 * time.Hour))
	code := apptest.Code(t, h.app, d)
	for range 2 { // let in, then refused
		h.clock.Add(time.Minute)
		_, err := h.app.Door.Scan(ctx, h.event, door.Request{Gate: "main", Code: code, Staff: "s1"})
		h.must(err)
	}
	h.deliver()
	d, err = h.app.Delegates.Get(ctx, d.ID)
	h.must(err)

	document, err := h.app.Privacy.Export(ctx, d, "About", "Test Conference")
	h.must(err)
	text, err := json.MarshalIndent(document, "", "  ")
	h.must(err)
	for _, want := range []string{
		"Telltale Zyxwv", "Telltale City", "telltale needs", "What do you eat?", "telltale diet", "telltalepaper.txt", "telltale@example.org",
		"telltale reason", "already_in", `"news"`, "delegate.badge", `"confirmed": false`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("what is handed out lacks %q", want)
		}
	}
	for _, secret := range []string{"Olga", d.LinkHash, h.app.Delegates.ManageToken(d), "Other"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("what is handed out holds %q", secret)
		}
	}

	before, err := h.app.Reports.Numbers(ctx, h.event)
	h.must(err)
	h.must(h.app.Privacy.Erase(asDelegate(ctx, d), d.ID, ""))
	h.deliver() // the last letter
	h.wantNone("telltale", "zyxwv", "Olga")
	if !slices.ContainsFunc(h.caught.Messages(), func(m catcher.Message) bool {
		return slices.Contains(m.To, f.Email) && strings.Contains(string(m.Raw), "Subject: Your data has been erased")
	}) {
		t.Error("no last letter came")
	}
	after, err := h.app.Reports.Numbers(ctx, h.event)
	h.must(err)
	if !reflect.DeepEqual(before, after) {
		t.Errorf("the numbers are %+v; before they were %+v", after, before)
	}
	if !strings.Contains(h.dump(), "Other Person") {
		t.Error("somebody else's letters are gone, too")
	}
	if l, err := h.app.Outbox.Letters(ctx, outbox.Filter{Person: other.ID}, ""); err != nil || len(l.Items) == 0 {
		t.Error(err)
	} else if c, err := h.app.Outbox.Preview(ctx, l.Items[len(l.Items)-1].ID); err != nil || c.Subject == "" {
		t.Errorf("the copy that was beside an erased one: %v", err)
	}
	r, err := h.app.Door.Scan(ctx, h.event, door.Request{Gate: "main", Code: code, Staff: "s1"})
	if err != nil || r.Verdict != door.Stop || r.Reason != door.Revoked {
		t.Errorf("the badge of who was erased: %s, %v", r, err)
	}
	trail, err := audit.Of(ctx, h.app.DB, delegate.Subject(d.ID))
	if err != nil || len(trail) < 4 {
		t.Errorf("the trail has %d entries, %v", len(trail), err)
	}
}

// Erased people come back like anybody else, and only their own place was free.
func TestErasedPlaceAndComingBack(t *testing.T) {
	t.Parallel()
	h := open(t, func(e *event.Event) { e.Registration.Capacity = 1 })
	ctx := t.Context()
	first := h.confirm(apptest.Form("First Person", "first@example.org"))
	second := h.confirm(apptest.Form("Second Person", "second@example.org"))
	if second.State != delegate.Waiting {
		t.Fatalf("the second is %s", second.State)
	}
	if err := h.app.Privacy.Erase(audit.As(ctx, organiser), first.ID, " "); problem.KindOf(err) != problem.Invalid {
		t.Errorf("erased by the desk without a reason: %v", err)
	}
	h.must(h.app.Privacy.Erase(audit.As(ctx, organiser), first.ID, "asked by letter"))
	if err := h.app.Privacy.Erase(audit.As(ctx, organiser), first.ID, "again"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("erased twice: %v", err)
	}
	if n, err := h.app.Delegates.Fill(ctx); err != nil || n["offered"] != 1 {
		t.Errorf("offered %v, %v; want one place", n, err)
	}
	h.deliver()
	again := h.confirm(apptest.Form("First Person", "first@example.org"))
	if again.ID == first.ID || again.State != delegate.Waiting {
		t.Errorf("came back as %s in state %s", again.ID, again.State)
	}
	counts, err := h.app.Delegates.Tally(ctx, h.event.ID)
	h.must(err)
	if counts.Total() != 3 || counts.States[delegate.Cancelled] != 1 {
		t.Errorf("the counts are %v", counts.States)
	}
}

// A letter that is on the wire while its reader is erased goes out, and leaves
// nothing; one that was queued for them by somebody who read the list before does
// not come about.
func TestErasedWhileALetterIsSent(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	ctx := t.Context()
	d := h.register(apptest.Form("Telltale Zyxwv", "telltale@example.org"))
	h.register(apptest.Form("Other Person", "other@example.org")) // whose copy is kept beside
	h.onData = func() {
		if err := h.app.Privacy.Erase(asDelegate(ctx, d), d.ID, ""); err != nil {
			t.Error(err)
		}
	}
	h.deliver()
	h.deliver()
	h.wantNone("telltale", "zyxwv")
	var made bool
	h.must(h.app.DB.Update(ctx, func(tx *store.Tx) (err error) {
		made, err = outbox.Queue(ctx, tx, h.clock.Now(), outbox.Letter{
			ID: "late", Occasion: "event.week", Event: h.event.ID, Person: d.ID, To: outbox.Address{Name: d.Name, Email: d.Email},
		})
		return err
	}))
	if made {
		t.Error("a letter was queued for somebody who was erased")
	}
	h.wantNone("telltale", "zyxwv")
}

// Erasing and everything else that is about the same person meet; whichever comes
// second sees the first.
func TestErasedWhileOthersWrite(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	ctx := t.Context()
	h.clock.Set(h.event.FirstDay().Add(9 * time.Hour))
	for i := range 3 {
		f := apptest.Form("Telltale Zyxwv", "telltale@example.org")
		d := apptest.Confirmed(t, h.app, h.event, "Telltale Zyxwv")
		code := apptest.Code(t, h.app, d)
		var all sync.WaitGroup
		try := func(fn func() error) {
			all.Go(func() {
				if err := fn(); err != nil && problem.KindOf(err) != problem.NotFound && !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		for range 3 {
			try(func() error {
				_, err := h.app.Door.Scan(ctx, h.event, door.Request{Gate: "main", Code: code, Staff: "s1"})
				return err
			})
			try(func() error { return h.app.Delegates.SendLink(ctx, h.event, f.Email) })
			try(func() error { _, err := h.app.Delegates.Update(ctx, d.ID, f); return err })
		}
		try(func() error { return h.app.Privacy.Erase(asDelegate(ctx, d), d.ID, "") })
		all.Wait()
		if gone, err := h.app.Delegates.Get(ctx, d.ID); problem.KindOf(err) != problem.NotFound {
			t.Fatalf("round %d: %s is still there: %v", i, gone.ID, err)
		}
		h.deliver()
		h.wantNone("telltale", "zyxwv", `"delegate":"`+d.ID)
	}
}

// What one commit does not hold is finished, also after a crash.
func TestErasureIsFinished(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	ctx := t.Context()
	d := apptest.Confirmed(t, h.app, h.event, "Telltale Zyxwv")
	for batch := range 2 {
		h.must(h.app.DB.Update(ctx, func(tx *store.Tx) error {
			for i := range 100 {
				_, err := outbox.Queue(ctx, tx, h.clock.Now(), outbox.Letter{
					ID: outbox.ID("news", d.ID, string(rune('a'+batch)), string(rune('A'+i))), Occasion: "event.week", Event: h.event.ID, Person: d.ID,
					To: outbox.Address{Name: d.Name, Email: d.Email},
				})
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	h.must(h.app.DB.Update(ctx, func(tx *store.Tx) error { // and then the power fails
		return h.app.Privacy.Parts.Erase(ctx, tx, d.Person(), h.clock.Now())
	}))
	if !strings.Contains(h.dump(), "Zyxwv") {
		t.Fatal("one commit held it all: the test needs more letters")
	}
	if n, err := h.app.Privacy.Finish(ctx); n != 1 || err != nil {
		t.Errorf("finished %d, %v", n, err)
	}
	h.wantNone("telltale", "zyxwv")
	if n, err := h.app.Privacy.Finish(ctx); n != 0 || err != nil {
		t.Errorf("finished again: %d, %v", n, err)
	}
}

// An invitation that was for somebody who is erased forgets them, also one that has their
// name alone.
func TestALinkForgetsWhoIsErased(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	ctx := t.Context()
	i, err := h.app.Delegates.MakeInvitation(ctx, h.event, delegate.TypedInvitation{Name: "Telltale Zyxwv", Note: "met Zyxwv in Cork"})
	h.must(err)
	theirs, err := h.app.Delegates.MakeInvitation(ctx, h.event, delegate.TypedInvitation{Name: "Ted", Email: "telltale@example.org"})
	h.must(err)
	_, err = h.app.Delegates.DeclineInvitation(ctx, h.app.Delegates.InvitationToken(theirs), "telltale clash")
	h.must(err)
	f := apptest.Form("Telltale Zyxwv", "telltale@example.org")
	h.must(h.app.Delegates.RegisterBy(ctx, h.event, i, f))
	found, err := h.app.Delegates.Find(ctx, h.event.ID, delegate.Filter{Text: f.Email}, "", 1)
	h.must(err)
	d, err := h.app.Delegates.Verify(ctx, h.app.Delegates.VerifyToken(found.Items[0], 1))
	h.must(err)
	document, err := h.app.Privacy.Export(ctx, d, "About", "Test Conference")
	h.must(err)
	text, err := json.Marshal(document)
	if err != nil || !strings.Contains(string(text), "telltale clash") {
		t.Errorf("what is handed out lacks why they declined: %s, %v", text, err)
	}
	h.must(h.app.Privacy.Erase(asDelegate(ctx, d), d.ID, ""))
	h.deliver()
	h.wantNone("telltale", "zyxwv")
	if i, err = h.app.Delegates.Invitation(ctx, h.event, i.ID); err != nil || i.Revoked.IsZero() || i.Answer != "" {
		t.Errorf("their invitation is %+v, %v", i, err)
	}
}
