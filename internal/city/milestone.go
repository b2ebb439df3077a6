package city

import (
	"context"
	"errors"

	"convene/internal/fact"
	"convene/internal/store"
)

// Milestone is the size of the network at one date. A number that no source
// gives is 0.
type Milestone struct {
	Date            string         `json:"date"` // YYYY, YYYY-MM or YYYY-MM-DD, as exact as the source
	Cities          int            `json:"cities"`
	Countries       int            `json:"countries,omitzero"`
	Joined          int            `json:"joined,omitzero"`           // cities new at that date
	JoinedCountries int            `json:"joined_countries,omitzero"` // the countries of these
	Source          fact.Source    `json:"source,omitzero"`
	Grade           fact.Certainty `json:"certainty,omitempty"`
	Disputed        []fact.Claim   `json:"disputed,omitempty"` // of the number of cities
	Note            string         `json:"note,omitempty"`
}

var milestones = store.NewCollection("milestones", func(m Milestone) string { return m.Date },
	store.On("date", "date"))

// Milestones returns how the network grew, the earliest date first. A year
// stands before its months, a month before its days.
func (s *Service) Milestones(ctx context.Context) ([]Milestone, error) {
	return milestones.List(ctx, s.DB, store.By("date"))
}

// SaveMilestone creates or replaces the milestone of a date in the transaction.
func (s *Service) SaveMilestone(ctx context.Context, tx *store.Tx, m Milestone) error {
	if _, err := milestones.Get(ctx, tx, m.Date); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return milestones.Put(tx, m)
}
