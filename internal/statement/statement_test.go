package statement_test

import (
	"fmt"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/statement"
	"convene/internal/store"
)

func draft(t *testing.T, a *app.App, e event.Event) statement.Statement {
	t.Helper()
	var st statement.Statement
	err := a.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		st, err = a.Statements.Save(t.Context(), tx, statement.Statement{
			Event: e.ID, Slug: "statement", Title: i18n.English("Test Statement"), State: statement.Drafting,
			History: []statement.Step{{State: statement.Drafting, At: a.Clock()}},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func letters(t *testing.T, a *app.App, e event.Event, occasion string) []outbox.Letter {
	t.Helper()
	var list []outbox.Letter
	for cursor := ""; ; {
		page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: e.ID, Limit: store.MaxLimit}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Items {
			if l.Occasion == occasion {
				list = append(list, l)
			}
		}
		if cursor = page.Next; cursor == "" {
			return list
		}
	}
}

// follow subscribes and confirms as the owner of the address would.
func follow(t *testing.T, a *app.App, e event.Event, email string) string {
	t.Helper()
	if err := a.Statements.Subscribe(t.Context(), e.ID, email, "es"); err != nil {
		t.Fatal(err)
	}
	for _, l := range letters(t, a, e, statement.OccasionSubscribe) {
		if l.To.Email != email {
			continue
		}
		sub, err := a.Statements.Subscription(t.Context(), l.Data["subscription"])
		if err != nil {
			t.Fatal(err)
		}
		token := a.Statements.Token(sub)
		if _, err := a.Statements.Confirm(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		return token
	}
	t.Fatalf("%s was not asked to confirm", email)
	return ""
}

func announce(t *testing.T, a *app.App, want int) {
	t.Helper()
	if n, err := a.Statements.Announce(t.Context()); err != nil || n != want {
		t.Errorf("announced to %d, %v; want %d", n, err, want)
	}
}

func TestSubscribersAreToldOfEachStepOnce(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	st := draft(t, a, e)
	follow(t, a, e, "amina@example.org")
	stop := follow(t, a, e, "li@example.org")
	if err := a.Statements.Subscribe(t.Context(), e.ID, "never.confirmed@example.org", "en"); err != nil {
		t.Fatal(err)
	}

	announce(t, a, 0)
	clock.Add(time.Hour)
	if _, err := a.Statements.Change(t.Context(), st.ID, statement.Consultation, "Comments until Friday."); err != nil {
		t.Fatal(err)
	}
	announce(t, a, 2)
	announce(t, a, 0)
	if err := a.Statements.Unsubscribe(t.Context(), stop); err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Hour)
	if _, err := a.Statements.Change(t.Context(), st.ID, statement.Adopted, ""); err != nil {
		t.Fatal(err)
	}
	announce(t, a, 1)
	for _, l := range letters(t, a, e, statement.OccasionChanged) {
		if l.Language != "es" {
			t.Errorf("a letter in %s; want the follower's language", l.Language)
		}
	}
}

func TestManySubscribersInBatchesAndByTwoInstances(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	st := draft(t, a, e)
	const many = 450
	for i := range many {
		follow(t, a, e, fmt.Sprintf("r%d@example.org", i))
	}
	clock.Add(time.Hour)
	if _, err := a.Statements.Change(t.Context(), st.ID, statement.Adopted, ""); err != nil {
		t.Fatal(err)
	}
	other, _ := apptest.On(t, a.DB)
	results := make(chan error, 2)
	for _, one := range []*app.App{a, other} {
		go func() {
			_, err := one.Statements.Announce(t.Context())
			results <- err
		}()
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := len(letters(t, a, e, statement.OccasionChanged)); n != many {
		t.Errorf("%d letters; want one for each of %d", n, many)
	}
}

func TestChangeRefuses(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	e := apptest.Event(t, a, nil)
	st := draft(t, a, e)
	for to, kind := range map[statement.State]problem.Kind{
		statement.Drafting: problem.Conflict, "sung": problem.Invalid,
	} {
		if _, err := a.Statements.Change(t.Context(), st.ID, to, ""); problem.KindOf(err) != kind {
			t.Errorf("to %s: %v", to, err)
		}
	}
	if _, err := a.Statements.Change(t.Context(), "nothing", statement.Adopted, ""); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a statement that is not there: %v", err)
	}
}

func TestSubscribingTwiceTellsNothing(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	follow(t, a, e, "amina@example.org")
	clock.Add(time.Hour)
	if err := a.Statements.Subscribe(t.Context(), e.ID, "AMINA@example.org", "en"); err != nil {
		t.Errorf("a second try: %v; want the same answer", err)
	}
	if n := len(letters(t, a, e, statement.OccasionSubscribe)); n != 1 {
		t.Errorf("%d letters; want no second one to who follows already", n)
	}
	if err := a.Statements.Subscribe(t.Context(), e.ID, "no address", "en"); problem.KindOf(err) != problem.Invalid {
		t.Errorf("no address: %v", err)
	}
	if err := a.Statements.Unsubscribe(t.Context(), "guessed"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a guessed token: %v", err)
	}
}
