package web_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"

	"convene/internal/account"
	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audience"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/intake"
	"convene/internal/message"
	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/programme"
	"convene/internal/reminder"
	"convene/internal/seed"
	"convene/internal/statement"
	"convene/internal/store"
	"convene/internal/store/sqlite"
	"convene/internal/web"
	"convene/internal/web/kit"
	"convene/internal/web/webtest"
)

// house is the whole program with seeds, and somebody of each audience.
type house struct {
	t       *testing.T
	app     *app.App
	kit     *kit.Kit
	clock   *apptest.Clock
	event   event.Event
	caught  *catcher.Catcher
	visited map[string]bool // route patterns
}

const password = "a password for tests"

func newHouse(t *testing.T, change ...func(*app.Options)) *house {
	t.Helper()
	caught, err := catcher.Start("127.0.0.1:0", catcher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { caught.Close() })
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "127.0.0.1", Port: caught.Addr().Port, TLS: outbox.NoTLS, Guard: outbox.Reserved,
		From: outbox.Address{Name: "convene", Email: "convene@example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	db := apptest.OpenDB(t, copyOfSeeds(t))
	_, clock := apptest.On(t, db)
	o := app.Options{Clock: clock.Now, Log: slog.New(slog.DiscardHandler), Instance: "test", Sender: sender, Hashing: apptest.Hashing, Messages: apptest.Messages(t)}
	for _, c := range change {
		c(&o)
	}
	a, err := app.New(db, apptest.Config(), o)
	if err != nil {
		t.Fatal(err)
	}
	e, err := a.Events.Find(t.Context(), seed.RehearsalSlug)
	if err != nil {
		t.Fatal(err)
	}
	k, err := web.New(a, web.Options{Mailbox: caught, Files: webtest.Files(t)})
	if err != nil {
		t.Fatal(err)
	}
	return &house{t: t, app: a, kit: k, clock: clock, event: e, caught: caught, visited: map[string]bool{}}
}

// seeds is a database file with all seeds and the staff, made once: seeding each
// house anew would take most of the time that the tests take.
var seeds = sync.OnceValues(func() (file []byte, err error) {
	folder, err := os.MkdirTemp("", "convene-web-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "convene.db")
	if err := makeSeeds(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func makeSeeds(path string) (err error) {
	ctx := context.Background()
	engine, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, engine, app.Schemas()...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }() // which folds the log into the file
	now := func() time.Time { return apptest.Now }
	a, err := app.New(db, apptest.Config(), app.Options{Clock: now, Log: slog.New(slog.DiscardHandler), Hashing: apptest.Hashing})
	if err != nil {
		return err
	}
	s := &seed.Service{DB: db, Clock: now, Events: a.Events, Cities: a.Cities, Programme: a.Programme, Delegates: a.Delegates, Statements: a.Statements}
	if _, err := s.Network(ctx); err != nil {
		return err
	}
	if _, _, err := s.Rehearsal(ctx, seed.RehearsalAhead); err != nil {
		return err
	}
	for email, role := range map[string]account.Role{"organiser@example.org": account.Organiser, "door@example.org": account.Door} {
		if _, err := a.Accounts.Add(ctx, "Staff "+string(role), email, role, password); err != nil {
			return err
		}
	}
	return nil
}

func copyOfSeeds(t *testing.T) string {
	t.Helper()
	file, err := seeds()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "convene.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// get visits a page as whoever the cookie signs in.
func (h *house) get(path, cookie string) (*http.Response, string) {
	h.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	answer, err := h.kit.App.Test(r, 60_000)
	if err != nil {
		h.t.Fatalf("GET %s: %v", path, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer, string(body)
}

// signIn returns the cookie of somebody's session.
func (h *house) signIn(email string) string {
	h.t.Helper()
	token, _, err := h.app.Accounts.SignIn(h.t.Context(), email, password)
	if err != nil {
		h.t.Fatal(err)
	}
	return "convene_session=" + token
}

// visit is a page and who may see it.
type visit struct {
	path   string
	cookie string
	status int // 200 unless set
}

// visits lists every page once, and those worth it in more than one state.
func (h *house) visits() []visit {
	h.t.Helper()
	ctx := h.t.Context()
	if err := h.app.Delegates.Register(ctx, h.event, apptest.Form("Nadia <b>Okafor</b>", "nadia@example.org")); err != nil {
		h.t.Fatal(err)
	}
	fresh, err := h.app.Delegates.Find(ctx, h.event.ID, delegate.Filter{Text: "nadia"}, "", 1)
	if err != nil || len(fresh.Items) != 1 {
		h.t.Fatalf("the new registration: %v, %v", fresh.Items, err)
	}
	confirmed, err := h.app.Delegates.Find(ctx, h.event.ID, delegate.Filter{State: delegate.Confirmed}, "", 2)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.app.Statements.Subscribe(ctx, h.event.ID, "reader@example.org", "fr"); err != nil {
		h.t.Fatal(err)
	}
	if h.event, err = h.app.Events.LetTransfer(ctx, h.event.ID, event.Typed(h.event.Ends)); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.app.Outbox.Deliver(ctx); err != nil {
		h.t.Fatal(err)
	}
	if err := h.app.Jobs.RunNow(ctx, "cleanup"); err != nil {
		h.t.Fatal(err)
	}
	verify := "/verify/" + h.app.Delegates.VerifyToken(fresh.Items[0], fresh.Items[0].VerifySerial)
	own := "/r/" + h.app.Delegates.ManageToken(confirmed.Items[0])
	unconfirmed := "/r/" + h.app.Delegates.ManageToken(fresh.Items[0])
	desk, door := h.signIn("organiser@example.org"), h.signIn("door@example.org")
	delegations := h.delegationVisits(desk)
	choice := "/letters/" + h.app.Preferences.Token(h.informational("reader@example.org"))
	letter, rule := h.aMessage(), "/desk/e/rehearsal/rules/"+h.event.ID+"-week"
	h.publish(event.ListedForAll, event.ListedFields...)
	if _, err := h.app.Delegates.SetListing(ctx, confirmed.Items[0].ID, delegate.Agreement{Participants: true, Public: true, Told: event.ListedFields}); err != nil {
		h.t.Fatal(err)
	}
	tour := h.opened("plenary-2", "1")
	h.joined(tour, confirmed.Items[0])
	list := []visit{
		{path: "/"}, {path: "/events"}, {path: "/network"}, {path: "/cities"}, {path: "/cities/hangzhou"}, {path: "/cities/eskisehir"},
		{path: "/e/iclc-2013"}, {path: "/e/iclc-2015"}, {path: "/e/iclc-2024"}, {path: "/e/iclc-2027"}, {path: "/e/rehearsal"},
		{path: "/e/rehearsal/programme"}, {path: "/e/rehearsal/programme?by=room"}, {path: "/e/iclc-2015/programme"},
		{path: "/e/rehearsal/sessions/plenary-1"}, {path: "/e/rehearsal/speakers"}, {path: h.firstSpeaker()},
		{path: "/e/members-meeting-2016/cities"}, {path: "/e/iclc-2015/nutshell"}, {path: "/e/rehearsal/nutshell"},
		{path: "/e/iclc-2015/statement"}, {path: "/e/rehearsal/statement"}, {path: "/follow/" + h.subscription() + "/confirm"}, {path: "/follow/" + h.subscription() + "/stop"},
		{path: "/e/rehearsal/register"}, {path: h.aDraft()}, {path: "/e/iclc-2015/register"}, {path: "/e/rehearsal/register/sent"}, {path: "/e/rehearsal/register/link"},
		{path: verify}, {path: own}, {path: unconfirmed}, {path: own + "/edit"}, {path: own + "/cancel"}, {path: own + "/badge"},
		{path: "/e/rehearsal/participants"}, {path: "/e/rehearsal/participants?q=zzzz"}, {path: own + "/participants"}, {path: own + "/listing"},
		{path: own + "/privacy"}, {path: unconfirmed + "/privacy"}, {path: unconfirmed + "/consent"}, {path: own + "/erase"}, {path: "/e/rehearsal/erased"},
		{path: "/e/rehearsal/privacy"}, {path: "/desk/e/rehearsal/privacy", cookie: desk}, {path: "/desk/e/iclc-2027/privacy", cookie: desk},
		{path: "/desk/e/rehearsal/privacy/fr", cookie: desk}, {path: h.consentText(), cookie: desk},
		{path: "/desk/e/rehearsal/delegates/" + confirmed.Items[0].ID + "/erase", cookie: desk},
		{path: own + "/sessions"}, {path: unconfirmed + "/sessions"}, {path: own + "/letters"}, {path: unconfirmed + "/letters"}, {path: unconfirmed + "/letters/" + h.firstKey(fresh.Items[0])},
		{path: own + "/transfer"}, {path: unconfirmed + "/transfer"},
		{path: own + "/confirmation"}, {path: own + "/visa"}, {path: h.visaOf(confirmed.Items[1])}, {path: "/check"}, {path: "/check/AAAA-CCCC-DDDD", status: http.StatusNotFound},
		{path: h.checkOf(confirmed.Items[1])},
		{path: choice}, {path: choice + "/stop"}, {path: "/sign-in"}, {path: "/mailbox"}, {path: h.firstLetter()},
		{path: "/desk", cookie: desk}, {path: "/desk/jobs", cookie: desk}, {path: "/desk/jobs/cleanup", cookie: desk}, {path: "/desk/audit", cookie: desk},
		{path: "/desk/e/rehearsal", cookie: desk}, {path: "/desk/e/rehearsal/delegates", cookie: desk},
		{path: "/desk/e/rehearsal/delegates?q=zzzz", cookie: desk}, {path: "/desk/e/rehearsal/delegates/" + confirmed.Items[0].ID, cookie: desk},
		{path: h.cameBack(fresh.Items[0]), cookie: desk}, {path: "/desk/e/rehearsal/delegates/" + fresh.Items[0].ID, cookie: desk},
		{path: h.aQuestion(), cookie: desk}, {path: "/desk/e/rehearsal/questions", cookie: desk}, {path: "/desk/e/iclc-2015/questions", cookie: desk}, {path: "/desk/e/rehearsal/questions/new?kind=several", cookie: desk},
		{path: "/desk/e/rehearsal/questions/new?kind=file", cookie: desk}, {path: "/desk/e/rehearsal/questions/preview?category=mayor", cookie: desk}, {path: "/desk/e/rehearsal/questions/preview?moment=door", cookie: desk},
		{path: h.anImport(intake.Matching), cookie: desk}, {path: h.anImport(intake.Checking), cookie: desk}, {path: h.anImport(intake.Checked), cookie: desk},
		{path: h.anImport(intake.Undoable), cookie: desk}, {path: "/desk/e/rehearsal/imports", cookie: desk}, {path: "/desk/e/iclc-2015/imports", cookie: desk},
		{path: "/desk/e/rehearsal/delegates?col=all&unfinished=yes&from=2027-01-01", cookie: desk}, {path: "/desk/e/rehearsal/delegates/" + fresh.Items[0].ID + "/edit", cookie: desk},
		{path: "/desk/e/rehearsal/twins", cookie: desk}, {path: "/desk/e/rehearsal/twins/" + confirmed.Items[0].ID + "/" + fresh.Items[0].ID, cookie: desk},
		{path: h.aBulk(), cookie: desk},
		{path: "/desk/e/rehearsal/categories", cookie: desk}, {path: "/desk/e/rehearsal/categories/new", cookie: desk}, {path: "/desk/e/rehearsal/categories/mayor", cookie: desk},
		{path: "/desk/e/rehearsal/programme", cookie: desk}, {path: "/desk/e/rehearsal/statement", cookie: desk},
		{path: "/desk/e/rehearsal/programme/" + tour.Slug + "?q=a", cookie: desk}, {path: "/desk/e/rehearsal/programme/plenary-1", cookie: desk},
		{path: "/desk/e/rehearsal/rules", cookie: desk}, {path: "/desk/e/iclc-2015/rules", cookie: desk}, {path: rule, cookie: desk}, {path: rule + "/edit", cookie: desk},
		{path: "/desk/e/rehearsal/rules/new", cookie: desk}, {path: "/desk/e/rehearsal/rules/new?group=speakers", cookie: desk},
		{path: "/desk/e/rehearsal/messages", cookie: desk}, {path: "/desk/e/iclc-2015/messages", cookie: desk}, {path: letter, cookie: desk}, {path: letter + "/edit", cookie: desk},
		{path: "/desk/e/rehearsal/messages/new", cookie: desk}, {path: "/desk/e/rehearsal/texts", cookie: desk}, {path: "/desk/e/rehearsal/settings", cookie: desk},
		{path: "/desk/e/rehearsal/texts/event.week", cookie: desk}, {path: "/desk/e/rehearsal/texts/session.soon?language=fr", cookie: desk},
		{path: "/desk/e/rehearsal/texts/statement.changed", cookie: desk}, {path: strings.Replace(letter, "/messages/", "/texts/message.", 1), cookie: desk},
		{path: "/desk/e/rehearsal/letters", cookie: desk}, {path: h.deskLetter(desk), cookie: desk}, {path: "/desk/e/rehearsal/audit", cookie: desk},
		{path: "/door", cookie: door, status: http.StatusFound}, {path: "/door/e/rehearsal", cookie: door}, {path: "/door/e/rehearsal/main", cookie: door},
		{path: "/door/e/rehearsal/main/walk-in", cookie: door}, {path: "/door/e/rehearsal/main/walk-in/" + confirmed.Items[0].ID, cookie: door}, {path: "/door/e/rehearsal/main/walk-in/" + fresh.Items[0].ID, cookie: desk},
		{path: "/no/such/page", status: http.StatusNotFound}, {path: "/e/no-such-event", status: http.StatusNotFound},
		{path: "/desk", cookie: door, status: http.StatusForbidden},
	}
	return append(append(list, delegations...), h.inviting(desk)...)
}

// anImport brings a list as far as the state, and returns its page.
func (h *house) anImport(state intake.State) string {
	h.t.Helper()
	ctx, imports := h.t.Context(), h.app.Imports
	i, err := imports.Begin(ctx, h.event, "People of 2027.csv", []byte("Name,E-mail,Category,Organisation,Country\nTest,"+string(state)+"@example.org,mayor,City,KE\nTest,nowhere,king,,\n"))
	for err == nil && i.State != state {
		switch i.State {
		case intake.Matching:
			i, err = imports.Check(ctx, h.event, i.ID, i.Columns, i.How)
		case intake.Checked:
			i, err = imports.Start(ctx, h.event, i.ID, true, false)
		case intake.Done:
			i, err = imports.Look(ctx, h.event, i.ID)
		default:
			if _, err = imports.GoOn(ctx, i.ID); err == nil {
				i, err = imports.Get(ctx, h.event, i.ID)
			}
		}
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return "/desk/e/rehearsal/imports/" + i.ID
}

// aQuestion has the rehearsal ask all that is ready-made and one that it asks no
// longer, and returns the page of one with options and a condition.
func (h *house) aQuestion() string {
	h.t.Helper()
	words := form.Words{Catalogue: h.app.Catalogue, Languages: h.event.Languages, Over: h.event.Over()}
	for _, preset := range form.Presets {
		if _, err := h.app.Forms.AddPreset(h.t.Context(), h.event.ID, preset, words); err != nil {
			h.t.Fatal(err)
		}
	}
	if _, err := h.app.Forms.Retire(h.t.Context(), h.event.ID, form.Hotel, true); err != nil {
		h.t.Fatal(err)
	}
	q := form.Question{
		ID: "bus", Kind: form.One, Label: i18n.English("Which bus?"), Asked: form.AtRegistration, Categories: []string{"mayor"},
		Options: []form.Option{{ID: "early", Label: i18n.English("The early one")}, {ID: "late", Label: i18n.English("The late one")}},
		If:      &form.Condition{Question: form.Transfer, Is: []string{form.Yes}}, Freeze: h.event.FirstDay(), Keep: h.event.Over(), Approve: true,
	}
	if _, err := h.app.Forms.Save(h.t.Context(), h.event.ID, q); err != nil {
		h.t.Fatal(err)
	}
	return "/desk/e/rehearsal/questions/bus"
}

// visaOf makes the delegate's visa letter and returns its page.
func (h *house) visaOf(d delegate.Delegate) string {
	h.t.Helper()
	if _, err := h.app.Delegates.Issue(h.t.Context(), d.ID, delegate.VisaLetter); err != nil {
		h.t.Fatal(err)
	}
	return "/r/" + h.app.Delegates.ManageToken(d) + "/visa"
}

// checkOf is the page where the delegate's visa letter is checked.
func (h *house) checkOf(d delegate.Delegate) string {
	h.t.Helper()
	papers, err := h.app.Delegates.Papers(h.t.Context(), d)
	if err != nil || len(papers) != 1 {
		h.t.Fatalf("%d papers, %v", len(papers), err)
	}
	return "/check/" + h.app.Delegates.PaperNumber(papers[0])
}

// aMessage gives the rehearsal a draft and its rules, and returns the draft's page.
func (h *house) aMessage() string {
	h.t.Helper()
	if err := h.app.Reminders.Prepare(h.t.Context(), h.event); err != nil {
		h.t.Fatal(err)
	}
	m, err := h.app.Messages.Save(h.t.Context(), h.event, message.Message{
		Name: "Buses", Kind: outbox.KindNews, Audience: audience.Selection{Group: programme.AudienceGroup}.With("duty", "keynote"),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return "/desk/e/rehearsal/messages/" + m.ID
}

// consentText gives the rehearsal a text of its own, and returns its page at the desk.
func (h *house) consentText() string {
	h.t.Helper()
	t, err := h.app.Consents.Save(h.t.Context(), h.event, "en", "We keep little.\n\nSee https://example.org/privacy.", 0)
	if err != nil {
		h.t.Fatal(err)
	}
	return "/desk/e/rehearsal/privacy/texts/" + base64.RawURLEncoding.EncodeToString([]byte(t.ID))
}

// cameBack has the latest letter to the person come back, and returns its page at
// the desk.
func (h *house) cameBack(d delegate.Delegate) string {
	h.t.Helper()
	page, err := h.app.Outbox.Letters(h.t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil || len(page.Items) == 0 {
		h.t.Fatalf("no letter: %v", err)
	}
	l := page.Items[0]
	heard, err := h.app.Outbox.Bounced(h.t.Context(), outbox.Notice{
		Report: "1", MessageID: l.MessageID, Addresses: []string{d.Email}, Hard: true, Status: "5.1.1", Server: "mail.example.org", Answer: "550 5.1.1 No such person",
	})
	if err != nil || heard != outbox.HeardHard {
		h.t.Fatalf("the report is %q: %v", heard, err)
	}
	return "/desk/e/rehearsal/letters/" + outbox.Key(l.ID)
}

// informational queues a letter that its reader may refuse.
func (h *house) informational(email string) outbox.Letter {
	h.t.Helper()
	l := outbox.Letter{
		ID: outbox.ID("news", store.NewID()), Occasion: reminder.OccasionThanks, Event: h.event.ID, Kind: outbox.KindNews,
		To: outbox.Address{Email: email}, Language: "en", Data: map[string]string{"name": "Reader"},
	}
	h.queue(l)
	return l
}

func (h *house) queue(l outbox.Letter) {
	h.t.Helper()
	err := h.app.DB.Update(h.t.Context(), func(tx *store.Tx) error {
		_, err := outbox.Queue(h.t.Context(), tx, h.clock.Now(), l)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// aBulk has a tag put on many, and returns the page that tells how far that is.
func (h *house) aBulk() string {
	h.t.Helper()
	b, err := h.app.Delegates.BeginBulk(h.t.Context(), h.event, delegate.Bulk{Do: delegate.BulkTag, Tag: "<i>", Filter: delegate.Filter{Country: "KE"}})
	if err != nil {
		h.t.Fatal(err)
	}
	return "/desk/e/rehearsal/bulk/" + b.ID
}

// firstKey is the key of the latest letter to the person.
func (h *house) firstKey(d delegate.Delegate) string {
	h.t.Helper()
	page, err := h.app.Outbox.Letters(h.t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil || len(page.Items) == 0 {
		h.t.Fatalf("no letter: %v", err)
	}
	return outbox.Key(page.Items[0].ID)
}

func (h *house) firstSpeaker() string {
	people, err := h.app.Programme.People(h.t.Context(), h.event.ID)
	if err != nil || len(people) == 0 {
		h.t.Fatalf("speakers: %v", err)
	}
	return "/e/rehearsal/speakers/" + people[0].Slug
}

func (h *house) firstLetter() string {
	_, body := h.get("/mailbox", "")
	return h.href(body, "main th a")
}

func (h *house) deskLetter(cookie string) string {
	_, body := h.get("/desk/e/rehearsal/letters", cookie)
	return h.href(body, "main tbody th a")
}

func (h *house) href(body, selector string) string {
	h.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	href, ok := doc.Find(selector).First().Attr("href")
	if !ok {
		h.t.Fatalf("there is no %s", selector)
	}
	return href
}

// subscription returns the token of a follower who waits to be confirmed.
func (h *house) subscription() string {
	h.t.Helper()
	page, err := h.app.Outbox.Letters(h.t.Context(), outbox.Filter{Event: h.event.ID, Limit: store.MaxLimit}, "")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, l := range page.Items {
		if l.Occasion == statement.OccasionSubscribe {
			sub, err := h.app.Statements.Subscription(h.t.Context(), l.Data["subscription"])
			if err != nil {
				h.t.Fatal(err)
			}
			return h.app.Statements.Token(sub)
		}
	}
	h.t.Fatal("nobody was asked to confirm a subscription")
	return ""
}

// notPages are GET routes that answer with something else, or are frames of
// pages; each has a test of its own.
var notPages = []string{
	"/healthz", "/readyz", "/static/*", "/e/:slug/accent.css", "/e/:slug/calendar.ics", "/e/:slug/sessions/:session/calendar.ics",
	"/r/:token/badge.png", "/check/:number/code.png", "/door/e/:slug/:gate/walk-in/:id/badge.png", "/r/:token/calendar.ics", "/r/:token/data.json", "/desk/e/:slug/delegates/:id/data.json", "/push-worker.js", "/files/:token", "/desk/e/:slug/delegates.csv", "/desk/e/:slug/delegates.xlsx",
	"/desk/e/:slug/programme/:session/people.csv", "/desk/e/:slug/programme/:session/people.xlsx",
	"/desk/e/:slug/invitations.csv", "/desk/e/:slug/invitations.xlsx", "/desk/e/:slug/codes.csv", "/desk/e/:slug/codes.xlsx",
	"/desk/e/:slug/letters/:letter/html", "/mailbox/:id/html",
	"/desk/e/:slug/imports/template.csv", "/desk/e/:slug/imports/template.xlsx", "/desk/e/:slug/imports/:id/left-out.csv",
	"/desk/e/:slug/delegates/:id/files/:file", "/desk/e/:slug/letters/:letter/html", "/mailbox/:id/html",
}

var (
	// a message's key where its text should be
	untranslated = regexp.MustCompile(`>\s*[a-z_]+(\.[a-z_0-9-]+)+\s*<`)
	address      = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+`)
)

// TestEveryPage looks at each page in each language: it answers, in words, under
// a strict policy, with a title that names nobody, and no public page holds an
// address. With CONVENE_TEST_PAGES each page is kept in that folder, for an HTML
// validator.
func TestEveryPage(t *testing.T) {
	h := newHouse(t)
	for i, v := range h.visits() {
		if v.status == 0 {
			v.status = http.StatusOK
		}
		for _, lang := range h.app.Catalogue.Languages() {
			t.Run(lang+strings.ReplaceAll(v.path, "/", " "), func(t *testing.T) {
				h.look(t, fmt.Sprintf("%02d-%s", i, lang), v, lang)
			})
		}
		h.visited[h.pattern(v.path)] = true
	}
	for _, r := range h.kit.App.GetRoutes(true) {
		if r.Method == http.MethodGet && !h.visited[r.Path] && !contains(notPages, r.Path) {
			t.Errorf("no visit leads to the route %s", r.Path)
		}
	}
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func (h *house) look(t *testing.T, name string, v visit, lang string) {
	t.Helper()
	path := v.path
	if strings.Contains(path, "?") {
		path += "&lang=" + lang
	} else {
		path += "?lang=" + lang
	}
	answer, body := h.get(path, v.cookie)
	if answer.StatusCode != v.status {
		t.Fatalf("status %d; want %d", answer.StatusCode, v.status)
	}
	if v.status == http.StatusFound {
		return
	}
	if policy := answer.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe-inline") {
		t.Errorf("policy %q", policy)
	}
	if key := untranslated.FindString(body); key != "" {
		t.Errorf("a message is missing: %s", key)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := doc.Find("html").Attr("lang"); got != lang {
		t.Errorf("lang = %q; want %q", got, lang)
	}
	title := doc.Find("title").Text()
	if strings.TrimSpace(title) == "" || strings.Contains(title, "Okafor") {
		t.Errorf("title = %q", title)
	}
	if doc.Find("[style], style, script:not([src]), [onclick]").Length() > 0 {
		t.Error("the page has inline style or script")
	}
	if v.cookie == "" && !strings.HasPrefix(v.path, "/mailbox") && !strings.HasPrefix(v.path, "/r/") && !strings.HasPrefix(v.path, "/verify/") && !strings.HasPrefix(v.path, "/g/") {
		for _, a := range address.FindAllString(doc.Find("main").Text(), -1) {
			if a != "amina@example.org" { // the example in a hint
				t.Errorf("the page shows the address %q", a)
			}
		}
	}
	h.keep(t, name+strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(v.path), body)
}

func (h *house) keep(t *testing.T, name, body string) {
	t.Helper()
	folder := os.Getenv("CONVENE_TEST_PAGES")
	if folder == "" {
		return
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name[:min(len(name), 80)]+".html"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

// pattern finds the route that a path is served by.
func (h *house) pattern(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range h.kit.App.GetRoutes(true) {
		if r.Method == http.MethodGet && fiber.RoutePatternMatch(u.Path, r.Path) {
			return r.Path
		}
	}
	return ""
}

// TestFilesBesidePages looks at what is served and is no page.
func TestFilesBesidePages(t *testing.T) {
	h := newHouse(t)
	confirmed, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{State: delegate.Confirmed}, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	own := "/r/" + h.app.Delegates.ManageToken(confirmed.Items[0])
	desk := h.signIn("organiser@example.org")
	for _, tt := range []struct{ path, cookie, kind, begins string }{
		{"/healthz", "", "text/plain", ""},
		{"/readyz", "", "text/plain", ""},
		{"/e/rehearsal/accent.css", "", "text/css", ""},
		{"/e/rehearsal/calendar.ics", "", "text/calendar", "BEGIN:VCALENDAR"},
		{"/e/rehearsal/sessions/plenary-1/calendar.ics", "", "text/calendar", "BEGIN:VCALENDAR"},
		{"/push-worker.js", "", "text/javascript", "// push-worker.js"},
		{own + "/badge.png", "", "image/png", "\x89PNG"},
		{own + "/calendar.ics", "", "text/calendar", "BEGIN:VCALENDAR"},
		{"/check/AAAA-CCCC-DDDD/code.png", "", "image/png", "\x89PNG"},
		{"/door/e/rehearsal/main/walk-in/" + confirmed.Items[0].ID + "/badge.png", desk, "image/png", "\x89PNG"},
		{"/desk/e/rehearsal/delegates.csv", desk, "text/csv", "\uFEFF"},
		{"/desk/e/rehearsal/delegates.xlsx", desk, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04"},
	} {
		answer, body := h.get(tt.path, tt.cookie)
		if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), tt.kind) || !strings.HasPrefix(body, tt.begins) {
			t.Errorf("%s: %d, %s, %.20q", tt.path, answer.StatusCode, answer.Header.Get("Content-Type"), body)
		}
	}
	// The public calendars are stable, so that a subscribed program sees a
	// change only when there is one.
	_, first := h.get("/e/rehearsal/calendar.ics", "")
	h.clock.Add(time.Hour)
	if _, later := h.get("/e/rehearsal/calendar.ics", ""); first != later {
		t.Error("the calendar changes by itself")
	}
}
