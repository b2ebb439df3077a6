package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"convene/config"
	"convene/internal/account"
)

func (b *browser) signIn(email, password, next string) answer {
	b.t.Helper()
	page := b.open("/sign-in?next=" + url.QueryEscape(next))
	return b.submit(page, ".signin form", url.Values{"email": {email}, "password": {password}})
}

func TestSignIn(t *testing.T) {
	h := open(t)
	for _, test := range []struct {
		role       account.Role
		next, want string
	}{
		{account.Administrator, "", "/desk"},
		{account.Organiser, "", "/desk"},
		{account.Organiser, "/desk/e/autumn/delegates?q=a", "/desk/e/autumn/delegates?q=a"},
		{account.Organiser, "/door/e/autumn", "/door/e/autumn"},
		{account.Organiser, "//evil.example", "/desk"},
		{account.Organiser, "https://evil.example/", "/desk"},
		{account.Door, "", "/door"},
		{account.Door, "/desk/jobs", "/door"},
		{account.Door, "/door/e/autumn", "/door/e/autumn"},
	} {
		b := h.browser()
		a := b.signIn(h.member(test.role).Email, password, test.next)
		if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != test.want {
			t.Errorf("%s, next %q: %s to %q, want %q", test.role, test.next, a.Status, a.Header.Get("Location"), test.want)
		}
		if b.cookies["convene_session"] == "" {
			t.Errorf("%s has no session", test.role)
		}
	}
}

func TestSignInWrong(t *testing.T) {
	h := open(t)
	h.member(account.Organiser)
	var bodies []string
	for _, email := range []string{"organiser@example.org", "nobody@example.org"} {
		b := h.browser()
		a := b.signIn(email, "a wrong password", "/desk/jobs")
		if a.StatusCode != http.StatusUnauthorized || b.cookies["convene_session"] != "" {
			t.Fatalf("%s: %s", email, a.Status)
		}
		page := a.doc()
		wantText(t, page, ".error-summary", "not right")
		bodies = append(bodies, text(page.Find(".error-summary")))
		if got := page.Find("#email").AttrOr("value", ""); got != email {
			t.Errorf("the typed address is lost: %q", got)
		}
		if got := page.Find("#password").AttrOr("value", ""); got != "" {
			t.Error("the password is sent back")
		}
		if got := page.Find("input[name=next]").AttrOr("value", ""); got != "/desk/jobs" {
			t.Errorf("next is lost: %q", got)
		}
	}
	if bodies[0] != bodies[1] {
		t.Errorf("a known address is answered %q, an unknown one %q", bodies[0], bodies[1])
	}
	a := h.browser().signIn("", "", "")
	if n := a.doc().Find(".field.invalid").Length(); a.StatusCode != http.StatusUnprocessableEntity || n != 2 {
		t.Errorf("nothing typed: %s, %d fields marked", a.Status, n)
	}
}

func TestSignInLimited(t *testing.T) {
	h := open(t, func(c *config.Config) { c.Limits.SignInPerEmail.Count = 2 })
	h.member(account.Organiser)
	h.member(account.Door)
	for range 2 {
		if a := h.browser().signIn("organiser@example.org", "wrong", ""); a.StatusCode != http.StatusUnauthorized {
			t.Fatal(a.Status)
		}
	}
	a := h.browser().signIn("Organiser@example.org", password, "")
	if a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
		t.Errorf("the third try: %s", a.Status)
	}
	if a := h.browser().signIn("door@example.org", password, ""); a.StatusCode != http.StatusSeeOther {
		t.Errorf("another address: %s", a.Status)
	}

	h = open(t, func(c *config.Config) { c.Limits.SignInPerAddress.Count = 1 })
	h.browser().signIn("organiser@example.org", "wrong", "")
	if a := h.browser().signIn("door@example.org", password, ""); a.StatusCode != http.StatusTooManyRequests {
		t.Errorf("from the same network address: %s", a.Status)
	}
}

func TestSignInWithoutToken(t *testing.T) {
	h := open(t)
	a := h.browser().send(http.MethodPost, "/sign-in", url.Values{"email": {"organiser@example.org"}, "password": {password}})
	if a.StatusCode != http.StatusForbidden {
		t.Errorf("%s", a.Status)
	}
}

func TestSignInAsSomebodyElse(t *testing.T) {
	h := open(t)
	h.member(account.Organiser)
	b := h.as(account.Door)
	old := b.cookies["convene_session"]
	wantText(t, b.open("/sign-in"), ".signin .notice", "Door")
	if a := b.signIn("organiser@example.org", password, ""); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.Status)
	}
	if now := b.cookies["convene_session"]; now == old || now == "" {
		t.Error("the session is the old one")
	}
	if _, err := h.app.Accounts.Authenticate(t.Context(), old); err == nil {
		t.Error("the old session still holds")
	}
	b.open("/desk")
}

func TestSignOut(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	a := b.submit(b.open("/desk"), "form[action='/sign-out']", nil)
	wantText(t, b.follow(a), ".flash", "signed out")
	if a := b.send(http.MethodGet, "/desk", nil); !strings.HasPrefix(a.Header.Get("Location"), "/sign-in") {
		t.Errorf("the desk afterwards: %s", a.Status)
	}
}
