package kit_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"convene/internal/web/kit"
)

// everyCookie has a page that sets each cookie there is.
func everyCookie(s *site) map[string]*http.Cookie {
	s.App.Get("/cookies", func(c *fiber.Ctx) error {
		kit.SignIn(c, "a-token")
		kit.Flash(c, kit.Good, "nav.main")
		_, err := kit.NewFrame(c, "").CSRF()
		return err
	})
	cookies := map[string]*http.Cookie{}
	for _, c := range s.get("/cookies?lang=fr").Cookies() {
		cookies[c.Name] = c
	}
	return cookies
}

func TestCookies(t *testing.T) {
	for _, tc := range []struct {
		name   string
		site   *site
		prefix string
		secure bool
	}{
		{"http", newSite(t), "", false},
		{"https", newSite(t, overHTTPS), "__Host-", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cookies := everyCookie(tc.site)
			for _, name := range []string{tc.prefix + "convene_session", tc.prefix + "convene_csrf", tc.prefix + "convene_flash", "convene_lang"} {
				c := cookies[name]
				if c == nil {
					t.Errorf("no cookie %s among %v", name, cookies)
					continue
				}
				if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != tc.secure || c.Path != "/" || c.Domain != "" || c.MaxAge <= 0 {
					t.Errorf("cookie %s", c.Raw)
				}
			}
			if len(cookies) != 4 {
				t.Errorf("%d cookies", len(cookies))
			}
		})
	}
}

func TestPageWithoutFormSetsNoCookie(t *testing.T) {
	s := newSite(t)
	s.withPage("/page")
	if cookies := s.get("/page").Cookies(); len(cookies) != 0 {
		t.Errorf("cookies %v", cookies)
	}
}

func TestFlash(t *testing.T) {
	s := newSite(t)
	s.withPage("/page")
	s.App.Get("/save", func(c *fiber.Ctx) error {
		kit.Flash(c, kit.Good, "problem.too_many", "Minutes", 7)
		return c.Redirect("/page", fiber.StatusSeeOther)
	})
	s.get("/save")
	sealed := s.cookies["convene_flash"]
	a := s.get("/page?lang=fr")
	a.wants(t, `class="notice good flash" role="status"`, "Réessayez dans 7 min.")
	if strings.Contains(s.get("/page").body, "Réessayez") {
		t.Error("the message shows twice")
	}

	s.cookies["convene_flash"] = sealed[:10] + "x" + sealed[11:]
	if a := s.get("/page"); strings.Contains(a.body, "flash") {
		t.Error("a forged message shows")
	}
	later := now
	s = newSite(t, func(o *kit.Options) { o.Clock = nowOf(&later) })
	s.withPage("/page")
	s.cookies["convene_flash"] = sealed
	s.get("/page").wants(t, "Try again in 7 min.") // the same secret on another instance
	later = now.Add(3 * 60 * 1e9)
	s.cookies["convene_flash"] = sealed
	if a := s.get("/page"); strings.Contains(a.body, "flash") {
		t.Error("an old message shows")
	}
}
