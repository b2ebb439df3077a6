package kit_test

import (
	"testing"

	"github.com/gofiber/fiber/v2"

	"convene/internal/web/kit"
)

func TestLanguage(t *testing.T) {
	s := newSite(t)
	s.App.Get("/lang", func(c *fiber.Ctx) error { return c.SendString(kit.Printer(c).Lang()) })
	s.App.Get("/delegate", func(c *fiber.Ctx) error {
		kit.Prefer(c, "es")
		return c.SendString(kit.Printer(c).Lang())
	})
	lang := func(path, accept string) string { return s.get(path, "Accept-Language", accept).body }
	for _, tc := range []struct{ path, accept, want string }{
		{"/lang", "", "en"},
		{"/lang", "fr-CA, en;q=0.5", "fr"},
		{"/lang", "de, es;q=0.3", "es"},
		{"/lang", "zh", "en"},
		{"/lang", "not a header;;", "en"},
		{"/delegate", "fr", "es"},
		{"/lang?lang=xx", "fr", "fr"},
		{"/lang?lang=fr", "es", "fr"},
		{"/lang", "es", "fr"}, // the cookie, from here on
		{"/delegate", "en", "fr"},
		{"/lang?lang=es", "en", "es"},
		{"/lang", "en", "es"},
	} {
		if got := lang(tc.path, tc.accept); got != tc.want {
			t.Errorf("%s with %q: %s, want %s", tc.path, tc.accept, got, tc.want)
		}
	}
	s.cookies["convene_lang"] = "../../etc"
	if got := lang("/lang", "fr"); got != "fr" {
		t.Errorf("a cookie that is no language: %s", got)
	}
}

func TestLanguageMenu(t *testing.T) {
	s := newSite(t)
	s.withPage("/page")
	a := s.get("/page?q=caf%C3%A9&lang=fr&page=2")
	a.wants(t, `<html lang="fr" dir="ltr">`,
		`<a href="/page?lang=en&amp;page=2&amp;q=caf%C3%A9" lang="en" hreflang="en">English</a>`,
		`lang="fr" hreflang="fr" aria-current="true">Français</a>`, "Aller au contenu")
	if got := a.Header.Get("Content-Language"); got != "fr" {
		t.Errorf("Content-Language %q", got)
	}
}
