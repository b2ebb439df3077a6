package delegate

import (
	"context"
	"errors"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// Bulk is something that is done about everybody whom a filter meets, a few at a
// time. How far it has come is in the commit that does it: stopped at any point, it
// goes on there, and does nothing twice.
type Bulk struct {
	ID      string      `json:"id"`
	Event   string      `json:"event"`
	Do      string      `json:"do"` // see BulkDos
	Filter  Filter      `json:"filter"`
	Reason  string      `json:"reason,omitempty"` // of a decision
	Tag     string      `json:"tag,omitempty"`
	By      audit.Actor `json:"by"`
	Begun   time.Time   `json:"begun"`
	Seen    time.Time   `json:"seen"` // when it was previewed: what changed later stays as it is
	Ended   time.Time   `json:"ended,omitzero"`
	State   BulkState   `json:"state"`
	Cursor  string      `json:"cursor"`
	Total   int         `json:"total"` // whom the filter met at the beginning
	Done    int         `json:"done"`
	Waiting int         `json:"waiting"` // of these, who found no place
	Left    int         `json:"left"`    // who stayed as they were
	Listed  []string    `json:"listed"`  // the first of the latter
}

// BulkState is how far it is.
type BulkState string

// The states of a Bulk.
const (
	BulkRunning BulkState = "running"
	BulkDone    BulkState = "done"
	BulkStopped BulkState = "stopped"
)

// What can be done about many: decisions, named after the state that they lead to,
// and tags.
const (
	BulkTag   = "tag"
	BulkUntag = "untag"
)

// bulkStep is how many one commit is about, and bulkListed how many of those left
// out are named.
const (
	bulkStep   = 20
	bulkListed = 200
)

var bulks = store.NewCollection("delegate_bulks", func(b Bulk) string { return b.ID },
	store.On("event", "event", "begun"),
	store.On("state", "state", "begun"),
)

// Possible reports whether the organisers may bring a registration of the state into
// the other one.
func (from State) Possible(to State) bool {
	return from != to && from.May(to) && (from != Unverified || to != Confirmed) // only the address's owner can prove it
}

// BulkPlan tells how many registrations a bulk would be about: by state, who would be
// changed and who would be left.
type BulkPlan struct{ Ready, Left map[State]int }

// Sum adds up a tally of states.
func Sum(tally map[State]int) int {
	n := 0
	for _, count := range tally {
		n += count
	}
	return n
}

// PlanBulk counts whom a bulk would be about now.
func (s *Service) PlanBulk(ctx context.Context, e event.Event, b Bulk) (BulkPlan, error) {
	plan := BulkPlan{Ready: map[State]int{}, Left: map[State]int{}}
	for _, state := range States {
		if b.Filter.State != "" && b.Filter.State != state {
			continue
		}
		f := b.Filter
		f.State = state
		n, err := s.Count(ctx, e.ID, f)
		if err != nil {
			return plan, err
		}
		switch {
		case n == 0:
		case b.tags() || state.Possible(State(b.Do)):
			plan.Ready[state] = n
		default:
			plan.Left[state] = n
		}
	}
	return plan, nil
}

func (b Bulk) tags() bool { return b.Do == BulkTag || b.Do == BulkUntag }

// BeginBulk takes up a bulk, which RunBulks carries out. Of b, Do, Filter, Reason, Tag
// and Seen count. Faults are a problem of kind Invalid.
func (s *Service) BeginBulk(ctx context.Context, e event.Event, b Bulk) (Bulk, error) {
	var err error
	if b.tags() {
		if b.Tag, err = CleanTag(b.Tag); err != nil {
			return b, err
		}
	} else if b.Reason, err = cleanReason(b.Reason); err != nil {
		return b, err
	}
	if b.Total, err = s.Count(ctx, e.ID, b.Filter); err != nil {
		return b, err
	}
	b.ID, b.Event, b.By, b.Begun, b.State = store.NewID(), e.ID, audit.By(ctx), s.now(), BulkRunning
	return b, s.db.Update(ctx, func(tx *store.Tx) error {
		if err := bulks.Create(tx, b); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: "bulk." + b.Do, Event: e.ID, Subject: "bulk/" + b.ID, Reason: b.Reason})
	})
}

// Bulk returns a bulk of the event, or a problem of kind NotFound.
func (s *Service) Bulk(ctx context.Context, e event.Event, id string) (Bulk, error) {
	b, err := bulks.Get(ctx, s.db, id)
	if isMissing(err) || err == nil && b.Event != e.ID {
		return Bulk{}, problem.New(problem.NotFound, "problem.bulk_not_found")
	}
	return b, err
}

// Bulks lists an event's latest bulks, the newest first.
func (s *Service) Bulks(ctx context.Context, event string, limit int) ([]Bulk, error) {
	page, err := bulks.Find(ctx, s.db, store.By("event", event).Backwards().Limit(limit))
	return page.Items, err
}

// StopBulk ends a bulk that is running: what it has done stays. One that has ended is
// a problem of kind Conflict.
func (s *Service) StopBulk(ctx context.Context, e event.Event, id string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		b, err := bulks.Get(ctx, tx, id)
		if isMissing(err) || err == nil && b.Event != e.ID {
			return problem.New(problem.NotFound, "problem.bulk_not_found")
		}
		if err != nil {
			return err
		}
		if b.State != BulkRunning {
			return problem.New(problem.Conflict, "problem.bulk_over")
		}
		b.State, b.Ended = BulkStopped, s.now()
		if err := bulks.Put(tx, b); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: "bulk.stop", Event: e.ID, Subject: "bulk/" + b.ID})
	})
}

// RunBulks carries out what was taken up, and returns how many registrations it
// changed. Run again, or on two instances at once, it does nothing twice.
func (s *Service) RunBulks(ctx context.Context) (int, error) {
	list, err := bulks.List(ctx, s.db, store.By("state", string(BulkRunning)))
	if err != nil {
		return 0, err
	}
	total := 0
	for _, b := range list {
		n, err := s.runBulk(ctx, b.ID)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s *Service) runBulk(ctx context.Context, id string) (total int, err error) {
	for over := false; !over; {
		var n int
		n, over, err = s.bulkStep(ctx, id)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// bulkStep does what is to be done about the next few.
func (s *Service) bulkStep(ctx context.Context, id string) (n int, over bool, err error) {
	seen, err := bulks.Get(ctx, s.db, id)
	if err != nil || seen.State != BulkRunning {
		return 0, true, err
	}
	page, err := s.Find(ctx, seen.Event, seen.Filter, seen.Cursor, bulkStep)
	if err != nil {
		return 0, true, err
	}
	ctx = audit.As(ctx, seen.By)
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		b, err := bulks.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if over = b.State != BulkRunning || b.Cursor != seen.Cursor; over { // stopped, or another instance is at it
			n = 0
			return nil
		}
		e, err := s.events.Get(ctx, tx, b.Event)
		if err != nil {
			return err
		}
		for _, d := range page.Items {
			if err := s.bulkOne(ctx, tx, e, &b, d.ID); err != nil {
				return err
			}
		}
		n = b.Done - seen.Done
		if b.Cursor = page.Next; b.Cursor == "" {
			b.State, b.Ended, over = BulkDone, s.now(), true
		}
		return bulks.Put(tx, b)
	})
	return n, over, err
}

// bulkOne does what is to be done about one registration, or counts it as left.
func (s *Service) bulkOne(ctx context.Context, tx *store.Tx, e event.Event, b *Bulk, id string) error {
	d, err := delegates.Get(ctx, tx, id)
	if isMissing(err) { // merged or erased since it was found
		return nil
	}
	if err != nil {
		return err
	}
	changed, err := s.bulkAct(ctx, tx, e, *b, &d)
	var p *problem.Error
	switch {
	case errors.As(err, &p) && p.Kind == problem.Conflict, err == nil && !changed:
		b.Left++
		if len(b.Listed) < bulkListed {
			b.Listed = append(slices.Clone(b.Listed), d.ID)
		}
		return nil
	case err != nil:
		return err
	}
	b.Done++
	if State(b.Do) == Confirmed && d.State == Waiting {
		b.Waiting++
	}
	if err := s.count(ctx, &d); err != nil {
		return err
	}
	d.index()
	return delegates.Put(tx, d)
}

// bulkAct reports whether it has changed the registration.
func (s *Service) bulkAct(ctx context.Context, tx *store.Tx, e event.Event, b Bulk, d *Delegate) (bool, error) {
	switch {
	case b.Do == BulkTag:
		return !d.HasTag(b.Tag), s.tag(ctx, tx, d, b.Tag)
	case b.Do == BulkUntag:
		return d.HasTag(b.Tag), s.untag(ctx, tx, d, b.Tag)
	case !d.State.Possible(State(b.Do)), len(d.Steps) > 0 && d.Steps[len(d.Steps)-1].At.After(b.Seen):
		return false, nil
	}
	return true, s.move(ctx, tx, e, d, State(b.Do), b.Reason)
}
