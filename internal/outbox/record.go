package outbox

import (
	"context"
	"errors"

	"convene/internal/store"
)

// errTaken says that another instance has the letter by now.
var errTaken = errors.New("outbox: the lease was lost")

// record commits what an attempt made of a letter. copy is kept unless there is
// one. What was sent is recorded even if the lease is lost; a failure is then
// left to the instance that has it.
func (o *Outbox) record(ctx context.Context, id string, a Attempt, copy *Copy) (State, error) {
	var state State
	err := o.db.Update(ctx, func(tx *store.Tx) error {
		l, err := letters.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if !o.mine(l) && a.Outcome != Sent {
			return errTaken
		}
		if copy != nil && !l.HasCopy {
			l.HasCopy = true
			if err := copies.Create(tx, copyRecord{ID: id, Copy: *copy}); err != nil {
				return err
			}
		}
		l.conclude(a, o.Attempts)
		state = l.State
		return letters.Put(tx, l)
	})
	return state, err
}
