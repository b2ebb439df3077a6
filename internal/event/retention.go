package event

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/problem"
	"convene/internal/store"
)

// Retention says how long what is known of an event's people is kept.
type Retention struct {
	Months int       `json:"months,omitzero"`  // after the event; 0: DefaultKeep
	PutOff time.Time `json:"put_off,omitzero"` // kept until then all the same
	Reason string    `json:"reason,omitempty"` // why it was put off
	By     string    `json:"by,omitempty"`     // who put it off
}

// DefaultKeep is for how many months after an event what is known of its people is
// kept, unless the event says otherwise. MaxKeep is the longest.
const (
	DefaultKeep = 12
	MaxKeep     = 120
)

// KeepMonths is for how many months after the event what is known of its people is
// kept.
func (e Event) KeepMonths() int {
	if e.Retention.Months == 0 {
		return DefaultKeep
	}
	return e.Retention.Months
}

// KeptUntil is when what is known of the event's people goes, zero for never: the
// people of a rehearsal are invented.
func (e Event) KeptUntil() time.Time {
	if e.Rehearsal {
		return time.Time{}
	}
	over := e.Over().In(e.Location())
	until := time.Date(over.Year(), over.Month()+time.Month(e.KeepMonths()), over.Day(), 0, 0, 0, 0, e.Location())
	if e.Retention.PutOff.After(until) {
		return e.Retention.PutOff
	}
	return until
}

// KeepFor changes for how many months what is known of the event's people is kept.
// A problem of kind Invalid names the field months.
func (s *Service) KeepFor(ctx context.Context, id string, typing Typing[string]) (e Event, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if e, err = s.Get(ctx, tx, id); err != nil {
			return err
		}
		months, err := typing(e)
		if err != nil {
			return err
		}
		n, err := typedMonths(months)
		if err != nil || e.KeepMonths() == n {
			return err
		}
		from := strconv.Itoa(e.KeepMonths())
		e.Retention.Months = n
		if e, err = s.Save(ctx, tx, e); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.Clock(), Action: "retention.change", Event: e.ID, Subject: "event/" + e.ID, From: from, To: strconv.Itoa(n),
		})
	})
	return e, err
}

func typedMonths(typed string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(typed))
	if err != nil || n < 1 || n > MaxKeep {
		var faults problem.Form
		faults.Add("months", "problem.field.between", "Min", 1, "Max", MaxKeep)
		return n, faults.Err()
	}
	return n, nil
}

// MaxPutOff is how far ahead the end of keeping can be put off.
const MaxPutOff = 5 // years

// maxPutOffReason is the longest reason, in characters.
const maxPutOffReason = 1000

// PutOff has what is known of the event's people kept until the day, for a reason
// that stands in the audit trail. A problem of kind Invalid names the fields until
// and reason.
func (s *Service) PutOff(ctx context.Context, id, day, reason string) (e Event, err error) {
	reason = strings.TrimSpace(reason)
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if e, err = s.Get(ctx, tx, id); err != nil {
			return err
		}
		until, err := e.checkPutOff(day, reason, s.Clock())
		if err != nil {
			return err
		}
		from := e.DayOf(e.KeptUntil())
		e.Retention.PutOff, e.Retention.Reason, e.Retention.By = until.UTC(), reason, audit.By(ctx).Name
		if e, err = s.Save(ctx, tx, e); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.Clock(), Action: "retention.put_off", Event: e.ID, Subject: "event/" + e.ID, From: from, To: day, Reason: reason,
		})
	})
	return e, err
}

func (e Event) checkPutOff(day, reason string, now time.Time) (time.Time, error) {
	var faults problem.Form
	until, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(day), e.Location())
	latest := now.AddDate(MaxPutOff, 0, 0)
	switch {
	case err != nil:
		faults.Add("until", "problem.field.date")
	case !until.After(e.KeptUntil()) || until.After(latest):
		faults.Add("until", "problem.field.date_between", "Min", e.DayOf(e.KeptUntil().AddDate(0, 0, 1)), "Max", e.DayOf(latest))
	}
	switch n := utf8.RuneCountInString(reason); {
	case n == 0:
		faults.Add("reason", "problem.field.required")
	case n > maxPutOffReason:
		faults.Add("reason", "problem.field.too_long", "Max", maxPutOffReason, "Length", n)
	}
	return until, faults.Err()
}
