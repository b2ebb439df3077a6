package signup

import (
	"context"
	"errors"

	"convene/internal/event"
	"convene/internal/store"
)

// Fill does what a commit left to do: it gives free places to who waits and can take
// them, in order, and lets go whoever is still in a session that was taken back. It
// returns how many "moved_up" and were "let_go".
func (s *Service) Fill(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	list, err := s.Events.List(ctx)
	if err != nil {
		return counts, err
	}
	for _, e := range list {
		if e.Phase(s.Clock()) == event.Past {
			continue
		}
		if err := s.fillEvent(ctx, e, counts); err != nil {
			return counts, err
		}
	}
	return counts, nil
}

func (s *Service) fillEvent(ctx context.Context, e event.Event, counts map[string]int) error {
	all, err := openings.List(ctx, s.DB, store.By("event", e.ID))
	if err != nil {
		return err
	}
	for _, o := range all {
		l, err := ledgerOf(ctx, s.DB, o.ID)
		if err != nil {
			return err
		}
		switch {
		case !o.Ended.IsZero() && l.Taken+l.Waiting > 0:
			n, err := s.letGo(ctx, e, o.ID)
			counts["let_go"] += n
			if err != nil {
				return err
			}
		case o.Ended.IsZero() && l.Waiting > 0 && l.room(o):
			n, err := s.fillSession(ctx, o)
			counts["moved_up"] += n
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// fillSession goes down the whole waiting list. Who is hindered is found without a
// transaction, so that a long list of them costs little.
func (s *Service) fillSession(ctx context.Context, o Opening) (n int, err error) {
	t, err := s.Timetable(ctx, o.Event)
	if err != nil {
		return 0, err
	}
	session, ok := t.session(o.ID)
	if !ok || !s.Clock().Before(session.Start) {
		return 0, nil
	}
	for entry, err := range entries.All(ctx, s.DB, store.By("session", o.ID).StartingWith(queueWaiting)) {
		if err != nil {
			return n, err
		}
		d, err := s.Delegates.Get(ctx, entry.Delegate)
		if err != nil {
			return n, err
		}
		if h, err := s.inTheWay(ctx, s.DB, d, o, session, t); err != nil {
			return n, err
		} else if h.Kind != None {
			continue
		}
		moved, room, err := s.fillOne(ctx, entry, t)
		if err != nil {
			return n, err
		}
		n += moved
		if !room {
			return n, nil
		}
	}
	return n, nil
}

// fillOne gives one who waits a place, if there still is one.
func (s *Service) fillOne(ctx context.Context, entry Entry, t Timetable) (moved int, room bool, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		moved, room = 0, false
		o, err := openings.Get(ctx, tx, entry.Session)
		if err != nil || !o.Ended.IsZero() {
			return err
		}
		l, err := ledgerOf(ctx, tx, entry.Session)
		if err != nil || !l.room(o) {
			return err
		}
		before := l
		if err := s.tryUp(ctx, tx, o, &l, t, entry.ID); err != nil {
			return err
		}
		moved, room = l.Taken-before.Taken, l.room(o)
		if moved == 0 {
			return nil
		}
		return ledgers.Put(tx, l)
	})
	if errors.Is(err, store.ErrNotFound) {
		return 0, false, nil
	}
	return moved, room, err
}
