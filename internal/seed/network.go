package seed

import (
	"context"
	"fmt"

	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/seeds"
)

// portraitsMeeting is the event that the cities' portraits were made for.
const portraitsMeeting = "members-meeting-2016"

// Network brings in what is known of the network: its conferences and its
// meeting with their programmes and statements, the members' portraits and the
// words for their challenges, the award, the Key Features and how the network
// grew. An event comes whole in one transaction. What is there already stays as
// it is, so that a run cut short is finished by another and a run too many does
// nothing.
func (s *Service) Network(ctx context.Context) (Summary, error) {
	var sum Summary
	f, err := read(seeds.Files)
	if err != nil {
		return sum, err
	}
	ids, err := s.addEvents(ctx, f, &sum)
	if err != nil {
		return sum, err
	}
	for _, step := range []func() error{
		func() error { return s.addChallenges(ctx, f, &sum) },
		func() error { return s.addCities(ctx, f, ids, &sum) },
		func() error { return s.addAwards(ctx, f, ids, &sum) },
		func() error { return s.addMilestones(ctx, f, &sum) },
		func() error { return s.addFeatures(ctx, f, &sum) },
	} {
		if err := step(); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// addEvents returns the events' ids by slug.
func (s *Service) addEvents(ctx context.Context, f facts, sum *Summary) (map[string]string, error) {
	ids := map[string]string{}
	for _, e := range f.events {
		found, err := s.Events.Find(ctx, e.Slug)
		if problem.KindOf(err) == problem.NotFound {
			found, err = s.addEvent(ctx, f, e, sum)
		} else if err == nil {
			sum.Events.There++
		}
		if err != nil {
			return nil, err
		}
		ids[e.Slug] = found.ID
	}
	return ids, nil
}

// addEvent adds an event with its programme and its statements. When another
// instance was faster, that instance's event is returned.
func (s *Service) addEvent(ctx context.Context, f facts, e seeds.Event, sum *Summary) (event.Event, error) {
	var saved event.Event
	var statements int
	p := f.programmes[e.Slug]
	people := f.roster(p)
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if saved, err = s.Events.Save(ctx, tx, f.event(e)); err != nil {
			return err
		}
		ids := map[string]string{}
		for _, who := range people {
			who.Event = saved.ID
			if who, err = s.Programme.SavePerson(ctx, tx, who); err != nil {
				return err
			}
			ids[who.Name] = who.ID
		}
		for _, of := range p.Sessions {
			session, err := f.session(saved, of, ids)
			if err != nil {
				return err
			}
			if _, err := s.Programme.SaveSession(ctx, tx, saved, session); err != nil {
				return err
			}
		}
		statements, err = s.saveStatements(ctx, tx, f, saved, e)
		return err
	})
	if store.IsDuplicate(err, "slug") {
		sum.Events.There++
		return s.Events.Find(ctx, e.Slug)
	}
	if err != nil {
		return saved, fmt.Errorf("seed: event %s: %w", e.Slug, err)
	}
	sum.Events.Added++
	sum.Sessions.Added += len(p.Sessions)
	sum.Speakers.Added += len(people)
	sum.Statements.Added += statements
	return saved, nil
}

func (s *Service) saveStatements(ctx context.Context, tx *store.Tx, f facts, saved event.Event, of seeds.Event) (int, error) {
	list, err := f.statements(saved, of)
	if err != nil {
		return 0, err
	}
	for _, st := range list {
		if _, err := s.Statements.Save(ctx, tx, st); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

func (s *Service) addChallenges(ctx context.Context, f facts, sum *Summary) error {
	known, err := s.Cities.Challenges(ctx)
	if err != nil {
		return err
	}
	there := setOf(known, func(c city.Challenge) string { return c.Tag })
	added, err := add(ctx, s.DB, f.challenges,
		func(c seeds.Challenge) bool { return there[c.Tag] },
		func(tx *store.Tx, c seeds.Challenge) error {
			return s.Cities.SaveChallenge(ctx, tx, city.Challenge{Tag: c.Tag, Label: text(c.Label)})
		})
	sum.Challenges = countOf(f.challenges, added)
	return err
}

// addCities adds the members, and with each one the events it took part in.
func (s *Service) addCities(ctx context.Context, f facts, events map[string]string, sum *Summary) error {
	known, err := s.Cities.List(ctx)
	if err != nil {
		return err
	}
	there := setOf(known, func(c city.City) string { return c.ID })
	added, err := add(ctx, s.DB, f.cities,
		func(c seeds.City) bool { return there[c.Slug] },
		func(tx *store.Tx, c seeds.City) error {
			if err := s.Cities.Save(ctx, tx, f.city(c)); err != nil {
				return err
			}
			for _, slug := range f.takesPart(c) {
				if err := s.Cities.Join(ctx, tx, events[slug], c.Slug); err != nil {
					return err
				}
			}
			return nil
		})
	sum.Cities = countOf(f.cities, added)
	for _, c := range added {
		sum.Participations.Added += len(f.takesPart(c))
	}
	return err
}

func (s *Service) addAwards(ctx context.Context, f facts, events map[string]string, sum *Summary) error {
	known, err := s.Cities.Awards(ctx)
	if err != nil {
		return err
	}
	there := setOf(known, func(a city.Award) int { return a.Year })
	added, err := add(ctx, s.DB, f.awards,
		func(a seeds.Award) bool { return there[a.Year] },
		func(tx *store.Tx, a seeds.Award) error { return s.Cities.SaveAward(ctx, tx, f.award(a, events)) })
	sum.Awards = countOf(f.awards, added)
	return err
}

func (s *Service) addMilestones(ctx context.Context, f facts, sum *Summary) error {
	known, err := s.Cities.Milestones(ctx)
	if err != nil {
		return err
	}
	there := setOf(known, func(m city.Milestone) string { return m.Date })
	added, err := add(ctx, s.DB, f.milestones,
		func(m seeds.Milestone) bool { return there[m.Date] },
		func(tx *store.Tx, m seeds.Milestone) error { return s.Cities.SaveMilestone(ctx, tx, f.milestone(m)) })
	sum.Milestones = countOf(f.milestones, added)
	return err
}

func (s *Service) addFeatures(ctx context.Context, f facts, sum *Summary) error {
	known, err := s.Cities.Features(ctx)
	if err != nil {
		return err
	}
	if n := len(known.Areas()); n > 0 {
		sum.Features.There = n
		return nil
	}
	made := f.keyFeatures()
	sum.Features.Added = len(made.Areas())
	return s.DB.Update(ctx, func(tx *store.Tx) error { return s.Cities.SaveFeatures(ctx, tx, made) })
}

// setOf returns the keys of a list.
func setOf[T any, K comparable](list []T, key func(T) K) map[K]bool {
	set := map[K]bool{}
	for _, v := range list {
		set[key(v)] = true
	}
	return set
}
