package bounce_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/app"
	"convene/internal/app/apptest"
	service "convene/internal/bounce"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/web/bounce"
	"convene/internal/web/kit"
	"convene/internal/web/webtest"
)

const (
	path  = "/hooks/bounces"
	token = "a token of the mail server, and of nobody else"
)

// house is the program with a mail server that takes all letters, and the hook.
type house struct {
	t     *testing.T
	app   *app.App
	kit   *kit.Kit
	clock *apptest.Clock
	event event.Event
}

func open(t *testing.T, token string) *house {
	t.Helper()
	server, err := catcher.Start("127.0.0.1:0", catcher.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "127.0.0.1", Port: server.Addr().Port, TLS: outbox.NoTLS, Guard: outbox.Reserved, From: outbox.Address{Email: "desk@convene.example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sender.Close(); err != nil {
			t.Error(err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := sender.Check(t.Context()); err != nil { // it serves: only then can it be closed
		t.Fatal(err)
	}
	cfg, db, log := apptest.Config(), apptest.DB(t), slog.New(slog.DiscardHandler)
	cfg.Mail.BouncesToken = config.Secret(token)
	h := &house{t: t, clock: &apptest.Clock{}}
	h.clock.Set(apptest.Now)
	if h.app, err = app.New(db, cfg, app.Options{Clock: h.clock.Now, Log: log, Instance: "test", Sender: sender, Hashing: apptest.Hashing, Messages: apptest.Messages(t)}); err != nil {
		t.Fatal(err)
	}
	h.kit, err = kit.New(kit.Options{
		Config: cfg, DB: db, Accounts: h.app.Accounts, Limiter: h.app.Limiter, Messages: h.app.Catalogue,
		Files: webtest.Files(t), Log: log, Clock: h.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	hook := bounce.Hook{Service: h.app.Bounces, Token: cfg.Mail.BouncesToken.Reveal()}
	h.kit.App.Post(path, hook.Post)
	h.event = apptest.Event(t, h.app, nil)
	return h
}

// request is a report that a mail server posts.
func request(body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	r.Header.Set(fiber.HeaderContentType, "message/rfc822")
	r.Header.Set(fiber.HeaderAuthorization, "Bearer "+token)
	return r
}

// answer sends the request and returns what is answered, and in which words.
func answer(t *testing.T, app *fiber.App, r *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := app.Test(r, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// post has the hook take a report.
func (h *house) post(body []byte) {
	h.t.Helper()
	if res, words := answer(h.t, h.kit.App, request(body)); res.StatusCode != http.StatusNoContent {
		h.t.Errorf("%s: %s", res.Status, words)
	}
}

// person registers Amina, or has her register again, and proves her address.
func (h *house) person() delegate.Delegate {
	h.t.Helper()
	ctx := h.t.Context()
	if err := h.app.Delegates.Register(ctx, h.event, apptest.Form("Amina Haddad", "amina@far.test")); err != nil {
		h.t.Fatal(err)
	}
	h.deliver()
	found, err := h.app.Delegates.Find(ctx, h.event.ID, delegate.Filter{Text: "amina"}, "", 1)
	if err != nil || len(found.Items) != 1 {
		h.t.Fatalf("she is not registered: %v", err)
	}
	d, err := h.app.Delegates.Verify(ctx, h.app.Delegates.VerifyToken(found.Items[0], found.Items[0].VerifySerial))
	if err != nil {
		h.t.Fatal(err)
	}
	h.deliver()
	return d
}

// deliver sends what is due, and has a minute pass.
func (h *house) deliver() {
	h.t.Helper()
	if _, err := h.app.Outbox.Deliver(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.clock.Add(time.Minute)
}

// last is the latest letter to the person on the occasion, which must be in the
// state.
func (h *house) last(d delegate.Delegate, occasion string, want outbox.State) outbox.Letter {
	h.t.Helper()
	page, err := h.app.Outbox.Letters(h.t.Context(), outbox.Filter{Person: d.ID}, "")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, l := range page.Items {
		if l.Occasion != occasion {
			continue
		}
		if l.State != want {
			h.t.Errorf("the letter %s is %s; want %s: %+v", occasion, l.State, want, l.Attempts)
		}
		return l
	}
	h.t.Fatalf("there is no letter %s", occasion)
	return outbox.Letter{}
}

func (h *house) suppressed(email string) bool {
	h.t.Helper()
	_, ok, err := h.app.Outbox.SuppressionOf(h.t.Context(), email)
	if err != nil {
		h.t.Fatal(err)
	}
	return ok
}

// about is a report of a real mail server, on the letter. The address in it is
// amina@far.test.
func about(t *testing.T, name string, l outbox.Letter) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "bounce", "testdata", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(raw, []byte("<letter@convene.example.org>"), []byte(l.MessageID))
}

func TestWithoutTokenThereIsNoHook(t *testing.T) {
	h := open(t, "")
	for _, authorization := range []string{"Bearer " + token, "Bearer x"} {
		r := request(nil)
		r.Header.Set(fiber.HeaderAuthorization, authorization)
		if res, _ := answer(t, h.kit.App, r); res.StatusCode != http.StatusNotFound {
			t.Errorf("%q: %s", authorization, res.Status)
		}
	}
}

func TestHookRefuses(t *testing.T) {
	h := open(t, token)
	d := h.person()
	l := h.last(d, delegate.OccasionBadge, outbox.Sent)
	report := about(t, "postfix", l)
	for name, tt := range map[string]struct {
		header, value string
		body          []byte
		status        int
		words         string
	}{
		"another token":    {fiber.HeaderAuthorization, "Bearer another", report, 401, "mail.bounces_token"},
		"half the token":   {fiber.HeaderAuthorization, "Bearer " + token[:20], report, 401, "mail.bounces_token"},
		"more than that":   {fiber.HeaderAuthorization, "Bearer " + token + "x", report, 401, "mail.bounces_token"},
		"a form":           {fiber.HeaderContentType, "application/x-www-form-urlencoded", report, 415, "message/rfc822"},
		"no type":          {fiber.HeaderContentType, "", report, 415, "message/rfc822"},
		"a part of a mail": {fiber.HeaderContentType, "message/delivery-status", report, 415, "message/rfc822"},
		"too much":         {"", "", append(report, make([]byte, service.MaxMessage)...), 413, "too large"},
		"an answer":        {"", "", about(t, "away", l), 400, "report"},
		"nothing":          {"", "", nil, 400, "report"},
	} {
		r := request(tt.body)
		if tt.header != "" {
			r.Header.Set(tt.header, tt.value)
		}
		res, words := answer(t, h.kit.App, r)
		if res.StatusCode != tt.status || !strings.Contains(words, tt.words) {
			t.Errorf("%s: %s %q; want %d and %q", name, res.Status, words, tt.status, tt.words)
		}
		if got := res.Header.Get(fiber.HeaderWWWAuthenticate); (got == "Bearer") != (tt.status == 401) {
			t.Errorf("%s: asked to sign in with %q", name, got)
		}
	}
	if h.suppressed(d.Email) || len(h.last(d, delegate.OccasionBadge, outbox.Sent).Bounces) > 0 {
		t.Error("what was refused was heeded")
	}
}

func TestHookWithoutItsScheme(t *testing.T) {
	h := open(t, token)
	d := h.person()
	report := about(t, "postfix", h.last(d, delegate.OccasionBadge, outbox.Sent))
	for _, authorization := range []string{"", "Bearer", "Bearer  ", "Basic " + token, token} {
		r := request(report)
		r.Header.Set(fiber.HeaderAuthorization, authorization)
		if res, _ := answer(t, h.kit.App, r); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q: %s", authorization, res.Status)
		}
	}
	if h.suppressed(d.Email) {
		t.Error("what was refused was heeded")
	}
}

func TestHookTakesReports(t *testing.T) {
	for _, tt := range []struct {
		report       string
		hard         bool
		status, kind string
	}{
		{"postfix", true, "5.1.1", "message/rfc822"},
		{"exchange", true, "5.1.10", "message/rfc822; charset=utf-8"},
		{"gmail", true, "5.1.1", "message/global"},
		{"full", false, "5.2.2", "message/rfc822"},
		{"delayed", false, "4.4.1", "message/rfc822"},
	} {
		t.Run(tt.report, func(t *testing.T) {
			t.Parallel()
			h := open(t, token)
			d := h.person()
			report := about(t, tt.report, h.last(d, delegate.OccasionBadge, outbox.Sent))
			for range 2 { // mail servers repeat themselves
				r := request(report)
				r.Header.Set(fiber.HeaderContentType, tt.kind)
				if res, words := answer(t, h.kit.App, r); res.StatusCode != http.StatusNoContent {
					t.Errorf("%s: %s", res.Status, words)
				}
				got := h.last(d, delegate.OccasionBadge, outbox.Sent).Bounces
				if len(got) != 1 || got[0].Hard != tt.hard || got[0].Status != tt.status || !got[0].At.Equal(h.clock.Now()) {
					t.Errorf("the letter has %+v", got)
				}
			}
			if h.suppressed("Amina@FAR.test") != tt.hard {
				t.Errorf("the address gets no letters: %t", !tt.hard)
			}
		})
	}
}

// TestHookForgetsWhatIsForeign: nobody can silence an address, or learn whether we
// know it, with a letter that we have not sent there.
func TestHookForgetsWhatIsForeign(t *testing.T) {
	h := open(t, token)
	d := h.person()
	l := h.last(d, delegate.OccasionBadge, outbox.Sent)
	h.post(about(t, "postfix", outbox.Letter{MessageID: "<invented@convene.example.org>"}))
	h.post(bytes.ReplaceAll(about(t, "postfix", l), []byte("amina@far.test"), []byte("otieno@far.test")))
	if h.suppressed(d.Email) || h.suppressed("otieno@far.test") || len(h.last(d, delegate.OccasionBadge, outbox.Sent).Bounces) > 0 {
		t.Error("it was heeded")
	}
}

// TestAddressFromBounceToNewProof: a badge comes back for good, so the next letter
// stays here; then the person registers anew, and letters go out again.
func TestAddressFromBounceToNewProof(t *testing.T) {
	h := open(t, token)
	d := h.person()
	h.post(about(t, "exim", h.last(d, delegate.OccasionBadge, outbox.Sent)))
	h.clock.Add(time.Minute)

	if _, err := h.app.Delegates.Cancel(t.Context(), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	h.deliver()
	h.last(d, delegate.OccasionCancelled, outbox.Suppressed)

	d = h.person()
	h.last(d, delegate.OccasionVerify, outbox.Sent)
	h.last(d, delegate.OccasionBadge, outbox.Sent)
	if h.suppressed(d.Email) {
		t.Error("the address still gets no letters")
	}
}

// TestProofThatWasAskedForBefore: who opens a link that had arrived before its
// address was silenced has proved that the address is good.
func TestProofThatWasAskedForBefore(t *testing.T) {
	h := open(t, token)
	ctx := t.Context()
	if err := h.app.Delegates.Register(ctx, h.event, apptest.Form("Amina Haddad", "amina@far.test")); err != nil {
		t.Fatal(err)
	}
	h.deliver()
	found, err := h.app.Delegates.Find(ctx, h.event.ID, delegate.Filter{Text: "amina"}, "", 1)
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("she is not registered: %v", err)
	}
	d := found.Items[0]
	h.post(about(t, "postfix", h.last(d, delegate.OccasionVerify, outbox.Sent)))
	if !h.suppressed(d.Email) {
		t.Fatal("the address gets letters")
	}
	h.clock.Add(time.Minute)
	if _, err := h.app.Delegates.Verify(ctx, h.app.Delegates.VerifyToken(d, d.VerifySerial)); err != nil {
		t.Fatal(err)
	}
	h.deliver()
	h.last(d, delegate.OccasionBadge, outbox.Sent)
	if h.suppressed(d.Email) {
		t.Error("the address still gets no letters")
	}
}

// Who asks for their link has typed the address once more.
func TestTheLostLinkGoesToAnAddressThatCameBack(t *testing.T) {
	h := open(t, token)
	d := h.person()
	h.post(about(t, "postfix", h.last(d, delegate.OccasionBadge, outbox.Sent)))
	if !h.suppressed(d.Email) {
		t.Fatal("the report was not heeded")
	}
	h.clock.Add(time.Minute)
	if err := h.app.Delegates.SendLink(t.Context(), h.event, "Amina@far.test"); err != nil {
		t.Fatal(err)
	}
	h.deliver()
	h.last(d, delegate.OccasionLink, outbox.Sent)
	if h.suppressed(d.Email) {
		t.Error("other letters are still held back")
	}
}
