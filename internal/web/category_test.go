package web_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/store"
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

// Who looks for a category that cannot be chosen now is told when it can, also by an
// invitation that names it.
func TestCategoriesThatCannotBeChosenNow(t *testing.T) {
	h := newHouse(t)
	soon, past := h.clock.Now().Add(48*time.Hour), h.clock.Now().Add(-time.Hour)
	change := func(id string, fn func(*event.Category)) {
		t.Helper()
		err := h.app.DB.Update(t.Context(), func(tx *store.Tx) error {
			e, err := h.app.Events.Get(t.Context(), tx, h.event.ID)
			if err != nil {
				return err
			}
			list := slices.Clone(e.Categories())
			fn(&list[slices.IndexFunc(list, func(c event.Category) bool { return c.ID == id })])
			e.Registration.Categories = list
			_, err = h.app.Events.Save(t.Context(), tx, e)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	change("mayor", func(c *event.Category) { c.Opens = soon })
	change("media", func(c *event.Category) { c.Closes = past })
	change("minister", func(c *event.Category) { c.Closes, c.Seen = past, event.SeenByInvited })
	i, err := h.app.Delegates.MakeInvitation(t.Context(), h.event, delegate.TypedInvitation{Category: "minister"})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := h.app.Delegates.MakeInvitation(t.Context(), h.event, delegate.TypedInvitation{Category: "observer"})
	if err != nil {
		t.Fatal(err)
	}
	change("observer", func(c *event.Category) { c.ID, c.Name = "watcher", i18n.English("Watcher") })
	for path, want := range map[string][]string{
		"/e/rehearsal/register":                                  {"Registration is closed for: Media.", "for: Mayor or deputy mayor."},
		"/e/rehearsal/register/group":                            {"Registration is closed for: Media.", "for: Mayor or deputy mayor."},
		"/i/" + h.app.Delegates.InvitationToken(i):               {"Registration is closed for: Minister or deputy minister."},
		"/i/" + h.app.Delegates.InvitationToken(gone):            {"for a category that no longer is"},
		"/i/" + h.app.Delegates.InvitationToken(gone) + "/group": {"for a category that no longer is"},
	} {
		_, body := h.get(path, "")
		told := parsed(t, body).Find(".notice.wait").Text()
		for _, text := range want {
			if !strings.Contains(told, text) {
				t.Errorf("%s tells %q; want %q", path, told, text)
			}
		}
		if strings.Contains(told, "only invited people") || strings.Contains(told, "Minister") != strings.Contains(path, h.app.Delegates.InvitationToken(i)) {
			t.Errorf("%s tells %q", path, told)
		}
	}
}
