package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"convene/internal/store"
)

// guest is the suite's record: a field of every kind that an index may hold.
type guest struct {
	ID      string    `json:"id"`
	Event   string    `json:"event"`
	Name    string    `json:"name"`
	Badge   string    `json:"badge"`
	Seat    int64     `json:"seat"`
	Score   float64   `json:"score"`
	Present bool      `json:"present"`
	Arrived time.Time `json:"arrived"`
	Address address   `json:"address"`
	Terms   []string  `json:"terms"`
}

type address struct {
	City string `json:"city"`
}

var guests = store.NewCollection("guests", func(g guest) string { return g.ID },
	store.On("by_name", "event", "name"),
	store.On("by_place", "event", "present", "seat", "name"),
	store.On("by_score", "event", "score"),
	store.On("by_arrival", "event", "arrived"),
	store.On("by_city", "event", "address.city"),
	store.Unique("badge", "event", "badge"),
	store.Each("search", "terms", "event").SortedBy("name"),
)

// counter is a second collection, with no index at all.
type counter struct {
	ID string `json:"id"`
	N  int64  `json:"n"`
}

var counters = store.NewCollection("counters", func(c counter) string { return c.ID })

// newGuest returns a guest of event "e" whose badge is its id.
func newGuest(id string, with ...func(*guest)) guest {
	g := guest{ID: id, Event: "e", Name: "Guest", Badge: id, Terms: []string{}}
	for _, f := range with {
		f(&g)
	}
	return g
}

func named(name string) func(*guest) { return func(g *guest) { g.Name = name } }

// save creates the guests in one commit.
func save(t *testing.T, db *store.DB, list ...guest) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		for _, g := range list {
			if err := guests.Create(tx, g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// change reads a guest, changes it and puts it back.
func change(ctx context.Context, db *store.DB, id string, edit func(*guest)) error {
	return db.Update(ctx, func(tx *store.Tx) error {
		g, err := guests.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		edit(&g)
		return guests.Put(tx, g)
	})
}

func remove(t *testing.T, db *store.DB, id string) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *store.Tx) error { return guests.Delete(t.Context(), tx, id) })
	if err != nil {
		t.Fatal(err)
	}
}

// found pages through everything that the query meets, size records at a time,
// and returns the ids.
func found(t *testing.T, r store.Reader, q store.Query, size int) []string {
	t.Helper()
	ids := []string{}
	q = q.Limit(size)
	for {
		page, err := guests.Find(t.Context(), r, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) > size {
			t.Fatalf("a page of %d holds %d", size, len(page.Items))
		}
		for _, g := range page.Items {
			ids = append(ids, g.ID)
		}
		if page.Next == "" {
			return ids
		}
		q = q.After(page.Next)
	}
}

// wantFound checks a query at several page sizes, forwards, backwards and
// counted.
func wantFound(t *testing.T, db *store.DB, q store.Query, want ...string) {
	t.Helper()
	backwards := slices.Clone(want)
	slices.Reverse(backwards)
	for _, size := range []int{1, 2, 3, 100} {
		if got := found(t, db, q, size); !slices.Equal(got, want) {
			t.Errorf("in pages of %d: got %q, want %q", size, got, want)
		}
		if got := found(t, db, q.Backwards(), size); !slices.Equal(got, backwards) {
			t.Errorf("backwards in pages of %d: got %q, want %q", size, got, backwards)
		}
	}
	n, err := guests.Count(t.Context(), db, q)
	if err != nil || n != len(want) {
		t.Errorf("Count = %d, %v; want %d", n, err, len(want))
	}
}

// get returns a guest that must be there.
func get(t *testing.T, r store.Reader, id string) guest {
	t.Helper()
	g, err := guests.Get(t.Context(), r, id)
	if err != nil {
		t.Fatalf("guest %s: %v", id, err)
	}
	return g
}
