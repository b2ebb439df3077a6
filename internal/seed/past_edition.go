package seed

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"time"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/store"
	"convene/seeds"
)

const (
	// editionSlug is the slug of the edition before the rehearsal.
	editionSlug = "rehearsal-before"

	// editionOf is the event whose structure it takes.
	editionOf = "iclc-2013"

	editionYears = 2   // how long before the rehearsal it was
	editionOpen  = 100 // days of registration, until its first
)

// editionEnds is how many of its registrations ended in each state.
var editionEnds = map[delegate.State]int{
	delegate.Confirmed: 548, delegate.Unverified: 14, delegate.Declined: 9, delegate.Cancelled: 12, delegate.Withdrawn: 23,
}

// editionArrived is how many arrived on each of its days.
var editionArrived = []int{452, 61, 8}

// editionBefore makes the edition before the rehearsal, of which numbers alone are
// kept: its people have been erased, as those of a real one would be by now.
func (s *Service) editionBefore(ctx context.Context, rehearsal event.Event, like []delegate.Delegate, sum *Summary) error {
	e, err := s.Events.Find(ctx, editionSlug)
	if problem.KindOf(err) == problem.NotFound {
		e, err = s.cloneEdition(ctx, rehearsal)
		sum.Events.Added++
	}
	if err != nil {
		return err
	}
	counted, err := s.Delegates.Erased(ctx, e.ID)
	if err != nil || counted > 0 {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		return s.Delegates.AddErased(ctx, tx, e.ID, editionCounts(e, like))
	})
}

func (s *Service) cloneEdition(ctx context.Context, rehearsal event.Event) (event.Event, error) {
	from, err := s.Events.Find(ctx, editionOf)
	if err != nil {
		return from, err
	}
	starts := rehearsal.FirstDay().AddDate(-editionYears, 0, 0)
	return s.Programme.Clone(ctx, from, programme.Copy{
		Slug: editionSlug, Acronym: "rehearsal_before", Starts: starts.Format(time.DateOnly), Change: dressEdition,
	})
}

func dressEdition(e *event.Event) {
	e.Rehearsal, e.Number = true, 0
	e.Title = i18n.Text{
		"en": "Rehearsal of the 1st International Conference on Learning Cities",
		"fr": "Répétition de la 1re Conférence internationale sur les villes apprenantes",
		"es": "Ensayo de la 1.ª Conferencia Internacional sobre Ciudades del Aprendizaje",
	}
}

// editionCounts invents the numbers, of people who come from where others do.
func editionCounts(e event.Event, like []delegate.Delegate) delegate.Counts {
	c := delegate.Counts{
		States: maps.Clone(editionEnds), Countries: map[string]int{}, Categories: map[string]int{}, Cities: map[string]int{},
		Days: map[string]int{}, Arrivals: map[string]int{},
	}
	rng := rand.New(rand.NewPCG(seeds.DefaultSeed, editionYears))
	for _, i := range rng.Perm(len(like))[:min(len(like), editionEnds[delegate.Confirmed])] {
		d := like[i]
		c.Countries[d.Country]++
		c.Categories[d.Category]++
		if d.City != "" {
			c.Cities[d.City]++
		}
	}
	closed := e.FirstDay().AddDate(0, 0, -1)
	for range c.Total() {
		before := int(editionOpen * (1 - math.Sqrt(rng.Float64()))) // more towards the end, as in registrations
		c.Days[closed.AddDate(0, 0, -before).Format(time.DateOnly)]++
	}
	for i, day := range e.Days() {
		if i < len(editionArrived) {
			c.Arrivals[day.Format(time.DateOnly)] = editionArrived[i]
		}
	}
	return c
}
