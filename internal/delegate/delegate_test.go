package delegate_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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

func only(t *testing.T, a *app.App, e event.Event) delegate.Delegate {
	t.Helper()
	page, err := a.Delegates.Find(t.Context(), e.ID, delegate.Filter{}, "", 10)
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d registrations, %v; want one", len(page.Items), err)
	}
	return page.Items[0]
}

func register(t *testing.T, a *app.App, e event.Event, form delegate.Form) delegate.Delegate {
	t.Helper()
	if err := a.Delegates.Register(t.Context(), e, form); err != nil {
		t.Fatal(err)
	}
	return only(t, a, e)
}

// occasions lists the letters to a delegate, the first one first.
func occasions(t *testing.T, a *app.App, d delegate.Delegate) []string {
	t.Helper()
	letters, err := a.Outbox.Letters(t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, l := range letters.Items {
		list = append(list, l.Occasion)
	}
	slices.Reverse(list)
	return list
}

func wantOccasions(t *testing.T, a *app.App, d delegate.Delegate, want ...string) {
	t.Helper()
	if got := occasions(t, a, d); !slices.Equal(got, want) {
		t.Errorf("letters = %v; want %v", got, want)
	}
}

func wantKind(t *testing.T, err error, kind problem.Kind) {
	t.Helper()
	if err == nil || problem.KindOf(err) != kind {
		t.Errorf("error = %v (kind %d); want kind %d", err, problem.KindOf(err), kind)
	}
}

func TestRegisterVerifyConfirm(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := register(t, a, e, apptest.Form("Amina Haddad", "Amina@Example.org"))
	if d.State != delegate.Unverified || d.Badge != "" {
		t.Fatalf("before proof: %s with badge %q", d.State, d.Badge)
	}
	clock.Add(time.Hour)
	d, err := a.Delegates.Verify(t.Context(), a.Delegates.VerifyToken(d, d.VerifySerial))
	if err != nil {
		t.Fatal(err)
	}
	if d.State != delegate.Confirmed || d.Badge == "" {
		t.Errorf("after proof: %s with badge %q; want confirmed with one", d.State, d.Badge)
	}
	wantOccasions(t, a, d, delegate.OccasionVerify, delegate.OccasionBadge)
	trail, err := audit.Of(t.Context(), a.DB, delegate.Subject(d.ID))
	if err != nil || len(trail) != 2 || trail[0].Action != "delegate.confirmed" || trail[0].Actor.Kind != "delegate" {
		t.Errorf("trail = %+v, %v", trail, err)
	}
}

func TestApprovalComesBetween(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) { e.Registration.Approval = true })
	d := register(t, a, e, apptest.Form("Amina Haddad", "amina@example.org"))
	clock.Add(time.Minute)
	d, err := a.Delegates.Verify(t.Context(), a.Delegates.VerifyToken(d, d.VerifySerial))
	if err != nil || d.State != delegate.Awaiting || d.Badge != "" {
		t.Fatalf("after proof: %s, badge %q, %v; want awaiting without one", d.State, d.Badge, err)
	}
	clock.Add(time.Minute)
	staff := audit.As(t.Context(), audit.Actor{Kind: "staff", ID: "s1", Name: "Olga"})
	d, err = a.Delegates.Approve(staff, d.ID, "")
	if err != nil || d.State != delegate.Confirmed || d.Badge == "" {
		t.Fatalf("after approval: %s, badge %q, %v", d.State, d.Badge, err)
	}
	if last := d.Steps[len(d.Steps)-1]; last.By != "staff Olga" || !last.At.Equal(clock.Now()) {
		t.Errorf("last step = %+v; want by Olga now", last)
	}
	clock.Add(time.Minute)
	if d, err = a.Delegates.Decline(staff, d.ID, "no room"); err != nil || d.Badge != "" || d.Steps[len(d.Steps)-1].Reason != "no room" {
		t.Errorf("after decline: %+v, %v", d, err)
	}
	wantOccasions(t, a, d, delegate.OccasionVerify, delegate.OccasionAwaiting, delegate.OccasionBadge, delegate.OccasionDeclined)
}

func TestVerifyLinkIsValidOnceForTwoDays(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := register(t, a, e, apptest.Form("Amina Haddad", "amina@example.org"))
	first := a.Delegates.VerifyToken(d, d.VerifySerial)

	clock.Add(delegate.VerifyLife)
	_, err := a.Delegates.Verify(t.Context(), first)
	wantKind(t, err, problem.Gone)

	if err := a.Delegates.SendLink(t.Context(), e, "AMINA@example.org"); err != nil {
		t.Fatal(err)
	}
	d = only(t, a, e)
	second := a.Delegates.VerifyToken(d, d.VerifySerial)
	if second == first {
		t.Fatal("the new link is the old one")
	}
	clock.Add(delegate.VerifyLife - time.Millisecond)
	if _, err := a.Delegates.Verify(t.Context(), second); err != nil {
		t.Fatalf("a moment before its end: %v", err)
	}
	_, err = a.Delegates.Verify(t.Context(), second)
	wantKind(t, err, problem.Gone)
	_, err = a.Delegates.Verify(t.Context(), "guessed")
	wantKind(t, err, problem.NotFound)
	if n, err := a.Delegates.Purge(t.Context()); err != nil || n != 0 {
		t.Errorf("Purge = %d, %v; want none while somebody may ask for another link", n, err)
	}
	clock.Add(2 * delegate.VerifyLife)
	if n, err := a.Delegates.Purge(t.Context()); err != nil || n != 1 {
		t.Errorf("Purge = %d, %v; want the first, which has long expired", n, err)
	}
}

// A button that is pressed twice registers once, and neither press is refused.
func TestRegisteringTwiceAtOnce(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	for n := range 20 {
		form := apptest.Form("Amina Haddad", fmt.Sprintf("amina%d@example.org", n))
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				if err := a.Delegates.Register(t.Context(), e, form); err != nil {
					t.Errorf("registering at once: %v", err)
				}
			})
		}
		wait.Wait()
	}
	if n, err := a.Delegates.Count(t.Context(), e.ID, delegate.Filter{}); err != nil || n != 20 {
		t.Errorf("%d registrations, %v; want 20", n, err)
	}
}

// Whoever asks for the link again, or has it sent to another address by the desk, has
// lost nothing of what they typed: neither answers nor wishes nor how they came.
func TestAnotherLinkConfirmsAllThatWasTyped(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*app.App, event.Event, delegate.Delegate) error{
		"asked for": func(a *app.App, e event.Event, d delegate.Delegate) error {
			return a.Delegates.SendLink(t.Context(), e, d.Email)
		},
		"to another address": func(a *app.App, _ event.Event, d delegate.Delegate) error {
			began := delegate.FormOf(d)
			typed := began
			typed.Email = "amina.h@example.org"
			_, err := a.Delegates.Edit(t.Context(), d.ID, began, typed)
			return err
		},
		"with the name put right": func(a *app.App, _ event.Event, d delegate.Delegate) error {
			began := delegate.FormOf(d)
			typed := began
			typed.Name = "Amina El Haddad"
			_, err := a.Delegates.Edit(t.Context(), d.ID, began, typed)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := apptest.New(t)
			e := apptest.Event(t, a, published(event.ListedForAll))
			q := form.Question{ID: "visa", Kind: form.YesNo, Label: i18n.English("Visa?"), Asked: form.AtRegistration, Required: true}
			if _, err := a.Forms.Save(t.Context(), e.ID, q); err != nil {
				t.Fatal(err)
			}
			i := aCode(t, a, e, delegate.TypedInvitation{Uses: "1", Category: "minister"})
			typed := apptest.Form("Amina Haddad", "amina@example.org")
			typed.ListedParticipants, typed.Answers = true, form.Answers{"visa": {form.Yes}}
			if err := a.Delegates.RegisterBy(t.Context(), e, i, typed); err != nil {
				t.Fatal(err)
			}
			if err := again(a, e, only(t, a, e)); err != nil {
				t.Fatal(err)
			}
			d, err := prove(t.Context(), a, only(t, a, e))
			if err != nil || !slices.Equal(d.Answers["visa"], []string{form.Yes}) || !d.Listing.Participants.Agrees() || d.Consent.Version == "" {
				t.Errorf("confirmed with answers %v, listing %+v, consent %+v, %v", d.Answers, d.Listing, d.Consent, err)
			}
			wantUsed(t, a, e, i.ID, 1)
		})
	}
}

// What was typed is kept for some days only. Nobody comes into a category that takes
// an invitation by asking for their link after that.
func TestALateLinkNeedsAnInvitation(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) {
		e.Registration.Categories = []event.Category{{ID: "minister", Mode: event.ModeInvitation}, {ID: "mayor"}}
	})
	d := comes(t, a, e, aCode(t, a, e, delegate.TypedInvitation{Category: "minister"}), "amina@example.org")
	clock.Add(10 * 24 * time.Hour)
	if n, err := a.Delegates.Purge(t.Context()); n != 1 || err != nil {
		t.Fatalf("Purge = %d, %v", n, err)
	}
	if err := a.Delegates.SendLink(t.Context(), e, "amina@example.org"); err != nil {
		t.Fatal(err)
	}
	wantOccasions(t, a, d, delegate.OccasionVerify)
}

func TestSecondTryTellsNobodyAndWritesToTheAddress(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := register(t, a, e, apptest.Form("Amina Haddad", "amina@example.org"))
	own := a.Delegates.VerifyToken(d, d.VerifySerial)

	clock.Add(time.Minute) // a stranger enters the address before its owner proves it
	d = register(t, a, e, apptest.Form("Somebody Else", "amina@EXAMPLE.org"))
	strangers := a.Delegates.VerifyToken(d, d.VerifySerial)
	if d.Name != "Amina Haddad" {
		t.Errorf("the stranger changed the name to %q", d.Name)
	}
	clock.Add(time.Minute)
	d, err := a.Delegates.Verify(t.Context(), own) // the owner's own link still holds
	if err != nil || d.Name != "Amina Haddad" || d.Consent.Version == "" {
		t.Fatalf("verified as %q with consent %q, %v", d.Name, d.Consent.Version, err)
	}
	_, err = a.Delegates.Verify(t.Context(), strangers)
	wantKind(t, err, problem.Gone)

	clock.Add(time.Minute) // confirmed: nothing changes, its owner has the link
	d = register(t, a, e, apptest.Form("Somebody Else", "amina@example.org"))
	if d.Name != "Amina Haddad" || d.State != delegate.Confirmed {
		t.Errorf("a second try changed the registration: %q, %s", d.Name, d.State)
	}
	wantOccasions(t, a, d, delegate.OccasionVerify, delegate.OccasionVerify, delegate.OccasionBadge, delegate.OccasionKnown)
}

func TestTheOwnersLaterEntriesHold(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	register(t, a, e, apptest.Form("Amina Hadad", "amina@example.org"))
	clock.Add(time.Minute)
	d := register(t, a, e, apptest.Form("Amina Haddad", "amina@example.org")) // the slip put right
	d, err := a.Delegates.Verify(t.Context(), a.Delegates.VerifyToken(d, d.VerifySerial))
	if err != nil || d.Name != "Amina Haddad" {
		t.Errorf("verified as %q, %v", d.Name, err)
	}
}

func TestWhomOrganisersCancelledNeedsThemToComeBack(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := apptest.Confirmed(t, a, e, "Amina Haddad")
	staff := audit.As(t.Context(), audit.Actor{Kind: "staff", ID: "s1", Name: "Olga"})
	if _, err := a.Delegates.Cancel(staff, d.ID, "not welcome"); err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Minute)
	d = register(t, a, e, apptest.Form("Amina Haddad", d.Email))
	if d.State != delegate.Cancelled {
		t.Errorf("before proof: %s", d.State)
	}
	d, err := a.Delegates.Verify(t.Context(), a.Delegates.VerifyToken(d, d.VerifySerial))
	if err != nil || d.State != delegate.Awaiting || d.Badge != "" {
		t.Errorf("after proof: %s with badge %q, %v; want the organisers asked", d.State, d.Badge, err)
	}
}

func TestReasonsHaveALimitAndStepsAnEnd(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := apptest.Confirmed(t, a, e, "Amina Haddad")
	_, err := a.Delegates.Cancel(t.Context(), d.ID, strings.Repeat("é", delegate.MaxReason+1))
	wantKind(t, err, problem.Invalid)
	for range 100 {
		if _, err = a.Delegates.Cancel(t.Context(), d.ID, strings.Repeat("é", delegate.MaxReason)); err != nil {
			break
		}
		if _, err = a.Delegates.Approve(t.Context(), d.ID, ""); err != nil {
			break
		}
	}
	wantKind(t, err, problem.Conflict)
}

func TestCancelAndComeBack(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := register(t, a, e, apptest.Form("Amina Haddad", "amina@example.org"))
	clock.Add(time.Minute)
	d, err := a.Delegates.Verify(t.Context(), a.Delegates.VerifyToken(d, d.VerifySerial))
	if err != nil {
		t.Fatal(err)
	}
	old := d.Badge
	clock.Add(time.Minute)
	if d, err = a.Delegates.Cancel(t.Context(), d.ID, "a clash"); err != nil || d.State != delegate.Cancelled {
		t.Fatalf("Cancel: %s, %v", d.State, err)
	}
	if b, err := a.Badges.Get(t.Context(), a.DB, old); err != nil || b.Revoked.IsZero() {
		t.Errorf("the cancelled badge: %+v, %v; want it revoked", b, err)
	}
	clock.Add(time.Minute)
	if d, err = a.Delegates.Cancel(t.Context(), d.ID, ""); err != nil {
		t.Errorf("cancelling twice: %v; want nothing to happen", err)
	}
	clock.Add(time.Minute)
	d = register(t, a, e, apptest.Form("Amina Haddad", "amina@example.org"))
	clock.Add(time.Minute)
	if d, err = a.Delegates.Verify(t.Context(), a.Delegates.VerifyToken(d, d.VerifySerial)); err != nil || d.Badge == old || d.Badge == "" {
		t.Errorf("back again: badge %q, %v; want a new one", d.Badge, err)
	}
	wantOccasions(t, a, d, delegate.OccasionVerify, delegate.OccasionBadge, delegate.OccasionCancelled, delegate.OccasionVerify, delegate.OccasionBadge)
}

func TestLinksAreHashedAndSeparate(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := register(t, a, e, apptest.Form("Amina Haddad", "amina@example.org"))
	manage, verify := a.Delegates.ManageToken(d), a.Delegates.VerifyToken(d, d.VerifySerial)
	if len(manage) != 22 || manage == verify { // 128 bits in base64url
		t.Errorf("tokens %q and %q", manage, verify)
	}
	var dump strings.Builder
	if _, err := a.DB.Export(t.Context(), &dump); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{manage, verify} {
		if strings.Contains(dump.String(), token) {
			t.Error("a token is stored as it is")
		}
	}
	if found, err := a.Delegates.ByLink(t.Context(), manage); err != nil || found.ID != d.ID {
		t.Errorf("ByLink = %v, %v", found.ID, err)
	}
	_, err := a.Delegates.ByLink(t.Context(), verify)
	wantKind(t, err, problem.NotFound)
}

func TestFaultsStandBesideTheirFields(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	for name, tt := range map[string]struct {
		change func(*delegate.Form)
		want   string // field: key
	}{
		"no name":           {func(f *delegate.Form) { f.Name = " \t" }, "name: problem.field.required"},
		"long name":         {func(f *delegate.Form) { f.Name = strings.Repeat("a", 301) }, "name: problem.field.too_long"},
		"no organisation":   {func(f *delegate.Form) { f.Organisation = "" }, "organisation: problem.field.required"},
		"no address":        {func(f *delegate.Form) { f.Email = "" }, "email: problem.field.required"},
		"no domain":         {func(f *delegate.Form) { f.Email = "amina@localhost" }, "email: problem.field.email"},
		"display name":      {func(f *delegate.Form) { f.Email = "A <a@example.org>" }, "email: problem.field.email"},
		"header injection":  {func(f *delegate.Form) { f.Email = "a@example.org\r\nBcc: b@example.org" }, "email: problem.field.email"},
		"no such category":  {func(f *delegate.Form) { f.Category = "king" }, "category: problem.field.choice"},
		"no such country":   {func(f *delegate.Form) { f.Country = "ZZ" }, "country: problem.field.choice"},
		"a continent":       {func(f *delegate.Form) { f.Country = "150" }, "country: problem.field.choice"},
		"no country":        {func(f *delegate.Form) { f.Country = "" }, "country: problem.field.required"},
		"no such city":      {func(f *delegate.Form) { f.City = "atlantis" }, "city: problem.field.choice"},
		"signs alone":       {func(f *delegate.Form) { f.Name = "123 !" }, "name: problem.field.name"},
		"nothing visible":   {func(f *delegate.Form) { f.Name = "\u200b\u2060" }, "name: problem.field.required"},
		"language unspoken": {func(f *delegate.Form) { f.Language = "zh-Hant" }, "language: problem.field.choice"},
		"no language":       {func(f *delegate.Form) { f.Language = "" }, "language: problem.field.required"},
		"without consent":   {func(f *delegate.Form) { f.Consent = false }, "consent: problem.field.consent"},
		"needs beyond 1000": {func(f *delegate.Form) { f.Needs = strings.Repeat("é", 1001) }, "needs: problem.field.too_long"},
	} {
		t.Run(name, func(t *testing.T) {
			form := apptest.Form("Amina Haddad", "amina@example.org")
			tt.change(&form)
			err := a.Delegates.Register(t.Context(), e, form)
			var p *problem.Error
			if !errors.As(err, &p) || p.Kind != problem.Invalid || len(p.Fields) != 1 {
				t.Fatalf("error = %v; want one fault", err)
			}
			if got := p.Fields[0].Name + ": " + p.Fields[0].Key; got != tt.want {
				t.Errorf("fault = %q; want %q", got, tt.want)
			}
		})
	}
	if n, err := a.Delegates.Count(t.Context(), e.ID, delegate.Filter{}); err != nil || n != 0 {
		t.Errorf("%d registrations, %v; want none", n, err)
	}
}

func TestHostileEntriesAreKeptAsTheyAre(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	form := apptest.Form(`<b>"Бобби" \u202e=1+1</b> 🎈`, "bobby@example.org")
	form.Organisation = "A\x00B\r\nC\u202e"
	d := register(t, a, e, form)
	if d.Name != form.Name {
		t.Errorf("name = %q; want %q", d.Name, form.Name)
	}
	if d.Organisation != "AB C" {
		t.Errorf("organisation = %q; want it on one line without control characters", d.Organisation)
	}
}

func TestRegistrationWindow(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	form := apptest.Form("Amina Haddad", "amina@example.org")
	for _, at := range []time.Time{e.Registration.Opens.Add(-time.Millisecond), e.Registration.Closes} {
		clock.Set(at)
		wantKind(t, a.Delegates.Register(t.Context(), e, form), problem.Gone)
	}
	clock.Set(e.Registration.Closes.Add(-time.Millisecond))
	if err := a.Delegates.Register(t.Context(), e, form); err != nil {
		t.Error(err)
	}
}

func TestUpdateChangesWhatMayBeChanged(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := apptest.Confirmed(t, a, e, "Amina Haddad")
	form := delegate.FormOf(d)
	form.Name, form.Country, form.Language = "Amina Haddad-Weiss", "AT", "fr"
	form.Email, form.Category = "other@example.org", "minister"
	got, err := a.Delegates.Update(t.Context(), d.ID, form)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "Amina Haddad-Weiss" || got.Country != "AT" || got.Language != "fr" {
		t.Errorf("after update: %+v", got)
	}
	if got.Email != d.Email || got.Category != d.Category {
		t.Errorf("address or category changed: %s, %s", got.Email, got.Category)
	}
	trail, err := audit.Of(t.Context(), a.DB, delegate.Subject(d.ID))
	if err != nil || !slices.Equal(trail[0].Fields, []string{"name", "country", "language"}) {
		t.Errorf("trail = %+v, %v", trail, err)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	people := []delegate.Form{}
	for _, p := range []struct{ name, latin, org, email, country, category string }{
		{"José Álvarez Núñez", "", "City of Villa María", "jose@example.org", "AR", "mayor"},
		{"王小明", "Wang Xiaoming", "Beijing Academy", "wang@example.org", "CN", "academia"},
		{"محمد الفاسي", "Mohamed El Fassi", "Ville de Fès", "fassi@example.org", "MA", "mayor"},
		{"Søren Ærø", "", "Sønderborg Kommune", "soren@example.org", "DK", "youth"},
		{"Ольга Петрова", "Olga Petrova", "University", "olga@example.org", "UA", "academia"},
	} {
		form := apptest.Form(p.name, p.email)
		form.LatinName, form.Organisation, form.Country, form.Category = p.latin, p.org, p.country, p.category
		people = append(people, form)
	}
	for _, form := range people {
		err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := a.Delegates.Add(t.Context(), tx, e, form, a.Clock())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		filter delegate.Filter
		want   string
	}{
		{delegate.Filter{Text: "alvarez"}, "jose@example.org"},
		{delegate.Filter{Text: "NUÑ jos"}, "jose@example.org"},
		{delegate.Filter{Text: "j jo jos NUÑEZ" + strings.Repeat(" n nu", 200)}, "jose@example.org"},
		{delegate.Filter{Text: "jos al b c d e f g h i k l m o p q"}, ""},
		{delegate.Filter{Text: "villa mar"}, "jose@example.org"},
		{delegate.Filter{Text: "小明"}, "wang@example.org"},
		{delegate.Filter{Text: "xiao"}, "wang@example.org"},
		{delegate.Filter{Text: "الفا"}, "fassi@example.org"},
		{delegate.Filter{Text: "soren aero"}, "soren@example.org"},
		{delegate.Filter{Text: "soren"}, "soren@example.org"},
		{delegate.Filter{Text: "ольга"}, "olga@example.org"},
		{delegate.Filter{Text: "olga@exam"}, "olga@example.org"},
		{delegate.Filter{Text: "fassi"}, "fassi@example.org"},
		{delegate.Filter{Text: "%"}, ""},
		{delegate.Filter{Category: "mayor"}, "jose@example.org fassi@example.org"},
		{delegate.Filter{Category: "mayor", Country: "MA"}, "fassi@example.org"},
		{delegate.Filter{Category: "mayor", Country: "CN"}, ""},
		{delegate.Filter{Text: "al", State: delegate.Confirmed, Arrived: "no"}, "jose@example.org"},
		{delegate.Filter{Arrived: "yes"}, ""},
	} {
		page, err := a.Delegates.Find(t.Context(), e.ID, tt.filter, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range page.Items {
			got = append(got, d.Email)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%+v: %q; want %q", tt.filter, s, tt.want)
		}
	}
}

func TestMovesBetweenStates(t *testing.T) {
	t.Parallel()
	allowed := map[[2]delegate.State]bool{}
	for from, list := range map[delegate.State]string{
		delegate.Invited:    "started awaiting waiting confirmed cancelled withdrawn",
		delegate.Started:    "awaiting waiting confirmed cancelled withdrawn",
		delegate.Unverified: "awaiting waiting confirmed cancelled withdrawn",
		delegate.Awaiting:   "waiting confirmed declined cancelled withdrawn",
		delegate.Waiting:    "offered confirmed declined cancelled withdrawn",
		delegate.Offered:    "confirmed declined cancelled withdrawn",
		delegate.Confirmed:  "declined cancelled withdrawn",
		delegate.Declined:   "waiting confirmed",
		delegate.Cancelled:  "invited awaiting waiting confirmed",
		delegate.Withdrawn:  "invited awaiting waiting confirmed",
	} {
		for _, to := range strings.Fields(list) {
			allowed[[2]delegate.State{from, delegate.State(to)}] = true
		}
	}
	for _, from := range delegate.States {
		for _, to := range delegate.States {
			if got := from.May(to); got != allowed[[2]delegate.State{from, to}] {
				t.Errorf("%s to %s: %t", from, to, got)
			}
		}
	}
}
