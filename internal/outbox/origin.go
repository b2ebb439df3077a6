package outbox

import (
	"context"
	"errors"

	"convene/internal/store"
)

// OfOrigin lists the letters of one origin in a state, by id. cursor is an
// earlier page's Next.
func (o *Outbox) OfOrigin(ctx context.Context, origin string, state State, cursor string, limit int) (store.Page[Letter], error) {
	return letters.Find(ctx, o.db, store.By("origin", origin, state).After(cursor).Limit(limit))
}

// TallyOrigin counts the letters of one origin by state.
func (o *Outbox) TallyOrigin(ctx context.Context, origin string) (map[State]int, error) {
	counts, err := letters.Tally(ctx, o.db, store.By("origin", origin))
	if err != nil {
		return nil, err
	}
	tally := make(map[State]int, len(counts))
	for state, n := range counts {
		tally[State(state)] = n
	}
	return tally, nil
}

// CancelOrigin stops all letters of one origin that have not gone out, and returns
// how many. A few among them may be going over the wire at that moment: these
// become sent after all. by is who asked.
func (o *Outbox) CancelOrigin(ctx context.Context, origin, by string) (int, error) {
	total := 0
	for _, state := range []State{Waiting, Retrying} {
		for cursor := ""; ; {
			page, err := o.OfOrigin(ctx, origin, state, cursor, originBatch)
			if err != nil {
				return total, err
			}
			n, err := o.cancelAll(ctx, page.Items, by)
			total += n
			if err != nil {
				return total, err
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
	}
	return total, nil
}

// originBatch is how many letters one commit changes.
const originBatch = 200

func (o *Outbox) cancelAll(ctx context.Context, list []Letter, by string) (n int, err error) {
	err = o.db.Update(ctx, func(tx *store.Tx) error {
		n = 0
		for _, l := range list {
			now, err := letters.Get(ctx, tx, l.ID)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if now.State.Over() {
				continue
			}
			now.cancel(by, o.Clock())
			if err := letters.Put(tx, now); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// ResendFailed queues every letter of the origin that failed once more and
// returns how many. One that is repeated already is not repeated again. by is who
// asked.
func (o *Outbox) ResendFailed(ctx context.Context, origin, by string) (int, error) {
	total := 0
	for cursor := ""; ; {
		page, err := o.OfOrigin(ctx, origin, Failed, cursor, originBatch)
		if err != nil {
			return total, err
		}
		for _, l := range page.Items {
			if l.Resent > 0 || l.Erased {
				continue
			}
			if _, err := o.Resend(ctx, l.ID, by); err != nil {
				return total, err
			}
			total++
		}
		if cursor = page.Next; cursor == "" {
			return total, nil
		}
	}
}
