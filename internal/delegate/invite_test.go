package delegate_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
)

func invite(t *testing.T, a *app.App, e event.Event, f delegate.Form, also ...func(*delegate.Delegate)) (d delegate.Delegate, err error) {
	t.Helper()
	err = a.DB.Update(t.Context(), func(tx *store.Tx) error {
		d, err = a.Delegates.Invite(t.Context(), tx, e, f, delegate.OccasionInvited, also...)
		return err
	})
	return d, err
}

func guest() delegate.Form {
	return delegate.Form{Name: "Amina Haddad", Email: "amina@example.org", Category: "mayor", Language: "fr"}
}

// Somebody who is invited finishes the form on their own page: with the approval of
// the organisers, or without where the invitation gave it.
func TestAnInvitationIsAnswered(t *testing.T) {
	for _, tt := range []struct {
		name     string
		approval bool
		approved bool
		want     delegate.State
		letter   string
	}{
		{"open", false, false, delegate.Confirmed, delegate.OccasionBadge},
		{"by approval", true, false, delegate.Awaiting, delegate.OccasionAwaiting},
		{"approved beforehand", true, true, delegate.Confirmed, delegate.OccasionBadge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, clock := apptest.New(t)
			e := apptest.Event(t, a, func(e *event.Event) { e.Registration.Approval = tt.approval })
			d, err := invite(t, a, e, guest(), func(d *delegate.Delegate) { d.Approved = tt.approved })
			if err != nil || d.State != delegate.Invited || d.Badge != "" {
				t.Fatalf("invited: %v, %v", d, err)
			}
			clock.Add(time.Hour)
			answer := guest()
			if _, err := a.Delegates.Finish(t.Context(), d.ID, answer); problem.KindOf(err) != problem.Invalid {
				t.Errorf("without what is needed: %v; want it refused", err)
			}
			answer.Organisation, answer.Country, answer.Consent = "City of Tunis", "TN", true
			answer.Category = "minister" // is not theirs to choose
			if d, err = a.Delegates.Finish(t.Context(), d.ID, answer); err != nil || d.State != tt.want || d.Category != "mayor" {
				t.Fatalf("%s, %s, %v; want %s", d.State, d.Category, err, tt.want)
			}
			wantOccasions(t, a, d, delegate.OccasionInvited, tt.letter)
			if _, err := a.Delegates.Finish(t.Context(), d.ID, answer); problem.KindOf(err) != problem.Gone {
				t.Errorf("finished twice: %v; want gone", err)
			}
		})
	}
}

func TestWhoIsInvited(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d, err := invite(t, a, e, guest())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := invite(t, a, e, guest()); problem.KindOf(err) != problem.Conflict || again.ID != d.ID {
		t.Errorf("invited twice: %v; want a conflict with the first", err)
	}
	self := audit.As(t.Context(), audit.Delegate(d.ID))
	if d, err = a.Delegates.Withdraw(self, d.ID, "a clash"); err != nil || d.State != delegate.Withdrawn {
		t.Fatalf("declined: %s, %v", d.State, err)
	}
	wantOccasions(t, a, d, delegate.OccasionInvited) // they know
	if d, err = invite(t, a, e, guest()); err != nil || d.State != delegate.Invited {
		t.Errorf("invited anew: %s, %v", d.State, err)
	}
	for field, f := range map[string]delegate.Form{
		"name":     {Email: "b@example.org", Category: "mayor", Language: "en"},
		"email":    {Name: "B", Category: "mayor", Language: "en"},
		"category": {Name: "B", Email: "b@example.org", Language: "en", Category: "king"},
		"country":  {Name: "B", Email: "b@example.org", Category: "mayor", Language: "en", Country: "Nowhere"},
	} {
		_, err := invite(t, a, e, f)
		wantField(t, err, field)
	}
}

// Somebody who is invited may as well register openly: proving the address finishes
// the same registration.
func TestInvitedPersonRegistersOpenly(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d, err := invite(t, a, e, guest())
	if err != nil {
		t.Fatal(err)
	}
	f := guest()
	f.Organisation, f.Country, f.Consent = "City of Tunis", "TN", true
	known := register(t, a, e, f)
	if known.ID != d.ID || known.State != delegate.Invited {
		t.Fatalf("registered as %s in state %s; want the invited one", known.ID, known.State)
	}
	if d, err = prove(t.Context(), a, known); err != nil || d.State != delegate.Confirmed {
		t.Errorf("%s, %v; want confirmed", d.State, err)
	}
}

// An answer that needs approval is put aside until somebody approves; the one before
// holds, and so does the place.
func TestAnswersThatNeedApproval(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	_, err := a.Forms.Save(t.Context(), e.ID, form.Question{
		ID: "visa", Kind: form.YesNo, Label: i18n.English("Do you need a visa letter?"), Asked: form.AtRegistration, Required: true, Approve: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	f := apptest.Form("Amina Haddad", "amina@example.org")
	wantField(t, a.Delegates.Register(t.Context(), e, f), "q-visa")
	f.Answers = form.Answers{"visa": {form.No}}
	d := register(t, a, e, f)
	clock.Add(time.Minute)
	if d, err = prove(t.Context(), a, d); err != nil || d.Answers["visa"][0] != form.No {
		t.Fatalf("answers %v, %v", d.Answers, err)
	}
	change := func(to string) delegate.Delegate {
		t.Helper()
		clock.Add(time.Minute)
		f.Answers = form.Answers{"visa": {to}}
		d, err := a.Delegates.Update(t.Context(), d.ID, f)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d = change(form.Yes); d.State != delegate.Confirmed || d.Answers["visa"][0] != form.No || d.Proposed == nil || d.Badge == "" {
		t.Fatalf("%s, %v, %v", d.State, d.Answers, d.Proposed)
	}
	clock.Add(time.Minute)
	if d, err = a.Delegates.DeclineAnswers(t.Context(), d.ID, d.Proposed.At, "not needed"); err != nil || d.Proposed != nil || d.Answers["visa"][0] != form.No {
		t.Fatalf("%v, %v, %v", d.Answers, d.Proposed, err)
	}
	if _, err = a.Delegates.ApproveAnswers(t.Context(), d.ID, a.Clock()); problem.KindOf(err) != problem.Conflict {
		t.Errorf("approved after it was declined: %v; want a conflict", err)
	}
	d = change(form.Yes)
	clock.Add(time.Minute)
	if _, err := a.Delegates.ApproveAnswers(t.Context(), d.ID, d.Proposed.At.Add(-time.Second)); problem.KindOf(err) != problem.Conflict {
		t.Errorf("approved other answers than were seen: %v; want a conflict", err)
	}
	if d, err = a.Delegates.ApproveAnswers(t.Context(), d.ID, d.Proposed.At); err != nil || d.Proposed != nil || d.Answers["visa"][0] != form.Yes {
		t.Fatalf("%v, %v, %v", d.Answers, d.Proposed, err)
	}
	wantOccasions(t, a, d, delegate.OccasionVerify, delegate.OccasionBadge, delegate.OccasionAnswersDeclined, delegate.OccasionAnswersApproved)
}

func wantField(t *testing.T, err error, field string) {
	t.Helper()
	var p *problem.Error
	if !errors.As(err, &p) || !slices.ContainsFunc(p.Fields, func(f problem.Field) bool { return f.Name == field }) {
		t.Errorf("%v; want a fault of %s", err, field)
	}
}

// What people have yet to answer is counted, also when questions come later.
func TestWhatIsYetToBeAnswered(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := apptest.Confirmed(t, a, e, "Amina Haddad")
	ask := func(retired bool) {
		t.Helper()
		_, err := a.Forms.Save(t.Context(), e.ID, form.Question{
			ID: "hotel", Kind: form.Text, Label: i18n.English("Where do you stay?"), Asked: form.Later, Required: true, Retired: retired,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	recount := func(changed, unanswered int) {
		t.Helper()
		n, err := a.Delegates.Recount(t.Context())
		if err != nil || n != changed {
			t.Errorf("counted anew: %d, %v; want %d", n, err, changed)
		}
		if d, err = a.Delegates.Get(t.Context(), d.ID); err != nil || d.Unanswered != unanswered {
			t.Errorf("%d unanswered, %v; want %d", d.Unanswered, err, unanswered)
		}
	}
	recount(0, 0)
	ask(false)
	recount(1, 1)
	recount(0, 1) // nothing has changed since
	ask(true)
	recount(1, 0)
	ask(false)
	recount(1, 1)
	f := delegate.FormOf(d)
	f.Answers = form.Answers{"hotel": {"Hotel Sol"}}
	if d, err := a.Delegates.Update(t.Context(), d.ID, f); err != nil || d.Unanswered != 0 {
		t.Errorf("answered: %d, %v", d.Unanswered, err)
	}
}
