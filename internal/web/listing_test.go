package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/link"
)

func (h *house) publish(who event.ListedFor, fields ...event.ListedField) {
	h.t.Helper()
	var err error
	if h.event, err = h.app.Events.Publish(h.t.Context(), h.event.ID, event.Typed(event.Listing{For: who, Fields: fields})); err != nil {
		h.t.Fatal(err)
	}
}

// Each reads of the others what these agreed to, and no more than the event tells.
func TestListOfParticipants(t *testing.T) {
	h := newHouse(t)
	people := h.confirmed(4)
	own := func(i int) string { return "/r/" + h.app.Delegates.ManageToken(people[i]) }
	const public = "/e/rehearsal/participants"
	status := func(path string, want int) {
		t.Helper()
		if answer, _ := h.get(path, ""); answer.StatusCode != want {
			t.Errorf("%s: %s; want %d", path, answer.Status, want)
		}
	}
	status(public, http.StatusNotFound)
	status(own(0)+"/participants", http.StatusNotFound)
	if h.page(own(0)).Find(`a[href$="/listing"]`).Length() != 0 || h.page("/e/rehearsal/register").Find("#listed_public").Length() != 0 {
		t.Error("nothing is published, and yet people are asked")
	}
	h.publish(event.ListedForParticipants, event.ListedOrganisation)
	status(public, http.StatusNotFound)
	status(own(0)+"/participants", http.StatusOK)
	if form := h.page("/e/rehearsal/register"); form.Find("#listed_participants").Length() != 1 || form.Find("#listed_public, #listed_participants[checked]").Length() != 0 {
		t.Error("the form asks for what is not published, or has ticked it")
	}

	h.publish(event.ListedForAll, event.ListedOrganisation)
	for i, boxes := range []url.Values{
		{}, {"listed_participants": {"on"}}, {"listed_public": {"on"}}, {"listed_participants": {"on"}, "listed_public": {"on"}},
	} {
		if page := h.page(own(i) + "/listing"); page.Find("input[type=checkbox]").Length() != 2 || page.Find("input[checked]").Length() != 0 {
			t.Error("boxes are missing, or ticked beforehand")
		}
		if answer, _ := h.form(own(i)+"/listing", own(i)+"/listing", boxes); answer.StatusCode != http.StatusSeeOther {
			t.Fatal(answer.Status)
		}
	}
	lists := func(path string, want ...bool) {
		t.Helper()
		answer, body := h.get(path, "")
		for i, d := range people {
			if strings.Contains(body, d.Name) != want[i] {
				t.Errorf("%s names %s: %v; want %v", path, d.Name, !want[i], want[i])
			}
		}
		if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("X-Robots-Tag") != "noindex" || !strings.Contains(body, `<meta name="robots" content="noindex">`) {
			t.Errorf("%s may be kept: %v", path, answer.Header)
		}
		if strings.Contains(body, people[2].Email) || strings.Contains(body, people[2].JobTitle) && people[2].JobTitle != "" {
			t.Errorf("%s tells what it should not", path)
		}
	}
	lists(public, false, false, true, true)
	lists(own(0)+"/participants", false, true, true, true)
	for i, boxes := range []url.Values{{"listed_public": {"on"}}, {"listed_participants": {"on"}, "listed_public": {"on"}}} {
		boxes.Set("listed_told[]", string(event.ListedOrganisation))
		if answer, _ := h.form(own(i+2)+"/listing", own(i+2)+"/listing", boxes); answer.StatusCode != http.StatusSeeOther {
			t.Fatal(answer.Status)
		}
	}
	if h.page(public).Find("#country").Length() != 0 {
		t.Error("the list can be narrowed by what it does not tell")
	}
	line := func() string { return h.page(public + "?q=" + url.QueryEscape(people[2].Name)).Find(".people").Text() }
	if text := line(); !strings.Contains(text, people[2].Name) || !strings.Contains(text, people[2].Organisation) {
		t.Errorf("the search finds %q", text)
	}
	h.publish(event.ListedForAll, event.ListedOrganisation, event.ListedCategory)
	category := h.event.CategoryLabel(h.app.Catalogue.For("en"), people[2].Category)
	if text := line(); strings.Contains(text, category) || !strings.Contains(text, people[2].Organisation) {
		t.Errorf("who agreed to less is told of as %q", text)
	}
	page := h.page(own(2) + "/listing?lang=en")
	if text := page.Find("main").Text(); page.Find("section .notice.wait").Length() != 1 || !strings.Contains(text, "Beside the name it tells: organisation, how one takes part.") {
		t.Errorf("they are told %q", text)
	}
	again := url.Values{"listed_public": {"on"}}
	page.Find("input[name='listed_told[]']").Each(func(_ int, field *goquery.Selection) { again.Add("listed_told[]", field.AttrOr("value", "")) })
	if answer, _ := h.form(own(2)+"/listing", own(2)+"/listing", again); answer.StatusCode != http.StatusSeeOther {
		t.Fatal(answer.Status)
	}
	if text := line(); !strings.Contains(text, category) {
		t.Errorf("who agreed to all is told of as %q", text)
	}
	if _, err := h.app.Delegates.SetListing(t.Context(), people[2].ID, delegate.Agreement{}); err != nil {
		t.Fatal(err)
	}
	lists(public, false, false, false, true) // at once
	if _, err := h.app.Delegates.Cancel(t.Context(), people[3].ID, ""); err != nil {
		t.Fatal(err)
	}
	lists(public, false, false, false, false)
	status(own(3)+"/participants", http.StatusNotFound)
	if answer, _ := h.form(own(0)+"/listing", own(0)+"/listing", url.Values{"listed_public": {"on"}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatal(answer.Status)
	}
	lists(public, true, false, false, false)
}

// What people agree to is kept by the version of its wording, so that another wording
// needs another version: then both stand here.
func TestTheWordingOfTheListHasAVersion(t *testing.T) {
	h := newHouse(t)
	var text strings.Builder
	for _, lang := range h.app.Catalogue.Languages() {
		for _, key := range []string{"participants", "participants_hint", "public", "public_hint", "tells_name"} {
			text.WriteString(h.app.Catalogue.For(lang).T("listing."+key) + "\n")
		}
	}
	known := map[string]string{"2026-11": "ac337289e2afdfa9"}
	if got := link.Hash(text.String())[:16]; known[delegate.ListingVersion] != got {
		t.Errorf("version %s is worded %q; if the wording changed, so does the version", delegate.ListingVersion, got)
	}
}
