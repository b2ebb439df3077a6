package site

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/language"

	"convene/internal/event"
	"convene/internal/fact"
	"convene/internal/i18n"
	"convene/internal/programme"
	"convene/internal/web/kit"
)

// speakersPage is site/speakers.html.
type speakersPage struct {
	base
	Form      *kit.Form
	Countries []kit.Option
	Duties    []kit.Option
	People    []speaker
	All       int
	Filtered  bool
}

// speaker is a person of the roster in a list.
type speaker struct {
	Name, Latin string
	Href        string
	Initials    string
	Duties      string
	Work        string // job title and organisation
	Country     string
	duties      []programme.Duty
	countryCode string
}

// Speakers is GET /e/:slug/speakers, narrowed by country and duty.
func (p *Pages) Speakers(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	pg := p.pageOf(e, "site/speakers", "/speakers")
	query := known(c, speakersQuery)
	pg.query = query
	pg.fill = func(ctx context.Context, b base) (any, error) { return p.fillSpeakers(ctx, b, e.Event, query) }
	return p.serve(c, pg)
}

var speakersQuery = map[string]func(string) bool{
	"country": func(v string) bool {
		region, err := language.ParseRegion(v)
		return err == nil && region.IsCountry() && region.String() == v
	},
	"duty": func(v string) bool { return slices.Contains(programme.Duties, programme.Duty(v)) },
}

func (p *Pages) fillSpeakers(ctx context.Context, b base, e event.Event, query url.Values) (any, error) {
	b.Title, b.Description = b.T("tab.speakers"), b.T("site.speakers.about", "Event", b.Text(e.Title))
	if err := p.forEvent(ctx, &b, e, kit.Speakers); err != nil {
		return nil, err
	}
	all, err := p.speakers(ctx, b, e)
	if err != nil {
		return nil, err
	}
	v := speakersPage{base: b, Form: &kit.Form{Printer: b.Printer, Values: query}, All: len(all), Filtered: len(query) > 0}
	v.Countries, v.Duties = b.speakerFilters(all)
	country, duty := query.Get("country"), programme.Duty(query.Get("duty"))
	for _, s := range all {
		if (country == "" || s.countryCode == country) && (duty == "" || slices.Contains(s.duties, duty)) {
			v.People = append(v.People, s)
		}
	}
	return v, nil
}

// speakers returns the event's roster by name, with what each one does.
func (p *Pages) speakers(ctx context.Context, b base, e event.Event) ([]speaker, error) {
	people, err := p.programme.People(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	sessions, err := p.programme.Sessions(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	list := make([]speaker, len(people))
	for i, who := range people {
		list[i] = b.speaker(e, who, partsOf(who, sessions))
	}
	return list, nil
}

// personPart is what a person does in a session.
type personPart struct {
	session programme.Session
	role    programme.Role
}

func partsOf(who programme.Person, sessions []programme.Session) []personPart {
	var parts []personPart
	for _, s := range sessions {
		for _, r := range s.Roles {
			if r.Person == who.ID {
				parts = append(parts, personPart{s, r})
			}
		}
	}
	return parts
}

func (b base) speaker(e event.Event, who programme.Person, parts []personPart) speaker {
	s := speaker{
		Name: who.Name, Latin: who.LatinName, Href: speakerHref(e, who), Initials: initials(who),
		Work: joined(", ", who.JobTitle, who.Organisation), countryCode: who.Country,
	}
	if who.Country != "" {
		s.Country = b.Country(who.Country)
	}
	var labels []string
	for _, d := range programme.Duties {
		for _, part := range parts {
			if part.role.Duty == d && !slices.Contains(s.duties, d) {
				s.duties = append(s.duties, d)
				labels = append(labels, b.N("site.duty."+string(d), 1))
			}
		}
	}
	s.Duties = strings.Join(labels, ", ")
	return s
}

func speakerHref(e event.Event, who programme.Person) string {
	return "/e/" + e.Slug + "/speakers/" + who.Slug
}

// speakerFilters offers the countries and duties that occur.
func (b base) speakerFilters(all []speaker) (countries, duties []kit.Option) {
	seen := map[string]bool{}
	for _, s := range all {
		if s.countryCode != "" && !seen[s.countryCode] {
			seen[s.countryCode] = true
			countries = append(countries, kit.Option{Value: s.countryCode, Label: s.Country})
		}
	}
	slices.SortFunc(countries, byName)
	for _, d := range programme.Duties {
		if slices.ContainsFunc(all, func(s speaker) bool { return slices.Contains(s.duties, d) }) {
			duties = append(duties, kit.Option{Value: string(d), Label: b.N("site.duty."+string(d), 1)})
		}
	}
	return append([]kit.Option{{Label: b.T("site.filter.all_countries")}}, countries...),
		append([]kit.Option{{Label: b.T("site.filter.all_duties")}}, duties...)
}

// byName sorts options by their labels, accents and case aside.
func byName(a, b kit.Option) int { return cmp.Compare(i18n.Fold(a.Label), i18n.Fold(b.Label)) }

// initials stand where there is no portrait: two letters of a name in an
// alphabet, one character of any other.
func initials(who programme.Person) string {
	words := strings.Fields(who.Name)
	if len(words) == 0 {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	if len(words) == 1 || who.LatinName != "" {
		return string(first)
	}
	last, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return string(first) + string(last)
}

// joined joins those parts that are there.
func joined(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

// speakerPage is site/speaker.html.
type speakerPage struct {
	base
	Person   speaker
	About    Words
	Category string
	Note     Words
	Source   fact.Source
	Sessions []speakerSession
	Zone     string
	Up       string
}

type speakerSession struct {
	session
	Duty        string
	DutyAssumed bool
}

// Speaker is GET /e/:slug/speakers/:speaker.
func (p *Pages) Speaker(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	slug := c.Params("speaker")
	pg := p.pageOf(e, "site/speaker", "/speakers/"+slug)
	pg.fill = func(ctx context.Context, b base) (any, error) { return p.fillSpeaker(ctx, b, e.Event, slug) }
	return p.serve(c, pg)
}

func (p *Pages) fillSpeaker(ctx context.Context, b base, e event.Event, slug string) (any, error) {
	who, err := p.programme.Person(ctx, e.ID, slug)
	if err != nil {
		return nil, err
	}
	b.Title, b.Description = joined(" · ", who.Name, who.LatinName), joined(", ", who.JobTitle, who.Organisation)
	if err := p.forEvent(ctx, &b, e, kit.Speakers); err != nil {
		return nil, err
	}
	sessions, err := p.programme.Sessions(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	parts := partsOf(who, sessions)
	v := speakerPage{
		base: b, Person: b.speaker(e, who, parts), About: b.Words(who.Biography), Category: b.label("category", who.Category),
		Note: b.English(who.Note), Source: who.Source, Zone: b.zone(e), Up: "/e/" + e.Slug + "/speakers",
	}
	for _, part := range parts {
		v.Sessions = append(v.Sessions, speakerSession{
			b.session(e, part.session, nil), b.N("site.duty."+string(part.role.Duty), 1), part.role.Assumed,
		})
	}
	return v, nil
}
