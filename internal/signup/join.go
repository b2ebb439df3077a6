package signup

import (
	"context"
	"errors"
	"time"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/store"
)

// Join gives the delegate a place in the session, or one on its waiting list when it
// is full. Who has either keeps it. A Refusal says what stands in the way.
func (s *Service) Join(ctx context.Context, delegateID, sessionID string) (Entry, error) {
	return s.change(ctx, delegateID, sessionID, func(c *change) error {
		if c.found {
			return nil
		}
		h := s.tooEarlyOrLate(c.opening, c.session)
		if h.Kind == None {
			var err error
			if h, err = s.inTheWay(ctx, c.tx, c.delegate, c.opening, c.session, c.timetable); err != nil {
				return err
			}
		}
		if h.Kind != None {
			return &Refusal{h}
		}
		return s.enter(ctx, c, "signup.join", true)
	})
}

// Add gives the delegate a place for the organisers, who are not bound by categories,
// groups and times, and has them told. It takes one from the waiting list before its
// turn. A Refusal says that there is no place, or what the delegate does at that time.
func (s *Service) Add(ctx context.Context, delegateID, sessionID string) (Entry, error) {
	return s.change(ctx, delegateID, sessionID, func(c *change) error {
		if c.found && !c.entry.Waits() {
			return nil
		}
		switch h := c.timetable.Clash(c.delegate, c.session); {
		case c.delegate.State != delegate.Confirmed:
			return &Refusal{Hindrance{Kind: Unconfirmed}}
		case h.Kind != None:
			return &Refusal{h}
		case !c.ledger.room(c.opening):
			return &Refusal{Hindrance{Kind: Full}}
		}
		if c.found {
			if err := s.drop(ctx, c.tx, c.entry, &c.ledger); err != nil {
				return err
			}
		}
		if err := s.letter(ctx, c.tx, c.delegate, c.session, OccasionAdded, ""); err != nil {
			return err
		}
		return s.enter(ctx, c, "signup.add", false)
	})
}

// Leave gives up the delegate's place, or the one on the waiting list; a place goes to
// who waits. Once the session has begun it is a Refusal.
func (s *Service) Leave(ctx context.Context, delegateID, sessionID string) error {
	_, err := s.change(ctx, delegateID, sessionID, func(c *change) error {
		if !s.Clock().Before(c.session.Start) {
			return &Refusal{Hindrance{Kind: Begun}}
		}
		return s.leave(ctx, c, "signup.leave")
	})
	return err
}

// Remove takes the place away for the organisers, for a reason that the letter tells
// and that may be empty. A reason beyond delegate.MaxReason is a problem of kind
// Invalid.
func (s *Service) Remove(ctx context.Context, delegateID, sessionID, reason string) error {
	reason, err := checkReason(reason)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, delegateID, sessionID, func(c *change) error {
		if !c.found {
			return nil
		}
		if err := s.letter(ctx, c.tx, c.delegate, c.session, OccasionRemoved, reason); err != nil {
			return err
		}
		return s.leave(ctx, c, "signup.remove")
	})
	return err
}

// change is a transaction about one delegate and one session.
type change struct {
	tx        *store.Tx
	delegate  delegate.Delegate
	opening   Opening
	session   programme.Session
	timetable Timetable
	ledger    ledger

	entry Entry
	found bool // there is one
}

// change reads what is known, lets fn change it, and writes the ledger.
func (s *Service) change(ctx context.Context, delegateID, sessionID string, fn func(*change) error) (Entry, error) {
	var c change
	d, err := s.Delegates.Get(ctx, delegateID)
	if err != nil {
		return Entry{}, err
	}
	t, err := s.Timetable(ctx, d.Event)
	if err != nil {
		return Entry{}, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		c = change{tx: tx, timetable: t}
		if err := s.read(ctx, &c, delegateID, sessionID); err != nil {
			return err
		}
		before := c.ledger
		if err := fn(&c); err != nil {
			return err
		}
		if c.ledger == before {
			return nil
		}
		return ledgers.Put(tx, c.ledger)
	})
	return c.entry, err
}

func (s *Service) read(ctx context.Context, c *change, delegateID, sessionID string) error {
	var err error
	if c.delegate, err = s.Delegates.Read(ctx, c.tx, delegateID); err != nil {
		return err
	}
	if c.opening, err = s.get(ctx, c.tx, sessionID); err != nil {
		return err
	}
	var known bool
	if c.session, known = c.timetable.session(sessionID); !known || c.opening.Event != c.delegate.Event {
		return problem.New(problem.NotFound, "problem.session_not_found")
	}
	if c.ledger, err = ledgerOf(ctx, c.tx, sessionID); err != nil {
		return err
	}
	c.entry, err = entries.Get(ctx, c.tx, entryID(sessionID, delegateID))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	c.found = err == nil
	return err
}

// enter makes the entry. Those who wait and could take a free place go first, if
// inTurn: who comes anew does not overtake them.
func (s *Service) enter(ctx context.Context, c *change, action string, inTurn bool) error {
	c.entry = Entry{
		ID: entryID(c.opening.ID, c.delegate.ID), Session: c.opening.ID, Event: c.opening.Event, Delegate: c.delegate.ID, Since: s.now(),
	}
	mayEnter := true
	if inTurn {
		var err error
		if mayEnter, err = s.moveUp(ctx, c.tx, c.opening, &c.ledger, c.timetable); err != nil {
			return err
		}
	}
	if mayEnter && c.ledger.room(c.opening) {
		c.ledger.Taken++
		if err := s.put(c.tx, c.entry, c.delegate); err != nil {
			return err
		}
		return s.record(ctx, c.tx, c.delegate, action, "", c.session.Slug)
	}
	c.ledger.Waiting++
	c.ledger.Last++
	c.entry.Number = c.ledger.Last
	c.entry.Queue = c.entry.queueKey()
	if err := entries.Put(c.tx, c.entry); err != nil {
		return err
	}
	if err := s.Delegates.KeepSessions(c.tx, c.delegate, c.delegate.Sessions); err != nil {
		return err
	}
	return s.record(ctx, c.tx, c.delegate, "signup.wait", "", c.session.Slug)
}

// leave takes the entry away; none is left as it is.
func (s *Service) leave(ctx context.Context, c *change, action string) error {
	if !c.found {
		return nil
	}
	if err := s.drop(ctx, c.tx, c.entry, &c.ledger); err != nil {
		return err
	}
	if err := s.Delegates.KeepSessions(c.tx, c.delegate, without(c.delegate.Sessions, c.session.ID)); err != nil {
		return err
	}
	if err := s.record(ctx, c.tx, c.delegate, action, c.session.Slug, ""); err != nil {
		return err
	}
	_, err := s.moveUp(ctx, c.tx, c.opening, &c.ledger, c.timetable)
	return err
}

// Follow frees what a delegate holds when their registration ends, in the same
// commit. It is a delegate.Follower.
func (s *Service) Follow(ctx context.Context, tx *store.Tx, e event.Event, d *delegate.Delegate, _ delegate.State) error {
	if !d.State.Over() {
		return nil
	}
	d.Sessions = nil
	held, err := entries.List(ctx, tx, store.By("delegate", d.ID))
	if err != nil || len(held) == 0 {
		return err
	}
	t, err := s.Timetable(ctx, e.ID)
	if err != nil {
		return err
	}
	for _, entry := range held {
		if err := s.free(ctx, tx, entry, t); err != nil {
			return err
		}
		if err := s.record(ctx, tx, *d, "signup.free", slugOf(t, entry.Session), ""); err != nil {
			return err
		}
	}
	return nil
}

// free takes away one entry of somebody whose registration has ended.
func (s *Service) free(ctx context.Context, tx *store.Tx, entry Entry, t Timetable) error {
	l, err := ledgerOf(ctx, tx, entry.Session)
	if err != nil {
		return err
	}
	if err := s.drop(ctx, tx, entry, &l); err != nil {
		return err
	}
	o, err := openings.Get(ctx, tx, entry.Session)
	if err != nil {
		return err
	}
	if o.Ended.IsZero() {
		if _, err := s.moveUp(ctx, tx, o, &l, t); err != nil {
			return err
		}
	}
	return ledgers.Put(tx, l)
}

func (s *Service) now() time.Time { return s.Clock().UTC().Truncate(time.Millisecond) }
