package outbox

import (
	"errors"
	"time"

	"convene/internal/store"
)

// result is a letter as it is to be recorded: what the attempt made of it or,
// without one, put off. copy is for the desk, the first time.
type result struct {
	letter  taken
	attempt *Attempt
	copy    *Copy
}

// Answers that come together are recorded in one commit: they wait this long for
// one another, in groups no larger than this.
const (
	gather   = 20 * time.Millisecond
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

// recordGroup writes the letters as they were read with what became of them. If
// somebody else changed one of them, all are read anew.
func (d *delivery) recordGroup(group []result) error {
	states := make([]State, len(group))
	first, filled, err := pack(group)
	if err != nil {
		return err
	}
	again := false
	err = d.db.Update(d.lasting, func(tx *store.Tx) (err error) {
		record, b, filled := d.recordRead, first, filled
		if again {
			record = d.recordAnew
			if b, filled, err = d.packAnew(tx, group); err != nil {
				return err
			}
		}
		again = true
		for i, r := range group {
			if states[i], err = record(tx, r, b.ID); err != nil {
				return err
			}
			if err := d.follow(tx, r, states[i]); err != nil {
				return err
			}
		}
		if filled {
			return copies.Create(tx, b)
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.line.drop(group)
	for i, r := range group {
		d.count(r, states[i])
	}
	return nil
}

// packAnew packs the copies of those that somebody may still read: none of who was
// erased meanwhile.
func (d *delivery) packAnew(tx *store.Tx, group []result) (bundle, bool, error) {
	var kept []result
	for _, r := range group {
		l, err := letters.Get(d.lasting, tx, r.letter.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && l.Erased {
			continue
		}
		if err != nil {
			return bundle{}, false, err
		}
		kept = append(kept, r)
	}
	return pack(kept)
}

// follow does what goes with the record of the letter.
func (d *delivery) follow(tx *store.Tx, r result, state State) error {
	if state == "" || r.letter.Farewell { // no longer this delivery's to say, or nothing is to be kept of it
		return nil
	}
	if state == Sent && d.Sent != nil {
		return d.Sent(d.lasting, tx, r.letter.Letter)
	}
	return suppressRefused(d.lasting, tx, r)
}

// recordRead returns what became of the letter, or nothing if it was put off.
func (d *delivery) recordRead(tx *store.Tx, r result, bundle string) (State, error) {
	if r.attempt == nil {
		return "", letters.PutAt(tx, r.letter.Letter, r.letter.version)
	}
	l := r.letter.Letter
	r.nameCopy(&l, bundle)
	l.settle()
	return l.State, letters.PutAt(tx, l, r.letter.version)
}

// recordAnew is recordRead for a letter that was changed meanwhile. What was sent
// is recorded in any case; what was not is left to whoever changed it if that
// was its end.
func (d *delivery) recordAnew(tx *store.Tx, r result, bundle string) (State, error) {
	l, err := letters.Get(d.lasting, tx, r.letter.ID)
	if errors.Is(err, store.ErrNotFound) { // erased meanwhile
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if l.State.Over() && (r.attempt == nil || r.attempt.Outcome != Sent) {
		return "", nil
	}
	if r.attempt == nil {
		l.Due, l.PutOff = r.letter.Due, r.letter.PutOff
		return "", letters.Put(tx, l)
	}
	r.nameCopy(&l, bundle)
	l.MessageID = r.letter.MessageID
	l.conclude(*r.attempt, d.Attempts)
	l.settle()
	return l.State, letters.Put(tx, l)
}

// nameCopy says where the letter's copy is, if it was made now.
func (r result) nameCopy(l *Letter, bundle string) {
	if r.copy != nil && l.CopyIn == "" && !l.Erased {
		l.CopyIn = bundle
	}
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
