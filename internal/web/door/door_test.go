package door_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/account"
	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/door"
	"convene/internal/event"
	"convene/internal/store"
	"convene/internal/web"
	"convene/internal/web/kit"
	"convene/internal/web/webtest"
)

const password = "a password for tests"

// entrance is the program on the first morning of an event, and a browser's
// cookies at its door.
type entrance struct {
	t     *testing.T
	app   *app.App
	kit   *kit.Kit
	clock *apptest.Clock
	event event.Event
	staff string // session of door staff
}

func newEntrance(t *testing.T) *entrance {
	t.Helper()
	a, clock := apptest.New(t)
	k, err := web.New(a, web.Options{Files: webtest.Files(t)})
	if err != nil {
		t.Fatal(err)
	}
	h := &entrance{t: t, app: a, kit: k, clock: clock, event: apptest.Event(t, a, nil)}
	clock.Set(h.event.FirstDay().Add(9 * time.Hour))
	h.staff = h.session("door@example.org", account.Door)
	return h
}

// session adds a member of staff and signs them in.
func (h *entrance) session(email string, role account.Role) string {
	h.t.Helper()
	if _, err := h.app.Accounts.Add(h.t.Context(), "Staff", email, role, password); err != nil {
		h.t.Fatal(err)
	}
	return h.signIn(email)
}

func (h *entrance) signIn(email string) string {
	h.t.Helper()
	token, _, err := h.app.Accounts.SignIn(h.t.Context(), email, password)
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// guest adds a confirmed delegate and returns the code of the badge.
func (h *entrance) guest(name string) string {
	h.t.Helper()
	var d delegate.Delegate
	err := h.app.DB.Update(h.t.Context(), func(tx *store.Tx) (err error) {
		form := apptest.Form(name, store.NewID()+"@example.org") // a name may have signs that an address cannot
		d, err = h.app.Delegates.Add(h.t.Context(), tx, h.event, form, h.clock.Now())
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return apptest.Code(h.t, h.app, d)
}

func (h *entrance) do(r *http.Request, session string) (*http.Response, string) {
	h.t.Helper()
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "convene_session", Value: session})
	}
	answer, err := h.kit.App.Test(r, 60_000)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer, string(body)
}

func (h *entrance) page(path, session string) (*http.Response, *goquery.Document) {
	h.t.Helper()
	answer, body := h.do(httptest.NewRequest(http.MethodGet, path, nil), session)
	return answer, parse(h.t, body)
}

func parse(t *testing.T, html string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

const gate = "/door/e/iclc-test/main"

// open opens the gate's page and returns what its form sends, and the cookie
// that belongs to it.
func (h *entrance) open() (url.Values, *http.Cookie) {
	h.t.Helper()
	answer, doc := h.page(gate, h.staff)
	form := url.Values{}
	doc.Find("#scan input").Each(func(_ int, s *goquery.Selection) {
		form.Set(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	for _, c := range answer.Cookies() {
		if strings.Contains(c.Name, "csrf") {
			return form, c
		}
	}
	h.t.Fatal("the page sets no cookie for its form")
	return nil, nil
}

// post sends the form to an address with further headers.
func (h *entrance) post(path string, form url.Values, cookie *http.Cookie, session string, headers ...string) (*http.Response, string) {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	return h.do(r, session)
}

// answer is a verdict as devices read it.
type answer struct {
	Verdict, Reason, Word, Name, Category, Why, First, At string
}

// scan sends a code as a device does.
func (h *entrance) scan(gate, id, code string) answer {
	h.t.Helper()
	form, cookie := h.open()
	form.Set("id", id)
	form.Set("code", code)
	got, body := h.post(gate, form, cookie, h.staff, "Accept", "application/json")
	if got.StatusCode != http.StatusOK {
		h.t.Fatalf("status %d: %s", got.StatusCode, body)
	}
	var a answer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		h.t.Fatalf("%v in %s", err, body)
	}
	return a
}

func (h *entrance) recorded(want int) {
	h.t.Helper()
	scans, err := h.app.Door.Latest(h.t.Context(), h.event.ID, "", 100)
	if err != nil || len(scans) != want {
		h.t.Errorf("%d scans on record, %v; want %d", len(scans), err, want)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	h := newEntrance(t)
	other := apptest.Event(t, h.app, func(e *event.Event) { e.Slug, e.Acronym = "other", "other" })
	elsewhere := apptest.Code(t, h.app, apptest.Confirmed(t, h.app, other, "Li Wei"))
	cancelled := apptest.Confirmed(t, h.app, h.event, "Petra Novak")
	petra := apptest.Code(t, h.app, cancelled)
	if _, err := h.app.Delegates.Cancel(t.Context(), cancelled.ID, ""); err != nil {
		t.Fatal(err)
	}
	replaced := apptest.Confirmed(t, h.app, h.event, "Sara Berg")
	sara := apptest.Code(t, h.app, replaced)
	if _, err := h.app.Delegates.Cancel(t.Context(), replaced.ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.app.Delegates.Approve(t.Context(), replaced.ID, ""); err != nil {
		t.Fatal(err)
	}
	amina := h.guest("Amina Haddad")
	opening := h.clock.Now()
	for _, tt := range []struct {
		name, code string
		at         time.Time
		want       answer
	}{
		{"welcome", amina, opening, answer{Verdict: "admit", Reason: "welcome", Word: "Admit", Name: "Amina Haddad", Category: "City executive · Greece", At: "09:00"}},
		{"already in", amina, opening.Add(time.Hour), answer{
			Verdict: "stop", Reason: "already_in", Word: "Stop", Name: "Amina Haddad", Category: "City executive · Greece",
			Why: "This badge was used before.", First: "First scan 09:00 on", At: "10:00",
		}},
		{"welcome back", amina, opening.AddDate(0, 0, 1), answer{Verdict: "admit", Reason: "welcome_back", Word: "Admit", Name: "Amina Haddad", Category: "City executive · Greece", Why: "Let in again on another day", At: "09:00"}},
		{"wrong day", h.guest("Too Late"), opening.AddDate(0, 0, 9), answer{Verdict: "attention", Reason: "wrong_day", Word: "Attention", Name: "Too Late", Category: "City executive · Greece", Why: "The event is not on today.", At: "09:00"}},
		{"not confirmed", petra, opening, answer{
			Verdict: "attention", Reason: "not_confirmed", Word: "Attention", Name: "Petra Novak", Category: "City executive · Greece",
			Why: "The registration is not confirmed.", First: "The registration:", At: "09:00",
		}},
		{"revoked", sara, opening, answer{Verdict: "stop", Reason: "revoked", Word: "Stop", Name: "Sara Berg", Category: "City executive · Greece", Why: "This badge was replaced or withdrawn.", At: "09:00"}},
		{"other event", elsewhere, opening, answer{Verdict: "stop", Reason: "other_event", Word: "Stop", Why: "This badge is for another event.", At: "09:00"}},
		{"forged", forge(amina), opening, answer{Verdict: "stop", Reason: "forged", Word: "Stop", Why: "This code was not issued by us.", At: "09:00"}},
		{"not a badge", "https://example.org", opening, answer{Verdict: "attention", Reason: "not_a_badge", Word: "Attention", Why: "This is not the code of a badge. Scan again.", At: "09:00"}},
	} {
		h.clock.Set(tt.at)
		h.staff = h.signIn("door@example.org") // sessions do not last for days
		got := h.scan(gate, store.NewID(), tt.code)
		if !strings.HasPrefix(got.First, tt.want.First) || (got.First == "") != (tt.want.First == "") {
			t.Errorf("%s: first = %q; want %q", tt.name, got.First, tt.want.First)
		}
		got.First, tt.want.First = "", ""
		if got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
	h.recorded(9)
}

// forge changes one sign in the middle of the signature.
func forge(code string) string {
	b := []byte(code)
	if b[80] = 'A'; code[80] == 'A' {
		b[80] = 'B'
	}
	return string(b)
}

func TestTheSameIDHasTheSameAnswer(t *testing.T) {
	t.Parallel()
	h := newEntrance(t)
	code, id := h.guest("Noor Khan"), store.NewID()
	for range 3 {
		if got := h.scan(gate, id, code); got.Verdict != string(door.Admit) || got.At != "09:00" {
			t.Errorf("got %+v; want the first answer again", got)
		}
		h.clock.Add(time.Minute)
	}
	h.recorded(1)
	if got := h.scan(gate, store.NewID(), code); got.Verdict != string(door.Stop) {
		t.Errorf("a new scan has %+v; want stop", got)
	}
}

// TestAnIDIsOfOneScan: an id that comes again with something else is no repeat.
func TestAnIDIsOfOneScan(t *testing.T) {
	t.Parallel()
	h := newEntrance(t)
	noor, id := h.guest("Noor Khan"), store.NewID()
	h.scan(gate, id, noor)
	if got := h.scan(gate, id, "somebody else's"); got.Reason != string(door.NotABadge) {
		t.Errorf("another code has %+v; want its own answer", got)
	}
	if got := h.scan("/door/e/iclc-test/side", id, noor); got.Reason != string(door.AlreadyIn) {
		t.Errorf("another gate has %+v; want its own answer", got)
	}
	for range 2 {
		h.scan(gate, "an id of my own", "x") // is none, so each is a scan
	}
	h.recorded(5)
}

// TestWithoutScripts posts the form as a browser does, and once more as it does
// when the page is loaded again.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newEntrance(t)
	form, cookie := h.open()
	form.Set("code", h.guest("Jun Park"))
	for range 2 {
		got, body := h.post(gate, form, cookie, h.staff, "Accept", "text/html,*/*;q=0.8")
		doc := parse(t, body)
		shown := doc.Find("main > .verdict")
		if got.StatusCode != http.StatusOK || !shown.HasClass("admit") || shown.Find(".verdict-name").Text() != "Jun Park" {
			t.Fatalf("%d: the page shows %q", got.StatusCode, shown.Text())
		}
		if next := doc.Find("#scan [name=id]").AttrOr("value", ""); len(next) != 36 || next == form.Get("id") {
			t.Errorf("the next scan has the id %q after %q", next, form.Get("id"))
		}
		if got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control = %q", got.Header.Get("Cache-Control"))
		}
	}
	h.recorded(1)
}

func TestFragment(t *testing.T) {
	t.Parallel()
	h := newEntrance(t)
	form, cookie := h.open()
	form.Set("code", h.guest("<b>Ana</b>"))
	_, body := h.post(gate, form, cookie, h.staff, "X-Fragment", "verdict", "Accept", "text/html")
	if !strings.HasPrefix(strings.TrimSpace(body), `<section class="verdict admit"`) || strings.Contains(body, "<b>Ana") {
		t.Errorf("the fragment is %s", body)
	}
	if _, ok := parse(t, body).Find(".actions a").Attr("data-next"); !ok {
		t.Error("the fragment's button does not go on")
	}
}

func TestWhoMayScan(t *testing.T) {
	t.Parallel()
	h := newEntrance(t)
	form, cookie := h.open()
	form.Set("code", h.guest("Ana Ruiz"))
	organiser := h.session("organiser@example.org", account.Organiser)

	if got, _ := h.page(gate, ""); got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/sign-in?next=") {
		t.Errorf("a stranger has %d to %q; want to sign in", got.StatusCode, got.Header.Get("Location"))
	}
	for _, tt := range []struct {
		name, path, session string
		cookie              *http.Cookie
		want                int
	}{
		{"a stranger", gate, "", cookie, http.StatusUnauthorized},
		{"no proof of our page", gate, h.staff, nil, http.StatusForbidden},
		{"no such gate", "/door/e/iclc-test/roof", h.staff, cookie, http.StatusNotFound},
		{"no such event", "/door/e/nothing/main", h.staff, cookie, http.StatusNotFound},
	} {
		if got, _ := h.post(tt.path, form, tt.cookie, tt.session); got.StatusCode != tt.want {
			t.Errorf("%s: status %d; want %d", tt.name, got.StatusCode, tt.want)
		}
	}
	h.recorded(0)
	if got, _ := h.post(gate, form, cookie, organiser); got.StatusCode != http.StatusOK {
		t.Errorf("an organiser: status %d", got.StatusCode)
	}
}

func TestEventWithoutGates(t *testing.T) {
	t.Parallel()
	h := newEntrance(t)
	apptest.Event(t, h.app, func(e *event.Event) { e.Slug, e.Acronym, e.Gates = "open-air", "openair", nil })
	got, doc := h.page("/door/e/open-air", h.staff)
	if got.StatusCode != http.StatusOK || !strings.Contains(doc.Find(".empty").Text(), "Ask an organiser") || doc.Find(".gates").Length() > 0 {
		t.Errorf("%d: the page says %q", got.StatusCode, doc.Find("main").Text())
	}
}
