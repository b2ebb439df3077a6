package web_test

import (
	"strings"
	"testing"

	"convene/internal/web/browsertest"
)

// TestSigningUpOnAPhone signs up, is refused what clashes, and gives the place up to
// whoever waits for it.
func TestSigningUpOnAPhone(t *testing.T) {
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h := newHouse(t)
	people := h.confirmed(2)
	h.opened("regional-africa", "1")
	h.opened("regional-asia-pacific", "12")
	url := h.serve()
	first, second := url+"/r/"+h.app.Delegates.ManageToken(people[0]), url+"/r/"+h.app.Delegates.ManageToken(people[1])
	const africa, asia = "#s-regional-africa", "#s-regional-asia-pacific"
	wantText := func(selector string, want ...string) {
		t.Helper()
		got := b.Text(selector)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s reads %q; want %q", selector, got, w)
			}
		}
	}
	b.Go(first)
	b.Click(`a[href$="/sessions"]`)
	wantText(africa, "1 place left")
	b.Click(africa + " button")
	b.NoSideways()
	b.Shot("signup-joined")
	wantText(africa, "You are signed up", "Full", "Give up the place")
	wantText(asia, "At that time you are signed up for “Regional forum: Africa” (09:00–10:30).")
	if n := browsertest.Eval[int](b, `document.querySelectorAll("`+asia+` button").length`); n != 0 {
		t.Error("what clashes has a button")
	}

	b.Go(second + "/sessions")
	b.Click(africa + " button")
	b.Shot("signup-waiting")
	wantText(africa, "On the waiting list", "You are the next.", "Leave the waiting list")

	b.Go(first + "/sessions")
	b.Click(africa + " button")
	wantText(asia, "12 places left")
	// In another window they had the page from before, and press there.
	b.Click(asia + " button")
	wantText(asia, "You are signed up", "11 places left")
	wantText(africa, "At that time you are signed up for")
	b.Shot("signup-changed")

	b.Go(second + "/sessions")
	wantText(africa, "You are signed up", "Full")
	b.NoSideways()
}
