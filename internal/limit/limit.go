// Package limit slows down those who try too often. Counts live in the store,
// so that all instances share them, under a hash: no address is kept.
package limit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"convene/internal/problem"
	"convene/internal/store"
)

// Rule allows Count tries in any window of length Per.
type Rule struct {
	Count int
	Per   time.Duration
}

// Try is one thing that is counted: what is tried and by whom.
type Try struct {
	What string // "sign-in"
	Who  string // an e-mail address, a network address
	Rule Rule
}

type window struct {
	ID   string    `json:"id"`
	Ends time.Time `json:"ends"`
	Used int       `json:"used"`
}

var windows = store.NewCollection("limits", func(w window) string { return w.ID }, store.On("ends", "ends"))

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{windows.Schema()} }

// Limiter counts tries.
type Limiter struct {
	db    *store.DB
	clock func() time.Time
}

// New makes a limiter on the store.
func New(db *store.DB, clock func() time.Time) *Limiter {
	return &Limiter{db: db, clock: clock}
}

// Allow counts the tries, all in one commit. When one of them has used up its
// window, none is counted and the answer is a problem of kind TooMany that says
// how many minutes to wait.
func (l *Limiter) Allow(ctx context.Context, tries ...Try) error {
	now := l.clock()
	return l.db.Update(ctx, func(tx *store.Tx) error {
		for _, t := range tries {
			if err := count(ctx, tx, now, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// Forgive takes back the tries, which turned out well: only failures shall use
// a window up.
func (l *Limiter) Forgive(ctx context.Context, tries ...Try) error {
	return l.db.Update(ctx, func(tx *store.Tx) error {
		for _, t := range tries {
			w, err := windows.Get(ctx, tx, key(t))
			if errors.Is(err, store.ErrNotFound) || err == nil && w.Used == 0 {
				continue
			}
			if err != nil {
				return err
			}
			w.Used--
			if err := windows.Put(tx, w); err != nil {
				return err
			}
		}
		return nil
	})
}

func count(ctx context.Context, tx *store.Tx, now time.Time, t Try) error {
	if t.Rule.Count <= 0 {
		return nil
	}
	id := key(t)
	w, err := windows.Get(ctx, tx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if !now.Before(w.Ends) {
		w = window{ID: id, Ends: now.Add(t.Rule.Per)}
	}
	if w.Used >= t.Rule.Count {
		minutes := int(w.Ends.Sub(now)/time.Minute) + 1
		return problem.New(problem.TooMany, "problem.too_many", "Minutes", minutes)
	}
	w.Used++
	return windows.Put(tx, w)
}

func key(t Try) string {
	sum := sha256.Sum256([]byte(t.What + "\x00" + strings.ToLower(t.Who)))
	return hex.EncodeToString(sum[:16])
}

// Purge removes windows that are over and returns how many there were.
func (l *Limiter) Purge(ctx context.Context) (int, error) {
	n := 0
	for {
		page, err := windows.Find(ctx, l.db, store.By("ends").Between(nil, l.clock()))
		if err != nil || len(page.Items) == 0 {
			return n, err
		}
		err = l.db.Update(ctx, func(tx *store.Tx) error {
			for _, w := range page.Items {
				if err := windows.Delete(ctx, tx, w.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += len(page.Items)
	}
}
