package delegate_test

import (
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
)

// A place is kept for who comes instead of somebody as long as an offer is, however often
// they are replaced in turn; then it is the next one's on the waiting list. Who was to
// come stays invited, and waits as others do.
func TestAPlaceIsKeptForATime(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	cityOf(t, a, larissa)
	e := apptest.Event(t, a, func(e *event.Event) {
		limited(1, nil)(e) // kept for 24 hours
		e.Registration.Delegation = 2
	})
	fill := func(want delegate.State, lapsed int, d delegate.Delegate) {
		t.Helper()
		n, err := a.Delegates.Fill(t.Context())
		if got := reload(t, a, d).State; err != nil || got != want || n["lapsed"] != lapsed {
			t.Errorf("%d lapsed, who waits is %s, %v; want %d and %s", n["lapsed"], got, err, lapsed, want)
		}
		if places, err := a.Delegates.Places(t.Context(), e); err != nil || places.Taken != 1 {
			t.Errorf("%d places are taken, %v", places.Taken, err)
		}
	}
	old := finish(t, a, nominate(t, a, e, "old", delegate.RoleHead))
	waits := proved(t, a, unverified(t, a, e, 1, one))[0]
	first, err := a.Delegates.Replace(t.Context(), e, larissa, old.ID, nomination("first", ""), "")
	ends := clock.Now().Add(24 * time.Hour)
	if err != nil || !first.Kept || !first.KeptUntil.Equal(ends) {
		t.Fatalf("kept until %s, %v; want %s", first.KeptUntil, err, ends)
	}
	clock.Add(23 * time.Hour)
	second, err := a.Delegates.Replace(t.Context(), e, larissa, first.ID, nomination("second", ""), "")
	if err != nil || !second.Kept || !second.KeptUntil.Equal(ends) {
		t.Fatalf("replaced in turn, it is kept until %s, %v; want %s", second.KeptUntil, err, ends)
	}
	if err := a.Delegates.Begin(t.Context(), second.ID, map[string][]string{"name": {"Second"}}); err != nil {
		t.Fatal(err)
	}
	clock.Set(ends.Add(-time.Millisecond))
	fill(delegate.Waiting, 0, waits)
	clock.Set(ends)
	fill(delegate.Offered, 1, waits)
	fill(delegate.Offered, 0, waits)
	second = reload(t, a, second)
	if second.Kept || second.State != delegate.Started || !second.InDelegation() || !second.KeptUntil.Equal(ends) {
		t.Errorf("who was to come is %s, kept: %v until %s", second.State, second.Kept, second.KeptUntil)
	}
	if trail, err := audit.Of(t.Context(), a.DB, delegate.Subject(second.ID)); err != nil || trail[0].Action != "delegate.kept_over" || trail[0].Actor != audit.Job("places") {
		t.Errorf("the trail ends with %+v, %v", trail[0], err)
	}
	if second = finish(t, a, second); second.State != delegate.Waiting || !second.KeptUntil.IsZero() {
		t.Errorf("who answers too late is %s, kept until %s", second.State, second.KeptUntil)
	}
}

// Who has answered has done what they could: the place is kept until it is decided.
func TestAPlaceIsKeptForADecision(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	cityOf(t, a, larissa)
	e := apptest.Event(t, a, func(e *event.Event) {
		limited(1, nil)(e)
		e.Registration.Delegation, e.Registration.Approval = 1, true
	})
	approve := func(d delegate.Delegate) delegate.Delegate {
		t.Helper()
		d, err := a.Delegates.Approve(t.Context(), d.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	old := approve(finish(t, a, nominate(t, a, e, "old", delegate.RoleHead)))
	approve(proved(t, a, unverified(t, a, e, 1, one))[0]) // who waits
	fresh, err := a.Delegates.Replace(t.Context(), e, larissa, old.ID, nomination("fresh", ""), "")
	if err != nil {
		t.Fatal(err)
	}
	fresh = finish(t, a, fresh)
	clock.Add(72 * time.Hour)
	if n, err := a.Delegates.Fill(t.Context()); err != nil || n["lapsed"] != 0 || n["offered"] != 0 {
		t.Errorf("%v, %v; want nothing to change", n, err)
	}
	if fresh = approve(fresh); fresh.State != delegate.Confirmed {
		t.Errorf("who was decided about late is %s", fresh.State)
	}
}
