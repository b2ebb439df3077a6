package kit_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"convene/internal/web/kit"
)

// formSite has /form, which shows a token, and takes what is sent to it.
func formSite(t *testing.T, change ...func(*kit.Options)) *site {
	s := newSite(t, change...)
	s.App.Get("/form", func(c *fiber.Ctx) error {
		token, err := kit.NewFrame(c, "Form").CSRF()
		if err != nil {
			return err
		}
		return c.SendString(`name="_csrf" value="` + token + `"`)
	})
	s.App.All("/form", func(c *fiber.Ctx) error { return c.SendString("taken " + c.FormValue("name")) })
	return s
}

// token fetches a page with a form and returns its token.
func (s *site) token() string {
	s.t.Helper()
	m := tokenField.FindStringSubmatch(s.get("/form").body)
	if m == nil {
		s.t.Fatal("the form has no token")
	}
	return m[1]
}

// withToken gives the request the header of a script on one of our pages.
func withToken(s *site, req *http.Request) *http.Request {
	s.App.Get("/token", func(c *fiber.Ctx) error {
		token, err := kit.NewFrame(c, "").CSRF()
		if err != nil {
			return err
		}
		return c.SendString(token)
	})
	req.Header.Set("X-CSRF-Token", s.get("/token").body)
	return req
}

func TestCSRF(t *testing.T) {
	s := formSite(t)
	token := s.token()
	stranger := formSite(t)
	tests := []struct {
		name    string
		token   string
		headers []string
		status  int
	}{
		{"no token", "", nil, 403},
		{"garbage", "garbage", nil, 403},
		{"another cookie's token", stranger.token(), nil, 403},
		{"right", token, nil, 200},
		{"right, from our page", token, []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://example.org"}, 200},
		{"right, from our page by an old browser", token, []string{"Origin", "http://example.org"}, 200},
		{"from another site", token, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"from another host of ours", token, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"from another origin", token, []string{"Origin", "https://example.com"}, 403},
		{"from nowhere", token, []string{"Origin", "null"}, 403},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			a := s.post("/form", url.Values{"_csrf": {tc.token}, "name": {"Amina"}}, tc.headers...)
			if a.StatusCode != tc.status {
				t.Errorf("status %d, want %d: %s", a.StatusCode, tc.status, a.body)
			}
		})
	}
}

func TestCSRFWithoutCookie(t *testing.T) {
	s := formSite(t)
	token := s.token()
	clear(s.cookies)
	a := s.post("/form", url.Values{"_csrf": {token}})
	if a.StatusCode != 403 {
		t.Errorf("status %d, want 403", a.StatusCode)
	}
	a.wants(t, "reload")
}

func TestCSRFMethods(t *testing.T) {
	s := formSite(t)
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if a := s.do(request(method, "/form", nil)); a.StatusCode != 403 {
			t.Errorf("%s: status %d, want 403", method, a.StatusCode)
		}
		if a := s.do(withToken(s, request(method, "/form", nil))); a.StatusCode != 200 {
			t.Errorf("%s with the header: status %d, want 200", method, a.StatusCode)
		}
	}
}

func TestCSRFTokensDiffer(t *testing.T) {
	s := formSite(t)
	first, second := s.token(), s.token()
	if first == second {
		t.Error("two tokens are alike")
	}
	if a := s.post("/form", url.Values{"_csrf": {first}}); a.StatusCode != 200 {
		t.Errorf("the first token no longer serves: %d", a.StatusCode)
	}
}

func TestForgedFormKeepsWhatWasTyped(t *testing.T) {
	s := formSite(t)
	form := url.Values{"_csrf": {"stale"}, "name": {`Amina "A" <b>`}}
	a := s.post("/form", form, "Sec-Fetch-Site", "same-origin")
	if a.StatusCode != 403 {
		t.Fatalf("status %d", a.StatusCode)
	}
	a.wants(t, `name="name" value="Amina &#34;A&#34; &lt;b&gt;"`, `action="/form"`, "Send it again")
	form.Set("_csrf", tokenField.FindStringSubmatch(a.body)[1])
	if a := s.post("/form", form, "Sec-Fetch-Site", "same-origin"); a.StatusCode != 200 {
		t.Errorf("sent again: status %d", a.StatusCode)
	}

	for name, a := range map[string]answer{
		"another site": s.post("/form", form, "Sec-Fetch-Site", "cross-site"),
		"a password":   s.post("/form", url.Values{"password": {"hidden horse"}}, "Sec-Fetch-Site", "same-origin"),
	} {
		if strings.Contains(a.body, "<form") || strings.Contains(a.body, "hidden horse") {
			t.Errorf("%s: the form is offered again", name)
		}
	}
	if a := s.post("/form", url.Values{}, "Accept", "application/json"); !strings.Contains(a.body, `"kind":"forged"`) {
		t.Errorf("JSON: %s", a.body)
	}
}
