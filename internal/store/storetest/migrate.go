package storetest

import (
	"testing"

	"convene/internal/store"
)

// migrate checks that declarations may change under records that exist.
func (s *suite) migrate(t *testing.T) {
	t.Run("twice", func(t *testing.T) {
		engine := s.newEngine(t)
		db := openDB(t, engine)
		save(t, db, newGuest("ada"), newGuest("bob"))
		_, before, _ := guests.GetVersion(t.Context(), db, "ada")
		for range 2 {
			if err := engine.Migrate(t.Context(), []store.Schema{guests.Schema(), counters.Schema()}); err != nil {
				t.Fatal(err)
			}
		}
		_, after, err := guests.GetVersion(t.Context(), db, "ada")
		if err != nil || before != after {
			t.Errorf("the version was %d and is %d (%v)", before, after, err)
		}
		wantFound(t, db, store.By("by_name", "e"), "ada", "bob")
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			return guests.Create(tx, newGuest("eve", func(g *guest) { g.Badge = "ada" }))
		})
		wantDuplicate(t, "after a second migration", err)
	})
	t.Run("indexes come and go", func(t *testing.T) { indexesComeAndGo(t, s) })
	t.Run("a unique index over duplicates", func(t *testing.T) { uniqueOverDuplicates(t, s) })
}

// withIndexes is the guests' schema with other indexes.
func withIndexes(indexes ...store.Index) store.Schema {
	return store.Schema{Name: "guests", Indexes: indexes}
}

func indexesComeAndGo(t *testing.T, s *suite) {
	engine := s.newEngine(t)
	db := openDB(t, engine)
	ctx := t.Context()
	save(t, db,
		newGuest("1", named("C"), func(g *guest) { g.Seat, g.Badge, g.Terms = 2, "x", []string{"ada", "bee"} }),
		newGuest("2", named("B"), func(g *guest) { g.Seat, g.Badge, g.Terms = 1, "y", []string{"ada"} }),
	)
	bySeat, place := store.On("by_seat", "event", "seat"), store.Each("all_terms", "terms", "event").SortedBy("seat")
	migrate := func(indexes ...store.Index) {
		t.Helper()
		if err := engine.Migrate(ctx, []store.Schema{withIndexes(indexes...), counters.Schema()}); err != nil {
			t.Fatal(err)
		}
	}
	find := func(plan store.Plan, want ...string) {
		t.Helper()
		plan.Collection, plan.Equal, plan.Limit = "guests", []any{"e"}, 10
		records, err := engine.Find(ctx, plan)
		if err != nil || len(records) != len(want) {
			t.Fatalf("found %d records, %v; want %q", len(records), err, want)
		}
		for i, rec := range records {
			if rec.ID != want[i] {
				t.Errorf("record %d is %s, want %s", i, rec.ID, want[i])
			}
		}
	}
	seats := store.Plan{Index: bySeat, Next: "seat", Order: []string{"seat"}}
	terms := store.Plan{Index: place, Next: "id", Order: []string{"seat"}, Has: []store.Term{{Text: "ada"}}}

	migrate(bySeat, place) // "badge" and the others go
	find(seats, "2", "1")
	find(terms, "2", "1")
	if err := change(ctx, db, "2", func(g *guest) { g.Badge, g.Seat = "x", 3 }); err != nil {
		t.Fatalf("the unique index is still there: %v", err)
	}
	find(seats, "1", "2")
	find(terms, "1", "2")

	migrate(bySeat) // the many-valued index goes, and comes back after a change
	if err := change(ctx, db, "1", func(g *guest) { g.Terms = []string{"eve"} }); err != nil {
		t.Fatal(err)
	}
	remove(t, db, "2")
	save(t, db, newGuest("3", func(g *guest) { g.Terms = []string{"ada"} }))
	migrate(bySeat, place)
	find(terms, "3")

	// The same name over other fields is another index.
	byName := store.On("by_seat", "event", "name")
	migrate(byName, place)
	find(store.Plan{Index: byName, Next: "name", Order: []string{"name"}}, "1", "3")
}

// uniqueOverDuplicates declares a unique index that existing records break: the
// migration fails, and the records stay.
func uniqueOverDuplicates(t *testing.T, s *suite) {
	engine := s.newEngine(t)
	db := openDB(t, engine)
	save(t, db, newGuest("1"), newGuest("2"))
	err := engine.Migrate(t.Context(), []store.Schema{withIndexes(store.Unique("one_name", "event", "name")), counters.Schema()})
	if err == nil {
		t.Error("a unique index was made over duplicates")
	}
	if err := engine.Migrate(t.Context(), []store.Schema{guests.Schema(), counters.Schema()}); err != nil {
		t.Fatalf("the old declaration no longer works: %v", err)
	}
	wantFound(t, db, store.By("by_name", "e"), "1", "2")
}
