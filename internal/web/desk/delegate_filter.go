package desk

import (
	"context"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// filterOf reads a filter from the address. What is none of the choices narrows
// nothing.
func filterOf(c *fiber.Ctx, e event.Event) delegate.Filter {
	f := delegate.Filter{
		Text: c.Query("q"), State: delegate.State(c.Query("state")), Country: c.Query("country"),
		Category: c.Query("category"), City: c.Query("city"), Arrived: c.Query("arrived"),
	}
	if !slices.Contains(delegate.States, f.State) {
		f.State = ""
	}
	if _, ok := e.Category(f.Category); !ok {
		f.Category = ""
	}
	if f.Arrived != "yes" && f.Arrived != "no" {
		f.Arrived = ""
	}
	return f
}

// filterValues is the filter as parameters of an address, without empty ones.
func filterValues(f delegate.Filter) url.Values {
	values := url.Values{}
	for name, value := range map[string]string{
		"q": f.Text, "state": string(f.State), "country": f.Country,
		"category": f.Category, "city": f.City, "arrived": f.Arrived,
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
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
	States, Countries, Categories, Cities, Arrived []kit.Option

	cityNames map[string]string
}

func (s *Pages) choices(ctx context.Context, p *i18n.Printer, e event.Event) (choices, error) {
	any := func(key string, list []kit.Option) []kit.Option {
		return append([]kit.Option{{Label: p.T("board.delegates.any." + key)}}, list...)
	}
	var states, categories, cities []kit.Option
	for _, state := range delegate.States {
		states = append(states, kit.Option{Value: string(state), Label: statePill(p, state).Label})
	}
	for _, c := range e.Categories() {
		categories = append(categories, kit.Option{Value: c.ID, Label: e.CategoryLabel(p, c.ID)})
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
	return choices{
		States: any("state", states), Countries: any("country", s.countries.in(p)),
		Categories: any("category", categories), Cities: any("city", cities), Arrived: any("arrived", arrived),
		cityNames: names,
	}, nil
}
