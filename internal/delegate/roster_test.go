package delegate_test

import (
	"context"
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
	"convene/internal/door"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

func namesOf(t *testing.T, a *app.App, e event.Event, f delegate.Filter) string {
	t.Helper()
	page, err := a.Delegates.Find(t.Context(), e.ID, f, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	list := make([]string, len(page.Items))
	for i, d := range page.Items {
		list[i] = d.Name
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// A name is found by its words in any order, by any part of three signs or more and,
// where a script has no spaces, by any sign.
func TestPartsOfNames(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	for _, name := range []string{"Ángela Müller-Şahin", "Li Wei", "Julia Amsel", "陈美玲", "สมชาย ใจดี", "Jürgen O'Brien"} {
		add(t, a, e, name, fmt.Sprintf("%x@example.org", name))
	}
	for _, test := range []struct{ typed, want string }{
		{"angela", "Ángela Müller-Şahin"},
		{"SAHIN ang", "Ángela Müller-Şahin"},
		{"ülle", "Ángela Müller-Şahin"},
		{"li", "Li Wei"}, // and not every Julia
		{"lia", "Julia Amsel"},
		{"美", "陈美玲"},
		{"美玲", "陈美玲"},
		{"ชาย", "สมชาย ใจดี"},
		{"rien", "Jürgen O'Brien"},
		{"xyz", ""},
		{strings.Repeat("ab", 200), ""},
	} {
		if got := namesOf(t, a, e, delegate.Filter{Text: test.typed}); got != test.want {
			t.Errorf("%q finds %q, want %q", test.typed, got, test.want)
		}
	}
}

func add(t *testing.T, a *app.App, e event.Event, name, email string, change ...func(*delegate.Form)) delegate.Delegate {
	t.Helper()
	form := apptest.Form(name, email)
	for _, fn := range change {
		fn(&form)
	}
	var d delegate.Delegate
	err := a.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		d, err = a.Delegates.Add(t.Context(), tx, e, form, a.Clock())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDaysOfRegistration(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	for _, day := range []string{"2025-12-31", "2026-01-01", "2026-02-28", "2026-03-01", "2026-12-31", "2027-05-09"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		clock.Set(at.Add(18 * time.Hour))
		add(t, a, e, day+"x", day+"@example.org")
	}
	for _, test := range []struct{ from, to, want string }{
		{"2026-01-01", "2026-12-31", "2026-01-01x, 2026-02-28x, 2026-03-01x, 2026-12-31x"},
		{"2026-02-28", "2026-03-01", "2026-02-28x, 2026-03-01x"},
		{"", "2026-01-01", "2025-12-31x, 2026-01-01x"},
		{"2026-12-31", "", "2026-12-31x, 2027-05-09x"},
		{"2026-03-02", "2026-03-01", ""},
	} {
		if got := namesOf(t, a, e, delegate.Filter{From: test.from, To: test.to}); got != test.want {
			t.Errorf("from %s to %s: %s, want %s", test.from, test.to, got, test.want)
		}
	}
}

// What two people change at the same time is merged, and told where it is the same.
func TestEditMerges(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := add(t, a, e, "Amina Yusuf", "amina@example.org")
	began := delegate.FormOf(d)
	ana := audit.As(t.Context(), audit.Actor{Kind: "staff", ID: "1", Name: "Ana"})
	theirs := began
	theirs.JobTitle, theirs.Organisation = "Mayor", "City Hall"
	if _, err := a.Delegates.Edit(ana, d.ID, began, theirs); err != nil {
		t.Fatal(err)
	}
	mine := began
	mine.JobTitle, mine.Needs = "Deputy", "step-free\r\nquiet"
	_, err := a.Delegates.Edit(t.Context(), d.ID, began, mine)
	var clash *delegate.ClashError
	if !errors.As(err, &clash) || len(clash.Clashes) != 1 {
		t.Fatalf("%v; want a clash of one field", err)
	}
	if c, ok := clash.Field("job_title"); !ok || c.By.Name != "Ana" || c.At.IsZero() {
		t.Errorf("the clash is %+v", clash.Clashes)
	}
	if now := reload(t, a, d); now.Needs != "" || now.JobTitle != "Mayor" {
		t.Errorf("something was saved: %q, %q", now.Needs, now.JobTitle)
	}
	after, err := a.Delegates.Edit(t.Context(), d.ID, clash.Now, clash.Merged)
	if err != nil || after.JobTitle != "Deputy" || after.Organisation != "City Hall" || after.Needs != "step-free\nquiet" {
		t.Errorf("%q at %q, %q, %v", after.JobTitle, after.Organisation, after.Needs, err)
	}
}

func TestANewAddress(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d, other := add(t, a, e, "Amina Yusuf", "amina@example.org"), add(t, a, e, "Bola Ade", "bola@example.org")
	old := a.Delegates.ManageToken(d)
	typed := delegate.FormOf(d)
	typed.Email = other.Email
	_, err := a.Delegates.Edit(t.Context(), d.ID, delegate.FormOf(d), typed)
	wantFault(t, err, "email", "problem.field.email_taken")
	typed.Email = "amina@example.test"
	after, err := a.Delegates.Edit(t.Context(), d.ID, delegate.FormOf(d), typed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Delegates.ByLink(t.Context(), old); problem.KindOf(err) != problem.NotFound {
		t.Errorf("the old link: %v", err)
	}
	if found, err := a.Delegates.ByLink(t.Context(), a.Delegates.ManageToken(after)); err != nil || found.ID != d.ID {
		t.Errorf("the new link: %v", err)
	}
	letters, err := a.Outbox.Letters(t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil {
		t.Fatal(err)
	}
	to := map[string]string{}
	for _, l := range letters.Items {
		to[l.Occasion] = l.To.Email
		text, err := a.Outbox.Preview(t.Context(), l.ID)
		if err != nil {
			t.Fatal(err)
		}
		if l.Occasion == delegate.OccasionAddressOld && strings.Contains(text.Text, "/r/") {
			t.Error("the letter to the old address holds the new link")
		}
	}
	if to[delegate.OccasionAddress] != "amina@example.test" || to[delegate.OccasionAddressOld] != "amina@example.org" {
		t.Errorf("letters went to %v", to)
	}
}

// A change of category takes the place along, and never makes one too many.
func TestCategoryTakesThePlaceAlong(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, limited(10, map[string]int{"mayor": 1}))
	var list []delegate.Delegate
	for i := range 4 {
		list = append(list, add(t, a, e, fmt.Sprintf("Person %d", i), fmt.Sprintf("p%d@example.org", i)))
	}
	var wait sync.WaitGroup
	for _, d := range list {
		wait.Go(func() {
			typed := delegate.FormOf(d)
			typed.Category = "mayor"
			if _, err := a.Delegates.Edit(t.Context(), d.ID, delegate.FormOf(d), typed); err != nil {
				wantFault(t, err, "category", "problem.category_full")
			}
		})
	}
	wait.Wait()
	places, err := a.Delegates.Places(t.Context(), e)
	if err != nil || places.Taken != 4 || places.Categories["mayor"].Taken != 1 || places.Categories["city-executive"].Taken != 3 {
		t.Errorf("%+v, %v", places, err)
	}
}

// Of two registrations one remains, with all that both had; a place falls free once.
func TestMergeLosesNothing(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	ctx := t.Context()
	e := apptest.Event(t, a, func(e *event.Event) { limited(3, nil)(e); e.Admission = event.Once })
	keep, other := add(t, a, e, "Mei Chen", "mei@example.org"), add(t, a, e, "CHEN Méi", "mei@example.test")
	stranger := add(t, a, e, "Chen Mei", "another@example.org", func(f *delegate.Form) { f.Country, f.Organisation = "PE", "Elsewhere" })
	pairs, _, err := a.Delegates.Pairs(ctx, e.ID, "", 10)
	if err != nil || len(pairs) != 1 || pairs[0].A.ID != keep.ID || pairs[0].B.ID != other.ID {
		t.Fatalf("%d pairs, %v", len(pairs), err)
	}
	link, code := a.Delegates.ManageToken(other), apptest.Code(t, a, other)
	if _, err := a.Delegates.AddNote(ctx, other.ID, "Came twice"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Delegates.Tag(ctx, other.ID, "VIP"); err != nil {
		t.Fatal(err)
	}
	clock.Set(e.FirstDay().Add(9 * time.Hour))
	if r, err := a.Door.Scan(ctx, e, door.Request{Gate: "main", Code: code}); err != nil || r.Verdict != door.Admit {
		t.Fatalf("%v, %v", r, err)
	}
	_, _, seen, err := a.Delegates.SeenTogether(ctx, e, keep.ID, other.ID)
	if err != nil {
		t.Fatal(err)
	}
	merging := delegate.Merging{Keep: keep.ID, Other: other.ID, Take: []string{"name", "email"}, Seen: "1.1"}
	if _, err := a.Delegates.Merge(ctx, e, merging); problem.KindOf(err) != problem.Conflict {
		t.Errorf("seen before a change: %v", err)
	}
	merging.Seen = seen
	d, err := a.Delegates.Merge(ctx, e, merging)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "CHEN Méi" || d.Email != "mei@example.test" || !d.HasTag("vip") || d.Arrived.IsZero() || d.State != delegate.Confirmed {
		t.Errorf("%s <%s>, %v, arrived %v, %s", d.Name, d.Email, d.Tags, d.Arrived, d.State)
	}
	if notes, err := a.Delegates.Notes(ctx, d); err != nil || len(notes) != 1 {
		t.Errorf("%d notes, %v", len(notes), err)
	}
	if found, err := a.Delegates.ByLink(ctx, link); err != nil || found.ID != keep.ID {
		t.Errorf("the other's link leads to %s, %v", found.ID, err)
	}
	if r, err := a.Door.Scan(ctx, e, door.Request{Gate: "main", Code: code}); err != nil || r.Reason != door.Revoked {
		t.Errorf("the other's badge: %v, %v", r, err)
	}
	if r, err := a.Door.Scan(ctx, e, door.Request{Gate: "main", Code: apptest.Code(t, a, d)}); err != nil || r.Reason != door.AlreadyIn {
		t.Errorf("the badge that stays: %v, %v", r, err)
	}
	if places, err := a.Delegates.Places(ctx, e); err != nil || places.Taken != 2 {
		t.Errorf("%d places are taken, %v", places.Taken, err)
	}
	if n, err := a.Delegates.Count(ctx, e.ID, delegate.Filter{}); err != nil || n != 2 {
		t.Errorf("%d registrations, %v", n, err)
	}
	if got, err := a.Delegates.Get(ctx, other.ID); err != nil || got.ID != keep.ID {
		t.Errorf("the other's id leads to %s, %v", got.ID, err)
	}
	if pairs, err := a.Delegates.TwinsOf(ctx, stranger); err != nil || len(pairs) != 0 {
		t.Errorf("a namesake elsewhere is suspected: %d, %v", len(pairs), err)
	}
	if err := a.Privacy.Erase(audit.As(ctx, audit.Actor{Kind: "staff", Name: "Ana"}), keep.ID, "asked"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Delegates.ByLink(ctx, link); problem.KindOf(err) != problem.NotFound {
		t.Errorf("erased, the other's link still leads somewhere: %v", err)
	}
}

func TestUnlikeIsRemembered(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	one, other := add(t, a, e, "Ana Silva", "ana@example.org"), add(t, a, e, "Ana Silva", "ana@example.test")
	for range 2 {
		if err := a.Delegates.Unlike(t.Context(), e, other.ID, one.ID); err != nil {
			t.Fatal(err)
		}
	}
	if pairs, _, err := a.Delegates.Pairs(t.Context(), e.ID, "", 10); err != nil || len(pairs) != 0 {
		t.Errorf("%d pairs, %v", len(pairs), err)
	}
}

// What is done about many is done once for each, also by two workers that are stopped
// and begin again, and leaves those whom somebody else decided about since it was seen.
func TestBulkDoesNothingTwice(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, func(e *event.Event) { limited(100, nil)(e); e.Registration.Approval = true })
	list := unverified(t, a, e, 50, func(int) string { return "mayor" })
	for _, d := range list {
		if _, err := prove(t.Context(), a, d); err != nil {
			t.Fatal(err)
		}
	}
	seen := clock.Now()
	clock.Add(time.Minute)
	if _, err := a.Delegates.Decline(t.Context(), list[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Delegates.Approve(t.Context(), list[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	ana := audit.Actor{Kind: "staff", ID: "1", Name: "Ana"}
	b, err := a.Delegates.BeginBulk(audit.As(t.Context(), ana), e, delegate.Bulk{Do: string(delegate.Declined), Reason: "Full", Seen: seen})
	if err != nil || b.Total != 50 {
		t.Fatalf("%d, %v", b.Total, err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			ctx, stop := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer stop()
			if _, err := a.Delegates.RunBulks(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if _, err := a.Delegates.RunBulks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b, err = a.Delegates.Bulk(t.Context(), e, b.ID); err != nil || b.State != delegate.BulkDone || b.Done != 49 || b.Left != 1 || b.Listed[0] != list[0].ID {
		t.Errorf("%s: %d done, %d left, %v, %v", b.State, b.Done, b.Left, b.Listed, err)
	}
	for _, d := range list[1:] {
		d = reload(t, a, d)
		last := d.Steps[len(d.Steps)-1]
		if d.State != delegate.Declined || len(d.Steps) != 3 || last.By != "staff Ana" || last.Reason != "Full" {
			t.Errorf("%s: %v", d.State, d.Steps)
		}
	}
	if n := reload(t, a, list[0]).State; n != delegate.Confirmed {
		t.Errorf("who was approved meanwhile is %s", n)
	}
}

// Registrations of an earlier version are found once they have been written anew.
func TestReindex(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := add(t, a, e, "Amina Yusuf", "amina@example.org")
	raw := store.NewCollection("delegates", func(m map[string]any) string { return m["id"].(string) })
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		m, err := raw.Get(t.Context(), tx, d.ID)
		if err != nil {
			return err
		}
		m["terms"], m["twin"] = []string{"amina"}, ""
		return raw.Put(tx, m)
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 0} {
		if n, err := a.Delegates.Reindex(t.Context()); err != nil || n != want {
			t.Errorf("run %d writes %d, %v", i, n, err)
		}
	}
	if got := namesOf(t, a, e, delegate.Filter{Text: "usu"}); got != "Amina Yusuf" {
		t.Errorf("found is %q", got)
	}
}

func TestViewsAreTheirOwnersOrTheTeams(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	ctx := t.Context()
	own, err := a.Delegates.KeepView(ctx, delegate.View{Event: e.ID, Owner: "ana", Name: "Mine", Query: "state=confirmed"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Delegates.View(ctx, e.ID, "bea", own.ID); problem.KindOf(err) != problem.NotFound {
		t.Errorf("another's view: %v", err)
	}
	if _, err := a.Delegates.ChangeView(ctx, e.ID, "ana", own.ID, "Ours", "", true); err != nil {
		t.Fatal(err)
	}
	if v, err := a.Delegates.View(ctx, e.ID, "bea", own.ID); err != nil || v.Name != "Ours" || v.Query != "state=confirmed" {
		t.Errorf("%+v, %v", v, err)
	}
	_, err = a.Delegates.KeepView(ctx, delegate.View{Event: e.ID, Name: strings.Repeat("x", delegate.MaxViewName+1)})
	wantFault(t, err, "view_name", "problem.field.too_long")
}
