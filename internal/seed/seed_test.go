package seed_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"convene/internal/audit"
	"convene/internal/badge"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/outbox"
	"convene/internal/personal"
	"convene/internal/programme"
	"convene/internal/report"
	"convene/internal/seed"
	"convene/internal/statement"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

const secret = "a secret of the installation"

// house is an installation with nothing in it but what a test brings.
type house struct {
	*seed.Service
	Badges  *badge.Service
	Reports *report.Service
}

func open(t testing.TB, now time.Time) house {
	t.Helper()
	h, err := openIn(t.TempDir(), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.DB.Close() })
	return h
}

func openIn(folder string, now time.Time) (house, error) {
	engine, err := sqlite.Open(filepath.Join(folder, "convene.db"))
	if err != nil {
		return house{}, err
	}
	db, err := store.Open(context.Background(), engine, slices.Concat(
		audit.Collections(), badge.Collections(), city.Collections(), delegate.Collections(), event.Collections(), form.Collections(),
		outbox.Collections(), personal.Collections(), programme.Collections(), statement.Collections(),
	)...)
	if err != nil {
		return house{}, err
	}
	clock := func() time.Time { return now }
	events := &event.Service{DB: db, Clock: clock}
	cities := &city.Service{DB: db}
	badges := badge.New(db, clock, secret)
	plan := &programme.Service{DB: db, Clock: clock, Events: events}
	delegates := delegate.New(db, clock, secret, []string{"en", "fr", "es"}, events, cities, badges, &form.Service{DB: db, Clock: clock}, nil)
	return house{
		Service: &seed.Service{
			DB: db, Clock: clock, Events: events, Cities: cities, Programme: plan, Delegates: delegates,
			Statements: &statement.Service{DB: db, Clock: clock, Secret: secret},
		},
		Badges:  badges,
		Reports: &report.Service{Delegates: delegates, Programme: plan},
	}, nil
}

// today is when most tests seed.
var today = time.Date(2026, time.November, 9, 15, 30, 0, 0, time.UTC)

// furnished is a house with the network and its rehearsal, seeded today, which
// all tests that change nothing share.
var furnished struct {
	house
	network, rehearsal seed.Summary
	event              event.Event // the rehearsal
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "seed")
	if err == nil {
		defer os.RemoveAll(folder)
		err = furnish(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer furnished.DB.Close()
	return m.Run()
}

func furnish(folder string) (err error) {
	ctx := context.Background()
	if furnished.house, err = openIn(folder, today); err != nil {
		return err
	}
	if furnished.network, err = furnished.Network(ctx); err != nil {
		return err
	}
	furnished.event, furnished.rehearsal, err = furnished.Rehearsal(ctx, seed.RehearsalAhead)
	return err
}

// bringNetwork brings the network in.
func (h house) bringNetwork(t testing.TB) seed.Summary {
	t.Helper()
	sum, err := h.Network(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// bringRehearsal brings the rehearsal in.
func (h house) bringRehearsal(t testing.TB) (event.Event, seed.Summary) {
	t.Helper()
	e, sum, err := h.Rehearsal(t.Context(), seed.RehearsalAhead)
	if err != nil {
		t.Fatal(err)
	}
	return e, sum
}

func (h house) find(t testing.TB, slug string) event.Event {
	t.Helper()
	e, err := h.Events.Find(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (h house) sessions(t testing.TB, eventID string) []programme.Session {
	t.Helper()
	list, err := h.Programme.Sessions(t.Context(), eventID)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (h house) people(t testing.TB, eventID string) []programme.Person {
	t.Helper()
	list, err := h.Programme.People(t.Context(), eventID)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (h house) export(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := h.DB.Export(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSummaryTellsInOneLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sum   seed.Summary
		added int
		want  string
	}{
		{seed.Summary{}, 0, "nothing to add"},
		{seed.Summary{Events: seed.Count{There: 8}}, 0, "nothing to add; there already: 8 events"},
		{
			seed.Summary{Events: seed.Count{Added: 1, There: 7}, Cities: seed.Count{Added: 37}}, 38,
			"added 1 events, 37 cities; there already: 7 events",
		},
	} {
		if got := test.sum.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
		if got := test.sum.Added(); got != test.added {
			t.Errorf("%q: %d added, want %d", test.want, got, test.added)
		}
	}
}
