package desk

import (
	"cmp"
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// delegationsPage is desk/delegations.html.
type delegationsPage struct {
	kit.Frame
	Form     *kit.Form // the filter
	Path     string
	Settings string
	Regions  []kit.Option
	Shows    []kit.Option
	Filtered bool
	Found    string
	Rows     []delegationRow
	Tiles    []tally
}

// tally is a number with what it counts.
type tally struct{ Label, Number string }

// delegationRow is one city's delegation.
type delegationRow struct {
	Href, City, Country, Region string
	Focal                       int // how many focal points
	Quota, Taken, Confirmed     int
	Head, Voter                 called
	HeadPill                    Pill
	Counts                      bool // the voter is confirmed
	sort                        i18n.Named
}

// What the list can be narrowed to.
const (
	showNobody  = "nobody"  // nobody is nominated
	showNoHead  = "no_head" // somebody is, but nobody heads them
	showNoFocal = "no_focal"
	showPlaces  = "places" // fewer than could be
)

var delegationShows = []string{showNobody, showNoHead, showNoFocal, showPlaces}

// shows reports whether the list, narrowed so, shows the row.
func (r delegationRow) shows(what string) bool {
	switch what {
	case showNobody:
		return r.Taken == 0
	case showNoHead:
		return r.Taken > 0 && r.Head.Name == ""
	case showNoFocal:
		return r.Focal == 0
	case showPlaces:
		return r.Taken < r.Quota
	}
	return true
}

// Delegations lists what each member city sends.
func (s *Pages) Delegations(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskDelegations, kit.Printer(c).T("delegation.title"))
	if err != nil {
		return err
	}
	rows, err := s.delegationRows(c.UserContext(), frame.Printer, e)
	if err != nil {
		return err
	}
	form := kit.Queried(c)
	page := delegationsPage{Frame: frame, Form: form, Path: deskPath(e, kit.DeskDelegations), Settings: deskPath(e, kit.DeskSettings) + "#delegations"}
	page.Tiles = delegationTiles(frame.Printer, rows)
	page.Regions = []kit.Option{{Label: frame.T("delegation.any_region")}}
	for _, region := range city.Regions {
		page.Regions = append(page.Regions, kit.Option{Value: region, Label: frame.T("site.region." + region)})
	}
	page.Shows = []kit.Option{{Label: frame.T("delegation.show.all")}}
	for _, what := range delegationShows {
		page.Shows = append(page.Shows, kit.Option{Value: what, Label: frame.T("delegation.show." + what)})
	}
	words := i18n.Fold(strings.TrimSpace(form.Value("q")))
	for _, r := range rows {
		if !strings.Contains(i18n.Fold(r.City+" "+r.Country), words) || !r.shows(form.Value("show")) ||
			form.Value("region") != "" && form.Value("region") != r.sort.Code {
			continue
		}
		page.Rows = append(page.Rows, r)
	}
	page.Filtered = words != "" || form.Value("show") != "" || form.Value("region") != ""
	page.Found = frame.N("delegation.found", len(page.Rows))
	return kit.Render(c, "desk/delegations", page)
}

func delegationTiles(p *i18n.Printer, rows []delegationRow) []tally {
	var nominating, taken, confirmed, votes int
	for _, r := range rows {
		taken, confirmed = taken+r.Taken, confirmed+r.Confirmed
		if r.Taken > 0 {
			nominating++
		}
		if r.Counts {
			votes++
		}
	}
	return []tally{
		{p.T("delegation.tile.nominating"), p.Number(nominating)}, {p.T("delegation.tile.nominated"), p.Number(taken)},
		{p.T("delegation.tile.confirmed"), p.Number(confirmed)}, {p.T("delegation.tile.voters"), p.Number(votes)},
	}
}

// delegationRows tells of every member city, by name.
func (s *Pages) delegationRows(ctx context.Context, p *i18n.Printer, e event.Event) ([]delegationRow, error) {
	members, err := s.app.Cities.List(ctx)
	if err != nil {
		return nil, err
	}
	focal, err := s.app.Cities.FocalByCity(ctx)
	if err != nil {
		return nil, err
	}
	own, err := s.app.Delegates.Delegations(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	byCity := map[string]delegate.Delegation{}
	for _, d := range own {
		byCity[d.City] = d
	}
	rows := make([]delegationRow, len(members))
	at := map[string]*delegationRow{}
	for i, m := range members {
		of := byCity[m.ID]
		rows[i] = delegationRow{
			Href: deskPath(e, kit.DeskDelegations, m.ID), City: p.Text(m.Name), Country: p.Country(m.Country),
			Region: p.T("site.region." + m.Region), Focal: len(focal[m.ID]), Quota: of.Quota(e), Taken: of.Taken,
			sort: i18n.Named{Code: m.Region, Name: p.Text(m.Name)},
		}
		at[m.ID] = &rows[i]
	}
	err = s.app.Delegates.EachMember(ctx, e.ID, func(d delegate.Delegate) {
		if r := at[d.City]; r != nil && d.InDelegation() {
			r.count(p, d)
		}
	})
	if err != nil {
		return nil, err
	}
	return sortedRows(p, rows), nil
}

// count adds somebody of the delegation to its row.
func (r *delegationRow) count(p *i18n.Printer, d delegate.Delegate) {
	confirmed := d.State == delegate.Confirmed
	if confirmed {
		r.Confirmed++
	}
	if d.Role == delegate.RoleHead {
		r.Head, r.HeadPill = calledOf(d), delegatePill(p, d)
	}
	if d.Voter {
		r.Voter, r.Counts = calledOf(d), confirmed
	}
}

// sortedRows sorts by name, as the reader's language does.
func sortedRows(p *i18n.Printer, rows []delegationRow) []delegationRow {
	names := make([]i18n.Named, len(rows))
	byHref := map[string]delegationRow{}
	for i, r := range rows {
		names[i] = i18n.Named{Code: r.Href, Name: cmp.Or(r.City, r.Href)}
		byHref[r.Href] = r
	}
	p.Sort(names)
	for i, n := range names {
		rows[i] = byHref[n.Code]
	}
	return rows
}
