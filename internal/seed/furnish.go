package seed

import (
	"context"
	"maps"
	"slices"

	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/programme"
	"convene/internal/signup"
	"convene/seeds"
)

// Furniture is what a rehearsal has to try beside its people; without it they and
// the programme are all there is.
type Furniture struct {
	Forms     *form.Service
	Signups   *signup.Service
	Catalogue *i18n.Catalogue
}

const (
	rehearsedQuota   = 5     // people of a delegation
	rehearsedForum   = "120" // places in a regional forum
	rehearsedGroup   = "regional-forum"
	rehearsedOffices = 3 // member cities with a focal point
)

// rehearsedQuestions are those that the rehearsal asks.
var rehearsedQuestions = []form.Preset{form.Travel, form.Diet, form.Interpretation, form.Visa}

// furnish gives the rehearsal questions, sessions to sign up for, and focal points to
// some of the cities. What is there already stays.
func (s *Service) furnish(ctx context.Context, e event.Event, people []seeds.Delegate) error {
	if s.Furniture.Forms == nil {
		return nil
	}
	words := form.Words{Catalogue: s.Furniture.Catalogue, Languages: e.Languages, Over: e.Over()}
	for _, preset := range rehearsedQuestions {
		if _, err := s.Furniture.Forms.AddPreset(ctx, e.ID, preset, words); err != nil {
			return err
		}
	}
	if err := s.openForums(ctx, e); err != nil {
		return err
	}
	return s.appointFocalPoints(ctx, people)
}

func (s *Service) openForums(ctx context.Context, e event.Event) error {
	sessions, err := s.Programme.Sessions(ctx, e.ID)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		if session.Kind != programme.RegionalForum {
			continue
		}
		_, open, err := s.Furniture.Signups.Opening(ctx, session.ID)
		if err == nil && open {
			continue
		}
		if err != nil {
			return err
		}
		_, err = s.Furniture.Signups.Open(ctx, e, session, signup.Typed{Places: rehearsedForum, Group: rehearsedGroup, Most: "1"}.Always)
		if err != nil {
			return err
		}
	}
	return nil
}

// appointFocalPoints gives the offices their focal points. An office has no
// name that could be a real person's.
func (s *Service) appointFocalPoints(ctx context.Context, people []seeds.Delegate) error {
	for _, id := range offices(people, func(d seeds.Delegate) string { return d.City }) {
		known, err := s.Cities.FocalPoints(ctx, id)
		if err != nil {
			return err
		}
		if len(known) > 0 {
			continue
		}
		_, err = s.Cities.AddFocal(ctx, id, city.TypedFocal{Name: "Learning city office", Email: "focal." + id + "@example.org", Language: "en"})
		if err != nil {
			return err
		}
	}
	return nil
}

// offices are the member cities that the rehearsal gives a focal point: the first that
// send somebody.
func offices[T any](people []T, city func(T) string) []string {
	members := setOf(people, city)
	delete(members, "")
	ids := slices.Sorted(maps.Keys(members))
	return ids[:min(len(ids), rehearsedOffices)]
}
