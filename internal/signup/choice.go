package signup

import (
	"context"
	"errors"
	"slices"
	"time"

	"convene/internal/delegate"
	"convene/internal/programme"
	"convene/internal/store"
)

// Choice is a session as it stands for one delegate.
type Choice struct {
	Session programme.Session
	Opening Opening
	Places  Places

	Joined bool // has a place
	Waits  bool // is on the waiting list
	Before int  // how many stand before them there

	// Hindrance is why they cannot sign up; of a session they have a place in, what
	// else they do at that time since it was moved; of one they wait for, why they
	// would be passed over.
	Hindrance Hindrance
}

// Choices lists the sessions that the delegate can sign up for, or has, by start.
func (s *Service) Choices(ctx context.Context, d delegate.Delegate) ([]Choice, error) {
	held, err := s.Openings(ctx, d.Event)
	if err != nil || len(held) == 0 {
		return nil, err
	}
	t, err := s.Timetable(ctx, d.Event)
	if err != nil {
		return nil, err
	}
	own, err := s.entriesOf(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	var list []Choice
	for _, session := range t.sessions {
		o, open := held[session.ID]
		entry, has := own[session.ID]
		if !open || !has && !o.Admits(d.Category) {
			continue
		}
		c := Choice{Session: session, Opening: o, Joined: has && !entry.Waits(), Waits: has && entry.Waits()}
		if err := s.weigh(ctx, &c, d, entry, t); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// weigh fills in the numbers, and what stands in the way.
func (s *Service) weigh(ctx context.Context, c *Choice, d delegate.Delegate, entry Entry, t Timetable) error {
	l, err := ledgerOf(ctx, s.DB, c.Session.ID)
	if err != nil {
		return err
	}
	c.Places = l.places(c.Opening)
	if c.Joined {
		c.Hindrance = t.Clash(d, c.Session)
		return nil
	}
	if c.Waits {
		if c.Before, err = s.before(ctx, entry); err != nil {
			return err
		}
	} else if c.Hindrance = s.tooEarlyOrLate(c.Opening, c.Session); c.Hindrance.Kind != None {
		return nil
	}
	c.Hindrance, err = s.inTheWay(ctx, s.DB, d, c.Opening, c.Session, t)
	return err
}

func (s *Service) before(ctx context.Context, entry Entry) (int, error) {
	return entries.Count(ctx, s.DB, store.By("session", entry.Session).Between(queueWaiting, entry.Queue))
}

func (s *Service) entriesOf(ctx context.Context, delegateID string) (map[string]Entry, error) {
	list, err := entries.List(ctx, s.DB, store.By("delegate", delegateID))
	own := map[string]Entry{}
	for _, entry := range list {
		own[entry.Session] = entry
	}
	return own, err
}

// Begun reports whether the session has begun, after which nobody signs up or leaves.
func (c Choice) Begun(now time.Time) bool { return !now.Before(c.Session.Start) }

// Attended are the sessions that the delegate has a place in, by start.
func (s *Service) Attended(ctx context.Context, d delegate.Delegate) ([]programme.Session, error) {
	if len(d.Sessions) == 0 {
		return nil, nil
	}
	all, err := s.Programme.Sessions(ctx, d.Event)
	return slices.DeleteFunc(all, func(session programme.Session) bool { return !slices.Contains(d.Sessions, session.ID) }), err
}

// Places counts the session's.
func (s *Service) Places(ctx context.Context, o Opening) (Places, error) {
	l, err := ledgerOf(ctx, s.DB, o.ID)
	return l.places(o), err
}

// Queue lists who waits for the session, in order.
func (s *Service) Queue(ctx context.Context, session, cursor string, limit int) (store.Page[Entry], error) {
	return entries.Find(ctx, s.DB, store.By("session", session).StartingWith(queueWaiting).After(cursor).Limit(limit))
}

// EntryOf returns what the delegate has of the session; ok is false when it is
// nothing.
func (s *Service) EntryOf(ctx context.Context, session, delegateID string) (entry Entry, ok bool, err error) {
	entry, err = entries.Get(ctx, s.DB, entryID(session, delegateID))
	if errors.Is(err, store.ErrNotFound) {
		return entry, false, nil
	}
	return entry, err == nil, err
}
