// Package focal holds the pages of the focal points of cities: how they sign in,
// and the delegations of their cities.
package focal

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/app"
	"convene/internal/audit"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// Pages are the handlers.
type Pages struct {
	app *app.App
}

// New makes the handlers.
func New(a *app.App) *Pages { return &Pages{app: a} }

type signedInKey struct{}

// Require is middleware for the pages of focal points. Who is not signed in goes to
// the page that sends a link, and comes back; a form that they sent is not taken,
// but stays in the browser.
func (p *Pages) Require(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	token := kit.FocalToken(c)
	list, err := p.app.Cities.SignedIn(c.UserContext(), token)
	if err != nil && problem.KindOf(err) == problem.Unauthenticated {
		if token != "" {
			kit.FocalSignOut(c)
		}
		if c.Method() == fiber.MethodPost {
			return p.renderSignedOut(c)
		}
		return c.Redirect("/focal/sign-in?next="+url.QueryEscape(c.Path()), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	kit.Prefer(c, list[0].Language)
	c.Locals(signedInKey{}, list)
	return c.Next()
}

// signedIn lists of which cities whoever asks is focal point.
func signedIn(c *fiber.Ctx) []city.FocalPoint {
	list, _ := c.Locals(signedInKey{}).([]city.FocalPoint)
	return list
}

// here is what a page of a delegation is about.
type here struct {
	event event.Event
	city  city.City
	ctx   context.Context // changes are the focal point's
}

// find reads the event and the city that the address names. A city of which they are
// not focal point is not known there.
func (p *Pages) find(c *fiber.Ctx) (h here, err error) {
	h.ctx = c.UserContext()
	for _, f := range signedIn(c) {
		if f.City == c.Params("city") {
			h.ctx = audit.As(h.ctx, f.Actor())
			h.city, err = p.app.Cities.Get(h.ctx, f.City)
		}
	}
	if err != nil || h.city.ID == "" {
		return h, problem.Wrap(err, problem.NotFound, "problem.city_not_found")
	}
	h.event, err = p.app.Events.Find(h.ctx, c.Params("slug"))
	return h, err
}

// path is the address of a page of the delegation.
func (h here) path(parts ...string) string {
	path := "/focal/" + h.event.Slug + "/" + h.city.ID
	for _, part := range parts {
		path += "/" + part
	}
	return path
}

// findMember is find for the page of a person of the delegation; those who ended too.
func (p *Pages) findMember(c *fiber.Ctx) (h here, d delegate.Delegate, err error) {
	if h, err = p.find(c); err != nil {
		return h, d, err
	}
	d, err = p.app.Delegates.Get(h.ctx, c.Params("id"))
	if err == nil && (d.Event != h.event.ID || d.City != h.city.ID || d.Role == "") {
		err = problem.New(problem.NotFound, "problem.delegate_not_found")
	}
	return h, d, err
}

// page is what every page of a delegation begins with.
type page struct {
	kit.Frame
	Crumbs []kit.Link
	City   string
	Path   string // of the delegation
}

func (p *Pages) page(c *fiber.Ctx, h here, title string, crumbs ...kit.Link) page {
	print := kit.Printer(c)
	f := kit.NewFrame(c, title)
	f.ForEvent(h.event, "")
	name := print.Text(h.city.Name)
	all := []kit.Link{{Href: "/focal", Label: print.T("focal.home.title")}}
	if len(crumbs) == 0 {
		all = append(all, kit.Link{Label: name})
	} else {
		all = append(append(all, kit.Link{Href: h.path(), Label: name}), crumbs...)
	}
	return page{Frame: f, Crumbs: all, City: name, Path: h.path()}
}

// pill is the word of a state, in the dress of one.
type pill struct{ Class, Label string }

func statePill(print *i18n.Printer, d delegate.Delegate) pill {
	if d.State == delegate.Confirmed && !d.Arrived.IsZero() {
		return pill{"arrived", print.T("state.arrived")}
	}
	return pill{string(d.State), print.T("state." + string(d.State))}
}

func roleName(print *i18n.Printer, role delegate.Role) string {
	return print.T("delegation.role." + string(role))
}

// nominated tells how many of how many are in a delegation.
func nominated(print *i18n.Printer, e event.Event, of delegate.Delegation) string {
	return print.T("delegation.nominated_of", "Taken", print.Number(of.Taken), "Quota", print.Number(of.Quota(e)))
}
