package web_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"convene/internal/delegate"
	"convene/internal/web/browsertest"
)

// TestALostConnection begins a form on a phone in French, loses the connection in the
// middle, and comes back by the draft's link: nothing that was typed is lost, and the
// form cannot be sent into the void.
func TestALostConnection(t *testing.T) {
	const hostile = "عمدة <b>gnp.exe</b> =1+1 🎓"
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h := newHouse(t)
	guest, err := h.app.Delegates.InvitePerson(t.Context(), h.event, delegate.Form{Name: "Zuhura", Email: "zuhura@example.org", Category: "minister", Language: "fr"}, false)
	if err != nil {
		t.Fatal(err)
	}
	url := h.serve()
	for _, tt := range []struct{ name, path, field string }{
		{"alone", registerPath, "email"},
		{"group", registerPath + "/group", "email"},
		{"invited", "/r/" + h.app.Delegates.ManageToken(guest) + "/edit", "needs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			connected := func(yes bool) {
				b.Do(network.EmulateNetworkConditions(!yes, 0, -1, -1))
			}
			leave := func() { b.Do(chromedp.Evaluate(`dispatchEvent(new Event("pagehide"))`, nil)) }
			b.Go(url + tt.path + "?lang=fr")
			b.Type("#organisation", hostile)
			leave() // as when another program comes to the front
			b.Until(`document.querySelector("[data-kept] a")?.pathname === location.pathname && location.search === ""`)
			connected(false)
			b.Type("#"+tt.field, "nadia@")
			leave()
			b.Until(`document.querySelector("[data-kept]").textContent.includes("connexion est coupée")`)
			b.Do(chromedp.Click("main form button.primary", chromedp.ByQuery))
			if got := browsertest.Eval[string](b, `document.getElementById("`+tt.field+`").value`); got != "nadia@" {
				t.Errorf("sent without a connection, the page holds %q", got)
			}
			b.NoSideways()
			b.Shot("draft-offline-" + tt.name)
			connected(true)
			b.Until(`document.querySelector("[data-kept] a") !== null`)
			b.Do(chromedp.Reload())
			for id, want := range map[string]string{"organisation": hostile, tt.field: "nadia@"} {
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
			b.Shot("draft-faults-" + tt.name)
		})
	}
}
