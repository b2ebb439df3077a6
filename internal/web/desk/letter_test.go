package desk_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/outbox"
	"convene/internal/store"
)

const letters = "/desk/e/autumn/letters"

func TestLetters(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	b := h.as(account.Organiser)
	page := b.open(letters)
	wantText(t, page, ".tabs [aria-current]", "All 2")
	wantText(t, page, ".tabs", "Waiting 2")
	wantText(t, page, "tbody tr:first-child", "Awaiting approval Amina Yusuf amina.yusuf@example.org")
	letter := b.open(page.Find("tbody th a").First().AttrOr("href", ""))
	wantText(t, letter, "h1", "Awaiting approval Waiting")
	if got := letter.Find("aside .facts a").AttrOr("href", ""); got != list+"/"+d.ID {
		t.Errorf("the person is at %s", got)
	}
	if n := b.open(letters + "?state=failed").Find(".empty").Length(); n != 1 {
		t.Error("no letter has failed, and nothing says so")
	}
}

func TestLetterPreview(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	l := h.about(d.ID, delegate.OccasionVerify)[0]
	b := h.as(account.Organiser)
	a := b.send(http.MethodGet, letters+"/"+outbox.Key(l.ID), nil)
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-src 'self'") {
		t.Errorf("the page may not show the letter: %s", csp)
	}
	page := a.doc()
	frame := page.Find(".letter iframe")
	if sandbox, ok := frame.Attr("sandbox"); !ok || sandbox != "" {
		t.Error("the frame is not a sandbox")
	}
	wantText(t, page, ".letter pre", "The conference of autumn")
	wantText(t, page, ".letter pre", "/verify/…")
	inner := b.send(http.MethodGet, frame.AttrOr("src", ""), nil)
	if inner.StatusCode != http.StatusOK || !strings.Contains(inner.body, "The conference of autumn") {
		t.Fatalf("the frame: %s", inner.Status)
	}
	csp := inner.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "sandbox") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
		t.Errorf("the letter's policy is %s", csp)
	}
	token := h.app.Delegates.VerifyToken(h.get(d.ID), h.get(d.ID).VerifySerial)
	if strings.Contains(inner.body, token) || strings.Contains(a.body, token) {
		t.Error("the token is shown")
	}
}

func TestLetterThatCannotBeWritten(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	for _, do := range []func() (delegate.Delegate, error){
		func() (delegate.Delegate, error) { return h.app.Delegates.Approve(t.Context(), d.ID, "") },
		func() (delegate.Delegate, error) { return h.app.Delegates.Cancel(t.Context(), d.ID, "") },
	} {
		if _, err := do(); err != nil {
			t.Fatal(err)
		}
	}
	l := h.about(d.ID, delegate.OccasionBadge)[0]
	b := h.as(account.Organiser)
	wantText(t, b.open(letters+"/"+outbox.Key(l.ID)), ".notice.wait", "cannot be written")
	if a := b.send(http.MethodGet, letters+"/"+outbox.Key(l.ID)+"/html", nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("its HTML: %s", a.Status)
	}
}

func TestLetterCancelAndResend(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	l := h.about(d.ID, delegate.OccasionAwaiting)[0]
	b := h.as(account.Organiser)
	target := letters + "/" + outbox.Key(l.ID)
	page := b.open(target)
	if page.Find("form[action$='/resend']").Length() > 0 {
		t.Error("a letter that waits can be sent again")
	}
	stopped := b.follow(b.submit(page, "form[action$='/cancel']", nil))
	wantText(t, stopped, ".flash.good", "not be sent")
	wantText(t, stopped, "h1 .pill.cancelled", "Cancelled")
	wantText(t, b.follow(b.submit(page, "form[action$='/cancel']", nil)), ".flash.bad", "another state")

	again := b.follow(b.submit(stopped, "form[action$='/resend']", nil))
	wantText(t, again, ".flash.good", "A copy is queued")
	wantText(t, again, "h1 .pill.waiting", "Waiting")
	wantText(t, again, "aside .facts", "Organiser")
	if got := again.Find("aside .facts a[href='" + target + "']").Length(); got != 1 {
		t.Error("the copy does not lead to the letter that it repeats")
	}
	if n := len(h.about(d.ID, delegate.OccasionAwaiting)); n != 2 {
		t.Errorf("there are %d letters", n)
	}
	// While the copy waits, no third one is made.
	b.submit(stopped, "form[action$='/resend']", nil)
	if n := len(h.about(d.ID, delegate.OccasionAwaiting)); n != 2 {
		t.Errorf("there are %d letters", n)
	}
}

func TestLettersPage(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	err := h.app.DB.Update(ctx, func(tx *store.Tx) error {
		for i := range 120 {
			l := outbox.Letter{
				ID: fmt.Sprintf("event.reminder/%d", i), Occasion: "event.reminder", Event: h.event.ID,
				To: outbox.Address{Email: fmt.Sprintf("p%d@example.org", i)}, Language: "en",
			}
			if _, err := outbox.Queue(ctx, tx, h.now.Add(time.Duration(i)*time.Second), l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b := h.as(account.Organiser)
	seen := map[string]bool{}
	for target := letters + "?state=waiting"; target != ""; {
		page := b.open(target)
		wantText(t, page, ".tabs [aria-current]", "Waiting 120")
		for _, s := range page.Find("tbody th a").EachIter() {
			seen[s.AttrOr("href", "")] = true
		}
		target = page.Find(".pager a[rel=next]").AttrOr("href", "")
	}
	if len(seen) != 120 {
		t.Errorf("the pages show %d letters", len(seen))
	}
}
