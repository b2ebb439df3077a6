package programme

import (
	"context"
	"math"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// Move gives an event that is to come another first day, YYYY-MM-DD in its zone. It
// stays as long as it is, each session keeps its time of day and its distance from
// the first day, and registration closes, and opens if it has yet to, as many days
// earlier or later; so does the time in which places may be given to colleagues. A problem of kind Invalid is about the field starts; one of
// kind Conflict says that the event has begun.
func (s *Service) Move(ctx context.Context, id, starts string) (to event.Event, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		from, err := s.Events.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if to, err = s.onOtherDays(from, starts); err != nil || to.Starts == from.Starts {
			return err
		}
		if to, err = s.Events.Save(ctx, tx, to); err != nil {
			return err
		}
		list, err := sessions.List(ctx, tx, store.By("start", id))
		if err != nil {
			return err
		}
		for _, session := range list {
			session.Start = moved(session.Start, from, to)
			if _, err := s.SaveSession(ctx, tx, to, session); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.Clock(), Action: "event.move", Event: id, Subject: "event/" + id, From: from.Starts, To: to.Starts,
		})
	})
	return to, err
}

func (s *Service) onOtherDays(e event.Event, starts string) (event.Event, error) {
	var faults problem.Form
	first, err := time.ParseInLocation(time.DateOnly, starts, e.Location())
	length := len(e.Days())
	switch now := s.Clock(); {
	case e.Phase(now) != event.Coming:
		return e, problem.New(problem.Conflict, "problem.event_begun")
	case err != nil:
		faults.Add("starts", "problem.field.date")
	case starts == e.Starts:
	case !first.After(now) || first.Year() > now.Year()+10:
		faults.Add("starts", "problem.field.date_ahead")
	}
	if err := faults.Err(); err != nil {
		return e, err
	}
	days := int(math.Round(first.Sub(e.FirstDay()).Hours() / 24)) // days with a clock change are no 24 hours
	r := &e.Registration
	if !r.Closes.IsZero() {
		r.Closes = r.Closes.In(e.Location()).AddDate(0, 0, days).UTC()
	}
	if !r.TransferUntil.IsZero() {
		r.TransferUntil = r.TransferUntil.In(e.Location()).AddDate(0, 0, days).UTC()
	}
	if r.Opens.After(s.Clock()) {
		r.Opens = r.Opens.In(e.Location()).AddDate(0, 0, days).UTC()
	}
	e.Starts, e.Ends, e.MonthOnly = starts, first.AddDate(0, 0, length-1).Format(time.DateOnly), false
	return e, nil
}
