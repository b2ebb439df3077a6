package outbox

import (
	"context"
	"errors"
	"time"

	"convene/internal/store"
)

// result is what an attempt made of a letter. copy is for the desk, the first
// time.
type result struct {
	letter  Letter
	attempt Attempt
	copy    *Copy
}

// Answers that come together are recorded in one commit: they wait this long for
// one another, in groups no larger than this.
const (
	gather   = 5 * time.Millisecond
	maxGroup = 64

	// recorders is how many groups are in the making at once: one reads while
	// another waits for the disk.
	recorders = 2
)

// record commits the results as they come, until their channel is closed.
func (d *delivery) record() {
	for r := range d.results {
		group := d.gather(r)
		if err := d.recordGroup(group); err == nil || len(group) == 1 {
			d.note(err)
			continue
		}
		for _, r := range group { // one that cannot be recorded holds up no other
			d.note(d.recordGroup([]result{r}))
		}
	}
}

func (d *delivery) gather(first result) []result {
	group := []result{first}
	enough := time.NewTimer(gather)
	defer enough.Stop()
	for len(group) < min(maxGroup, cap(d.results)) {
		select {
		case r, ok := <-d.results:
			if !ok {
				return group
			}
			group = append(group, r)
		case <-enough.C:
			return group
		}
	}
	return group
}

func (d *delivery) recordGroup(group []result) error {
	states := make([]State, len(group))
	err := d.db.Update(d.lasting, func(tx *store.Tx) (err error) {
		for i, r := range group {
			if states[i], err = d.recordOne(d.lasting, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, r := range group {
		d.count(r, states[i])
	}
	return nil
}

// recordOne returns what became of the letter. What was sent is recorded even
// if the lease is lost; a failure is then left to the instance that has it, and
// the state is empty.
func (o *Outbox) recordOne(ctx context.Context, tx *store.Tx, r result) (State, error) {
	l, err := letters.Get(ctx, tx, r.letter.ID)
	if errors.Is(err, store.ErrNotFound) { // erased meanwhile
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if !o.mine(l) && r.attempt.Outcome != Sent {
		return "", nil
	}
	if r.copy != nil && !l.HasCopy {
		l.HasCopy = true
		if err := copies.Create(tx, copyRecord{ID: l.ID, Copy: *r.copy}); err != nil {
			return "", err
		}
	}
	l.conclude(r.attempt, o.Attempts)
	return l.State, letters.Put(tx, l)
}

var counted = map[State]string{Sent: "sent", Retrying: "retried", Failed: "failed", Expired: "expired"}

func (d *delivery) count(r result, state State) {
	name, ok := counted[state]
	if !ok {
		return
	}
	d.mu.Lock()
	d.counts[name]++
	d.mu.Unlock()
	if state == Failed || state == Expired {
		d.Log.Warn("letter not sent", "letter", r.letter.ID, "occasion", r.letter.Occasion, "state", state, "code", r.attempt.Code)
	}
}
