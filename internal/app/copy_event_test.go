package app_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/letter"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/signup"
	"convene/internal/store"
)

// furnished is an event with a session to sign up for, questions, texts that people agree
// to, and letters; each in more than one version, or taken back, where that may be.
func furnished(t *testing.T, a *app.App) (e event.Event, visit programme.Session) {
	t.Helper()
	ctx := t.Context()
	e = apptest.Event(t, a, func(e *event.Event) {
		e.Registration.Categories = []event.Category{{ID: "mayor"}, {ID: "donor", Name: i18n.English("Donor")}}
	})
	zone := e.Location()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.DB.Update(ctx, func(tx *store.Tx) (err error) {
		for _, slug := range []string{"forum", "visit"} {
			visit, err = a.Programme.SaveSession(ctx, tx, e, programme.Session{
				Slug: slug, Kind: programme.ThematicForum, Title: i18n.English(slug), Start: time.Date(2027, 6, 1, 10, 0, 0, 0, zone).UTC(), Minutes: 60,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	all, err := a.Programme.Sessions(ctx, e.ID)
	must(err)
	for _, session := range all {
		_, err := a.Signups.Open(ctx, e, session, signup.Typed{
			Places: "3", Categories: []string{"mayor"}, Opens: "2027-05-20T12:00", Closes: "2027-05-30T18:00", Group: "Tours", Most: "1",
		}.Always)
		must(err)
	}
	_, err = a.Signups.End(ctx, e, all[slices.IndexFunc(all, func(s programme.Session) bool { return s.Slug == "forum" })].ID, "no room")
	must(err)

	for _, q := range []form.Question{
		{
			ID: "arrives", Kind: form.Date, Label: i18n.English("Arrival"), Asked: form.AtRegistration, Min: "2027-05-25", Max: "2027-06-01",
			Freeze: time.Date(2027, 5, 29, 23, 0, 0, 0, zone).UTC(), Keep: time.Date(2027, 12, 1, 0, 0, 0, 0, zone).UTC(),
		},
		{ID: "old", Kind: form.Text, Label: i18n.English("Old"), Asked: form.Later},
		{ID: "after_old", Kind: form.Text, Label: i18n.English("After"), Asked: form.Later, If: &form.Condition{Question: "arrives"}},
	} {
		_, err := a.Forms.Save(ctx, e.ID, q)
		must(err)
	}
	_, err = a.Forms.Retire(ctx, e.ID, "old", true)
	must(err)

	for seen, text := range []string{"First", "Second"} {
		_, err := a.Consents.Save(ctx, e, "en", text, seen)
		must(err)
	}
	for seen, text := range []string{"Premier", ""} {
		_, err := a.Consents.Save(ctx, e, "fr", text, seen)
		must(err)
	}

	for _, l := range []letter.Template{
		{Occasion: delegate.OccasionBadge, Subject: "One"}, {Occasion: delegate.OccasionBadge, Subject: "Two", Version: 1},
		{Occasion: letter.ForCategory(delegate.OccasionBadge, "mayor"), Subject: "Mayors"},
		{Occasion: letter.ForCategory(delegate.OccasionBadge, "donor"), Subject: "Donors"},
		{Occasion: "message.1", Subject: "A message"},
	} {
		l.Event, l.Language, l.Body = e.ID, "en", "Words."
		must(a.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := a.Composer.Save(ctx, tx, l)
			return err
		}))
	}
	return e, visit
}

// A copy asks what its event asks, has its words and its sessions to sign up for, all as
// long before it as they were; what tells of one edition alone stays behind.
func TestACopyTakesAlongWhatWasSetUp(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	ctx := t.Context()
	from, visit := furnished(t, a)
	to, err := a.Programme.Clone(ctx, from, programme.Copy{
		Slug: "iclc-next", Acronym: "iclcnext", Starts: "2029-11-30", // in winter; it began on a 31 May
		Change: func(e *event.Event) { e.Registration.Categories = []event.Category{{ID: "mayor"}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	at := func(year int, month time.Month, day, hour int) time.Time {
		return time.Date(year, month, day, hour, 0, 0, 0, to.Location())
	}

	set, err := a.Forms.Of(ctx, to.ID)
	if err != nil || len(set.Questions) != 2 {
		t.Fatalf("questions: %+v, %v", set.Questions, err)
	}
	q := set.Questions[0]
	if q.ID != "arrives" || q.Min != "2029-11-24" || q.Max != "2029-12-01" || !q.Freeze.Equal(at(2029, 11, 28, 23)) || !q.Keep.Equal(at(2030, 6, 2, 0)) {
		t.Errorf("the first question: %+v", q)
	}
	if q = set.Questions[1]; q.ID != "after_old" || q.If == nil || q.If.Question != "arrives" {
		t.Errorf("the second question: %+v", q)
	}

	for lang, want := range map[string]string{"en": "Second", "fr": ""} {
		if text, err := a.Consents.Latest(ctx, to, lang); err != nil || text.Text != want || want != "" && text.Number != 1 {
			t.Errorf("%s: people agree to %+v, %v; want %q", lang, text, err, want)
		}
	}

	held, err := a.Signups.Openings(ctx, to.ID)
	sessions, more := a.Programme.Sessions(ctx, to.ID)
	if err := errors.Join(err, more); err != nil || len(held) != 1 || len(sessions) != 2 {
		t.Fatalf("%d of %d sessions are open, %v", len(held), len(sessions), err)
	}
	for id, o := range held {
		i := slices.IndexFunc(sessions, func(s programme.Session) bool { return s.ID == id })
		if i < 0 || id == visit.ID || sessions[i].Slug != "visit" || o.Places != 3 || o.Group != "Tours" || o.Most != 1 || !slices.Equal(o.Categories, []string{"mayor"}) ||
			!o.Opens.Equal(at(2029, 11, 19, 12)) || !o.Closes.Equal(at(2029, 11, 29, 18)) {
			t.Errorf("open is %+v", o)
		}
	}

	for occasion, want := range map[string]string{
		delegate.OccasionBadge: "Two", letter.ForCategory(delegate.OccasionBadge, "mayor"): "Mayors",
		letter.ForCategory(delegate.OccasionBadge, "donor"): "", "message.1": "",
	} {
		texts, err := a.Composer.Texts(ctx, to.ID, occasion)
		if got := texts["en"]; err != nil || got.Subject != want || want != "" && got.Version != 1 {
			t.Errorf("%s: %+v, %v; want %q", occasion, got, err, want)
		}
	}
}

// A copy is made as a whole, or not at all.
func TestACopyIsOneCommit(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	from, _ := furnished(t, a)
	broken, made := errors.New("broken"), ""
	a.Programme.OnCopy(func(_ context.Context, _ *store.Tx, _, to event.Event, _ map[string]string) error {
		made = to.ID
		return broken
	})
	if _, err := a.Programme.Clone(t.Context(), from, programme.Copy{Slug: "iclc-next", Acronym: "iclcnext", Starts: "2028-06-01"}); !errors.Is(err, broken) {
		t.Fatalf("%v", err)
	}
	if _, err := a.Events.Find(t.Context(), "iclc-next"); problem.KindOf(err) != problem.NotFound || err == nil {
		t.Errorf("the event is there: %v", err)
	}
	if set, err := a.Forms.Of(t.Context(), made); err != nil || len(set.Questions) != 0 {
		t.Errorf("its questions are there: %+v, %v", set, err)
	}
}
