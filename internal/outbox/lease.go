package outbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"convene/internal/store"
)

// lease takes a batch of the letters that are due: those whose lease ran out,
// those to try again, those that wait.
func (o *Outbox) lease(ctx context.Context, now time.Time) ([]Letter, error) {
	var taken []Letter
	err := o.db.Update(ctx, func(tx *store.Tx) error {
		taken = taken[:0]
		for _, state := range []State{Leased, Retrying, Waiting} {
			if len(taken) == o.Batch {
				return nil
			}
			due := store.By("state", state).Between(nil, now.Add(time.Millisecond)).Limit(o.Batch - len(taken))
			page, err := letters.Find(ctx, tx, due)
			if err != nil {
				return err
			}
			for _, l := range page.Items {
				o.take(&l, now)
				if err := letters.Put(tx, l); err != nil {
					return err
				}
				taken = append(taken, l)
			}
		}
		return nil
	})
	return taken, err
}

func (o *Outbox) take(l *Letter, now time.Time) {
	lease := &Lease{Holder: o.Instance, Token: o.token, State: l.State, Due: l.Due}
	if l.State == Leased {
		lease.State, lease.Due = l.Lease.State, l.Lease.Due
	}
	l.State, l.Lease, l.Due = Leased, lease, now.Add(o.Lease)
	if l.MessageID == "" {
		l.MessageID = messageID(l.ID, o.Sender.domain)
	}
}

// mine reports whether this outbox still holds the letter's lease.
func (o *Outbox) mine(l Letter) bool {
	return l.State == Leased && l.Lease != nil && l.Lease.Token == o.token
}

// handBack returns letters that were leased and not tried.
func (o *Outbox) handBack(ctx context.Context, list []Letter) error {
	for chunk := range slices.Chunk(list, o.Batch) {
		err := o.db.Update(ctx, func(tx *store.Tx) error {
			for _, l := range chunk {
				now, err := letters.Get(ctx, tx, l.ID)
				if errors.Is(err, store.ErrNotFound) { // erased meanwhile
					continue
				}
				if err != nil {
					return err
				}
				if !o.mine(now) {
					continue
				}
				now.State, now.Due, now.Lease = now.Lease.State, now.Lease.Due, nil
				if err := letters.Put(tx, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
