package storetest

import (
	"fmt"
	"sync"
	"testing"

	"convene/internal/store"
)

// contention sends many goroutines after few records.
func (s *suite) contention(t *testing.T) {
	t.Run("nothing is lost", func(t *testing.T) { countTo100(t, s.open(t)) })
	t.Run("the last seat", func(t *testing.T) { lastSeats(t, s.open(t)) })
	t.Run("write skew", func(t *testing.T) { writeSkew(t, s.open(t)) })
	t.Run("write skew on a missing record", func(t *testing.T) { missingSkew(t, s.open(t)) })
}

// countTo100 lets 100 goroutines, spread over the databases, add one to one
// record.
func countTo100(t *testing.T, dbs ...*store.DB) {
	seedCounters(t, dbs[0], "seats")
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			if err := add(t, dbs[i%len(dbs)], "seats", 1); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := read(t, dbs[0], "seats"); n != 100 {
		t.Errorf("100 increments made %d", n)
	}
}

// lastSeats lets 30 people register for 7 seats; each registration is a record
// beside the counter.
func lastSeats(t *testing.T, db *store.DB) {
	seedCounters(t, db, "left")
	if err := add(t, db, "left", 7); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			err := db.Update(ctx, func(tx *store.Tx) error {
				left, err := counters.Get(ctx, tx, "left")
				if err != nil || left.N == 0 {
					return err
				}
				left.N--
				if err := counters.Put(tx, left); err != nil {
					return err
				}
				return guests.Create(tx, newGuest(fmt.Sprint(i)))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	n, err := guests.Count(ctx, db, store.By("by_name", "e"))
	if left := read(t, db, "left"); left != 0 || n != 7 || err != nil {
		t.Errorf("%d seats left, %d guests (%v); want 0 and 7", left, n, err)
	}
}

// writeSkew: two transactions read both counters, and each may take its own
// from 1 to 0 only while the other stands at 1. Serially one of them must find
// the other gone.
func writeSkew(t *testing.T, db *store.DB) {
	ctx := t.Context()
	for round := range 10 {
		a, b := fmt.Sprintf("a%d", round), fmt.Sprintf("b%d", round)
		seedCounters(t, db, a, b)
		for _, id := range []string{a, b} {
			if err := add(t, db, id, 1); err != nil {
				t.Fatal(err)
			}
		}
		leave := func(own, other string, met *sync.WaitGroup) error {
			first := true
			return db.Update(ctx, func(tx *store.Tx) error {
				mine, err := counters.Get(ctx, tx, own)
				if err != nil {
					return err
				}
				theirs, err := counters.Get(ctx, tx, other)
				if err != nil {
					return err
				}
				if first { // both have read before either writes
					first = false
					met.Done()
					met.Wait()
				}
				if theirs.N == 0 {
					return nil
				}
				mine.N = 0
				return counters.Put(tx, mine)
			})
		}
		inPair(t, func(met *sync.WaitGroup) error { return leave(a, b, met) }, func(met *sync.WaitGroup) error { return leave(b, a, met) })
		if sum := read(t, db, a) + read(t, db, b); sum != 1 {
			t.Errorf("round %d: %d left, want 1", round, sum)
		}
	}
}

// missingSkew: two transactions each make a record unless the other's exists.
func missingSkew(t *testing.T, db *store.DB) {
	ctx := t.Context()
	for round := range 10 {
		a, b := fmt.Sprintf("a%d", round), fmt.Sprintf("b%d", round)
		enter := func(own, other string, met *sync.WaitGroup) error {
			first := true
			return db.Update(ctx, func(tx *store.Tx) error {
				_, err := counters.Get(ctx, tx, other)
				if first {
					first = false
					met.Done()
					met.Wait()
				}
				if err == nil {
					return nil
				}
				return counters.Create(tx, counter{ID: own})
			})
		}
		inPair(t, func(met *sync.WaitGroup) error { return enter(a, b, met) }, func(met *sync.WaitGroup) error { return enter(b, a, met) })
	}
	n, err := counters.Count(ctx, db, store.Query{})
	if err != nil || n != 10 {
		t.Errorf("%d records (%v), want one a round, 10", n, err)
	}
}

// inPair runs both at once; each says once that it has read, and waits for the
// other to have.
func inPair(t *testing.T, a, b func(met *sync.WaitGroup) error) {
	t.Helper()
	var met, done sync.WaitGroup
	met.Add(2)
	for _, run := range []func(*sync.WaitGroup) error{a, b} {
		done.Go(func() {
			if err := run(&met); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
}

func seedCounters(t *testing.T, db *store.DB, ids ...string) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for _, id := range ids {
			if err := counters.Create(tx, counter{ID: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, db *store.DB, id string, n int64) error {
	ctx := t.Context()
	return db.Update(ctx, func(tx *store.Tx) error {
		c, err := counters.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		c.N += n
		return counters.Put(tx, c)
	})
}

func read(t *testing.T, r store.Reader, id string) int64 {
	t.Helper()
	c, err := counters.Get(t.Context(), r, id)
	if err != nil {
		t.Fatal(err)
	}
	return c.N
}
