package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/delegate"
)

// Codes are found by nobody who tries: after so many wrong ones no more are looked at,
// and not even the right one. All that was typed stays in the form.
func TestCodesCannotBeTried(t *testing.T) {
	h := newHouse(t)
	i, err := h.app.Delegates.MakeInvitation(t.Context(), h.event, delegate.TypedInvitation{Category: "minister"})
	if err != nil {
		t.Fatal(err)
	}
	try := func(code string) (int, *goquery.Document) {
		t.Helper()
		answer, body := h.get("/e/rehearsal/register", "")
		cookie := strings.SplitN(answer.Header.Get("Set-Cookie"), ";", 2)[0]
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		form := url.Values{"do": {"code"}, "code": {code}, "name": {"Zuhura <b>"}, "_csrf": {doc.Find("main input[name=_csrf]").AttrOr("value", "")}}
		r := httptest.NewRequest(http.MethodPost, "/e/rehearsal/register", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		res, err := h.kit.App.Test(r, 60_000)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if doc, err = goquery.NewDocumentFromReader(res.Body); err != nil {
			t.Fatal(err)
		}
		if name := doc.Find("#name").AttrOr("value", ""); name != "Zuhura <b>" {
			t.Errorf("the name that was typed is now %q", name)
		}
		return res.StatusCode, doc
	}
	right := h.app.Delegates.InvitationCode(i)
	const allowed = 3
	h.app.Config.Limits.CodePerAddress.Count = allowed
	for range allowed { // right ones do not count
		if status, doc := try(right); status != http.StatusOK || doc.Find("input[name=invitation]").Length() != 1 {
			t.Fatalf("the right code: %d", status)
		}
	}
	for range allowed {
		if status, doc := try("KKKK-KKKK-KKKK"); status != http.StatusUnprocessableEntity || doc.Find("#code-error").Length() != 1 {
			t.Fatalf("a wrong code: %d", status)
		}
	}
	if status, doc := try(right); status != http.StatusTooManyRequests || doc.Find("input[name=invitation]").Length() != 0 {
		t.Errorf("after so many: %d", status)
	}
}
