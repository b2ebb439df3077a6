package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"convene/internal/account"
	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/problem"
)

const password = "correct horse battery"

func add(t *testing.T, a *app.App, role account.Role) account.Staff {
	t.Helper()
	member, err := a.Accounts.Add(t.Context(), "Olga", "Olga@Example.org", role, password)
	if err != nil {
		t.Fatal(err)
	}
	return member
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	member := add(t, a, account.Organiser)
	token, _, err := a.Accounts.SignIn(t.Context(), " olga@example.org", password)
	if err != nil {
		t.Fatal(err)
	}
	if who, err := a.Accounts.Authenticate(t.Context(), token); err != nil || who.ID != member.ID {
		t.Fatalf("Authenticate = %v, %v", who.ID, err)
	}
	var dump strings.Builder
	if _, err := a.DB.Export(t.Context(), &dump); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(dump.String(), token) || strings.Contains(dump.String(), password) || !strings.Contains(dump.String(), "$argon2id$") {
		t.Error("the token or the password is stored as it is")
	}
	if err := a.Accounts.SignOut(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Accounts.Authenticate(t.Context(), token); problem.KindOf(err) != problem.Unauthenticated {
		t.Errorf("after signing out: %v", err)
	}
	if err := a.Accounts.SignOut(t.Context(), token); err != nil {
		t.Errorf("signing out twice: %v", err)
	}

	token, _, err = a.Accounts.SignIn(t.Context(), "olga@example.org", password)
	if err != nil {
		t.Fatal(err)
	}
	clock.Add(a.Config.Session.Lifetime)
	if _, err := a.Accounts.Authenticate(t.Context(), token); problem.KindOf(err) != problem.Unauthenticated {
		t.Errorf("after its lifetime: %v", err)
	}
	clock.Add(time.Second)
	if n, err := a.Accounts.Purge(t.Context()); err != nil || n != 1 {
		t.Errorf("Purge = %d, %v; want the one that expired", n, err)
	}
}

func TestWrongAddressAndWrongPasswordLookAlike(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	add(t, a, account.Door)
	_, _, wrongPassword := a.Accounts.SignIn(t.Context(), "olga@example.org", "not the password")
	_, _, wrongAddress := a.Accounts.SignIn(t.Context(), "nobody@example.org", password)
	_, _, noAddress := a.Accounts.SignIn(t.Context(), "", "")
	for _, err := range []error{wrongPassword, wrongAddress, noAddress} {
		if problem.KindOf(err) != problem.Unauthenticated || err.Error() != wrongPassword.Error() {
			t.Errorf("refused with %v; want the same answer for all", err)
		}
	}
}

func TestAddChecks(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	add(t, a, account.Organiser)
	for field, try := range map[string]func() (account.Staff, error){
		"name": func() (account.Staff, error) {
			return a.Accounts.Add(t.Context(), " ", "a@example.org", account.Door, password)
		},
		"email": func() (account.Staff, error) { return a.Accounts.Add(t.Context(), "A", "a@b", account.Door, password) },
		"role": func() (account.Staff, error) {
			return a.Accounts.Add(t.Context(), "A", "a@example.org", "king", password)
		},
		"password": func() (account.Staff, error) {
			return a.Accounts.Add(t.Context(), "A", "a@example.org", account.Door, "short")
		},
	} {
		_, err := try()
		var told *problem.Error
		if !errors.As(err, &told) || len(told.Fields) != 1 || told.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := a.Accounts.Add(t.Context(), "Another", "OLGA@example.org", account.Door, password)
	var told *problem.Error
	if !errors.As(err, &told) || told.Fields[0].Key != "problem.field.staff_exists" {
		t.Errorf("the same address again: %v", err)
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	for role, want := range map[account.Role][2]bool{
		account.Administrator: {true, true}, account.Organiser: {true, true}, account.Door: {false, true}, "": {false, false},
	} {
		s := account.Staff{Role: role}
		if got := [2]bool{s.MayOrganise(), s.MayScan()}; got != want {
			t.Errorf("%q may organise and scan: %v; want %v", role, got, want)
		}
	}
}
