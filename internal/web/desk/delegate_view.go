package desk

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/web/kit"
)

// viewLinks are the lists that are kept, and the one that is looked at.
type viewLinks struct {
	Links  []viewLink
	Every  viewLink
	Active *activeView
	Keep   string // where a list is sent to be kept
}

type viewLink struct {
	Href, Label string
	Current     bool
	Mine        bool // not the team's
}

// activeView is the view that the listing began as.
type activeView struct {
	Name    string
	Team    bool
	Changed bool // the listing is no longer as the view keeps it
	Do      string
}

// viewLinks lists the views that the reader sees. The one in the address is current,
// also while its filter is changed.
func (s *Pages) viewLinks(c *fiber.Ctx, e event.Event, list listing) (viewLinks, error) {
	views, err := s.app.Delegates.Views(c.UserContext(), e.ID, kit.Staff(c).ID)
	path := deskPath(e, "delegates")
	links := viewLinks{
		Keep:  deskPath(e, "views"),
		Every: viewLink{Href: path, Label: kit.Printer(c).T("roster.view.every"), Current: list.View == ""},
	}
	for _, v := range views {
		link := viewLink{Href: viewHref(e, v), Label: v.Name, Current: v.ID == list.View, Mine: v.Owner != ""}
		links.Links = append(links.Links, link)
		if link.Current {
			links.Active = &activeView{
				Name: v.Name, Team: v.Owner == "", Changed: v.Query != list.query(), Do: deskPath(e, "views", v.ID),
			}
		}
	}
	if links.Active == nil {
		links.Every.Current = true
	}
	return links, err
}

// viewHref is the address of a list that is kept.
func viewHref(e event.Event, v delegate.View) string {
	values, err := url.ParseQuery(v.Query)
	if err != nil {
		values = url.Values{}
	}
	values.Set("view", v.ID)
	return withQuery(deskPath(e, "delegates"), values)
}

// ViewKeep keeps the list that the form carries under a name.
func (s *Pages) ViewKeep(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	list, err := postedListing(form, e)
	if err != nil {
		return err
	}
	v := delegate.View{Event: e.ID, Owner: kit.Staff(c).ID, Name: form.Value("view_name"), Query: list.query()}
	if form.Checked("team") {
		v.Owner = ""
	}
	v, err = s.app.Delegates.KeepView(c.UserContext(), v)
	if form.Refused(err) {
		return s.refuseView(c, e, list, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "roster.view.kept", "Name", v.Name)
	return c.Redirect(viewHref(e, v), fiber.StatusSeeOther)
}

// postedListing reads the listing that a form carries as a query.
func postedListing(form *kit.Form, e event.Event) (listing, error) {
	values, err := url.ParseQuery(form.Value("list"))
	if err != nil {
		return listing{}, fiber.ErrBadRequest
	}
	return listingOf(values, e), nil
}

// refuseView goes back to the list, and says what is wrong with the name.
func (s *Pages) refuseView(c *fiber.Ctx, e event.Event, list listing, form *kit.Form) error {
	text := form.Message
	if len(form.Faults) > 0 {
		text = form.Faults[0].Text
	}
	kit.Flash(c, kit.Bad, "roster.view.refused", "Why", text)
	return c.Redirect(withQuery(deskPath(e, "delegates"), list.values()), fiber.StatusSeeOther)
}

// ViewChange renames a view, shares it or takes it back, has it keep the list as it is
// now, or removes it.
func (s *Pages) ViewChange(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form, me, id := kit.Posted(c), kit.Staff(c).ID, c.Params("id")
	list, err := postedListing(form, e)
	if err != nil {
		return err
	}
	if form.Value("do") == "remove" {
		if err := s.app.Delegates.RemoveView(c.UserContext(), e.ID, me, id); err != nil {
			return err
		}
		kit.Flash(c, kit.Good, "roster.view.removed")
		return c.Redirect(withQuery(deskPath(e, "delegates"), listing{Filter: list.Filter, Columns: list.Columns}.values()), fiber.StatusSeeOther)
	}
	query := ""
	if form.Value("do") == "update" {
		query = list.query()
	}
	v, err := s.app.Delegates.ChangeView(c.UserContext(), e.ID, me, id, form.Value("view_name"), query, form.Checked("team"))
	if form.Refused(err) {
		return s.refuseView(c, e, list, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "roster.view.changed")
	return c.Redirect(viewHref(e, v), fiber.StatusSeeOther)
}
