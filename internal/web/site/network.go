package site

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/city"
	"convene/internal/fact"
	"convene/internal/web/kit"
)

// networkPage is site/network.html: how the network grew, its award, and what
// makes a learning city.
type networkPage struct {
	base
	Now        *milestone // the latest
	Growth     lineChart
	Milestones []milestone // the latest first
	Awards     []awardYear // the latest first
	Features   city.Features
	Parts      []featurePart
	Areas      int
	Ours       bool // the titles of the focal areas are our own translation
}

// milestone is the network's size at a date.
type milestone struct {
	Date      string
	Cities    string
	Countries string
	Joined    string
	Source    fact.Source
	Grade     string
	Doubts    []claim
	Note      Words
}

// awardYear is an edition of the award.
type awardYear struct {
	ID       string
	Year     int
	Event    kit.Link // where it was conferred; empty when that is not known
	Awardees []awardee
	Source   fact.Source
}

type awardee struct{ Name, Href, Country string }

// featurePart is a part of the Key Features with its focal areas, numbered
// through all parts.
type featurePart struct {
	Title Words
	First int
	Areas []Words
}

// Network is GET /network.
func (p *Pages) Network(c *fiber.Ctx) error {
	all, err := p.editions.get(c.UserContext())
	if err != nil {
		return err
	}
	return p.serve(c, page{view: "site/network", path: "/network", version: all.version, fill: func(ctx context.Context, b base) (any, error) {
		return p.fillNetwork(ctx, b, all)
	}})
}

func (p *Pages) fillNetwork(ctx context.Context, b base, all *editions) (any, error) {
	b.Title, b.Description = b.T("site.network.title"), b.T("site.network.lead")
	milestones, err := p.cities.Milestones(ctx)
	if err != nil {
		return nil, err
	}
	awards, err := p.cities.Awards(ctx)
	if err != nil {
		return nil, err
	}
	features, err := p.cities.Features(ctx)
	if err != nil {
		return nil, err
	}
	v := networkPage{base: b, Features: features, Ours: slices.Contains(features.Translated, b.Lang())}
	v.grow(milestones)
	for _, a := range awards {
		v.Awards = append(v.Awards, b.awardYear(a, all))
	}
	slices.Reverse(v.Awards)
	v.build(features)
	return v, nil
}

func (v *networkPage) grow(list []city.Milestone) {
	b := v.base
	var points []dated
	for _, m := range list {
		shown := milestone{
			Date: b.partialDate(m.Date), Cities: b.Number(m.Cities), Source: m.Source, Grade: b.grade(m.Grade), Note: b.English(m.Note),
		}
		if m.Countries > 0 {
			shown.Countries = b.Number(m.Countries)
		}
		if m.Joined > 0 {
			shown.Joined = b.Number(m.Joined)
		}
		for _, c := range m.Disputed {
			shown.Doubts = append(shown.Doubts, b.claim(c))
		}
		points = append(points, dated{At: begins(m.Date), N: m.Cities, Title: shown.Date + ": " + shown.Cities})
		v.Milestones = append(v.Milestones, shown)
	}
	if len(v.Milestones) == 0 {
		return
	}
	first, last := v.Milestones[0], v.Milestones[len(list)-1]
	v.Now = &last
	v.Growth = b.newLineChart("growth", points)
	v.Growth.Caption = b.T("site.network.growth")
	v.Growth.Summary = b.T("site.network.growth_summary", "From", first.Cities, "Then", first.Date, "To", last.Cities, "Now", last.Date)
	slices.Reverse(v.Milestones)
}

// begins is the instant to draw a date at: a year or month that is all that is
// known is drawn in its middle.
func begins(date string) time.Time {
	if t, err := time.Parse(time.DateOnly, date); err == nil {
		return t
	}
	if t, err := time.Parse("2006-01", date); err == nil {
		return t.AddDate(0, 0, 14)
	}
	t, err := time.Parse("2006", date)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 6, 0)
}

func (b base) awardYear(a city.Award, all *editions) awardYear {
	shown := awardYear{ID: "award-" + strconv.Itoa(a.Year), Year: a.Year, Source: a.Source}
	if e, ok := all.byID[a.Event]; ok {
		shown.Event = kit.Link{Href: "/e/" + e.Slug, Label: b.Text(e.Title)}
	}
	for _, who := range a.Awardees {
		one := awardee{Name: who.Name, Country: b.Country(who.Country)}
		if who.Member != "" {
			one.Href = "/cities/" + who.Member
		}
		shown.Awardees = append(shown.Awardees, one)
	}
	return shown
}

func (v *networkPage) build(f city.Features) {
	for _, p := range f.Parts {
		part := featurePart{Title: v.Words(p.Title), First: v.Areas + 1}
		for _, area := range p.Areas {
			part.Areas = append(part.Areas, v.Words(area.Title))
		}
		v.Areas += len(part.Areas)
		v.Parts = append(v.Parts, part)
	}
}
