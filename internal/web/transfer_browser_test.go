package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"convene/internal/event"
	"convene/internal/web/browsertest"
)

// TestGivingAPlaceAwayOnAPhone gives a place to a colleague, who takes it from the
// letter, and looks at what both see on the way.
func TestGivingAPlaceAwayOnAPhone(t *testing.T) {
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h := newHouse(t)
	giver := h.limit(1)[0]
	var err error
	if h.event, err = h.app.Events.LetTransfer(t.Context(), h.event.ID, event.Typed(h.event.Starts)); err != nil {
		t.Fatal(err)
	}
	url := h.serve()
	own := url + "/r/" + h.app.Delegates.ManageToken(giver) + "?lang=en"
	b.Go(own)
	b.NoSideways()
	b.Shot("own")
	b.Click(`a[href$="/transfer"]`)
	b.NoSideways()
	b.Shot("transfer")
	b.Type("#name", "Nadia Okafor")
	b.Type("#email", "nobody")
	b.Click("main form button.primary")
	if fault := b.Text("#email-error"); !strings.Contains(fault, "e-mail address") || browsertest.Eval[string](b, `document.getElementById("name").value`) != "Nadia Okafor" {
		t.Errorf("beside the address stands %q", fault)
	}
	b.Do(chromedp.SetValue("#email", "nadia@example.org", chromedp.ByQuery))
	b.Click("main form button.primary")
	b.NoSideways()
	b.Shot("transfer-given")
	if text := b.Text("main"); !strings.Contains(text, "Your place is kept for Nadia Okafor.") {
		t.Errorf("the page says %q", text)
	}

	colleague := url + "/r/" + h.app.Delegates.ManageToken(h.delegateWith("nadia@example.org")) + "?lang=en"
	b.Go(colleague)
	b.NoSideways()
	b.Shot("transfer-colleague")
	b.Click(`a[href$="/edit"]`)
	b.Do(chromedp.Click("#consent", chromedp.ByQuery))
	b.Click("main form button.primary")
	if text := b.Text("main"); !strings.Contains(text, "Your place is confirmed") || !strings.Contains(text, "A colleague gave you their place") {
		t.Errorf("the colleague reads %q", text)
	}
	b.Shot("transfer-taken")
	b.Go(own)
	if text := b.Text("main"); !strings.Contains(text, "Your colleague took your place") {
		t.Errorf("the giver reads %q", text)
	}
	b.NoSideways()
	b.Shot("transfer-over")
}
