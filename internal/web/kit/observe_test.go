package kit_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/web/kit"
)

func rate(count int) config.Rate { return config.Rate{Count: count, Per: 3600 * 1e9} }

func TestLog(t *testing.T) {
	s := newSite(t)
	s.App.Get("/r/:token", func(c *fiber.Ctx) error { return c.SendString("hello") })
	s.App.Get("/r/:token/fail", func(c *fiber.Ctx) error { return fiber.NewError(404, "Cannot GET "+c.Path()) })
	s.get("/r/SECRET-TOKEN?email=amina@example.org", "X-Request-ID", "proxy-123456", "X-Forwarded-For", "203.0.113.7", "User-Agent", "Browser/SECRET")
	var line struct {
		Msg, Method, Route, Request string
		Status, Bytes               int
		MS                          *float64
	}
	if err := json.Unmarshal(s.log.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, s.log)
	}
	if line.Msg != "request" || line.Method != "GET" || line.Route != "/r/:token" || line.Status != 200 || line.Bytes != 5 || line.MS == nil || line.Request != "proxy-123456" {
		t.Errorf("%s", s.log)
	}
	s.get("/r/SECRET-TOKEN/fail")
	s.get("/r/SECRET-TOKEN/SECRET/nowhere")
	s.post("/r/SECRET-TOKEN", map[string][]string{"email": {"amina@example.org"}})
	for _, secret := range []string{"SECRET", "amina", "203.0.113.7", "0.0.0.0"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, s.log)
		}
	}
	if !strings.Contains(s.log.String(), `"route":"-","status":404`) {
		t.Errorf("no route served the request, the log says otherwise:\n%s", s.log)
	}
}

func TestRequestID(t *testing.T) {
	s := newSite(t)
	s.withPage("/page")
	for id, kept := range map[string]bool{
		"proxy-123456": true, "short": false, strings.Repeat("a", 65): false, "with space 1": false,
		"<script>alert": false, "": false,
	} {
		got := s.get("/page", "X-Request-ID", id).Header.Get("X-Request-ID")
		if (got == id) != kept || len(got) < 8 {
			t.Errorf("%q became %q", id, got)
		}
	}
}

func TestClientAddress(t *testing.T) {
	// The test connection comes from 0.0.0.0.
	trusted := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for _, tc := range []struct {
		name    string
		trusted []netip.Prefix
		headers []string
		want    string
	}{
		{"no proxy", nil, nil, "0.0.0.0"},
		{"a header that nobody vouches for", nil, []string{"X-Forwarded-For", "203.0.113.7"}, "0.0.0.0"},
		{"one proxy", trusted, []string{"X-Forwarded-For", "203.0.113.7"}, "203.0.113.7"},
		{"made up by the visitor", trusted, []string{"X-Forwarded-For", "1.1.1.1, 203.0.113.7"}, "203.0.113.7"},
		{"two proxies", trusted, []string{"X-Forwarded-For", "1.1.1.1, 203.0.113.7, 10.0.0.1"}, "203.0.113.7"},
		{"two headers", trusted, []string{"X-Forwarded-For", "1.1.1.1", "X-Forwarded-For", "203.0.113.7"}, "203.0.113.7"},
		{"only proxies", trusted, []string{"X-Forwarded-For", "10.0.0.2, 10.0.0.1"}, "10.0.0.2"},
		{"with a port", trusted, []string{"X-Forwarded-For", "203.0.113.7:4711"}, "203.0.113.7"},
		{"IPv6", trusted, []string{"X-Forwarded-For", "[2001:4860::1]:443, 2001:db8::5"}, "2001:4860::1"},
		{"IPv4 within IPv6", trusted, []string{"X-Forwarded-For", "::ffff:203.0.113.7"}, "203.0.113.7"},
		{"garbage", trusted, []string{"X-Forwarded-For", "203.0.113.7, unknown, 10.0.0.1"}, "10.0.0.1"},
		{"empty", trusted, []string{"X-Forwarded-For", ""}, "0.0.0.0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSite(t, func(o *kit.Options) { o.Config.Proxy.Trusted = tc.trusted })
			s.App.Get("/address", func(c *fiber.Ctx) error { return c.SendString(kit.ClientAddress(c).String()) })
			if got := s.get("/address", tc.headers...).body; got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}
