package desk_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/form"
	"convene/internal/i18n"
)

// change sends the page's first form as a browser does, with other values in some fields.
func (b *browser) change(page *goquery.Document, typed url.Values) answer {
	b.t.Helper()
	return b.changeForm(page, "main form.form", typed)
}

func (b *browser) changeForm(page *goquery.Document, main string, typed url.Values) answer {
	b.t.Helper()
	values := url.Values{}
	page.Find(main).First().Find("input, select").Each(func(_ int, s *goquery.Selection) {
		name, kind := s.AttrOr("name", ""), s.AttrOr("type", "")
		if s.Is("select") {
			s = s.Find("[selected]")
		}
		if kind != "hidden" && (kind != "checkbox" && kind != "radio" || s.Is("[checked]")) {
			values.Add(name, s.AttrOr("value", ""))
		}
	})
	for name, list := range typed {
		values[name] = list
	}
	return b.submit(page, main, values)
}

// TestTwoOrganisersAtOneForm has one save while another's form is open: what the other
// did not touch stays as the first saved it, and what both changed is told, with who.
func TestTwoOrganisersAtOneForm(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	path := categoriesPath + "/mayor"
	first, second := b.open(path), b.open(path)
	b.follow(b.change(first, url.Values{"places": {"10"}, "mode": {"approval"}}))

	b.follow(b.change(second, url.Values{"colour": {"#0a6e5c"}}))
	page := b.open(path)
	if page.Find("#places").AttrOr("value", "") != "10" || page.Find("#colour").AttrOr("value", "") != "#0a6e5c" {
		t.Error("what the first or the second saved is lost")
	}

	a := b.change(second, url.Values{"places": {"20"}, "mode": {"invitation"}, "name-en": {"Mayors"}})
	if a.StatusCode != http.StatusConflict {
		t.Fatalf("answered with %s", a.Status)
	}
	page = a.doc()
	wantText(t, page, "#errors", "Organiser has saved the same meanwhile")
	wantText(t, page, "#errors", text(page.Find("#mode legend")))
	wantText(t, page, "#places-error", "“10”")
	wantText(t, page, "#mode-error", "Needs approval")
	if page.Find("#places").AttrOr("value", "") != "20" || page.Find("#name-en").AttrOr("value", "") != "Mayors" || page.Find("#colour").AttrOr("value", "") != "#0a6e5c" {
		t.Error("what was typed is lost, or what stands beside it")
	}
	b.follow(b.change(page, nil)) // knowing of it
	if page = b.open(path); page.Find("#places").AttrOr("value", "") != "20" || page.Find("#name-en").AttrOr("value", "") != "Mayors" {
		t.Error("sent again, the second's is not saved")
	}
}

func TestTwoOrganisersAtOneQuestion(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	h.ask(form.Question{
		ID: "meal", Kind: form.One, Label: i18n.English("Meal"), Asked: form.AtRegistration,
		Options: []form.Option{{ID: "a", Label: i18n.English("Rice")}, {ID: "b", Label: i18n.English("Bread")}},
	})
	const path = "/desk/e/autumn/questions/meal"
	first, second := b.open(path), b.open(path)
	b.follow(b.change(first, url.Values{"option-0-en": {"Noodles"}, "help-en": {"At noon"}, "do": {"save"}}))
	b.follow(b.change(second, url.Values{"required": {"on"}, "do": {"save"}}))
	page := b.open(path)
	if page.Find("[name=option-0-en]").AttrOr("value", "") != "Noodles" || !page.Find("#required").Is("[checked]") {
		t.Error("what the first or the second saved is lost")
	}
	a := b.change(second, url.Values{"option-1-en": {"Toast"}, "do": {"save"}})
	if a.StatusCode != http.StatusConflict {
		t.Fatalf("answered with %s", a.Status)
	}
	page = a.doc()
	wantText(t, page, "#options", "Noodles · Bread")
	if page.Find("[name=option-1-en]").AttrOr("value", "") != "Toast" || page.Find("#help-en").AttrOr("value", "") != "At noon" {
		t.Error("what was typed is lost, or what stands beside it")
	}
}

// TestRegistrationIsOpenedAtTheDesk opens and closes registration without anybody's
// help.
func TestRegistrationIsOpenedAtTheDesk(t *testing.T) {
	h := open(t)
	h.event.Registration.Enabled, h.event.Registration.Approval = false, false
	h.save(&h.event)
	b := h.as(account.Organiser)
	const opening = `form[action$="/settings/opening"]`
	a := b.submit(b.open(settingsPath), opening, url.Values{"enabled": {"on"}, "opens": {"2026-09-20T09:00"}, "closes": {"2031-09-19T09:00"}})
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("answered with %s", a.Status)
	}
	wantText(t, a.doc(), "#closes-error", "2026-09-28")
	a = b.submit(b.open(settingsPath), opening, url.Values{"enabled": {"on"}, "opens": {""}, "closes": {""}})
	wantText(t, a.doc(), "#opens-error", "Fill in")
	page := b.open(settingsPath)
	other := b.open(settingsPath)
	wantText(t, b.follow(b.submit(page, opening, url.Values{
		"enabled": {"on"}, "opens": {"2026-09-18T09:00"}, "closes": {"2026-09-25T18:00"}, "approval": {"on"},
	})), ".notice.good", "saved")
	e, err := h.app.Events.Find(t.Context(), "autumn")
	if r := e.Registration; err != nil || !r.Enabled || !r.Approval || r.Closes.In(e.Location()).Hour() != 18 {
		t.Errorf("kept: %+v, %v", r, err)
	}
	a = b.submit(other, opening, url.Values{"enabled": {"on"}, "closes": {"2026-09-26T18:00"}})
	wantText(t, a.doc(), "#closes-error", "2026-09-25 18:00")
}

func TestTwoOrganisersAtOneSessionAndOneInvitation(t *testing.T) {
	h := open(t)
	h.addSession("visit", "2026-09-28 10:00")
	b := h.as(account.Organiser)
	made, err := h.app.Delegates.MakeInvitation(t.Context(), h.event, delegate.TypedInvitation{Category: "mayor", Uses: "3"})
	if err != nil {
		t.Fatal(err)
	}
	for path, form := range map[string]struct{ selector, field string }{
		"/desk/e/autumn/programme/visit":            {`aside form[action$="/visit"]`, "places"},
		"/desk/e/autumn/codes/" + made.ID + "/edit": {"main form.form", "uses"},
	} {
		first, second := b.open(path), b.open(path)
		b.follow(b.changeForm(first, form.selector, url.Values{form.field: {"10"}}))
		a := b.changeForm(second, form.selector, url.Values{form.field: {"20"}})
		if a.StatusCode != http.StatusConflict {
			t.Errorf("%s answered with %s", path, a.Status)
			continue
		}
		wantText(t, a.doc(), "#"+form.field+"-error", "“10”")
		wantText(t, a.doc(), "#errors", "Organiser has saved")
		b.follow(b.changeForm(a.doc(), form.selector, nil))
		if got := b.open(path).Find("#"+form.field).AttrOr("value", ""); got != "20" {
			t.Errorf("%s: sent again, it is %q", path, got)
		}
	}
}
