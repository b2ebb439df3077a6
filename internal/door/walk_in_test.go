package door_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/door"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

func comer(name, email string) delegate.WalkIn {
	return delegate.WalkIn{Form: delegate.Form{
		Name: name, Organisation: "City of Tunis", Country: "TN", Category: "mayor", Email: email, Language: "fr", Consent: true,
	}}
}

// Whoever comes without having registered is in at once, counted at the gate, and has
// a badge that holds; with an address it comes by letter.
func TestAWalkInIsIn(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	if _, err := a.Door.WalkIn(t.Context(), e, door.Request{Gate: "main"}, comer("Amina Haddad", "")); problem.KindOf(err) != problem.Conflict {
		t.Errorf("before the event: %v; want a conflict", err)
	}
	clock.Set(e.FirstDay().Add(9 * time.Hour))
	request := door.Request{ID: store.NewID(), Gate: "main"}
	var ids []string
	for range 2 { // sent twice
		d, err := a.Door.WalkIn(t.Context(), e, request, comer("Amina Haddad", ""))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.ID)
		if d.State != delegate.Confirmed || d.Arrived.IsZero() || d.ArrivedGate != "main" || d.Consent.Version == "" {
			t.Errorf("%+v", d)
		}
	}
	if ids[0] != ids[1] {
		t.Error("sent twice, they are registered twice")
	}
	d, err := a.Door.WalkIn(t.Context(), e, door.Request{Gate: "main"}, comer("Bruno Silva", "bruno@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	if in, err := a.Door.Tally(t.Context(), e.ID, e.DayOf(clock.Now())); err != nil || in["main"] != 2 {
		t.Errorf("%v are in, %v", in, err)
	}
	if r, err := a.Door.Scan(t.Context(), e, door.Request{Gate: "side", Code: apptest.Code(t, a, d)}); err != nil || r.Reason != door.AlreadyIn {
		t.Errorf("the badge is %s, %v; want it genuine, and in already", r.Reason, err)
	}
	letters, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: e.ID}, "")
	if err != nil || len(letters.Items) != 1 || letters.Items[0].Person != d.ID || letters.Items[0].Occasion != delegate.OccasionBadge {
		t.Errorf("letters: %v, %v; want the badge, to the one with an address", letters.Items, err)
	}
	found, err := a.Delegates.Find(t.Context(), e.ID, delegate.Filter{Text: "haddad amina", Arrived: "yes"}, "", 5)
	if err != nil || len(found.Items) != 1 {
		t.Errorf("found %d, %v", len(found.Items), err)
	}
}

func TestWhoMayBeRegisteredAtTheDoor(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	clock.Set(e.FirstDay().Add(9 * time.Hour))
	_, err := a.Forms.Save(t.Context(), e.ID, form.Question{ID: "bag", Kind: form.YesNo, Label: i18n.English("Do they leave a bag?"), Asked: form.AtDoor, Required: true})
	if err != nil {
		t.Fatal(err)
	}
	if e, err = a.Events.LetWalkIn(t.Context(), e.ID, event.Typed([]string{"mayor"})); err != nil {
		t.Fatal(err)
	}
	try := func(w delegate.WalkIn) (delegate.Delegate, error) {
		return a.Door.WalkIn(t.Context(), e, door.Request{Gate: "main"}, w)
	}
	whole := comer("Amina Haddad", "amina@example.org")
	whole.Answers = form.Answers{"bag": {form.Yes}}
	for field, change := range map[string]func(*delegate.WalkIn){
		"name":     func(w *delegate.WalkIn) { w.Name = "" },
		"country":  func(w *delegate.WalkIn) { w.Country = "" },
		"email":    func(w *delegate.WalkIn) { w.Email = "amina" },
		"consent":  func(w *delegate.WalkIn) { w.Consent = false },
		"category": func(w *delegate.WalkIn) { w.Category = "minister" },
		"q-bag":    func(w *delegate.WalkIn) { w.Answers = nil },
	} {
		w := whole
		change(&w)
		_, err := try(w)
		if got := fieldsOf(err); len(got) != 1 || got[0] != field {
			t.Errorf("wrong are %v; want %s", got, field)
		}
	}
	minister := whole
	minister.Category, minister.Organiser, minister.Email = "minister", true, ""
	if d, err := try(minister); err != nil || d.Category != "minister" {
		t.Errorf("by an organiser: %s, %v", d.Category, err)
	}
	first, err := try(whole)
	if err != nil || first.Answers["bag"][0] != form.Yes {
		t.Fatalf("%v, %v", first.Answers, err)
	}
	if d, err := try(whole); problem.KindOf(err) != problem.Conflict || d.ID != first.ID {
		t.Errorf("the address a second time: %v; want a conflict with the first", err)
	}

	// Who never proved the address goes on at the door with the same registration.
	begun := apptest.Form("Chen Wei", "chen@example.org")
	if err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := a.Delegates.Invite(t.Context(), tx, e, begun, delegate.OccasionInvited)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	chen := whole
	chen.Name, chen.Email = "Chen Wei", "chen@example.org"
	if d, err := try(chen); err != nil || d.State != delegate.Confirmed || d.Arrived.IsZero() || len(d.Steps) != 2 {
		t.Errorf("%s after %d steps, %v", d.State, len(d.Steps), err)
	}
}

// At several doors at once the last places go to exactly as many; an organiser may go
// beyond with a reason, and the door's staff may not.
func TestTheLastPlacesAtTheDoor(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) { e.Registration.Capacity = 3 })
	clock.Set(e.FirstDay().Add(9 * time.Hour))
	var wait sync.WaitGroup
	var in, refused atomic.Int32
	for range 8 {
		wait.Go(func() {
			w := comer("Somebody", "")
			w.Beyond, w.Reason = true, "they would like to" // is not the staff's to decide
			_, err := a.Door.WalkIn(t.Context(), e, door.Request{Gate: "main"}, w)
			switch problem.KindOf(err) {
			case problem.Conflict:
				refused.Add(1)
			default:
				if err != nil {
					t.Error(err)
				}
				in.Add(1)
			}
		})
	}
	wait.Wait()
	if in.Load() != 3 || refused.Load() != 5 {
		t.Errorf("%d are in, %d were refused", in.Load(), refused.Load())
	}
	w := comer("The minister", "")
	w.Organiser, w.Beyond = true, true
	if _, err := a.Door.WalkIn(t.Context(), e, door.Request{Gate: "main"}, w); len(fieldsOf(err)) != 1 {
		t.Errorf("without a reason: %v", err)
	}
	w.Reason = "Guest of the host city"
	d, err := a.Door.WalkIn(t.Context(), e, door.Request{Gate: "main"}, w)
	if err != nil || d.Steps[0].Reason != w.Reason {
		t.Errorf("with one: %v", err)
	}
	if p, err := a.Delegates.Places(t.Context(), e); err != nil || p.Taken != 4 {
		t.Errorf("%d places are taken, %v", p.Taken, err)
	}
}

func fieldsOf(err error) []string {
	var told *problem.Error
	if !errors.As(err, &told) {
		return nil
	}
	var names []string
	for _, f := range told.Fields {
		names = append(names, f.Name)
	}
	return names
}
