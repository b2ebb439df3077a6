// Package report counts: what an event's records say in numbers, beside what
// was reported of it.
package report

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/programme"
)

// Numbers are computed from an event's records.
type Numbers struct {
	Participants     int // confirmed delegates
	Countries        int // of confirmed delegates
	Cities           int // member cities of confirmed delegates
	Speakers         int // people with a part in a session
	SpeakerCountries int // known countries of these
	Arrived          int

	Sessions           map[programme.Kind]int
	DelegatesByRegion  []Bar // by UNESCO region, in the regions' order
	SpeakersByCategory []Bar // the most first
}

// Bar is one bar of a chart.
type Bar struct {
	Key   string // a region, a category, a country, a day
	Count int
}

// Sessions counts those that are content.
func (n Numbers) ContentSessions() int {
	sum := 0
	for kind, count := range n.Sessions {
		if kind.Content() {
			sum += count
		}
	}
	return sum
}

// Service counts.
type Service struct {
	Delegates *delegate.Service
	Programme *programme.Service
}

// Numbers counts an event's records.
func (s *Service) Numbers(ctx context.Context, e event.Event) (Numbers, error) {
	counts, err := s.Delegates.Tally(ctx, e.ID)
	if err != nil {
		return Numbers{}, err
	}
	sessions, err := s.Programme.Sessions(ctx, e.ID)
	if err != nil {
		return Numbers{}, err
	}
	people, err := s.Programme.People(ctx, e.ID)
	if err != nil {
		return Numbers{}, err
	}
	n := Numbers{
		Participants: counts.States[delegate.Confirmed], Countries: len(counts.Countries),
		Cities: len(counts.Cities), Arrived: counts.Arrived, Sessions: map[programme.Kind]int{},
		DelegatesByRegion: ByRegion(counts.Countries),
	}
	for _, session := range sessions {
		n.Sessions[session.Kind]++
	}
	n.countSpeakers(sessions, people)
	return n, nil
}

// countSpeakers counts the people who have a part in a session: a roster may
// hold others.
func (n *Numbers) countSpeakers(sessions []programme.Session, people []programme.Person) {
	speaking := map[string]bool{}
	for _, session := range sessions {
		for _, role := range session.Roles {
			speaking[role.Person] = true
		}
	}
	countries, categories := map[string]int{}, map[string]int{}
	for _, p := range people {
		if !speaking[p.ID] {
			continue
		}
		n.Speakers++
		if p.Country != "" {
			countries[p.Country]++
		}
		if p.Category != "" {
			categories[p.Category]++
		}
	}
	n.SpeakerCountries = len(countries)
	n.SpeakersByCategory = Ranked(categories)
}

// ByRegion sums up a tally of countries by UNESCO region, in the regions' order.
func ByRegion(countries map[string]int) []Bar {
	sums := map[string]int{}
	for country, n := range countries {
		sums[city.RegionOf(country)] += n
	}
	bars := make([]Bar, len(city.Regions))
	for i, region := range city.Regions {
		bars[i] = Bar{Key: region, Count: sums[region]}
	}
	return bars
}

// Editions lists the events of the list that began before e and that somebody
// registered for, whether or not they have been erased since: those of its series
// first, and of them the latest.
func (s *Service) Editions(ctx context.Context, e event.Event, all []event.Event) ([]event.Event, error) {
	var list []event.Event
	for _, other := range all {
		if other.ID == e.ID || other.Starts >= e.Starts {
			continue
		}
		n, err := s.Delegates.Count(ctx, other.ID, delegate.Filter{})
		if err != nil {
			return nil, err
		}
		gone, err := s.Delegates.Erased(ctx, other.ID)
		if err != nil {
			return nil, err
		}
		if n+gone > 0 {
			list = append(list, other)
		}
	}
	rank := func(other event.Event) int {
		if other.Series == e.Series {
			return 0
		}
		return 1
	}
	slices.SortFunc(list, func(a, b event.Event) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.Starts, a.Starts), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// Ranked turns a tally into bars, the most first and equals by key.
func Ranked(tally map[string]int) []Bar {
	bars := make([]Bar, 0, len(tally))
	for key, count := range tally {
		bars = append(bars, Bar{Key: key, Count: count})
	}
	slices.SortFunc(bars, func(a, b Bar) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Key, b.Key))
	})
	return bars
}

// ByKey turns a tally into bars in the order of their keys: days.
func ByKey(tally map[string]int) []Bar {
	var bars []Bar
	for _, key := range slices.Sorted(maps.Keys(tally)) {
		bars = append(bars, Bar{Key: key, Count: tally[key]})
	}
	return bars
}
