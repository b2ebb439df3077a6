package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"convene/internal/delegate"
	"convene/internal/letter"
	"convene/internal/outbox"
	"convene/internal/reminder"
	"convene/internal/store"
	"convene/internal/web/browsertest"
)

// TestLettersInABrowser looks at letters as they were sent, on a phone and on a
// desktop, by day and in the dark, and at one that is written from right to left.
func TestLettersInABrowser(t *testing.T) {
	wide, narrow := browsertest.Open(t, 1280), browsertest.Open(t, 390)
	h := newHouse(t)
	confirmed, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{State: delegate.Confirmed}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	d := confirmed.Items[0]
	h.arabicText()
	for _, l := range []struct{ occasion, lang string }{
		{delegate.OccasionBadge, "fr"}, {reminder.OccasionPractical, "en"}, {reminder.OccasionWeek, "ar"},
	} {
		h.queue(outbox.Letter{
			ID: outbox.ID("look", l.occasion), Occasion: l.occasion, Event: h.event.ID, Kind: outbox.KindNews,
			To: outbox.Address{Name: d.Name, Email: d.Email}, Person: d.ID, Language: l.lang,
		})
	}
	if err := h.app.Jobs.RunNow(t.Context(), "letters"); err != nil {
		t.Fatal(err)
	}
	if n := len(h.caught.Messages()); n != 3 {
		t.Fatalf("%d letters have arrived", n)
	}
	url := h.serve()
	wide.Go(url + "/mailbox")
	pages := browsertest.Eval[[]string](wide, `[...document.querySelectorAll("main tbody th a")].map(a => a.pathname + "/html")`)
	if len(pages) != 3 {
		t.Fatalf("the mailbox lists %v", pages)
	}
	for i, page := range pages {
		for name, b := range map[string]*browsertest.Browser{"1280": wide, "390": narrow} {
			b.Go(url + page)
			b.NoSideways()
			b.Shot(fmt.Sprintf("letter-%d-%s", i, name))
			checkLetter(t, b)
		}
		night(narrow, true)
		if ink := browsertest.Eval[string](narrow, `getComputedStyle(document.querySelector(".text")).color`); ink != "rgb(241, 237, 230)" {
			t.Errorf("in the dark letter %d is written in %s", i, ink)
		}
		narrow.Shot(fmt.Sprintf("letter-%d-dark", i))
		night(narrow, false)
	}
}

// arabicText gives the rehearsal a text in a language that the program does not
// speak.
func (h *house) arabicText() {
	h.t.Helper()
	err := h.app.DB.Update(h.t.Context(), func(tx *store.Tx) error {
		_, err := h.app.Composer.Save(h.t.Context(), tx, letter.Template{
			Event: h.event.ID, Occasion: reminder.OccasionWeek, Language: "ar", Subject: "أسبوع واحد حتى {{.Event}}",
			Body: "مرحبا {{.Name}}،\n\nنلتقي بعد أسبوع:\n\n- التاريخ: {{.Dates}}\n- المكان: {{.Place}}\n\n[البرنامج]({{.ProgrammeLink}})\n\nشكرا لكم.",
		})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// checkLetter checks that all pictures of the letter are there, that it reads in
// its language's direction, and that its button can be read and pressed.
func checkLetter(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	for _, broken := range browsertest.Eval[[]string](b, `[...document.images].filter(i => !i.naturalWidth).map(i => i.src)`) {
		t.Errorf("the picture %s is not there", broken)
	}
	lang := browsertest.Eval[string](b, `document.documentElement.lang`)
	if side := browsertest.Eval[string](b, `getComputedStyle(document.querySelector(".text p")).direction`); side != letter.Direction(lang) {
		t.Errorf("the letter in %q reads %s", lang, side)
	}
	if height := browsertest.Eval[float64](b, `document.querySelector(".text a[style]").getBoundingClientRect().height`); height < 44 {
		t.Errorf("the button of the letter in %q is %.0f px high", lang, height)
	}
}

func night(b *browsertest.Browser, dark bool) {
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	b.Do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
}
