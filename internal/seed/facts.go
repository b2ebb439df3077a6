package seed

import (
	"errors"
	"io/fs"
	"strconv"

	"convene/internal/fact"
	"convene/internal/i18n"
	"convene/seeds"
)

// facts is everything that the seed files hold of the network.
type facts struct {
	sources    map[string]seeds.Source
	events     []seeds.Event
	programmes map[string]seeds.Programme // by the event's slug
	challenges []seeds.Challenge
	cities     []seeds.City
	awards     []seeds.Award
	milestones []seeds.Milestone
	features   seeds.KeyFeatureList
}

// read reads all files, so that a fault in any of them is told before anything
// is written.
func read(fsys fs.FS) (facts, error) {
	var f facts
	var errs [8]error
	var programmes []seeds.Programme
	f.sources, errs[0] = seeds.Sources(fsys)
	f.events, errs[1] = seeds.Events(fsys)
	programmes, errs[2] = seeds.Programmes(fsys)
	f.challenges, errs[3] = seeds.Challenges(fsys)
	f.cities, errs[4] = seeds.Cities(fsys)
	f.awards, errs[5] = seeds.Awards(fsys)
	f.milestones, errs[6] = seeds.Membership(fsys)
	f.features, errs[7] = seeds.KeyFeatures(fsys)
	f.programmes = map[string]seeds.Programme{}
	for _, p := range programmes {
		f.programmes[p.Event] = p
	}
	return f, errors.Join(errs[:]...)
}

// source returns the source of an id; the zero Source for no id.
func (f facts) source(id string) fact.Source {
	s := f.sources[id]
	return fact.Source{Title: s.Title, URL: s.URL}
}

// claims turns the numbers that other sources give into claims.
func (f facts) claims(counts []seeds.DisputedCount) []fact.Claim {
	var claims []fact.Claim
	for _, c := range counts {
		claims = append(claims, fact.Claim{
			Value: strconv.Itoa(c.Value), AtLeast: c.AtLeast, AtMost: c.AtMost, Source: f.source(c.Source), Note: c.Note,
		})
	}
	return claims
}

// text turns a seed's text into a record's; no text into nil.
func text(t seeds.Text) i18n.Text {
	if len(t) == 0 {
		return nil
	}
	return i18n.Text(t)
}
