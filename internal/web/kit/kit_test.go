package kit_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/account"
	"convene/internal/audit"
	"convene/internal/i18n"
	"convene/internal/limit"
	"convene/internal/store"
	"convene/internal/store/sqlite"
	"convene/internal/web/kit"
	"convene/internal/web/webtest"
	"convene/views"
)

var now = time.Date(2015, 9, 7, 15, 42, 0, 0, time.UTC)

// site is an application over a database of its own, and the log it wrote.
type site struct {
	*kit.Kit
	t        *testing.T
	accounts *account.Service
	db       *store.DB
	log      *bytes.Buffer
	cookies  map[string]string
}

// messages are read once for all tests.
var messages = sync.OnceValue(func() *i18n.Catalogue {
	c, err := i18n.Load(views.FS, "messages", []string{"en", "fr", "es"})
	if err != nil {
		panic(err)
	}
	return c
})

// newSite makes the application; change may alter its options first.
func newSite(t *testing.T, change ...func(*kit.Options)) *site {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	var schemas []store.Schema
	schemas = append(schemas, account.Collections()...)
	schemas = append(schemas, audit.Collections()...)
	schemas = append(schemas, limit.Collections()...)
	db, err := store.Open(t.Context(), engine, schemas...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	clock := func() time.Time { return now }
	log := new(bytes.Buffer)
	o := kit.Options{
		Config: config.Default(), DB: db, Messages: messages(), Files: webtest.Files(t), Clock: clock,
		Accounts: account.New(db, clock, time.Hour, account.Strong), Limiter: limit.New(db, clock),
		Log: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	o.Config.Secret = "a secret of more than thirty-two characters"
	o.Config.BaseURL = "http://example.org"
	for _, c := range change {
		c(&o)
	}
	k, err := kit.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return &site{Kit: k, t: t, accounts: o.Accounts, db: db, log: log, cookies: map[string]string{}}
}

func overHTTPS(o *kit.Options) { o.Config.BaseURL = "https://example.org" }

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

// do sends the request with the cookies that earlier answers set.
func (s *site) do(req *http.Request) answer {
	s.t.Helper()
	for name, value := range s.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := s.App.Test(req, 10_000)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		s.cookies[c.Name] = c.Value
		if c.Value == "" {
			delete(s.cookies, c.Name)
		}
	}
	return answer{res, string(body)}
}

// get asks for a page, with headers as names and values in turn.
func (s *site) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.do(request(http.MethodGet, path, nil, headers...))
}

// post sends a form.
func (s *site) post(path string, form url.Values, headers ...string) answer {
	s.t.Helper()
	req := request(http.MethodPost, path, strings.NewReader(form.Encode()), headers...)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(req)
}

func request(method, path string, body io.Reader, headers ...string) *http.Request {
	req := httptest.NewRequest(method, path, body)
	req.Host = "example.org"
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	return req
}

// signIn makes an account and keeps its session among the cookies.
func (s *site) signIn(role account.Role) {
	s.t.Helper()
	ctx := context.Background()
	email := string(role) + "@example.org"
	if _, err := s.accounts.Add(ctx, "Rosa", email, role, "correct horse battery"); err != nil {
		s.t.Fatal(err)
	}
	token, _, err := s.accounts.SignIn(ctx, email, "correct horse battery")
	if err != nil {
		s.t.Fatal(err)
	}
	s.cookies["convene_session"] = token
}

// withPage adds a route that answers with an error page's template, the one page
// that the kit itself has.
func (s *site) withPage(path string) {
	s.App.All(path, func(c *fiber.Ctx) error {
		frame := kit.NewFrame(c, "A page")
		return kit.Render(c, "errors/problem", errorPage{Frame: frame, What: "What was said."})
	})
}

type errorPage struct {
	kit.Frame
	Status              int
	What, Next, Request string
	Faults              []kit.Fault
	Links               []kit.Link
}

var tokenField = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

func (a answer) wants(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page lacks %q:\n%s", part, a.body)
		}
	}
}

func TestPage(t *testing.T) {
	s := newSite(t)
	s.withPage("/page")
	a := s.get("/page")
	if a.StatusCode != 200 {
		t.Fatalf("status %d: %s\n%s", a.StatusCode, a.body, s.log)
	}
	a.wants(t, `<html lang="en" dir="ltr">`, "What was said.", "UNESCO Global Network of Learning Cities", `<title>A page · GNLC</title>`, "/static/convene.")
	if got := a.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
}
