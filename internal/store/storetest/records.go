package storetest

import (
	"errors"
	"testing"

	"convene/internal/store"
)

// records checks the life of one record through the typed collection.
func (s *suite) records(t *testing.T) {
	db := s.open(t)
	ctx := t.Context()

	if _, err := guests.Get(ctx, db, "ada"); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("before it is made: got %v, want ErrNotFound", err)
	}
	save(t, db, newGuest("ada", named("Ada")))
	_, made, err := guests.GetVersion(ctx, db, "ada")
	if err != nil || made <= 0 {
		t.Fatalf("GetVersion = %d, %v", made, err)
	}

	t.Run("duplicate", func(t *testing.T) {
		err := db.Update(ctx, func(tx *store.Tx) error { return guests.Create(tx, newGuest("ada")) })
		if !store.IsDuplicate(err, "id") || !errors.Is(err, store.ErrDuplicate) {
			t.Errorf("got %v, want a duplicate id", err)
		}
		if got := get(t, db, "ada").Name; got != "Ada" {
			t.Errorf("the record that stood became %q", got)
		}
	})
	t.Run("change", func(t *testing.T) {
		if err := change(ctx, db, "ada", named("Ada L.")); err != nil {
			t.Fatal(err)
		}
		g, version, err := guests.GetVersion(ctx, db, "ada")
		if err != nil || g.Name != "Ada L." || version != made+1 {
			t.Errorf("got %q at %d (%v), want Ada L. at %d", g.Name, version, err, made+1)
		}
	})
	t.Run("missing", func(t *testing.T) {
		if err := change(ctx, db, "nobody", named("X")); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("change: got %v, want ErrNotFound", err)
		}
		err := db.Update(ctx, func(tx *store.Tx) error { return guests.Delete(ctx, tx, "nobody") })
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("delete: got %v, want ErrNotFound", err)
		}
	})
	t.Run("delete and make again", func(t *testing.T) {
		remove(t, db, "ada")
		if _, err := guests.Get(ctx, db, "ada"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		save(t, db, newGuest("ada"))
		_, version, err := guests.GetVersion(ctx, db, "ada")
		if err != nil || version <= made+1 {
			t.Errorf("made again at version %d (%v), which %d had before", version, err, made+1)
		}
	})
	t.Run("same id in another collection", func(t *testing.T) {
		err := db.Update(ctx, func(tx *store.Tx) error { return counters.Create(tx, counter{ID: "ada"}) })
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("ping", func(t *testing.T) {
		if err := db.Ping(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Run("ids", func(t *testing.T) { oddIDs(t, db) })
}

// oddIDs keeps records whose ids need care in one query language or another.
func oddIDs(t *testing.T, db *store.DB) {
	for _, id := range []string{
		"a/b", "a.b", "$id", "'; --", `"`, "日本", "🎫", "%", "_", "é", " ", "ping?", "0", "1e3",
		"2026-11-20T10:00:00.000Z", // looks like an instant, is a name
		"0123456789abcdef01234567", // looks like MongoDB's own ids
	} {
		g := newGuest(id, func(g *guest) { g.Event = "odd" })
		save(t, db, g)
		if got := get(t, db, id).ID; got != id {
			t.Errorf("saved %q, found %q", id, got)
		}
		if err := change(t.Context(), db, id, named("changed")); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
}
