package delegate_test

import (
	"sync"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
)

// transferable has the event let people give their places away until it begins.
func transferable(capacity int, change func(*event.Event)) func(*event.Event) {
	return func(e *event.Event) {
		limited(capacity, nil)(e)
		e.Registration.TransferUntil = apptest.Now.AddDate(0, 0, 14)
		if change != nil {
			change(e)
		}
	}
}

// colleague is the registration under the address.
func colleague(t *testing.T, a *app.App, e event.Event, email string) delegate.Delegate {
	t.Helper()
	page, err := a.Delegates.Find(t.Context(), e.ID, delegate.Filter{Text: email}, "", 1)
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%s: %d, %v", email, len(page.Items), err)
	}
	return page.Items[0]
}

func again(t *testing.T, a *app.App, d delegate.Delegate) delegate.Delegate {
	t.Helper()
	d, err := a.Delegates.Get(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func finished(d delegate.Delegate) delegate.Form {
	f := delegate.FormOf(d)
	f.Consent = true
	return f
}

// The place changes hands in one commit, however many wait: the giver's badge dies
// and the colleague has one.
func TestAPlaceIsGivenToAColleague(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, transferable(1, nil))
	giver := apptest.Confirmed(t, a, e, "Amina Haddad")
	waits := proved(t, a, unverified(t, a, e, 1, one))[0]
	code := apptest.Code(t, a, giver)
	giver, err := a.Delegates.Give(t.Context(), giver.ID, "Bruno Silva", "bruno@example.org")
	if err != nil || giver.State != delegate.Confirmed || !giver.Gives() {
		t.Fatalf("%s, %v, %v", giver.State, giver.Passing, err)
	}
	if _, err := a.Delegates.Give(t.Context(), giver.ID, "Chen Wei", "chen@example.org"); problem.KindOf(err) != problem.Conflict {
		t.Errorf("given twice: %v; want a conflict", err)
	}
	to := colleague(t, a, e, "bruno@example.org")
	if to.State != delegate.Invited || to.Category != giver.Category || to.Organisation != giver.Organisation {
		t.Fatalf("the colleague is %s: %+v", to.State, to)
	}
	clock.Add(time.Hour)
	if to, err = a.Delegates.Finish(audit.As(t.Context(), audit.Delegate(to.ID)), to.ID, finished(to)); err != nil || to.State != delegate.Confirmed || to.Badge == "" {
		t.Fatalf("%s, %v", to.State, err)
	}
	giver = again(t, a, giver)
	if giver.State != delegate.Withdrawn || giver.Badge != "" {
		t.Errorf("the giver is %s with the badge %q", giver.State, giver.Badge)
	}
	if c, _, err := a.Badges.Check(t.Context(), code); err != nil {
		t.Error(err)
	} else if b, err := a.Badges.Get(t.Context(), a.DB, c.ID); err != nil || b.Revoked.IsZero() {
		t.Errorf("the giver's badge holds: %v", err)
	}
	wantStates(t, a, []delegate.Delegate{waits}, delegate.Waiting)
	wantTaken(t, a, e, 1)
	wantOccasions(t, a, to, delegate.OccasionTransfer, delegate.OccasionBadge)
	wantOccasions(t, a, giver, delegate.OccasionTransferred)
	if _, err := a.Delegates.Recall(t.Context(), giver.ID); problem.KindOf(err) != problem.Conflict {
		t.Errorf("called back after it was taken: %v; want a conflict", err)
	}
}

func wantTaken(t *testing.T, a *app.App, e event.Event, want int) {
	t.Helper()
	p, err := a.Delegates.Places(t.Context(), e)
	if err != nil || p.Taken != want {
		t.Errorf("%d places are taken, %v; want %d", p.Taken, err, want)
	}
	if n, err := a.Delegates.CountConfirmed(t.Context(), e.ID); err != nil || n != want {
		t.Errorf("%d are confirmed, %v; want %d", n, err, want)
	}
}

// Whatever else ends the colleague's registration leaves the place with the giver.
func TestAPlaceComesBack(t *testing.T) {
	for _, tt := range []struct {
		name           string
		do             func(a *app.App, clock *apptest.Clock, giver, to delegate.Delegate) error
		giver, to      delegate.State
		letters, other []string // to the giver, to the colleague
	}{
		{"called back", func(a *app.App, _ *apptest.Clock, giver, _ delegate.Delegate) error {
			_, err := a.Delegates.Recall(t.Context(), giver.ID)
			return err
		}, delegate.Confirmed, delegate.Withdrawn, nil, []string{delegate.OccasionTransfer, delegate.OccasionTransferOver}},
		{"declined", func(a *app.App, _ *apptest.Clock, _, to delegate.Delegate) error {
			_, err := a.Delegates.Withdraw(audit.As(t.Context(), audit.Delegate(to.ID)), to.ID, "a clash")
			return err
		}, delegate.Confirmed, delegate.Withdrawn, []string{delegate.OccasionTransferBack}, []string{delegate.OccasionTransfer}},
		{"not taken in time", func(a *app.App, clock *apptest.Clock, _, _ delegate.Delegate) error {
			clock.Add(delegate.TransferLife)
			n, err := a.Delegates.Fill(t.Context())
			if n["returned"] != 1 {
				t.Errorf("counted %v", n)
			}
			return err
		}, delegate.Confirmed, delegate.Withdrawn, []string{delegate.OccasionTransferBack}, []string{delegate.OccasionTransfer, delegate.OccasionTransferOver}},
		{"the giver withdraws", func(a *app.App, _ *apptest.Clock, giver, _ delegate.Delegate) error {
			_, err := a.Delegates.Withdraw(t.Context(), giver.ID, "")
			return err
		}, delegate.Withdrawn, delegate.Withdrawn, []string{delegate.OccasionCancelled}, []string{delegate.OccasionTransfer, delegate.OccasionTransferOver}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, clock := apptest.New(t)
			e := apptest.Event(t, a, transferable(1, nil))
			giver := apptest.Confirmed(t, a, e, "Amina Haddad")
			giver, err := a.Delegates.Give(t.Context(), giver.ID, "Bruno Silva", "bruno@example.org")
			if err != nil {
				t.Fatal(err)
			}
			to := colleague(t, a, e, "bruno@example.org")
			clock.Add(time.Minute)
			if err := tt.do(a, clock, giver, to); err != nil {
				t.Fatal(err)
			}
			giver, to = again(t, a, giver), again(t, a, to)
			if giver.State != tt.giver || to.State != tt.to || giver.Gives() || (giver.Badge != "") != (tt.giver == delegate.Confirmed) {
				t.Errorf("the giver is %s, the colleague %s", giver.State, to.State)
			}
			wantOccasions(t, a, giver, tt.letters...)
			wantOccasions(t, a, to, tt.other...)
			if _, err := a.Delegates.Finish(t.Context(), to.ID, finished(to)); problem.KindOf(err) != problem.Gone {
				t.Errorf("finished afterwards: %v; want gone", err)
			}
		})
	}
}

// Where the organisers approve, the giver keeps the place until they have.
func TestATransferThatNeedsApproval(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, transferable(1, func(e *event.Event) { e.Registration.Approval = true }))
	give := func(name, email string) (giver, to delegate.Delegate) {
		t.Helper()
		clock.Add(time.Minute)
		giver, err := a.Delegates.Give(t.Context(), colleague(t, a, e, "amina.haddad@example.org").ID, name, email)
		if err != nil {
			t.Fatal(err)
		}
		if to, err = a.Delegates.Finish(t.Context(), colleague(t, a, e, email).ID, finished(colleague(t, a, e, email))); err != nil || to.State != delegate.Awaiting {
			t.Fatalf("%s, %v", to.State, err)
		}
		return again(t, a, giver), to
	}
	apptest.Confirmed(t, a, e, "Amina Haddad")
	giver, to := give("Bruno Silva", "bruno@example.org")
	clock.Add(delegate.TransferLife + time.Hour) // the organisers take their time
	if n, err := a.Delegates.Fill(t.Context()); err != nil || n["returned"] != 0 || giver.State != delegate.Confirmed {
		t.Fatalf("%v, %v; the giver is %s", n, err, giver.State)
	}
	to, err := a.Delegates.Decline(t.Context(), to.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if giver = again(t, a, giver); giver.State != delegate.Confirmed || giver.Gives() {
		t.Fatalf("declined, but the giver is %s: %+v", giver.State, giver.Passing)
	}
	giver, to = give("Chen Wei", "chen@example.org")
	clock.Add(time.Minute)
	if to, err = a.Delegates.Approve(t.Context(), to.ID, ""); err != nil || to.State != delegate.Confirmed || again(t, a, giver).State != delegate.Withdrawn {
		t.Errorf("approved, they are %s and %s: %v", to.State, again(t, a, giver).State, err)
	}
	wantTaken(t, a, e, 1)
}

// While one colleague finishes, the giver calls back and gives to another, who
// finishes too: there is one place, and one of the three has it.
func TestTwoColleaguesCannotBothTakeIt(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, transferable(1, nil))
	giver := apptest.Confirmed(t, a, e, "Amina Haddad")
	if _, err := a.Delegates.Give(t.Context(), giver.ID, "Bruno Silva", "bruno@example.org"); err != nil {
		t.Fatal(err)
	}
	first := colleague(t, a, e, "bruno@example.org")
	begin := make(chan struct{})
	var wait sync.WaitGroup
	for range 4 { // pressed more than once
		wait.Go(func() {
			<-begin
			if _, err := a.Delegates.Finish(t.Context(), first.ID, finished(first)); err != nil && problem.KindOf(err) != problem.Gone {
				t.Error(err)
			}
		})
	}
	wait.Go(func() {
		<-begin
		if _, err := a.Delegates.Recall(t.Context(), giver.ID); err != nil {
			return // the first was faster
		}
		if _, err := a.Delegates.Give(t.Context(), giver.ID, "Chen Wei", "chen@example.org"); err != nil {
			t.Error(err)
			return
		}
		second := colleague(t, a, e, "chen@example.org")
		if _, err := a.Delegates.Finish(t.Context(), second.ID, finished(second)); err != nil {
			t.Error(err)
		}
	})
	close(begin)
	wait.Wait()
	wantTaken(t, a, e, 1)
	if got := again(t, a, giver); got.State != delegate.Withdrawn {
		t.Errorf("the giver is %s", got.State)
	}
}

func TestWhoMayGiveAPlace(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, transferable(0, nil))
	giver := apptest.Confirmed(t, a, e, "Amina Haddad")
	give := func(name, email string) error {
		clock.Add(time.Minute)
		_, err := a.Delegates.Give(t.Context(), giver.ID, name, email)
		return err
	}
	wantField(t, give("", "bruno@example.org"), "name")
	wantField(t, give("Bruno", "nobody"), "email")
	wantField(t, give("Amina", "AMINA.haddad@example.org"), "email")
	known := apptest.Confirmed(t, a, e, "Bruno Silva")
	if err := give("Bruno", known.Email); err != nil {
		t.Errorf("to somebody who is registered: %v; want nothing told", err)
	}
	wantOccasions(t, a, known, delegate.OccasionTransferKnown)
	for range delegate.MaxTransfers - 1 {
		if _, err := a.Delegates.Recall(t.Context(), giver.ID); err != nil {
			t.Fatal(err)
		}
		if err := give("Chen Wei", "chen@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Delegates.Recall(t.Context(), giver.ID); err != nil {
		t.Fatal(err)
	}
	if err := give("Chen Wei", "chen@example.org"); problem.KindOf(err) != problem.Conflict {
		t.Errorf("once more: %v; want a conflict", err)
	}
	clock.Set(e.Registration.TransferUntil)
	if _, err := a.Delegates.Give(t.Context(), known.ID, "Dora", "dora@example.org"); problem.KindOf(err) != problem.Conflict {
		t.Errorf("too late: %v; want a conflict", err)
	}
}

// Whoever takes a colleague's place takes the use of the invitation along, so that
// nobody else comes by it in the meantime.
func TestAPlaceTakesItsInvitationAlong(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, transferable(10, nil))
	i := aCode(t, a, e, delegate.TypedInvitation{Category: "minister", Uses: "1"})
	late := comes(t, a, e, i, "late@example.org")
	giver, err := prove(t.Context(), a, comes(t, a, e, i, "amina@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Minute)
	if _, err := a.Delegates.Give(audit.As(t.Context(), audit.Delegate(giver.ID)), giver.ID, "Bo", "bo@example.org"); err != nil {
		t.Fatal(err)
	}
	bo := colleague(t, a, e, "bo@example.org")
	if bo, err = a.Delegates.Finish(t.Context(), bo.ID, finished(bo)); err != nil || bo.State != delegate.Confirmed {
		t.Fatalf("%s, %v", bo.State, err)
	}
	wantUsed(t, a, e, i.ID, 1)
	_, err = prove(t.Context(), a, late)
	wantKind(t, err, problem.Gone)
	clock.Add(time.Minute)
	if _, err := a.Delegates.Withdraw(t.Context(), bo.ID, ""); err != nil {
		t.Fatal(err)
	}
	wantUsed(t, a, e, i.ID, 0)
}
