package storetest

import (
	"context"
	"errors"
	"testing"

	"convene/internal/store"
)

var errStop = errors.New("stop")

// transaction checks what one run of Update sees and leaves.
func (s *suite) transaction(t *testing.T) {
	for _, c := range []struct {
		name  string
		run   func(ctx context.Context, t *testing.T, tx *store.Tx) error
		want  error
		after string // of ada afterwards; "" if she is gone
	}{
		{"reads its own put", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			g := get(t, tx, "ada")
			g.Name = "Countess"
			if err := guests.Put(tx, g); err != nil {
				return err
			}
			if got := get(t, tx, "ada").Name; got != "Countess" {
				t.Errorf("reads %q", got)
			}
			return nil
		}, nil, "Countess"},
		{"reads its own delete", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			if err := guests.Delete(ctx, tx, "ada"); err != nil {
				return err
			}
			_, err := guests.Get(ctx, tx, "ada")
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("reads %v", err)
			}
			return nil
		}, nil, ""},
		{"reads its own create", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			if err := guests.Create(tx, newGuest("bob")); err != nil {
				return err
			}
			get(t, tx, "bob")
			return nil
		}, nil, "Ada"},
		{"puts what it read as missing", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			if _, err := guests.Get(ctx, tx, "bob"); !errors.Is(err, store.ErrNotFound) {
				return err
			}
			return guests.Put(tx, newGuest("bob"))
		}, nil, "Ada"},
		{"makes and removes", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			if err := guests.Create(tx, newGuest("bob")); err != nil {
				return err
			}
			return guests.Delete(ctx, tx, "bob")
		}, nil, "Ada"},
		{"removes and makes", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			if err := guests.Delete(ctx, tx, "ada"); err != nil {
				return err
			}
			return guests.Create(tx, newGuest("ada", named("Second")))
		}, nil, "Second"},
		{"puts twice", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			g := get(t, tx, "ada")
			g.Name = "Once"
			if err := guests.Put(tx, g); err != nil {
				return err
			}
			g.Name = "Twice"
			return guests.Put(tx, g)
		}, nil, "Twice"},
		{"creates twice", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			if err := guests.Create(tx, newGuest("bob")); err != nil {
				return err
			}
			return guests.Create(tx, newGuest("bob"))
		}, store.ErrDuplicate, "Ada"},
		{"ends with an error", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			g := get(t, tx, "ada")
			g.Name = "Lost"
			if err := guests.Put(tx, g); err != nil {
				return err
			}
			return errStop
		}, errStop, "Ada"},
		{"writes what it found", func(ctx context.Context, t *testing.T, tx *store.Tx) error {
			g, err := guests.First(ctx, tx, store.By("badge", "e", "ada"))
			if err != nil {
				return err
			}
			g.Name = "Found"
			return guests.Put(tx, g)
		}, nil, "Found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := s.open(t)
			save(t, db, newGuest("ada", named("Ada")))
			ctx := t.Context()
			err := db.Update(ctx, func(tx *store.Tx) error { return c.run(ctx, t, tx) })
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			g, err := guests.Get(ctx, db, "ada")
			if c.after == "" {
				if !errors.Is(err, store.ErrNotFound) {
					t.Errorf("ada afterwards: %v", err)
				}
			} else if err != nil || g.Name != c.after {
				t.Errorf("afterwards %q (%v), want %q", g.Name, err, c.after)
			}
		})
	}
	t.Run("runs again", func(t *testing.T) { runsAgain(t, s.open(t)) })
	t.Run("puts what was read before", func(t *testing.T) { putsAtVersion(t, s.open(t)) })
	t.Run("missing then made", func(t *testing.T) { missingThenMade(t, s.open(t)) })
}

// runsAgain changes a record behind a transaction's back: the transaction must
// run a second time, and on what it then reads.
func runsAgain(t *testing.T, db *store.DB) {
	save(t, db, newGuest("ada"), newGuest("bob"))
	ctx := t.Context()
	runs := 0
	err := db.Update(ctx, func(tx *store.Tx) error {
		runs++
		read := get(t, tx, "ada") // only read
		if runs == 1 {
			if err := change(ctx, db, "ada", named("New")); err != nil {
				return err
			}
		}
		bob := get(t, tx, "bob")
		bob.Name = "with " + read.Name
		return guests.Put(tx, bob)
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, %v; want 2", runs, err)
	}
	if got := get(t, db, "bob").Name; got != "with New" {
		t.Errorf("got %q", got)
	}
}

// missingThenMade makes a record that a transaction has seen missing.
func missingThenMade(t *testing.T, db *store.DB) {
	ctx := t.Context()
	runs := 0
	err := db.Update(ctx, func(tx *store.Tx) error {
		runs++
		_, err := guests.Get(ctx, tx, "ada")
		if runs == 1 {
			save(t, db, newGuest("ada"))
			return guests.Create(tx, newGuest("bob"))
		}
		return err
	})
	if err != nil || runs != 2 {
		t.Errorf("%d runs, %v; want 2", runs, err)
	}
	if _, err := guests.Get(ctx, db, "bob"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("bob was written by the run that met a conflict: %v", err)
	}
}

// putsAtVersion writes at a version that was read outside the transaction: once
// while the record is at it, then again when it no longer is.
func putsAtVersion(t *testing.T, db *store.DB) {
	save(t, db, newGuest("ada", named("Ada")))
	ctx := t.Context()
	page, err := guests.Find(ctx, db, store.By("badge", "e", "ada"))
	if err != nil || len(page.Versions) != 1 {
		t.Fatalf("versions %v, %v", page.Versions, err)
	}
	for _, want := range []struct {
		name string
		runs int
	}{{"First", 1}, {"Second", 2}} {
		runs := 0
		err := db.Update(ctx, func(tx *store.Tx) error {
			runs++
			g := newGuest("ada", named(want.name))
			if runs == 1 {
				return guests.PutAt(tx, g, page.Versions[0])
			}
			if got := get(t, tx, "ada").Name; got != "First" {
				t.Errorf("the second run reads %q", got)
			}
			return guests.Put(tx, g)
		})
		if err != nil || runs != want.runs {
			t.Errorf("%s: %d runs, %v; want %d", want.name, runs, err, want.runs)
		}
		if got := get(t, db, "ada").Name; got != want.name {
			t.Errorf("got %q, want %q", got, want.name)
		}
	}
}
