package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"convene/internal/store"
)

// unique checks unique indexes one after the other and in a race.
func (s *suite) unique(t *testing.T) {
	badge := func(b string) func(*guest) { return func(g *guest) { g.Badge = b } }

	t.Run("names the index", func(t *testing.T) {
		db := s.open(t)
		save(t, db, newGuest("ada", badge("1")), newGuest("bob", badge("2")))
		err := db.Update(t.Context(), func(tx *store.Tx) error { return guests.Create(tx, newGuest("eve", badge("1"))) })
		wantDuplicate(t, "create", err)
		err = change(t.Context(), db, "bob", badge("1"))
		wantDuplicate(t, "change", err)
		wantFound(t, db, store.By("badge", "e"), "ada", "bob")
	})
	t.Run("is within the leading fields", func(t *testing.T) {
		db := s.open(t)
		save(t, db, newGuest("ada", badge("1")))
		save(t, db, newGuest("bob", badge("1"), func(g *guest) { g.Event = "f" }))
	})
	t.Run("is exact", func(t *testing.T) {
		db := s.open(t)
		save(t, db, newGuest("a", badge("é")), newGuest("b", badge("e\u0301")), newGuest("c", badge("É")), newGuest("d", badge("é ")))
	})
	t.Run("frees what is deleted", func(t *testing.T) {
		db := s.open(t)
		save(t, db, newGuest("ada", badge("1")))
		remove(t, db, "ada")
		save(t, db, newGuest("bob", badge("1")))
	})
	t.Run("keeps its own value", func(t *testing.T) {
		db := s.open(t)
		save(t, db, newGuest("ada", badge("1")))
		if err := change(t.Context(), db, "ada", named("Ada")); err != nil {
			t.Error(err)
		}
	})
	t.Run("race", func(t *testing.T) {
		raceForBadge(t, s.open(t))
	})
}

func wantDuplicate(t *testing.T, what string, err error) {
	t.Helper()
	if !store.IsDuplicate(err, "badge") {
		t.Errorf("%s: got %v, want a duplicate badge", what, err)
	}
	var dup *store.DuplicateError
	if errors.As(err, &dup) && dup.Collection != "guests" {
		t.Errorf("%s: names the collection %q", what, dup.Collection)
	}
}

// raceForBadge lets 20 guests, spread over the databases, take one badge at
// once, in several rounds.
func raceForBadge(t *testing.T, dbs ...*store.DB) {
	for round := range 5 {
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				g := newGuest(fmt.Sprintf("%d-%02d", round, i), func(g *guest) { g.Badge = fmt.Sprint(round) })
				err := dbs[i%len(dbs)].Update(t.Context(), func(tx *store.Tx) error { return guests.Create(tx, g) })
				if err == nil {
					won.Add(1)
				} else {
					wantDuplicate(t, g.ID, err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("round %d: %d guests won the badge", round, won.Load())
		}
	}
}
