package site_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/app"
	"convene/internal/event"
	"convene/internal/seed"
	"convene/internal/store"
	"convene/internal/store/sqlite"
	"convene/internal/web/kit"
	"convene/internal/web/site"
	"convene/internal/web/webtest"
)

// began is the instant at which the tests' network was seeded: the rehearsal
// begins 21 days later.
var began = time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)

// seeded is a database with the real network and the rehearsal, made once.
var seeded string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "convene-site")
	if err != nil {
		panic(err)
	}
	seeded = filepath.Join(dir, "convene.db")
	if err := makeSeeded(seeded); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func makeSeeded(path string) error {
	a, err := newApp(path, func() time.Time { return began })
	if err != nil {
		return err
	}
	s := seed.Service{
		DB: a.DB, Clock: a.Clock, Events: a.Events, Cities: a.Cities, Programme: a.Programme,
		Delegates: a.Delegates, Statements: a.Statements,
	}
	if _, err := s.Network(context.Background()); err != nil {
		return err
	}
	if _, _, err := s.Rehearsal(context.Background(), seed.RehearsalAhead); err != nil {
		return err
	}
	return a.DB.Close()
}

func newApp(path string, clock func() time.Time) (*app.App, error) {
	engine, err := sqlite.Open(path)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(context.Background(), engine, app.Schemas()...)
	if err != nil {
		return nil, err
	}
	cfg := config.Default()
	cfg.Secret = "a secret of more than thirty-two characters"
	cfg.BaseURL = "http://example.org"
	return app.New(db, cfg, app.Options{Clock: clock, Log: slog.New(slog.DiscardHandler)})
}

// web is the public pages over a database of their own.
type web struct {
	*app.App
	t       *testing.T
	fiber   *fiber.App
	moved   atomic.Int64 // how far the clock has gone since began
	cookies map[string]string
}

// lasting is the application that all tests share that only read.
var lasting = sync.OnceValues(func() (*web, error) {
	a, err := newApp(seeded, func() time.Time { return began })
	if err != nil {
		return nil, err
	}
	fiber, err := newSite(a)
	return &web{App: a, fiber: fiber}, err
})

// readWeb is for tests that change nothing.
func readWeb(t *testing.T) *web {
	t.Helper()
	shared, err := lasting()
	if err != nil {
		t.Fatal(err)
	}
	return &web{t: t, App: shared.App, fiber: shared.fiber, cookies: map[string]string{}}
}

// newWeb opens a copy of the database, so that the test may change it.
func newWeb(t *testing.T) *web {
	t.Helper()
	path := filepath.Join(t.TempDir(), "convene.db")
	content, err := os.ReadFile(seeded)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	w := &web{t: t, cookies: map[string]string{}}
	if w.App, err = newApp(path, w.now); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.DB.Close() })
	if w.fiber, err = newSite(w.App); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *web) now() time.Time { return began.Add(time.Duration(w.moved.Load())) }

// wait moves the clock.
func (w *web) wait(d time.Duration) { w.moved.Add(int64(d)) }

// newSite makes the application with the routes of the public pages.
func newSite(a *app.App) (*fiber.App, error) {
	files, err := webtest.Load()
	if err != nil {
		return nil, err
	}
	k, err := kit.New(kit.Options{
		Config: a.Config, DB: a.DB, Accounts: a.Accounts, Limiter: a.Limiter, Messages: a.Catalogue,
		Files: files, Log: a.Log, Clock: a.Clock,
	})
	if err != nil {
		return nil, err
	}
	p := site.New(a, k)
	k.App.Get("/", p.Home)
	k.App.Get("/events", p.Events)
	k.App.Get("/network", p.Network)
	k.App.Get("/cities", p.Cities)
	k.App.Get("/cities/:city", p.City)
	k.App.Get("/e/:slug", p.Event)
	k.App.Get("/e/:slug/accent.css", p.AccentCSS)
	k.App.Get("/e/:slug/calendar.ics", p.Calendar)
	k.App.Get("/e/:slug/programme", p.Programme)
	k.App.Get("/e/:slug/sessions/:session", p.Session)
	k.App.Get("/e/:slug/sessions/:session/calendar.ics", p.SessionCalendar)
	k.App.Get("/e/:slug/speakers", p.Speakers)
	k.App.Get("/e/:slug/speakers/:speaker", p.Speaker)
	k.App.Get("/e/:slug/cities", p.EventCities)
	k.App.Get("/e/:slug/nutshell", p.Nutshell)
	k.App.Get("/e/:slug/statement", p.Statement)
	k.App.Post("/e/:slug/statement", p.Subscribe)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		k.App.Add(method, "/follow/:token/confirm", p.FollowConfirm)
		k.App.Add(method, "/follow/:token/stop", p.FollowStop)
	}
	k.App.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
	return k.App, nil
}

// response is what came back.
type response struct {
	*http.Response
	body string
}

// send sends a request with the cookies so far; header are names and values in
// turn.
func (w *web) send(method, path, body string, header ...string) response {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range w.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	got, err := w.fiber.Test(r, -1)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	content, err := io.ReadAll(got.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range got.Cookies() {
		w.cookies[c.Name] = c.Value
		if c.MaxAge < 0 || c.Value == "" {
			delete(w.cookies, c.Name)
		}
	}
	return response{got, string(content)}
}

// page asks for a page that must be there, in English unless the address asks
// for another language.
func (w *web) page(path string) *goquery.Selection {
	w.t.Helper()
	got := w.send(http.MethodGet, path, "", "Accept-Language", "en")
	if got.StatusCode != http.StatusOK {
		w.t.Fatalf("GET %s: status %d\n%s", path, got.StatusCode, got.body)
	}
	delete(w.cookies, "convene_lang")
	return w.parse(got)
}

func (w *web) parse(r response) *goquery.Selection {
	w.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(r.body))
	if err != nil {
		w.t.Fatal(err)
	}
	return doc.Selection
}

// text is what the elements say, with single spaces.
func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func texts(s *goquery.Selection) []string {
	return s.Map(func(_ int, s *goquery.Selection) string { return text(s) })
}

// says fails unless the elements that the selector finds say the words.
func (w *web) says(page *goquery.Selection, selector string, words ...string) {
	w.t.Helper()
	got := text(page.Find(selector))
	for _, word := range words {
		if !strings.Contains(got, word) {
			w.t.Errorf("%s does not say %q; it says %q", selector, word, got)
		}
	}
}

func (w *web) find(slug string) event.Event {
	w.t.Helper()
	e, err := w.App.Events.Find(w.t.Context(), slug)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// change saves the event after a change.
func (w *web) change(slug string, how func(*event.Event)) {
	w.t.Helper()
	e := w.find(slug)
	how(&e)
	w.update(func(tx *store.Tx) error {
		_, err := w.App.Events.Save(w.t.Context(), tx, e)
		return err
	})
}

func (w *web) update(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.DB.Update(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// count fails unless the selector finds so many elements.
func (w *web) count(page *goquery.Selection, selector string, want int) {
	w.t.Helper()
	if got := page.Find(selector).Length(); got != want {
		w.t.Errorf("%d elements are %s, want %d", got, selector, want)
	}
}
