package event

import (
	"context"
	"time"

	"convene/internal/problem"
	"convene/internal/store"
)

// Transfers reports whether a delegate may give their place to a colleague at the
// instant.
func (e Event) Transfers(now time.Time) bool { return now.Before(e.Registration.TransferUntil) }

// TransferDay is the last day on which places may be given, YYYY-MM-DD in the event's
// zone, or empty: they may not.
func (e Event) TransferDay() string {
	if e.Registration.TransferUntil.IsZero() {
		return ""
	}
	return e.DayOf(e.Registration.TransferUntil.Add(-time.Second))
}

// LetTransfer changes until when delegates may give their place to a colleague: to the
// end of a day, or not at all where it is empty. A problem of kind Invalid is about the
// field transfer_until.
func (s *Service) LetTransfer(ctx context.Context, id string, typing Typing[string]) (e Event, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if e, err = s.Get(ctx, tx, id); err != nil {
			return err
		}
		day, err := typing(e)
		if err != nil || day == e.TransferDay() {
			return err
		}
		until, err := e.transferUntil(day)
		if err != nil {
			return err
		}
		e.Registration.TransferUntil = until
		e, err = s.Save(ctx, tx, e)
		return err
	})
	return e, err
}

func (e Event) transferUntil(day string) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	var faults problem.Form
	until := e.midnight(day, 1)
	switch {
	case until.IsZero():
		faults.Add("transfer_until", "problem.field.date")
	case until.After(e.Over()):
		faults.Add("transfer_until", "problem.field.date_until", "Max", e.Ends)
	}
	return until.UTC(), faults.Err()
}
