package message

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"convene/internal/audience"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

// Release sends a draft at the instant; the zero instant means at once. Where the
// event asks for four eyes it is submitted to a second organiser first. An instant
// that is over, or more than a year after the event, is a problem of kind Invalid
// under the field "at". A text that cannot be composed in one of the recipients'
// languages (the cause is an *Unwritten then), nobody to write to, and more people
// than the event has (unless allow says that this is meant) are problems of kind
// Conflict.
func (s *Service) Release(ctx context.Context, e event.Event, id string, at time.Time, allow bool) (Message, error) {
	seen, err := s.Get(ctx, e, id)
	if err != nil {
		return seen, err
	}
	if err := errors.Join(seen.only(Draft), s.checkAt(e, at)); err != nil {
		return seen, err
	}
	reach, err := s.Reach(ctx, e, seen)
	if err != nil {
		return seen, err
	}
	if err := s.mayGo(ctx, e, seen, reach, allow); err != nil {
		return seen, err
	}
	action, state := "message.schedule", Scheduled
	if e.FourEyes {
		action, state = "message.submit", Submitted
	}
	return s.change(ctx, e, id, action, func(m *Message) error {
		if m.State != Draft || !m.Changed.Equal(seen.Changed) { // not what was tried
			return problem.New(problem.Conflict, "problem.message_state")
		}
		m.State, m.At, m.Total, m.Author, m.Second, m.Problem = state, at, reach.People, actor(ctx), Actor{}, ""
		if allow {
			m.Allowed = reach.People
		}
		return nil
	})
}

// checkAt refuses an instant that is over or out of reach. A message that waits
// for the year 10000 could not even be stored.
func (s *Service) checkAt(e event.Event, at time.Time) error {
	if at.IsZero() || at.After(s.now()) && !at.After(e.Over().AddDate(1, 0, 0)) {
		return nil
	}
	var faults problem.Form
	faults.Add("at", "problem.message_at")
	return faults.Err()
}

// Reach is whom a message goes to now.
type Reach struct {
	People int
	First  []outbox.Letter // to the first in each of their languages
}

// Reach looks whom the message goes to now.
func (s *Service) Reach(ctx context.Context, e event.Event, m Message) (Reach, error) {
	var r Reach
	err := s.Audience.Each(ctx, e, m.Audience, func(p audience.Person) error {
		r.People++
		if !slices.ContainsFunc(r.First, func(l outbox.Letter) bool { return l.Language == p.Language }) {
			r.First = append(r.First, letter(m, p))
		}
		return nil
	})
	return r, err
}

// mayGo says what keeps the message from being sent.
func (s *Service) mayGo(ctx context.Context, e event.Event, m Message, reach Reach, allow bool) error {
	if reach.People == 0 {
		return problem.New(problem.Conflict, "problem.message_nobody")
	}
	g, _ := s.Audience.Group(m.Audience.Group)
	size, err := g.Size(ctx, e)
	if err != nil {
		return err
	}
	if reach.People > size && !allow {
		return problem.New(problem.Conflict, "problem.message_too_many", "People", reach.People, "Size", size)
	}
	if s.Try == nil {
		return nil
	}
	for _, l := range reach.First {
		err := s.Try(ctx, l)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return problem.Wrap(&Unwritten{Language: l.Language, Cause: err}, problem.Conflict, "problem.message_text")
		}
	}
	return nil
}

// Unwritten is the error of a letter that cannot be composed for readers of a
// language.
type Unwritten struct {
	Language string
	Cause    error
}

func (u *Unwritten) Error() string {
	return "message: the letter in " + u.Language + ": " + u.Cause.Error()
}

// Unwrap returns the cause.
func (u *Unwritten) Unwrap() error { return u.Cause }

// Approve releases a message that another organiser submitted, as it was when it
// had changed last at seen. What one submitted or wrote, even in part, one cannot
// approve: that is a problem of kind Conflict, as is a message that has changed.
func (s *Service) Approve(ctx context.Context, e event.Event, id string, seen time.Time) (Message, error) {
	return s.change(ctx, e, id, "message.approve", func(m *Message) error {
		if err := m.only(Submitted); err != nil {
			return err
		}
		if !m.Changed.Equal(seen) {
			return problem.New(problem.Conflict, "problem.message_state")
		}
		if m.By(actor(ctx).ID) {
			return problem.New(problem.Conflict, "problem.message_own")
		}
		m.State, m.Second = Scheduled, actor(ctx)
		return nil
	})
}

// Withdraw makes a message that has not begun a draft again.
func (s *Service) Withdraw(ctx context.Context, e event.Event, id string) (Message, error) {
	return s.change(ctx, e, id, "message.withdraw", func(m *Message) error {
		err := m.only(Submitted, Scheduled)
		m.State, m.At, m.Second = Draft, time.Time{}, Actor{}
		m.takenBack()
		return err
	})
}

// Stop ends sending: no more letters are made, and those that have not gone out
// are cancelled. It returns how many were. A message of which all have gone out is
// a problem of kind Conflict.
func (s *Service) Stop(ctx context.Context, e event.Event, id string) (int, error) {
	seen, err := s.Get(ctx, e, id)
	if err != nil {
		return 0, err
	}
	over, err := s.Over(ctx, seen)
	if err != nil {
		return 0, err
	}
	if over {
		return 0, problem.New(problem.Conflict, "problem.message_state")
	}
	m, err := s.change(ctx, e, id, "message.stop", func(m *Message) error {
		err := m.only(Sending, Sent, Stopped)
		m.State, m.Ended = Stopped, s.now()
		return err
	})
	if err != nil {
		return 0, err
	}
	return s.Outbox.CancelOrigin(ctx, m.Origin(), actor(ctx).Name)
}

// Retry writes again to those whose letter failed, and returns how many they are.
func (s *Service) Retry(ctx context.Context, e event.Event, id string) (int, error) {
	m, err := s.Get(ctx, e, id)
	if err != nil {
		return 0, err
	}
	if err := m.only(Sending, Sent, Stopped); err != nil {
		return 0, err
	}
	return s.Outbox.ResendFailed(ctx, m.Origin(), actor(ctx).Name)
}

// Remove deletes a draft.
func (s *Service) Remove(ctx context.Context, e event.Event, id string) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		m, err := get(ctx, tx, e, id)
		if err != nil {
			return err
		}
		if err := m.only(Draft); err != nil {
			return err
		}
		if err := messages.Delete(ctx, tx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, m, "message.remove")
	})
}

// Recipients lists the letters to up to limit of the people chosen, as they would
// be queued now.
func (s *Service) Recipients(ctx context.Context, e event.Event, m Message, limit int) ([]outbox.Letter, error) {
	var list []outbox.Letter
	err := s.Audience.Each(ctx, e, m.Audience, func(p audience.Person) error {
		list = append(list, letter(m, p))
		if len(list) == limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, err
}

// errEnough ends a walk through people.
var errEnough = errors.New("message: enough")

func letter(m Message, p audience.Person) outbox.Letter {
	l := outbox.Letter{
		ID: outbox.ID("message", m.ID, p.ID), Occasion: m.Occasion(), Event: m.Event, Kind: m.Kind, Origin: m.Origin(),
	}
	p.Address(&l)
	return l
}

// batch is how many people one commit writes to.
const batch = 500

// Queue makes the letters of the messages whose instant has come and returns how
// many. Run again, or on two instances at once, it makes no letter twice.
func (s *Service) Queue(ctx context.Context) (int, error) {
	total := 0
	var errs []error
	for _, state := range []State{Scheduled, Sending} {
		list, err := messages.List(ctx, s.DB, store.By("state", state))
		if err != nil {
			return total, err
		}
		for _, m := range list {
			if !m.due(s.now()) {
				continue
			}
			n, err := s.send(ctx, m)
			total += n
			if err != nil {
				errs = append(errs, fmt.Errorf("message %s: %w", m.ID, err))
			}
		}
	}
	return total, errors.Join(errs...)
}

func (s *Service) send(ctx context.Context, m Message) (int, error) {
	e, err := s.Events.Get(ctx, s.DB, m.Event)
	if err != nil {
		return 0, err
	}
	total := 0
	for {
		n, done, err := s.sendSome(ctx, e, m.ID)
		total += n
		if err != nil || done {
			return total, err
		}
	}
}

// sendSome queues the letters to one page of people. How far it has come is in
// the same commit.
func (s *Service) sendSome(ctx context.Context, e event.Event, id string) (n int, done bool, err error) {
	seen, err := s.Get(ctx, e, id)
	if err != nil {
		return 0, true, err
	}
	people, next, err := s.Audience.Find(ctx, e, seen.Audience, seen.Cursor, batch)
	if err != nil {
		return 0, false, err
	}
	letters := make([]outbox.Letter, len(people))
	for i, p := range people {
		letters[i] = letter(seen, p)
	}
	limit, err := s.limit(ctx, e, seen)
	if err != nil {
		return 0, false, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		n, done = 0, false
		m, err := get(ctx, tx, e, id)
		if err != nil {
			return err
		}
		if !m.due(s.now()) || m.Cursor != seen.Cursor || !m.Changed.Equal(seen.Changed) {
			done = true // stopped, released anew, or another instance is at it
			return nil
		}
		if m.Queued+len(letters) > limit {
			done = true
			m.State, m.Ended, m.Problem = Stopped, s.now(), "problem.message_grew"
			return errors.Join(messages.Put(tx, m), s.record(ctx, tx, m, "message.stop"))
		}
		if n, err = outbox.QueueAll(ctx, tx, s.Clock(), letters); err != nil {
			return err
		}
		m.advance(n, next, s.now())
		done = m.State == Sent
		if err := messages.Put(tx, m); err != nil || !done {
			return err
		}
		return s.record(ctx, tx, m, "message.sent")
	})
	return n, done, err
}

// due reports whether letters are to be queued.
func (m Message) due(now time.Time) bool {
	return m.State == Sending || m.State == Scheduled && !m.At.After(now)
}

func (m *Message) advance(n int, next string, now time.Time) {
	if m.Began.IsZero() {
		m.Began = now
	}
	m.State, m.Cursor, m.Queued = Sending, next, m.Queued+n
	if next == "" {
		m.State, m.Ended = Sent, now
	}
}

// limit is how many letters the message may make: one for each of the group, or
// as many as an organiser has allowed.
func (s *Service) limit(ctx context.Context, e event.Event, m Message) (int, error) {
	g, ok := s.Audience.Group(m.Audience.Group)
	if !ok {
		return 0, nil
	}
	size, err := g.Size(ctx, e)
	return max(size, m.Allowed), err
}
