package delegate_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
)

func aCode(t *testing.T, a *app.App, e event.Event, typed delegate.TypedInvitation) delegate.Invitation {
	t.Helper()
	i, err := a.Delegates.MakeInvitation(t.Context(), e, typed)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// comes has somebody register by the invitation, who has yet to prove their address.
// typing is what somebody types whatever there is.
func typing(typed delegate.TypedInvitation) func(delegate.Invitation) (delegate.TypedInvitation, error) {
	return func(delegate.Invitation) (delegate.TypedInvitation, error) { return typed, nil }
}

func comes(t *testing.T, a *app.App, e event.Event, i delegate.Invitation, email string) delegate.Delegate {
	t.Helper()
	if err := a.Delegates.RegisterBy(t.Context(), e, i, apptest.Form("Person of "+email, email)); err != nil {
		t.Fatal(err)
	}
	found, err := a.Delegates.Find(t.Context(), e.ID, delegate.Filter{Text: email}, "", 1)
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%d: %v", len(found.Items), err)
	}
	return found.Items[0]
}

func wantUsed(t *testing.T, a *app.App, e event.Event, id string, want int) {
	t.Helper()
	i, err := a.Delegates.Invitation(t.Context(), e, id)
	if err != nil {
		t.Fatal(err)
	}
	came, err := a.Delegates.Count(t.Context(), e.ID, delegate.Filter{Invitation: id, State: delegate.Confirmed})
	if err != nil || i.Used != want || came != want {
		t.Errorf("the invitation counts %d uses, and %d people came by it, %v; want %d", i.Used, came, err, want)
	}
}

// A hundred people prove their address at once with an invitation of three uses.
func TestTheLastUsesOfAnInvitation(t *testing.T) {
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	i := aCode(t, a, e, delegate.TypedInvitation{Uses: "3", Category: "minister"})
	people := make([]delegate.Delegate, 100)
	for n := range people {
		people[n] = comes(t, a, e, i, fmt.Sprintf("p%d@example.org", n))
	}
	wantUsed(t, a, e, i.ID, 0) // nobody has proved an address
	var wait sync.WaitGroup
	var confirmed, over atomic.Int32
	for _, d := range people {
		wait.Go(func() {
			_, err := prove(t.Context(), a, d)
			switch {
			case err == nil:
				confirmed.Add(1)
			case problem.KindOf(err) == problem.Gone:
				over.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if confirmed.Load() != 3 || over.Load() != 97 {
		t.Errorf("%d were confirmed and %d refused; want 3 and 97", confirmed.Load(), over.Load())
	}
	wantUsed(t, a, e, i.ID, 3)
}

// A use is given back by who withdraws, and taken by nobody who may not have it.
func TestUsesAreGivenBack(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) {
		e.Registration.Categories = []event.Category{{ID: "minister", Mode: event.ModeInvitation, Seen: event.SeenByInvited}, {ID: "mayor"}, {ID: "city-executive"}}
	})
	i := aCode(t, a, e, delegate.TypedInvitation{Uses: "1", Category: "minister"})
	first, second := comes(t, a, e, i, "first@example.org"), comes(t, a, e, i, "second@example.org")
	first, err := prove(t.Context(), a, first)
	if err != nil || first.Category != "minister" {
		t.Fatalf("%s, %v", first.Category, err)
	}
	_, err = prove(t.Context(), a, second)
	wantKind(t, err, problem.Gone)
	token := a.Delegates.VerifyToken(second, second.VerifySerial)
	v, err := a.Delegates.ByVerifyLink(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if without, err := a.Delegates.InvitationHolds(t.Context(), e, v.Form); without || problem.KindOf(err) != problem.Gone {
		t.Errorf("may go on without: %v, %v; want neither", without, err)
	}
	_, err = a.Delegates.VerifyWithout(t.Context(), token)
	wantKind(t, err, problem.Gone) // ministers are invited
	clock.Add(time.Minute)
	if _, err = a.Delegates.Withdraw(audit.As(t.Context(), audit.Delegate(first.ID)), first.ID, ""); err != nil {
		t.Fatal(err)
	}
	if second, err = prove(t.Context(), a, second); err != nil || second.State != delegate.Confirmed {
		t.Fatalf("%s, %v; want the use that was given back", second.State, err)
	}
	wantUsed(t, a, e, i.ID, 1)
	if first, err = a.Delegates.Approve(t.Context(), first.ID, ""); err != nil || first.Invitation != "" {
		t.Errorf("taken back by the organisers: invitation %q, %v; want without one", first.Invitation, err)
	}
	wantUsed(t, a, e, i.ID, 1)
}

// Who comes too late with an invitation goes on without it where everybody may.
func TestGoingOnWithoutTheInvitation(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) { e.Registration.Approval = true })
	i := aCode(t, a, e, delegate.TypedInvitation{Uses: "1", Approved: true})
	first, second := comes(t, a, e, i, "first@example.org"), comes(t, a, e, i, "second@example.org")
	first, err := prove(t.Context(), a, first)
	if err != nil || first.State != delegate.Confirmed {
		t.Fatalf("%s, %v; want confirmed without approval", first.State, err)
	}
	_, err = prove(t.Context(), a, second)
	wantKind(t, err, problem.Gone)
	second, err = a.Delegates.VerifyWithout(t.Context(), a.Delegates.VerifyToken(second, second.VerifySerial))
	if err != nil || second.State != delegate.Awaiting || second.Invitation != "" {
		t.Errorf("%s by %q, %v; want awaiting approval, by no invitation", second.State, second.Invitation, err)
	}
}

func TestInvitationsThatAreOver(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	other := apptest.Event(t, a, func(e *event.Event) { e.Slug, e.Acronym = "iclc-other", "iclcother" })
	i := aCode(t, a, e, delegate.TypedInvitation{Category: "mayor", Ends: "2027-05-12"})
	token, code := a.Delegates.InvitationToken(i), a.Delegates.InvitationCode(i)
	find := func(token, code string, want problem.Kind) {
		t.Helper()
		_, byLink := a.Delegates.InvitationByLink(t.Context(), token)
		_, byCode := a.Delegates.InvitationByCode(t.Context(), e, code)
		for _, err := range []error{byLink, byCode} {
			if (err == nil) != (want == problem.Internal) || problem.KindOf(err) != want {
				t.Errorf("%v; want kind %d", err, want)
			}
		}
	}
	find(token, code, problem.Internal)
	_, err := a.Delegates.InvitationByCode(t.Context(), other, code)
	wantKind(t, err, problem.NotFound)
	pending := comes(t, a, e, i, "late@example.org")

	if i, err = a.Delegates.ChangeInvitation(t.Context(), e, i.ID, typing(delegate.TypedInvitation{Category: "mayor", Note: "Asia", Ends: "2027-05-12"})); err != nil {
		t.Fatal(err)
	}
	find(token, code, problem.Internal) // a note changes nothing
	if i, err = a.Delegates.ChangeInvitation(t.Context(), e, i.ID, typing(delegate.TypedInvitation{Category: "minister", Ends: "2027-05-12"})); err != nil {
		t.Fatal(err)
	}
	find(token, code, problem.NotFound)
	_, err = prove(t.Context(), a, pending)
	wantKind(t, err, problem.Gone)

	token, code = a.Delegates.InvitationToken(i), a.Delegates.InvitationCode(i)
	if _, err = a.Delegates.RevokeInvitation(t.Context(), e, i.ID); err != nil {
		t.Fatal(err)
	}
	find(token, code, problem.NotFound)
	if i, err = a.Delegates.RenewInvitation(t.Context(), e, i.ID); err != nil {
		t.Fatal(err)
	}
	find(token, code, problem.NotFound)
	token, code = a.Delegates.InvitationToken(i), a.Delegates.InvitationCode(i)
	find(token, code, problem.Internal)
	clock.Set(time.Date(2027, 5, 13, 5, 59, 0, 0, time.UTC)) // in Mexico City still the 12th
	find(token, code, problem.Internal)
	clock.Add(time.Minute)
	find(token, code, problem.Gone)
}

// An invitation for a person is theirs alone, and what it decides is not for them to
// change.
func TestWhatAnInvitationDecides(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) {
		e.Registration.Categories = []event.Category{{ID: "minister", Mode: event.ModeInvitation}, {ID: "host-city-staff", Seen: event.SeenByDesk}, {ID: "city-executive"}}
	})
	hers := aCode(t, a, e, delegate.TypedInvitation{Email: "Amina@Example.org", Beyond: true})
	f := apptest.Form("Amina Haddad", "somebody.else@example.org")
	wantField(t, a.Delegates.RegisterBy(t.Context(), e, hers, f), "email")
	f.Email = "amina@example.org"
	for category, field := range map[string]string{"host-city-staff": "category", "king": "category"} {
		f.Category = category
		wantField(t, a.Delegates.RegisterBy(t.Context(), e, hers, f), field)
	}
	f.Category = "minister"
	wantField(t, a.Delegates.Register(t.Context(), e, f), "category") // as everybody else
	if err := a.Delegates.RegisterBy(t.Context(), e, hers, f); err != nil {
		t.Error(err)
	}
	for field, typed := range map[string]delegate.TypedInvitation{
		"uses": {Uses: "-1"}, "ends": {Ends: "2027-05-09"}, "email": {Email: "nobody"}, "category": {Category: "king"}, "city": {City: "atlantis"},
	} {
		_, err := a.Delegates.MakeInvitation(t.Context(), e, typed)
		wantField(t, err, field)
	}
}

// Each is reminded once, however often the form is sent, and who has answered is not.
func TestReminding(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	var ids []string
	for n := range 3 {
		f := guest()
		f.Email = fmt.Sprintf("guest%d@example.org", n)
		d, err := a.Delegates.InvitePerson(t.Context(), e, f, n == 0)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, d.ID)
	}
	clock.Add(time.Hour)
	if _, err := a.Delegates.Withdraw(audit.As(t.Context(), audit.Delegate(ids[2])), ids[2], "=1+1 a <b>clash</b>"); err != nil {
		t.Fatal(err)
	}
	since := clock.Now()
	if n, err := a.Delegates.RemindInvited(t.Context(), e, append(ids, "nobody"), since); n != 2 || err != nil {
		t.Fatalf("%d were reminded, %v; want 2", n, err)
	}
	clock.Add(time.Second)
	if n, err := a.Delegates.RemindInvited(t.Context(), e, ids, since); n != 0 || err != nil {
		t.Errorf("sent again: %d were reminded, %v; want nobody", n, err)
	}
	d, err := a.Delegates.Get(t.Context(), ids[0])
	if err != nil || d.Invited.Times != 2 {
		t.Errorf("written to %d times, %v", d.Invited.Times, err)
	}
	wantOccasions(t, a, d, delegate.OccasionInvited, delegate.OccasionReminded)
	for answer, want := range map[delegate.Answer]int{delegate.AnyAnswer: 3, delegate.NoAnswer: 2, delegate.Refused: 1, delegate.Accepted: 0} {
		if n, err := a.Delegates.Count(t.Context(), e.ID, delegate.Filter{Invited: answer}); n != want || err != nil {
			t.Errorf("%s: %d, %v; want %d", answer, n, err, want)
		}
	}
	if d, err = a.Delegates.Get(t.Context(), ids[2]); err != nil || d.Invited.Answer != delegate.Refused || d.Reason() != "=1+1 a <b>clash</b>" {
		t.Errorf("%+v, %q, %v", d.Invited, d.Reason(), err)
	}
}
