package desk

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"convene/internal/audit"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/web/kit"
)

// delegationPage is desk/delegation.html.
type delegationPage struct {
	kit.Frame
	Crumbs    []kit.Link
	City      string
	Place     string // region and country
	Path      string
	Nominated string
	Form      *kit.Form // the quota
	Usual     string    // the quota of every city
	Rows      []memberRow
	Ended     []memberRow
	Waiting   []memberRow // for a focal point's approval
	Voter     *memberRow  // nil: nobody is to vote
	Focal     []city.FocalPoint
	FocalPath string
	Trail     []trailLine
}

// memberRow is somebody of a delegation.
type memberRow struct {
	Href, Name, LatinName, Organisation string
	Category                            string
	Registered                          Moment
	Pill                                Pill

	JobTitle  string
	Role      string
	Votes     bool
	Counts    bool // is confirmed, so that the vote counts
	Nominated bool
}

// delegation finds the event and the city that the address names.
func (s *Pages) delegation(c *fiber.Ctx) (event.Event, city.City, error) {
	e, err := s.event(c)
	if err != nil {
		return e, city.City{}, err
	}
	of, err := s.app.Cities.Get(c.UserContext(), c.Params("city"))
	return e, of, err
}

// Delegation shows what a city sends.
func (s *Pages) Delegation(c *fiber.Ctx) error {
	e, of, err := s.delegation(c)
	if err != nil {
		return err
	}
	d, err := s.app.Delegates.Delegation(c.UserContext(), e, of.ID)
	if err != nil {
		return err
	}
	values := url.Values{"quota": {""}}
	if d.Own != nil {
		values.Set("quota", strconv.Itoa(*d.Own))
	}
	return s.renderDelegation(c, e, of, kit.NewForm(c, values))
}

func (s *Pages) renderDelegation(c *fiber.Ctx, e event.Event, of city.City, form *kit.Form) error {
	ctx, p := c.UserContext(), kit.Printer(c)
	name := p.Text(of.Name)
	frame, err := s.frame(c, &e, kit.DeskDelegations, p.T("delegation.of", "City", name))
	if err != nil {
		return err
	}
	d, err := s.app.Delegates.Delegation(ctx, e, of.ID)
	if err != nil {
		return err
	}
	form.Labels = map[string]string{"quota": p.T("delegation.quota")}
	page := delegationPage{
		Frame: frame, City: name, Path: deskPath(e, kit.DeskDelegations, of.ID), Form: form, FocalPath: focalPath(of.ID),
		Place:     p.T("site.region."+of.Region) + ", " + p.Country(of.Country),
		Nominated: p.T("delegation.nominated_of", "Taken", p.Number(d.Taken), "Quota", p.Number(d.Quota(e))),
		Usual:     p.Number(e.Registration.Delegation),
		Crumbs:    []kit.Link{{Href: deskPath(e, kit.DeskDelegations), Label: p.T("delegation.title")}, {Label: name}},
	}
	if err := s.fillDelegation(c, &page, e, of); err != nil {
		return err
	}
	return kit.Render(c, "desk/delegation", page)
}

// fillDelegation adds the people and the trail.
func (s *Pages) fillDelegation(c *fiber.Ctx, page *delegationPage, e event.Event, of city.City) error {
	ctx := c.UserContext()
	members, err := s.app.Delegates.Members(ctx, e.ID, of.ID)
	if err != nil {
		return err
	}
	for _, d := range members {
		line := s.memberRow(page.Frame, e, d)
		if d.State.Over() {
			page.Ended = append(page.Ended, line)
			continue
		}
		page.Rows = append(page.Rows, line)
		if line.Votes {
			page.Voter = &line
		}
	}
	waiting, err := s.app.Delegates.AwaitingFocal(ctx, e.ID, of.ID)
	if err != nil {
		return err
	}
	for _, d := range waiting {
		page.Waiting = append(page.Waiting, s.memberRow(page.Frame, e, d))
	}
	if page.Focal, err = s.app.Cities.Focal(ctx, s.app.DB, of.ID); err != nil {
		return err
	}
	entries, err := audit.Of(ctx, s.app.DB, delegate.SubjectDelegation(of.ID))
	if err != nil {
		return err
	}
	page.Trail, err = s.trail(ctx, page.Printer, s.clock(page.Printer, &e), []event.Event{e}, entries)
	return err
}

func (s *Pages) memberRow(f kit.Frame, e event.Event, d delegate.Delegate) memberRow {
	r := memberRow{
		Href: deskPath(e, "delegates", d.ID), Name: d.Name, Organisation: d.Organisation, JobTitle: d.JobTitle,
		Category: e.CategoryLabel(f.Printer, d.Category), Registered: s.clock(f.Printer, &e).day(d.Day), Pill: delegatePill(f.Printer, d),
		Votes: d.Voter && d.InDelegation(), Counts: d.State == delegate.Confirmed, Nominated: d.Nominated,
	}
	if d.LatinName != d.Name {
		r.LatinName = d.LatinName
	}
	if d.Role != "" {
		r.Role = f.T("delegation.role." + string(d.Role))
	}
	return r
}

// DelegationLimit gives the city a quota of its own, or takes it away.
func (s *Pages) DelegationLimit(c *fiber.Ctx) error {
	e, of, err := s.delegation(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	err = s.app.Delegates.LimitDelegation(c.UserContext(), e, of.ID, form.Value("quota"))
	if form.Refused(err) {
		return s.renderDelegation(c.Status(fiber.StatusUnprocessableEntity), e, of, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "delegation.limited")
	return c.Redirect(deskPath(e, kit.DeskDelegations, of.ID), fiber.StatusSeeOther)
}
