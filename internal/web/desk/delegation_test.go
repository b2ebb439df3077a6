package desk_test

import (
	"net/http"
	"net/url"
	"testing"

	"convene/internal/account"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/i18n"
	"convene/internal/store"
)

// addCity saves a member called Larissa.
func (h *house) addCity() {
	h.t.Helper()
	err := h.app.DB.Update(h.t.Context(), func(tx *store.Tx) error {
		return h.app.Cities.Save(h.t.Context(), tx, city.City{
			ID: "larissa", Name: i18n.English("Larissa"), Kind: "city", Country: "GR", Region: "europe-north-america",
		})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// The desk keeps focal points, and how many their city may nominate; it sees who is
// nominated and who votes.
func TestDelegationsAtTheDesk(t *testing.T) {
	h := open(t)
	h.addCity()
	b := h.as(account.Organiser)
	const focal, of, settings = "/desk/focal/larissa", "/desk/e/autumn/delegations/larissa", `form[action$="/settings/delegations"]`
	a := b.submit(b.open(focal), "main form", url.Values{"name": {"Ada Lagou"}, "email": {"ada"}, "language": {"el"}})
	if a.StatusCode != http.StatusUnprocessableEntity || a.doc().Find("#name").AttrOr("value", "") != "Ada Lagou" {
		t.Errorf("answered with %s", a.Status)
	}
	wantText(t, a.doc(), "#email-error", "Enter an e-mail address")
	for _, name := range []string{"Ada Lagou", "Bia Psarrou"} {
		page := b.follow(b.submit(b.open(focal), `main form[action$="larissa"]`, url.Values{"name": {name}, "email": {name[:3] + "@example.org"}, "language": {"fr"}}))
		wantText(t, page, "tbody", name)
	}
	edit := b.open(focal).Find("tr:first-child td a.button").AttrOr("href", "")
	first := b.open(edit)
	wantText(t, b.follow(b.change(b.open(edit), url.Values{"name": {"Ada Lagou-Riga"}, "language": {"fr"}})), "tbody", "Ada Lagou-Riga")
	a = b.change(first, url.Values{"name": {"Ada Riga"}, "language": {"fr"}})
	wantText(t, a.doc(), "#name-error", "Ada Lagou-Riga")
	b.follow(b.change(a.doc(), url.Values{"name": {"Ada Lagou"}, "language": {"fr"}}))
	page := b.follow(b.submit(b.open(focal), `tr:first-child form[action$="/end"]`, nil))
	if a := b.send(http.MethodGet, edit, nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("who ended can be put right: %s", a.Status)
	}
	wantText(t, page, ".section:last-of-type tbody", "Ada Lagou Ada@example.org 18 Sep, 15:42 Organiser 18 Sep, 15:42 Organiser")
	wantText(t, b.open("/desk/focal?q=psar"), "tbody", "Larissa Greece Bia Psarrou")
	wantText(t, b.open("/desk/focal?none=on"), ".empty", "No city fits")
	wantText(t, b.open("/desk/audit"), ".trail", "Focal point ended: Larissa Organiser")

	wantText(t, b.submit(b.open("/desk/e/autumn/settings"), settings, url.Values{"delegation": {"-1"}}).doc(), "#delegation-error", "from 0 to 1000")
	page = b.follow(b.submit(b.open("/desk/e/autumn/settings"), settings, url.Values{"delegation": {"2"}, "focal_approval": {"on"}}))
	if !page.Find("#focal_approval").Is("[checked]") {
		t.Error("two steps of approval are not kept")
	}
	wantText(t, b.submit(b.open(of), "aside form", url.Values{"quota": {"x"}}).doc(), "#quota-error", "from 0 to 1000")
	wantText(t, b.follow(b.submit(b.open(of), "aside form", url.Values{"quota": {"1"}})), ".desk-title", "0 of 1 nominated")

	e, err := h.app.Events.Find(t.Context(), "autumn")
	if err != nil {
		t.Fatal(err)
	}
	d, err := h.app.Delegates.Nominate(t.Context(), e, "larissa", delegate.Nomination{
		Name: "Eleni Mayor", Email: "eleni@example.org", Category: "mayor", Language: "en", Role: delegate.RoleHead,
	})
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, b.open("/desk/e/autumn/delegations"), "tbody", "Larissa Greece Europe and North America 1 of 1 0 Eleni Mayor Eleni Mayor not confirmed yet 1")
	for show, found := range map[string]bool{"nobody": false, "no_head": false, "no_focal": false, "places": false, "": true} {
		if got := b.open("/desk/e/autumn/delegations?show="+show).Find("tbody tr").Length() == 1; got != found {
			t.Errorf("showing %q finds the city: %t", show, got)
		}
	}
	wantText(t, b.open(of), "main", "Eleni Mayor is to vote, but is not confirmed")
	wantText(t, b.open("/desk/e/autumn/delegates/"+d.ID), ".facts", "Larissa , Head of delegation Votes")

	ibrahim := h.person("Ibrahim Diallo", func(f *delegate.Form) { f.City = "larissa" })
	page = b.open("/desk/e/autumn/delegates/" + ibrahim.ID)
	wantText(t, page, ".notice", "Awaits the focal point of Larissa first")
	wantText(t, b.open(of), "main", "Awaiting the focal point Name Category Registered Ibrahim Diallo")
	b.follow(b.submit(page, `form[action$="/approve"]`, nil))
	if got := h.get(ibrahim.ID); got.State != delegate.Confirmed || got.Awaits != "" {
		t.Errorf("approved at the desk: %s, %q", got.State, got.Awaits)
	}
}
