package delegate_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// wantSaid tells what the one for whom the invitation is has said to it, and how many of
// those for one person have that answer.
func wantSaid(t *testing.T, a *app.App, e event.Event, id string, want delegate.Answer) delegate.Invitation {
	t.Helper()
	i, err := a.Delegates.Invitation(t.Context(), e, id)
	if err != nil || i.Answer != want {
		t.Fatalf("the answer is %q, %v; want %q", i.Answer, err, want)
	}
	if n, err := a.Delegates.CountForOne(t.Context(), e, want); n != 1 || err != nil {
		t.Errorf("%d have the answer %q, %v", n, want, err)
	}
	return i
}

// An invitation by link for one person is declined as a letter's is: nobody comes by it
// then, what was kept is free, no reminder goes out, and they may change their mind.
func TestALinkForOnePersonIsDeclined(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	hers := aCode(t, a, e, delegate.TypedInvitation{Name: "Amina Haddad", Email: "Amina@example.org", Category: "mayor", Uses: "1"})
	token, code := a.Delegates.InvitationToken(hers), a.Delegates.InvitationCode(hers)
	pending := comes(t, a, e, hers, "amina@example.org")
	letter, err := a.Delegates.InvitePerson(t.Context(), e, guest(), false) // who had only begun
	if err != nil || letter.ID != pending.ID {
		t.Fatalf("%v, %v", letter, err)
	}
	guestly := audit.As(t.Context(), audit.Guest)

	_, err = a.Delegates.DeclineInvitation(guestly, token, strings.Repeat("é", delegate.MaxReason+1))
	wantField(t, err, "reason")
	wantSaid(t, a, e, hers.ID, delegate.NoAnswer)
	clock.Add(time.Hour)
	at := clock.Now()
	for range 2 { // a button pressed twice
		if _, err = a.Delegates.DeclineInvitation(guestly, token, "  =1+1 a <b>clash</b>  "); err != nil {
			t.Fatal(err)
		}
		clock.Add(time.Minute)
	}
	i := wantSaid(t, a, e, hers.ID, delegate.Refused)
	if !i.Answered.Equal(at) || i.Reason != "=1+1 a <b>clash</b>" || i.Standing(clock.Now()) != delegate.InvitationRefused {
		t.Errorf("declined at %s, %q, %s", i.Answered, i.Reason, i.Standing(clock.Now()))
	}
	trail, err := audit.Of(t.Context(), a.DB, "invitation/"+hers.ID)
	if err != nil || len(trail) != 2 || trail[0].Action != "invitation.decline" || trail[0].Actor != audit.Guest || trail[0].Reason != "" {
		t.Errorf("%+v, %v; want one entry for the making and one for declining", trail, err)
	}
	if letter, err = a.Delegates.Get(t.Context(), letter.ID); err != nil || letter.State != delegate.Withdrawn || letter.Invited.Answer != delegate.Refused {
		t.Errorf("by letter: %s, %v", letter.State, err)
	}
	if n, err := a.Delegates.RemindInvited(t.Context(), e, []string{letter.ID}, clock.Now()); n != 0 || err != nil {
		t.Errorf("%d were reminded, %v", n, err)
	}
	for _, err := range []error{
		second(a.Delegates.InvitationByLink(t.Context(), token)), second(a.Delegates.InvitationByCode(t.Context(), e, code)),
		a.Delegates.RegisterBy(t.Context(), e, i, apptest.Form("Amina Haddad", "amina@example.org")), second(prove(t.Context(), a, pending)),
	} {
		wantKind(t, err, problem.Gone)
	}

	for range 2 {
		if _, err := a.Delegates.ReconsiderInvitation(guestly, token); err != nil {
			t.Fatal(err)
		}
	}
	if i = wantSaid(t, a, e, hers.ID, delegate.NoAnswer); !i.Answered.IsZero() || i.Reason != "" {
		t.Errorf("of the first answer stays: %s, %q", i.Answered, i.Reason)
	}
	if _, err := prove(t.Context(), a, pending); err != nil {
		t.Fatal(err)
	}
	wantSaid(t, a, e, hers.ID, delegate.Accepted)
	_, err = a.Delegates.DeclineInvitation(guestly, token, "")
	wantKind(t, err, problem.Conflict)
}

func second[T any](_ T, err error) error { return err }

// Nobody declines what is not theirs alone, or what is over; who is asked anew has not
// answered.
func TestWhoMayDeclineALink(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	shared := aCode(t, a, e, delegate.TypedInvitation{Category: "mayor", Uses: "1"})
	_, err := a.Delegates.DeclineInvitation(t.Context(), a.Delegates.InvitationToken(shared), "")
	wantKind(t, err, problem.Conflict)
	_, err = a.Delegates.DeclineInvitation(t.Context(), "nonsense", "")
	wantKind(t, err, problem.NotFound)

	his := aCode(t, a, e, delegate.TypedInvitation{Name: "Ned", Ends: "2027-05-12"})
	decline := func() {
		t.Helper()
		if _, err := a.Delegates.DeclineInvitation(t.Context(), a.Delegates.InvitationToken(his), "a clash"); err != nil {
			t.Fatal(err)
		}
		his = wantSaid(t, a, e, his.ID, delegate.Refused)
	}
	decline()
	if his, err = a.Delegates.RenewInvitation(t.Context(), e, his.ID); err != nil {
		t.Fatal(err)
	}
	wantSaid(t, a, e, his.ID, delegate.NoAnswer)
	decline()
	if his, err = a.Delegates.ChangeInvitation(t.Context(), e, his.ID, typing(delegate.TypedInvitation{Name: "Ada", Ends: "2027-05-12"})); err != nil {
		t.Fatal(err)
	}
	wantSaid(t, a, e, his.ID, delegate.NoAnswer)
	decline()
	clock.Set(time.Date(2027, 5, 13, 6, 0, 0, 0, time.UTC))
	_, err = a.Delegates.ReconsiderInvitation(t.Context(), a.Delegates.InvitationToken(his))
	wantKind(t, err, problem.Gone)
	wantSaid(t, a, e, his.ID, delegate.Refused)
	if his, err = a.Delegates.ChangeInvitation(t.Context(), e, his.ID, typing(delegate.TypedInvitation{})); err != nil || his.Answer != "" || his.Reason != "" {
		t.Errorf("for everybody now: %q, %q, %v", his.Answer, his.Reason, err)
	}
	if his, err = a.Delegates.ChangeInvitation(t.Context(), e, his.ID, typing(delegate.TypedInvitation{Name: "Ned"})); err != nil {
		t.Fatal(err)
	}
	if _, err = a.Delegates.RevokeInvitation(t.Context(), e, his.ID); err != nil {
		t.Fatal(err)
	}
	wantSaid(t, a, e, his.ID, delegate.TakenBack)
}

// Declined and used at once, an invitation is one of both.
func TestDeclinedAndUsedAtOnce(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	for _, name := range []string{"one", "two", "three", "four"} {
		i := aCode(t, a, e, delegate.TypedInvitation{Name: name, Uses: "1"})
		d := comes(t, a, e, i, name+"@example.org")
		var wait sync.WaitGroup
		var used, declined error
		wait.Go(func() { _, used = prove(t.Context(), a, d) })
		wait.Go(func() { _, declined = a.Delegates.DeclineInvitation(t.Context(), a.Delegates.InvitationToken(i), "") })
		wait.Wait()
		i, err := a.Delegates.Invitation(t.Context(), e, i.ID)
		if err != nil || (used == nil) == (declined == nil) || (used == nil) != (i.Used == 1 && i.Answer == delegate.Accepted) {
			t.Errorf("used: %v; declined: %v; it is %q and was used %d times, %v", used, declined, i.Answer, i.Used, err)
		}
	}
}

// Invitations of an earlier version are found by their answer once they have been
// written anew.
func TestReindexInvitations(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	raw := store.NewCollection("invitations", func(m map[string]any) string { return m["id"].(string) })
	for _, name := range []string{"", "Ned"} {
		i := aCode(t, a, e, delegate.TypedInvitation{Name: name})
		err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
			m, err := raw.Get(t.Context(), tx, i.ID)
			if err != nil {
				return err
			}
			delete(m, "answer")
			return raw.Put(tx, m)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for run, want := range []int{2, 0} {
		if n, err := a.Delegates.Reindex(t.Context()); err != nil || n != want {
			t.Errorf("run %d writes %d, %v", run, n, err)
		}
	}
	if n, err := a.Delegates.CountForOne(t.Context(), e, delegate.NoAnswer); n != 1 || err != nil {
		t.Errorf("%d have not answered, %v; want 1", n, err)
	}
}
