package delegate

import (
	"context"
	"errors"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// TransferLife is how long a colleague has to take the place that a delegate gives
// them, unless the event's time for it is over before.
const TransferLife = 7 * 24 * time.Hour

// MaxTransfers is how often a delegate may try, so that nobody can make the program
// write to ever more people.
const MaxTransfers = 5

// Passing is a place on its way to a colleague. The giver keeps it, with the badge,
// until the colleague has finished their form and, where the category wants that, the
// organisers have approved them: then it changes hands in one commit, so that there
// is never one too many and never a place lost. What else ends the colleague's
// registration gives the place back.
type Passing struct {
	To    string    `json:"to,omitempty"` // the colleague's id; empty: they are registered already
	Name  string    `json:"name"`         // as the giver wrote it
	At    time.Time `json:"at"`
	Ends  time.Time `json:"ends"` // for a colleague who has not finished their form by then
	Taken time.Time `json:"taken,omitzero"`
	Over  time.Time `json:"over,omitzero"` // called back, declined or not taken
	Tries int       `json:"tries"`
}

// Gives reports whether the delegate's place is kept for a colleague at the moment.
func (d Delegate) Gives() bool {
	return d.State == Confirmed && d.Passing != nil && d.Passing.Taken.IsZero() && d.Passing.Over.IsZero()
}

// MayGive returns a problem of kind Conflict that says why the delegate cannot give
// their place to a colleague now, or nil if they can.
func (s *Service) MayGive(e event.Event, d Delegate) error {
	switch {
	case !e.Transfers(s.clock()):
		return problem.New(problem.Conflict, "problem.transfer_closed")
	case d.State != Confirmed || !d.Arrived.IsZero():
		return problem.New(problem.Conflict, "problem.transfer_state")
	case d.InDelegation():
		return problem.New(problem.Conflict, "problem.transfer_delegation")
	case d.Gives():
		return problem.New(problem.Conflict, "problem.transfer_begun")
	case d.Passing != nil && d.Passing.Tries >= MaxTransfers:
		return problem.New(problem.Conflict, "problem.transfer_often", "Max", MaxTransfers)
	}
	return nil
}

// Give keeps the delegate's place for a colleague, invites the colleague to the same
// category and writes to them. Somebody who is registered already is written to as
// well, and cannot take the place; the giver is not told so, since whether somebody is
// registered is nobody else's to know. Faults are a problem of kind Invalid with the
// fields name and email; what MayGive refuses is one of kind Conflict.
func (s *Service) Give(ctx context.Context, id, name, email string) (Delegate, error) {
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if err := s.MayGive(e, *d); err != nil {
			return err
		}
		typed := Form{
			Name: name, Email: email, Category: d.Category, Language: d.Language,
			Organisation: d.Organisation, City: d.City, Country: d.Country,
		}
		if err := s.checkColleague(ctx, e, *d, typed); err != nil {
			return err
		}
		p := Passing{Name: name, At: s.now(), Ends: s.transferEnds(e), Tries: 1}
		if d.Passing != nil {
			p.Tries += d.Passing.Tries
		}
		invited, err := s.Invite(ctx, tx, e, typed, OccasionTransfer, func(c *Delegate) {
			c.PlaceOf, c.OfferEnds, c.Passing, c.Invited.Colleague = d.ID, p.Ends, nil, true
		})
		switch {
		case err == nil:
			p.To = invited.ID
		case problem.KindOf(err) != problem.Conflict:
			return err
		default:
			if err := s.letterWith(ctx, tx, &invited, OccasionTransferKnown, map[string]string{"colleague": d.ID}); err != nil {
				return err
			}
		}
		d.Passing = &p
		return s.noteTransfer(ctx, tx, *d, "delegate.transfer")
	})
}

// checkColleague finds what is wrong with what the giver typed.
func (s *Service) checkColleague(ctx context.Context, e event.Event, d Delegate, typed Form) error {
	_, to, err := s.cleanInvitation(ctx, e, typed)
	if err == nil && to.Key == d.EmailKey {
		var faults problem.Form
		faults.Add("email", "problem.field.own_address")
		return faults.Err()
	}
	return err
}

func (s *Service) transferEnds(e event.Event) time.Time {
	ends := s.now().Add(TransferLife)
	for _, limit := range []time.Time{e.Registration.TransferUntil, e.FirstDay()} {
		if limit.After(s.clock()) && limit.Before(ends) {
			ends = limit.UTC()
		}
	}
	return ends
}

func (s *Service) noteTransfer(ctx context.Context, tx *store.Tx, d Delegate, action string) error {
	e := audit.Entry{At: s.clock(), Action: action, Event: d.Event, Subject: Subject(d.ID)}
	if d.Passing.To != "" {
		e.To = Subject(d.Passing.To)
	}
	return audit.Record(ctx, tx, e)
}

// Recall calls the place back from the colleague, who is told. A problem of kind
// Conflict says that it is not on its way: the colleague has taken it already, or
// somebody was faster.
func (s *Service) Recall(ctx context.Context, id string) (Delegate, error) {
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if !d.Gives() {
			return problem.New(problem.Conflict, "problem.transfer_none")
		}
		return s.callBack(ctx, tx, e, d, "delegate.transfer_recall")
	})
}

// callBack ends the transfer for the giver, and for the colleague if there is one.
func (s *Service) callBack(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, action string) error {
	d.Passing.Over = s.now()
	if err := s.noteTransfer(ctx, tx, *d, action); err != nil {
		return err
	}
	if d.Passing.To == "" {
		return nil
	}
	c, err := s.get(ctx, tx, d.Passing.To)
	if err != nil || c.PlaceOf != d.ID {
		return err
	}
	c.PlaceOf = ""
	if c.State.Unanswered() || c.State == Awaiting && d.State == Confirmed {
		if err := s.moveTelling(ctx, tx, e, &c, Withdrawn, "", OccasionTransferOver); err != nil {
			return err
		}
	}
	c.index()
	return delegates.Put(tx, c)
}

// giver returns the delegate whose place is kept for this one, nil if none is.
func (s *Service) giver(ctx context.Context, r store.Reader, d Delegate) (*Delegate, error) {
	if d.PlaceOf == "" || d.State == Confirmed {
		return nil, nil
	}
	g, err := delegates.Get(ctx, r, d.PlaceOf)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!g.Gives() || g.Passing.To != d.ID) {
		return nil, nil
	}
	return &g, err
}

// mayTake reports whether the colleague may have the giver's place now: in the same
// category, so that no limit is passed, in time unless it is only the organisers who
// have yet to decide, and as long as the giver has not used it.
func (s *Service) mayTake(giver *Delegate, d Delegate) bool {
	return giver != nil && giver.Category == d.Category && giver.Arrived.IsZero() &&
		(d.State == Awaiting || s.clock().Before(giver.Passing.Ends))
}

// stillKept returns a problem of kind Gone if a place was kept for the delegate, and
// is no longer.
func (s *Service) stillKept(ctx context.Context, tx *store.Tx, d Delegate) error {
	if d.PlaceOf == "" {
		return nil
	}
	giver, err := s.giver(ctx, tx, d)
	if err == nil && !s.mayTake(giver, d) {
		return problem.New(problem.Gone, "problem.transfer_over")
	}
	return err
}

// take lets the giver's place change hands: the giver has withdrawn then.
func (s *Service) take(ctx context.Context, tx *store.Tx, e event.Event, d, giver *Delegate) error {
	giver.Passing.Taken = s.now()
	// The use of an invitation goes along, or somebody else could come by it too.
	d.Invitation, giver.Invitation = giver.Invitation, ""
	if err := s.moveTelling(ctx, tx, e, giver, Withdrawn, "", OccasionTransferred); err != nil {
		return err
	}
	giver.index()
	if err := delegates.Put(tx, *giver); err != nil {
		return err
	}
	// The place that has just fallen free is the colleague's, however many wait.
	l, err := s.ledger(ctx, tx, e.ID)
	if err != nil {
		return err
	}
	l.count(d.Category, 1, 0)
	d.OfferEnds = time.Time{}
	return ledgers.Put(tx, l)
}

// endPassing gives a place that was on its way back, after a move of the colleague who
// did not take it, or ends its way, after one of the giver who has it no longer.
func (s *Service) endPassing(ctx context.Context, tx *store.Tx, e event.Event, d, giver *Delegate) error {
	if p := d.Passing; p != nil && d.State != Confirmed && p.Taken.IsZero() && p.Over.IsZero() {
		return s.callBack(ctx, tx, e, d, "delegate.transfer_recall")
	}
	if giver == nil || !giver.Gives() || d.State.Unanswered() || d.State == Awaiting {
		return nil
	}
	d.PlaceOf, giver.Passing.Over = "", s.now()
	giver.index()
	if err := delegates.Put(tx, *giver); err != nil {
		return err
	}
	return s.letter(ctx, tx, giver, OccasionTransferBack)
}

// lapsePassing gives places back that colleagues have not taken in time. Who has
// finished their form and waits for the organisers has done what they could.
func (s *Service) lapsePassing(ctx context.Context, e event.Event) (n int, err error) {
	for d, err := range delegates.All(ctx, s.db, due(e, queuePassing, s.clock())) {
		if err != nil {
			return n, err
		}
		returned, err := s.giveBack(ctx, d.ID)
		if err != nil {
			return n, err
		}
		n += returned
	}
	return n, nil
}

func (s *Service) giveBack(ctx context.Context, id string) (n int, err error) {
	_, err = s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		n = 0
		if !d.Gives() || s.clock().Before(d.Passing.Ends) {
			return errUnchanged
		}
		if d.Passing.To != "" {
			c, err := s.get(ctx, tx, d.Passing.To)
			if err != nil {
				return err
			}
			if c.State == Awaiting {
				return errUnchanged
			}
		}
		if err := s.callBack(ctx, tx, e, d, "delegate.transfer_lapse"); err != nil {
			return err
		}
		n = 1
		return s.letter(ctx, tx, d, OccasionTransferBack)
	})
	if errors.Is(err, errUnchanged) {
		return 0, nil
	}
	return n, err
}
