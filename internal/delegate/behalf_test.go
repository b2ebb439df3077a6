package delegate_test

import (
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

func behalf(name string) delegate.Form {
	f := apptest.Form(name, "Assistant@example.org")
	f.Behalf, f.Contact = true, "Ana Assistant"
	return f
}

func byName(t *testing.T, a *app.App, e event.Event, name string) delegate.Delegate {
	t.Helper()
	page, err := a.Delegates.Find(t.Context(), e.ID, delegate.Filter{Text: name}, "", 2)
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%s: %d, %v", name, len(page.Items), err)
	}
	return page.Items[0]
}

// One contact registers several people, and herself; the letters come to her.
func TestOnBehalf(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	ctx := t.Context()
	own := apptest.Form("Ana Assistant", "assistant@example.org")
	for _, f := range []delegate.Form{behalf("Mayor Björk"), behalf("Deputy =2+3"), behalf("mayor bjork"), own} {
		if err := a.Delegates.Register(ctx, e, f); err != nil {
			t.Fatal(err)
		}
		clock.Add(time.Minute)
	}
	all, err := a.Delegates.Find(ctx, e.ID, delegate.Filter{Text: "assistant@example.org"}, "", 10)
	if err != nil || len(all.Items) != 3 {
		t.Fatalf("%d registrations, %v; want the mayor once, the deputy, and Ana", len(all.Items), err)
	}
	nameless := behalf("Somebody")
	nameless.Contact = " "
	wantField(t, a.Delegates.Register(ctx, e, nameless), "contact")

	mayor := byName(t, a, e, "mayor")
	if mayor, err = prove(ctx, a, mayor); err != nil || mayor.State != delegate.Confirmed || mayor.Contact != "Ana Assistant" {
		t.Fatalf("%+v, %v", mayor, err)
	}
	letters, err := a.Outbox.Letters(ctx, outbox.Filter{Person: mayor.ID}, "")
	if err != nil || letters.Items[0].To.Email != "Assistant@example.org" {
		t.Errorf("the badge goes to %v, %v", letters.Items[0].To, err)
	}
	if _, err = prove(ctx, a, byName(t, a, e, "deputy")); err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Minute)
	if err := a.Delegates.SendLink(ctx, e, "assistant@example.org"); err != nil {
		t.Fatal(err)
	}
	page, err := a.Outbox.Letters(ctx, outbox.Filter{Event: e.ID}, "")
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]int{}
	for _, l := range page.Items {
		if l.Queued.Equal(clock.Now()) {
			sent[l.Occasion]++
		}
	}
	if sent[delegate.OccasionLinks] != 1 || sent[delegate.OccasionVerify] != 1 || len(sent) != 2 {
		t.Errorf("the lost links bring %v; want one letter with both, and one that asks Ana to prove hers", sent)
	}
}

func group(people ...delegate.GroupPerson) delegate.GroupForm {
	shared := apptest.Form("", "")
	return delegate.GroupForm{Contact: "Ana Assistant", Email: "ana@example.org", Shared: shared, People: people}
}

// theGroup returns the one that was sent last, with its link.
func theGroup(t *testing.T, a *app.App, e event.Event) string {
	t.Helper()
	page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: e.ID}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range page.Items {
		if l.Occasion == delegate.OccasionGroup {
			g, err := a.Delegates.GroupByID(t.Context(), l.Data["group_form"])
			if err != nil {
				t.Fatal(err)
			}
			return a.Delegates.GroupToken(g)
		}
	}
	t.Fatal("no letter to the contact")
	return ""
}

// A group is registered once its contact has proved the address, and nobody is
// written to before.
func TestGroup(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, limited(2, nil))
	ctx := t.Context()
	known := apptest.Confirmed(t, a, e, "Known Person")
	err := a.Delegates.RegisterGroup(ctx, e, group(
		delegate.GroupPerson{Name: "Mayor One", JobTitle: "Mayor"}, delegate.GroupPerson{},
		delegate.GroupPerson{Name: "Adviser Two", Email: "two@example.org"},
		delegate.GroupPerson{Name: "Known Person", Email: known.Email}, delegate.GroupPerson{Name: "Driver Three"},
	))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := a.Delegates.Count(ctx, e.ID, delegate.Filter{}); n != 1 || err != nil {
		t.Fatalf("%d are registered before the proof, %v", n, err)
	}
	token := theGroup(t, a, e)
	clock.Add(time.Minute)
	g, err := a.Delegates.ProveGroup(ctx, token)
	if err != nil || len(g.Members) != 4 || g.Members[2].Delegate != known.ID || g.Members[2].Email != known.Email {
		t.Fatalf("%+v, %v", g, err)
	}
	two := byName(t, a, e, "adviser two")
	for _, want := range []struct {
		name, email string
		state       delegate.State
		contact     string
	}{
		{"mayor one", "ana@example.org", delegate.Confirmed, "Ana Assistant"}, {"adviser two", "two@example.org", delegate.Invited, ""},
		{"known person", known.Email, delegate.Confirmed, ""}, {"driver three", "ana@example.org", delegate.Waiting, "Ana Assistant"},
	} {
		d := byName(t, a, e, want.name)
		if d.State != want.state || d.Email != want.email || d.Contact != want.contact {
			t.Errorf("%s is %s at %s by %q; want %+v", d.Name, d.State, d.Email, d.Contact, want)
		}
	}
	if two.Invited == nil || two.Invited.By != "Ana Assistant" {
		t.Errorf("invited %+v; want by Ana", two.Invited)
	}
	if places, err := a.Delegates.Places(ctx, e); err != nil || places.Taken != 2 || places.Waiting != 1 {
		t.Errorf("%+v, %v", places, err)
	}
	if again, err := a.Delegates.ProveGroup(ctx, token); err != nil || len(again.Members) != 4 || again.Members[0] != g.Members[0] {
		t.Errorf("used again: %+v, %v; want the same", again.Members, err)
	}
}

// A group that comes by an invitation uses it once for everybody, also for those who
// have yet to finish, and never once too often.
func TestGroupByAnInvitation(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) {
		e.Registration.Categories = []event.Category{{ID: "minister", Mode: event.ModeInvitation}, {ID: "mayor"}}
	})
	ctx := t.Context()
	i := aCode(t, a, e, delegate.TypedInvitation{Category: "minister", Uses: "3", Approved: true})
	one, two := delegate.GroupPerson{Name: "Minister One"}, delegate.GroupPerson{Name: "Minister Two", Email: "two@example.org"}
	wantField(t, a.Delegates.RegisterGroup(ctx, e, group(one)), "category") // city-executive is none here
	wantField(t, a.Delegates.RegisterGroupBy(ctx, e, i, group(one, two, delegate.GroupPerson{Name: "Three"}, delegate.GroupPerson{Name: "Four"})), "code")
	personal := aCode(t, a, e, delegate.TypedInvitation{Category: "minister", Email: "ana@example.org"})
	wantField(t, a.Delegates.RegisterGroupBy(ctx, e, personal, group(one)), "code")
	if err := a.Delegates.RegisterGroupBy(ctx, e, i, group(one, two)); err != nil {
		t.Fatal(err)
	}
	token := theGroup(t, a, e)
	other := comes(t, a, e, i, "other@example.org")
	clock.Add(time.Minute)
	if _, err := a.Delegates.ProveGroup(ctx, token); err != nil {
		t.Fatal(err)
	}
	used := func(want int) {
		t.Helper()
		if got, err := a.Delegates.Invitation(ctx, e, i.ID); err != nil || got.Used != want {
			t.Errorf("%d uses, %v; want %d", got.Used, err, want)
		}
	}
	used(2)
	if _, err := prove(ctx, a, other); err != nil {
		t.Fatal(err)
	}
	if d := byName(t, a, e, "minister one"); d.State != delegate.Confirmed || d.Category != "minister" {
		t.Errorf("one is %s as %s", d.State, d.Category)
	}
	d := byName(t, a, e, "minister two")
	declined, err := a.Delegates.Withdraw(audit.As(ctx, audit.Delegate(d.ID)), d.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	used(2)
	if _, err := a.Delegates.Reconsider(ctx, declined.ID); err != nil {
		t.Fatal(err)
	}
	used(3)
	d = byName(t, a, e, "minister two")
	if d, err = a.Delegates.Finish(ctx, d.ID, finished(d)); err != nil || d.State != delegate.Confirmed {
		t.Errorf("two is %s, %v", d.State, err)
	}
	used(3)
	clock.Add(time.Minute)
	if _, err := a.Delegates.Cancel(ctx, other.ID, ""); err != nil {
		t.Fatal(err)
	}
	used(2)
	if err := a.Delegates.RegisterGroupBy(ctx, e, i, group(delegate.GroupPerson{Name: "Minister Five"})); err != nil {
		t.Fatal(err)
	}
	late := theGroup(t, a, e)
	if _, err := prove(ctx, a, comes(t, a, e, i, "faster@example.org")); err != nil {
		t.Fatal(err)
	}
	_, err = a.Delegates.ProveGroup(ctx, late)
	wantKind(t, err, problem.Gone)
	used(3)
}

// Who would have to answer more is asked to finish by way of the contact.
func TestGroupWithQuestions(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	_, err := a.Forms.Save(t.Context(), e.ID, form.Question{ID: "visa", Kind: form.YesNo, Label: i18n.English("Visa?"), Asked: form.AtRegistration, Required: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Delegates.RegisterGroup(t.Context(), e, group(delegate.GroupPerson{Name: "Mayor One"})); err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Minute)
	if _, err := a.Delegates.ProveGroup(t.Context(), theGroup(t, a, e)); err != nil {
		t.Fatal(err)
	}
	d := byName(t, a, e, "mayor")
	if d.State != delegate.Invited || d.Email != "ana@example.org" || d.Contact != "Ana Assistant" {
		t.Errorf("%s at %s by %q", d.State, d.Email, d.Contact)
	}
	wantOccasions(t, a, d, delegate.OccasionEnrolled)
}

func TestFaultsOfAGroup(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	person := delegate.GroupPerson{Name: "Mayor One"}
	for field, f := range map[string]delegate.GroupForm{
		"name-1":  group(),
		"name-2":  group(person, delegate.GroupPerson{JobTitle: "Adviser"}),
		"email-1": group(delegate.GroupPerson{Name: "Mayor", Email: "nobody"}),
		"name-3":  group(person, delegate.GroupPerson{}, delegate.GroupPerson{Name: "MAYOR ONE"}),
		"name-21": group(make21()...),
	} {
		wantField(t, a.Delegates.RegisterGroup(t.Context(), e, f), field)
	}
	f := group(person)
	f.Contact, f.Email, f.Shared.Category = "", "", ""
	for _, field := range []string{"contact", "email", "category"} {
		wantField(t, a.Delegates.RegisterGroup(t.Context(), e, f), field)
	}
	if err := a.Delegates.RegisterGroup(t.Context(), e, group(person)); err != nil {
		t.Fatal(err)
	}
	token := theGroup(t, a, e)
	clock.Add(delegate.VerifyLife + time.Millisecond)
	_, err := a.Delegates.ProveGroup(t.Context(), token)
	wantKind(t, err, problem.Gone)
	if n, err := a.Delegates.Purge(t.Context()); n != 0 || err != nil {
		t.Errorf("%d purged, %v; want none while the contact may ask for another link", n, err)
	}
	if err := a.Delegates.SendLink(t.Context(), e, "ana@example.org"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Delegates.GroupByLink(t.Context(), token); err != nil {
		t.Errorf("asked for again, the link is over: %v", err)
	}
	if page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: e.ID}, ""); err != nil || len(page.Items) != 2 {
		t.Errorf("%d letters to the contact, %v; want two", len(page.Items), err)
	}
	clock.Add(delegate.VerifyLife + 5*24*time.Hour)
	if n, err := a.Delegates.Purge(t.Context()); n != 1 || err != nil {
		t.Errorf("%d purged, %v", n, err)
	}
	_, err = a.Delegates.ProveGroup(t.Context(), token)
	wantKind(t, err, problem.NotFound)
}

func make21() []delegate.GroupPerson {
	list := make([]delegate.GroupPerson, 21)
	for i := range list {
		list[i] = delegate.GroupPerson{Name: "Person " + store.NewID()}
	}
	return list
}

// Who is erased stands in no group any more, nor in an invitation that was theirs; a
// contact who is erased takes the group's list along, and its people stay.
func TestErasedFromGroupsAndInvitations(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	ctx := t.Context()
	if err := a.Delegates.RegisterGroup(ctx, e, group(delegate.GroupPerson{Name: "Mayor One"}, delegate.GroupPerson{Name: "Adviser Two", Email: "two@example.org"})); err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Minute)
	token := theGroup(t, a, e)
	if _, err := a.Delegates.ProveGroup(ctx, token); err != nil {
		t.Fatal(err)
	}
	i := aCode(t, a, e, delegate.TypedInvitation{Name: "Adviser Two", Email: "Two@example.org"})
	erase := func(name string) {
		t.Helper()
		d := byName(t, a, e, name)
		if err := a.Privacy.Erase(audit.As(ctx, audit.Delegate(d.ID)), d.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	erase("adviser two")
	g, err := a.Delegates.GroupByLink(ctx, token)
	if err != nil || len(g.Members) != 1 || g.Members[0].Name != "Mayor One" {
		t.Errorf("the group is %+v, %v", g.Members, err)
	}
	if i, err = a.Delegates.Invitation(ctx, e, i.ID); err != nil || i.Name != "" || i.Email != "" || i.Revoked.IsZero() {
		t.Errorf("the invitation is %+v, %v; want it ended, for nobody", i, err)
	}
	ana := apptest.Form("Ana Assistant", "ana@example.org")
	if err := a.Delegates.Register(ctx, e, ana); err != nil {
		t.Fatal(err)
	}
	d, err := a.Delegates.Find(ctx, e.ID, delegate.Filter{Text: "ana", State: delegate.Unverified}, "", 1)
	if err != nil || len(d.Items) != 1 {
		t.Fatalf("%v, %v", d.Items, err)
	}
	if err := a.Privacy.Erase(audit.As(ctx, audit.Delegate(d.Items[0].ID)), d.Items[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	_, err = a.Delegates.GroupByLink(ctx, token)
	wantKind(t, err, problem.NotFound)
	if mayor := byName(t, a, e, "mayor one"); mayor.State != delegate.Confirmed {
		t.Errorf("the mayor is %s", mayor.State)
	}
}
