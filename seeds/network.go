package seeds

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Award is one edition of the UNESCO Learning City Award.
type Award struct {
	Year     int       `yaml:"year"`
	Event    string    `yaml:"event"` // slug of the conference at which it was conferred
	Source   string    `yaml:"source"`
	Awardees []Awardee `yaml:"awardees"`
}

// Awardee is a city that received the award. It need not have a portrait.
type Awardee struct {
	City    string `yaml:"city"`
	Country string `yaml:"country"` // ISO 3166-1 alpha-2
}

func (a Awardee) check() []problem {
	if a.Country == "" {
		return []problem{at("country", "the country is blank")}
	}
	return checkCountry("country", a.Country)
}

func (a Award) check() []problem {
	return unique("awardees", "city", a.Awardees, func(c Awardee) string { return c.City })
}

// Awards reads the editions of the award from awards.yaml, oldest first.
func Awards(fsys fs.FS) ([]Award, error) {
	sources, err := Sources(fsys)
	if err != nil {
		return nil, err
	}
	events, err := Events(fsys)
	if err != nil {
		return nil, err
	}
	awards, err := decode(fsys, "awards.yaml", knownSources[[]Award](sources), func(awards []Award) []problem {
		found := unique("", "year", awards, func(a Award) string { return strconv.Itoa(a.Year) })
		for i, a := range awards {
			if eventIndex(events, a.Event) < 0 {
				found = append(found, at(strconv.Itoa(i)+".event", "there is no event %q", a.Event))
			}
		}
		return found
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(awards, func(a, b Award) int { return a.Year - b.Year })
	return awards, nil
}

// KeyFeatureList is the Key Features of Learning Cities without the features
// themselves: parts and focal areas.
type KeyFeatureList struct {
	Count       int              `yaml:"count"` // of the features in all areas
	CountSource string           `yaml:"count_source"`
	Source      string           `yaml:"source"`
	Translated  []string         `yaml:"translated"` // languages in which the titles are our own translation
	Parts       []KeyFeaturePart `yaml:"parts"`
}

// KeyFeaturePart is one of the three parts, which the document draws as a
// building.
type KeyFeaturePart struct {
	Slug  string      `yaml:"slug"`
	Image string      `yaml:"image"` // pediment, columns or steps
	Title Text        `yaml:"title"`
	Areas []FocalArea `yaml:"areas"`
}

// FocalArea is one focal area of a part.
type FocalArea struct {
	Slug  string `yaml:"slug"`
	Title Text   `yaml:"title"`
}

func (a FocalArea) check() []problem { return checkSlug("slug", a.Slug) }

func (p KeyFeaturePart) check() []problem {
	return append(checkSlug("slug", p.Slug),
		unique("areas", "slug", p.Areas, func(a FocalArea) string { return a.Slug })...)
}

func (l KeyFeatureList) check() []problem {
	return append(checkLanguages("translated", l.Translated),
		unique("parts", "slug", l.Parts, func(p KeyFeaturePart) string { return p.Slug })...)
}

// Areas returns the focal areas of all parts, in order.
func (l KeyFeatureList) Areas() []FocalArea {
	var areas []FocalArea
	for _, p := range l.Parts {
		areas = append(areas, p.Areas...)
	}
	return areas
}

// KeyFeatures reads the Key Features from key-features.yaml.
func KeyFeatures(fsys fs.FS) (KeyFeatureList, error) {
	sources, err := Sources(fsys)
	if err != nil {
		return KeyFeatureList{}, err
	}
	return decode(fsys, "key-features.yaml", knownSources[KeyFeatureList](sources))
}

// Milestone is the size of the network at one date.
type Milestone struct {
	Date            string          `yaml:"date"` // 2016, 2016-11 or 2016-11-15
	Cities          int             `yaml:"cities"`
	Countries       int             `yaml:"countries,omitempty"`        // 0 where no source gives it
	Joined          int             `yaml:"joined,omitempty"`           // cities new on that date
	JoinedCountries int             `yaml:"joined_countries,omitempty"` // the countries of these
	Source          string          `yaml:"source,omitempty"`
	Certainty       Certainty       `yaml:"certainty"`
	Disputed        []DisputedCount `yaml:"disputed,omitempty"` // of the cities
	Note            string          `yaml:"note,omitempty"`
}

func (m Milestone) check() []problem {
	var found []problem
	if !isPartialDate(m.Date) {
		found = append(found, at("date", "%q is no date like 2016, 2016-11 or 2016-11-15", m.Date))
	}
	if m.Cities < 1 {
		found = append(found, at("cities", "%d is not above zero", m.Cities))
	}
	if m.Source == "" && m.Certainty != Unverified {
		found = append(found, at("certainty", "a number without a source is unverified"))
	}
	return found
}

func isPartialDate(date string) bool {
	return slices.ContainsFunc([]string{"2006", "2006-01", time.DateOnly}, func(layout string) bool {
		_, err := time.Parse(layout, date)
		return err == nil
	})
}

// Membership reads how the network grew from membership.yaml, oldest first.
func Membership(fsys fs.FS) ([]Milestone, error) {
	sources, err := Sources(fsys)
	if err != nil {
		return nil, err
	}
	milestones, err := decode(fsys, "membership.yaml", knownSources[[]Milestone](sources))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(milestones, func(a, b Milestone) int { return strings.Compare(a.Date, b.Date) })
	return milestones, nil
}
