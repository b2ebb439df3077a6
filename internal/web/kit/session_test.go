package kit_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/account"
	"convene/internal/audit"
	"convene/internal/web/kit"
)

func nowOf(t *time.Time) func() time.Time { return func() time.Time { return *t } }

func staffSite(t *testing.T) *site {
	s := newSite(t)
	who := func(c *fiber.Ctx) error {
		if kit.Staff(c) == nil {
			return c.SendString("nobody")
		}
		return c.SendString(kit.Staff(c).Name + " as " + audit.By(c.UserContext()).Name)
	}
	s.App.Get("/who", who)
	s.App.Get("/desk/x", kit.RequireOrganiser, who)
	s.App.Post("/desk/x", kit.RequireOrganiser, who)
	s.App.Get("/door/x", kit.RequireDoor, who)
	s.App.Get("/api/x", kit.RequireDoor, who)
	s.App.Post("/sign-out", func(c *fiber.Ctx) error {
		if err := kit.SignOut(c); err != nil {
			return err
		}
		return who(c)
	})
	return s
}

func TestSignedOut(t *testing.T) {
	s := staffSite(t)
	if a := s.get("/who"); a.body != "nobody" {
		t.Errorf("%s", a.body)
	}
	a := s.get("/desk/x?state=new&page=2")
	if a.StatusCode != 303 || a.Header.Get("Location") != "/sign-in?next="+url.QueryEscape("/desk/x?state=new&page=2") {
		t.Errorf("%d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	if a := s.do(withToken(s, request("POST", "/desk/x", nil))); a.StatusCode != 401 {
		t.Errorf("POST: %d", a.StatusCode)
	}
	if a := s.get("/api/x"); a.StatusCode != 401 {
		t.Errorf("API: %d", a.StatusCode)
	}
	s.cookies["convene_session"] = "no-such-session"
	if a := s.get("/who"); a.body != "nobody" || s.cookies["convene_session"] != "" {
		t.Errorf("%s, cookies %v", a.body, s.cookies)
	}
}

func TestSignedIn(t *testing.T) {
	s := staffSite(t)
	s.signIn(account.Organiser)
	for _, path := range []string{"/who", "/desk/x", "/door/x", "/api/x"} {
		if a := s.get(path); a.body != "Rosa as Rosa" {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
	}
	a := s.do(withToken(s, request("POST", "/sign-out", nil)))
	if a.body != "nobody" || s.cookies["convene_session"] != "" || a.Header.Get("Clear-Site-Data") == "" {
		t.Errorf("%s, cookies %v", a.body, s.cookies)
	}
}

func TestDoorStaff(t *testing.T) {
	s := staffSite(t)
	s.signIn(account.Door)
	if a := s.get("/door/x"); a.StatusCode != 200 {
		t.Errorf("door: %d", a.StatusCode)
	}
	a := s.get("/desk/x")
	if a.StatusCode != 403 {
		t.Errorf("desk: %d", a.StatusCode)
	}
	a.wants(t, "without the right")
}

func TestLocalPath(t *testing.T) {
	for path, want := range map[string]string{
		"/desk":                  "/desk",
		"/desk/e/x?q=a&n=%2F%2F": "/desk/e/x?q=a&n=%2F%2F",
		"":                       "/home",
		"desk":                   "/home",
		"//example.com":          "/home",
		"///example.com":         "/home",
		`/\example.com`:          "/home",
		"/\t/example.com":        "/home",
		"/\n/example.com":        "/home",
		"https://example.com/":   "/home",
		"javascript:alert(1)":    "/home",
		"/%zz":                   "/home",
	} {
		if got := kit.LocalPath(path, "/home"); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestLimit(t *testing.T) {
	s := newSite(t)
	s.App.Get("/try", func(c *fiber.Ctx) error {
		return kit.Limit(c, "try", rate(5), c.Query("email"), rate(2))
	})
	for i, try := range []struct {
		email  string
		status int
	}{{"amina@example.org", 200}, {"  Amina@example.org ", 200}, {"amina@ｅxample。org", 429}} { // one mailbox
		if a := s.get("/try?email=" + url.QueryEscape(try.email)); a.StatusCode != try.status {
			t.Errorf("try %d: %d, want %d", i, a.StatusCode, try.status)
		}
	}
	for i, status := range []int{200, 200, 200, 429} {
		if a := s.get("/try"); a.StatusCode != status {
			t.Errorf("try %d of the address: %d, want %d", i, a.StatusCode, status)
		}
	}
}
