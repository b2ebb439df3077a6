package delegate

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// WalkIn is somebody who comes without having registered.
type WalkIn struct {
	Form             // the address may be missing, and what is not asked at the door
	Organiser bool   // who registers them: organisers may use any category and go beyond limits
	Beyond    bool   // a place or none
	Reason    string // why, then
	Gate      string // where they are let in at once
	At        time.Time
}

// WalkIn registers somebody at the door, in the transaction: confirmed, with a badge,
// and arrived. Who had begun to register under the address, and is not registered, is
// let go on. Faults are a problem of kind Invalid. Two problems of kind Conflict say
// that somebody is registered under the address already, who comes with it, and that
// every place is taken, or owed to who waits.
func (s *Service) WalkIn(ctx context.Context, tx *store.Tx, e event.Event, w WalkIn) (Delegate, error) {
	typed, email, err := s.cleanWalkIn(ctx, e, w)
	if err != nil {
		return Delegate{}, err
	}
	d := s.draft(e, typed, email)
	if email.Key == "" {
		d.EmailKey = "/" + d.ID // no address has a slash in front and no @
		return s.admitNew(ctx, tx, e, d, typed, w)
	}
	known, err := delegates.First(ctx, tx, store.By("email", e.ID, email.Key))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return s.admitNew(ctx, tx, e, d, typed, w)
	case err != nil:
		return d, err
	case !known.State.unproved() || endedByStaff(known):
		return known, problem.New(problem.Conflict, ProblemKnown)
	}
	return s.admitKnown(ctx, tx, e, known, typed, w)
}

// The keys of the problems that stand in the way of somebody at the door.
const (
	ProblemKnown = "problem.walk_in_known" // their address is registered
	ProblemFull  = "problem.walk_in_full"  // there is no place
)

func (s *Service) cleanWalkIn(ctx context.Context, e event.Event, w WalkIn) (Form, person.Email, error) {
	var faults problem.Form
	var email person.Email
	if strings.TrimSpace(w.Email) != "" {
		var ok bool
		if email, ok = person.ParseEmail(w.Email); !ok {
			faults.Add("email", "problem.field.email")
		}
	}
	typed, err := s.cleanDetails(ctx, w.Form, &faults)
	if err != nil {
		return typed, email, err
	}
	allowed := e.WalkIns()
	if w.Organiser {
		allowed = e.Categories()
	}
	if !slices.ContainsFunc(allowed, func(c event.Category) bool { return c.ID == typed.Category }) {
		faults.Add("category", key(typed.Category, "problem.field.choice"))
	}
	if !typed.Consent {
		faults.Add("consent", "problem.field.consent_door")
	}
	if w.Beyond && w.Organiser && person.Tidy(w.Reason) == "" {
		faults.Add("reason", "problem.field.required")
	}
	set, err := s.forms.Of(ctx, e.ID)
	if err != nil {
		return typed, email, err
	}
	asking := form.Asking{Category: typed.Category, Moments: []form.Moment{form.AtDoor}, Now: s.clock()}
	typed.Answers = set.Clean(typed.Answers, asking, &faults)
	return typed, email, faults.Err()
}

// admitNew makes the registration of somebody of whom nothing is known.
func (s *Service) admitNew(ctx context.Context, tx *store.Tx, e event.Event, d Delegate, typed Form, w WalkIn) (Delegate, error) {
	if err := s.seatAtDoor(ctx, tx, e, &d, w); err != nil {
		return d, err
	}
	if err := s.answer(ctx, tx, e, &d, typed.Answers); err != nil {
		return d, err
	}
	if err := s.changeBadge(ctx, tx, &d, Confirmed); err != nil {
		return d, err
	}
	s.step(ctx, &d, Confirmed, person.Tidy(w.Reason))
	if err := s.letIn(ctx, tx, e, &d, typed, w); err != nil {
		return d, err
	}
	if err := delegates.Create(tx, d); err != nil {
		return d, err
	}
	if err := s.letter(ctx, tx, &d, OccasionBadge); err != nil {
		return d, err
	}
	return d, audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), Action: "delegate.walk_in", Event: e.ID, Subject: Subject(d.ID), To: string(Confirmed), Reason: person.Tidy(w.Reason),
	})
}

// seatAtDoor takes a place, or goes beyond what there are where an organiser says so.
func (s *Service) seatAtDoor(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, w WalkIn) error {
	if !w.Beyond || !w.Organiser {
		return full(s.seat(ctx, tx, e, d, Confirmed))
	}
	l, err := s.ledger(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	l.count(d.Category, 1, 0)
	return ledgers.Put(tx, l)
}

func full(to State, err error) error {
	if err == nil && to != Confirmed {
		return problem.New(problem.Conflict, ProblemFull)
	}
	return err
}

// admitKnown finishes what somebody had begun.
func (s *Service) admitKnown(ctx context.Context, tx *store.Tx, e event.Event, d Delegate, typed Form, w WalkIn) (Delegate, error) {
	typed.apply(&d)
	if d.PlaceOf == "" {
		d.Category = typed.Category
	}
	if err := s.answer(ctx, tx, e, &d, typed.Answers); err != nil {
		return d, err
	}
	if err := s.move(ctx, tx, e, &d, Confirmed, person.Tidy(w.Reason)); err != nil {
		return d, err
	}
	if err := full(d.State, nil); err != nil {
		return d, err
	}
	if err := s.letIn(ctx, tx, e, &d, typed, w); err != nil {
		return d, err
	}
	return d, delegates.Put(tx, d)
}

// letIn notes the consent, which was shown at the door, and the arrival.
func (s *Service) letIn(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, typed Form, w WalkIn) error {
	text, err := s.consents.Agreed(ctx, tx, e, typed.Agreed, d.Language)
	if err != nil {
		return err
	}
	d.Consent = Consent{Version: text.ID, Language: text.Language, At: s.now()}
	if d.Arrived.IsZero() {
		d.Arrived, d.ArrivedGate, d.ArrivedDay = w.At.UTC().Truncate(time.Millisecond), w.Gate, e.DayOf(w.At)
	}
	d.index()
	return nil
}
