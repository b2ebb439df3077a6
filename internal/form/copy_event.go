package form

import (
	"context"
	"time"

	"convene/internal/store"
)

// CopyEvent gives the event to, which has none, the questions of the event from, in the
// transaction that makes it a copy: those that are asked, with their days and instants
// where along says that they go. Answers stay behind.
func (s *Service) CopyEvent(ctx context.Context, tx *store.Tx, from, to string, along func(time.Time) time.Time) error {
	set, err := s.of(ctx, tx, from)
	if err != nil {
		return err
	}
	made := Set{Event: to, Revision: 1}
	for _, q := range set.Questions {
		if q.Retired || q.If != nil && made.index(q.If.Question) < 0 {
			continue
		}
		q.Freeze, q.Keep = along(q.Freeze), along(q.Keep)
		if q.Kind == Date {
			q.Min, q.Max = dayAlong(q.Min, along), dayAlong(q.Max, along)
		}
		made.Questions = append(made.Questions, q)
	}
	if len(made.Questions) == 0 {
		return nil
	}
	return sets.Create(tx, made)
}

// dayAlong is along for a day, which may be empty.
func dayAlong(day string, along func(time.Time) time.Time) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return along(t.Add(12 * time.Hour)).Format(time.DateOnly) // at noon no change of clocks makes it another day
}
