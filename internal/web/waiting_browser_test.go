package web_test

import (
	"strings"
	"testing"

	"convene/internal/web/browsertest"
)

// TestTheWaitingListInABrowser waits, is offered a place that falls free with nobody
// pressing a button, and takes it: on a phone and on a desktop.
func TestTheWaitingListInABrowser(t *testing.T) {
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h := newHouse(t)
	people := h.limit(2)
	url := h.serve()
	for i, screen := range []struct {
		name  string
		width int
	}{{"phone", browsertest.PhoneWidth}, {"desktop", browsertest.DesktopWidth}} {
		t.Run(screen.name, func(t *testing.T) {
			b.Resize(screen.width)
			look := func(path, name, want string) {
				t.Helper()
				b.Go(url + path)
				b.NoSideways()
				b.Shot(name + "-" + screen.name)
				if text := b.Text("main"); !strings.Contains(text, want) {
					t.Errorf("%s says %q; want %q", path, text, want)
				}
			}
			look("/e/rehearsal/register", "register-full", "waiting list")
			own := h.newcomer("Zuhura-" + screen.name)
			look(own, "waiting", "You are the next.")
			if _, err := h.app.Delegates.Cancel(t.Context(), people[i].ID, ""); err != nil {
				t.Fatal(err)
			}
			if err := h.app.Jobs.RunNow(t.Context(), "places"); err != nil {
				t.Fatal(err)
			}
			look(own, "offered", "The place is kept for you until")
			b.Click(`form[action$="/accept"] button`)
			if head := b.Text(".page-head"); !strings.Contains(head, "Your place is confirmed") {
				t.Errorf("having taken it the page says %q", head)
			}
			b.Shot("taken-" + screen.name)
		})
	}
}
