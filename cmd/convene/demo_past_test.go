package main

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"convene/internal/account"
	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/seed"
)

// rehearse makes the rehearsal as a demonstration does. Change may set what its past is
// made with.
func rehearse(t *testing.T, a *app.App, change func(*seed.Past)) (e event.Event, sum seed.Summary, err error) {
	t.Helper()
	s := seeder(a)
	if _, err := s.Network(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = withPast(a, account.Staff{ID: "1", Name: "Demo Organiser"}, func(past *seed.Past) (err error) {
		if change != nil {
			change(past)
		}
		s.Past = past
		e, sum, err = s.Rehearsal(t.Context(), rehearsalAhead)
		return err
	})
	return e, sum, err
}

// TestPast has a demonstration be killed while it makes its rehearsal, and started
// again: everything is there then, once, and by the rules.
func TestPast(t *testing.T) {
	t.Parallel()
	a, _ := apptest.On(t, apptest.DB(t))
	killed, days := errors.New("killed"), 0
	_, _, err := rehearse(t, a, func(past *seed.Past) {
		deliver := past.Deliver
		past.Deliver = func(ctx context.Context) error {
			if days++; days == 12 {
				return killed
			}
			return deliver(ctx)
		}
	})
	if !errors.Is(err, killed) {
		t.Fatalf("the first start ended with %v", err)
	}
	e, sum, err := rehearse(t, a, nil)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Others.Added == 0 || sum.Others.There == 0 {
		t.Errorf("the second start says %s", sum)
	}
	t.Run("numbers", func(t *testing.T) { pastNumbers(t, a, e) })
	t.Run("letters", func(t *testing.T) { pastLetters(t, a, e) })
	t.Run("edition before", func(t *testing.T) { pastEdition(t, a, e) })

	before := export(t, a.DB)
	if _, sum, err = rehearse(t, a, nil); err != nil || sum.Added() != 0 {
		t.Errorf("the third start says %s, %v", sum, err)
	}
	if !bytes.Equal(before, export(t, a.DB)) {
		t.Error("the third start changed records")
	}
}

func pastNumbers(t *testing.T, a *app.App, e event.Event) {
	numbers, err := a.Reports.Numbers(t.Context(), e)
	if err != nil || numbers.Participants != 650 || numbers.Countries != 95 {
		t.Errorf("%d participants from %d countries, %v", numbers.Participants, numbers.Countries, err)
	}
	counts, err := a.Delegates.Tally(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := map[delegate.State]int{
		delegate.Invited: 11, delegate.Started: 3, delegate.Unverified: 8, delegate.Awaiting: 13, delegate.Waiting: 13, delegate.Offered: 1,
		delegate.Confirmed: 650, delegate.Declined: 2, delegate.Cancelled: 3, delegate.Withdrawn: 8,
	}
	if !maps.Equal(counts.States, want) {
		t.Errorf("by state: %v, want %v", counts.States, want)
	}
	places, err := a.Delegates.Places(t.Context(), e)
	if observers := places.Categories["observer"]; err != nil || places.Taken != 651 || observers.Capacity != observers.Taken || observers.Waiting != want[delegate.Waiting] {
		t.Errorf("places: %+v, %v", places, err)
	}
	filters := map[string]delegate.Filter{
		"owes answers": {Missing: true}, "has answers to be approved": {Proposed: true}, "declined an invitation": {Invited: delegate.Refused},
		"accepted one": {Invited: delegate.Accepted}, "had one taken back": {Invited: delegate.TakenBack}, "came by one": {Way: delegate.WayInvited},
		"was nominated": {Way: delegate.WayNominated}, "heads a delegation": {Role: delegate.RoleHead}, "is to dine": {Tag: "mayors’ dinner"},
	}
	for what, filter := range filters {
		if n, err := a.Delegates.Count(t.Context(), e.ID, filter); err != nil || n == 0 {
			t.Errorf("nobody %s (%v)", what, err)
		}
	}
	if pairs, _, err := a.Delegates.Pairs(t.Context(), e.ID, "", 10); err != nil || len(pairs) != 2 {
		t.Errorf("%d pairs, %v", len(pairs), err)
	}
	if n, err := a.Delegates.Recount(t.Context()); err != nil || n != 0 {
		t.Errorf("%d people owe another number of answers than is told, %v", n, err)
	}
}

// pastLetters sees to it that nothing of the past goes out now, or to anybody.
func pastLetters(t *testing.T, a *app.App, e event.Event) {
	tally, err := a.Outbox.Tally(t.Context(), e.ID)
	if err != nil || len(tally) != 1 || tally[outbox.Sent] < 100 {
		t.Errorf("letters: %v, %v; want them sent", tally, err)
	}
	page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: e.ID}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range page.Items {
		if !strings.HasSuffix(l.To.Email, "@example.org") || l.SentAt.Before(l.Queued) || l.SentAt.After(apptest.Now) {
			t.Errorf("%s: queued %s, sent %s", l.Occasion, l.Queued, l.SentAt)
		}
	}
}

func pastEdition(t *testing.T, a *app.App, e event.Event) {
	all, err := a.Events.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	editions, err := a.Reports.Editions(t.Context(), e, all)
	if err != nil || len(editions) != 1 || !editions[0].Rehearsal || editions[0].Series != e.Series {
		t.Fatalf("editions before: %v, %v", editions, err)
	}
	counts, err := a.Delegates.Tally(t.Context(), editions[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	days := 0
	for _, n := range counts.Days {
		days += n
	}
	if counts.Total() < 500 || days != counts.Total() || len(counts.Days) < 60 || counts.Arrived == 0 || len(counts.Countries) < 50 {
		t.Errorf("the edition before: %d registered, %d of them on %d days, %d arrived", counts.Total(), days, len(counts.Days), counts.Arrived)
	}
	if n, err := a.Delegates.Count(t.Context(), editions[0].ID, delegate.Filter{}); err != nil || n != 0 {
		t.Errorf("%d of its people are kept, %v", n, err)
	}
}
