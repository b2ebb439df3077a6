package signup_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audience"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/signup"
	"convene/internal/store"
)

// house is an event whose sessions people sign up for.
type house struct {
	*testing.T
	app   *app.App
	clock *apptest.Clock
	event event.Event
}

func newHouse(t *testing.T, change func(*event.Event)) house {
	t.Helper()
	a, clock := apptest.New(t)
	return house{T: t, app: a, clock: clock, event: apptest.Event(t, a, change)}
}

// session puts a session on the programme, its start "2006-01-02 15:04" by the event's
// clocks.
func (h house) session(slug, start string, minutes int, roles ...programme.Role) programme.Session {
	h.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", start, h.event.Location())
	if err != nil {
		h.Fatal(err)
	}
	return h.save(programme.Session{
		Slug: slug, Kind: programme.ThematicForum, Title: i18n.English("Forum " + slug), Start: at.UTC(), Minutes: minutes, Roles: roles,
	})
}

func (h house) save(session programme.Session) programme.Session {
	h.Helper()
	err := h.app.DB.Update(h.Context(), func(tx *store.Tx) (err error) {
		session, err = h.app.Programme.SaveSession(h.Context(), tx, h.event, session)
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return session
}

func (h house) open(session programme.Session, typed signup.Typed) programme.Session {
	h.Helper()
	if _, err := h.app.Signups.Open(h.Context(), h.event, session, typed.Always); err != nil {
		h.Fatal(err)
	}
	return session
}

func (h house) person(name string) delegate.Delegate {
	h.Helper()
	return apptest.Confirmed(h.T, h.app, h.event, name)
}

// refusedFor joins and says what stands in the way: empty when nothing does.
func (h house) refusedFor(d delegate.Delegate, session programme.Session) signup.Kind {
	h.Helper()
	_, err := h.app.Signups.Join(h.Context(), d.ID, session.ID)
	var refused *signup.Refusal
	if errors.As(err, &refused) && problem.KindOf(err) == problem.Conflict {
		return refused.Hindrance.Kind
	}
	if err != nil {
		h.Fatal(err)
	}
	return signup.None
}

func (h house) join(session programme.Session, people ...delegate.Delegate) {
	h.Helper()
	for _, d := range people {
		if kind := h.refusedFor(d, session); kind != signup.None {
			h.Fatalf("%s was refused a place in %s: %s", d.Name, session.Slug, kind)
		}
	}
}

// wants compares who has a place and who waits, in order.
func (h house) wants(session programme.Session, in string, queue ...string) {
	h.Helper()
	var has []string
	err := h.app.Delegates.Each(h.Context(), h.event.ID, delegate.Filter{Session: session.ID}, func(d delegate.Delegate) error {
		has = append(has, d.Name)
		return nil
	})
	waits, err2 := h.app.Signups.Queue(h.Context(), session.ID, "", 0)
	if err := errors.Join(err, err2); err != nil {
		h.Fatal(err)
	}
	var names []string
	for _, entry := range waits.Items {
		d, err := h.app.Delegates.Get(h.Context(), entry.Delegate)
		if err != nil {
			h.Fatal(err)
		}
		names = append(names, d.Name)
	}
	o, _, err := h.app.Signups.Opening(h.Context(), session.ID)
	if err != nil {
		h.Fatal(err)
	}
	places, err := h.app.Signups.Places(h.Context(), o)
	if got := strings.Join(has, ", "); got != in || !slices.Equal(names, queue) || places.Taken != len(has) || places.Waiting != len(names) || err != nil {
		h.Errorf("%s: %q have a place and %q wait, counted %+v, %v; want %q and %q", session.Slug, got, names, places, err, in, queue)
	}
}

// wantLetters compares the occasions of the letters about sessions to somebody, the
// first one first.
func (h house) wantLetters(d delegate.Delegate, want ...string) {
	h.Helper()
	page, err := h.app.Outbox.Letters(h.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil {
		h.Fatal(err)
	}
	var got []string
	for _, l := range page.Items {
		if strings.HasPrefix(l.Occasion, "signup.") {
			got = append(got, l.Occasion)
		}
	}
	slices.Reverse(got)
	if !slices.Equal(got, want) {
		h.Errorf("%s got %q; want %q", d.Name, got, want)
	}
}

// Two hundred sign up at once for the last ten places.
func TestTheLastPlaces(t *testing.T) {
	h := newHouse(t, nil)
	session := h.open(h.session("visit", "2027-06-01 10:00", 60), signup.Typed{Places: "10"})
	people := make([]delegate.Delegate, 200)
	err := h.app.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		for i := range people {
			form := apptest.Form(fmt.Sprintf("Person %03d", i), fmt.Sprintf("person.%d@example.org", i))
			if people[i], err = h.app.Delegates.Add(t.Context(), tx, h.event, form, h.clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var in atomic.Int32
	for _, d := range people {
		wait.Go(func() {
			entry, err := h.app.Signups.Join(t.Context(), d.ID, session.ID)
			switch {
			case err != nil:
				t.Errorf("%s: %v", d.Name, err)
			case !entry.Waits():
				in.Add(1)
			}
		})
	}
	wait.Wait()
	o, _, err := h.app.Signups.Opening(t.Context(), session.ID)
	if err != nil {
		t.Fatal(err)
	}
	places, err := h.app.Signups.Places(t.Context(), o)
	n, err2 := h.app.Delegates.Count(t.Context(), h.event.ID, delegate.Filter{Session: session.ID})
	if err := errors.Join(err, err2); err != nil || in.Load() != 10 || n != 10 || places != (signup.Places{Limit: 10, Taken: 10, Waiting: 190}) {
		t.Fatalf("%d were told that they are in, %d are, counted %+v, %v", in.Load(), n, places, err)
	}
	queue, err := h.app.Signups.Queue(t.Context(), session.ID, "", store.MaxLimit)
	if err != nil || len(queue.Items) != 190 {
		t.Fatalf("%d wait, %v", len(queue.Items), err)
	}
	for i, entry := range queue.Items {
		if entry.Number != i+1 {
			t.Fatalf("number %d stands at %d", entry.Number, i+1)
		}
	}
	// Whoever has a place gives it up, all at once: ten of those who wait move up.
	err = h.app.Delegates.Each(t.Context(), h.event.ID, delegate.Filter{Session: session.ID}, func(d delegate.Delegate) error {
		wait.Go(func() {
			if err := h.app.Signups.Leave(context.WithoutCancel(t.Context()), d.ID, session.ID); err != nil {
				t.Error(err)
			}
		})
		return nil
	})
	wait.Wait()
	after, err2 := h.app.Signups.Queue(t.Context(), session.ID, "", store.MaxLimit)
	if err := errors.Join(err, err2); err != nil || len(after.Items) != 180 || after.Items[0].Number != 11 {
		t.Fatalf("%d wait, %v", len(after.Items), err)
	}
}

// One person cannot be in two places, however fast they press.
func TestOnePersonAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	var sessions []programme.Session
	for i := range 8 {
		sessions = append(sessions, h.open(h.session(fmt.Sprintf("s%d", i), "2027-06-01 10:00", 60), signup.Typed{}))
	}
	d := h.person("Amina")
	var wait sync.WaitGroup
	var in atomic.Int32
	for _, session := range sessions {
		wait.Go(func() {
			if _, err := h.app.Signups.Join(t.Context(), d.ID, session.ID); err == nil {
				in.Add(1)
			} else if problem.KindOf(err) != problem.Conflict {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	got, err := h.app.Delegates.Get(t.Context(), d.ID)
	if err != nil || in.Load() != 1 || len(got.Sessions) != 1 {
		t.Errorf("%d sessions at one time, kept %q, %v", in.Load(), got.Sessions, err)
	}
}

func TestClashes(t *testing.T) {
	t.Parallel()
	// The clocks of Santiago de Chile go back at midnight, on 4 April 2027: 23:30 to
	// 01:30 are three hours.
	h := newHouse(t, func(e *event.Event) {
		e.TimeZone, e.Starts, e.Ends = "America/Santiago", "2027-04-03", "2027-04-05"
		e.Registration.Opens, e.Registration.Closes = apptest.Now.AddDate(0, -6, 0), apptest.Now.AddDate(0, -2, 0)
	})
	h.clock.Set(time.Date(2027, time.March, 20, 12, 0, 0, 0, time.UTC))
	early := h.open(h.session("early", "2027-04-03 10:00", 60), signup.Typed{})
	d := h.person("Amina")
	h.join(early, d)
	for _, test := range []struct {
		slug, start string
		minutes     int
		want        signup.Kind
	}{
		{"touches-before", "2027-04-03 09:00", 60, signup.None},
		{"touches-after", "2027-04-03 11:00", 60, signup.None},
		{"within", "2027-04-03 10:15", 10, signup.Clash},
		{"a-minute", "2027-04-03 10:59", 30, signup.Clash},
		{"around", "2027-04-03 08:00", 300, signup.Clash},
		{"night", "2027-04-03 22:30", 180, signup.None}, // until 00:30 by clocks that went back: 3 h
		{"after-midnight", "2027-04-04 00:15", 60, signup.Clash},
		{"morning", "2027-04-04 00:30", 60, signup.None},
		{"next-day", "2027-04-04 10:00", 60, signup.None},
	} {
		session := h.open(h.session(test.slug, test.start, test.minutes), signup.Typed{})
		if got := h.refusedFor(d, session); got != test.want {
			t.Errorf("%s, %s: %q; want %q", test.slug, session.Start, got, test.want)
		}
	}
}

// Who speaks at a time cannot sign up for something else then, but may for the session
// in which they speak.
func TestSpeakersClash(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	var speaker programme.Person
	err := h.app.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		speaker, err = h.app.Programme.SavePerson(t.Context(), tx, programme.Person{Event: h.event.ID, Slug: "amina", Name: "Amina", Email: "Amina@Example.org"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	own := h.open(h.session("own", "2027-06-01 10:00", 60, programme.Role{Person: speaker.ID, Duty: programme.Keynote}), signup.Typed{})
	other := h.open(h.session("other", "2027-06-01 10:30", 60), signup.Typed{})
	d, stranger := h.person("Amina"), h.person("Yusuf")
	if got := h.refusedFor(d, other); got != signup.Speaks {
		t.Errorf("beside their own speech: %q", got)
	}
	h.join(own, d)
	h.join(other, stranger)
}

func TestWhoMaySignUpAndWhen(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(e *event.Event) { e.Registration.Approval = true })
	session := h.session("visit", "2027-06-01 10:00", 60)
	h.open(session, signup.Typed{Categories: []string{"city-executive"}, Opens: "2027-05-11T09:00", Closes: "2027-05-20T09:00"})
	mayors := h.open(h.session("mayors", "2027-06-01 10:00", 60), signup.Typed{Categories: []string{"mayor"}})
	d := h.person("Amina")
	want := func(session programme.Session, want signup.Kind) {
		t.Helper()
		if got := h.refusedFor(d, session); got != want {
			t.Errorf("%s at %s: %q; want %q", session.Slug, h.clock.Now(), got, want)
		}
	}
	want(session, signup.NotYet)
	want(mayors, signup.Category)
	h.clock.Set(time.Date(2027, time.May, 20, 15, 0, 0, 0, time.UTC)) // 09:00 there
	want(session, signup.Closed)
	h.clock.Set(time.Date(2027, time.May, 11, 15, 0, 0, 0, time.UTC))
	want(session, signup.None)
	want(session, signup.None) // again changes nothing
	h.wants(session, "Amina")
	h.clock.Set(session.Start)
	if err := h.app.Signups.Leave(t.Context(), d.ID, session.ID); problem.KindOf(err) != problem.Conflict {
		t.Errorf("leaving a session that has begun: %v", err)
	}
	if _, err := h.app.Delegates.Cancel(t.Context(), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	want(session, signup.Begun)
	h.clock.Set(apptest.Now.AddDate(0, 0, 5))
	want(session, signup.Unconfirmed)
	h.wants(session, "")
	unopened := h.session("unopened", "2027-06-01 10:00", 60)
	if _, err := h.app.Signups.Join(t.Context(), d.ID, unopened.ID); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a session that is not opened: %v", err)
	}
}

// Of five forums one may choose two.
func TestGroups(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	d := h.person("Amina")
	var forums []programme.Session
	for i := range 4 {
		forums = append(forums, h.open(h.session(fmt.Sprintf("forum-%d", i), fmt.Sprintf("2027-06-01 %d:00", 10+i), 60), signup.Typed{Group: "Regional  forums", Most: "1"}))
	}
	h.open(forums[3], signup.Typed{Group: "regional forums", Most: "2"}) // for all of the group
	h.join(forums[0], d)
	h.join(forums[1], d)
	if got := h.refusedFor(d, forums[2]); got != signup.Enough {
		t.Errorf("a third one: %q", got)
	}
	if err := h.app.Signups.Leave(t.Context(), d.ID, forums[0].ID); err != nil {
		t.Fatal(err)
	}
	h.join(forums[2], d)
}

// A place that falls free goes to the first who can take it; who cannot keeps the
// number.
func TestMovingUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	visit := h.open(h.session("visit", "2027-06-01 10:00", 60), signup.Typed{Places: "1"})
	other := h.open(h.session("other", "2027-06-01 10:30", 60), signup.Typed{})
	amina, busy, yusuf, zuhura := h.person("Amina"), h.person("Busy"), h.person("Yusuf"), h.person("Zuhura")
	h.join(visit, amina, busy, yusuf, zuhura)
	h.wants(visit, "Amina", "Busy", "Yusuf", "Zuhura")
	h.join(other, busy) // whoever waits may choose something else meanwhile

	h.clock.Add(time.Minute)
	if _, err := h.app.Delegates.Withdraw(t.Context(), amina.ID, ""); err != nil {
		t.Fatal(err)
	}
	h.wants(visit, "Yusuf", "Busy", "Zuhura")
	h.wantLetters(yusuf, signup.OccasionMovedUp)
	h.wantLetters(busy)
	h.wantLetters(amina) // of the end of the registration another letter tells

	// A place is free, and the only one before them cannot take it.
	if err := h.app.Signups.Leave(t.Context(), zuhura.ID, visit.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Signups.Leave(t.Context(), yusuf.ID, visit.ID); err != nil {
		t.Fatal(err)
	}
	h.wants(visit, "", "Busy")
	h.join(visit, zuhura)
	h.wants(visit, "Zuhura", "Busy")

	// What stood in the way is gone: by itself, at the next turn.
	if err := h.app.Signups.Leave(t.Context(), zuhura.ID, visit.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Signups.Leave(t.Context(), busy.ID, other.ID); err != nil {
		t.Fatal(err)
	}
	h.join(visit, busy) // already on the list: keeps that place
	h.wants(visit, "", "Busy")
	for _, want := range []int{1, 0} {
		if n, err := h.app.Signups.Fill(t.Context()); err != nil || n["moved_up"] != want {
			t.Errorf("filling moved %v up, %v; want %d", n, err, want)
		}
	}
	h.wants(visit, "Busy")
	h.wantLetters(busy, signup.OccasionMovedUp)

	// More places are there at once.
	h.join(visit, yusuf, zuhura)
	h.wants(visit, "Busy", "Yusuf", "Zuhura")
	h.open(visit, signup.Typed{Places: "2"})
	h.wants(visit, "Busy, Yusuf", "Zuhura")
	h.open(visit, signup.Typed{Places: "1"}) // who has a place keeps it
	h.wants(visit, "Busy, Yusuf", "Zuhura")
}

// Long lists of people who cannot take the place hold up nobody.
func TestManyAreHindered(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	visit := h.open(h.session("visit", "2027-06-01 10:00", 60), signup.Typed{Places: "1"})
	other := h.open(h.session("other", "2027-06-01 10:30", 60), signup.Typed{})
	first := h.person("Amina")
	h.join(visit, first)
	for i := range 30 {
		d := h.person(fmt.Sprintf("Busy %d", i))
		h.join(visit, d)
		h.join(other, d)
	}
	last := h.person("Zuhura")
	h.join(visit, last)
	if err := h.app.Signups.Leave(t.Context(), first.ID, visit.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := h.app.Signups.Fill(t.Context()); err != nil || n["moved_up"] != 1 {
		t.Errorf("filling moved %v up, %v", n, err)
	}
	h.wantLetters(last, signup.OccasionMovedUp)
}

func TestTheOrganisers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	visit := h.open(h.session("visit", "2027-06-01 10:00", 60), signup.Typed{Places: "1", Categories: []string{"mayor"}})
	other := h.open(h.session("other", "2027-06-01 10:30", 60), signup.Typed{})
	amina, yusuf := h.person("Amina"), h.person("Yusuf")
	add := func(d delegate.Delegate, want signup.Kind) {
		t.Helper()
		_, err := h.app.Signups.Add(t.Context(), d.ID, visit.ID)
		var refused *signup.Refusal
		if got := signup.None; errors.As(err, &refused) {
			if got = refused.Hindrance.Kind; got != want {
				t.Errorf("adding %s: %q; want %q", d.Name, got, want)
			}
		} else if err != nil || want != signup.None {
			t.Errorf("adding %s: %v; want %q", d.Name, err, want)
		}
	}
	h.join(other, yusuf)
	add(yusuf, signup.Clash)
	add(amina, signup.None) // though the session is for mayors
	add(amina, signup.None)
	h.wantLetters(amina, signup.OccasionAdded)
	if err := h.app.Signups.Leave(t.Context(), yusuf.ID, other.ID); err != nil {
		t.Fatal(err)
	}
	add(yusuf, signup.Full)
	h.clock.Add(time.Minute)
	if err := h.app.Signups.Remove(t.Context(), amina.ID, visit.ID, "The bus is too small."); err != nil {
		t.Fatal(err)
	}
	h.wantLetters(amina, signup.OccasionAdded, signup.OccasionRemoved)
	add(yusuf, signup.None)
	h.wants(visit, "Yusuf")

	n, err := h.app.Signups.End(t.Context(), h.event, visit.ID, "The museum is closed.")
	if err != nil || n != 1 {
		t.Fatalf("%d were let go, %v", n, err)
	}
	h.wants(visit, "")
	h.wantLetters(yusuf, signup.OccasionAdded, signup.OccasionCancelled)
	if _, err := h.app.Signups.Join(t.Context(), yusuf.ID, visit.ID); problem.KindOf(err) != problem.NotFound {
		t.Errorf("signing up for what was taken back: %v", err)
	}
}

// Organisers write to those of a study visit.
func TestAudience(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	visit := h.open(h.session("visit", "2027-06-01 10:00", 60), signup.Typed{Places: "1"})
	h.session("not-opened", "2027-06-01 12:00", 60)
	amina, yusuf := h.person("Amina"), h.person("Yusuf")
	h.join(visit, amina, yusuf)
	sel := audience.Selection{Group: delegate.AudienceGroup}.With(delegate.FactSession, visit.ID)
	var faults problem.Form
	if err := h.app.Audience.CheckFor(t.Context(), h.event, sel, &faults); err != nil || faults.Err() != nil {
		t.Errorf("%v, %v", err, faults.Err())
	}
	found, _, err := h.app.Audience.Find(t.Context(), h.event, sel, "", 10)
	if err != nil || len(found) != 1 || found[0].ID != amina.ID {
		t.Errorf("found %v, %v", found, err)
	}
	g, _ := h.app.Audience.Group(delegate.AudienceGroup)
	fact, _ := g.Fact(delegate.FactSession)
	options, err := fact.Options(t.Context(), h.app.Catalogue.For("en"), h.event)
	if err != nil || len(options) != 1 || options[0].Label != "1 Jun 10:00 Forum visit" {
		t.Errorf("options %v, %v", options, err)
	}
}

func TestTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	session := h.session("visit", "2027-06-01 10:00", 60)
	for _, test := range []struct {
		typed signup.Typed
		field string
	}{
		{signup.Typed{Places: "-1"}, "places"},
		{signup.Typed{Places: "many"}, "places"},
		{signup.Typed{Opens: "tomorrow"}, "opens"},
		{signup.Typed{Opens: "2027-06-01T10:01"}, "opens"},
		{signup.Typed{Opens: "2027-05-20T10:00", Closes: "2027-05-20T10:00"}, "closes"},
		{signup.Typed{Closes: "2027-06-01T10:01"}, "closes"},
		{signup.Typed{Categories: []string{"astronaut"}}, "category"},
		{signup.Typed{Group: "Forums"}, "most"},
		{signup.Typed{Most: "2"}, "group"},
		{signup.Typed{Group: strings.Repeat("x", 101), Most: "2"}, "group"},
	} {
		_, err := h.app.Signups.Open(t.Context(), h.event, session, test.typed.Always)
		var p *problem.Error
		if !errors.As(err, &p) || p.Kind != problem.Invalid || len(p.Fields) != 1 || p.Fields[0].Name != test.field {
			t.Errorf("%+v: %v; want a fault of %s", test.typed, err, test.field)
		}
	}
}
