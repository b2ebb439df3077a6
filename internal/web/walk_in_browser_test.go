package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"convene/internal/web/browsertest"
)

// TestAWalkInAtTheDoor registers people at the door with the keyboard alone, one after
// the other, on a phone and on a desktop.
func TestAWalkInAtTheDoor(t *testing.T) {
	h := newHouse(t)
	url := h.serve()
	known := h.confirmed(1)[0]
	for name, width := range map[string]int{"phone": browsertest.PhoneWidth, "desktop": browsertest.DesktopWidth} {
		t.Run(name, func(t *testing.T) {
			b := browsertest.Open(t, width)
			b.Go(url + "/sign-in?next=/door/e/rehearsal/main")
			b.Type("#email", "door@example.org")
			b.Type("#password", password)
			b.Click("main form button.primary")
			b.Go(url + "/door/e/rehearsal/main/walk-in?lang=en")
			b.NoSideways()
			b.Shot("walk-in-" + name)
			keys := func(text string) { t.Helper(); b.Do(chromedp.KeyEvent(text)) }
			page := func(text string) { // what is typed leads to another page
				t.Helper()
				b.Do(chromedp.EvaluateAsDevTools(`document.body.dataset.before = "yes"`, nil))
				keys(text)
				b.Until(`document.readyState === "complete" && document.body && !document.body.dataset.before`)
			}
			// The cursor is in the first field already.
			keys(known.Name + kb.Tab + "City of Bahir Dar" + kb.Tab)
			keys("Ken" + kb.Tab)
			keys("Ac" + kb.Tab + kb.Tab + kb.Tab + " ") // no address; the language stays; they agree
			page(kb.Enter)
			if text := b.Text(".notice.wait[role=alert]"); !strings.Contains(text, known.Name) || !strings.Contains(text, "Confirmed") {
				t.Errorf("of who is registered already the page says %q", text)
			}
			b.NoSideways()
			b.Shot("walk-in-known-" + name)
			b.Click("main form button.primary")
			if text := b.Text("main"); !strings.Contains(text, known.Name) || !strings.Contains(text, "Registered, and in.") || !strings.Contains(text, "Main") {
				t.Errorf("having registered them the page says %q", text)
			}
			if browsertest.Eval[int](b, `document.querySelector(".badge-big img").naturalWidth`) == 0 {
				t.Error("the badge's code does not show")
			}
			b.NoSideways()
			b.Shot("walk-in-done-" + name)
			page(kb.Enter) // one key, and the next one begins
			if focus := browsertest.Eval[string](b, `document.activeElement.id`); focus != "name" {
				t.Errorf("the cursor is in %q", focus)
			}
			page(kb.Enter) // nothing is filled in
			if text := b.Text("#errors"); !strings.Contains(text, "Name") || !strings.Contains(text, "consent") {
				t.Errorf("of an empty form the page says %q", text)
			}
			b.Shot("walk-in-faults-" + name)
		})
	}
}
