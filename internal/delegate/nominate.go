package delegate

import (
	"context"
	"errors"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Nomination is whom a focal point names for the delegation of their city, as typed.
// Faults have the fields' names.
type Nomination struct {
	Name     string // name
	Email    string // email
	Category string // category
	Language string // language
	JobTitle string // job_title
	Role     Role   // role

	// TakeIn has somebody who registered for the city already taken into the
	// delegation as they are.
	TakeIn bool
}

// Letters of delegations.
const (
	OccasionNominated = "delegate.nominated"           // with the link to finish one's part
	OccasionNudged    = "delegate.nomination_reminder" // the same, once more
	OccasionJoined    = "delegate.joined"              // was registered, and is in the delegation now
)

// remindAgain is how long a nominee is left in peace after a reminder.
const remindAgain = 24 * time.Hour

// Nominate invites somebody into the delegation of the city and takes a place of its
// quota in the same commit. Faults are a problem of kind Invalid; no place left, one
// of kind Conflict; that nominating is over, one of kind Gone. Somebody who registered
// for the city already is a Conflict too, and comes with the registration: with TakeIn
// they join as they are. Whoever is nominated in just that way is not written to again:
// a button was pressed twice.
func (s *Service) Nominate(ctx context.Context, e event.Event, city string, n Nomination) (d Delegate, err error) {
	if !e.Nominating(s.clock()) {
		return d, problem.New(problem.Gone, "problem.nominating_over")
	}
	form, err := s.cleanNomination(ctx, e, city, n)
	if err != nil {
		return d, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		var done bool
		if d, done, err = s.nominatedSo(ctx, tx, e, form, n.Role); done || err != nil {
			return err
		}
		r, err := s.roster(ctx, tx, e.ID, city)
		switch {
		case err != nil:
			return err
		case r.Left(e) == 0:
			return problem.New(problem.Conflict, "problem.delegation_full", "Quota", r.Quota(e))
		case n.Role == RoleHead && r.Head != "":
			return refused("role", "problem.field.has_head")
		}
		d, err = s.enter(ctx, tx, e, r, form, n)
		return err
	})
	if store.IsDuplicate(err, "email") { // somebody else was faster
		err = problem.New(problem.Conflict, "problem.delegate_registered")
	}
	return d, err
}

// nominatedSo finds who is nominated in just that way already, and has not answered.
func (s *Service) nominatedSo(ctx context.Context, tx *store.Tx, e event.Event, f Form, role Role) (d Delegate, done bool, err error) {
	email, _ := person.ParseEmail(f.Email)
	d, err = delegates.First(ctx, tx, store.By("email", e.ID, email.Key))
	if errors.Is(err, store.ErrNotFound) {
		return Delegate{}, false, nil
	}
	done = d.Correctable() && d.City == f.City && d.Role == role && d.Name == f.Name && d.Category == f.Category &&
		d.JobTitle == f.JobTitle && d.Language == f.Language
	return d, done && err == nil, err
}

func refused(field, key string, args ...any) error {
	var faults problem.Form
	faults.Add(field, key, args...)
	return faults.Err()
}

// cleanNomination checks what was typed; all faults come at once.
func (s *Service) cleanNomination(ctx context.Context, e event.Event, city string, n Nomination) (Form, error) {
	c, err := s.cities.Get(ctx, city)
	if err != nil {
		return Form{}, err
	}
	var faults problem.Form
	if !slices.Contains(Roles, n.Role) {
		faults.Add("role", key(string(n.Role), "problem.field.choice"))
	}
	form := Form{
		Name: n.Name, Email: n.Email, Category: n.Category, Language: n.Language, JobTitle: n.JobTitle,
		City: city, Organisation: c.Name.In(n.Language),
	}
	form, _, err = s.cleanInvitation(ctx, e, form)
	var told *problem.Error
	switch {
	case errors.As(err, &told) && told.Kind == problem.Invalid:
		for _, f := range told.Fields {
			faults.Add(f.Name, f.Key, f.Args...)
		}
	case err != nil:
		return form, err
	}
	if known, ok := e.Category(form.Category); ok && !slices.ContainsFunc(e.Nominable(), known.Same) {
		faults.Add("category", "problem.field.choice")
	}
	return form, faults.Err()
}

// enter invites the person, or takes them in, and writes the roster.
func (s *Service) enter(ctx context.Context, tx *store.Tx, e event.Event, r *roster, form Form, n Nomination) (Delegate, error) {
	d, err := s.Invite(ctx, tx, e, form, OccasionNominated, func(d *Delegate) { d.Role, d.Nominated = n.Role, true })
	if problem.KindOf(err) == problem.Conflict && err != nil {
		if err := s.mayTakeIn(d, r.City, n.TakeIn); err != nil {
			return d, err
		}
		err := s.takeIn(ctx, tx, r, &d, n.Role)
		return d, err
	}
	if err != nil {
		return d, err
	}
	if err := r.join(ctx, &d, n.Role); err != nil {
		return d, err
	}
	err = r.save(ctx)
	return d, err
}

// mayTakeIn says why somebody who is registered cannot be nominated as if they were
// not, unless they can be taken in and shall be.
func (s *Service) mayTakeIn(d Delegate, city string, wanted bool) error {
	switch {
	case d.State == Declined:
		return refused("email", "problem.field.nominee_declined")
	case d.City != city:
		return refused("email", "problem.field.nominee_elsewhere")
	case d.InDelegation():
		return refused("email", "problem.field.nominee_in")
	case !wanted:
		return problem.New(problem.Conflict, "problem.nominee_registered", "Name", d.Name)
	}
	return nil
}

// takeIn takes somebody who registered for the city into its delegation, which is the
// focal point's yes to them too.
func (s *Service) takeIn(ctx context.Context, tx *store.Tx, r *roster, d *Delegate, role Role) error {
	if d.Awaits == ByFocal {
		s.step(ctx, d, Awaiting, "")
		d.Awaits = ""
	}
	if err := r.join(ctx, d, role); err != nil {
		return err
	}
	if err := r.save(ctx); err != nil {
		return err
	}
	if err := s.letter(ctx, tx, d, OccasionJoined); err != nil {
		return err
	}
	return s.note(ctx, tx, *d, "delegate.joined", "")
}

func (s *Service) note(ctx context.Context, tx *store.Tx, d Delegate, action, reason string) error {
	return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: action, Event: d.Event, Subject: Subject(d.ID), Reason: reason})
}

// inDelegation reads somebody of the city's delegation, and the roster. Who is not in
// it is a problem of kind NotFound, an event that is over one of kind Gone.
func (s *Service) inDelegation(ctx context.Context, tx *store.Tx, e event.Event, city, id string) (*roster, *Delegate, error) {
	if e.Phase(s.clock()) == event.Past {
		return nil, nil, problem.New(problem.Gone, "problem.nominating_over")
	}
	r, err := s.roster(ctx, tx, e.ID, city)
	if err != nil {
		return nil, nil, err
	}
	d, err := r.person(ctx, id)
	if err == nil && (d.Event != e.ID || d.City != city || !d.InDelegation()) {
		err = problem.New(problem.NotFound, "problem.delegate_not_found")
	}
	return r, d, err
}

// SetRole gives somebody of the delegation a role. Where they become its head, who
// was it until then becomes a member.
func (s *Service) SetRole(ctx context.Context, e event.Event, city, id string, role Role) error {
	if !slices.Contains(Roles, role) {
		return refused("role", "problem.field.choice")
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		r, d, err := s.inDelegation(ctx, tx, e, city, id)
		if err != nil || d.Role == role {
			return err
		}
		if err := r.give(ctx, d, role); err != nil {
			return err
		}
		if err := r.save(ctx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.clock(), Action: "delegate.role", Event: e.ID, Subject: Subject(id), Fields: []string{"role_" + string(role)},
		})
	})
}

// HandVote has somebody of the delegation vote for the city instead of whoever did.
// Handed to its head, it is as if it had never been handed to anybody.
func (s *Service) HandVote(ctx context.Context, e event.Event, city, id string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		r, d, err := s.inDelegation(ctx, tx, e, city, id)
		if err != nil || r.votes() == id {
			return err
		}
		if r.Voter = id; r.Head == id {
			r.Voter = ""
		}
		if err := r.save(ctx); err != nil {
			return err
		}
		return s.note(ctx, tx, *d, "delegate.vote", "")
	})
}

// Remove takes somebody out of the delegation. Whoever was nominated loses the
// registration, and the badge; whoever had registered before keeps it.
func (s *Service) Remove(ctx context.Context, e event.Event, city, id, reason string) error {
	reason, err := cleanReason(reason)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		_, d, err := s.inDelegation(ctx, tx, e, city, id)
		if err != nil {
			return err
		}
		if d.Nominated {
			return s.end(ctx, tx, e, d, reason)
		}
		if err := s.forsake(ctx, tx, d); err != nil {
			return err
		}
		return s.note(ctx, tx, *d, "delegate.left", reason)
	})
}

// end withdraws the registration.
func (s *Service) end(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, reason string) error {
	if err := s.move(ctx, tx, e, d, Withdrawn, reason); err != nil {
		return err
	}
	d.index()
	return delegates.Put(tx, *d)
}

// Replace puts another person in the place of somebody of the delegation: in one
// commit the registration of the one ends, with their badge, and the other is
// nominated in the same role, whether or not registration has closed meanwhile. The
// one's place at the event is kept for the other as long as an offer is; that on its
// waiting list is theirs. Problems are those of Nominate, but that there is always a
// place in the delegation; another category that has no place to take it to is one of
// kind Invalid.
func (s *Service) Replace(ctx context.Context, e event.Event, city, id string, n Nomination, reason string) (d Delegate, err error) {
	reason, err = cleanReason(reason)
	if err != nil {
		return d, err
	}
	if n.Role == "" {
		n.Role = RoleMember // the one who leaves says which it is
	}
	form, err := s.cleanNomination(ctx, e, city, n)
	if err != nil {
		return d, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		_, old, err := s.inDelegation(ctx, tx, e, city, id)
		if err != nil {
			return err
		}
		if email, _ := person.ParseEmail(form.Email); email.Key == old.EmailKey {
			return refused("email", "problem.field.nominee_in")
		}
		n.Role = old.Role
		before := *old
		if err := s.end(ctx, tx, e, old, reason); err != nil {
			return err
		}
		r, err := s.roster(ctx, tx, e.ID, city)
		if err != nil {
			return err
		}
		if d, err = s.enter(ctx, tx, e, r, form, n); err != nil {
			return err
		}
		if err := s.passOn(ctx, tx, e, before, &d); err != nil {
			return err
		}
		return s.note(ctx, tx, d, "delegate.replaces", "")
	})
	if store.IsDuplicate(err, "email") {
		err = problem.New(problem.Conflict, "problem.delegate_registered")
	}
	return d, err
}

// passOn gives what somebody who is replaced had of the event, and which has just
// fallen free, to who comes instead: nobody on the waiting list overtakes them.
func (s *Service) passOn(ctx context.Context, tx *store.Tx, e event.Event, old Delegate, d *Delegate) error {
	switch {
	case old.State == Waiting && d.State.mayKeep():
		d.Number = old.Number
	case !old.HoldsPlace() || d.HoldsPlace():
		return nil
	case d.State == Waiting:
		err := s.move(ctx, tx, e, d, Confirmed, "")
		if problem.KindOf(err) == problem.Conflict && err != nil { // their category is full: they go on waiting
			return nil
		}
		if err != nil {
			return err
		}
	default:
		if d.KeptUntil = offerEnds(e, s.clock()); !old.KeptUntil.IsZero() { // replacing again and again wins no time
			d.KeptUntil = old.KeptUntil
		}
		if err := s.keepPlace(ctx, tx, e, d); err != nil {
			return err
		}
	}
	d.index()
	return delegates.Put(tx, *d)
}

// keepPlace keeps a place for somebody until they have answered, or KeptUntil.
func (s *Service) keepPlace(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate) error {
	l, err := s.ledger(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	before := l.Categories[d.Category].Taken
	d.Kept = true
	l.hold(*d, 1)
	var told *problem.Error
	if err := l.within(e.Registration, d.Category, before); errors.As(err, &told) {
		var faults problem.Form
		faults.Add("category", told.Key, told.Args...)
		return faults.Err()
	}
	return ledgers.Put(tx, l)
}

// Remind writes to a nominee once more who has not answered. Who has, and who was
// reminded within a day, is a problem of kind Conflict.
func (s *Service) Remind(ctx context.Context, e event.Event, city, id string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		_, d, err := s.inDelegation(ctx, tx, e, city, id)
		switch {
		case err != nil:
			return err
		case !d.State.Unanswered():
			return problem.New(problem.Conflict, "problem.nominee_answered")
		case s.clock().Before(d.Reminded.Add(remindAgain)):
			return problem.New(problem.Conflict, "problem.nominee_reminded")
		}
		d.Reminded = s.now()
		if err := delegates.Put(tx, *d); err != nil {
			return err
		}
		if err := s.letter(ctx, tx, d, OccasionNudged); err != nil {
			return err
		}
		return s.note(ctx, tx, *d, "delegate.reminded", "")
	})
}
