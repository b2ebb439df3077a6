package event

import (
	"context"
	"time"

	"convene/internal/problem"
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
func (s *Service) LetTransfer(ctx context.Context, id string, typing Typing[string]) (Event, error) {
	return take(ctx, s, id, typing, func(e *Event, day string) (changed bool, err error) {
		if day == e.TransferDay() {
			return false, nil
		}
		until, err := e.transferUntil(day)
		if err != nil {
			return false, err
		}
		e.Registration.TransferUntil = until
		return true, nil
	})
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
