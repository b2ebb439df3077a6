package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"convene/internal/problem"
	"convene/internal/store"
)

// ErrState says that a letter is not in a state for what was asked of it.
var ErrState = errors.New("outbox: the letter's state does not allow this")

// Filter narrows a list of letters; empty fields do not.
type Filter struct {
	Event  string
	State  State
	Person string
	Origin string // of one rule or message; the other fields but State do not count then
	Limit  int    // of a page; 0: the store's default
}

// Letters lists letters, the newest first: by the instant of queueing or, within
// one state, by that of the last or next attempt; those of an origin by their id; without a filter, event after
// event. cursor is an earlier page's Next, of the same filter. A page of a
// person's letters may hold fewer than the limit though there are more.
func (o *Outbox) Letters(ctx context.Context, f Filter, cursor string) (store.Page[Letter], error) {
	if f.State == Leased {
		return o.leasedPage(ctx, f)
	}
	page, err := letters.Find(ctx, o.db, f.query().Backwards().After(cursor).Limit(f.Limit))
	if err != nil {
		return page, err
	}
	if err := o.markLeased(ctx, page.Items); err != nil || f.Person == "" || f.Origin != "" {
		return page, err
	}
	kept := page.Items[:0]
	for _, l := range page.Items {
		if (f.Event == "" || l.Event == f.Event) && (f.State == "" || l.State == f.State) {
			kept = append(kept, l)
		}
	}
	page.Items = kept
	return page, nil
}

// leased lists the letters that are being sent, with that state.
func (o *Outbox) leased(ctx context.Context) ([]Letter, error) {
	t, err := getTurn(ctx, o.db)
	if err != nil {
		return nil, err
	}
	var list []Letter
	now := o.Clock()
	for _, id := range t.Letters {
		l, err := letters.Get(ctx, o.db, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if t.has(l, now) {
			list = append(list, l)
		}
	}
	return list, nil
}

// leasedPage is the one page of letters that are being sent; there are never
// many.
func (o *Outbox) leasedPage(ctx context.Context, f Filter) (page store.Page[Letter], err error) {
	list, err := o.leased(ctx)
	for _, l := range list {
		if (f.Event == "" || l.Event == f.Event) && (f.Person == "" || l.Person == f.Person) && (f.Origin == "" || l.Origin == f.Origin) {
			l.State = Leased
			page.Items = append(page.Items, l)
		}
	}
	return page, err
}

// markLeased gives letters that are being sent that state.
func (o *Outbox) markLeased(ctx context.Context, list []Letter) error {
	t, err := getTurn(ctx, o.db)
	if err != nil || len(t.Letters) == 0 {
		return err
	}
	now := o.Clock()
	for i, l := range list {
		if t.has(l, now) {
			list[i].State = Leased
		}
	}
	return nil
}

func (f Filter) query() store.Query {
	switch {
	case f.Origin != "" && f.State != "":
		return store.By("origin", f.Origin, f.State)
	case f.Origin != "":
		return store.By("origin", f.Origin)
	case f.Person != "":
		return store.By("person", f.Person)
	case f.Event != "" && f.State != "":
		return store.By("event_state", f.Event, f.State)
	case f.Event != "":
		return store.By("event", f.Event)
	case f.State != "":
		return store.By("state", f.State)
	}
	return store.By("event")
}

// Tally counts an event's letters by state; all letters when event is empty.
func (o *Outbox) Tally(ctx context.Context, event string) (map[State]int, error) {
	q := store.By("state")
	if event != "" {
		q = store.By("event_state", event)
	}
	counts, err := letters.Tally(ctx, o.db, q)
	if err != nil {
		return nil, err
	}
	tally := make(map[State]int, len(counts))
	for state, n := range counts {
		tally[State(state)] = n
	}
	return tally, o.tallyLeased(ctx, event, tally)
}

// tallyLeased counts letters that are being sent as such.
func (o *Outbox) tallyLeased(ctx context.Context, event string, tally map[State]int) error {
	list, err := o.leased(ctx)
	for _, l := range list {
		if (event == "" || l.Event == event) && tally[l.State] > 0 {
			tally[l.State]--
			tally[Leased]++
		}
	}
	return err
}

// Get returns a letter with its copy, if one was kept. A problem of kind
// NotFound says that there is none.
func (o *Outbox) Get(ctx context.Context, id string) (Letter, error) {
	l, err := find(ctx, o.db, id)
	if err != nil {
		return l, err
	}
	one := []Letter{l}
	if err := o.markLeased(ctx, one); err != nil {
		return l, err
	}
	one[0].Copy, err = copyOf(ctx, o.db, l)
	return one[0], err
}

// Preview returns the letter as it was sent or, before that, as it would be now.
// Links that act as the recipient are hidden.
func (o *Outbox) Preview(ctx context.Context, id string) (Copy, error) {
	l, err := o.Get(ctx, id)
	if err != nil {
		return Copy{}, err
	}
	if l.Copy != nil {
		return *l.Copy, nil
	}
	m, err := o.Composer.Compose(ctx, l, ForReading)
	return m.Copy(), err
}

// Resend queues a letter that is over once more, as a new letter that names the
// old one. While an earlier repetition has not gone out, that one is returned
// instead. A problem of kind Conflict (ErrState) says that the letter is still
// on its way, or that whom it was to is erased. by is who asked.
func (o *Outbox) Resend(ctx context.Context, id, by string) (Letter, error) {
	var again Letter
	err := o.db.Update(ctx, func(tx *store.Tx) error {
		l, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		if !l.State.Over() || l.Erased {
			return stateProblem(l)
		}
		if again, err = pendingCopy(ctx, tx, l); err != nil || again.ID != "" {
			return err
		}
		l.Resent++
		again = repetition(l)
		again.By, again.Deadline, again.NotBefore = by, time.Time{}, time.Time{}
		if _, err := Queue(ctx, tx, o.Clock(), again); err != nil {
			return err
		}
		if again, err = letters.Get(ctx, tx, again.ID); err != nil {
			return err
		}
		return letters.Put(tx, l)
	})
	return again, err
}

func repetitionID(l Letter) string { return fmt.Sprintf("%s~%d", l.ID, l.Resent) }

// repetition is the letter again, under the id of its latest repetition.
func repetition(l Letter) Letter {
	again := l
	again.ID, again.ResendOf = repetitionID(l), l.ID
	return again
}

// pendingCopy returns the letter's latest repetition if it has yet to go out.
func pendingCopy(ctx context.Context, tx *store.Tx, l Letter) (Letter, error) {
	if l.Resent == 0 {
		return Letter{}, nil
	}
	again, err := letters.Get(ctx, tx, repetitionID(l))
	if errors.Is(err, store.ErrNotFound) || err == nil && again.State.Over() {
		return Letter{}, nil
	}
	return again, err
}

// Cancel stops a letter that has not gone out. A problem of kind Conflict
// (ErrState) says that it is over or being sent. by is who asked.
func (o *Outbox) Cancel(ctx context.Context, id, by string) error {
	return o.db.Update(ctx, func(tx *store.Tx) error {
		l, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		t, err := getTurn(ctx, tx)
		if err != nil {
			return err
		}
		if l.State.Over() || t.has(l, o.Clock()) {
			return stateProblem(l)
		}
		l.cancel(by, o.Clock())
		return letters.Put(tx, l)
	})
}

// cancel ends a letter that has not gone out.
func (l *Letter) cancel(by string, now time.Time) {
	l.State, l.By, l.Due = Cancelled, by, now
	l.settle()
}

func find(ctx context.Context, r store.Reader, id string) (Letter, error) {
	l, err := letters.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) {
		return l, problem.Wrap(err, problem.NotFound, "problem.letter_not_found")
	}
	return l, err
}

func stateProblem(l Letter) error {
	return problem.Wrap(ErrState, problem.Conflict, "problem.letter_state")
}
