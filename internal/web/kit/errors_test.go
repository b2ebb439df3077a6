package kit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/web/kit"
)

// secretCause must appear in no answer.
const secretCause = "disk sdb1 is on fire"

var failures = []struct {
	name   string
	err    error
	status int
	kind   string
	page   string // what the page says
}{
	{"invalid", problem.New(problem.Invalid, "problem.field.required"), 422, "invalid", "Fill in this field"},
	{"not found", problem.New(problem.NotFound, "problem.event_not_found"), 404, "not_found", "There is no such event."},
	{"unauthenticated", problem.New(problem.Unauthenticated, "problem.sign_in_first"), 401, "unauthenticated", "/sign-in"},
	{"forbidden", problem.New(problem.Forbidden, "problem.not_allowed"), 403, "forbidden", "without the right"},
	{"conflict", problem.Wrap(errors.New(secretCause), problem.Conflict, "problem.statement_same"), 409, "conflict", "in this state already"},
	{"gone", problem.New(problem.Gone, "problem.link_used"), 410, "gone", "used already"},
	{"too many", problem.New(problem.TooMany, "problem.too_many", "Minutes", 7), 429, "too_many", "in 7 min"},
	{"unavailable", problem.New(problem.Unavailable, "error.unavailable.what"), 503, "unavailable", "try again in a minute"},
	{"internal", problem.Wrap(errors.New(secretCause), problem.Internal, "problem.internal"), 500, "internal", "our fault"},
	{"unknown", errors.New(secretCause), 500, "internal", "our fault"},
	{"wrapped", fmt.Errorf("looking: %w", store.ErrNotFound), 404, "not_found", "no such page"},
	{"cursor", store.ErrBadCursor, 400, "cursor", "from its first page"},
	{"busy", store.ErrBusy, 503, "unavailable", "try again in a minute"},
	{"deadline", fmt.Errorf("%s: %w", secretCause, context.DeadlineExceeded), 503, "unavailable", "try again in a minute"},
	{"too large", fiber.ErrRequestEntityTooLarge, 413, "too_large", "smaller file"},
	{"teapot", fiber.NewError(418, secretCause), 400, "bad_request", "could not read"},
	{"fiber", fiber.NewError(502, secretCause), 500, "internal", "our fault"},
}

func TestErrorPages(t *testing.T) {
	s := newSite(t)
	var err error
	s.App.Get("/fail", func(*fiber.Ctx) error { return err })
	for _, tc := range failures {
		t.Run(tc.name, func(t *testing.T) {
			err = tc.err
			s.log.Reset()
			a := s.get("/fail")
			if a.StatusCode != tc.status {
				t.Errorf("status %d, want %d", a.StatusCode, tc.status)
			}
			if got := a.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
				t.Errorf("content type %q", got)
			}
			a.wants(t, tc.page)
			if strings.Contains(a.body, secretCause) || strings.Contains(a.body, "error.") {
				t.Errorf("the page tells too much:\n%s", a.body)
			}
			if tc.status == 500 {
				a.wants(t, a.Header.Get("X-Request-ID"))
				if tc.name == "unknown" && !strings.Contains(s.log.String(), secretCause) {
					t.Errorf("the log lacks the cause: %s", s.log)
				}
			}
		})
	}
}

func TestErrorsAsJSON(t *testing.T) {
	s := newSite(t)
	var err error
	s.App.Get("/fail", func(*fiber.Ctx) error { return err })
	s.App.Get("/api/fail", func(*fiber.Ctx) error { return err })
	for _, tc := range failures {
		err = tc.err
		for _, a := range []answer{s.get("/fail", "Accept", "application/json"), s.get("/api/fail")} {
			var body struct {
				Error struct{ Kind, Message, Request string }
			}
			if err := json.Unmarshal([]byte(a.body), &body); err != nil {
				t.Fatalf("%s: %v: %s", tc.name, err, a.body)
			}
			if a.StatusCode != tc.status || body.Error.Kind != tc.kind {
				t.Errorf("%s: %d %s, want %d %s", tc.name, a.StatusCode, body.Error.Kind, tc.status, tc.kind)
			}
			if body.Error.Message == "" || body.Error.Request != a.Header.Get("X-Request-ID") || strings.Contains(a.body, secretCause) {
				t.Errorf("%s: %s", tc.name, a.body)
			}
		}
	}
}

func TestErrorFields(t *testing.T) {
	s := newSite(t)
	s.App.Get("/fail", func(*fiber.Ctx) error {
		var form problem.Form
		form.Add("email", "problem.field.email")
		return form.Err()
	})
	s.get("/fail?lang=fr").wants(t, "Saisissez une adresse", "Certains champs")
	s.get("/fail", "Accept", "application/json").wants(t, `"fields":[{"name":"email","message":"Saisissez`)
}

func TestRetryAfter(t *testing.T) {
	s := newSite(t)
	s.App.Get("/often", func(*fiber.Ctx) error { return problem.New(problem.TooMany, "problem.too_many", "Minutes", 7) })
	if got := s.get("/often").Header.Get("Retry-After"); got != "420" {
		t.Errorf("Retry-After %q, want 420", got)
	}
}

func TestUnknownPage(t *testing.T) {
	s := newSite(t)
	s.withPage("/page")
	a := s.get("/nowhere<script>")
	if a.StatusCode != 404 || strings.Contains(a.body, "<script>") || strings.Contains(a.body, "Cannot GET") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	s.App.Get("/read-only", func(c *fiber.Ctx) error { return nil })
	a = s.do(withToken(s, request(http.MethodDelete, "/read-only", nil)))
	if a.StatusCode != 405 {
		t.Errorf("status %d, want 405", a.StatusCode)
	}
}

func TestPanic(t *testing.T) {
	s := newSite(t)
	s.App.Get("/panic", func(*fiber.Ctx) error { panic(secretCause) })
	a := s.get("/panic")
	if a.StatusCode != 500 || strings.Contains(a.body, secretCause) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	a.wants(t, "our fault", a.Header.Get("X-Request-ID"))
	if !strings.Contains(s.log.String(), secretCause) || !strings.Contains(s.log.String(), "errors_test.go") {
		t.Errorf("the log lacks value or stack: %s", s.log)
	}
	if s.get("/healthz").StatusCode != 200 {
		t.Error("the application did not survive")
	}
}

func TestBrokenTemplate(t *testing.T) {
	s := newSite(t)
	s.App.Get("/broken", func(c *fiber.Ctx) error { return kit.Render(c, "errors/problem", struct{}{}) })
	s.App.Get("/missing", func(c *fiber.Ctx) error { return kit.Render(c, "site/missing", struct{}{}) })
	for _, path := range []string{"/broken", "/missing"} {
		a := s.get(path)
		if a.StatusCode != 500 || strings.Count(a.body, "<!doctype html>") != 1 {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
	}
}

func TestDeadline(t *testing.T) {
	s := newSite(t, func(o *kit.Options) { o.Config.HTTP.RequestTimeout = 20 * time.Millisecond })
	s.App.Get("/slow", func(c *fiber.Ctx) error {
		select {
		case <-c.UserContext().Done():
			return c.UserContext().Err()
		case <-time.After(5 * time.Second):
			return nil
		}
	})
	a := s.get("/slow")
	if a.StatusCode != 503 || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d, Retry-After %q", a.StatusCode, a.Header.Get("Retry-After"))
	}
}
