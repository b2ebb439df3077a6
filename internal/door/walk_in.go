package door

import (
	"context"
	"errors"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// WalkIn registers somebody who comes without having registered, and lets them in at
// the gate: registration, badge, admission, scan and letter are one commit. Asked
// again with an id that was answered already, it repeats the answer. Besides what
// delegate.Service.WalkIn refuses, a day that is not the event's is a problem of kind
// Conflict.
func (s *Service) WalkIn(ctx context.Context, e event.Event, r Request, w delegate.WalkIn) (delegate.Delegate, error) {
	if e.Phase(s.now()) != event.Running && !e.Rehearsal {
		return delegate.Delegate{}, problem.New(problem.Conflict, "problem.walk_in_day")
	}
	if r.ID == "" {
		r.ID = store.NewID()
	}
	var d delegate.Delegate
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		known, err := s.repeat(ctx, tx, r.ID)
		if !errors.Is(err, store.ErrNotFound) {
			d = known.Delegate
			return err
		}
		w.Gate, w.At = r.Gate, s.now()
		if d, err = s.Delegates.WalkIn(ctx, tx, e, w); err != nil {
			return err
		}
		return s.admitWalkIn(ctx, tx, e, r, d)
	})
	return d, err
}

// WalkedIn returns whom the walk-in of the id registered, if it was answered already.
func (s *Service) WalkedIn(ctx context.Context, id string) (d delegate.Delegate, done bool, err error) {
	known, err := s.repeat(ctx, s.DB, id)
	if errors.Is(err, store.ErrNotFound) {
		return d, false, nil
	}
	return known.Delegate, err == nil, err
}

func (s *Service) admitWalkIn(ctx context.Context, tx *store.Tx, e event.Event, r Request, d delegate.Delegate) error {
	now := s.now()
	a := Admission{ID: admissionID(e, d.ID, now), Event: e.ID, Delegate: d.ID, Gate: r.Gate, Day: e.DayOf(now), At: now, Scan: r.ID}
	_, err := admissions.Get(ctx, tx, a.ID)
	if errors.Is(err, store.ErrNotFound) { // else they were in today, before their registration ended
		err = admissions.Put(tx, a)
	}
	if err != nil {
		return err
	}
	return s.record(tx, e, r, d.Badge, Result{Verdict: Admit, Reason: Welcome, Delegate: d, At: now})
}
