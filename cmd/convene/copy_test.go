package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/store"
	"convene/internal/store/mongo/mongotest"
	"convene/internal/web"
)

// TestCopyThroughMongoDB brings an installation with 650 delegates from a file
// to MongoDB and back: the same records, and the same event served from either.
func TestCopyThroughMongoDB(t *testing.T) {
	remote := mongotest.Open(t, app.Schemas()...)
	file := apptest.DB(t)
	a, clock := apptest.On(t, file)
	if _, err := seeder(a).Network(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, _, err := seeder(a).Rehearsal(t.Context(), rehearsalAhead)
	if err != nil {
		t.Fatal(err)
	}
	n, err := remote.Copy(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	back := apptest.DB(t)
	m, err := back.Copy(t.Context(), remote)
	if err != nil || m != n {
		t.Fatalf("%d records went there and %d came back, %v", n, m, err)
	}
	want, got := export(t, file), export(t, back)
	if !bytes.Equal(want, got) {
		t.Errorf("the records differ: first at %q", firstDifference(want, got))
	}

	onMongo, err := app.New(remote, apptest.Config(), app.Options{Clock: clock.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if count, err := onMongo.Delegates.Count(t.Context(), e.ID, delegate.Filter{State: delegate.Confirmed}); err != nil || count != 650 {
		t.Errorf("%d delegates in MongoDB, %v; want 650", count, err)
	}
	for _, path := range []string{"/e/rehearsal", "/e/rehearsal/programme", "/e/rehearsal/speakers", "/e/rehearsal/nutshell"} {
		if there, here := fetch(t, onMongo, path), fetch(t, a, path); there != here {
			t.Errorf("%s differs between the engines: first at %q", path, firstDifference([]byte(there), []byte(here)))
		}
	}
}

func export(t *testing.T, db *store.DB) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := db.Export(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fetch returns what a visitor gets.
func fetch(t *testing.T, a *app.App, path string) string {
	t.Helper()
	k, err := web.New(a, web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := k.App.Test(httptest.NewRequest("GET", path, nil), 60_000)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("GET %s: %d, %v", path, answer.StatusCode, err)
	}
	return string(body)
}

// firstDifference returns what stands around the first byte that differs.
func firstDifference(a, b []byte) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return strings.ToValidUTF8(string(a[max(0, i-60):min(len(a), i+60)]), "")
}
