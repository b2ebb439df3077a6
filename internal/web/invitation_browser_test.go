package web_test

import (
	"fmt"
	"strings"
	"testing"

	"convene/internal/delegate"
	"convene/internal/web/browsertest"
)

// TestInvitationsOnAPhone declines an invitation with one click, by letter and by a link, registers by a code,
// and registers a group of three.
func TestInvitationsOnAPhone(t *testing.T) {
	b := browsertest.Open(t, browsertest.PhoneWidth)
	h := newHouse(t)
	url := h.serve()
	press := func(selector string) { // what leads to no other page
		t.Helper()
		browsertest.Eval[bool](b, fmt.Sprintf(`document.querySelector(%q).click(), true`, selector))
	}
	d, err := h.app.Delegates.InvitePerson(t.Context(), h.event, delegate.Form{
		Name: "Amina =1+1 <b>Haddad</b> عمدة", Email: "guest@example.org", Category: "mayor", Language: "en",
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	own := url + "/r/" + h.app.Delegates.ManageToken(d)
	b.Go(own)
	b.Shot("invite-own")
	b.Go(own + "/decline") // as the letter's link leads
	b.NoSideways()
	b.Shot("invite-decline")
	if d, err = h.app.Delegates.Get(t.Context(), d.ID); err != nil || d.State != delegate.Invited {
		t.Fatalf("the link alone made it %s, %v", d.State, err)
	}
	b.Click("main form button")
	if d, err = h.app.Delegates.Get(t.Context(), d.ID); err != nil || d.State != delegate.Withdrawn || d.Invited.Answer != delegate.Refused {
		t.Fatalf("declined: %s, %v", d.State, err)
	}
	b.Shot("invite-declined")

	link := url + "/i/" + h.personalLink("Zuhura Mwangi عمدة")
	b.Go(link)
	b.NoSideways()
	b.Shot("invite-link")
	b.Click(".notice a[href$='/decline']")
	b.Type("#reason", "Our council meets that week.")
	b.NoSideways()
	b.Shot("invite-link-decline")
	b.Click("main form button")
	if heading := b.Text("h1"); !strings.Contains(heading, "declined") {
		t.Errorf("after one click stands %q", heading)
	}
	b.NoSideways()
	b.Shot("invite-link-declined")
	b.Click("main form button") // they come after all
	if name := browsertest.Eval[string](b, `document.getElementById("name").value`); name != "Zuhura Mwangi عمدة" {
		t.Errorf("after all, the form begins with %q", name)
	}

	i, err := h.app.Delegates.MakeInvitation(t.Context(), h.event, delegate.TypedInvitation{Category: "minister", City: "cork", Uses: "3"})
	if err != nil {
		t.Fatal(err)
	}
	b.Go(url + "/e/rehearsal/register")
	b.NoSideways()
	b.Shot("invite-register")
	b.Type("#name", "Zuhura Mwangi")
	press("details.fold summary")
	b.Type("#code", strings.ToLower(h.app.Delegates.InvitationCode(i)))
	b.Click(`button[value="code"]`)
	b.NoSideways()
	b.Shot("invite-code")
	if name := browsertest.Eval[string](b, `document.getElementById("name").value`); name != "Zuhura Mwangi" {
		t.Errorf("after the code the name is %q", name)
	}
	if city := browsertest.Eval[string](b, `document.getElementById("city").value`); city != "cork" {
		t.Errorf("the invitation's city is %q", city)
	}

	b.Go(url + "/e/rehearsal/register/group")
	b.NoSideways()
	b.Shot("group-empty")
	b.Type("#contact", "Ana Assistant")
	b.Type("#email", "ana@example.org")
	b.Type("#organisation", "City of Larissa")
	browsertest.Eval[bool](b, `document.getElementById("country").value = "GR", document.querySelector('[name="category"][value="mayor"]').checked = true`)
	press("#consent")
	press("#people [data-row] button") // one row less …
	press("[data-add]")                // … and one more again, both by the script
	for n, name := range []string{"Mayor One", "Adviser Two", "Driver Three"} {
		b.Type("#"+delegate.GroupField("name", n+1), name)
	}
	b.Type("#email-2", "two@example")
	b.Shot("group-filled")
	b.Click(".actions .button.primary.big")
	b.NoSideways()
	b.Shot("group-fault")
	if fault := b.Text("#email-2-error"); !strings.Contains(fault, "e-mail address") {
		t.Errorf("beside the address stands %q", fault)
	}
	browsertest.Eval[bool](b, `document.getElementById("email-2").value = "", true`)
	b.Type("#email-2", "two@example.org")
	b.Click(".actions .button.primary.big")
	b.Go(url + h.groupPage())
	b.NoSideways()
	b.Shot("group-confirm")
	b.Click("main form button")
	b.NoSideways()
	b.Shot("group-done")
	for name, want := range map[string]delegate.State{"mayor one": delegate.Confirmed, "adviser two": delegate.Invited, "driver three": delegate.Confirmed} {
		found, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{Text: name}, "", 2)
		if err != nil || len(found.Items) != 1 || found.Items[0].State != want {
			t.Errorf("%s: %v, %v; want one who is %s", name, found.Items, err, want)
		}
	}
}
