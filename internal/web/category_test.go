package web_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/delegate"
	"convene/internal/event"
)

// A badge has its category's colour, and ink that is readable on it, by a sheet that
// browsers fetch anew when the colour changes.
func TestBadgesHaveTheirCategorysColour(t *testing.T) {
	h := newHouse(t)
	found, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{State: delegate.Confirmed, Category: "media"}, "", 1)
	if err != nil || len(found.Items) == 0 {
		t.Fatalf("nobody of the media: %v", err)
	}
	badge := func() (band *goquery.Selection, sheet string) {
		t.Helper()
		_, body := h.get("/r/"+h.app.Delegates.ManageToken(found.Items[0])+"/badge", "")
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return doc.Find(".badge-band"), doc.Find(`link[href*="accent.css"]`).AttrOr("href", "")
	}
	usual, before := badge()
	if !usual.Is(".press") {
		t.Errorf("without a colour of its own the band is %q", usual.AttrOr("class", ""))
	}
	if _, err := h.app.Events.SaveCategory(t.Context(), h.event.ID, "media", event.Typed(event.TypedCategory{Colour: "#ffe08a"})); err != nil {
		t.Fatal(err)
	}
	own, after := badge()
	if !own.Is(".category-media") || before == after {
		t.Errorf("with one the band is %q, by the sheet %s", own.AttrOr("class", ""), after)
	}
	answer, sheet := h.get(after, "")
	if !strings.Contains(sheet, ".category-media { --band: #ffe08a; --band-ink: #1c1a17 }") || !strings.Contains(answer.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the sheet is %q, kept %q", sheet, answer.Header.Get("Cache-Control"))
	}
}
