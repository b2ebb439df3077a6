package store_test

import (
	"errors"
	"testing"

	"convene/internal/store"
	"convene/internal/store/sqlite"
)

type colour struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

var (
	colours = store.NewCollection("colours", func(c colour) string { return c.ID })
	shapes  = store.NewCollection("shapes", func(c colour) string { return c.ID })
)

func TestMemo(t *testing.T) {
	engine, err := sqlite.Open(t.TempDir() + "/convene.db")
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, colours.Schema(), shapes.Schema())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	set := func(of store.Collection[colour], name string) {
		t.Helper()
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := of.Get(t.Context(), tx, "a"); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			return of.Put(tx, colour{ID: "a", Name: name})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var memo store.Memo[string, colour]
	reads := 0
	want := func(name string, wantReads int) {
		t.Helper()
		c, err := memo.Get(db, "a", func() (colour, error) {
			reads++
			return colours.Get(t.Context(), db, "a")
		}, "colours")
		if c.Name != name || errors.Is(err, store.ErrNotFound) != (name == "") || reads != wantReads {
			t.Errorf("the memo gives %q (%v) after %d reads, want %q after %d", c.Name, err, reads, name, wantReads)
		}
	}
	want("", 1)
	want("", 2) // what is not there is not remembered
	set(colours, "red")
	want("red", 3)
	want("red", 3)
	set(shapes, "round")
	want("red", 3)
	set(colours, "blue")
	want("blue", 4)
}
