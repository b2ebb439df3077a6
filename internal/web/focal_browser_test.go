package web_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/door"
	"convene/internal/web/browsertest"
)

// linkIn delivers the letters that wait, and returns where the latest one to the
// address leads: the first link of that kind.
func (h *house) linkIn(email, kind string) string {
	h.t.Helper()
	if _, err := h.app.Outbox.Deliver(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	for _, m := range slices.Backward(h.caught.Messages()) {
		if !slices.Contains(m.To, email) {
			continue
		}
		if found := regexp.MustCompile(`http://convene\.test(` + kind + `[A-Za-z0-9_-]+)`).FindStringSubmatch(joined.Replace(string(m.Raw))); found != nil {
			return found[1]
		}
	}
	h.t.Fatalf("no letter to the address has a link %s", kind)
	return ""
}

// joined undoes how quoted-printable breaks long lines.
var joined = strings.NewReplacer("=\r\n", "")

// TestADelegation goes from the letter with the link to the door: a focal point with a
// phone signs in, nominates a head and a member; the head finishes, and the focal point
// puts somebody else in the place, both at a desk. The badge that the one had admits
// nobody then.
func TestADelegation(t *testing.T) {
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h := newHouse(t)
	h.focalPoint("focal@example.org", "2", false)
	base := h.serve()
	shot := func(name string) {
		t.Helper()
		b.NoSideways()
		b.Shot("delegation-" + name)
	}
	see := func(selector, want string) {
		t.Helper()
		if text := b.Text(selector); !strings.Contains(text, want) {
			t.Errorf("%s says %q; want %q", selector, text, want)
		}
	}

	b.Go(base + "/cities/" + sendingCity)
	b.Click(`footer a[href="/focal"]`)
	shot("sign-in")
	b.Type("#email", "focal@example.org")
	b.Click("main form button")
	shot("sent")
	b.Go(base + h.linkIn("focal@example.org", "/focal/link/"))
	shot("link")
	b.Click("main form button")
	shot("home")
	b.Click(`a[href="/focal/rehearsal/hangzhou"]`)
	shot("empty")

	nominate := func(name, role string) {
		t.Helper()
		b.Click(`a[href$="/nominate"]`)
		b.Do(chromedp.SetValue("#role", role, chromedp.ByQuery), chromedp.SetValue("#category", "mayor", chromedp.ByQuery))
		b.Type("#name", name)
		b.Click("main form .actions button") // the address is missing
		see("#email-error", "")
		b.Type("#email", strings.ToLower(name)+".nominee@example.org")
		shot("nominate-" + role)
		b.Click("main form .actions button")
		see(`.flash[role="status"]`, name+" is nominated")
	}
	nominate("Meiling", "head")
	nominate("Junjie", "member")
	see(".page-head", "2 of 2 nominated")
	shot("full")

	b = browsertest.Open(t, browsertest.DesktopWidth)
	own := h.linkIn("meiling.nominee@example.org", "/r/")
	b.Go(base + own)
	shot("nominee")
	b.Click(`a[href="` + own + `/edit"]`)
	b.Do(chromedp.Click("#consent", chromedp.ByQuery))
	b.Click("main form .actions button")
	see(".page-head", "Confirmed")
	head, err := h.app.Delegates.ByLink(t.Context(), strings.TrimPrefix(own, "/r/"))
	if err != nil || head.State != delegate.Confirmed {
		t.Fatalf("the nominee is %s, %v", head.State, err)
	}
	code := apptest.Code(t, h.app, head)

	b.Go(base + "/focal")
	b.Type("#email", "focal@example.org")
	b.Click("main form button")
	b.Go(base + h.linkIn("focal@example.org", "/focal/link/"))
	b.Click("main form button")
	b.Go(base + "/focal/rehearsal/hangzhou")
	see("main tbody tr", "Confirmed")
	see("main section header", "Meiling votes for your city")
	shot("confirmed")
	b.Click("main tbody tr a")
	shot("person")
	b.Click(`a[href$="/replace"]`)
	b.Type("#name", "Xiuying")
	b.Type("#email", "xiuying.nominee@example.org")
	shot("replace")
	b.Click("main form .actions button")
	see(`.flash[role="status"]`, "Xiuying has the place now")
	see(".page-head", "2 of 2 nominated")
	shot("replaced")

	h.clock.Set(h.event.FirstDay().Add(9 * time.Hour))
	result, err := h.app.Door.Scan(t.Context(), h.event, door.Request{Gate: h.event.Gates[0].ID, Code: code, Staff: "s1"})
	if err != nil || result.Verdict == door.Admit {
		t.Errorf("the old badge: %s, %v", result.Verdict, err)
	}
	b.Go(base + h.linkIn("xiuying.nominee@example.org", "/r/"))
	see(".page-head", "Xiuying")
	if answer, _ := h.form("/focal/sign-in", "/focal/rehearsal/hangzhou/nominate", url.Values{}); answer.StatusCode != 401 {
		t.Errorf("a form without a session: %s", answer.Status)
	}
}
