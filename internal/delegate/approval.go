package delegate

import (
	"context"
	"time"

	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

// Approver is who has to approve a registration next.
type Approver string

// The approvers. An event may ask for both, one after the other.
const (
	ByOrganisers Approver = ""      // the last step, and mostly the only one
	ByFocal      Approver = "focal" // the focal point of the city that they registered for
)

// OccasionFocalAwaiting tells focal points that somebody waits for their approval.
const OccasionFocalAwaiting = "focal.awaiting"

// gather is how long letters to a focal point wait for others who register: one
// tells of all of them.
const gather = 15 * time.Minute

// proved goes on with a registration whose address is proved: it is confirmed, or
// awaits approval. Who registers for a member city needs two where the event says so;
// the first step is left out where there is no focal point to take it.
func (s *Service) proved(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate) error {
	if !s.twoSteps(e, *d) {
		if e.NeedsApproval(d.Category) && !d.Approved || endedByStaff(*d) {
			return s.move(ctx, tx, e, d, Awaiting, "")
		}
		return s.move(ctx, tx, e, d, Confirmed, "")
	}
	focal, err := s.cities.Focal(ctx, tx, d.City)
	if err != nil {
		return err
	}
	if len(focal) > 0 {
		d.Awaits = ByFocal
	}
	if err := s.move(ctx, tx, e, d, Awaiting, ""); err != nil {
		return err
	}
	return s.tellFocal(ctx, tx, e, *d, focal)
}

// twoSteps reports whether a registration needs the focal point's yes and the
// organisers'. Nominees have the former, and who was approved beforehand has both.
func (s *Service) twoSteps(e event.Event, d Delegate) bool {
	return e.Registration.FocalApproval && d.City != "" && !d.InDelegation() && !d.Approved
}

// tellFocal writes to the city's focal points, at the end of the quarter of an hour.
func (s *Service) tellFocal(ctx context.Context, tx *store.Tx, e event.Event, d Delegate, focal []city.FocalPoint) error {
	at := s.clock().Truncate(gather).Add(gather)
	for _, f := range focal {
		_, err := outbox.Queue(ctx, tx, s.clock(), outbox.Letter{
			ID:       outbox.ID(OccasionFocalAwaiting, f.ID, e.ID, at.UTC().Format("20060102T1504")),
			Occasion: OccasionFocalAwaiting, Event: e.ID, Language: f.Language, NotBefore: at,
			To: outbox.Address{Name: f.Name, Email: f.Email}, Data: map[string]string{"name": f.Name, "city": d.City},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// AwaitingFocal lists who waits for a focal point of the city, by name.
func (s *Service) AwaitingFocal(ctx context.Context, eventID, city string) ([]Delegate, error) {
	return delegates.List(ctx, s.db, store.By("search", eventID).Having(store.Term{Text: awaitsTerm(ByFocal)}, store.Term{Text: "city:" + city}))
}

func awaitsTerm(a Approver) string { return "awaits:" + string(a) }

// FocalApprove is the first step of two: the registration then awaits the organisers.
// One that no longer waits for the city's focal point is a problem of kind Conflict.
func (s *Service) FocalApprove(ctx context.Context, city, id, reason string) (Delegate, error) {
	return s.focalDecides(ctx, city, id, reason, func(tx *store.Tx, _ event.Event, d *Delegate, reason string) error {
		d.Awaits = ByOrganisers
		s.step(ctx, d, Awaiting, reason)
		return s.note(ctx, tx, *d, "delegate.focal_approved", reason)
	})
}

// FocalDecline refuses a registration for the city's focal point. The reason stands in
// the letter. Problems are those of FocalApprove.
func (s *Service) FocalDecline(ctx context.Context, city, id, reason string) (Delegate, error) {
	return s.focalDecides(ctx, city, id, reason, func(tx *store.Tx, e event.Event, d *Delegate, reason string) error {
		return s.move(ctx, tx, e, d, Declined, reason)
	})
}

func (s *Service) focalDecides(ctx context.Context, city, id, reason string,
	decide func(tx *store.Tx, e event.Event, d *Delegate, reason string) error) (Delegate, error) {
	reason, err := cleanReason(reason)
	if err != nil {
		return Delegate{}, err
	}
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if d.City != city || d.State != Awaiting || d.Awaits != ByFocal {
			return problem.New(problem.Conflict, "problem.focal_faster")
		}
		return decide(tx, e, d, reason)
	})
}
