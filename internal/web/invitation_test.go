package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/outbox"
	"convene/internal/problem"
)

// inviting are the pages of who is invited, and of who registers others.
func (h *house) inviting(desk string) []visit {
	h.t.Helper()
	ctx := h.t.Context()
	i, err := h.app.Delegates.MakeInvitation(ctx, h.event, delegate.TypedInvitation{Category: "mayor", City: "cork", Note: "<b>Asia</b>", Uses: "3", Ends: "2027-05-20"})
	if err != nil {
		h.t.Fatal(err)
	}
	hers, declined := h.personalLink("<i>Amina</i>"), h.personalLink("Ned <b>No</b>")
	if _, err := h.app.Delegates.DeclineInvitation(ctx, declined, "=1+1 a <b>clash</b>"); err != nil {
		h.t.Fatal(err)
	}
	d, err := h.app.Delegates.InvitePerson(ctx, h.event, delegate.Form{Name: "<i>Guest</i>", Email: "guest@example.org", Category: "mayor", Language: "en"}, false)
	if err != nil {
		h.t.Fatal(err)
	}
	group := h.group()
	list := "Name,E-mail,Category\nNew Person,new@example.org,mayor\n<b>Nobody</b>,nowhere,mayor\nGuest,guest@example.org,mayor\n"
	words := delegate.ListWords{Heads: map[string]string{"name": "name", "e-mail": "email", "category": "category"}, Categories: map[string]string{"mayor": "mayor"}}
	table, err := h.app.Delegates.ReadInvitations(ctx, h.event, strings.NewReader(list), int64(len(list)), words, delegate.Form{Language: "en"}, false)
	if err != nil {
		h.t.Fatal(err)
	}
	board := "/desk/e/rehearsal/"
	visits := []visit{
		{path: "/i/" + h.app.Delegates.InvitationToken(i)}, {path: "/i/" + hers}, {path: "/i/" + hers + "/decline"}, {path: "/i/" + declined},
		{path: "/r/" + h.app.Delegates.ManageToken(d) + "/decline"},
		{path: "/i/" + h.app.Delegates.InvitationToken(i) + "/group"}, {path: "/e/rehearsal/register/group"}, {path: "/e/iclc-2015/register/group"}, {path: group},
	}
	for _, path := range []string{
		"invitations", "invitations?answer=none", "invitations?q=zzzz", "invitations/new", "invitations/lists", "invitations/lists/" + table.ID,
		"codes", "codes/new", "codes/" + i.ID, "codes/" + i.ID + "/edit",
	} {
		visits = append(visits, visit{path: board + path, cookie: desk})
	}
	return visits
}

// personalLink makes an invitation for one person and returns its link's token.
func (h *house) personalLink(name string) string {
	h.t.Helper()
	i, err := h.app.Delegates.MakeInvitation(h.t.Context(), h.event, delegate.TypedInvitation{Name: name, Category: "minister"})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.app.Delegates.InvitationToken(i)
}

// Without scripts, somebody declines by their own link and changes their mind; links that
// many share have no such button, and pressing it anyway is refused.
func TestAPersonalLinkIsDeclined(t *testing.T) {
	h := newHouse(t)
	page := "/i/" + h.personalLink("Amina Haddad")
	_, body := h.get(page, "")
	ask := parsed(t, body).Find("main .notice a[href$='/decline']").AttrOr("href", "")
	if ask != page+"/decline" {
		t.Fatalf("the page of the invitation leads to %q", ask)
	}
	answer, body := h.form(ask, ask, url.Values{"reason": {strings.Repeat("é", delegate.MaxReason+1)}})
	if doc := parsed(t, body); answer.StatusCode != http.StatusUnprocessableEntity || doc.Find("#reason-error").Length() != 1 || len([]rune(doc.Find("#reason").Text())) <= delegate.MaxReason {
		t.Errorf("a reason that is too long: %s", answer.Status)
	}
	answer, _ = h.form(ask, ask, url.Values{"reason": {"A <b>clash</b>"}})
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != page {
		t.Errorf("declined: %s to %q", answer.Status, answer.Header.Get("Location"))
	}
	_, body = h.get(page, "")
	doc := parsed(t, body)
	back := doc.Find("main form").AttrOr("action", "")
	if back != page+"/reconsider" || doc.Find("[name=name]").Length() != 0 {
		t.Fatalf("after declining, the form leads to %q", back)
	}
	_, body = h.get("/desk/e/rehearsal/invitations?answer=declined", h.signIn("organiser@example.org"))
	if row := parsed(t, body).Find("#links tbody tr").Text(); !strings.Contains(row, "Amina Haddad") || !strings.Contains(row, "A <b>clash</b>") {
		t.Errorf("at the desk stands %q", row)
	}
	i, err := h.app.Delegates.InvitationByLink(t.Context(), strings.TrimPrefix(page, "/i/"))
	if problem.KindOf(err) != problem.Gone {
		t.Fatal(err)
	}
	const register = "/e/rehearsal/register"
	_, body = h.form(register, register, url.Values{"do": {"code"}, "code": {h.app.Delegates.InvitationCode(i)}, "name": {"Amina <b>"}})
	doc = parsed(t, body) // by the code it is found again, with nothing lost that was typed
	if doc.Find(".notice.wait a.button").AttrOr("href", "") != page || doc.Find("#code-error").Length() != 1 || doc.Find("#name").AttrOr("value", "") != "Amina <b>" {
		t.Errorf("by its code: %q", doc.Find("main").Text())
	}
	h.form(page, back, url.Values{})
	_, body = h.get(page, "")
	if name := parsed(t, body).Find("#name").AttrOr("value", ""); name != "Amina Haddad" {
		t.Errorf("after all, the form begins with %q", name)
	}

	opens := h.clock.Now()
	h.clock.Set(h.event.Registration.Closes)
	_, body = h.get(page, "")
	doc = parsed(t, body)
	if doc.Find("#name").Length() != 0 || doc.Find("main .empty a[href='"+page+"/decline']").Length() != 1 || strings.Contains(doc.Text(), "while this form was open") {
		t.Errorf("once registration is closed: %q", doc.Find("main").Text())
	}
	h.clock.Set(opens)

	shared, err := h.app.Delegates.MakeInvitation(t.Context(), h.event, delegate.TypedInvitation{Category: "minister", City: "cork"})
	if err != nil {
		t.Fatal(err)
	}
	page = "/i/" + h.app.Delegates.InvitationToken(shared)
	if _, body = h.get(page, ""); strings.Contains(body, page+"/decline") {
		t.Error("an invitation for many can be declined")
	}
	answer, _ = h.form(page, page+"/decline", url.Values{})
	now, err := h.app.Delegates.Invitation(t.Context(), h.event, shared.ID)
	if answer.StatusCode != http.StatusSeeOther || err != nil || now.Answer != "" {
		t.Errorf("declined for all: %s, %q, %v", answer.Status, now.Answer, err)
	}
}

// group sends the form for a group, and returns the page that its letter leads to.
func (h *house) group() string {
	h.t.Helper()
	err := h.app.Delegates.RegisterGroup(h.t.Context(), h.event, delegate.GroupForm{
		Contact: "Ana <i>Assistant</i>", Email: "ana@example.org", Shared: apptest.Form("", ""),
		People: []delegate.GroupPerson{{Name: "Mayor <b>One</b>"}, {Name: "Adviser Two", Email: "two@example.org"}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return h.groupPage()
}

// groupPage is the page to which the letter to a group's contact leads.
func (h *house) groupPage() string {
	h.t.Helper()
	page, err := h.app.Outbox.Letters(h.t.Context(), outbox.Filter{Event: h.event.ID, Limit: 200}, "")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, l := range page.Items {
		if l.Occasion == delegate.OccasionGroup {
			g, err := h.app.Delegates.GroupByID(h.t.Context(), l.Data["group_form"])
			if err != nil {
				h.t.Fatal(err)
			}
			return "/g/" + h.app.Delegates.GroupToken(g)
		}
	}
	h.t.Fatal("no letter to the contact")
	return ""
}

// Nothing that was typed for a group is lost: not when its proof is gone, not when it
// is kept for later, and not when a code is entered.
func TestAGroupIsKept(t *testing.T) {
	h := newHouse(t)
	i, err := h.app.Delegates.MakeInvitation(t.Context(), h.event, delegate.TypedInvitation{Category: "minister", Uses: "1"})
	if err != nil {
		t.Fatal(err)
	}
	const form = "/e/rehearsal/register/group"
	values := url.Values{
		"rows": {"2"}, "contact": {"Ana"}, "email": {"ana@example.org"}, "organisation": {"City"}, "country": {"KE"}, "language": {"en"},
		"name-1": {"Minister One"}, "name-2": {"Minister <b>Two"}, "consent": {"on"},
	}
	kept := func(what, body string) *goquery.Document {
		t.Helper()
		doc := parsed(t, body)
		if got := doc.Find("#name-2").AttrOr("value", ""); got != "Minister <b>Two" || doc.Find("#contact").AttrOr("value", "") != "Ana" {
			t.Errorf("%s: the second name is %q", what, got)
		}
		return doc
	}
	answer, body := h.post(form, values, "")
	if kept("without proof", body); answer.StatusCode != http.StatusForbidden {
		t.Errorf("without proof: %s", answer.Status)
	}
	answer, _ = h.form(form, "/e/rehearsal/register/draft", values)
	draft := answer.Header.Get("Location")
	_, body = h.get(draft, "")
	if doc := kept("kept for later", body); doc.Find("form[action='"+form+"'] input[name=draft]").Length() != 1 {
		t.Error("the draft's link shows another form")
	}
	values.Set("do", "code")
	values.Set("code", h.app.Delegates.InvitationCode(i))
	_, body = h.form(form, form, values)
	if doc := kept("with a code", body); doc.Find("[name=category]").Length() != 1 || doc.Find("[name=category]").AttrOr("value", "") != "minister" {
		t.Error("the code's category is not the one that is offered")
	}
	values.Del("do")
	values.Del("code")
	values.Set("invitation", h.app.Delegates.InvitationToken(i))
	values.Set("draft", strings.TrimPrefix(draft, "/register/"))
	answer, body = h.form(form, form, values)
	if doc := kept("with too few uses", body); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(doc.Find("#code").Text(), "1 more") {
		t.Errorf("with too few uses: %s, %q", answer.Status, doc.Find("#code").Text())
	}
	values.Del("name-2")
	if answer, body := h.form(form, form, values); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %s", answer.Status, body)
	}
	if answer, _ := h.get(draft, ""); answer.StatusCode != http.StatusGone {
		t.Errorf("the draft of what was sent: %s", answer.Status)
	}
	if _, err := h.app.Delegates.ProveGroup(t.Context(), strings.TrimPrefix(h.groupPage(), "/g/")); err != nil {
		t.Fatal(err)
	}
	if d := h.found("Minister One"); d.Category != "minister" || d.Invitation != i.ID {
		t.Errorf("registered as %s by %q", d.Category, d.Invitation)
	}
}
