package delegate_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// people numbers everybody.
var people atomic.Int32

// unverified has so many people register, who have yet to prove their address.
func unverified(t *testing.T, a *app.App, e event.Event, n int, category func(i int) string) []delegate.Delegate {
	t.Helper()
	list := make([]delegate.Delegate, n)
	for i := range n {
		name := fmt.Sprintf("%s%d", t.Name(), people.Add(1))
		form := apptest.Form("Person "+name, name+"@example.org")
		form.Category = category(i)
		if err := a.Delegates.Register(t.Context(), e, form); err != nil {
			t.Fatal(err)
		}
		found, err := a.Delegates.Find(t.Context(), e.ID, delegate.Filter{Text: form.Email}, "", 1)
		if err != nil || len(found.Items) != 1 {
			t.Fatalf("%d: %v", len(found.Items), err)
		}
		list[i] = found.Items[0]
	}
	return list
}

func prove(ctx context.Context, a *app.App, d delegate.Delegate) (delegate.Delegate, error) {
	return a.Delegates.Verify(ctx, a.Delegates.VerifyToken(d, d.VerifySerial))
}

func limited(capacity int, categories map[string]int) func(*event.Event) {
	return func(e *event.Event) {
		e.Registration.Capacity, e.Registration.OfferHours = capacity, 24
		for _, c := range event.UsualCategories {
			if n, ok := categories[c.ID]; ok {
				c.Places = &n
			}
			e.Registration.Categories = append(e.Registration.Categories, c)
		}
	}
}

// A thousand people prove their address at once for the last 40 places.
func TestTheLastPlaces(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, limited(40, nil))
	people := unverified(t, a, e, 1000, func(int) string { return "mayor" })
	var wait sync.WaitGroup
	var confirmed, waiting atomic.Int32
	for _, d := range people {
		wait.Go(func() {
			got, err := prove(t.Context(), a, d)
			switch {
			case err != nil:
				t.Errorf("%s: %v", d.Name, err)
			case got.State == delegate.Confirmed:
				confirmed.Add(1)
			case got.State == delegate.Waiting:
				waiting.Add(1)
			}
		})
	}
	wait.Wait()
	counts, err := a.Delegates.Tally(t.Context(), e.ID)
	if err != nil || confirmed.Load() != 40 || waiting.Load() != 960 || counts.States[delegate.Confirmed] != 40 || counts.States[delegate.Waiting] != 960 {
		t.Fatalf("%d were confirmed and %d wait; kept %v, %v", confirmed.Load(), waiting.Load(), counts.States, err)
	}
	seen := map[int]bool{}
	err = a.Delegates.Each(t.Context(), e.ID, delegate.Filter{State: delegate.Waiting}, func(d delegate.Delegate) error {
		if d.Number < 1 || d.Number > 960 || seen[d.Number] {
			t.Errorf("%s has the number %d", d.Name, d.Number)
		}
		seen[d.Number] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// one is everybody's category.
func one(int) string { return "mayor" }

// proved has the people prove their address, one after the other.
func proved(t *testing.T, a *app.App, people []delegate.Delegate) []delegate.Delegate {
	t.Helper()
	for i, d := range people {
		got, err := prove(t.Context(), a, d)
		if err != nil {
			t.Fatal(err)
		}
		people[i] = got
	}
	return people
}

func wantStates(t *testing.T, a *app.App, people []delegate.Delegate, want ...delegate.State) {
	t.Helper()
	for i, d := range people {
		got, err := a.Delegates.Get(t.Context(), d.ID)
		if err != nil || got.State != want[i] {
			t.Errorf("%s is %s, %v; want %s", d.Name, got.State, err, want[i])
		}
		if (got.Badge != "") != (got.State == delegate.Confirmed) {
			t.Errorf("%s is %s with the badge %q", d.Name, got.State, got.Badge)
		}
	}
}

func fill(t *testing.T, a *app.App, offered, lapsed int) {
	t.Helper()
	if n, err := a.Delegates.Fill(t.Context()); err != nil || n["offered"] != offered || n["lapsed"] != lapsed {
		t.Fatalf("filling made %v, %v; want %d offered and %d lapsed", n, err, offered, lapsed)
	}
}

const (
	confirmed = delegate.Confirmed
	waiting   = delegate.Waiting
	offered   = delegate.Offered
	cancelled = delegate.Cancelled
)

// A place that falls free goes down the list by itself: offered for a day, then to
// the next.
func TestAPlaceThatFallsFree(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, limited(1, nil))
	p := proved(t, a, unverified(t, a, e, 4, one))
	wantStates(t, a, p, confirmed, waiting, waiting, waiting)
	fill(t, a, 0, 0)
	for i, want := range []int{0, 0, 1, 2} {
		if n, err := a.Delegates.Before(t.Context(), p[i]); i > 0 && (n != want || err != nil) {
			t.Errorf("%d stand before %s, %v; want %d", n, p[i].Name, err, want)
		}
	}

	clock.Add(time.Minute)
	if _, err := a.Delegates.Cancel(t.Context(), p[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	late := proved(t, a, unverified(t, a, e, 1, one))
	wantStates(t, a, late, waiting) // nobody overtakes
	fill(t, a, 1, 0)
	fill(t, a, 0, 0)
	wantStates(t, a, p, cancelled, offered, waiting, waiting)
	clock.Add(24*time.Hour - time.Second)
	fill(t, a, 0, 0)
	clock.Add(time.Second)
	if _, err := a.Delegates.Accept(t.Context(), p[1].ID); problem.KindOf(err) != problem.Gone {
		t.Errorf("accepting too late: %v", err)
	}
	fill(t, a, 1, 1)
	wantStates(t, a, p, cancelled, cancelled, offered, waiting)
	clock.Add(time.Minute)
	for range 2 {
		if _, err := a.Delegates.Accept(t.Context(), p[2].ID); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, a, 0, 0)
	wantStates(t, a, p, cancelled, cancelled, confirmed, waiting)
	wantOccasions(t, a, p[1], delegate.OccasionVerify, delegate.OccasionWaiting, delegate.OccasionOffered, delegate.OccasionLapsed)
	wantOccasions(t, a, p[2], delegate.OccasionVerify, delegate.OccasionWaiting, delegate.OccasionOffered, delegate.OccasionBadge)
}

// A category that is full holds up nobody else; a free place goes to the first whose
// category has one.
func TestCategoriesHavePlacesOfTheirOwn(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, limited(3, map[string]int{"mayor": 1, "media": 0}))
	kinds := []string{"mayor", "mayor", "youth", "media", "youth", "youth"}
	p := proved(t, a, unverified(t, a, e, 6, func(i int) string { return kinds[i] }))
	wantStates(t, a, p, confirmed, waiting, confirmed, waiting, confirmed, waiting)
	if _, err := a.Delegates.Cancel(t.Context(), p[2].ID, ""); err != nil {
		t.Fatal(err)
	}
	fill(t, a, 1, 0)
	wantStates(t, a, p, confirmed, waiting, cancelled, waiting, confirmed, offered)
	if _, err := a.Delegates.Cancel(t.Context(), p[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	fill(t, a, 1, 0)
	wantStates(t, a, p, cancelled, offered, cancelled, waiting, confirmed, offered)
	places, err := a.Delegates.Places(t.Context(), e)
	if err != nil || places.Taken != 3 || places.Waiting != 1 || places.Categories["mayor"] != (delegate.CategoryPlaces{Capacity: 1, Taken: 1}) ||
		places.Categories["youth"] != (delegate.CategoryPlaces{Capacity: -1, Taken: 2}) || places.Categories["media"] != (delegate.CategoryPlaces{Waiting: 1}) {
		t.Errorf("places: %+v, %v", places, err)
	}
}

func TestOrganisersAndTheLastPlace(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) { e.Registration.Capacity, e.Registration.Approval = 1, true })
	p := proved(t, a, unverified(t, a, e, 3, one))
	for _, d := range p[:2] { // the second approval finds no place
		if _, err := a.Delegates.Approve(t.Context(), d.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	wantStates(t, a, p, confirmed, waiting, delegate.Awaiting)
	if _, err := a.Delegates.Approve(t.Context(), p[1].ID, ""); problem.KindOf(err) != problem.Conflict {
		t.Errorf("confirming beyond the limit: %v", err)
	}
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := a.Delegates.Add(t.Context(), tx, e, apptest.Form("Nadia Okafor", "nadia@example.org"), a.Clock())
		return err
	})
	if problem.KindOf(err) != problem.Conflict {
		t.Errorf("bringing somebody in beyond the limit: %v", err)
	}
	if _, err := a.Delegates.Cancel(t.Context(), p[1].ID, ""); err != nil { // leaves the list
		t.Fatal(err)
	}
	if places, err := a.Delegates.Places(t.Context(), e); err != nil || places.Taken != 1 || places.Waiting != 0 {
		t.Errorf("places: %+v, %v", places, err)
	}
}

// Somebody who has gone to and fro as often as one may is offered a place all the same:
// else nobody who comes after them would have one at once.
func TestWhoWentToAndFroHoldsUpNobody(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	ctx := t.Context()
	e := apptest.Event(t, a, limited(1, nil))
	p := proved(t, a, unverified(t, a, e, 2, one))
	for {
		d, err := a.Delegates.Get(ctx, p[1].ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Steps) == 50 {
			break
		}
		if _, err := a.Delegates.Cancel(ctx, d.ID, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Delegates.Approve(ctx, d.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	wantStates(t, a, p, confirmed, waiting)
	if _, err := a.Delegates.Cancel(ctx, p[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	fill(t, a, 1, 0)
	wantStates(t, a, p, cancelled, offered)
	if _, err := a.Delegates.Accept(ctx, p[1].ID); err != nil {
		t.Error(err)
	}
}
