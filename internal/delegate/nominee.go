package delegate

import (
	"context"
	"errors"
	"time"

	"convene/internal/event"
	"convene/internal/link"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Correct puts right what was told of a nominee who has not answered: name, address,
// category, position and language. At another address they get their letter again, with
// another link; the one that went to the old address opens nothing any more, since who
// reads it may be anybody. Faults are those of Nominate. Who has answered, and puts it
// right themselves, is a problem of kind Conflict.
func (s *Service) Correct(ctx context.Context, e event.Event, city, id string, n Nomination) (Delegate, error) {
	n.Role = RoleMember // their role stays; SetRole changes it
	form, err := s.cleanNomination(ctx, e, city, n)
	if err != nil {
		return Delegate{}, err
	}
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		switch {
		case d.City != city || d.Event != e.ID || !d.InDelegation():
			return problem.New(problem.NotFound, "problem.delegate_not_found")
		case e.Phase(s.clock()) == event.Past:
			return problem.New(problem.Gone, "problem.nominating_over")
		case !d.Correctable():
			return problem.New(problem.Conflict, "problem.nominee_answered")
		}
		return s.correctNominee(ctx, tx, e, d, form)
	})
}

// Correctable reports whether it is for the focal point to put right what is known of
// the person.
func (d Delegate) Correctable() bool { return d.Nominated && d.State.Unanswered() }

func (s *Service) correctNominee(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, told Form) error {
	f := FormOf(*d)
	f.Name, f.JobTitle, f.Language = told.Name, told.JobTitle, told.Language
	changed := f.apply(d)
	if told.Category != d.Category {
		err := s.changeCategory(ctx, tx, e, d, told.Category)
		var full *problem.Error
		if errors.As(err, &full) && full.Kind == problem.Conflict {
			return refused("category", full.Key, full.Args...)
		}
		if err != nil {
			return err
		}
		changed = append(changed, "category")
	}
	if told.Email != d.Email {
		if err := s.reach(ctx, tx, d, told.Email); err != nil {
			return err
		}
		changed = append(changed, "email")
	}
	if len(changed) == 0 {
		return nil
	}
	return s.record(ctx, tx, *d, "delegate.change", changed)
}

// reach has a nominee be written to at another address, as if at first.
func (s *Service) reach(ctx context.Context, tx *store.Tx, d *Delegate, address string) error {
	email, _ := person.ParseEmail(address)
	if d.isUnder(email.Key) { // the same in another spelling
		d.Email = email.Text
		return nil
	}
	if _, err := s.byAddress(ctx, tx, d.Event, email.Key); !isMissing(err) {
		if err == nil {
			err = refused("email", "problem.field.nominee_known")
		}
		return err
	}
	d.Email, d.EmailKey, d.Reminded = email.Text, email.Key, time.Time{}
	d.LinkSerial++
	d.LinkHash = link.Hash(s.ManageToken(*d))
	if err := dropDraft(ctx, tx, ownDraft(d.ID)); err != nil { // another person may have begun it
		return err
	}
	return s.letter(ctx, tx, d, OccasionNominated)
}
