package web_test

import (
	"strings"
	"testing"

	"convene/internal/web/browsertest"
)

// TestTheWaitingListOnAPhone waits, is offered a place, and takes it.
func TestTheWaitingListOnAPhone(t *testing.T) {
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h := newHouse(t)
	people := h.limit(1)
	url := h.serve()
	b.Go(url + "/e/rehearsal/register")
	b.NoSideways()
	b.Shot("register-full")
	own := h.newcomer("Zuhura")
	b.Go(url + own)
	b.NoSideways()
	b.Shot("waiting")
	if head := b.Text(".page-head"); !strings.Contains(head, "You are the next.") {
		t.Errorf("the page says %q", head)
	}
	if _, err := h.app.Delegates.Cancel(t.Context(), people[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Jobs.RunNow(t.Context(), "places"); err != nil {
		t.Fatal(err)
	}
	b.Go(url + own)
	b.NoSideways()
	b.Shot("offered")
	b.Click(`form[action$="/accept"] button`)
	if head := b.Text(".page-head"); !strings.Contains(head, "Your place is confirmed") {
		t.Errorf("having taken it the page says %q", head)
	}
	b.Shot("taken")
}
