package programme

import (
	"context"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// Move gives an event that is to come another first day, YYYY-MM-DD in its zone. It
// stays as long as it is, each session keeps its time of day and its distance from
// the first day, and registration closes, and opens if it has yet to, as many days
// earlier or later; so does each category, the time in which places may be given to
// colleagues, and what OnMove was told of. A problem of kind Invalid is about the field
// starts; one of kind Conflict says that the event has begun.
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
		for _, move := range s.moves {
			if err := move(ctx, tx, from, to); err != nil {
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
	from, now := e, s.Clock()
	e.Starts, e.Ends, e.MonthOnly = starts, first.AddDate(0, 0, length-1).Format(time.DateOnly), false
	r := &e.Registration
	r.Closes, r.TransferUntil = e.Along(from, r.Closes), e.Along(from, r.TransferUntil)
	r.Opens = e.AlongAhead(from, r.Opens, now)
	r.Categories = slices.Clone(r.Categories)
	for i := range r.Categories {
		c := &r.Categories[i]
		c.Opens, c.Closes = e.AlongAhead(from, c.Opens, now), e.Along(from, c.Closes)
	}
	return e, nil
}
