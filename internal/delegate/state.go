package delegate

import (
	"context"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// State is where a registration stands.
type State string

// The states of a registration.
const (
	Invited    State = "invited"    // asked to take part, and has not answered
	Started    State = "started"    // invited, and has begun to fill in the form
	Unverified State = "unverified" // the address is not proved yet
	Awaiting   State = "awaiting"   // the organisers have to approve
	Waiting    State = "waiting"    // for a place, in order
	Offered    State = "offered"    // a place is kept until they accept it
	Confirmed  State = "confirmed"  // takes part; has a badge
	Declined   State = "declined"   // by the organisers
	Cancelled  State = "cancelled"  // by the organisers, or since an offer ran out
	Withdrawn  State = "withdrawn"  // by the delegate, or who nominated them
)

// States lists every state in the order of a registration's life.
var States = []State{Invited, Started, Unverified, Awaiting, Waiting, Offered, Confirmed, Declined, Cancelled, Withdrawn}

// maxSteps bounds how often a registration may go to and fro, so that nobody can
// make its record grow without end.
const maxSteps = 50

// moves tells which states may follow which.
var moves = map[State][]State{
	Invited:    {Started, Awaiting, Waiting, Confirmed, Cancelled, Withdrawn},
	Started:    {Awaiting, Waiting, Confirmed, Cancelled, Withdrawn},
	Unverified: {Awaiting, Waiting, Confirmed, Cancelled, Withdrawn},
	Awaiting:   {Waiting, Confirmed, Declined, Cancelled, Withdrawn},
	Waiting:    {Offered, Confirmed, Declined, Cancelled, Withdrawn},
	Offered:    {Confirmed, Declined, Cancelled, Withdrawn},
	Confirmed:  {Declined, Cancelled, Withdrawn},
	Declined:   {Waiting, Confirmed},
	Cancelled:  {Invited, Awaiting, Waiting, Confirmed},
	Withdrawn:  {Invited, Awaiting, Waiting, Confirmed},
}

// Over reports whether the registration has ended, so that nothing of it can be
// changed until it begins anew.
func (s State) Over() bool { return s == Declined || s == Cancelled || s == Withdrawn }

// Unfinished reports whether the person has yet to do something before the
// registration is made: to answer, to go on, or to prove the address.
func (s State) Unfinished() bool { return s == Invited || s == Started || s == Unverified }

// May reports whether a registration may go from one state to the other.
func (from State) May(to State) bool { return slices.Contains(moves[from], to) }

// move brings the registration into a state: it checks that it may, issues or
// revokes the badge, notes the step and its audit entry, and queues the letter
// that tells of it, all in the transaction. Who is to be confirmed and finds no
// place free joins the waiting list. A registration that is in the state already
// stays untouched.
func (s *Service) move(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, to State, reason string) error {
	return s.moveTelling(ctx, tx, e, d, to, reason, "")
}

// moveTelling is move with another letter than the usual one, unless the occasion is
// empty.
func (s *Service) moveTelling(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, to State, reason, occasion string) error {
	if d.State == to {
		return nil
	}
	from := d.State
	if !from.May(to) {
		return problem.New(problem.Conflict, "problem.delegate_move", "From", string(from), "To", string(to))
	}
	// Only a new beginning is refused: whoever waits must be able to have a place, or
	// they would keep it from all who come after them.
	if len(d.Steps) >= maxSteps && from.Over() {
		return problem.New(problem.Conflict, "problem.delegate_steps")
	}
	giver, err := s.giver(ctx, tx, *d)
	if err != nil {
		return err
	}
	if to == Confirmed && s.mayTake(giver, *d) {
		err = s.take(ctx, tx, e, d, giver)
	} else {
		to, err = s.seat(ctx, tx, e, d, to)
	}
	if err != nil {
		return err
	}
	if err := s.changeBadge(ctx, tx, d, to); err != nil {
		return err
	}
	if err := s.keepDelegation(ctx, tx, e, d, to); err != nil {
		return err
	}
	if err := s.use(ctx, tx, d, to); err != nil {
		return err
	}
	s.step(ctx, d, to, reason)
	if occasion == "" {
		occasion = occasionOf(from, to, audit.By(ctx))
	}
	if err := s.letter(ctx, tx, d, occasion); err != nil {
		return err
	}
	if err := s.endPassing(ctx, tx, e, d, giver); err != nil {
		return err
	}
	err = audit.Record(ctx, tx, audit.Entry{
		At: s.clock(), Action: "delegate." + string(to), Event: d.Event, Subject: Subject(d.ID),
		From: string(from), To: string(to), Reason: reason,
	})
	if err != nil {
		return err
	}
	return s.tellFollowers(ctx, tx, e, d, from)
}

// Subject names a delegate in the audit trail.
func Subject(id string) string { return "delegate/" + id }

// changeBadge gives a badge to who is confirmed and takes it from who no longer
// is.
func (s *Service) changeBadge(ctx context.Context, tx *store.Tx, d *Delegate, to State) error {
	if to == Confirmed {
		b, err := s.badges.Issue(ctx, tx, d.Event, d.ID)
		d.Badge, d.BadgeOpened = b.ID, time.Time{}
		return err
	}
	if d.Badge == "" {
		return nil
	}
	err := s.badges.Revoke(ctx, tx, d.Badge)
	d.Badge = ""
	return err
}

func (s *Service) step(ctx context.Context, d *Delegate, to State, reason string) {
	by := audit.By(ctx)
	who := by.Kind
	if by.Name != "" {
		who += " " + by.Name
	}
	d.answered(to, by, s.now())
	if d.State = to; to != Awaiting {
		d.Awaits = ByOrganisers
	}
	d.Steps = append(d.Steps, Step{State: to, At: s.clock().Truncate(time.Millisecond), By: who, Reason: reason, Awaits: d.Awaits})
}

// occasionOf names the letter that a step brings, or "" for none.
func occasionOf(from, to State, by audit.Actor) string {
	switch to {
	case Awaiting:
		return OccasionAwaiting
	case Waiting:
		return OccasionWaiting
	case Offered:
		return OccasionOffered
	case Confirmed:
		return OccasionBadge
	case Declined:
		return OccasionDeclined
	case Cancelled, Withdrawn:
		if from == Unverified { // nobody was told of it, so nobody is told that it is over
			return ""
		}
		if from.Unanswered() && by.Kind == "delegate" { // they have just said so themselves
			return ""
		}
		if from == Offered && by.Kind == "job" {
			return OccasionLapsed
		}
		return OccasionCancelled
	}
	return ""
}
