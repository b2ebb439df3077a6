package city

import (
	"context"
	"errors"
	"strconv"

	"convene/internal/fact"
	"convene/internal/store"
)

// Award is one edition of the UNESCO Learning City Award.
type Award struct {
	Year     int         `json:"year"`
	Event    string      `json:"event,omitempty"` // id of the event at which it was conferred
	Awardees []Awardee   `json:"awardees"`
	Source   fact.Source `json:"source"`
}

// Awardee is a city that received the award. It need not be a member that the
// network has a portrait of.
type Awardee struct {
	Name    string `json:"name"`
	Country string `json:"country"`          // ISO 3166-1 alpha-2
	Member  string `json:"member,omitempty"` // a City's id, or empty
}

var awards = store.NewCollection("awards", func(a Award) string { return strconv.Itoa(a.Year) },
	store.On("year", "year"))

// Awards returns every edition of the award, the first one first.
func (s *Service) Awards(ctx context.Context) ([]Award, error) {
	return awards.List(ctx, s.DB, store.By("year"))
}

// SaveAward creates or replaces the edition of a year in the transaction.
func (s *Service) SaveAward(ctx context.Context, tx *store.Tx, a Award) error {
	if _, err := awards.Get(ctx, tx, strconv.Itoa(a.Year)); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return awards.Put(tx, a)
}
