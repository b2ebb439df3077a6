package delegate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// ledger counts an event's places. Whoever takes or frees one, or joins the waiting
// list, writes it in the same commit: so two cannot take the last place.
type ledger struct {
	ID         string           `json:"id"` // the event's
	Taken      int              `json:"taken"`
	Last       int              `json:"last"` // the last number on the waiting list
	Categories map[string]seats `json:"categories,omitempty"`
}

// seats are those of a category.
type seats struct {
	Taken   int `json:"taken"`
	Waiting int `json:"waiting"`
}

var ledgers = store.NewCollection("places", func(l ledger) string { return l.ID })

// ledger reads the event's, or makes it from who is confirmed.
func (s *Service) ledger(ctx context.Context, r store.Reader, eventID string) (ledger, error) {
	l, err := ledgers.Get(ctx, r, eventID)
	if !errors.Is(err, store.ErrNotFound) {
		return l, err
	}
	l = ledger{ID: eventID}
	counts, err := delegates.Tally(ctx, r, store.By("state_category", eventID, string(Confirmed)))
	for category, n := range counts {
		l.count(category, n, 0)
	}
	return l, err
}

// count adds to what is taken and to who waits.
func (l *ledger) count(category string, taken, waiting int) {
	if l.Categories == nil {
		l.Categories = map[string]seats{}
	}
	c := l.Categories[category]
	c.Taken, c.Waiting = c.Taken+taken, c.Waiting+waiting
	l.Categories[category] = c
	l.Taken += taken
}

// hold counts the place that a registration holds, or that it waits for one, n times.
func (l *ledger) hold(d Delegate, n int) {
	switch {
	case d.HoldsPlace():
		l.count(d.Category, n, 0)
	case d.State == Waiting:
		l.count(d.Category, 0, n)
	}
}

// within reports a problem of kind Conflict when a category has more places taken
// than it has, and more than before.
func (l *ledger) within(r event.Registration, category string, before int) error {
	limit, limited := r.Limit(category)
	if taken := l.Categories[category].Taken; limited && taken > limit && taken > before {
		return problem.New(problem.Conflict, "problem.category_full", "Max", limit)
	}
	return nil
}

// changeCategory moves the place that a registration holds, or waits for, to another
// category, to which the registration then belongs. One that is full is a problem of
// kind Conflict.
func (s *Service) changeCategory(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, to string) error {
	was := *d
	d.Category = to
	if was.Category == to || !was.HoldsPlace() && was.State != Waiting {
		return nil
	}
	l, err := s.ledger(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	before := l.Categories[to].Taken
	l.hold(was, -1)
	l.hold(*d, 1)
	if err := l.within(e.Registration, to, before); err != nil {
		return err
	}
	return ledgers.Put(tx, l)
}

// room reports whether a place is free for somebody of the category.
func (l *ledger) room(r event.Registration, category string) bool {
	limit, limited := r.Limit(category)
	return (r.Capacity == 0 || l.Taken < r.Capacity) && (!limited || l.Categories[category].Taken < limit)
}

// owed reports whether somebody waits who could take a place now: who comes anew
// must not overtake them.
func (l *ledger) owed(r event.Registration) bool {
	for category, c := range l.Categories {
		if c.Waiting > 0 && l.room(r, category) {
			return true
		}
	}
	return false
}

func (s State) holdsPlace() bool { return s == Confirmed || s == Offered }

// mayKeep reports whether a place may be kept for somebody in the state, which does not
// hold one by itself.
func (s State) mayKeep() bool { return s.Unanswered() || s == Awaiting }

// HoldsPlace reports whether a place counts as the registration's: by its state, or
// since it is kept for them.
func (d Delegate) HoldsPlace() bool { return d.State.holdsPlace() || d.Kept && d.State.mayKeep() }

// seat takes, keeps or frees a place for a move of the registration, and returns
// the state that there is room for: who finds none waits. Who waits already is a
// problem of kind Conflict then.
func (s *Service) seat(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, to State) (State, error) {
	from, held, number := d.State, d.HoldsPlace(), d.Number
	d.Kept = held && d.Kept && to.mayKeep()
	if !to.Unanswered() { // whoever has answered has done what they could
		d.KeptUntil = time.Time{}
	}
	if to.Over() {
		d.Number = 0
	}
	if holds := to.holdsPlace() || d.Kept; held == holds && from != Waiting && to != Waiting {
		d.offer(e, to, s.clock())
		return to, nil
	}
	l, err := s.ledger(ctx, tx, e.ID)
	if err != nil {
		return to, err
	}
	switch {
	case from == Waiting:
		l.count(d.Category, 0, -1)
	case held:
		l.count(d.Category, -1, 0)
	}
	if to.holdsPlace() && !s.admits(l, e, d, from) {
		if from == Waiting {
			return to, problem.New(problem.Conflict, "problem.delegate_full")
		}
		to = Waiting
	}
	d.Number = 0
	switch {
	case to.holdsPlace():
		l.count(d.Category, 1, 0)
	case to == Waiting:
		if d.Number = number; number == 0 {
			l.Last++
			d.Number = l.Last
		}
		l.count(d.Category, 0, 1)
	}
	d.offer(e, to, s.clock())
	return to, ledgers.Put(tx, l)
}

func (s *Service) admits(l ledger, e event.Event, d *Delegate, from State) bool {
	if from == Waiting {
		return l.room(e.Registration, d.Category)
	}
	return l.room(e.Registration, d.Category) && !l.owed(e.Registration)
}

// offer notes until when a place is kept for somebody who waited.
func (d *Delegate) offer(e event.Event, to State, now time.Time) {
	d.OfferEnds = time.Time{}
	if to != Offered {
		return
	}
	d.OfferEnds = offerEnds(e, now)
}

// offerEnds is until when a place is kept from now on: not beyond the beginning of the
// event.
func offerEnds(e event.Event, now time.Time) time.Time {
	ends := now.Add(e.Registration.Offer()).UTC().Truncate(time.Millisecond)
	if first := e.FirstDay().UTC(); now.Before(first) && first.Before(ends) {
		return first
	}
	return ends
}

// queueKey sorts who waits by number, and who was offered a place, gives theirs to a
// colleague, or has that of whom they replaced kept for their answer, by when that ends;
// it is empty for all others.
func (d *Delegate) queueKey() string {
	switch {
	case d.State == Waiting:
		return queueWaiting + pad(d.Number)
	case d.State == Offered:
		return queueOffered + d.OfferEnds.UTC().Format(store.TimeLayout)
	case d.Gives():
		return queuePassing + d.Passing.Ends.UTC().Format(store.TimeLayout)
	case d.Kept && d.State.Unanswered():
		return queueKept + d.KeptUntil.UTC().Format(store.TimeLayout)
	}
	return ""
}

const queueWaiting, queueOffered, queuePassing, queueKept = "waiting ", "offered ", "passing ", "kept "

// due asks for those in the event's queue of the kind whose time is over.
func due(e event.Event, kind string, now time.Time) store.Query {
	return store.By("queue", e.ID).Between(kind, kind+now.UTC().Add(time.Millisecond).Format(store.TimeLayout))
}

// Places are an event's places in numbers.
type Places struct {
	Capacity, Taken, Waiting int
	Categories               map[string]CategoryPlaces
}

// CategoryPlaces are those of a category. Capacity is -1 where it has no limit of its
// own.
type CategoryPlaces struct{ Capacity, Taken, Waiting int }

// Places counts the event's places.
func (s *Service) Places(ctx context.Context, e event.Event) (Places, error) {
	l, err := s.ledger(ctx, s.db, e.ID)
	p := Places{Capacity: e.Registration.Capacity, Taken: l.Taken, Categories: map[string]CategoryPlaces{}}
	for category, c := range l.Categories {
		limit := -1
		if n, limited := e.Registration.Limit(category); limited {
			limit = n
		}
		p.Categories[category] = CategoryPlaces{limit, c.Taken, c.Waiting}
		p.Waiting += c.Waiting
	}
	return p, err
}

// Full reports whether whoever registers now, in whichever category, joins the
// waiting list.
func (s *Service) Full(ctx context.Context, e event.Event) (bool, error) {
	if e.Registration.Capacity == 0 {
		return false, nil
	}
	l, err := s.ledger(ctx, s.db, e.ID)
	return l.Taken >= e.Registration.Capacity, err
}

// Before counts who stands before the delegate on the waiting list.
func (s *Service) Before(ctx context.Context, d Delegate) (int, error) {
	return delegates.Count(ctx, s.db, store.By("queue", d.Event).Between(queueWaiting, queueWaiting+pad(d.Number)))
}

// Line tells, by their Number, the place in line of each who waits: the first has 1.
func (s *Service) Line(ctx context.Context, eventID string) (map[int]int, error) {
	keys, err := delegates.Tally(ctx, s.db, store.By("queue", eventID).StartingWith(queueWaiting))
	line := map[int]int{}
	for i, key := range slices.Sorted(maps.Keys(keys)) {
		n, err := strconv.Atoi(strings.TrimPrefix(key, queueWaiting))
		if err != nil {
			return nil, err
		}
		line[n] = i + 1
	}
	return line, err
}

func pad(n int) string { return fmt.Sprintf("%010d", n) }
