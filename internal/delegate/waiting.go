package delegate

import (
	"context"
	"errors"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// Accept takes the place that was offered. A problem of kind Gone says that none
// is kept any more.
func (s *Service) Accept(ctx context.Context, id string) (Delegate, error) {
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if d.State == Confirmed {
			return nil
		}
		if d.State != Offered || !s.clock().Before(d.OfferEnds) {
			return problem.New(problem.Gone, "problem.offer_over")
		}
		return s.move(ctx, tx, e, d, Confirmed, "")
	})
}

// Fill ends offers that nobody took, of places that fell free and of colleagues, lets go
// of places kept for who was to come instead of somebody and has not answered, and offers
// places that are free to who waits, in order. It returns how many were "offered", how
// many "lapsed" and how many "returned" to who gave them.
func (s *Service) Fill(ctx context.Context) (map[string]int, error) {
	ctx = audit.As(ctx, audit.Job("places"))
	counts := map[string]int{}
	list, err := s.events.List(ctx)
	if err != nil {
		return counts, err
	}
	for _, e := range list {
		if e.Phase(s.clock()) == event.Past {
			continue
		}
		n, err := s.lapse(ctx, e)
		counts["lapsed"] += n
		if err != nil {
			return counts, err
		}
		n, err = s.lapseKept(ctx, e)
		counts["lapsed"] += n
		if err != nil {
			return counts, err
		}
		n, err = s.lapsePassing(ctx, e)
		counts["returned"] += n
		if err != nil {
			return counts, err
		}
		n, err = s.offerPlaces(ctx, e)
		counts["offered"] += n
		if err != nil {
			return counts, err
		}
	}
	return counts, nil
}

// lapse ends the offers of an event whose time is over.
func (s *Service) lapse(ctx context.Context, e event.Event) (n int, err error) {
	for d, err := range delegates.All(ctx, s.db, due(e, queueOffered, s.clock())) {
		if err != nil {
			return n, err
		}
		moved, err := s.changeIf(ctx, d.ID, func(d Delegate) bool {
			return d.State == Offered && !s.clock().Before(d.OfferEnds)
		}, Cancelled)
		if err != nil {
			return n, err
		}
		n += moved
	}
	return n, nil
}

// lapseKept lets go of the places that were kept for people who were to come instead of
// others and have not answered in time. They stay invited: who answers later takes part
// if a place is free, and waits if none is.
func (s *Service) lapseKept(ctx context.Context, e event.Event) (n int, err error) {
	for d, err := range delegates.All(ctx, s.db, due(e, queueKept, s.clock())) {
		if err != nil {
			return n, err
		}
		_, err := s.change(ctx, d.ID, func(tx *store.Tx, _ event.Event, d *Delegate) error {
			if !d.Kept || !d.State.Unanswered() || s.clock().Before(d.KeptUntil) {
				return errUnchanged
			}
			return s.letGo(ctx, tx, d)
		})
		if errors.Is(err, errUnchanged) {
			continue
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// letGo frees the place that is kept for somebody.
func (s *Service) letGo(ctx context.Context, tx *store.Tx, d *Delegate) error {
	l, err := s.ledger(ctx, tx, d.Event)
	if err != nil {
		return err
	}
	l.hold(*d, -1)
	d.Kept = false
	if err := ledgers.Put(tx, l); err != nil {
		return err
	}
	return s.note(ctx, tx, *d, "delegate.kept_over", "")
}

// offerPlaces goes down the waiting list while there are places for those on it.
func (s *Service) offerPlaces(ctx context.Context, e event.Event) (n int, err error) {
	l, err := s.ledger(ctx, s.db, e.ID)
	if err != nil || !l.owed(e.Registration) {
		return 0, err
	}
	for d, err := range delegates.All(ctx, s.db, store.By("queue", e.ID).StartingWith(queueWaiting)) {
		if err != nil {
			return n, err
		}
		if !l.room(e.Registration, d.Category) {
			continue
		}
		moved, err := s.changeIf(ctx, d.ID, func(d Delegate) bool { return d.State == Waiting }, Offered)
		if err != nil && problem.KindOf(err) != problem.Conflict { // an organiser may have been faster
			return n, err
		}
		n += moved
		if l, err = s.ledger(ctx, s.db, e.ID); err != nil || !l.owed(e.Registration) {
			return n, err
		}
	}
	return n, nil
}

// changeIf brings the registration into a state if it is still as it was found.
func (s *Service) changeIf(ctx context.Context, id string, still func(Delegate) bool, to State) (moved int, err error) {
	_, err = s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		moved = 0
		if !still(*d) {
			return errUnchanged
		}
		moved = 1
		return s.move(ctx, tx, e, d, to, "")
	})
	switch {
	case errors.Is(err, errUnchanged):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return moved, nil
}

var errUnchanged = errors.New("delegate: it is not as it was found")
