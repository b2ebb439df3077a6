package delegate

import (
	"context"
	"errors"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Invite makes a registration for somebody who has not asked for one, and writes to
// them: they finish it on their own page, or withdraw. Of the form, the name, the
// address, the category and the language are needed; the rest may be missing, and is
// asked for then. The occasion names the letter, OccasionInvited unless it is another
// one that has the same placeholders. Whoever registered before, and has ended that or
// never proved the address, is invited anew; anybody else who is registered already is a problem of kind
// Conflict, and comes with the registration that there is. Faults are a problem of
// kind Invalid.
func (s *Service) Invite(ctx context.Context, tx *store.Tx, e event.Event, typed Form, occasion string, also ...func(*Delegate)) (Delegate, error) {
	form, email, err := s.cleanInvitation(ctx, e, typed)
	if err != nil {
		return Delegate{}, err
	}
	d, err := delegates.First(ctx, tx, store.By("email", e.ID, keyOf(form, email)))
	fresh := errors.Is(err, store.ErrNotFound)
	switch {
	case fresh:
		d = s.draft(e, form, email)
	case err != nil:
		return d, err
	case d.State != Cancelled && d.State != Withdrawn && d.State != Unverified:
		return d, problem.New(problem.Conflict, "problem.delegate_registered")
	}
	from := d.State
	form.apply(&d)
	d.Category, d.Invitation = form.Category, ""
	d.Role, d.Nominated, d.Voter = "", false, false // what they were in a delegation ended with the registration
	d.invite(ctx, e, s.now())
	for _, fn := range also {
		fn(&d)
	}
	s.step(ctx, &d, Invited, "")
	d.index()
	if fresh {
		err = delegates.Create(tx, d)
	} else {
		err = delegates.Put(tx, d)
	}
	if err != nil {
		return d, err
	}
	if err := s.letter(ctx, tx, &d, occasion); err != nil {
		return d, err
	}
	return d, audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), Action: "delegate.invited", Event: e.ID, Subject: Subject(d.ID), From: string(from), To: string(Invited),
	})
}

// cleanInvitation checks what is known of somebody who is to be invited.
func (s *Service) cleanInvitation(ctx context.Context, e event.Event, f Form) (Form, person.Email, error) {
	var faults, later problem.Form
	email, ok := person.ParseEmail(f.Email)
	if !ok {
		faults.Add("email", key(f.Email, "problem.field.email"))
	}
	if _, ok := e.Category(f.Category); !ok {
		faults.Add("category", key(f.Category, "problem.field.choice"))
	}
	f.cleanContact(&faults)
	f, err := s.cleanDetails(ctx, f, &later)
	if err != nil {
		return f, email, err
	}
	for _, fault := range later.Fields() {
		if fault.Key != "problem.field.required" || fault.Name == "name" || fault.Name == "language" {
			faults.Add(fault.Name, fault.Key, fault.Args...)
		}
	}
	return f, email, faults.Err()
}

// Finish takes the form of somebody who was invited: the registration is confirmed
// then, or awaits approval, as the event and the invitation say. That they have the
// link proves the address. Faults are a problem of kind Invalid; a registration that
// has been finished already, and an event that is over, one of kind Gone.
func (s *Service) Finish(ctx context.Context, id string, typed Form) (Delegate, error) {
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if !d.State.Unanswered() || e.Phase(s.clock()) == event.Past {
			return problem.New(problem.Gone, "problem.link_used")
		}
		if err := s.stillKept(ctx, tx, *d); err != nil {
			return err
		}
		form, err := s.cleanFinish(ctx, e, *d, typed)
		if err != nil {
			return err
		}
		if err := keepCity(*d, form); err != nil {
			return err
		}
		form.apply(d)
		if err := s.answer(ctx, tx, e, d, form.Answers); err != nil {
			return err
		}
		if err := dropDraft(ctx, tx, ownDraft(d.ID)); err != nil {
			return err
		}
		text, err := s.consents.Agreed(ctx, tx, e, form.Agreed, form.Language)
		if err != nil {
			return err
		}
		d.Consent = Consent{Version: text.ID, Language: text.Language, At: s.now()}
		d.Listing.set(form.agrees(e), s.now())
		if e.NeedsApproval(d.Category) && !d.Approved {
			return s.move(ctx, tx, e, d, Awaiting, "")
		}
		return s.move(ctx, tx, e, d, Confirmed, "")
	})
}

// Unanswered reports whether somebody who was invited has yet to answer.
func (s State) Unanswered() bool { return s == Invited || s == Started }

func (s *Service) cleanFinish(ctx context.Context, e event.Event, d Delegate, typed Form) (Form, error) {
	var faults problem.Form
	typed.Category, typed.Email = d.Category, d.Email
	form, _, err := s.clean(ctx, e, typed, &faults)
	if err != nil {
		return form, err
	}
	if form.Answers, err = s.cleanAnswers(ctx, e, form, d.Answers, &faults); err != nil {
		return form, err
	}
	return form, faults.Err()
}

// keepCity refuses another city to whoever is in the delegation of one.
func keepCity(d Delegate, f Form) error {
	if d.InDelegation() && d.City != f.City {
		return refused("city", "problem.field.city_of_delegation")
	}
	return nil
}
