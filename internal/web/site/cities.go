package site

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/fact"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// citiesPage is site/cities.html: the directory of members.
type citiesPage struct {
	base
	Form       *kit.Form
	Regions    []kit.Option
	Awards     []kit.Option
	Challenges []kit.Option
	Groups     []cityGroup
	Found, All int
	Filtered   bool
}

// cityGroup are the cities of a region.
type cityGroup struct {
	Region string
	Cities []cityCard
}

// cityCard is a city in a list.
type cityCard struct {
	Href     string
	Name     Words
	Country  string
	Headline Words
	People   string // how many, with the year
	Awards   string
	Joined   string
}

// Cities is GET /cities, narrowed by region, award and challenge.
func (p *Pages) Cities(c *fiber.Ctx) error {
	members, err := p.members.get(c.UserContext())
	if err != nil {
		return err
	}
	query := known(c, members.queries())
	return p.serve(c, page{
		view: "site/cities", path: "/cities", query: query, version: members.version,
		fill: func(_ context.Context, b base) (any, error) { return b.fillCities(members, query), nil },
	})
}

// anyAward is the value of the filter for cities that won the award in any year.
const anyAward = "any"

func (d *directory) queries() map[string]func(string) bool {
	return map[string]func(string) bool{
		"region": func(v string) bool { return slices.Contains(city.Regions, v) },
		"award": func(v string) bool {
			return v == anyAward || slices.ContainsFunc(d.awardYears(), func(year int) bool { return strconv.Itoa(year) == v })
		},
		"challenge": func(v string) bool {
			return slices.ContainsFunc(d.challenges, func(c city.Challenge) bool { return c.Tag == v })
		},
	}
}

// awardYears lists the years in which one of the members won the award.
func (d *directory) awardYears() []int {
	var years []int
	for _, c := range d.cities {
		years = append(years, c.Awards...)
	}
	slices.Sort(years)
	return slices.Compact(years)
}

func (b base) fillCities(d *directory, query url.Values) citiesPage {
	b.Title, b.Description = b.T("site.cities.title"), b.T("site.cities.lead")
	v := citiesPage{
		base: b, Form: &kit.Form{Printer: b.Printer, Values: query}, All: len(d.cities), Filtered: len(query) > 0,
		Regions: []kit.Option{{Label: b.T("site.filter.all_regions")}},
		Awards:  []kit.Option{{Label: b.T("site.filter.with_or_without")}, {Value: anyAward, Label: b.T("site.filter.any_award")}},
	}
	for _, year := range d.awardYears() {
		v.Awards = append(v.Awards, kit.Option{Value: strconv.Itoa(year), Label: b.T("site.filter.award", "Year", year)})
	}
	v.Challenges = b.challengeOptions(d)
	for _, region := range city.Regions {
		v.Regions = append(v.Regions, kit.Option{Value: region, Label: b.Region(region)})
		group := cityGroup{Region: b.Region(region)}
		for _, c := range d.cities {
			if c.Region == region && meets(c, query) {
				group.Cities = append(group.Cities, b.cityCard(c))
			}
		}
		if len(group.Cities) > 0 {
			v.Groups = append(v.Groups, group)
			v.Found += len(group.Cities)
		}
	}
	return v
}

// challengeOptions offers the challenges that some city has.
func (b base) challengeOptions(d *directory) []kit.Option {
	var options []kit.Option
	for _, challenge := range d.challenges {
		if slices.ContainsFunc(d.cities, func(c city.City) bool { return slices.Contains(c.Challenges, challenge.Tag) }) {
			options = append(options, kit.Option{Value: challenge.Tag, Label: b.Text(challenge.Label)})
		}
	}
	slices.SortFunc(options, byName)
	return append([]kit.Option{{Label: b.T("site.filter.all_challenges")}}, options...)
}

func meets(c city.City, query url.Values) bool {
	region, award, challenge := query.Get("region"), query.Get("award"), query.Get("challenge")
	year, _ := strconv.Atoi(award) // 0 for any
	switch {
	case region != "" && c.Region != region:
		return false
	case challenge != "" && !slices.Contains(c.Challenges, challenge):
		return false
	case award == anyAward:
		return len(c.Awards) > 0
	case award != "":
		return slices.Contains(c.Awards, year)
	}
	return true
}

func (b base) cityCard(c city.City) cityCard {
	card := cityCard{
		Href: "/cities/" + c.ID, Name: b.Words(c.Name), Country: b.Country(c.Country), Headline: b.Words(c.Headline),
		Awards: b.awards(c), Joined: b.joined(c),
	}
	if f, ok := c.Figures["population"]; ok && f.Doubt == "" {
		card.People = b.T("site.city.people", "N", b.Decimal(f.Value))
	}
	return card
}

// awards names the years of a city's awards, or nothing.
func (b base) awards(c city.City) string {
	if len(c.Awards) == 0 {
		return ""
	}
	years := make([]string, len(c.Awards))
	for i, year := range c.Awards {
		years[i] = strconv.Itoa(year)
	}
	return b.T("site.city.award", "Years", joined(", ", years...))
}

func (b base) joined(c city.City) string {
	if c.Joined == "" {
		return ""
	}
	return b.T("site.city.joined", "Date", b.partialDate(c.Joined))
}

// eventCitiesPage is site/event-cities.html: the cities that take part.
type eventCitiesPage struct {
	base
	Groups []cityGroup
	Count  int
	Past   bool
}

// EventCities is GET /e/:slug/cities.
func (p *Pages) EventCities(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	pg := p.pageOf(e, "site/event-cities", "/cities")
	pg.keep = keepCounted // delegations come and go without a change of the event
	pg.fill = func(ctx context.Context, b base) (any, error) { return p.fillEventCities(ctx, b, e.Event) }
	return p.serve(c, pg)
}

func (p *Pages) fillEventCities(ctx context.Context, b base, e event.Event) (any, error) {
	b.Title, b.Description = b.T("tab.cities"), b.T("site.event_cities.about", "Event", b.Text(e.Title))
	if err := p.forEvent(ctx, &b, e, kit.Cities); err != nil {
		return nil, err
	}
	list, err := p.cities.Of(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	v := eventCitiesPage{base: b, Count: len(list), Past: e.Phase(b.Now) == event.Past}
	for _, region := range city.Regions {
		group := cityGroup{Region: b.Region(region)}
		for _, c := range list {
			if c.Region == region {
				group.Cities = append(group.Cities, b.cityCard(c))
			}
		}
		if len(group.Cities) > 0 {
			v.Groups = append(v.Groups, group)
		}
	}
	return v, nil
}

// cityPage is site/city.html: a portrait.
type cityPage struct {
	base
	City       city.City
	Name       Words
	Headline   Words
	Kind       string // empty for a city
	Country    string
	Region     kit.Link
	Awards     []award
	Joined     string
	Figures    []cityFigure
	Doubted    []cityFigure // those of the figures that may be wrong
	Sources    []fact.Source
	Challenges []challenge
	Vision     Words
	Plan       Words
	Voice      *city.Person
	VoiceRole  Words
	Contact    *city.Person
	Role       Words
	Doubts     []Words
	Events     []eventCard
}

// award is one of a city's.
type award struct {
	Year int
	Href string // the year on the network's page
}

// challenge is a word that leads to the cities that share it.
type challenge struct {
	Label Words
	Href  string
}

// cityFigure is a row of the table.
type cityFigure struct {
	Label   string
	Country bool // of the whole country, not of the city
	Value   string
	Year    string
	Raw     string // as printed, where that differs
	Doubt   Words
	Mark    int // the number of the doubt's note; 0 for none
	Source  int // the number of the source
}

// City is GET /cities/:city.
func (p *Pages) City(c *fiber.Ctx) error {
	members, err := p.members.get(c.UserContext())
	if err != nil {
		return err
	}
	found, ok := members.byID[c.Params("city")]
	if !ok {
		return problem.New(problem.NotFound, "problem.city_not_found")
	}
	return p.serve(c, page{
		view: "site/city", path: "/cities/" + found.ID, version: members.version,
		fill: func(ctx context.Context, b base) (any, error) { return p.fillCity(ctx, b, members, found) },
	})
}

func (p *Pages) fillCity(ctx context.Context, b base, d *directory, c city.City) (any, error) {
	b.Title, b.Description = b.Text(c.Name), b.Text(c.Headline)
	v := cityPage{
		base: b, City: c, Name: b.Words(c.Name), Headline: b.Words(c.Headline), Country: b.Country(c.Country), Region: kit.Link{Href: "/cities?region=" + c.Region, Label: b.Region(c.Region)},
		Joined: b.joined(c), Challenges: b.challenges(d, c), Vision: b.Words(c.Vision), Plan: b.Words(c.Plan),
		Voice: c.Voice, Contact: c.Contact,
	}
	if c.Kind != "city" {
		v.Kind = b.label("site.city.kind", c.Kind)
	}
	if c.Voice != nil {
		v.VoiceRole = b.Words(c.Voice.Role)
	}
	if c.Contact != nil {
		v.Role = b.Words(c.Contact.Role)
	}
	for _, year := range c.Awards {
		v.Awards = append(v.Awards, award{year, "/network#award-" + strconv.Itoa(year)})
	}
	for _, doubt := range c.Doubts {
		v.Doubts = append(v.Doubts, b.English(doubt))
	}
	v.tabulate(c)
	return v, p.addEvents(ctx, &v, c)
}

// addEvents finds the events that the city takes part in, the latest first.
func (p *Pages) addEvents(ctx context.Context, v *cityPage, c city.City) error {
	ids, err := p.cities.Events(ctx, c.ID)
	if err != nil {
		return err
	}
	all, err := p.editions.get(ctx)
	if err != nil {
		return err
	}
	for _, e := range all.all {
		if slices.Contains(ids, e.ID) {
			v.Events = append(v.Events, v.card(e.Event))
		}
	}
	return nil
}

// ofCountry are the figures that tell of the country, to compare with.
var ofCountry = []string{"gdp_country_usd"}

// tabulate makes the rows of the figures, numbering doubts and sources.
func (v *cityPage) tabulate(c city.City) {
	b := v.base
	for _, key := range city.FigureKeys {
		f, ok := c.Figures[key]
		if !ok {
			continue
		}
		row := cityFigure{
			Label: b.T("site.city.figure." + key), Country: slices.Contains(ofCountry, key),
			Value: b.measured(key, f.Value), Raw: f.Raw, Doubt: b.English(f.Doubt),
		}
		if f.Year != 0 {
			row.Year = strconv.Itoa(f.Year)
		}
		row.Source = v.sourceNumber(f.Source)
		if f.Doubt != "" {
			row.Mark = len(v.Doubted) + 1
			v.Doubted = append(v.Doubted, row)
		}
		v.Figures = append(v.Figures, row)
	}
	v.sourceNumber(c.Source)
	if c.Joined != "" {
		v.sourceNumber(c.JoinedSource)
	}
}

func (v *cityPage) sourceNumber(s fact.Source) int {
	if s.Title == "" {
		return 0
	}
	if i := slices.Index(v.Sources, s); i >= 0 {
		return i + 1
	}
	v.Sources = append(v.Sources, s)
	return len(v.Sources)
}

// measured writes a value with its unit.
func (b base) measured(key string, value float64) string {
	if unit := b.T("site.city.unit."+key, "N", b.Decimal(value)); unit != "site.city.unit."+key {
		return unit
	}
	return b.Decimal(value)
}

func (b base) challenges(d *directory, c city.City) []challenge {
	var list []challenge
	for _, tag := range c.Challenges {
		shown := challenge{Label: Words{Text: tag}, Href: "/cities?challenge=" + url.QueryEscape(tag)}
		for _, known := range d.challenges {
			if known.Tag == tag {
				shown.Label = b.Words(known.Label)
			}
		}
		list = append(list, shown)
	}
	return list
}

// Ordinal is the number people give to what stands at the index.
func (cityPage) Ordinal(index int) int { return index + 1 }
