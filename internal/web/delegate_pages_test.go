package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/event"
)

// form sends a form as a browser does: the page first, for its cookie and token.
func (h *house) form(page, action string, values url.Values) (*http.Response, string) {
	h.t.Helper()
	answer, body := h.get(page, "")
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	values.Set("_csrf", doc.Find("input[name=_csrf]").First().AttrOr("value", ""))
	r := httptest.NewRequest(http.MethodPost, action, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range answer.Cookies() {
		r.AddCookie(c)
	}
	answer, err = h.kit.App.Test(r, 60_000)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	sent, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer, string(sent)
}

func typed(name, email string) url.Values {
	return url.Values{
		"name": {name}, "organisation": {"Somewhere"}, "email": {email}, "language": {"fr"}, "country": {"KE"},
		"category": {"academia"}, "consent": {"on"},
	}
}

const registerPath = "/e/rehearsal/register"

func TestFaultsKeepWhatWasTyped(t *testing.T) {
	h := newHouse(t)
	values := typed(`Nadia "<b>" Okafor`, "not an address")
	values.Del("consent")
	answer, body := h.form(registerPath, registerPath, values)
	if answer.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("status %d", answer.StatusCode)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for selector, want := range map[string]string{
		"#name": `Nadia "<b>" Okafor`, "#email": "not an address", "#organisation": "Somewhere",
	} {
		if got := doc.Find(selector).AttrOr("value", ""); got != want {
			t.Errorf("%s holds %q; want %q", selector, got, want)
		}
	}
	if doc.Find("#email-error, #consent-error").Length() != 2 || doc.Find(".error-summary li").Length() != 2 {
		t.Error("two faults should stand beside their fields and in the summary")
	}
	if v, _ := doc.Find("#country option[selected]").Attr("value"); v != "KE" {
		t.Errorf("the chosen country is %q", v)
	}
}

// The summary of faults leads to each field, in the order in which they stand.
func TestFaultsAreToldInTheOrderOfThePage(t *testing.T) {
	h := newHouse(t)
	h.ask()
	for _, path := range []string{registerPath, registerPath + "/group"} {
		_, body := h.form(path, path, url.Values{"behalf": {"on"}, "language": {"xx"}, "email-2": {"nobody"}})
		before, faults := -1, parsed(t, body).Find(".error-summary li a")
		if faults.Length() < 8 {
			t.Errorf("%s: %d faults are told", path, faults.Length())
		}
		faults.Each(func(_ int, a *goquery.Selection) {
			field := strings.TrimPrefix(a.AttrOr("href", ""), "#")
			at := strings.Index(body, `id="`+field+`"`)
			if at <= before {
				t.Errorf("%s: %s stands at %d, behind one at %d", path, field, at, before)
			}
			before = at
		})
	}
}

// TestNobodyLearnsWhoIsRegistered compares what a new and a known address get.
func TestNobodyLearnsWhoIsRegistered(t *testing.T) {
	h := newHouse(t)
	known, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{State: delegate.Confirmed}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{registerPath, registerPath + "/link"} {
		fresh, freshBody := h.form(path, path, typed("Nadia Okafor", "nadia@example.org"))
		again, againBody := h.form(path, path, typed("Nadia Okafor", known.Items[0].Email))
		if fresh.StatusCode != http.StatusSeeOther || again.StatusCode != fresh.StatusCode ||
			again.Header.Get("Location") != fresh.Header.Get("Location") || againBody != freshBody {
			t.Errorf("%s: a new address gets %d %s, a known one %d %s", path,
				fresh.StatusCode, fresh.Header.Get("Location"), again.StatusCode, again.Header.Get("Location"))
		}
	}
}

func TestRegisteringTooOftenKeepsWhatWasTyped(t *testing.T) {
	h := newHouse(t)
	last := 0
	var body string
	for range h.app.Config.Limits.RegisterPerEmail.Count + 1 {
		var answer *http.Response
		answer, body = h.form(registerPath, registerPath, typed("Nadia Okafor", "nadia@example.org"))
		last = answer.StatusCode
	}
	if last != http.StatusTooManyRequests || !strings.Contains(body, `value="Nadia Okafor"`) {
		t.Errorf("one too many: status %d", last)
	}
}

func TestVerifyLinkIsUsedByTheButtonAlone(t *testing.T) {
	h := newHouse(t)
	if err := h.app.Delegates.Register(t.Context(), h.event, apptest.Form("Nadia Okafor", "nadia@example.org")); err != nil {
		t.Fatal(err)
	}
	found, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{Text: "nadia"}, "", 1)
	if err != nil || len(found.Items) != 1 {
		t.Fatal(err)
	}
	d := found.Items[0]
	verify := "/verify/" + h.app.Delegates.VerifyToken(d, d.VerifySerial)
	for range 3 { // programs that look at links before their reader does
		if answer, _ := h.get(verify, ""); answer.StatusCode != http.StatusOK || answer.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("looking at the link: %d", answer.StatusCode)
		}
	}
	answer, _ := h.form(verify, verify, url.Values{})
	if own := "/r/" + h.app.Delegates.ManageToken(d); answer.Header.Get("Location") != own {
		t.Errorf("the button leads to %q; want %q", answer.Header.Get("Location"), own)
	}
	used, body := h.get(verify, "")
	if used.StatusCode != http.StatusGone || !strings.Contains(body, "/register/link") {
		t.Errorf("the used link: %d; want it gone, with a way on", used.StatusCode)
	}
	twice, _ := h.form("/e/rehearsal/register", verify, url.Values{})
	if twice.Header.Get("Location") != answer.Header.Get("Location") {
		t.Errorf("who presses the button twice is told %s", twice.Status)
	}
	h.clock.Add(time.Minute)
	if answer, _ := h.form("/e/rehearsal/register", verify, url.Values{}); answer.StatusCode != http.StatusGone {
		t.Errorf("the link works twice: %s", answer.Status)
	}
}

func TestOwnPageSpeaksTheDelegatesLanguage(t *testing.T) {
	h := newHouse(t)
	form := apptest.Form("Nadia Okafor", "nadia@example.org")
	form.Language = "fr"
	if err := h.app.Delegates.Register(t.Context(), h.event, form); err != nil {
		t.Fatal(err)
	}
	found, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{Text: "nadia"}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	own := "/r/" + h.app.Delegates.ManageToken(found.Items[0])
	for path, lang := range map[string]string{own: "fr", own + "?lang=es": "es"} {
		if _, body := h.get(path, ""); !strings.Contains(body, `<html lang="`+lang+`"`) {
			t.Errorf("%s is not in %s", strings.TrimPrefix(path, own), lang)
		}
	}
}

func TestChangeAndCancelOnesOwn(t *testing.T) {
	h := newHouse(t)
	found, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{State: delegate.Confirmed}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	d := found.Items[0]
	own := "/r/" + h.app.Delegates.ManageToken(d)
	values := typed("Renamed Person", "other@example.org")
	values.Set("language", "en")
	values.Set("time_zone", "Africa/Nairobi")
	if answer, _ := h.form(own+"/edit", own+"/edit", values); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("changing: %d", answer.StatusCode)
	}
	if got, _ := h.app.Delegates.Get(t.Context(), d.ID); got.Name != "Renamed Person" || got.Email != d.Email || got.Category != d.Category {
		t.Errorf("after the change: %s, %s, %s", got.Name, got.Email, got.Category)
	}
	if _, body := h.get(own+"/edit", ""); !strings.Contains(body, `value="Africa/Nairobi"`) {
		t.Error("the form of a change has lost the time zone")
	}
	if answer, _ := h.form(own+"/cancel", own+"/cancel", url.Values{"reason": {strings.Repeat("x", 5000)}}); answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an endless reason: %d", answer.StatusCode)
	}
	if answer, _ := h.form(own+"/cancel", own+"/cancel", url.Values{"reason": {"ill"}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("cancelling: %d", answer.StatusCode)
	}
	if got, _ := h.app.Delegates.Get(t.Context(), d.ID); got.State != delegate.Withdrawn || got.Badge != "" {
		t.Errorf("after cancelling: %s with badge %q", got.State, got.Badge)
	}
	if answer, _ := h.get(own+"/badge", ""); answer.Header.Get("Location") != own {
		t.Errorf("the badge of a cancelled registration: %d", answer.StatusCode)
	}
}

// The organisers change a registration while its owner has the form open: what each
// has changed alone stays, and the owner is told where both have changed the same.
func TestOnesOwnFormAgainstTheDesk(t *testing.T) {
	h := newHouse(t)
	d := h.confirmed(1)[0]
	own := "/r/" + h.app.Delegates.ManageToken(d) + "/edit"
	began := h.page(own).Find(`input[name="began"]`).AttrOr("value", "")
	theirs := delegate.FormOf(d)
	theirs.JobTitle, theirs.Organisation = "Mayor", "City Hall"
	if _, err := h.app.Delegates.Edit(t.Context(), d.ID, delegate.FormOf(d), theirs); err != nil {
		t.Fatal(err)
	}
	mine := url.Values{
		"name": {d.Name}, "latin_name": {d.LatinName}, "organisation": {d.Organisation}, "job_title": {"Deputy"}, "city": {d.City},
		"country": {d.Country}, "language": {d.Language}, "needs": {"A quiet room"}, "began": {began},
	}
	answer, body := h.form(own, own, mine)
	if answer.StatusCode != http.StatusConflict || !strings.Contains(body, "Meanwhile this was changed to “Mayor”") || !strings.Contains(body, `value="Deputy"`) {
		t.Fatalf("%s", answer.Status)
	}
	shown, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"organisation", "began"} {
		mine.Set(name, shown.Find(`[name="`+name+`"]`).AttrOr("value", ""))
	}
	if answer, _ := h.form(own, own, mine); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("once more: %s", answer.Status)
	}
	if d, err = h.app.Delegates.Get(t.Context(), d.ID); err != nil || d.JobTitle != "Deputy" || d.Organisation != "City Hall" || d.Needs != "A quiet room" {
		t.Errorf("%q at %q, %q, %v", d.JobTitle, d.Organisation, d.Needs, err)
	}
}

// A button that was on a page before the organisers decided leads back to the own page,
// which says what could not be done any more and how things stand.
func TestButtonsThatArePressedTooLate(t *testing.T) {
	h := newHouse(t)
	h.publish(event.ListedForAll)
	d := h.confirmed(1)[0]
	own := "/r/" + h.app.Delegates.ManageToken(d)
	if _, err := h.app.Delegates.Decline(t.Context(), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	for path, sent := range map[string]url.Values{"/visa": {}, "/transfer/recall": {}, "/listing": {"listed_public": {"on"}}} {
		answer, _ := h.form(own+"/erase", own+path, sent)
		if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != own || h.after(answer).Find(".flash.bad").Length() != 1 {
			t.Errorf("%s: %s", path, answer.Status)
		}
	}
}
