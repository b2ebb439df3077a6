package privacy

import (
	"context"
	"strconv"
	"time"

	"convene/internal/account"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

// Notice is how long before anything is erased for its age the organisers are told.
const Notice = 14 * 24 * time.Hour

// OccasionRetention is the letter that tells them.
const OccasionRetention = "privacy.retention"

// People stands for an event's registrations, with all that belongs to them, where a
// question's id stands for its answers.
const People = "people"

// Plan is what is erased of an event for its age: told to the organisers, then done.
// It stays as the record of that, and holds numbers alone.
type Plan struct {
	ID        string                 `json:"id"`
	Event     string                 `json:"event"`
	What      string                 `json:"what"` // People, or a question's id
	Open      bool                   `json:"open"` // neither done nor given up
	Announced time.Time              `json:"announced"`
	Due       time.Time              `json:"due"`              // by the event's settings, when it was announced
	At        time.Time              `json:"at"`               // when it begins: not before Notice is over
	Count     int                    `json:"count"`            // how many people, when it was announced
	States    map[delegate.State]int `json:"states,omitempty"` // the same, by state
	Begun     time.Time              `json:"begun,omitzero"`
	Ended     time.Time              `json:"ended,omitzero"`
	Erased    int                    `json:"erased"`            // people so far
	GivenUp   bool                   `json:"given_up,omitzero"` // since it was put off
}

var plans = store.NewCollection("erasure_plans", func(p Plan) string { return p.ID },
	store.On("open", "event", "open"),
	store.On("event", "event", "announced"),
)

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{plans.Schema()} }

// Due is what is due of an event, and when.
type Due struct {
	What string
	At   time.Time
}

// Dues lists what is to be erased of the event by its settings: first its people,
// unless they are invented, then answers.
func (s *Service) Dues(ctx context.Context, e event.Event) ([]Due, error) {
	if e.Rehearsal {
		return nil, nil
	}
	list := []Due{{People, e.KeptUntil()}}
	set, err := s.Forms.Of(ctx, e.ID)
	for _, q := range set.Questions {
		if !q.Keep.IsZero() {
			list = append(list, Due{q.ID, q.Keep})
		}
	}
	return list, err
}

// Plans lists what was announced and done of the event, the latest first.
func (s *Service) Plans(ctx context.Context, e event.Event) ([]Plan, error) {
	return plans.List(ctx, s.DB, store.By("event", e.ID).Backwards())
}

// Count tells how many people something that is due concerns, by state.
func (s *Service) Count(ctx context.Context, e event.Event, what string) (int, map[delegate.State]int, error) {
	states, n := map[delegate.State]int{}, 0
	count := func(d delegate.Delegate) error {
		states[d.State]++
		n++
		return nil
	}
	var err error
	if what == People {
		err = s.Delegates.Each(ctx, e.ID, delegate.Filter{}, count)
	} else {
		err = s.Delegates.Answering(ctx, e.ID, what, count)
	}
	return n, states, err
}

// Retain announces what is due within Notice, and erases what was announced that
// long ago. It returns how many plans were "announced" and how many people or answers
// were "erased". Cut short, it goes on where it was.
func (s *Service) Retain(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	list, err := s.Events.List(ctx)
	if err != nil {
		return counts, err
	}
	for _, e := range list {
		if err := s.retainEvent(ctx, e, counts); err != nil {
			return counts, err
		}
	}
	return counts, nil
}

func (s *Service) retainEvent(ctx context.Context, e event.Event, counts map[string]int) error {
	dues, err := s.Dues(ctx, e)
	if err != nil {
		return err
	}
	open, err := plans.List(ctx, s.DB, store.By("open", e.ID, true))
	if err != nil {
		return err
	}
	known := map[string]Plan{}
	for _, p := range open {
		if p.Begun.IsZero() && !p.stands(dues) {
			if err := s.giveUp(ctx, p.ID); err != nil {
				return err
			}
			continue
		}
		known[p.What] = p
	}
	for _, due := range dues {
		if err := s.retain(ctx, e, due, known[due.What], counts); err != nil {
			return err
		}
	}
	return nil
}

// stands reports whether the plan is still what the event's settings ask for.
func (p Plan) stands(dues []Due) bool {
	for _, due := range dues {
		if due.What == p.What {
			return due.At.Equal(p.Due)
		}
	}
	return false
}

// retain announces or erases one thing of an event.
func (s *Service) retain(ctx context.Context, e event.Event, due Due, p Plan, counts map[string]int) error {
	now := s.Clock()
	switch {
	case p.ID == "" && now.Before(due.At.Add(-Notice)):
		return nil
	case p.ID == "":
		announced, err := s.announce(ctx, e, due)
		if announced {
			counts["announced"]++
		}
		return err
	case now.Before(p.At):
		return nil
	}
	n, err := s.carryOut(ctx, e, p)
	counts["erased"] += n
	return err
}

// invited counts the invitations that go with an event's people, of whom some may never
// have registered.
func (s *Service) invited(ctx context.Context, e event.Event, what string) (int, error) {
	if what != People {
		return 0, nil
	}
	return s.Delegates.CountInvited(ctx, e)
}

// announce plans what is due, and tells the organisers, if it concerns anybody.
func (s *Service) announce(ctx context.Context, e event.Event, due Due) (bool, error) {
	n, states, err := s.Count(ctx, e, due.What)
	if err != nil {
		return false, err
	}
	if invited, err := s.invited(ctx, e, due.What); err != nil || n+invited == 0 {
		return false, err
	}
	team, err := s.Organisers(ctx)
	if err != nil {
		return false, err
	}
	now := s.Clock().UTC().Truncate(time.Millisecond)
	p := Plan{
		ID: store.NewID(), Event: e.ID, What: due.What, Open: true, Announced: now, Due: due.At.UTC(), At: due.At.UTC(), Count: n, States: states,
	}
	if told := now.Add(Notice); told.After(p.At) {
		p.At = told
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := plans.Create(tx, p); err != nil {
			return err
		}
		for _, member := range team {
			if _, err := outbox.Queue(ctx, tx, now, p.letter(e, member)); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{At: now, Action: "retention.announce", Event: e.ID, Subject: "event/" + e.ID})
	})
	return err == nil, err
}

func (p Plan) letter(e event.Event, member account.Staff) outbox.Letter {
	l := outbox.Letter{
		ID: outbox.ID(OccasionRetention, p.ID, member.ID), Occasion: OccasionRetention, Event: e.ID, Language: e.Languages[0],
		To:   outbox.Address{Name: member.Name, Email: member.Email},
		Data: map[string]string{"name": member.Name, "at": p.At.Format(time.RFC3339), "count": strconv.Itoa(p.Count)},
	}
	if p.What != People {
		l.Data["question"] = p.What
	}
	return l
}

// giveUp ends a plan that the settings no longer ask for.
func (s *Service) giveUp(ctx context.Context, id string) error {
	return s.changePlan(ctx, id, func(p *Plan) { p.Open, p.GivenUp = false, true })
}

func (s *Service) changePlan(ctx context.Context, id string, change func(*Plan)) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		p, err := plans.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		change(&p)
		return plans.Put(tx, p)
	})
}

// begin marks the plan as begun, unless it was put off meanwhile.
func (s *Service) begin(ctx context.Context, e event.Event, p Plan) (begun bool, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		begun = false
		e, err := s.Events.Get(ctx, tx, e.ID) // as it is now
		if err != nil {
			return err
		}
		dues, err := s.Dues(ctx, e)
		if err != nil || !p.stands(dues) {
			return err
		}
		if p, err = plans.Get(ctx, tx, p.ID); err != nil {
			return err
		}
		begun, p.Begun = true, s.Clock().UTC().Truncate(time.Millisecond)
		return plans.Put(tx, p)
	})
	return begun, err
}

// carryOut erases what the plan says, one person in each commit. What is begun goes
// on to its end.
func (s *Service) carryOut(ctx context.Context, e event.Event, p Plan) (n int, err error) {
	if p.Begun.IsZero() {
		if begun, err := s.begin(ctx, e, p); err != nil || !begun {
			return 0, err
		}
	}
	if p.What == People {
		n, err = s.erasePeople(ctx, e, p.ID)
	} else {
		n, err = s.eraseAnswers(ctx, e, p.ID, p.What)
	}
	if err != nil {
		return n, err
	}
	return n, s.DB.Update(ctx, func(tx *store.Tx) error {
		p, err := plans.Get(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		p.Open, p.Ended = false, s.Clock().UTC().Truncate(time.Millisecond)
		if err := plans.Put(tx, p); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "retention.done", Event: e.ID, Subject: "event/" + e.ID})
	})
}

// retainBatch is after how many people the record says how far it is.
const retainBatch = 100

func (s *Service) erasePeople(ctx context.Context, e event.Event, plan string) (n int, err error) {
	for {
		page, err := s.Delegates.Find(ctx, e.ID, delegate.Filter{}, "", retainBatch)
		if err != nil {
			return n, err
		}
		if len(page.Items) == 0 { // only those are left who never registered
			_, err := s.Delegates.ForgetInvited(ctx, e)
			return n, err
		}
		for _, d := range page.Items {
			if err := s.erase(ctx, d.ID, "", false); err != nil && problem.KindOf(err) != problem.NotFound {
				return n, err
			}
		}
		n += len(page.Items)
		if err := s.changePlan(ctx, plan, func(p *Plan) { p.Erased += len(page.Items) }); err != nil {
			return n, err
		}
	}
}

func (s *Service) eraseAnswers(ctx context.Context, e event.Event, plan, question string) (n int, err error) {
	err = s.Delegates.Answering(ctx, e.ID, question, func(d delegate.Delegate) error {
		forgotten, err := s.Delegates.ForgetAnswer(ctx, d.ID, question)
		if problem.KindOf(err) == problem.NotFound && err != nil { // erased meanwhile
			return nil
		}
		if forgotten {
			n++
		}
		return err
	})
	if err != nil {
		return n, err
	}
	return n, s.changePlan(ctx, plan, func(p *Plan) { p.Erased += n })
}

// GoOn finishes what was begun and cut short: plans, and erasures that one commit did
// not hold. It returns how many there were.
func (s *Service) GoOn(ctx context.Context) (int, error) {
	n, err := s.Finish(ctx)
	if err != nil {
		return n, err
	}
	list, err := s.Events.List(ctx)
	if err != nil {
		return n, err
	}
	for _, e := range list {
		open, err := plans.List(ctx, s.DB, store.By("open", e.ID, true))
		if err != nil {
			return n, err
		}
		for _, p := range open {
			if p.Begun.IsZero() {
				continue
			}
			if _, err := s.carryOut(ctx, e, p); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}
