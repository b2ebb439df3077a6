package delegate

import (
	"context"
	"errors"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/badge"
	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/link"
	"convene/internal/outbox"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Service keeps registrations.
type Service struct {
	db     *store.DB
	clock  func() time.Time
	secret string
	events *event.Service
	cities *city.Service
	badges *badge.Service
}

// New makes the service. The secret makes the personal links; all instances
// share it.
func New(db *store.DB, clock func() time.Time, secret string, events *event.Service, cities *city.Service, badges *badge.Service) *Service {
	return &Service{db: db, clock: clock, secret: secret, events: events, cities: cities, badges: badges}
}

// Occasions of letters to delegates.
const (
	OccasionVerify    = "delegate.verify"    // prove the address
	OccasionKnown     = "delegate.known"     // registered already; the link again
	OccasionAwaiting  = "delegate.awaiting"  // the organisers will decide
	OccasionBadge     = "delegate.badge"     // confirmed, with the badge
	OccasionDeclined  = "delegate.declined"  //
	OccasionCancelled = "delegate.cancelled" //
	OccasionLink      = "delegate.link"      // the lost link
)

// Register takes up a registration and writes to its address. Whether somebody
// is registered is told to nobody but the owner of the address: a second try has
// the same answer and brings its letter there. Faults come back as a problem of
// kind Invalid; a registration that is not open as one of kind Gone.
func (s *Service) Register(ctx context.Context, e event.Event, typed Form) error {
	if e.RegistrationState(s.clock()) != event.RegistrationOpen {
		return problem.New(problem.Gone, "problem.registration_closed")
	}
	var faults problem.Form
	form, email, err := s.clean(ctx, typed, &faults)
	if err != nil {
		return err
	}
	if err := faults.Err(); err != nil {
		return err
	}
	fresh := s.draft(e, form, email)
	return s.db.Update(ctx, func(tx *store.Tx) error {
		known, err := delegates.First(ctx, tx, store.By("email", e.ID, email.Key))
		if errors.Is(err, store.ErrNotFound) {
			return s.start(ctx, tx, e, fresh)
		}
		if err != nil {
			return err
		}
		return s.again(ctx, tx, e, known, form)
	})
}

// draft is a registration that nobody has proved yet.
func (s *Service) draft(e event.Event, form Form, email person.Email) Delegate {
	now := s.clock().Truncate(time.Millisecond)
	d := Delegate{
		ID: store.NewID(), Event: e.ID, Category: form.Category,
		Email: email.Text, EmailKey: email.Key,
		Consent: Consent{Version: ConsentVersion, At: now}, Day: e.DayOf(now),
	}
	form.apply(&d)
	s.newLinks(&d)
	return d
}

func (s *Service) start(ctx context.Context, tx *store.Tx, e event.Event, d Delegate) error {
	ctx = audit.As(ctx, audit.Delegate(d.ID))
	s.step(ctx, &d, Unverified, "")
	if err := s.letter(ctx, tx, e, &d, OccasionVerify); err != nil {
		return err
	}
	d.index()
	err := delegates.Create(tx, d)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), Action: "delegate.register", Event: d.Event, Subject: Subject(d.ID), To: string(Unverified),
	})
}

// again answers a second registration with the same address. One that was never
// proved, or is cancelled, takes the new entries and a new link; any other stays
// as it is, and its owner is sent the link to it.
func (s *Service) again(ctx context.Context, tx *store.Tx, e event.Event, d Delegate, form Form) error {
	ctx = audit.As(ctx, audit.Delegate(d.ID))
	switch d.State {
	case Unverified, Cancelled:
		changed := form.apply(&d)
		d.Category = form.Category
		s.newVerifyLink(&d)
		if d.State == Cancelled {
			s.step(ctx, &d, Unverified, "")
		}
		if err := s.letter(ctx, tx, e, &d, OccasionVerify); err != nil {
			return err
		}
		return s.save(ctx, tx, d, "delegate.register_again", changed)
	default:
		return s.letter(ctx, tx, e, &d, OccasionKnown)
	}
}

// Verify proves the address with the token of a verify link, which is valid
// once. The registration is then confirmed, or awaits approval, as the event
// says.
func (s *Service) Verify(ctx context.Context, token string) (Delegate, error) {
	found, err := s.ByVerifyLink(ctx, token)
	if err != nil {
		return found, err
	}
	ctx = audit.As(ctx, audit.Delegate(found.ID))
	return s.change(ctx, found.ID, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if d.VerifyHash != link.Hash(token) {
			return problem.New(problem.Gone, "problem.link_unknown")
		}
		if err := s.checkVerify(*d); err != nil {
			return err
		}
		if e.Registration.Approval {
			return s.move(ctx, tx, e, d, Awaiting, "")
		}
		return s.move(ctx, tx, e, d, Confirmed, "")
	})
}

// Update changes what a delegate may change: everything but the address and the
// category. Faults come back as a problem of kind Invalid.
func (s *Service) Update(ctx context.Context, id string, typed Form) (Delegate, error) {
	var faults problem.Form
	form, err := s.cleanDetails(ctx, typed, &faults)
	if err != nil {
		return Delegate{}, err
	}
	if err := faults.Err(); err != nil {
		return Delegate{}, err
	}
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if d.State == Cancelled || d.State == Declined {
			return problem.New(problem.Conflict, "problem.delegate_over")
		}
		changed := form.apply(d)
		if len(changed) == 0 {
			return nil
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.clock(), Action: "delegate.change", Event: d.Event, Subject: Subject(d.ID), Fields: changed,
		})
	})
}

// Cancel ends a registration; its badge admits no longer.
func (s *Service) Cancel(ctx context.Context, id, reason string) (Delegate, error) {
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		return s.move(ctx, tx, e, d, Cancelled, tidy(reason))
	})
}

// SendLink writes the link to their own page to whoever is registered under the
// address. Nobody learns whether somebody is.
func (s *Service) SendLink(ctx context.Context, e event.Event, typed string) error {
	email, ok := person.ParseEmail(typed)
	if !ok {
		var faults problem.Form
		faults.Add("email", key(typed, "problem.field.email"))
		return faults.Err()
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		d, err := delegates.First(ctx, tx, store.By("email", e.ID, email.Key))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if d.State != Unverified {
			return s.letter(ctx, tx, e, &d, OccasionLink)
		}
		s.newVerifyLink(&d)
		if err := s.letter(ctx, tx, e, &d, OccasionVerify); err != nil {
			return err
		}
		return s.save(audit.As(ctx, audit.Delegate(d.ID)), tx, d, "delegate.verify_again", nil)
	})
}

// change reads a registration, lets fn change it and saves it, in one
// transaction.
func (s *Service) change(ctx context.Context, id string, fn func(*store.Tx, event.Event, *Delegate) error) (Delegate, error) {
	var d Delegate
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		var err error
		if d, err = s.get(ctx, tx, id); err != nil {
			return err
		}
		e, err := s.events.Get(ctx, tx, d.Event)
		if err != nil {
			return err
		}
		if err := fn(tx, e, &d); err != nil {
			return err
		}
		d.index()
		return delegates.Put(tx, d)
	})
	return d, err
}

func (s *Service) save(ctx context.Context, tx *store.Tx, d Delegate, action string, changed []string) error {
	d.index()
	if err := delegates.Put(tx, d); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), Action: action, Event: d.Event, Subject: Subject(d.ID), Fields: slices.Clone(changed),
	})
}

// letter queues a letter to the delegate. Each time it is written for a reason of
// its own (a step, a new link, a request), which its id tells.
func (s *Service) letter(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, occasion string) error {
	if occasion == "" {
		return nil
	}
	reason := s.clock().UTC().Format("20060102T150405.000")
	_, err := outbox.Queue(ctx, tx, s.clock(), outbox.Letter{
		ID:       outbox.ID(occasion, d.ID, reason),
		Occasion: occasion, Event: d.Event, Person: d.ID, Language: d.Language,
		To:     outbox.Address{Name: d.Name, Email: d.Email},
		Urgent: true, // the person has just done something and waits
	})
	return err
}
