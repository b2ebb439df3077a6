package kit_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"convene/internal/web/kit"
)

func TestSecurityHeaders(t *testing.T) {
	s := newSite(t)
	s.withPage("/page")
	s.App.Get("/door", kit.Allow(kit.Camera|kit.WebAssembly), func(*fiber.Ctx) error { return nil })
	s.App.Get("/letter", kit.Allow(kit.Letter), func(*fiber.Ctx) error { return nil })
	s.App.Get("/mailbox", kit.Allow(kit.Frames), func(*fiber.Ctx) error { return nil })
	for _, path := range []string{"/page", "/nowhere"} {
		h := s.get(path).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "same-origin",
			"X-Frame-Options":            "DENY",
			"Cross-Origin-Opener-Policy": "same-origin",
			"Strict-Transport-Security":  "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", path, name, got, want)
			}
		}
		for _, part := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
			if !strings.Contains(h.Get("Content-Security-Policy"), part) {
				t.Errorf("%s: the policy lacks %s", path, part)
			}
		}
		if !strings.HasPrefix(h.Get("Permissions-Policy"), "camera=(),") {
			t.Errorf("%s: %s", path, h.Get("Permissions-Policy"))
		}
	}
	policy := func(path string) http.Header { return s.get(path).Header }
	if h := policy("/door"); !strings.HasPrefix(h.Get("Permissions-Policy"), "camera=(self)") || !strings.Contains(h.Get("Content-Security-Policy"), "script-src 'self' 'wasm-unsafe-eval';") {
		t.Errorf("door: %v", h)
	}
	if h := policy("/letter"); !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("letter: %v", h)
	}
	if h := policy("/mailbox"); !strings.Contains(h.Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Errorf("mailbox: %v", h)
	}
}

func TestHSTS(t *testing.T) {
	s := newSite(t, overHTTPS)
	s.withPage("/page")
	if got := s.get("/page").Header.Get("Strict-Transport-Security"); !strings.HasPrefix(got, "max-age=") {
		t.Errorf("Strict-Transport-Security %q", got)
	}
}

// Every page must work under the policy: no inline script or style, no handler.
func TestPagesObeyThePolicy(t *testing.T) {
	s := newSite(t)
	s.withPage("/page")
	body := s.get("/page").body
	for _, bad := range []string{"style=", "<style", "onclick=", "javascript:"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
}
