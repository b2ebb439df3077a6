package desk_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"
	"golang.org/x/net/html"

	"convene/config"
	"convene/internal/account"
	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/store"
	"convene/internal/web/desk"
	"convene/internal/web/kit"
	"convene/internal/web/webtest"
)

const password = "a password of the team"

// house is the application over a database of its own.
type house struct {
	t   *testing.T
	app *app.App
	kit *kit.Kit
	now time.Time

	event event.Event
	staff map[account.Role]account.Staff
}

// open makes a house with one event, ten days ahead and with approval.
func open(t *testing.T, change ...func(*config.Config)) *house {
	t.Helper()
	db, cfg := apptest.DB(t), apptest.Config()
	for _, c := range change {
		c(&cfg)
	}
	h := &house{t: t, now: time.Date(2026, 9, 18, 15, 42, 0, 0, time.UTC), staff: map[account.Role]account.Staff{}}
	log := slog.New(slog.DiscardHandler)
	var err error
	if h.app, err = app.New(db, cfg, app.Options{Clock: func() time.Time { return h.now }, Log: log, Instance: "here", Hashing: apptest.Hashing, Messages: apptest.Messages(t)}); err != nil {
		t.Fatal(err)
	}
	h.kit, err = kit.New(kit.Options{
		Config: cfg, DB: db, Accounts: h.app.Accounts, Limiter: h.app.Limiter, Messages: h.app.Catalogue,
		Files: webtest.Files(t), Log: log, Clock: h.app.Clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	route(h.kit.App, desk.New(h.app, h.kit, h.app.Jobs, h.app.Outbox))
	h.event = h.addEvent("autumn", "2026-09-28")
	return h
}

// member is the staff member of the role, ROLE@example.org. Accounts are made
// when they are needed: each costs a hash.
func (h *house) member(role account.Role) account.Staff {
	h.t.Helper()
	if member, ok := h.staff[role]; ok {
		return member
	}
	name := strings.ToUpper(string(role[:1])) + string(role[1:])
	member, err := h.app.Accounts.Add(h.t.Context(), name, string(role)+"@example.org", role, password)
	if err != nil {
		h.t.Fatal(err)
	}
	h.staff[role] = member
	return member
}

func route(app *fiber.App, p *desk.Pages) {
	app.Get("/sign-in", p.SignIn)
	app.Post("/sign-in", p.SignInPosted)
	app.Post("/sign-out", p.SignOut)
	desk := app.Group("/desk", kit.RequireOrganiser)
	desk.Get("/", p.Home)
	desk.Get("/jobs", p.Jobs)
	desk.Get("/jobs/:job", p.Job)
	desk.Post("/jobs/:job/run", p.JobRun)
	desk.Get("/audit", p.Audit)
	desk.Get("/e/:slug", p.Dashboard)
	desk.Get("/e/:slug/delegates", p.Delegates)
	desk.Get("/e/:slug/delegates.csv", p.DelegatesCSV)
	desk.Get("/e/:slug/delegates.xlsx", p.DelegatesXLSX)
	desk.Post("/e/:slug/views", p.ViewKeep)
	desk.Post("/e/:slug/views/:id", p.ViewChange)
	desk.Get("/e/:slug/bulk/:id", p.BulkShow)
	desk.Post("/e/:slug/bulk/:do", p.BulkBegin)
	desk.Post("/e/:slug/bulk/:id/stop", p.BulkStop)
	desk.Get("/e/:slug/twins", p.Twins)
	desk.Get("/e/:slug/twins/:a/:b", p.TwinsMerge)
	desk.Post("/e/:slug/twins/:a/:b", p.TwinsMerged)
	desk.Post("/e/:slug/twins/:a/:b/unlike", p.TwinsUnlike)
	desk.Post("/e/:slug/delegates/bulk", p.BulkPreview)
	desk.Post("/e/:slug/delegates/bulk/:do", p.BulkDo)
	desk.Get("/e/:slug/delegates/:id", p.Delegate)
	desk.Get("/e/:slug/delegates/:id/edit", p.DelegateEdit)
	desk.Post("/e/:slug/delegates/:id/edit", p.DelegateSave)
	desk.Post("/e/:slug/delegates/:id/notes", p.NoteAdd)
	desk.Post("/e/:slug/delegates/:id/notes/:note/remove", p.NoteRemove)
	desk.Post("/e/:slug/delegates/:id/tags", p.Tag)
	desk.Post("/e/:slug/delegates/:id/approve", p.Approve)
	desk.Post("/e/:slug/delegates/:id/decline", p.Decline)
	desk.Post("/e/:slug/delegates/:id/cancel", p.Cancel)
	desk.Post("/e/:slug/delegates/:id/try-address", p.TryAddress)
	desk.Post("/e/:slug/delegates/:id/answers/:do", p.AnswersDo)
	desk.Get("/e/:slug/delegates/:id/files/:file", p.AnswerFile)
	desk.Post("/e/:slug/delegates/:id/papers/visa", p.PaperMake)
	desk.Post("/e/:slug/delegates/:id/papers/:paper/withdraw", p.PaperWithdraw)
	desk.Get("/e/:slug/categories", p.Categories)
	desk.Post("/e/:slug/categories", p.CategorySave)
	desk.Get("/e/:slug/categories/new", p.CategoryNew)
	desk.Get("/e/:slug/categories/:category", p.Category)
	desk.Post("/e/:slug/categories/:category", p.CategorySave)
	desk.Post("/e/:slug/categories/:category/:do", p.CategoryDo)
	desk.Get("/e/:slug/questions", p.Questions)
	desk.Post("/e/:slug/questions", p.QuestionSave)
	desk.Get("/e/:slug/questions/new", p.QuestionNew)
	desk.Get("/e/:slug/questions/:question", p.Question)
	desk.Post("/e/:slug/questions/:question", p.QuestionSave)
	desk.Post("/e/:slug/questions/:question/:do", p.QuestionDo)
	desk.Post("/e/:slug/question-groups", p.QuestionGroup)
	desk.Get("/e/:slug/delegates/:id/data.json", p.DelegateData)
	desk.Get("/e/:slug/delegates/:id/erase", p.Erase)
	desk.Post("/e/:slug/delegates/:id/erase", p.EraseConfirm)
	desk.Get("/e/:slug/imports", p.Imports)
	desk.Post("/e/:slug/imports", p.ImportBegin)
	desk.Get("/e/:slug/imports/template.csv", p.ImportTemplateCSV)
	desk.Get("/e/:slug/imports/template.xlsx", p.ImportTemplateXLSX)
	desk.Get("/e/:slug/imports/:id", p.Import)
	desk.Get("/e/:slug/imports/:id/left-out.csv", p.ImportRefused)
	desk.Post("/e/:slug/imports/:id/:do", p.ImportDo)
	desk.Get("/focal", p.Focal)
	desk.Get("/focal/:city", p.FocalCity)
	desk.Post("/focal/:city", p.FocalAdd)
	desk.Get("/focal/:city/:id", p.FocalPerson)
	desk.Post("/focal/:city/:id", p.FocalCorrect)
	desk.Post("/focal/:city/:id/end", p.FocalEnd)
	desk.Get("/e/:slug/delegations", p.Delegations)
	desk.Get("/e/:slug/delegations/:city", p.Delegation)
	desk.Post("/e/:slug/delegations/:city", p.DelegationLimit)
	desk.Get("/e/:slug/invitations", p.Invitations)
	desk.Get("/e/:slug/invitations.csv", p.InvitationsCSV)
	desk.Get("/e/:slug/invitations.xlsx", p.InvitationsXLSX)
	desk.Get("/e/:slug/invitations/new", p.InvitationNew)
	desk.Post("/e/:slug/invitations", p.InvitationSend)
	desk.Get("/e/:slug/invitations/lists", p.InvitationUpload)
	desk.Post("/e/:slug/invitations/lists", p.InvitationUploaded)
	desk.Get("/e/:slug/invitations/lists/:list", p.InvitationList)
	desk.Post("/e/:slug/invitations/lists/:list", p.InvitationListSend)
	desk.Post("/e/:slug/invitations/chosen", p.InvitationsChosen)
	desk.Post("/e/:slug/invitations/chosen/remind", p.InvitationsRemind)
	desk.Post("/e/:slug/invitations/chosen/revoke", p.InvitationsRevoke)
	desk.Get("/e/:slug/codes", p.Codes)
	desk.Get("/e/:slug/codes.csv", p.CodesCSV)
	desk.Get("/e/:slug/codes.xlsx", p.CodesXLSX)
	desk.Get("/e/:slug/codes/new", p.CodeNew)
	desk.Post("/e/:slug/codes", p.CodeSave)
	desk.Get("/e/:slug/codes/:id", p.Code)
	desk.Post("/e/:slug/codes/:id", p.CodeSave)
	desk.Get("/e/:slug/codes/:id/edit", p.CodeEdit)
	desk.Post("/e/:slug/codes/:id/revoke", p.CodeRevoke)
	desk.Post("/e/:slug/codes/:id/renew", p.CodeRenew)
	desk.Get("/e/:slug/programme", p.Programme)
	desk.Get("/e/:slug/programme/:session", p.Signup)
	desk.Post("/e/:slug/programme/:session", p.SignupSave)
	desk.Get("/e/:slug/programme/:session/people.csv", p.SignupCSV)
	desk.Get("/e/:slug/programme/:session/people.xlsx", p.SignupXLSX)
	desk.Post("/e/:slug/programme/:session/add", p.SignupAdd)
	desk.Post("/e/:slug/programme/:session/remove", p.SignupRemove)
	desk.Post("/e/:slug/programme/:session/end", p.SignupEnd)
	desk.Get("/e/:slug/statement", p.Statement)
	desk.Post("/e/:slug/statement/:id", p.StatementChange)
	desk.Get("/e/:slug/messages", p.Messages)
	desk.Post("/e/:slug/messages", p.MessageSave)
	desk.Get("/e/:slug/messages/new", p.MessageNew)
	desk.Get("/e/:slug/messages/:id", p.Message)
	desk.Post("/e/:slug/messages/:id", p.MessageSave)
	desk.Get("/e/:slug/messages/:id/edit", p.MessageEdit)
	desk.Post("/e/:slug/messages/:id/:do", p.MessageDo)
	desk.Get("/e/:slug/rules", p.Rules)
	desk.Post("/e/:slug/rules", p.RuleSave)
	desk.Get("/e/:slug/settings", p.Settings)
	desk.Post("/e/:slug/settings", p.SettingsSave)
	desk.Post("/e/:slug/settings/move", p.EventMove)
	desk.Post("/e/:slug/settings/opening", p.OpeningSave)
	desk.Post("/e/:slug/settings/places", p.PlacesSave)
	desk.Post("/e/:slug/settings/transfer", p.TransferSave)
	desk.Post("/e/:slug/settings/walk-in", p.WalkInSave)
	desk.Post("/e/:slug/settings/listing", p.ListingSave)
	desk.Post("/e/:slug/settings/delegations", p.DelegationsSave)
	desk.Get("/e/:slug/rules/new", p.RuleNew)
	desk.Get("/e/:slug/rules/:id", p.Rule)
	desk.Post("/e/:slug/rules/:id", p.RuleSave)
	desk.Get("/e/:slug/rules/:id/edit", p.RuleEdit)
	desk.Post("/e/:slug/rules/:id/:do", p.RuleDo)
	desk.Get("/e/:slug/texts", p.Texts)
	desk.Get("/e/:slug/texts/:occasion", p.Text)
	desk.Post("/e/:slug/texts/:occasion", p.TextSave)
	desk.Get("/e/:slug/letters", p.Letters)
	desk.Get("/e/:slug/letters/:letter", kit.Allow(kit.Frames), p.Letter)
	desk.Get("/e/:slug/letters/:letter/html", kit.Allow(kit.Letter), p.LetterHTML)
	desk.Post("/e/:slug/letters/:letter/resend", p.LetterResend)
	desk.Post("/e/:slug/letters/:letter/cancel", p.LetterCancel)
	desk.Get("/e/:slug/privacy", p.Privacy)
	desk.Post("/e/:slug/privacy/keep", p.PrivacyKeep)
	desk.Post("/e/:slug/privacy/put-off", p.PrivacyPutOff)
	desk.Get("/e/:slug/privacy/texts/:text", p.ConsentText)
	desk.Get("/e/:slug/privacy/:language", p.Consent)
	desk.Post("/e/:slug/privacy/:language", p.ConsentSave)
	desk.Get("/e/:slug/audit", p.EventAudit)
}

func (h *house) addEvent(slug, starts string) event.Event {
	h.t.Helper()
	e := event.Event{
		Slug: slug, Acronym: "test_" + slug, Title: i18n.Text{"en": "The conference of " + slug}, Starts: starts, Ends: starts,
		TimeZone: "America/Mexico_City", City: "Mexico City", Country: "MX", Languages: []string{"en"}, Accent: "#0a6e5c",
		Registration: event.Registration{Enabled: true, Opens: h.now.AddDate(0, -3, 0), Closes: h.now.AddDate(0, 0, 5), Approval: true},
		Admission:    event.Once, Gates: []event.Gate{{ID: "main", Name: "Main entrance"}, {ID: "side", Name: "Side door"}}, Rehearsal: true,
	}
	h.save(&e)
	return e
}

// save writes the event, and gives it what saving adds.
func (h *house) save(e *event.Event) {
	h.t.Helper()
	err := h.app.DB.Update(h.t.Context(), func(tx *store.Tx) (err error) {
		*e, err = h.app.Events.Save(h.t.Context(), tx, *e)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// person registers somebody, who awaits approval then.
func (h *house) person(name string, change ...func(*delegate.Form)) delegate.Delegate {
	h.t.Helper()
	ctx := h.t.Context()
	f := delegate.Form{
		Name: name, Organisation: "City Council", Country: "KE", Category: "mayor", Language: "en", Consent: true,
		Email: strings.ReplaceAll(i18n.Fold(name), " ", ".") + "@example.org",
	}
	for _, c := range change {
		c(&f)
	}
	if err := h.app.Delegates.Register(ctx, h.event, f); err != nil {
		h.t.Fatal(err)
	}
	found, err := h.app.Delegates.Find(ctx, h.event.ID, delegate.Filter{Text: f.Email}, "", 1)
	if err != nil || len(found.Items) != 1 {
		h.t.Fatalf("%s is not registered: %v", name, err)
	}
	h.now = h.now.Add(time.Second)
	d, err := h.app.Delegates.Verify(ctx, h.app.Delegates.VerifyToken(found.Items[0], found.Items[0].VerifySerial))
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// invent brings in so many confirmed people.
func (h *house) invent(n int) {
	h.t.Helper()
	ctx := h.t.Context()
	countries := []string{"KE", "PE", "CN", "JO", "FR"}
	err := h.app.DB.Update(ctx, func(tx *store.Tx) error {
		for i := range n {
			f := delegate.Form{
				Name: fmt.Sprintf("Person %04d", i), Organisation: fmt.Sprintf("Organisation %d", i%7), Language: "en",
				Country: countries[i%len(countries)], Category: event.UsualCategories[i%4].ID, Email: fmt.Sprintf("p%04d@example.org", i),
			}
			if _, err := h.app.Delegates.Add(ctx, tx, h.event, f, h.now.AddDate(0, 0, -i%90)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) get(id string) delegate.Delegate {
	h.t.Helper()
	d, err := h.app.Delegates.Get(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

func (h *house) trail(id string) []audit.Entry {
	h.t.Helper()
	entries, err := audit.Of(h.t.Context(), h.app.DB, delegate.Subject(id))
	if err != nil {
		h.t.Fatal(err)
	}
	return entries
}

// browser keeps cookies, as one does.
type browser struct {
	*house
	cookies map[string]string
}

func (h *house) browser() *browser { return &browser{h, map[string]string{}} }

// as is a browser in which somebody of the role is signed in.
func (h *house) as(role account.Role) *browser {
	h.t.Helper()
	b := h.browser()
	token, _, err := h.app.Accounts.SignIn(h.t.Context(), h.member(role).Email, password)
	if err != nil {
		h.t.Fatal(err)
	}
	b.cookies["convene_session"] = token
	return b
}

// answer is a response that was read.
type answer struct {
	*http.Response
	t    *testing.T
	body string
}

func (b *browser) send(method, target string, form url.Values) answer {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, target, body)
	if form != nil {
		r.Header.Set(fiber.HeaderContentType, fiber.MIMEApplicationForm)
	}
	r.Header.Set(fiber.HeaderAccept, fiber.MIMETextHTML)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := b.kit.App.Test(r, -1)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
	}
	return answer{res, b.t, string(content)}
}

// open reads a page that must be there.
func (b *browser) open(target string) *goquery.Document {
	b.t.Helper()
	a := b.send(http.MethodGet, target, nil)
	if a.StatusCode != http.StatusOK {
		b.t.Fatalf("GET %s: %s\n%s", target, a.Status, a.body)
	}
	return a.doc()
}

// follow reads the page that the answer redirects to.
func (b *browser) follow(a answer) *goquery.Document {
	b.t.Helper()
	if a.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%s %s: %s, not a redirect\n%s", a.Request.Method, a.Request.URL, a.Status, a.body)
	}
	return b.open(a.Header.Get("Location"))
}

// submit sends the form that the selector finds, with what it holds and what is
// typed into it.
func (b *browser) submit(page *goquery.Document, selector string, typed url.Values) answer {
	b.t.Helper()
	form := page.Find(selector)
	if form.Length() != 1 || !form.Is("form") {
		b.t.Fatalf("%d elements are %s", form.Length(), selector)
	}
	values := url.Values{}
	form.Find("input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
		values.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
	})
	for name, list := range typed {
		values[name] = list
	}
	return b.send(http.MethodPost, form.AttrOr("action", ""), values)
}

func (a answer) doc() *goquery.Document {
	a.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	return doc
}

// text is what one reads in the elements, with single spaces.
func text(s *goquery.Selection) string {
	var words []string
	for _, root := range s.Nodes {
		for n := range root.Descendants() {
			if n.Type == html.TextNode {
				words = append(words, strings.Fields(n.Data)...)
			}
		}
	}
	return strings.Join(words, " ")
}

func wantText(t *testing.T, page *goquery.Document, selector, want string) {
	t.Helper()
	if got := text(page.Find(selector)); !strings.Contains(got, want) {
		t.Errorf("%s is %q, which lacks %q", selector, got, want)
	}
}
