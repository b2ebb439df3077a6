package city_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/city"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

func members(t *testing.T, a *app.App, ids ...string) {
	t.Helper()
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		for _, id := range ids {
			if err := a.Cities.Save(t.Context(), tx, city.City{ID: id, Name: i18n.English(id), Kind: "district", Country: "GR"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func addFocal(t *testing.T, a *app.App, of, email string) city.FocalPoint {
	t.Helper()
	f, err := a.Cities.AddFocal(t.Context(), of, city.TypedFocal{Name: "Ada", Email: email, Language: "fr"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// passOf is what the latest letter with a link to sign in has of it.
func passOf(t *testing.T, a *app.App) string {
	t.Helper()
	page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: "e"}, "")
	if err != nil || len(page.Items) == 0 {
		t.Fatalf("no letter, %v", err)
	}
	return a.Cities.FocalToken(page.Items[0].Data["pass"])
}

func TestFocalPointsSucceedOneAnother(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	members(t, a, "larissa", "trikala")
	staff := func(name string) audit.Actor { return audit.Actor{Kind: "staff", ID: name, Name: name} }
	if _, err := a.Cities.AddFocal(t.Context(), "nowhere", city.TypedFocal{}); problem.KindOf(err) != problem.NotFound {
		t.Errorf("of no member: %v", err)
	}
	_, err := a.Cities.AddFocal(t.Context(), "larissa", city.TypedFocal{Name: "--", Email: "ada", Language: "tlh"})
	if err == nil || strings.Count(err.Error(), "[") != 3 {
		t.Errorf("%v; want three faults", err)
	}
	first := addFocal(t, a, "larissa", "ada@example.org")
	if _, err = a.Cities.AddFocal(t.Context(), "larissa", city.TypedFocal{Name: "Ada", Email: "ADA@example.org", Language: "fr"}); problem.KindOf(err) != problem.Invalid {
		t.Errorf("twice at a time: %v", err)
	}
	addFocal(t, a, "trikala", "ada@example.org") // of another member too
	clock.Add(time.Hour)
	ended, err := a.Cities.EndFocal(audit.As(t.Context(), staff("Olga")), "larissa", first.ID)
	if err != nil || !ended.Until.Equal(clock.Now()) || ended.EndedBy != "Olga" {
		t.Fatalf("%+v, %v", ended, err)
	}
	clock.Add(time.Hour)
	if again, err := a.Cities.EndFocal(audit.As(t.Context(), staff("Nils")), "larissa", first.ID); err != nil || again != ended {
		t.Errorf("ended twice: %+v, %v", again, err)
	}
	addFocal(t, a, "larissa", "ada@example.org") // is so again
	all, err := a.Cities.FocalPoints(t.Context(), "larissa")
	if err != nil || len(all) != 2 || !all[0].Ended() || all[1].Ended() {
		t.Errorf("%+v, %v", all, err)
	}
	if now, err := a.Cities.FocalByCity(t.Context()); err != nil || len(now["larissa"]) != 1 || len(now["trikala"]) != 1 {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestFocalPointsArePutRight(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	ctx := t.Context()
	members(t, a, "larissa")
	f, other := addFocal(t, a, "larissa", "ada@example.org"), addFocal(t, a, "larissa", "bia@example.org")
	if err := a.Cities.SendFocalLink(ctx, "e", "ada@example.org", ""); err != nil {
		t.Fatal(err)
	}
	cookie, _, err := a.Cities.UseFocalLink(ctx, passOf(t, a))
	if err != nil {
		t.Fatal(err)
	}
	correct := func(id, email string) (city.FocalPoint, error) {
		return a.Cities.CorrectFocal(ctx, "larissa", id, func(city.FocalPoint) (city.TypedFocal, error) {
			return city.TypedFocal{Name: "Ada Lagou", Email: email, Language: "en"}, nil
		})
	}
	if _, err := correct(f.ID, "BIA@example.org"); problem.KindOf(err) != problem.Invalid {
		t.Errorf("the address of another: %v", err)
	}
	now, err := correct(f.ID, "lagou@example.org")
	if err != nil || now.Name != "Ada Lagou" || now.Email != "lagou@example.org" || !now.Since.Equal(f.Since) {
		t.Errorf("%+v, %v", now, err)
	}
	if _, err := a.Cities.SignedIn(ctx, cookie); problem.KindOf(err) != problem.Unauthenticated {
		t.Errorf("whoever signed in by the old address still is: %v", err)
	}
	addFocal(t, a, "larissa", "ada@example.org") // the old address is free
	trail, err := audit.Of(ctx, a.DB, city.SubjectFocal("larissa"))
	if err != nil || !slices.ContainsFunc(trail, func(e audit.Entry) bool {
		return e.Action == "focal.change" && slices.Equal(e.Fields, []string{"name", "email", "language"})
	}) {
		t.Errorf("the trail says %+v, %v", trail, err)
	}
	if _, err := a.Cities.EndFocal(ctx, "larissa", other.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := correct(other.ID, "new@example.org"); problem.KindOf(err) != problem.Conflict {
		t.Errorf("one who ended: %v", err)
	}
	if _, err := a.Cities.FocalPoint(ctx, "trikala", f.ID); problem.KindOf(err) != problem.NotFound {
		t.Errorf("of another member: %v", err)
	}
}

func TestFocalPointsSignInByLink(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	ctx := t.Context()
	members(t, a, "larissa", "trikala")
	ada := addFocal(t, a, "larissa", "ada@example.org")
	other := addFocal(t, a, "trikala", "ada@example.org")
	if err := a.Cities.SendFocalLink(ctx, "e", "nobody@example.org", ""); err != nil {
		t.Errorf("an address that is nobody's: %v", err)
	}
	if page, err := a.Outbox.Letters(ctx, outbox.Filter{Event: "e"}, ""); err != nil || len(page.Items) != 0 {
		t.Fatalf("%d letters, %v", len(page.Items), err)
	}
	if err := a.Cities.SendFocalLink(ctx, "e", " ADA@example.org", ""); err != nil {
		t.Fatal(err)
	}
	late := passOf(t, a)
	clock.Add(a.Cities.FocalLink)
	if _, _, err := a.Cities.UseFocalLink(ctx, late); problem.KindOf(err) != problem.Gone {
		t.Errorf("a link too old: %v", err)
	}
	if err := a.Cities.SendFocalLink(ctx, "e", "ada@example.org", "/focal/e"); err != nil {
		t.Fatal(err)
	}
	token := passOf(t, a)
	if err := a.Cities.CheckFocalLink(ctx, token); err != nil { // looking uses nothing up
		t.Fatal(err)
	}
	cookie, next, err := a.Cities.UseFocalLink(ctx, token)
	if err != nil || next != "/focal/e" {
		t.Fatal(err)
	}
	if _, _, err := a.Cities.UseFocalLink(ctx, token); problem.KindOf(err) != problem.Gone {
		t.Errorf("a link used twice: %v", err)
	}
	var dump strings.Builder
	if _, err := a.DB.Export(ctx, &dump); err != nil || strings.Contains(dump.String(), cookie) || strings.Contains(dump.String(), token) {
		t.Errorf("a token is stored as it is, or %v", err)
	}

	cities := func() (ids []string) {
		list, err := a.Cities.SignedIn(ctx, cookie)
		if err != nil && problem.KindOf(err) != problem.Unauthenticated {
			t.Fatal(err)
		}
		for _, f := range list {
			ids = append(ids, f.City)
		}
		return ids
	}
	if got := cities(); !slices.Equal(got, []string{"larissa", "trikala"}) {
		t.Errorf("signed in for %v", got)
	}
	for _, f := range []city.FocalPoint{ada, other} { // who ended has no access at once
		if _, err := a.Cities.EndFocal(ctx, f.City, f.ID); err != nil {
			t.Fatal(err)
		}
		if got := cities(); slices.Contains(got, f.City) {
			t.Errorf("ended, and signed in for %v", got)
		}
	}
	addFocal(t, a, "larissa", "ada@example.org")
	if got := cities(); len(got) != 1 {
		t.Errorf("signed in for %v", got)
	}
	if err := a.Cities.SignOut(ctx, cookie); err != nil || cities() != nil {
		t.Errorf("signed out: %v, %v", cities(), err)
	}
	clock.Add(a.Cities.FocalSession)
	if n, err := a.Cities.Purge(ctx); err != nil || n != 2 {
		t.Errorf("Purge = %d, %v; want both links", n, err)
	}
}
