package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"convene/internal/web/browsertest"
)

// TestALostConnection begins a form on a phone in French, loses the connection in the
// middle, and comes back by the draft's link: nothing that was typed is lost, and the
// form cannot be sent into the void.
func TestALostConnection(t *testing.T) {
	const hostile = "عمدة <b>gnp.exe</b> =1+1 🎓"
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h := newHouse(t)
	for _, form := range []string{registerPath, registerPath + "/group"} {
		t.Run(form, func(t *testing.T) {
			connected := func(yes bool) {
				b.Do(network.EmulateNetworkConditions(!yes, 0, -1, -1))
			}
			leave := func() { b.Do(chromedp.Evaluate(`dispatchEvent(new Event("pagehide"))`, nil)) }
			b.Go(h.serve() + form + "?lang=fr")
			b.Type("#organisation", hostile)
			leave() // as when another program comes to the front
			b.Until(`location.pathname.startsWith("/register/")`)
			connected(false)
			b.Type("#email", "nadia@")
			leave()
			b.Until(`document.querySelector("[data-kept]").textContent.includes("connexion est coupée")`)
			b.Do(chromedp.Click("main form button.primary", chromedp.ByQuery))
			if got := browsertest.Eval[string](b, `document.getElementById("email").value`); got != "nadia@" {
				t.Errorf("sent without a connection, the page holds %q", got)
			}
			b.NoSideways()
			b.Shot("draft-offline")
			connected(true)
			b.Until(`document.querySelector("[data-kept] a") !== null`)
			b.Do(chromedp.Reload())
			for id, want := range map[string]string{"organisation": hostile, "email": "nadia@"} {
				if got := browsertest.Eval[string](b, `document.getElementById("`+id+`").value`); got != want {
					t.Errorf("the draft's link shows %s %q; want %q", id, got, want)
				}
			}
			b.Click("main form button.primary")
			if text := b.Text("#errors"); !strings.Contains(text, "\u00a0: ") {
				t.Errorf("the faults read %q", text)
			}
			if got := browsertest.Eval[string](b, `document.getElementById("organisation").value`); got != hostile {
				t.Errorf("having mistyped, the form holds %q", got)
			}
			b.Shot("draft-faults")
		})
	}
}
