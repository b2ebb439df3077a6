package web_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/xuri/excelize/v2"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/feed"
	"convene/internal/outbox"
	"convene/internal/store"
)

// post sends values as they are, as whoever the cookies are of. headers are names and
// values in turn.
func (h *house) post(path string, values url.Values, cookie string, headers ...string) (*http.Response, string) {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", cookie)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
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

// proved fetches a page for its token and adds the token to the values; it returns
// the cookies that go with it.
func (h *house) proved(page, cookie string, values url.Values) string {
	h.t.Helper()
	answer, body := h.get(page, cookie)
	for _, c := range answer.Cookies() {
		cookie += "; " + c.Name + "=" + c.Value
	}
	values.Set("_csrf", parsed(h.t, body).Find("input[name=_csrf]").First().AttrOr("value", ""))
	return strings.TrimPrefix(cookie, "; ")
}

func parsed(t *testing.T, body string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func (h *house) found(email string) delegate.Delegate {
	h.t.Helper()
	page, err := h.app.Delegates.Find(h.t.Context(), h.event.ID, delegate.Filter{Text: email}, "", 1)
	if err != nil || len(page.Items) != 1 {
		h.t.Fatalf("%d under the address, %v", len(page.Items), err)
	}
	return page.Items[0]
}

// Nothing that was typed is lost when the proof of a form is gone, registration
// closes, or a session ends.
func TestFormsThatWereOpenTooLong(t *testing.T) {
	h := newHouse(t)
	values := typed("Nadia Okafor", "nadia@example.org")
	kept := func(what, body string) *goquery.Document {
		t.Helper()
		doc := parsed(t, body)
		if got := doc.Find("#name").AttrOr("value", ""); got != "Nadia Okafor" {
			t.Errorf("%s: the form holds the name %q", what, got)
		}
		if got, _ := doc.Find("#country option[selected]").Attr("value"); got != "KE" || doc.Find("[name=category][value=academia][checked]").Length() != 1 {
			t.Errorf("%s: what was chosen is lost", what)
		}
		return doc
	}
	values.Set("_csrf", "old")
	answer, body := h.post(registerPath, values, "")
	doc := kept("without proof", body)
	if answer.StatusCode != http.StatusForbidden || doc.Find(".error-summary").Length() != 1 {
		t.Errorf("without proof: %d", answer.StatusCode)
	}
	if _, body := h.post(registerPath, values, "", "Sec-Fetch-Site", "cross-site"); strings.Contains(body, "Nadia") {
		t.Error("another site fills in our form")
	}
	if n, err := h.app.Delegates.Count(t.Context(), h.event.ID, delegate.Filter{Text: "nadia@example.org"}); n != 0 || err != nil {
		t.Fatalf("a form without proof was taken: %d, %v", n, err)
	}

	cookie := h.proved(registerPath, "", values)
	at := h.clock.Now()
	h.clock.Set(h.event.Registration.Closes)
	answer, body = h.post(registerPath, values, cookie)
	doc = kept("after closing", body)
	if answer.StatusCode != http.StatusGone || doc.Find("main .notice.wait").Length() == 0 || doc.Find("form .actions .primary").Length() != 0 {
		t.Errorf("after closing: %d", answer.StatusCode)
	}
	h.clock.Set(at)
	if answer, _ := h.post(registerPath, values, cookie); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("the same again: %d", answer.StatusCode)
	}

	desk := url.Values{"months": {"7"}, "note": {"what I <b>typed</b>"}}
	cookie = h.proved("/sign-in", "", desk)
	answer, body = h.post("/desk/e/rehearsal/privacy/keep", desk, cookie, "Sec-Fetch-Site", "same-origin")
	doc = parsed(t, body)
	if answer.StatusCode != http.StatusUnauthorized || doc.Find("input[name=note]").AttrOr("value", "") != "what I <b>typed</b>" ||
		doc.Find("form[action='/desk/e/rehearsal/privacy/keep']").Length() != 1 || doc.Find("a[href='/sign-in'][target=_blank]").Length() != 1 {
		t.Errorf("signed out meanwhile: %d", answer.StatusCode)
	}
}

// People agree to what they were shown, and that very text can be read later.
func TestConsentIsToWhatWasShown(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	agreed := func(body string) string { return parsed(t, body).Find("input[name=agreed]").AttrOr("value", "") }
	save := func(lang, text string, seen int) {
		t.Helper()
		if _, err := h.app.Consents.Save(ctx, h.event, lang, text, seen); err != nil {
			t.Fatal(err)
		}
	}
	_, body := h.get(registerPath, "")
	program := agreed(body)
	save("en", "We keep the first text.", 0)
	values := typed("Nadia Okafor", "nadia@example.org")
	values.Set("agreed", program)
	answer, body := h.form(registerPath, registerPath, values)
	doc := parsed(t, body)
	if answer.StatusCode != http.StatusUnprocessableEntity || doc.Find("#consent-error").Length() != 1 || doc.Find("#name").AttrOr("value", "") != "Nadia Okafor" {
		t.Fatalf("agreed to what holds no more: %d", answer.StatusCode)
	}
	if !strings.Contains(doc.Find("main form").Text(), "the first text") || agreed(body) == program {
		t.Error("the text that holds now is not shown")
	}
	values.Set("agreed", agreed(body))
	if answer, _ := h.form(registerPath, registerPath, values); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("agreed to what holds: %d", answer.StatusCode)
	}
	save("en", "Another <text>.", 1) // before the address is proved
	d := h.found("nadia@example.org")
	d, err := h.app.Delegates.Verify(ctx, h.app.Delegates.VerifyToken(d, d.VerifySerial))
	if err != nil || d.Consent.Language != "en" || d.Consent.At.IsZero() {
		t.Fatalf("consent %+v, %v", d.Consent, err)
	}
	own := "/r/" + h.app.Delegates.ManageToken(d)
	if _, body := h.get(own+"/consent", ""); !strings.Contains(body, "We keep the first text.") {
		t.Error("the delegate reads another text")
	}
	desk := h.signIn("organiser@example.org")
	_, body = h.get("/desk/e/rehearsal/delegates/"+d.ID, desk)
	href, _ := parsed(t, body).Find("a[href*='/privacy/texts/']").Attr("href")
	if _, body := h.get(href, desk); !strings.Contains(body, "We keep the first text.") {
		t.Errorf("the desk reads another text at %q", href)
	}
	if _, body := h.get("/e/rehearsal/privacy", ""); !strings.Contains(body, "Another &lt;text&gt;.") {
		t.Error("the text that holds now is not public")
	}
	// Two who edit at once: the second is told, and keeps what was typed.
	values = url.Values{"text": {"Mine"}, "seen": {"1"}}
	answer, body = h.post("/desk/e/rehearsal/privacy/en", values, h.proved("/desk/e/rehearsal/privacy/en", desk, values))
	if doc := parsed(t, body); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(doc.Find("#text").Text(), "Mine") {
		t.Errorf("the second editor: %d", answer.StatusCode)
	}
	// A language without a text of its own shows the event's, and says in which language it is.
	if _, body := h.get(registerPath+"?lang=fr", ""); !strings.Contains(body, `lang="en"`) || !strings.Contains(body, "Another &lt;text&gt;.") {
		t.Error("French readers are shown something else than the event's text")
	}
}

// At the door people agree to the event's text, in the language that they read, as it
// is when they are shown it.
func TestConsentAtTheDoor(t *testing.T) {
	h := newHouse(t)
	save := func(lang, text string, seen int) string {
		t.Helper()
		saved, err := h.app.Consents.Save(t.Context(), h.event, lang, text, seen)
		if err != nil {
			t.Fatal(err)
		}
		return saved.ID
	}
	save("en", "We keep little.", 0)
	french := save("fr", "Nous gardons peu.", 0)
	const door = "/door/e/rehearsal/main/walk-in"
	staff := h.signIn("door@example.org")
	values := url.Values{"name": {"Nadia"}, "organisation": {"Press"}, "country": {"FR"}, "category": {"media"}, "email": {"nadia@example.org"}, "language": {"fr"}, "consent": {"on"}}
	shown := func(body string) string {
		t.Helper()
		doc := parsed(t, body)
		values.Set("id", doc.Find("main input[name=id]").AttrOr("value", ""))
		values.Set("agreed-fr", doc.Find("input[name=agreed-fr]").AttrOr("value", ""))
		return doc.Find("main details").Text()
	}
	cookie := h.proved(door, staff, values)
	_, body := h.get(door, cookie)
	if text := shown(body); !strings.Contains(text, "We keep little.") || !strings.Contains(text, "Nous gardons peu.") || values.Get("agreed-fr") != french {
		t.Fatalf("the door shows %q, as %q", text, values.Get("agreed-fr"))
	}
	second := save("fr", "Nous gardons tout.", 1) // while the form stands open
	answer, body := h.post(door, values, cookie)
	if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(shown(body), "Nous gardons tout.") {
		t.Fatalf("with a text that holds no more: %s", answer.Status)
	}
	if answer, body := h.post(door, values, cookie); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", answer.Status, body)
	}
	answer, _ = h.post(door, values, cookie) // the button, pressed twice
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != door+"/"+h.found("nadia@example.org").ID {
		t.Errorf("pressed twice: %s to %q", answer.Status, answer.Header.Get("Location"))
	}
	if got := h.found("nadia@example.org").Consent; got.Version != second || got.Language != "fr" || got.At.IsZero() {
		t.Errorf("they agreed to %+v; want %s", got, second)
	}
}

// A tell-tale name goes through everything that people do, and stands in no log, no
// address that we lead to, and no title.
func TestNoNameInLogsAddressesAndTitles(t *testing.T) {
	var log syncBuffer
	h := newHouse(t, func(o *app.Options) {
		o.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	var seen []string
	look := func(answer *http.Response, body string) {
		t.Helper()
		if answer.StatusCode >= 500 {
			t.Errorf("%s: %d", answer.Request.URL.Path, answer.StatusCode)
		}
		seen = append(seen, answer.Header.Get("Location"), parsed(t, body).Find("title").Text())
	}
	send := func(page, action, cookie string, values url.Values) {
		t.Helper()
		look(h.post(action, values, h.proved(page, cookie, values)))
	}
	visit := func(cookie string, paths ...string) {
		t.Helper()
		for _, path := range paths {
			look(h.get(path, cookie))
		}
	}
	const name, email = "Telltale Zyxwv", "telltale@example.org"
	send(registerPath, registerPath, "", typed(name, "telltale zyxwv")) // refused
	send(registerPath, registerPath, "", typed(name, email))
	send(registerPath+"/link", registerPath+"/link", "", url.Values{"email": {email}})
	look(h.post(registerPath, typed(name, email), "")) // without proof
	h.clock.Add(time.Second)
	d := h.found(email)
	verify := "/verify/" + h.app.Delegates.VerifyToken(d, d.VerifySerial)
	visit("", verify)
	send(verify, verify, "", url.Values{})
	own := "/r/" + h.app.Delegates.ManageToken(d)
	visit("", own, own+"/edit", own+"/privacy", own+"/badge", own+"/letters", own+"/erase", own+"/data.json", "/r/telltale-zyxwv", "/files/zyxwv")
	send(own+"/edit", own+"/edit", "", typed(name+" again", email))

	desk := h.signIn("organiser@example.org")
	person := "/desk/e/rehearsal/delegates/" + d.ID
	visit(desk, "/desk/e/rehearsal/delegates?q=zyxwv", "/desk/e/rehearsal/delegates.csv?q=zyxwv", person, person+"/erase", person+"/data.json",
		"/desk/e/rehearsal/audit", "/desk/e/rehearsal/letters", "/desk/e/rehearsal/delegates?q=zyxwv&after=%21", "/desk/e/rehearsal/delegates/zyxwv")
	_, body := h.get(person, desk)
	steps := parsed(t, body).Find("input[name=seen]").First().AttrOr("value", "")
	send(person, person+"/cancel", desk, url.Values{"seen": {steps}, "reason": {"zyxwv is ill"}})
	send("/desk/e/rehearsal/delegates", "/desk/e/rehearsal/delegates/bulk", desk, url.Values{"do": {"approve"}, "id": {d.ID}})
	if _, err := h.app.Outbox.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(own+"/erase", own+"/erase", "", url.Values{})
	visit("", own, "/e/rehearsal/erased")
	visit(desk, person)
	if _, err := h.app.Outbox.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, text := range append(seen, strings.Split(log.String(), "\n")...) {
		if low := strings.ToLower(text); strings.Contains(low, "telltale") || strings.Contains(low, "zyxwv") {
			t.Errorf("the name stands in %q", text)
		}
	}
	if strings.Count(log.String(), `"msg":"request"`) < 30 {
		t.Error("the log holds too few requests for this to mean anything")
	}
}

// syncBuffer is a buffer for many writers.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Whatever people are called shows as itself, wherever it stands.
func TestHostileNamesShowAsThemselves(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	desk := h.signIn("organiser@example.org")
	for i, tt := range []struct{ typed, shown string }{
		{`<script>alert(1)</script> "quoted" & 'so'`, ""},
		{`{{.Link}} ${x} %s <img src=x onerror=alert(1)>`, ""},
		{"=HYPERLINK(\"http://evil.example.org\",\"x\")", ""},
		{"@SUM(A1) +1 -1", ""},
		{"**bold** [x](http://evil.example.org) `y`", ""},
		{"\u202eOlleh\u202c Nam\u200be", "Olleh Name"}, // marks that turn or hide
		{"نادية أوكافور", ""},
		{"👩‍🚀 Valentina 🚀", ""},
		{strings.Repeat("Å", 300), ""},
		{strings.TrimSpace(strings.Repeat("王小明 ", 75)), ""},
		{"Zalgo\u0301\u0301\u0301\u0301 Te\u0308xt", ""},
	} {
		if tt.shown == "" {
			tt.shown = tt.typed
		}
		f := apptest.Form(tt.typed, "hostile"+string(rune('a'+i))+"@example.org")
		f.Organisation = tt.typed
		if err := h.app.Delegates.Register(ctx, h.event, f); err != nil {
			t.Fatalf("%q: %v", tt.typed, err)
		}
		h.clock.Add(time.Second)
		d := h.found(f.Email)
		d, err := h.app.Delegates.Verify(ctx, h.app.Delegates.VerifyToken(d, d.VerifySerial))
		if err != nil {
			t.Fatal(err)
		}
		if d.State == delegate.Awaiting {
			if d, err = h.app.Delegates.Approve(ctx, d.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		want := d.Name
		if tt.shown != tt.typed && want != tt.shown {
			t.Errorf("%q became %q; want %q", tt.typed, want, tt.shown)
		}
		own, person := "/r/"+h.app.Delegates.ManageToken(d), "/desk/e/rehearsal/delegates/"+d.ID
		for path, cookie := range map[string]string{
			own: "", own + "/badge": "", own + "/confirmation": "", own + "/privacy": "", own + "/erase": "", person: desk, person + "/erase": desk,
			"/desk/e/rehearsal/delegates?q=" + url.QueryEscape(f.Email): desk,
		} {
			answer, body := h.get(path, cookie)
			doc := parsed(t, body)
			shows := strings.Contains(doc.Find("main").Text(), want)
			if path == own+"/privacy" || path == own+"/erase" {
				shows = true // they name nobody
			}
			if answer.StatusCode != http.StatusOK || !shows || doc.Find("main script:not([src]), main img[src=x]").Length() > 0 {
				t.Errorf("%q at %.40s: %d, shown %v", want, path, answer.StatusCode, shows)
			}
		}
		if _, body := h.get(own+"/edit", ""); parsed(t, body).Find("#name").AttrOr("value", "") != want {
			t.Errorf("%q is not in its own form", want)
		}
		h.wantInLetter(d, want)
		h.wantInData(own, want)
		at := h.clock.Now()
		h.clock.Set(h.event.FirstDay().Add(10 * time.Hour))
		staff, values := h.signIn("door@example.org"), url.Values{"code": {apptest.Code(t, h.app, d)}}
		_, body := h.post("/door/e/rehearsal/main", values, h.proved("/door/e/rehearsal/main", staff, values))
		if got := parsed(t, body).Find(".verdict-name").Text(); !strings.Contains(got, want) {
			t.Errorf("the door shows %q; want %q", got, want)
		}
		h.clock.Set(at)
		h.wantInTables(desk, f.Email, want)
	}
}

func (h *house) wantInLetter(d delegate.Delegate, want string) {
	h.t.Helper()
	page, err := h.app.Outbox.Letters(h.t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil || len(page.Items) == 0 {
		h.t.Fatal(err)
	}
	for _, l := range page.Items {
		if l.Occasion != delegate.OccasionBadge {
			continue
		}
		m, err := h.app.Composer.Compose(h.t.Context(), l, outbox.ForSending)
		if err != nil {
			h.t.Fatal(err)
		}
		plain := strings.NewReplacer("\u2068", "", "\u2069", "", "\u2067", "", "\u2066", "").Replace
		html := parsed(h.t, m.HTML)
		if !strings.Contains(plain(m.Text), want) || !strings.Contains(plain(html.Find("body").Text()), want) || html.Find("script, img[src=x]").Length() > 0 {
			h.t.Errorf("%q is not itself in the letter", want)
		}
		return
	}
	h.t.Errorf("no letter brought %s a badge", d.State)
}

func (h *house) wantInData(own, want string) {
	h.t.Helper()
	answer, body := h.get(own+"/data.json", "")
	var data struct {
		Content struct {
			Registration struct{ Name string } `json:"registration"`
		} `json:"content"`
	}
	if err := json.Unmarshal([]byte(body), &data); err != nil || data.Content.Registration.Name != want {
		h.t.Errorf("%q is %q in the data, %v", want, data.Content.Registration.Name, err)
	}
	if got := answer.Header.Get("Content-Disposition"); !strings.Contains(got, "rehearsal-data.json") {
		h.t.Errorf("the data is sent as %q", got)
	}
}

// wantInTables looks for the name in what the desk exports: as text, never as a
// formula.
func (h *house) wantInTables(desk, email, want string) {
	h.t.Helper()
	query := "?q=" + url.QueryEscape(email)
	_, body := h.get("/desk/e/rehearsal/delegates.csv"+query, desk)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 2 || !contains(rows[1], feed.Defuse(want)) {
		h.t.Errorf("%q in the CSV: %v, %v", want, rows, err)
	}
	_, body = h.get("/desk/e/rehearsal/delegates.xlsx"+query, desk)
	book, err := excelize.OpenReader(strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	defer book.Close()
	sheet := book.GetSheetName(0)
	cells, err := book.GetRows(sheet)
	if err != nil {
		h.t.Fatal(err)
	}
	for r, row := range cells {
		for c, cell := range row {
			at, err := excelize.CoordinatesToCellName(c+1, r+1)
			if err != nil {
				h.t.Fatal(err)
			}
			if formula, _ := book.GetCellFormula(sheet, at); formula != "" {
				h.t.Errorf("%s of the workbook is the formula %q", at, formula)
			}
			if cell == want {
				return
			}
		}
	}
	h.t.Errorf("%q is not in the workbook", want)
}

// A person erases themselves with one more press, in any state; the desk with a
// reason.
func TestErasing(t *testing.T) {
	h := newHouse(t)
	desk := h.signIn("organiser@example.org")
	if err := h.app.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		h.event.Registration.Approval = true
		h.event, err = h.app.Events.Save(t.Context(), tx, h.event)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	unproved := func(email string) delegate.Delegate {
		t.Helper()
		if err := h.app.Delegates.Register(t.Context(), h.event, apptest.Form("Nadia Okafor", email)); err != nil {
			t.Fatal(err)
		}
		h.clock.Add(time.Second)
		return h.found(email)
	}
	awaiting := unproved("awaiting@example.org")
	awaiting, err := h.app.Delegates.Verify(t.Context(), h.app.Delegates.VerifyToken(awaiting, awaiting.VerifySerial))
	if err != nil || awaiting.State != delegate.Awaiting {
		t.Fatalf("%s, %v", awaiting.State, err)
	}
	declined := h.confirmed(2)
	if declined[1], err = h.app.Delegates.Decline(t.Context(), declined[1].ID, "no"); err != nil {
		t.Fatal(err)
	}
	for _, d := range []delegate.Delegate{unproved("unproved@example.org"), awaiting, declined[0], declined[1]} {
		own := "/r/" + h.app.Delegates.ManageToken(d)
		for range 2 { // the second press of an impatient finger
			values := url.Values{}
			answer, _ := h.post(own+"/erase", values, h.proved("/sign-in", "", values))
			if to := answer.Header.Get("Location"); to != "/e/rehearsal/erased" && answer.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d to %q", d.State, answer.StatusCode, to)
			}
		}
		if answer, _ := h.get(own, ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: the link still answers %d", d.State, answer.StatusCode)
		}
	}
	other := h.confirmed(1)[0]
	path := "/desk/e/rehearsal/delegates/" + other.ID
	values := url.Values{"reason": {" "}}
	cookie := h.proved(path+"/erase", desk, values)
	if answer, body := h.post(path+"/erase", values, cookie); answer.StatusCode != http.StatusUnprocessableEntity || parsed(t, body).Find("#reason-error").Length() != 1 {
		t.Errorf("without a reason: %d", answer.StatusCode)
	}
	values.Set("reason", "asked by telephone")
	if answer, _ := h.post(path+"/erase", values, cookie); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("with one: %d", answer.StatusCode)
	}
	if answer, _ := h.get(path, desk); answer.StatusCode != http.StatusNotFound {
		t.Errorf("the person at the desk: %d", answer.StatusCode)
	}
	if _, body := h.get("/desk/e/rehearsal/audit", desk); !strings.Contains(body, "asked by telephone") {
		t.Error("the reason is not in the trail")
	}
}
