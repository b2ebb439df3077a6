package delegate_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/problem"
)

// The visa letter is made of what is approved, has one number while it says the same,
// and tells whoever checks it what it is worth.
func TestAVisaLetter(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	for _, q := range []form.Question{
		{ID: delegate.VisaBirth, Kind: form.Date, Label: i18n.English("Date of birth"), Asked: form.Later},
		{ID: delegate.VisaPassport, Kind: form.Text, Label: i18n.English("Passport"), Asked: form.Later, Approve: true},
	} {
		if _, err := a.Forms.Save(t.Context(), e.ID, q); err != nil {
			t.Fatal(err)
		}
	}
	d := apptest.Confirmed(t, a, e, "Amina Haddad")
	ctx := audit.As(t.Context(), audit.Delegate(d.ID))
	issue := func() (delegate.Issued, error) {
		clock.Add(time.Minute)
		return a.Delegates.Issue(ctx, d.ID, delegate.VisaLetter)
	}
	if _, err := issue(); problem.KindOf(err) != problem.Conflict {
		t.Errorf("without the answers it needs: %v; want a conflict", err)
	}
	f := delegate.FormOf(d)
	f.Answers = form.Answers{delegate.VisaBirth: {"1980-12-31"}, delegate.VisaPassport: {"X1234567"}}
	d, err := a.Delegates.Update(ctx, d.ID, f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := issue(); problem.KindOf(err) != problem.Conflict {
		t.Errorf("with answers that are only proposed: %v; want a conflict", err)
	}
	if _, err := a.Delegates.ApproveAnswers(t.Context(), d.ID, d.Proposed.At); err != nil {
		t.Fatal(err)
	}
	first, err := issue()
	if err != nil {
		t.Fatal(err)
	}
	number := a.Delegates.PaperNumber(first)
	if again, err := issue(); err != nil || again.ID != first.ID {
		t.Errorf("made again it has another number: %v", err)
	}
	standing := func(number string, want delegate.Validity) delegate.Checked {
		t.Helper()
		c, err := a.Delegates.CheckPaper(t.Context(), strings.ToLower(strings.ReplaceAll(number, "-", " ")))
		if err != nil || c.Standing != want || c.Masked != "A••••• H•••••" {
			t.Errorf("%s, %q, %v; want %s", c.Standing, c.Masked, err, want)
		}
		return c
	}
	c := standing(number, delegate.PaperValid)
	for typed, want := range map[string]bool{
		"Haddad": true, "amina HADDAD": true, "1980-12-31": true, "1980-12-30": false, "H": false, "Had": false, "": false, "Haddad Smith": false,
	} {
		if got := a.Delegates.Named(c.Issued, typed); got != want {
			t.Errorf("%q: %t; want %t", typed, got, want)
		}
	}
	if _, err := a.Delegates.CheckPaper(t.Context(), "AAAA-CCCC-DDDD"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a number that there is not: %v", err)
	}

	f.JobTitle = "Deputy mayor"
	if _, err := a.Delegates.Update(ctx, d.ID, f); err != nil {
		t.Fatal(err)
	}
	second, err := issue()
	if err != nil || second.ID == first.ID {
		t.Fatalf("what it says has changed, and the number has not: %v", err)
	}
	standing(number, delegate.PaperReplaced)
	standing(a.Delegates.PaperNumber(second), delegate.PaperValid)

	if err := a.Delegates.WithdrawPaper(t.Context(), d, second.ID); err != nil {
		t.Fatal(err)
	}
	standing(a.Delegates.PaperNumber(second), delegate.PaperWithdrawn)
	if _, err := issue(); problem.KindOf(err) != problem.Conflict {
		t.Errorf("made anew by the delegate after it was withdrawn: %v; want a conflict", err)
	}
	staff := audit.As(t.Context(), audit.Actor{Kind: "staff", Name: "Organiser"})
	third, err := a.Delegates.Issue(staff, d.ID, delegate.VisaLetter)
	if err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Minute)
	if _, err := a.Delegates.Cancel(t.Context(), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	standing(a.Delegates.PaperNumber(third), delegate.PaperCancelled)
	if _, err := a.Delegates.Issue(staff, d.ID, delegate.VisaLetter); problem.KindOf(err) != problem.Conflict {
		t.Errorf("of a cancelled registration: %v; want a conflict", err)
	}
	if err := a.Privacy.Erase(t.Context(), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	if c, err := a.Delegates.CheckPaper(t.Context(), a.Delegates.PaperNumber(third)); err != nil || c.Standing != delegate.PaperCancelled || c.Name != "" {
		t.Errorf("after the person was erased: %s, %q, %v", c.Standing, c.Name, err)
	}
}

// The papers of a registration go where the registration goes that was merged: they
// hold, are handed out, can be withdrawn, and say nothing of who was erased.
func TestPapersOfWhomWasMerged(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	ctx := t.Context()
	e := apptest.Event(t, a, nil)
	keep, other := add(t, a, e, "Mei Chen", "mei@example.org"), add(t, a, e, "Mei Chen", "mei@example.test")
	made, err := a.Delegates.Issue(ctx, other.ID, delegate.VisaLetter)
	if err != nil {
		t.Fatal(err)
	}
	_, _, seen, err := a.Delegates.SeenTogether(ctx, e, keep.ID, other.ID)
	if err != nil {
		t.Fatal(err)
	}
	d, err := a.Delegates.Merge(ctx, e, delegate.Merging{Keep: keep.ID, Other: other.ID, Seen: seen})
	if err != nil {
		t.Fatal(err)
	}
	number := a.Delegates.PaperNumber(made)
	standing := func(want delegate.Validity) delegate.Checked {
		t.Helper()
		c, err := a.Delegates.CheckPaper(ctx, number)
		if err != nil || c.Standing != want {
			t.Errorf("%s, %v; want %s", c.Standing, err, want)
		}
		return c
	}
	standing(delegate.PaperValid)
	if papers, err := a.Delegates.Papers(ctx, d); err != nil || len(papers) != 1 {
		t.Errorf("%d papers, %v", len(papers), err)
	}
	data, err := a.Privacy.Export(ctx, d, "", "")
	if text, _ := json.Marshal(data); err != nil || strings.Count(string(text), number) != 1 {
		t.Errorf("the paper is handed out %d times, %v; want once", strings.Count(string(text), number), err)
	}
	clock.Add(time.Minute)
	if _, err := a.Delegates.Issue(ctx, d.ID, delegate.VisaLetter); err != nil {
		t.Fatal(err)
	}
	standing(delegate.PaperReplaced)
	if err := a.Privacy.Erase(audit.As(ctx, audit.Delegate(d.ID)), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	if c := standing(delegate.PaperReplaced); c.Name != "" || c.Birth != "" {
		t.Errorf("of whom was erased the paper still says %q", c.Name)
	}
}
