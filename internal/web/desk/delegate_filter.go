package desk

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// listing is what a list of delegates shows: whom, which columns, and the view that
// it began as. All of it stands in the address.
type listing struct {
	Filter  delegate.Filter
	Columns []string // as chosen; empty: the usual ones
	View    string
}

// listingOf reads a listing from the parameters of an address. What the program has
// never known narrows nothing. What the event no longer has meets nobody: else a kept
// list, or a decision about all whom it meets, would be about everybody at once.
func listingOf(values url.Values, e event.Event) listing {
	return listing{Filter: filterOf(values, e), Columns: values["col"], View: values.Get("view")}
}

// queried are the parameters in the address, as copies.
func queried(c *fiber.Ctx) url.Values { return kit.Queried(c).Values }

func filterOf(values url.Values, e event.Event) delegate.Filter {
	f := delegate.Filter{
		Text: values.Get("q"), State: delegate.State(values.Get("state")), Country: values.Get("country"),
		Category: values.Get("category"), City: values.Get("city"), Region: values.Get("region"),
		Language: values.Get("language"), Tag: values.Get("tag"), Arrived: values.Get("arrived"),
		Unfinished: values.Get("unfinished") != "", Proposed: values.Get("proposed") != "", Missing: values.Get("missing") != "",
		Way: delegate.Way(values.Get("way")), Role: delegate.Role(values.Get("role")), Session: values.Get("session"),
		Invitation: values.Get("invitation"), Invited: delegate.Answer(values.Get("invited")),
		From: dayOf(values.Get("from")), To: dayOf(values.Get("to")),
	}
	if !slices.Contains(delegate.States, f.State) {
		f.State = ""
	}
	if !slices.Contains(delegate.Ways, f.Way) {
		f.Way = ""
	}
	if !slices.Contains(delegate.Roles, f.Role) {
		f.Role = ""
	}
	if !slices.Contains(city.Regions, f.Region) {
		f.Region = ""
	}
	if f.Arrived != "yes" && f.Arrived != "no" {
		f.Arrived = ""
	}
	return f
}

// dayOf returns the day if it is one, YYYY-MM-DD.
func dayOf(typed string) string {
	if _, err := time.Parse(time.DateOnly, typed); err != nil {
		return ""
	}
	return typed
}

// filterValues is the filter as parameters of an address, without empty ones.
func filterValues(f delegate.Filter) url.Values {
	values := url.Values{}
	for name, value := range map[string]string{
		"q": f.Text, "state": string(f.State), "country": f.Country, "category": f.Category, "city": f.City,
		"region": f.Region, "language": f.Language, "tag": f.Tag, "arrived": f.Arrived, "from": f.From, "to": f.To,
		"unfinished": ticked(f.Unfinished), "proposed": ticked(f.Proposed), "missing": ticked(f.Missing), "way": string(f.Way), "role": string(f.Role), "session": f.Session,
		"invitation": f.Invitation, "invited": string(f.Invited),
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

func ticked(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}

// values is the listing as parameters of an address.
func (l listing) values() url.Values {
	values := filterValues(l.Filter)
	if len(l.Columns) > 0 {
		values["col"] = l.Columns
	}
	if l.View != "" {
		values.Set("view", l.View)
	}
	return values
}

// query is the listing as a view keeps it.
func (l listing) query() string {
	l.View = ""
	return l.values().Encode()
}

// listHref is the address of the delegates that the filter meets.
func listHref(e event.Event, f delegate.Filter) string {
	return withQuery(deskPath(e, "delegates"), filterValues(f))
}

func withQuery(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// cityNames tells what member cities are called.
func (s *Pages) cityNames(ctx context.Context, p *i18n.Printer) (map[string]string, error) {
	members, err := s.app.Cities.List(ctx)
	names := make(map[string]string, len(members))
	for _, city := range members {
		names[city.ID] = p.Text(city.Name)
	}
	return names, err
}

// choices are what the list can be narrowed by, and how codes are called.
type choices struct {
	States, Countries, Categories, Cities, Regions, Languages, Tags, Arrived, Ways, Roles, Sessions []kit.Option

	cityNames map[string]string
}

// withChosen has the filter's choices show what was chosen and is none of them any
// more, so that it is seen and can be taken away.
func (ch *choices) withChosen(p *i18n.Printer, e event.Event, f delegate.Filter) {
	for _, one := range []struct {
		options      *[]kit.Option
		value, label string
	}{
		{&ch.Categories, f.Category, e.CategoryLabel(p, f.Category)},
		{&ch.Sessions, f.Session, f.Session},
		{&ch.Cities, f.City, f.City},
		{&ch.Tags, f.Tag, f.Tag},
	} {
		if one.value != "" && !slices.ContainsFunc(*one.options, func(o kit.Option) bool { return o.Value == one.value }) {
			*one.options = append(*one.options, kit.Option{Value: one.value, Label: one.label})
		}
	}
}

func (s *Pages) choices(ctx context.Context, p *i18n.Printer, e event.Event) (choices, error) {
	any := func(key string, list []kit.Option) []kit.Option {
		return append([]kit.Option{{Label: p.T("board.delegates.any." + key)}}, list...)
	}
	var states, categories, cities, regions, languages, tags []kit.Option
	for _, state := range delegate.States {
		states = append(states, kit.Option{Value: string(state), Label: statePill(p, state).Label})
	}
	for _, c := range e.Categories() {
		categories = append(categories, kit.Option{Value: c.ID, Label: e.CategoryLabel(p, c.ID)})
	}
	for _, region := range city.Regions {
		regions = append(regions, kit.Option{Value: region, Label: p.T("site.region." + region)})
	}
	for _, lang := range s.app.Catalogue.Languages() {
		languages = append(languages, kit.Option{Value: lang, Label: p.LanguageName(lang)})
	}
	var ways, roles []kit.Option
	for _, way := range delegate.Ways {
		ways = append(ways, kit.Option{Value: string(way), Label: p.T("roster.way." + string(way))})
	}
	for _, role := range delegate.Roles {
		roles = append(roles, kit.Option{Value: string(role), Label: p.T("delegation.role." + string(role))})
	}
	used, err := s.app.Delegates.EventTags(ctx, e.ID)
	if err != nil {
		return choices{}, err
	}
	for _, tag := range used {
		tags = append(tags, kit.Option{Value: tag, Label: tag})
	}
	members, err := s.app.Cities.List(ctx)
	if err != nil {
		return choices{}, err
	}
	names := map[string]string{}
	for _, city := range members {
		names[city.ID] = p.Text(city.Name)
		cities = append(cities, kit.Option{Value: city.ID, Label: names[city.ID]})
	}
	arrived := []kit.Option{
		{Value: "yes", Label: p.T("board.delegates.arrived_yes")},
		{Value: "no", Label: p.T("board.delegates.arrived_no")},
	}
	sessions, err := s.sessionChoices(ctx, p, e)
	if err != nil {
		return choices{}, err
	}
	return choices{
		Sessions: any("session", sessions),
		States:   any("state", states), Countries: any("country", s.countries.in(p)), Categories: any("category", categories),
		Cities: any("city", cities), Regions: any("region", regions), Languages: any("language", languages),
		Tags: any("tag", tags), Ways: any("way", ways), Roles: any("role", roles), Arrived: any("arrived", arrived),
		cityNames: names,
	}, nil
}

// sessionChoices are the sessions that delegates can sign up for.
func (s *Pages) sessionChoices(ctx context.Context, p *i18n.Printer, e event.Event) ([]kit.Option, error) {
	fact, ok := s.groupOf(delegate.AudienceGroup).Fact(delegate.FactSession)
	if !ok {
		return nil, nil
	}
	offered, err := fact.Options(ctx, p, e)
	list := make([]kit.Option, len(offered))
	for i, o := range offered {
		list[i] = kit.Option{Value: o.Value, Label: o.Label}
	}
	return list, err
}

// beyondTheFirst counts the conditions of the filter that stand in its fold.
func beyondTheFirst(f delegate.Filter) string {
	n := 0
	for _, given := range []bool{
		f.City != "", f.Region != "", f.Language != "", f.Tag != "", f.Arrived != "", f.Unfinished, f.Proposed, f.Missing, f.Way != "", f.Role != "", f.Session != "", f.From != "", f.To != "",
	} {
		if given {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
