package kit_test

import (
	"testing"
	"time"

	"convene/internal/i18n"
	"convene/internal/web/kit"
	"convene/views"
)

func TestClosing(t *testing.T) {
	t.Parallel()
	catalogue, err := i18n.Load(views.FS, "messages", []string{"en", "fr", "es"})
	if err != nil {
		t.Fatal(err)
	}
	midnight := time.Date(2026, 12, 11, 0, 0, 0, 0, time.UTC)
	for lang, want := range map[string]string{
		"en": "Registration is open until the end of 10 December 2026.",
		"fr": "Les inscriptions sont ouvertes jusqu’au 10 décembre 2026 inclus.",
		"es": "La inscripción está abierta hasta el 10 de diciembre de 2026 inclusive.",
	} {
		p := catalogue.For(lang)
		if got := p.T("register.closes", "When", kit.Closing(p, midnight)); got != want {
			t.Errorf("%s: %q; want %q", lang, got, want)
		}
	}
	p := catalogue.For("en")
	if got, want := kit.Closing(p, midnight.Add(18*time.Hour)), p.DateTime(midnight.Add(18*time.Hour)); got != want {
		t.Errorf("within a day: %q; want %q", got, want)
	}
}
