package web_test

import (
	"strings"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/outbox"
)

// inviting are the pages of who is invited, and of who registers others.
func (h *house) inviting(desk string) []visit {
	h.t.Helper()
	ctx := h.t.Context()
	i, err := h.app.Delegates.SaveInvitation(ctx, h.event, "", delegate.TypedInvitation{Category: "mayor", City: "cork", Note: "<b>Asia</b>", Uses: "3", Ends: "2027-05-20"})
	if err != nil {
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
		{path: "/i/" + h.app.Delegates.InvitationToken(i)}, {path: "/r/" + h.app.Delegates.ManageToken(d) + "/decline"},
		{path: "/e/rehearsal/register/group"}, {path: "/e/iclc-2015/register/group"}, {path: group},
	}
	for _, path := range []string{
		"invitations", "invitations?answer=none", "invitations?q=zzzz", "invitations/new", "invitations/lists", "invitations/lists/" + table.ID,
		"codes", "codes/new", "codes/" + i.ID, "codes/" + i.ID + "/edit",
	} {
		visits = append(visits, visit{path: board + path, cookie: desk})
	}
	return visits
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
