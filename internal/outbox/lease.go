package outbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"convene/internal/store"
)

// turn says who delivers. One outbox delivers at a time, since only who sees all
// letters can keep their order and the limits; the letters it has in hand stand
// here, so that taking a batch writes one record and not each letter.
type turn struct {
	ID      string               `json:"id"`
	Holder  string               `json:"holder"` // the instance
	Token   string               `json:"token"`  // the outbox; also of who had the last turn
	Until   time.Time            `json:"until,omitzero"`
	Taken   time.Time            `json:"taken,omitzero"` // when letters were taken last
	Letters []string             `json:"letters,omitempty"`
	Slots   map[string]time.Time `json:"slots,omitempty"` // of domains: the next free one
}

// theTurn is the id of the one record.
const theTurn = "delivery"

func getTurn(ctx context.Context, r store.Reader) (turn, error) {
	t, err := turns.Get(ctx, r, theTurn)
	if errors.Is(err, store.ErrNotFound) {
		return turn{ID: theTurn}, nil
	}
	return t, err
}

// has reports whether the letter is being sent: it is in hand and nothing was
// recorded of it since.
func (t turn) has(l Letter, now time.Time) bool {
	open := l.State == Waiting || l.State == Retrying
	return open && now.Before(t.Until) && !l.Due.After(t.Taken) && slices.Contains(t.Letters, l.ID)
}

// taken is a letter in hand, the version that its record is at, and since when.
type taken struct {
	Letter
	version int64
	since   time.Time // by the real clock
}

// lease takes the turn, unless another outbox has it, and a batch of the letters
// that are due, the first to go first.
func (d *delivery) lease(ctx context.Context) ([]taken, error) {
	var batch []taken
	var before turn
	var at reading
	now := d.Clock()
	err := d.db.Update(ctx, func(tx *store.Tx) (err error) {
		batch, at = nil, d.at
		if before, err = getTurn(ctx, tx); err != nil {
			return err
		}
		if before.Token != d.token && now.Before(before.Until) {
			return nil
		}
		if batch, err = d.due(ctx, tx, &at); err != nil || len(batch) == 0 {
			return err
		}
		t := before
		t.Holder, t.Token, t.Until, t.Taken = d.Instance, d.token, now.Add(d.Lease), now
		t.Letters = d.line.hand(batch)
		if before.Token == d.token {
			t.Slots = d.domains.ahead(now)
		}
		return turns.Put(tx, t)
	})
	if err != nil || len(batch) == 0 {
		return nil, err
	}
	d.at = at
	d.until.Store(now.Add(d.Lease).UnixNano())
	if before.Token != d.token {
		if err := d.takeOver(ctx, before); err != nil {
			return nil, err
		}
	}
	d.line.add(batch)
	return batch, nil
}

// takeOver learns what the outbox before knew by heart.
func (d *delivery) takeOver(ctx context.Context, before turn) error {
	d.domains.load(before.Slots)
	d.line.forget()
	for l, err := range letters.All(ctx, d.db, store.By("state", Retrying)) {
		if err != nil {
			return err
		}
		d.line.hold(l)
	}
	return nil
}

// reading is how far one delivery has read what was due when it began.
type reading [2]struct {
	cursor string
	done   bool
}

// due reads the next letters: urgent ones, those to try again, those that wait.
// Nothing is read twice, but for the urgent ones that came meanwhile.
func (d *delivery) due(ctx context.Context, tx *store.Tx, at *reading) ([]taken, error) {
	urgent := store.By("state", Waiting).Between(nil, urgentDue.Add(time.Millisecond)).Limit(d.Batch)
	page, err := letters.Find(ctx, tx, urgent)
	if err != nil {
		return nil, err
	}
	batch := d.line.fresh(nil, page)
	for i, state := range []State{Retrying, Waiting} {
		for len(batch) < d.Batch && !at[i].done {
			q := store.By("state", state).Between(urgentDue.Add(time.Millisecond), d.begun.Add(time.Millisecond))
			page, err := letters.Find(ctx, tx, q.After(at[i].cursor).Limit(d.Batch-len(batch)))
			if err != nil {
				return nil, err
			}
			batch = d.line.fresh(batch, page)
			at[i].cursor, at[i].done = page.Next, page.Next == ""
		}
	}
	slices.SortStableFunc(batch, inOrder)
	return batch, nil
}

// inOrder sorts as precedes; letters of one instant by their versions, which
// begin with the microsecond in which each was made.
func inOrder(a, b taken) int {
	switch {
	case precedes(a.Letter, b.Letter):
		return -1
	case precedes(b.Letter, a.Letter):
		return 1
	case a.version != b.version:
		return int(a.version - b.version)
	}
	return strings.Compare(a.ID, b.ID)
}

// renew keeps the turn while letters are being sent.
func (d *delivery) renew(done <-chan struct{}) {
	tick := time.NewTicker(d.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		now := d.Clock()
		kept, err := d.turn(func(t *turn) { t.Until = now.Add(d.Lease) })
		if err != nil || !kept {
			d.note(err)
			continue
		}
		d.until.Store(now.Add(d.Lease).UnixNano())
	}
}

// release gives the turn back. The token stays, so that who comes next knows
// whether it was the last.
func (d *delivery) release() error {
	if d.until.Load() == 0 {
		return nil
	}
	_, err := d.turn(func(t *turn) {
		t.Until, t.Letters, t.Slots = time.Time{}, nil, d.domains.ahead(d.Clock())
	})
	return err
}

// turn changes the turn while it is this outbox's.
func (d *delivery) turn(change func(*turn)) (mine bool, err error) {
	err = d.db.Update(d.lasting, func(tx *store.Tx) error {
		t, err := getTurn(d.lasting, tx)
		if mine = t.Token == d.token; err != nil || !mine {
			return err
		}
		change(&t)
		return turns.Put(tx, t)
	})
	return mine, err
}
