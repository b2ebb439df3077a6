package desk_test

import (
	"net/http"
	"net/url"
	"testing"

	"convene/internal/account"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/outbox"
)

const (
	settingsPath = "/desk/e/autumn/settings"
	settingsForm = `form[action$="/settings"]`
)

func TestSettings(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	page := b.open(settingsPath)
	wantText(t, page, "#reply_to-hint", "convene@example.org") // where answers go without
	page = b.follow(b.submit(page, settingsForm, url.Values{
		"reply_to": {" Desk@Example.org "}, "survey_link": {"https://survey.example.org/autumn?of=1"}, "four_eyes": {"on"},
	}))
	wantText(t, page, ".notice.good", "saved")
	if got := page.Find("#reply_to").AttrOr("value", ""); got != "Desk@Example.org" {
		t.Errorf("the page shows the address %q", got)
	}
	if !page.Find("#four_eyes").Is("[checked]") {
		t.Error("the box of the second organiser is not ticked")
	}
	e, err := h.app.Events.Find(t.Context(), "autumn")
	if err != nil || e.ReplyTo != "Desk@Example.org" || e.SurveyLink != "https://survey.example.org/autumn?of=1" || !e.FourEyes {
		t.Errorf("kept: %+v, %v", e.Settings(), err)
	}
	if trail, err := audit.Of(t.Context(), h.app.DB, "event/"+e.ID); err != nil || trail[0].Action != "event.change" || trail[0].Actor.Name != "Organiser" {
		t.Errorf("the trail says %+v, %v", trail, err)
	}

	// The next letter asks for answers there.
	d := h.person("Amina Yusuf")
	page1, err := h.app.Outbox.Letters(t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil || len(page1.Items) == 0 {
		t.Fatal("no letter", err)
	}
	m, err := h.app.Composer.Compose(t.Context(), page1.Items[0], outbox.ForReading)
	if err != nil || m.ReplyTo.Email != "Desk@Example.org" {
		t.Errorf("answers go to %q, %v", m.ReplyTo.Email, err)
	}

	page = b.follow(b.submit(b.open(settingsPath), settingsForm, url.Values{"reply_to": {""}, "survey_link": {""}}))
	if page.Find("#four_eyes").Is("[checked]") || page.Find("#reply_to").AttrOr("value", "") != "" {
		t.Error("what was cleared is still there")
	}
}

func TestSettingsThatAreWrong(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	a := b.submit(b.open(settingsPath), settingsForm, url.Values{"reply_to": {"the desk"}, "survey_link": {"http://survey.example.org"}, "four_eyes": {"on"}})
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("answered with %s", a.Status)
	}
	page := a.doc()
	wantText(t, page, "#reply_to-error", "Enter an e-mail address")
	wantText(t, page, "#survey_link-error", "https://")
	if got := page.Find("#reply_to").AttrOr("value", ""); got != "the desk" || !page.Find("#four_eyes").Is("[checked]") {
		t.Errorf("what was typed is lost: %q", got)
	}
	if e, err := h.app.Events.Find(t.Context(), "autumn"); err != nil || e.Settings() != h.event.Settings() {
		t.Errorf("kept: %+v, %v", e.Settings(), err)
	}
}

// A rule's plan follows the event, also in the desk's calendar of what will go out.
func TestTheEventIsMovedWithItsRules(t *testing.T) {
	h := open(t)
	h.invent(2)
	r := h.addRule()
	b := h.as(account.Organiser)
	wantText(t, b.open(rulesPage+"/"+r.ID), "main", "27 Sep, 18:00 2 people To come")

	const form = `form[action$="/move"]`
	a := b.submit(b.open(settingsPath), form, url.Values{"starts": {"2020-01-01"}})
	wantText(t, a.doc(), "#starts-error", "still to come")
	if got := a.doc().Find("#starts").AttrOr("value", ""); got != "2020-01-01" {
		t.Errorf("what was typed is lost: %q", got)
	}
	page := b.follow(b.submit(b.open(settingsPath), form, url.Values{"starts": {"2026-10-12"}}))
	wantText(t, page, ".notice.good, .flash", "The event is on 12 October 2026 now.")
	wantText(t, b.open(rulesPage+"/"+r.ID), "main", "11 Oct, 18:00 2 people To come")
	wantText(t, b.open(rulesPage), "main", "Sunday 11 October 2026")
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail", "Event moved to other days: The conference of autumn · 28 September 2026 → 12 October 2026 Organiser")

	h.now = h.now.AddDate(0, 1, 0)
	b = h.as(account.Organiser)
	if n := b.open(settingsPath).Find(form).Length(); n != 0 {
		t.Error("an event that has begun can be moved")
	}
}

func TestPlacesAreLimited(t *testing.T) {
	h := open(t)
	h.invent(3)
	b := h.as(account.Organiser)
	const form = `form[action$="/places"]`
	a := b.submit(b.open(settingsPath), form, url.Values{"capacity": {"many"}, "offer_hours": {"1000"}})
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("answered with %s", a.Status)
	}
	wantText(t, a.doc(), "#capacity-error", "from 1 to 1")
	wantText(t, a.doc(), "#offer_hours-error", "from 1 to 720")
	if got := a.doc().Find("#capacity").AttrOr("value", ""); got != "many" {
		t.Errorf("what was typed is lost: %q", got)
	}

	page := b.follow(b.submit(b.open(settingsPath), form, url.Values{"capacity": {"3"}, "offer_hours": {"12"}}))
	for id, want := range map[string]string{"#capacity": "3", "#offer_hours": "12"} {
		if got := page.Find(id).AttrOr("value", ""); got != want {
			t.Errorf("%s shows %q; want %q", id, got, want)
		}
	}
	d := h.person("Amina Yusuf")
	wantText(t, b.follow(b.submit(b.open("/desk/e/autumn/delegates/"+d.ID), `form[action$="/approve"]`, nil)), ".notice", "every place is taken")
	if d = h.get(d.ID); d.State != delegate.Waiting {
		t.Errorf("beyond the limit she is %s", d.State)
	}
	wantText(t, b.open("/desk/e/autumn"), ".tiles", "Places taken 3 of 3 1 waits")
	wantText(t, b.open("/desk/e/autumn/delegates?state=waiting"), "tbody", "Amina Yusuf")
	shown := b.open("/desk/e/autumn/delegates/" + d.ID)
	a = b.submit(shown, `form[action$="/approve"]`, nil)
	wantText(t, b.follow(a), ".notice.bad", "Every place is taken.")

	b.follow(b.submit(b.open(settingsPath), form, url.Values{"capacity": {""}}))
	if e, err := h.app.Events.Find(t.Context(), "autumn"); err != nil || e.Registration.Capacity != 0 {
		t.Errorf("without limits: %+v, %v", e.Registration, err)
	}
}
