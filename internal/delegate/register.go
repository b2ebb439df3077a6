package delegate

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"convene/internal/audit"
	"convene/internal/badge"
	"convene/internal/city"
	"convene/internal/consent"
	"convene/internal/event"
	"convene/internal/form"
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
	forms  *form.Service

	consents *consent.Service
	mergers  []Merger

	languages []string // of letters and pages, which one may choose from
	followers []Follower
}

// New makes the service. The secret makes the personal links; all instances
// share it. Languages are those that letters are written in.
func New(db *store.DB, clock func() time.Time, secret string, languages []string,
	events *event.Service, cities *city.Service, badges *badge.Service, forms *form.Service, consents *consent.Service) *Service {
	return &Service{
		db: db, clock: clock, secret: secret, languages: languages,
		events: events, cities: cities, badges: badges, forms: forms, consents: consents,
	}
}

// now is the instant as records keep it.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// Occasions of letters to delegates.
const (
	OccasionVerify    = "delegate.verify"    // prove the address
	OccasionKnown     = "delegate.known"     // registered already; the link again
	OccasionAwaiting  = "delegate.awaiting"  // the organisers will decide
	OccasionBadge     = "delegate.badge"     // confirmed, with the badge
	OccasionWaiting   = "delegate.waiting"   // on the waiting list
	OccasionOffered   = "delegate.offered"   // a place is kept for them
	OccasionLapsed    = "delegate.lapsed"    // they did not take it
	OccasionDeclined  = "delegate.declined"  //
	OccasionCancelled = "delegate.cancelled" //
	OccasionLink      = "delegate.link"      // the lost link
	OccasionInvited   = "delegate.invited"   // asked to take part
	OccasionErased    = "delegate.erased"    // nothing is kept any more
	OccasionReminded  = "delegate.reminded"  // asked once more
	OccasionEnrolled  = "delegate.enrolled"  // registered by a contact, and asked to finish
	OccasionLinks     = "delegate.links"     // the lost links of all who are registered under the address
	OccasionGroup     = "delegate.group"     // prove the address that registers a group

	OccasionTransfer      = "delegate.transfer"       // a colleague gives them a place
	OccasionTransferKnown = "delegate.transfer_known" // a colleague would, but they are registered already
	OccasionTransferOver  = "delegate.transfer_over"  // it is no longer kept for them
	OccasionTransferBack  = "delegate.transfer_back"  // their colleague did not take it
	OccasionTransferred   = "delegate.transferred"    // their colleague has taken it

	OccasionAddress    = "delegate.address"     // the organisers changed the address: the new link
	OccasionAddressOld = "delegate.address_old" // the same, to the address before

	OccasionAnswersApproved = "delegate.answers_approved" // what they changed holds
	OccasionAnswersDeclined = "delegate.answers_declined" // it does not
)

// Register takes up a registration and writes to its address. Whether somebody
// is registered is told to nobody but the owner of the address: a second try has
// the same answer and brings its letter there. Faults come back as a problem of
// kind Invalid; a registration that is not open as one of kind Gone.
func (s *Service) Register(ctx context.Context, e event.Event, typed Form) error {
	typed.Invitation, typed.InvitationSerial = "", 0
	return s.register(ctx, e, Invitation{}, typed)
}

// RegisterBy is Register for somebody with an invitation, which InvitationByLink
// returned. It counts only once they have proved their address.
func (s *Service) RegisterBy(ctx context.Context, e event.Event, i Invitation, typed Form) error {
	if err := i.check(s.clock()); err != nil {
		return err
	}
	return s.register(ctx, e, i, i.prefer(typed))
}

func (s *Service) register(ctx context.Context, e event.Event, i Invitation, typed Form) error {
	if e.RegistrationState(s.clock()) != event.RegistrationOpen {
		return problem.New(problem.Gone, "problem.registration_closed")
	}
	var faults problem.Form
	form, email, err := s.clean(ctx, e, typed, &faults)
	if err != nil {
		return err
	}
	if c, ok := e.Category(form.Category); ok && !slices.ContainsFunc(i.Offered(e, s.clock()), c.Same) {
		faults.Add("category", "problem.field.category_closed")
	}
	if i.EmailKey != "" && email.Key != i.EmailKey && !faults.Has("email") {
		faults.Add("email", "problem.invitation_address")
	}
	if form.Answers, err = s.cleanAnswers(ctx, e, form, nil, &faults); err != nil {
		return err
	}
	if err := faults.Err(); err != nil {
		return err
	}
	fresh := s.draft(e, form, email)
	take := func(tx *store.Tx) error {
		form, fresh := form, fresh
		text, err := s.consents.Agreed(ctx, tx, e, form.Agreed, form.Language)
		if err != nil {
			return err
		}
		form.Agreed = text.ID
		fresh.Consent = Consent{Version: text.ID, Language: text.Language} // agreed to once the address is proved
		known, err := s.byAddress(ctx, tx, e.ID, fresh.EmailKey)
		if errors.Is(err, store.ErrNotFound) {
			return s.start(ctx, tx, e, fresh, form)
		}
		if err != nil {
			return err
		}
		return s.again(ctx, tx, e, known, form)
	}
	for range pressedAtOnce { // after a duplicate the other one is there, and this one is again
		if err = s.db.Update(ctx, take); !errors.Is(err, store.ErrDuplicate) {
			break
		}
	}
	return err
}

// pressedAtOnce is how often somebody may have pressed the button at the same moment.
const pressedAtOnce = 10

// draft is a registration that nobody has proved yet.
func (s *Service) draft(e event.Event, form Form, email person.Email) Delegate {
	now := s.clock().Truncate(time.Millisecond)
	d := Delegate{
		ID: store.NewID(), Event: e.ID, Category: form.Category,
		Email: email.Text, EmailKey: keyOf(form, email), Day: e.DayOf(now), LinkSerial: 1,
	}
	if form.Behalf {
		d.Contact = form.Contact
	}
	form.apply(&d)
	d.LinkHash = link.Hash(s.ManageToken(d))
	return d
}

func (s *Service) start(ctx context.Context, tx *store.Tx, e event.Event, d Delegate, form Form) error {
	ctx = audit.As(ctx, audit.Delegate(d.ID))
	s.step(ctx, &d, Unverified, "")
	if err := s.ask(ctx, tx, &d, form); err != nil {
		return err
	}
	d.index()
	if err := delegates.Create(tx, d); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), Action: "delegate.register", Event: d.Event, Subject: Subject(d.ID), To: string(Unverified),
	})
}

// again answers a second registration with the same address. One that was never
// proved, is not answered or has ended by anybody but a decision of the organisers,
// is asked to confirm the new entries; any other stays as it is, and its owner is
// sent the link to it.
func (s *Service) again(ctx context.Context, tx *store.Tx, e event.Event, d Delegate, form Form) error {
	if !d.State.unproved() {
		return s.letter(ctx, tx, &d, OccasionKnown)
	}
	if err := s.ask(ctx, tx, &d, form); err != nil {
		return err
	}
	return s.save(audit.As(ctx, audit.Delegate(d.ID)), tx, d, "delegate.register_again", nil)
}

// Update changes what a delegate may change: everything but the address and the
// category. An answer that needs approval is proposed to the organisers, and holds
// once they approve it. Faults come back as a problem of kind Invalid; a registration
// or an event that is over is one of kind Conflict.
func (s *Service) Update(ctx context.Context, id string, typed Form) (Delegate, error) {
	return s.update(ctx, id, nil, typed)
}

// UpdateSince is Update for a form that began as the delegate saw it: what the
// organisers have changed since stays, and a ClashError says where both have changed
// the same.
func (s *Service) UpdateSince(ctx context.Context, id string, began, typed Form) (Delegate, error) {
	return s.update(ctx, id, &began, typed)
}

func (s *Service) update(ctx context.Context, id string, began *Form, typed Form) (Delegate, error) {
	var detailFaults problem.Form
	form, err := s.cleanDetails(ctx, typed, &detailFaults)
	if err != nil {
		return Delegate{}, err
	}
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if d.State.Over() {
			return problem.New(problem.Conflict, "problem.delegate_over")
		}
		if e.Phase(s.clock()) == event.Past {
			return problem.New(problem.Conflict, "problem.delegate_past")
		}
		form, err := s.rebase(ctx, *d, began, form)
		if err != nil {
			return err
		}
		if err := keepCity(*d, form); err != nil {
			return err
		}
		form.Category = d.Category
		answered, err := s.reanswer(ctx, tx, e, d, form, detailFaults)
		if err != nil {
			return err
		}
		changed := append(form.apply(d), answered...)
		if len(changed) == 0 {
			return nil
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.clock(), Action: "delegate.change", Event: d.Event, Subject: Subject(d.ID), Fields: changed,
		})
	})
}

// Cancel ends a registration for the organisers; its badge admits no longer. A
// reason beyond MaxReason is a problem of kind Invalid.
func (s *Service) Cancel(ctx context.Context, id, reason string) (Delegate, error) {
	return s.decide(ctx, id, Cancelled, reason)
}

// Withdraw ends a registration for the delegate, as Cancel does.
func (s *Service) Withdraw(ctx context.Context, id, reason string) (Delegate, error) {
	return s.decide(ctx, id, Withdrawn, reason)
}

// SendLink writes the link to their own page to whoever is registered under the
// address, and the link to a group to whoever has yet to confirm one. Nobody learns
// whether somebody is.
func (s *Service) SendLink(ctx context.Context, e event.Event, typed string) error {
	email, ok := person.ParseEmail(typed)
	if !ok {
		var faults problem.Form
		faults.Add("email", key(typed, "problem.field.email"))
		return faults.Err()
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		people, err := s.under(ctx, tx, e.ID, email)
		if err != nil {
			return err
		}
		if err := s.sendLinks(ctx, tx, e, email, people); err != nil {
			return err
		}
		return s.askAgain(ctx, tx, e, email)
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
		if err := s.count(ctx, &d); err != nil {
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
func (s *Service) letter(ctx context.Context, tx *store.Tx, d *Delegate, occasion string) error {
	return s.letterWith(ctx, tx, d, occasion, nil)
}

// letterWith is letter with data that its text needs.
func (s *Service) letterWith(ctx context.Context, tx *store.Tx, d *Delegate, occasion string, data map[string]string) error {
	if occasion == "" || d.Email == "" {
		return nil
	}
	reason := s.clock().UTC().Format("20060102T150405.000")
	l := outbox.Letter{
		ID:       outbox.ID(occasion, d.ID, reason),
		Occasion: occasion, Event: d.Event, Person: d.ID, Language: d.Language,
		To:     outbox.Address{Name: d.Name, Email: d.Email},
		Urgent: true, // the person has just done something and waits
		Data:   data,
	}
	if occasion == OccasionInvited || occasion == OccasionReminded || occasion == OccasionEnrolled { // nobody has asked for these
		l.Urgent = false
	}
	if occasion == OccasionVerify {
		// Nobody has proved the address yet, so nothing that was typed goes
		// there: the letter could carry a stranger's words.
		l.To.Name = ""
		l.Data = map[string]string{"serial": strconv.Itoa(d.VerifySerial)}
	}
	if occasion == OccasionOffered || occasion == OccasionTransfer {
		l.Deadline = d.OfferEnds
		l.Data = map[string]string{"offer_ends": d.OfferEnds.Format(time.RFC3339), "colleague": d.PlaceOf}
	}
	if occasion == OccasionTransferred {
		l.Data = map[string]string{"colleague": d.Passing.To}
	}
	_, err := outbox.Queue(ctx, tx, s.clock(), l)
	return err
}
