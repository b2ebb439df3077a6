package signup

import (
	"context"
	"errors"
	"fmt"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/store"
)

// ledger counts a session's places. Whoever takes or frees one, or joins the waiting
// list, writes it in the same commit: so two cannot take the last place.
type ledger struct {
	ID      string `json:"id"` // the session's
	Taken   int    `json:"taken"`
	Waiting int    `json:"waiting"`
	Last    int    `json:"last"` // the last number on the waiting list
}

var ledgers = store.NewCollection("signup_places", func(l ledger) string { return l.ID })

// ledgerOf reads the session's; before anybody signs up it has none.
func ledgerOf(ctx context.Context, r store.Reader, session string) (ledger, error) {
	l, err := ledgers.Get(ctx, r, session)
	if errors.Is(err, store.ErrNotFound) {
		return ledger{ID: session}, nil
	}
	return l, err
}

// room reports whether a place is free.
func (l ledger) room(o Opening) bool { return o.Places == 0 || l.Taken < o.Places }

// Places are a session's places in numbers. Limit 0 is none.
type Places struct{ Limit, Taken, Waiting int }

// Left is how many are free.
func (p Places) Left() int { return max(0, p.Limit-p.Taken) }

// Full reports whether whoever signs up now waits.
func (p Places) Full() bool { return p.Limit > 0 && p.Taken >= p.Limit }

func (l ledger) places(o Opening) Places { return Places{o.Places, l.Taken, l.Waiting} }

// lookAtOnce is how many of a waiting list are looked at in the commit that frees a
// place; beyond them Fill goes on.
const lookAtOnce = 25

// moveUp gives free places to who waits, in order, and passes over those whom
// something hinders. It reports whether nobody is left to whom it could give one.
func (s *Service) moveUp(ctx context.Context, tx *store.Tx, o Opening, l *ledger, t Timetable) (done bool, err error) {
	session, ok := t.session(o.ID)
	if l.Waiting == 0 || !l.room(o) || !ok || !s.Clock().Before(session.Start) {
		return true, nil
	}
	page, err := entries.Find(ctx, tx, store.By("session", o.ID).StartingWith(queueWaiting).Limit(lookAtOnce))
	if err != nil {
		return false, err
	}
	for _, found := range page.Items {
		if !l.room(o) {
			return true, nil
		}
		if err := s.tryUp(ctx, tx, o, l, t, found.ID); err != nil {
			return false, err
		}
	}
	return page.Next == "", nil
}

// tryUp gives a place to one who waits, unless something hinders them: then they keep
// their number.
func (s *Service) tryUp(ctx context.Context, tx *store.Tx, o Opening, l *ledger, t Timetable, id string) error {
	entry, err := entries.Get(ctx, tx, id) // as this transaction left it, which the search does not know
	if errors.Is(err, store.ErrNotFound) || err == nil && !entry.Waits() {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := s.Delegates.Read(ctx, tx, entry.Delegate)
	if err != nil {
		return err
	}
	session, _ := t.session(o.ID)
	if h, err := s.inTheWay(ctx, tx, d, o, session, t); err != nil || h.Kind != None {
		return err
	}
	l.Waiting--
	l.Taken++
	entry.Number, entry.Since = 0, s.now()
	if err := s.put(tx, entry, d); err != nil {
		return err
	}
	if err := s.letter(ctx, tx, d, session, OccasionMovedUp, ""); err != nil {
		return err
	}
	return s.record(ctx, tx, d, "signup.move_up", "", session.Slug)
}

// put writes an entry that gives the delegate a place.
func (s *Service) put(tx *store.Tx, entry Entry, d delegate.Delegate) error {
	entry.Queue = entry.queueKey()
	if err := entries.Put(tx, entry); err != nil {
		return err
	}
	return s.Delegates.KeepSessions(tx, d, append(without(d.Sessions, entry.Session), entry.Session))
}

// drop takes an entry away and counts it out.
func (s *Service) drop(ctx context.Context, tx *store.Tx, entry Entry, l *ledger) error {
	if entry.Waits() {
		l.Waiting--
	} else {
		l.Taken--
	}
	return entries.Delete(ctx, tx, entry.ID)
}

// record notes what happened to a delegate. Sessions stand in the trail by their
// slugs.
func (s *Service) record(ctx context.Context, tx *store.Tx, d delegate.Delegate, action, from, to string) error {
	return audit.Record(ctx, tx, audit.Entry{
		At: s.Clock(), Action: action, Event: d.Event, Subject: delegate.Subject(d.ID), From: from, To: to,
	})
}

// slugOf is the session's, or its id when the programme has it no longer.
func slugOf(t Timetable, id string) string {
	if session, ok := t.session(id); ok {
		return session.Slug
	}
	return id
}

func without(list []string, one string) []string {
	var rest []string
	for _, id := range list {
		if id != one {
			rest = append(rest, id)
		}
	}
	return rest
}

func pad(n int) string { return fmt.Sprintf("%010d", n) }
