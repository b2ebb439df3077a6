// Package city keeps the members of the network and their portraits. A member
// is mostly a city, but may be a state, a district or a consortium of
// municipalities.
package city

import (
	"context"
	"errors"
	"time"

	"convene/internal/fact"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
)

// Regions are UNESCO's five, in their alphabetical order.
var Regions = []string{"africa", "arab-states", "asia-pacific", "europe-north-america", "latin-america-caribbean"}

// City is a member.
type City struct {
	ID      string    `json:"id"` // also in URLs: "villa-maria"
	Name    i18n.Text `json:"name"`
	Kind    string    `json:"kind"`    // city, state, district, municipality, consortium
	Country string    `json:"country"` // ISO 3166-1 alpha-2
	Region  string    `json:"region"`  // one of Regions
	Sort    string    `json:"sort"`    // the English name, folded

	Joined       string      `json:"joined,omitempty"` // YYYY or YYYY-MM
	JoinedSource fact.Source `json:"joined_source,omitzero"`
	Awards       []int       `json:"awards,omitempty"` // years of the Learning City Award

	Headline   i18n.Text              `json:"headline,omitempty"`
	Figures    map[string]fact.Figure `json:"figures,omitempty"` // by FigureKeys
	Challenges []string               `json:"challenges,omitempty"`
	Vision     i18n.Text              `json:"vision,omitempty"`
	Plan       i18n.Text              `json:"plan,omitempty"`
	Voice      *Person                `json:"voice,omitempty"`   // who speaks for the city: the mayor, mostly
	Contact    *Person                `json:"contact,omitempty"` // role and name, never an address
	Doubts     []string               `json:"doubts,omitempty"`
	Source     fact.Source            `json:"source"`
}

// Person is somebody's name and role.
type Person struct {
	Name string    `json:"name"`
	Role i18n.Text `json:"role"`
}

// FigureKeys are the figures of a portrait, in the order they are shown.
var FigureKeys = []string{
	"population", "area_km2", "gdp_city_usd", "gdp_country_usd",
	"schooling_years", "schooling_years_men", "schooling_years_women",
}

// Challenge is a word of the one vocabulary in which cities name what they
// work on.
type Challenge struct {
	Tag   string    `json:"tag"`
	Label i18n.Text `json:"label"`
}

// Participation says that a city takes, or took, part in an event.
type Participation struct {
	ID    string `json:"id"` // event/city
	Event string `json:"event"`
	City  string `json:"city"`
}

var (
	cities         = store.NewCollection("cities", func(c City) string { return c.ID }, store.On("sort", "sort"))
	challenges     = store.NewCollection("challenges", func(c Challenge) string { return c.Tag })
	participations = store.NewCollection("participations", func(p Participation) string { return p.ID },
		store.On("event", "event", "city"), store.On("city", "city", "event"))
)

// Collections lists the package's schemas.
func Collections() []store.Schema {
	return []store.Schema{
		cities.Schema(), challenges.Schema(), participations.Schema(),
		awards.Schema(), milestones.Schema(), features.Schema(),
		focalPoints.Schema(), passes.Schema(), sessions.Schema(),
	}
}

// Service keeps cities. To read them it needs DB alone; the rest is for focal
// points.
type Service struct {
	DB     *store.DB
	Clock  func() time.Time
	Secret string // makes the links by which they sign in

	Languages    []string      // of letters and pages
	FocalLink    time.Duration // how long such a link is valid
	FocalSession time.Duration // how long they stay signed in
}

// Get returns the city with the id, or a problem of kind NotFound.
func (s *Service) Get(ctx context.Context, id string) (City, error) {
	c, err := cities.Get(ctx, s.DB, id)
	if errors.Is(err, store.ErrNotFound) {
		return c, problem.Wrap(err, problem.NotFound, "problem.city_not_found")
	}
	return c, err
}

// List returns every member, by name.
func (s *Service) List(ctx context.Context) ([]City, error) {
	return cities.List(ctx, s.DB, store.By("sort"))
}

// Challenges returns the vocabulary, by tag.
func (s *Service) Challenges(ctx context.Context) ([]Challenge, error) {
	return challenges.List(ctx, s.DB, store.Query{})
}

// Save creates or replaces a city in the transaction.
func (s *Service) Save(ctx context.Context, tx *store.Tx, c City) error {
	c.Sort = i18n.Fold(c.Name.In("en"))
	if _, err := cities.Get(ctx, tx, c.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return cities.Put(tx, c)
}

// SaveChallenge creates or replaces a word of the vocabulary.
func (s *Service) SaveChallenge(ctx context.Context, tx *store.Tx, c Challenge) error {
	if _, err := challenges.Get(ctx, tx, c.Tag); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return challenges.Put(tx, c)
}

// Join notes that the city takes part in the event.
func (s *Service) Join(ctx context.Context, tx *store.Tx, event, city string) error {
	p := Participation{ID: event + "/" + city, Event: event, City: city}
	if _, err := participations.Get(ctx, tx, p.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return participations.Put(tx, p)
}

// Of returns the cities that take part in an event, by name.
func (s *Service) Of(ctx context.Context, event string) ([]City, error) {
	joined := map[string]bool{}
	for p, err := range participations.All(ctx, s.DB, store.By("event", event)) {
		if err != nil {
			return nil, err
		}
		joined[p.City] = true
	}
	if len(joined) == 0 {
		return nil, nil
	}
	all, err := s.List(ctx)
	var list []City
	for _, c := range all {
		if joined[c.ID] {
			list = append(list, c)
		}
	}
	return list, err
}

// Events returns the ids of the events that a city takes part in.
func (s *Service) Events(ctx context.Context, city string) ([]string, error) {
	var ids []string
	for p, err := range participations.All(ctx, s.DB, store.By("city", city)) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, p.Event)
	}
	return ids, nil
}
