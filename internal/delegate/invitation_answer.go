package delegate

import (
	"context"
	"errors"
	"strings"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/link"
	"convene/internal/problem"
	"convene/internal/store"
)

// ForOne reports whether the invitation is meant for one person, who can decline it.
func (i Invitation) ForOne() bool { return i.Name != "" || i.EmailKey != "" }

// MayDecline reports whether the person for whom the invitation is meant can decline it
// at the instant: nobody has come by it, and it holds.
func (i Invitation) MayDecline(now time.Time) bool {
	return i.ForOne() && i.Used == 0 && i.Standing(now) == InvitationOpen
}

// unanswered sets the invitation back to nobody having said anything to it.
func (i *Invitation) unanswered() {
	i.Answered, i.Reason = time.Time{}, ""
	if i.Answer = ""; i.ForOne() {
		i.Answer = NoAnswer
	}
}

// say notes what was answered to an invitation for one person.
func (i *Invitation) say(a Answer, now time.Time, reason string) {
	if i.ForOne() {
		i.Answer, i.Answered, i.Reason = a, now, reason
	}
}

// count adds to how many come by the invitation.
func (i *Invitation) count(n int, now time.Time) {
	i.Used = max(0, i.Used+n)
	if n > 0 && i.Answer != Accepted {
		i.say(Accepted, now, "")
	}
}

// DeclineInvitation has the person for whom it is meant decline the invitation of the
// link, which nobody can use from then on. A letter's invitation to the same address
// that has no answer is declined with it, so that no reminder goes there, and what was
// kept for it is free again. Declining twice changes nothing. An invitation that many
// share, and one by which somebody has come, is a problem of kind Conflict; one that is
// over is one of kind Gone, a reason beyond MaxReason one of kind Invalid.
func (s *Service) DeclineInvitation(ctx context.Context, token, reason string) (Invitation, error) {
	reason, err := cleanReason(reason)
	if err != nil {
		return Invitation{}, err
	}
	return s.answerInvitation(ctx, token, "invitation.decline", func(tx *store.Tx, e event.Event, i *Invitation) error {
		switch {
		case i.Answer == Refused: // a button pressed twice
			return errUnchanged
		case !i.ForOne():
			return problem.New(problem.Conflict, "problem.invitation_shared")
		case i.Used > 0:
			return problem.New(problem.Conflict, "problem.invitation_accepted")
		}
		if err := i.check(s.clock()); err != nil {
			return err
		}
		i.say(Refused, s.now(), reason)
		return s.declineLetter(ctx, tx, e, *i)
	})
}

// ReconsiderInvitation gives the person who has declined the invitation of the link it
// back. One that is over, as the event may be, is a problem of kind Gone.
func (s *Service) ReconsiderInvitation(ctx context.Context, token string) (Invitation, error) {
	return s.answerInvitation(ctx, token, "invitation.reconsider", func(_ *store.Tx, e event.Event, i *Invitation) error {
		if i.Answer != Refused { // a button pressed twice
			return errUnchanged
		}
		if e.Phase(s.clock()) == event.Past {
			return problem.New(problem.Gone, "problem.registration_closed")
		}
		i.unanswered()
		return i.check(s.clock())
	})
}

// answerInvitation lets fn change the invitation of the link, unless it returns
// errUnchanged.
func (s *Service) answerInvitation(ctx context.Context, token, action string, fn func(*store.Tx, event.Event, *Invitation) error) (i Invitation, err error) {
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		i, err = invitations.First(ctx, tx, store.By("link", link.Hash(token)))
		if errors.Is(err, store.ErrNotFound) {
			return problem.Wrap(err, problem.NotFound, "problem.invitation_unknown")
		}
		if err != nil {
			return err
		}
		e, err := s.events.Get(ctx, tx, i.Event)
		if err != nil {
			return err
		}
		if err := fn(tx, e, &i); err != nil {
			return err
		}
		if err := invitations.Put(tx, i); err != nil {
			return err
		}
		return s.recordInvitation(ctx, tx, i, action)
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return i, err
}

// declineLetter declines what somebody who declined a link was invited to by letter.
func (s *Service) declineLetter(ctx context.Context, tx *store.Tx, e event.Event, i Invitation) error {
	if i.EmailKey == "" {
		return nil
	}
	d, err := delegates.First(ctx, tx, store.By("email", e.ID, i.EmailKey))
	if errors.Is(err, store.ErrNotFound) || err == nil && !d.State.Unanswered() {
		return nil
	}
	if err != nil {
		return err
	}
	return s.end(audit.As(ctx, audit.Delegate(d.ID)), tx, e, &d, i.Reason)
}

// EachForOne walks through the event's invitations by link and code that are for one
// person and meet the filter's words, answer, category and city, by their answers.
func (s *Service) EachForOne(ctx context.Context, e event.Event, f Filter, fn func(Invitation) error) error {
	q := store.By("answer", e.ID, string(f.Invited))
	if f.Invited == AnyAnswer {
		q = store.By("answer", e.ID).Between(" ", nil) // those that many share have none
	}
	for i, err := range invitations.All(ctx, s.db, q) {
		if err != nil {
			return err
		}
		if !i.meets(f) {
			continue
		}
		if err := fn(i); err != nil {
			return err
		}
	}
	return nil
}

func (i Invitation) meets(f Filter) bool {
	return (f.Category == "" || f.Category == i.Category) && (f.City == "" || f.City == i.City) &&
		strings.Contains(i18n.Fold(i.Name+" "+i.Email), i18n.Fold(strings.TrimSpace(f.Text)))
}

// CountForOne counts the event's invitations by link and code that are for one person
// and have the answer.
func (s *Service) CountForOne(ctx context.Context, e event.Event, a Answer) (int, error) {
	return invitations.Count(ctx, s.db, store.By("answer", e.ID, string(a)))
}
