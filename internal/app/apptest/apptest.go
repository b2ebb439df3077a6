// Package apptest gives tests a whole program on a real database in a temporary
// folder, with a clock that the test owns.
package apptest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"convene/config"
	"convene/internal/account"
	"convene/internal/app"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/store"
	"convene/internal/store/sqlite"
	"convene/views"
)

// Now is where a test's clock begins: a Monday, 21 days before the fixture's
// event.
var Now = time.Date(2027, time.May, 10, 15, 0, 0, 0, time.UTC)

// Clock is a clock that stands still until it is moved. It is safe for
// concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the instant it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to the instant.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Add moves the clock on.
func (c *Clock) Add(d time.Duration) { c.Set(c.Now().Add(d)) }

// Hashing makes passwords cheap: tests sign in often.
var Hashing = &account.Hashing{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Config is a configuration fit for tests.
func Config() config.Config {
	cfg := config.Default()
	cfg.BaseURL = "http://convene.test"
	cfg.Secret = "a secret for tests, and for tests alone"
	cfg.SMTP.From = mail.Address{Name: "convene", Address: "convene@example.org"}
	return cfg
}

// Messages are the program's messages in the languages of Config.
func Messages(t testing.TB) *i18n.Catalogue {
	t.Helper()
	c, err := messages()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// messages are read once: reading them for each test would take as long as the test.
var messages = sync.OnceValues(func() (*i18n.Catalogue, error) {
	return i18n.Load(views.FS, "messages", Config().Languages)
})

// DB opens a fresh database in a temporary folder.
func DB(t testing.TB) *store.DB {
	t.Helper()
	content, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "convene.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return OpenDB(t, path)
}

// empty is a database file with all collections, made once: making them for each test
// would take most of the time that the tests take.
var empty = sync.OnceValues(func() (content []byte, err error) {
	folder, err := os.MkdirTemp("", "convene-apptest-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "convene.db")
	engine, err := sqlite.Open(path)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(context.Background(), engine, app.Schemas()...)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// OpenDB opens the database file at path.
func OpenDB(t testing.TB, path string) *store.DB {
	t.Helper()
	engine, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), engine, app.Schemas()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// New makes the program on a fresh database.
func New(t testing.TB) (*app.App, *Clock) {
	t.Helper()
	return On(t, DB(t))
}

// On makes the program on the database.
func On(t testing.TB, db *store.DB) (*app.App, *Clock) {
	t.Helper()
	clock := &Clock{now: Now}
	a, err := app.New(db, Config(), app.Options{
		Messages: Messages(t), Clock: clock.Now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Instance: "test", Hashing: Hashing,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, clock
}

// Event saves a conference in Mexico City, 31 May to 2 June 2027, whose
// registration is open. change may alter it before.
func Event(t testing.TB, a *app.App, change func(*event.Event)) event.Event {
	t.Helper()
	e := event.Event{
		Slug: "iclc-test", Series: event.SeriesConference, Number: 7, Acronym: "iclctest",
		Title:  i18n.Text{"en": "Test Conference", "fr": "Conférence d'essai", "es": "Conferencia de prueba"},
		Theme:  i18n.English("Learning to test"),
		Starts: "2027-05-31", Ends: "2027-06-02", TimeZone: "America/Mexico_City",
		City: "Mexico City", Country: "MX", Languages: []string{"en", "es", "fr"}, Accent: "#00695c",
		Registration: event.Registration{Enabled: true, Opens: Now.AddDate(0, -1, 0), Closes: Now.AddDate(0, 0, 20)},
		Admission:    event.Daily,
		Gates:        []event.Gate{{ID: "main", Name: "Main entrance"}, {ID: "side", Name: "Side entrance"}},
	}
	if change != nil {
		change(&e)
	}
	var saved event.Event
	err := a.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		saved, err = a.Events.Save(t.Context(), tx, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// Form is what somebody of that name types to register.
func Form(name, email string) delegate.Form {
	return delegate.Form{
		Name: name, Organisation: "City of Larissa", JobTitle: "Adviser", Country: "GR", Category: "city-executive",
		Email: email, Language: "en", Consent: true,
	}
}

// Confirmed adds a confirmed delegate.
func Confirmed(t testing.TB, a *app.App, e event.Event, name string) delegate.Delegate {
	t.Helper()
	email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.org"
	var d delegate.Delegate
	err := a.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		d, err = a.Delegates.Add(t.Context(), tx, e, Form(name, email), a.Clock())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Code returns what a reader reads from the delegate's badge.
func Code(t testing.TB, a *app.App, d delegate.Delegate) string {
	t.Helper()
	b, err := a.Badges.Get(t.Context(), a.DB, d.Badge)
	if err != nil {
		t.Fatal(err)
	}
	code, err := a.Badges.Code(b)
	if err != nil {
		t.Fatal(err)
	}
	return code
}
