package seed

import (
	"convene/internal/city"
	"convene/internal/fact"
	"convene/internal/i18n"
	"convene/seeds"
)

// city makes the record of a member.
func (f facts) city(c seeds.City) city.City {
	made := city.City{
		ID: c.Slug, Name: text(c.Name), Kind: string(c.Kind), Country: c.Country, Region: string(c.Region),
		Awards: c.Awards, Headline: text(c.Headline), Figures: map[string]fact.Figure{}, Challenges: c.Challenges,
		Vision: text(c.Vision), Plan: text(c.Plan), Voice: person(c.Mayor), Contact: person(&c.Contact),
		Doubts: c.Doubts, Source: f.source(c.Source),
	}
	if made.Voice == nil {
		made.Voice = person(c.Voice)
	}
	if c.Joined != nil {
		made.Joined, made.JoinedSource = c.Joined.Value, f.source(c.Joined.Source)
	}
	for key, figure := range c.Figures.All() {
		made.Figures[key] = fact.Figure{
			Value: figure.Value, Year: figure.Year, Raw: figure.Raw, Doubt: figure.Doubt, Source: f.source(figure.Source),
		}
	}
	return made
}

func person(p *seeds.Person) *city.Person {
	if p == nil || p.Name == "" {
		return nil
	}
	return &city.Person{Name: p.Name, Role: text(p.Role)}
}

// award makes the record of an edition; events tells ids by slug.
func (f facts) award(a seeds.Award, events map[string]string) city.Award {
	made := city.Award{Year: a.Year, Event: events[a.Event], Source: f.source(a.Source)}
	for _, who := range a.Awardees {
		made.Awardees = append(made.Awardees, city.Awardee{Name: who.City, Country: who.Country, Member: f.member(who)})
	}
	return made
}

// member returns the slug of the portrait of an awardee, or "".
func (f facts) member(a seeds.Awardee) string {
	for _, c := range f.cities {
		if c.Country == a.Country && i18n.Fold(c.Name["en"]) == i18n.Fold(a.City) {
			return c.Slug
		}
	}
	return ""
}

// takesPart returns the slugs of the events that a member took part in: the
// meeting that its portrait was made for, and the conferences at which it was
// given the award.
func (f facts) takesPart(c seeds.City) []string {
	slugs := []string{portraitsMeeting}
	for _, a := range f.awards {
		for _, who := range a.Awardees {
			if f.member(who) == c.Slug {
				slugs = append(slugs, a.Event)
			}
		}
	}
	return slugs
}

func (f facts) milestone(m seeds.Milestone) city.Milestone {
	return city.Milestone{
		Date: m.Date, Cities: m.Cities, Countries: m.Countries, Joined: m.Joined, JoinedCountries: m.JoinedCountries,
		Source: f.source(m.Source), Grade: fact.Certainty(m.Certainty), Disputed: f.claims(m.Disputed), Note: m.Note,
	}
}

func (f facts) keyFeatures() city.Features {
	l := f.features
	made := city.Features{
		Count: l.Count, CountSource: f.source(l.CountSource), Source: f.source(l.Source), Translated: l.Translated,
	}
	for _, p := range l.Parts {
		part := city.FeaturePart{ID: p.Slug, Image: p.Image, Title: text(p.Title)}
		for _, a := range p.Areas {
			part.Areas = append(part.Areas, city.FocalArea{ID: a.Slug, Title: text(a.Title)})
		}
		made.Parts = append(made.Parts, part)
	}
	return made
}
