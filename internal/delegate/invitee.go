package delegate

import (
	"context"
	"errors"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// Invitee is what is known of somebody's answer to being invited.
type Invitee struct {
	Sent     time.Time `json:"sent"`
	By       string    `json:"by,omitempty"` // the organiser or contact who invited them
	Asked    time.Time `json:"asked"`        // when they were written to last
	Times    int       `json:"times"`        // how often they were written to
	Answer   Answer    `json:"answer"`
	Answered time.Time `json:"answered,omitzero"` // when they accepted or declined

	Colleague bool `json:"colleague,omitzero"` // it was a delegate who would have given them their place
}

// Answer is what somebody says to being invited.
type Answer string

// The answers to being invited.
const (
	NoAnswer  Answer = "none"
	Begun     Answer = "begun"    // they have begun to fill in the form
	Accepted  Answer = "accepted" // whatever became of it since
	Refused   Answer = "declined"
	TakenBack Answer = "revoked" // the organisers took the invitation back
)

// Answers lists every answer.
var Answers = []Answer{NoAnswer, Begun, Accepted, Refused, TakenBack}

// AnyAnswer has a Filter find everybody who was invited.
const AnyAnswer Answer = "any"

// invite notes that the person is invited now.
func (d *Delegate) invite(ctx context.Context, e event.Event, now time.Time) {
	d.Invited = &Invitee{Sent: now, Asked: now, Times: 1, By: audit.By(ctx).Name, Answer: NoAnswer}
	d.InvitedDay = e.DayOf(now)
}

// answered notes what a step says about somebody's answer.
func (d *Delegate) answered(to State, by audit.Actor, now time.Time) {
	if d.Invited == nil || !d.State.Unanswered() || to == Invited {
		return
	}
	answered := *d.Invited // what was read is not changed
	switch {
	case to == Started:
		answered.Answer = Begun
	case to == Withdrawn && by.Kind == "delegate":
		answered.Answer, answered.Answered = Refused, now
	case to.Over():
		answered.Answer, answered.Answered = TakenBack, now
	default:
		answered.Answer, answered.Answered = Accepted, now
	}
	d.Invited = &answered
}

// MayReconsider reports whether somebody who has declined may have the invitation
// back. A place that a colleague gave is with the colleague again.
func (d Delegate) MayReconsider() bool {
	return d.State == Withdrawn && d.Invited != nil && d.Invited.Answer == Refused && !d.Invited.Colleague
}

// Reconsider gives somebody who has declined the invitation back, as it was. Who has
// none to have back is a problem of kind Conflict. An event that is over, and a
// delegation or an invitation that has no place for them any more, are problems of
// kind Gone.
func (s *Service) Reconsider(ctx context.Context, id string) (Delegate, error) {
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if d.State.Unanswered() { // a button pressed twice
			return nil
		}
		if !d.MayReconsider() {
			return problem.New(problem.Conflict, "problem.link_used")
		}
		if e.Phase(s.clock()) == event.Past {
			return problem.New(problem.Gone, "problem.link_used")
		}
		nominated, by := d.Nominated, d.Invitation
		if err := s.move(ctx, tx, e, d, Invited, ""); err != nil {
			return err
		}
		if nominated && !d.InDelegation() {
			return problem.New(problem.Gone, "problem.nominee_too_late")
		}
		if by != d.Invitation {
			return problem.New(problem.Gone, "problem.invitation_used_up")
		}
		again := *d.Invited
		again.Answer, again.Answered = NoAnswer, time.Time{}
		d.Invited = &again
		return nil
	})
}

// Reason is why the person declined the invitation, if they said so.
func (d Delegate) Reason() string {
	for _, step := range slices.Backward(d.Steps) {
		if step.State == Withdrawn || step.State == Cancelled {
			return step.Reason
		}
	}
	return ""
}

// InvitePerson is Invite in a transaction of its own, for organisers. Who is approved
// needs no approval when they accept.
func (s *Service) InvitePerson(ctx context.Context, e event.Event, typed Form, approved bool) (d Delegate, err error) {
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		d, err = s.Invite(ctx, tx, e, typed, OccasionInvited, func(d *Delegate) { d.Approved = approved })
		return err
	})
	return d, err
}

// RevokeInvited takes back the invitation of somebody who has not answered. Who has is a
// problem of kind Conflict, a reason beyond MaxReason one of kind Invalid.
func (s *Service) RevokeInvited(ctx context.Context, id, reason string) (Delegate, error) {
	reason, err := cleanReason(reason)
	if err != nil {
		return Delegate{}, err
	}
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if !d.State.Unanswered() {
			return problem.New(problem.Conflict, "problem.link_used")
		}
		return s.move(ctx, tx, e, d, Cancelled, reason)
	})
}

// remindBatch is how many are reminded in a commit.
const remindBatch = 50

// RemindInvited writes once more to those of the registrations who were invited, have not
// answered, and were not written to at or after the instant: so that a form sent twice
// writes once. It returns how many it wrote to.
func (s *Service) RemindInvited(ctx context.Context, e event.Event, ids []string, since time.Time) (reminded int, err error) {
	for batch := range slices.Chunk(ids, remindBatch) {
		n := 0
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			n = 0
			for _, id := range batch {
				did, err := s.remind(ctx, tx, e, id, since)
				if err != nil {
					return err
				}
				if did {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return reminded, err
		}
		reminded += n
	}
	return reminded, nil
}

func (s *Service) remind(ctx context.Context, tx *store.Tx, e event.Event, id string, since time.Time) (bool, error) {
	d, err := delegates.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (d.Event != e.ID || !d.CanBeReminded(since)) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	asked := *d.Invited
	asked.Asked, asked.Times = s.now(), asked.Times+1
	d.Invited = &asked
	if err := s.letter(ctx, tx, &d, OccasionReminded); err != nil {
		return false, err
	}
	return true, s.save(ctx, tx, d, "delegate.reminded", nil)
}

// CanBeReminded reports whether the person was invited, has not answered, and was not
// written to at or after the instant.
func (d Delegate) CanBeReminded(since time.Time) bool {
	return d.Invited != nil && d.State.Unanswered() && d.Invited.Asked.Before(since)
}
