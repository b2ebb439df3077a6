package delegate_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

const larissa = "larissa"

// cityOf saves a member.
func cityOf(t *testing.T, a *app.App, id string) {
	t.Helper()
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		return a.Cities.Save(t.Context(), tx, city.City{ID: id, Name: i18n.English(id), Kind: "city", Country: "GR", Region: "europe-north-america"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sending is an event to which each member city may send so many.
func sending(t *testing.T, a *app.App, quota int) event.Event {
	t.Helper()
	cityOf(t, a, larissa)
	return apptest.Event(t, a, func(e *event.Event) { e.Registration.Delegation = quota })
}

func nomination(name string, role delegate.Role) delegate.Nomination {
	return delegate.Nomination{Name: name, Email: name + "@example.org", Category: "mayor", Language: "en", Role: role}
}

func nominate(t *testing.T, a *app.App, e event.Event, name string, role delegate.Role) delegate.Delegate {
	t.Helper()
	d, err := a.Delegates.Nominate(t.Context(), e, larissa, nomination(name, role))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

// finish has a nominee do their part.
func finish(t *testing.T, a *app.App, d delegate.Delegate) delegate.Delegate {
	t.Helper()
	form := delegate.FormOf(d)
	form.Consent = true
	d, err := a.Delegates.Finish(t.Context(), d.ID, form)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func reload(t *testing.T, a *app.App, d delegate.Delegate) delegate.Delegate {
	t.Helper()
	d, err := a.Delegates.Get(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// wantVoter checks that EntitledVoter and Voters agree; nobody is "".
func wantVoter(t *testing.T, a *app.App, e event.Event, want delegate.Delegate) {
	t.Helper()
	got, err := a.Delegates.EntitledVoter(t.Context(), a.DB, e.ID, larissa)
	if got.ID != want.ID || (want.ID == "") != (problem.KindOf(err) == problem.NotFound && err != nil) {
		t.Errorf("%q votes for the city, %v; want %q", got.Name, err, want.Name)
	}
	all, err := a.Delegates.Voters(t.Context(), e.ID)
	if err != nil || len(all) > 1 || (len(all) == 1) != (want.ID != "") || len(all) == 1 && all[0].ID != want.ID {
		t.Errorf("voters: %v, %v; want %q", all, err, want.Name)
	}
}

func wantFault(t *testing.T, err error, field, key string) {
	t.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || !slices.ContainsFunc(p.Fields, func(f problem.Field) bool { return f.Name == field && f.Key == key }) {
		t.Errorf("%v; want %s of %s", err, key, field)
	}
}

// A hundred nominate at once, and others replace whom they nominated: there are never
// more than five, and one head.
func TestADelegationOfFive(t *testing.T) {
	a, _ := apptest.New(t)
	e := sending(t, a, 5)
	var wait sync.WaitGroup
	var in, heads atomic.Int32
	for i := range 100 {
		wait.Go(func() {
			role := delegate.RoleMember
			if i%2 == 0 {
				role = delegate.RoleHead
			}
			_, err := a.Delegates.Nominate(t.Context(), e, larissa, nomination(fmt.Sprintf("person%d", i), role))
			var p *problem.Error
			switch {
			case err == nil:
				in.Add(1)
			case errors.As(err, &p) && (p.Key == "problem.delegation_full" || len(p.Fields) == 1 && p.Fields[0].Key == "problem.field.has_head"):
			default:
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wait.Wait()
	people, err := a.Delegates.Members(t.Context(), e.ID, larissa)
	if err != nil || in.Load() != 5 || len(people) != 5 {
		t.Fatalf("%d were nominated, %d are kept, %v", in.Load(), len(people), err)
	}
	for i, d := range people { // each is replaced by two at once, of whom one is in time
		for j := range 2 {
			wait.Go(func() {
				_, err := a.Delegates.Replace(t.Context(), e, larissa, d.ID, nomination(fmt.Sprintf("other%d-%d", i, j), ""), "ill")
				if err != nil && problem.KindOf(err) != problem.NotFound {
					t.Errorf("replacing %s: %v", d.Name, err)
				}
			})
		}
		wait.Go(func() {
			if _, err := a.Delegates.Nominate(t.Context(), e, larissa, nomination(fmt.Sprintf("late%d", i), delegate.RoleAdviser)); problem.KindOf(err) != problem.Conflict {
				t.Errorf("nominating into a full delegation: %v", err)
			}
		})
	}
	wait.Wait()
	if people, err = a.Delegates.Members(t.Context(), e.ID, larissa); err != nil || len(people) != 10 {
		t.Fatalf("%d are or were in it, %v; want 10", len(people), err)
	}
	in.Store(0)
	for _, d := range people {
		if d.InDelegation() {
			in.Add(1)
			if d.Role == delegate.RoleHead {
				heads.Add(1)
			}
		}
	}
	of, err := a.Delegates.Delegation(t.Context(), e, larissa)
	if err != nil || in.Load() != 5 || of.Taken != 5 || of.Left(e) != 0 || heads.Load() > 1 {
		t.Errorf("%d are in it with %d heads, the ledger says %+v, %v", in.Load(), heads.Load(), of, err)
	}
}

// The head votes, unless the vote was handed to somebody; who is not confirmed does
// not. Who leaves takes neither role nor vote along.
func TestHeadAndVoter(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := sending(t, a, 3)
	nobody := delegate.Delegate{}
	mayor := nominate(t, a, e, "mayor", delegate.RoleHead)
	deputy := nominate(t, a, e, "deputy", delegate.RoleDeputy)
	wantVoter(t, a, e, nobody) // nobody is confirmed
	_, err := a.Delegates.Nominate(t.Context(), e, larissa, nomination("another", delegate.RoleHead))
	wantFault(t, err, "role", "problem.field.has_head")

	clock.Add(time.Minute)
	mayor, deputy = finish(t, a, mayor), finish(t, a, deputy)
	wantVoter(t, a, e, mayor)
	if err := a.Delegates.HandVote(t.Context(), e, larissa, deputy.ID); err != nil {
		t.Fatal(err)
	}
	wantVoter(t, a, e, deputy)
	clock.Add(time.Minute)
	if _, err := a.Delegates.Withdraw(t.Context(), deputy.ID, ""); err != nil { // by themselves
		t.Fatal(err)
	}
	wantVoter(t, a, e, mayor)
	if of, err := a.Delegates.Delegation(t.Context(), e, larissa); err != nil || of.Taken != 1 || of.Voter != "" {
		t.Errorf("after the deputy left: %+v, %v", of, err)
	}

	adviser := nominate(t, a, e, "adviser", delegate.RoleAdviser)
	if err := a.Delegates.SetRole(t.Context(), e, larissa, adviser.ID, delegate.RoleHead); err != nil {
		t.Fatal(err)
	}
	wantVoter(t, a, e, nobody) // the new head has not answered
	if mayor = reload(t, a, mayor); mayor.Role != delegate.RoleMember || mayor.Voter {
		t.Errorf("who was head is %s, voter %t", mayor.Role, mayor.Voter)
	}
	clock.Add(time.Minute)
	adviser = finish(t, a, adviser)
	wantVoter(t, a, e, adviser)
	staff := audit.As(t.Context(), audit.Actor{Kind: "staff", ID: "s1", Name: "Olga"})
	if _, err := a.Delegates.Cancel(staff, adviser.ID, ""); err != nil {
		t.Fatal(err)
	}
	wantVoter(t, a, e, nobody)
	if err := a.Delegates.SetRole(t.Context(), e, larissa, mayor.ID, delegate.RoleHead); err != nil {
		t.Fatal(err)
	}
	wantVoter(t, a, e, mayor)
	clock.Add(time.Minute) // who comes back does not take the head's place again
	if adviser, err = a.Delegates.Approve(staff, adviser.ID, ""); err != nil || adviser.Role != delegate.RoleMember || !adviser.InDelegation() {
		t.Errorf("back again: %s, %v", adviser.Role, err)
	}
	wantVoter(t, a, e, mayor)
	wantKind(t, a.Delegates.HandVote(t.Context(), e, "trikala", mayor.ID), problem.NotFound)
}

// The place passes on with the role; the old registration and its badge end.
func TestReplace(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := sending(t, a, 1)
	old := nominate(t, a, e, "old", delegate.RoleHead)
	clock.Add(time.Minute)
	old = finish(t, a, old)
	clock.Set(e.Registration.Closes) // nobody can be nominated any more, but replaced
	_, err := a.Delegates.Nominate(t.Context(), e, larissa, nomination("late", delegate.RoleMember))
	wantKind(t, err, problem.Gone)
	_, err = a.Delegates.Replace(t.Context(), e, larissa, old.ID, delegate.Nomination{Email: "OLD@example.org"}, "")
	wantFault(t, err, "name", "problem.field.required")
	focal := audit.As(t.Context(), audit.Actor{Kind: city.ActorFocal, ID: "f1", Name: "Ada"})
	fresh, err := a.Delegates.Replace(focal, e, larissa, old.ID, nomination("fresh", ""), "She is ill")
	if err != nil || fresh.Role != delegate.RoleHead || fresh.State != delegate.Invited {
		t.Fatalf("the new one is %s and %s, %v", fresh.Role, fresh.State, err)
	}
	badge, err := a.Badges.Get(t.Context(), a.DB, old.Badge)
	if err != nil || badge.Revoked.IsZero() {
		t.Errorf("the old badge holds: %+v, %v", badge, err)
	}
	if old = reload(t, a, old); old.State != delegate.Withdrawn || old.Voter || old.Steps[len(old.Steps)-1].By != "focal Ada" {
		t.Errorf("the old one is %s, voter %t, %+v", old.State, old.Voter, old.Steps)
	}
	wantOccasions(t, a, old, delegate.OccasionNominated, delegate.OccasionBadge, delegate.OccasionCancelled)
	wantOccasions(t, a, fresh, delegate.OccasionNominated)
	wantVoter(t, a, e, finish(t, a, fresh))
	if of, err := a.Delegates.Delegation(t.Context(), e, larissa); err != nil || of.Taken != 1 || of.Head != fresh.ID {
		t.Errorf("the delegation: %+v, %v", of, err)
	}
	clock.Set(e.Over())
	_, err = a.Delegates.Replace(t.Context(), e, larissa, fresh.ID, nomination("after", ""), "")
	wantKind(t, err, problem.Gone)
}

func TestWhoIsRegisteredAlready(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := sending(t, a, 5)
	cityOf(t, a, "trikala")
	for name, of := range map[string]string{"ours": larissa, "theirs": "trikala", "stranger": larissa} {
		form := apptest.Form(name, name+"@example.org")
		form.City = of
		if err := a.Delegates.Register(t.Context(), e, form); err != nil {
			t.Fatal(err)
		}
		if name == "stranger" { // somebody typed the address, and its owner never proved it
			continue
		}
		clock.Add(time.Minute)
		if _, err := prove(t.Context(), a, found(t, a, e, name)); err != nil {
			t.Fatal(err)
		}
	}
	clock.Add(time.Minute)
	_, err := a.Delegates.Nominate(t.Context(), e, larissa, nomination("theirs", delegate.RoleMember))
	wantFault(t, err, "email", "problem.field.nominee_elsewhere")
	if d := nominate(t, a, e, "stranger", delegate.RoleMember); d.State != delegate.Invited {
		t.Errorf("an address that nobody proved: %s", d.State)
	}
	n := nomination("ours", delegate.RoleHead)
	d, err := a.Delegates.Nominate(t.Context(), e, larissa, n)
	if problem.KindOf(err) != problem.Conflict || d.Name != "ours" {
		t.Fatalf("%q, %v; want the registration and a conflict", d.Name, err)
	}
	n.TakeIn = true
	if d, err = a.Delegates.Nominate(t.Context(), e, larissa, n); err != nil || d.State != delegate.Confirmed || d.Badge == "" {
		t.Fatalf("taken in: %s, %v", d.State, err)
	}
	wantVoter(t, a, e, d)
	wantOccasions(t, a, d, delegate.OccasionVerify, delegate.OccasionBadge, delegate.OccasionJoined)
	_, err = a.Delegates.Nominate(t.Context(), e, larissa, nomination("ours", delegate.RoleMember))
	wantFault(t, err, "email", "problem.field.nominee_in")

	form := delegate.FormOf(d)
	form.City = "trikala"
	_, err = a.Delegates.Update(t.Context(), d.ID, form)
	wantFault(t, err, "city", "problem.field.city_of_delegation")
	if err := a.Delegates.Remove(t.Context(), e, larissa, d.ID, ""); err != nil { // keeps the registration
		t.Fatal(err)
	}
	if d = reload(t, a, d); d.State != delegate.Confirmed || d.InDelegation() || d.Voter {
		t.Errorf("out of the delegation: %s, %s, voter %t", d.State, d.Role, d.Voter)
	}
	wantVoter(t, a, e, delegate.Delegate{})
}

func found(t *testing.T, a *app.App, e event.Event, text string) delegate.Delegate {
	t.Helper()
	page, err := a.Delegates.Find(t.Context(), e.ID, delegate.Filter{Text: text}, "", 2)
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%s: %d found, %v", text, len(page.Items), err)
	}
	return page.Items[0]
}

func TestRemindingANominee(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := sending(t, a, 0)
	_, err := a.Delegates.Nominate(t.Context(), e, larissa, nomination("nadia", delegate.RoleMember))
	wantKind(t, err, problem.Conflict)
	wantFault(t, a.Delegates.LimitDelegation(t.Context(), e, larissa, "many"), "quota", "problem.field.between")
	if err := a.Delegates.LimitDelegation(t.Context(), e, larissa, "1"); err != nil {
		t.Fatal(err)
	}
	d := nominate(t, a, e, "nadia", delegate.RoleMember)
	clock.Add(time.Minute)
	if err := a.Delegates.Remind(t.Context(), e, larissa, d.ID); err != nil {
		t.Fatal(err)
	}
	clock.Add(23 * time.Hour)
	wantKind(t, a.Delegates.Remind(t.Context(), e, larissa, d.ID), problem.Conflict)
	clock.Add(time.Hour)
	finish(t, a, d)
	wantKind(t, a.Delegates.Remind(t.Context(), e, larissa, d.ID), problem.Conflict)
	wantOccasions(t, a, d, delegate.OccasionNominated, delegate.OccasionNudged, delegate.OccasionBadge)
}

// Who registers openly for a city needs the yes of its focal point, then that of the
// organisers, who may give both.
func TestTwoStepsOfApproval(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	cityOf(t, a, larissa)
	cityOf(t, a, "trikala")
	e := apptest.Event(t, a, func(e *event.Event) { e.Registration.FocalApproval = true })
	ada, err := a.Cities.AddFocal(t.Context(), larissa, city.TypedFocal{Name: "Ada", Email: "ada@example.org", Language: "fr"})
	if err != nil {
		t.Fatal(err)
	}
	registered := map[string]delegate.Delegate{}
	for name, of := range map[string]string{"first": larissa, "second": larissa, "third": larissa, "unled": "trikala", "alone": ""} {
		form := apptest.Form(name, name+"@example.org")
		form.City = of
		if err := a.Delegates.Register(t.Context(), e, form); err != nil {
			t.Fatal(err)
		}
		if registered[name], err = prove(t.Context(), a, found(t, a, e, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]struct {
		state  delegate.State
		awaits delegate.Approver
	}{
		"first": {delegate.Awaiting, delegate.ByFocal}, "second": {delegate.Awaiting, delegate.ByFocal}, "third": {delegate.Awaiting, delegate.ByFocal},
		"unled": {delegate.Awaiting, delegate.ByOrganisers}, "alone": {delegate.Confirmed, delegate.ByOrganisers},
	} {
		if d := registered[name]; d.State != want.state || d.Awaits != want.awaits {
			t.Errorf("%s is %s and awaits %q; want %s, %q", name, d.State, d.Awaits, want.state, want.awaits)
		}
	}
	if waiting, err := a.Delegates.AwaitingFocal(t.Context(), e.ID, larissa); err != nil || len(waiting) != 3 {
		t.Errorf("%d await the focal point, %v", len(waiting), err)
	}
	clock.Add(time.Hour)
	focal := audit.As(t.Context(), ada.Actor())
	d, err := a.Delegates.FocalApprove(focal, larissa, registered["first"].ID, "one of us")
	if last := d.Steps[len(d.Steps)-1]; err != nil || d.State != delegate.Awaiting || d.Awaits != delegate.ByOrganisers ||
		last.By != "focal Ada" || last.Reason != "one of us" || !last.At.Equal(clock.Now()) {
		t.Errorf("after the first step: %s, %q, %+v, %v", d.State, d.Awaits, last, err)
	}
	if trail, err := audit.Of(t.Context(), a.DB, delegate.Subject(d.ID)); err != nil || trail[0].Action != "delegate.focal_approved" || trail[0].Actor.Name != "Ada" {
		t.Errorf("trail: %+v, %v", trail, err)
	}
	_, err = a.Delegates.FocalApprove(focal, larissa, d.ID, "")
	wantKind(t, err, problem.Conflict)
	_, err = a.Delegates.FocalDecline(focal, "trikala", registered["second"].ID, "")
	wantKind(t, err, problem.Conflict)
	if d, err = a.Delegates.FocalDecline(focal, larissa, registered["second"].ID, "not ours"); err != nil || d.State != delegate.Declined || d.Awaits != "" {
		t.Errorf("declined: %s, %q, %v", d.State, d.Awaits, err)
	}
	for _, name := range []string{"first", "third"} { // the latter lacks the first step
		if d, err = a.Delegates.Approve(t.Context(), registered[name].ID, ""); err != nil || d.State != delegate.Confirmed || d.Awaits != "" {
			t.Errorf("%s: %s, %q, %v", name, d.State, d.Awaits, err)
		}
	}
}

// Whoever is replaced passes on the place at the event: nobody who waits gets it
// meanwhile, and nobody is confirmed beyond the last place. It falls free when the one
// who has come instead declines.
func TestThePlaceOfWhomIsReplaced(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	cityOf(t, a, larissa)
	e := apptest.Event(t, a, func(e *event.Event) {
		limited(1, map[string]int{"minister": 0})(e)
		e.Registration.Delegation = 2
	})
	taken := func(want int) {
		t.Helper()
		if places, err := a.Delegates.Places(t.Context(), e); err != nil || places.Taken != want {
			t.Errorf("%d places are taken, %v; want %d", places.Taken, err, want)
		}
	}
	old := finish(t, a, nominate(t, a, e, "old", delegate.RoleHead))
	waits := proved(t, a, unverified(t, a, e, 1, one))[0]
	behind := finish(t, a, nominate(t, a, e, "behind", delegate.RoleMember))
	last := proved(t, a, unverified(t, a, e, 1, one))[0]

	minister := nomination("minister", "")
	minister.Category = "minister"
	_, err := a.Delegates.Replace(t.Context(), e, larissa, old.ID, minister, "")
	wantFault(t, err, "category", "problem.category_full")
	fresh, err := a.Delegates.Replace(t.Context(), e, larissa, old.ID, nomination("fresh", ""), "")
	if err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Minute)
	if _, err := a.Delegates.Fill(t.Context()); err != nil || reload(t, a, waits).State != delegate.Waiting {
		t.Errorf("who waits is %s, %v; the place is not free", reload(t, a, waits).State, err)
	}
	taken(1)
	if fresh = finish(t, a, fresh); fresh.State != delegate.Confirmed || fresh.Kept {
		t.Errorf("who came instead is %s", fresh.State)
	}
	taken(1)

	instead, err := a.Delegates.Replace(t.Context(), e, larissa, behind.ID, nomination("instead", ""), "")
	if err != nil {
		t.Fatal(err)
	}
	if instead = finish(t, a, instead); instead.State != delegate.Waiting || instead.Number != behind.Number || instead.Number >= last.Number {
		t.Errorf("who came instead of the second who waits is %s with number %d; want %d", instead.State, instead.Number, behind.Number)
	}

	third, err := a.Delegates.Replace(t.Context(), e, larissa, fresh.ID, nomination("third", ""), "")
	if err != nil {
		t.Fatal(err)
	}
	taken(1)
	if _, err := a.Delegates.Withdraw(audit.As(t.Context(), audit.Delegate(third.ID)), third.ID, ""); err != nil {
		t.Fatal(err)
	}
	taken(0)
	if _, err := a.Delegates.Fill(t.Context()); err != nil || reload(t, a, waits).State != delegate.Offered {
		t.Errorf("who waits is %s, %v; want offered the place that fell free", reload(t, a, waits).State, err)
	}
	taken(1)
}

// Replacing again and again while others try for every place that falls free leaves as
// many places taken as there are.
func TestReplacingTakesNoPlaceBeyondTheLast(t *testing.T) {
	a, _ := apptest.New(t)
	cityOf(t, a, larissa)
	e := apptest.Event(t, a, func(e *event.Event) {
		limited(5, nil)(e)
		e.Registration.Delegation = 5
	})
	var heads []delegate.Delegate
	for i := range 5 {
		heads = append(heads, finish(t, a, nominate(t, a, e, fmt.Sprintf("first%d", i), delegate.RoleMember)))
	}
	others := unverified(t, a, e, 20, one)
	var wait sync.WaitGroup
	for i, d := range heads {
		wait.Go(func() {
			fresh, err := a.Delegates.Replace(t.Context(), e, larissa, d.ID, nomination(fmt.Sprintf("second%d", i), ""), "")
			if err != nil {
				t.Error(err)
				return
			}
			if d, err := a.Delegates.Finish(t.Context(), fresh.ID, finished(fresh)); err != nil || d.State != delegate.Confirmed {
				t.Errorf("who came instead is %s, %v", d.State, err)
			}
		})
	}
	for _, d := range others {
		wait.Go(func() {
			if d, err := prove(t.Context(), a, d); err != nil || d.State != delegate.Waiting {
				t.Errorf("somebody else is %s, %v", d.State, err)
			}
		})
	}
	wait.Wait()
	if _, err := a.Delegates.Fill(t.Context()); err != nil {
		t.Error(err)
	}
	n, err := a.Delegates.Count(t.Context(), e.ID, delegate.Filter{State: delegate.Confirmed})
	if places, _ := a.Delegates.Places(t.Context(), e); err != nil || n != 5 || places.Taken != 5 || places.Waiting != 20 {
		t.Errorf("%d are confirmed, %v; places: %+v", n, err, places)
	}
}

// Whoever declines may change their mind, and come in the role that they had, unless
// the city has given it away or it was a colleague's place.
func TestDecliningAndComingAllTheSame(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := sending(t, a, 1)
	decline := func(d delegate.Delegate) {
		t.Helper()
		clock.Add(time.Minute)
		if _, err := a.Delegates.Withdraw(audit.As(t.Context(), audit.Delegate(d.ID)), d.ID, "a clash"); err != nil {
			t.Fatal(err)
		}
	}
	first := nominate(t, a, e, "first", delegate.RoleHead)
	_, err := a.Delegates.Reconsider(t.Context(), first.ID)
	if err != nil {
		t.Errorf("who has not declined: %v; want nothing to happen", err)
	}
	decline(first)
	back, err := a.Delegates.Reconsider(t.Context(), first.ID)
	if err != nil || back.State != delegate.Invited || back.Invited.Answer != delegate.NoAnswer || !back.InDelegation() {
		t.Fatalf("%s, answered %q, %v", back.State, back.Invited.Answer, err)
	}
	decline(first)
	second := nominate(t, a, e, "second", delegate.RoleHead)
	_, err = a.Delegates.Reconsider(t.Context(), first.ID)
	wantKind(t, err, problem.Gone)
	if of, err := a.Delegates.Delegation(t.Context(), e, larissa); err != nil || of.Taken != 1 || of.Head != second.ID {
		t.Errorf("the delegation: %+v, %v", of, err)
	}
	finish(t, a, second)
	if _, err := a.Delegates.Withdraw(t.Context(), second.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err = a.Delegates.Reconsider(t.Context(), second.ID) // who took part has declined nothing
	wantKind(t, err, problem.Conflict)
}

// A colleague who declined has nothing to have back: the place is with whoever gave it.
func TestAColleagueWhoDeclinesHasNoPlaceToHaveBack(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, transferable(1, nil))
	giver := apptest.Confirmed(t, a, e, "Amina Haddad")
	if _, err := a.Delegates.Give(audit.As(t.Context(), audit.Delegate(giver.ID)), giver.ID, "Bo", "bo@example.org"); err != nil {
		t.Fatal(err)
	}
	bo := colleague(t, a, e, "bo@example.org")
	if _, err := a.Delegates.Withdraw(audit.As(t.Context(), audit.Delegate(bo.ID)), bo.ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err := a.Delegates.Reconsider(t.Context(), bo.ID)
	wantKind(t, err, problem.Conflict)
}

// A nomination that is sent twice is one: one place, one letter. Another role for the
// same person is another nomination, which is refused.
func TestNominatedTwiceAlike(t *testing.T) {
	a, _ := apptest.New(t)
	e := sending(t, a, 1)
	first := nominate(t, a, e, "maria", delegate.RoleHead)
	if again := nominate(t, a, e, "maria", delegate.RoleHead); again.ID != first.ID {
		t.Errorf("the second press made %s", again.ID)
	}
	page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Person: first.ID}, "")
	if err != nil || len(page.Items) != 1 {
		t.Errorf("%d letters, %v; want 1", len(page.Items), err)
	}
	if of, err := a.Delegates.Delegation(t.Context(), e, larissa); err != nil || of.Taken != 1 {
		t.Errorf("%d places are taken, %v", of.Taken, err)
	}
	if _, err := a.Delegates.Nominate(t.Context(), e, larissa, nomination("maria", delegate.RoleMember)); problem.KindOf(err) != problem.Conflict {
		t.Errorf("in another role: %v", err)
	}
	other := nomination("maria", delegate.RoleHead)
	other.JobTitle = "Mayor"
	if _, err := a.Delegates.Nominate(t.Context(), e, larissa, other); err == nil {
		t.Error("another position is taken for the same, and lost")
	}
}

// Only who has not answered is put right by others, only by their own city, and never
// into the address or the category of somebody else.
func TestCorrectingANominee(t *testing.T) {
	a, clock := apptest.New(t)
	e := sending(t, a, 3)
	d, other := nominate(t, a, e, "maria", delegate.RoleHead), nominate(t, a, e, "nikos", delegate.RoleMember)
	cityOf(t, a, "patras")
	right := nomination("maria", delegate.RoleAdviser)
	right.Name, right.JobTitle = "Maria P.", "Mayor"
	for name, tt := range map[string]struct {
		city   string
		change func(*delegate.Nomination)
		want   problem.Kind
	}{
		"by another city":     {"patras", func(*delegate.Nomination) {}, problem.NotFound},
		"somebody's address":  {larissa, func(n *delegate.Nomination) { n.Email = other.Email }, problem.Invalid},
		"no address":          {larissa, func(n *delegate.Nomination) { n.Email = "maria" }, problem.Invalid},
		"no such category":    {larissa, func(n *delegate.Nomination) { n.Category = "king" }, problem.Invalid},
		"what was told wrong": {larissa, func(*delegate.Nomination) {}, problem.Internal},
	} {
		n := right
		tt.change(&n)
		if _, err := a.Delegates.Correct(t.Context(), e, tt.city, d.ID, n); (err == nil) != (tt.want == problem.Internal) || problem.KindOf(err) != tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	link := a.Delegates.ManageToken(d)
	if d, err := a.Delegates.ByLink(t.Context(), link); err != nil || d.Name != "Maria P." || d.JobTitle != "Mayor" || d.Role != delegate.RoleHead {
		t.Errorf("by the same link they are %+v, %v", d, err)
	}
	clock.Add(time.Minute)
	finish(t, a, d)
	if _, err := a.Delegates.Correct(t.Context(), e, larissa, d.ID, right); problem.KindOf(err) != problem.Conflict {
		t.Errorf("after the answer: %v", err)
	}
}
