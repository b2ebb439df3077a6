package delegate_test

import (
	"slices"
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
)

func published(who event.ListedFor) func(*event.Event) {
	return func(e *event.Event) { e.Listing.For = who }
}

// Nobody stands in a list without having agreed to that one, and taking part.
func TestListing(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, published(event.ListedForAll))
	want := func(l delegate.Listed, names ...string) {
		t.Helper()
		page, err := a.Delegates.Listed(t.Context(), e.ID, l, "", 0)
		var got []string
		for _, d := range page.Items {
			got = append(got, d.Name)
		}
		if err != nil || !slices.Equal(got, names) {
			t.Errorf("%+v lists %q, %v; want %q", l, got, err, names)
		}
	}
	told := event.ListedFields
	agree := func(d delegate.Delegate, participants, public bool) {
		t.Helper()
		if _, err := a.Delegates.SetListing(audit.As(t.Context(), audit.Delegate(d.ID)), d.ID, delegate.Agreement{Participants: participants, Public: public, Told: told}); err != nil {
			t.Fatal(err)
		}
	}
	none, both := apptest.Confirmed(t, a, e, "Amina None"), apptest.Confirmed(t, a, e, "Busisiwe Both")
	participants, public := apptest.Confirmed(t, a, e, "Chen Participants"), apptest.Confirmed(t, a, e, "Dina Public")
	agree(none, false, false)
	agree(both, true, true)
	agree(participants, true, false)
	agree(public, false, true)
	want(delegate.Listed{}, both.Name, participants.Name, public.Name)
	want(delegate.Listed{Public: true}, both.Name, public.Name)
	want(delegate.Listed{Public: true, Text: "dín"}, public.Name)
	want(delegate.Listed{Public: true, Text: "adviser"})
	want(delegate.Listed{Public: true, Text: "larissa"}) // the organisation is no name
	want(delegate.Listed{Public: true, Text: "dina.public@example.org"})
	want(delegate.Listed{Public: true, Text: "!"})
	want(delegate.Listed{Public: true, Country: "GR"}, both.Name, public.Name)
	want(delegate.Listed{Public: true, Country: "MX"})
	for public, n := range map[bool]int{true: 2, false: 3} {
		if counts, err := a.Delegates.ListedCountries(t.Context(), e.ID, public); err != nil || counts["GR"] != n || len(counts) != 1 {
			t.Errorf("public %v: %v, %v; want %d", public, counts, err, n)
		}
	}

	clock.Add(time.Hour)
	told = []event.ListedField{event.ListedCity}
	agree(public, false, true)
	want(delegate.Listed{Public: true, Country: "GR"}, both.Name) // nobody is found by what is not told of them
	agree(both, true, false)
	got, err := a.Delegates.Get(t.Context(), both.ID)
	if err != nil || !got.Listing.Participants.At.Equal(apptest.Now) || got.Listing.Participants.Version != delegate.ListingVersion || got.Listing.Public.Agrees() {
		t.Errorf("kept %+v, %v", got.Listing, err)
	}
	want(delegate.Listed{Public: true}, public.Name)
	if _, err := a.Delegates.Withdraw(t.Context(), public.ID, ""); err != nil {
		t.Fatal(err)
	}
	want(delegate.Listed{Public: true})
	want(delegate.Listed{}, both.Name, participants.Name)
	agree(public, false, false) // taking back is always possible
	trail, err := audit.Of(t.Context(), a.DB, delegate.Subject(both.ID))
	if err != nil || trail[0].Action != "delegate.unlist" || !slices.Equal(trail[0].Fields, []string{"listed_public"}) {
		t.Errorf("the trail begins with %+v, %v", trail[0], err)
	}
}

// What is ticked when registering counts once the address is proved, and only as far
// as the event asks for it.
func TestListingWhenRegistering(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		who                  event.ListedFor
		participants, public bool
		want                 [2]bool
	}{
		{event.ListedForAll, false, false, [2]bool{false, false}},
		{event.ListedForAll, true, false, [2]bool{true, false}},
		{event.ListedForAll, false, true, [2]bool{false, true}},
		{event.ListedForAll, true, true, [2]bool{true, true}},
		{event.ListedForParticipants, true, true, [2]bool{true, false}},
		{event.ListedForNobody, true, true, [2]bool{false, false}},
	} {
		a, _ := apptest.New(t)
		e := apptest.Event(t, a, published(test.who))
		form := apptest.Form("Amina", "amina@example.org")
		form.ListedParticipants, form.ListedPublic = test.participants, test.public
		if err := a.Delegates.Register(t.Context(), e, form); err != nil {
			t.Fatal(err)
		}
		found, err := a.Delegates.Find(t.Context(), e.ID, delegate.Filter{Text: form.Email}, "", 1)
		if err != nil || found.Items[0].Listing.Agrees() {
			t.Fatalf("before the address is proved: %+v, %v", found.Items, err)
		}
		d, err := prove(t.Context(), a, found.Items[0])
		if got := [2]bool{d.Listing.Participants.Agrees(), d.Listing.Public.Agrees()}; err != nil || got != test.want {
			t.Errorf("%+v: %v, %v", test, got, err)
		}
	}
}

// Who stands in the list under one address and not under the other stands in none once
// the two are one.
func TestMergingNamesNobodyWhoSaidNo(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, published(event.ListedForAll))
	register := func(email string, public bool) delegate.Delegate {
		t.Helper()
		form := apptest.Form("Mei Chen", email)
		form.ListedParticipants, form.ListedPublic, form.ListedTold = true, public, event.ListedFields
		if err := a.Delegates.Register(t.Context(), e, form); err != nil {
			t.Fatal(err)
		}
		found, err := a.Delegates.Find(t.Context(), e.ID, delegate.Filter{Text: email}, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		d, err := prove(t.Context(), a, found.Items[0])
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	keep, other := register("mei@example.org", true), register("mei@example.test", false)
	_, _, seen, err := a.Delegates.SeenTogether(t.Context(), e, keep.ID, other.ID)
	if err != nil {
		t.Fatal(err)
	}
	d, err := a.Delegates.Merge(t.Context(), e, delegate.Merging{Keep: keep.ID, Other: other.ID, Seen: seen})
	if err != nil || d.Listing.Public.Agrees() || !d.Listing.Participants.Agrees() {
		t.Errorf("%+v, %v; want them named to participants alone", d.Listing, err)
	}
}
