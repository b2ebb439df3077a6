package storetest

import (
	"fmt"
	"maps"
	"testing"

	"convene/internal/store"
)

// numbers checks Count and Tally.
func (s *suite) numbers(t *testing.T) {
	db := s.open(t)
	for i, city := range []string{"Cork", "Cork", "cork", "Medellín", "", "$name", "Cork"} {
		save(t, db, newGuest(fmt.Sprint(i), named(fmt.Sprintf("N%d", i%3)), func(g *guest) { g.Address.City = city }))
	}
	save(t, db, newGuest("other", func(g *guest) { g.Event = "f"; g.Address.City = "Cork" }))

	for _, c := range []struct {
		name  string
		query store.Query
		count int
		tally map[string]int // nil: the query leaves no field
	}{
		{"one event", store.By("by_city", "e"), 7, map[string]int{"Cork": 3, "cork": 1, "Medellín": 1, "": 1, "$name": 1}},
		{"another event", store.By("by_city", "f"), 1, map[string]int{"Cork": 1}},
		{"no event", store.By("by_city", "g"), 0, map[string]int{}},
		{"a prefix", store.By("by_city", "e").StartingWith("C"), 3, map[string]int{"Cork": 3}},
		{"a range", store.By("by_city", "e").Between("A", "N"), 4, map[string]int{"Cork": 3, "Medellín": 1}},
		{"events", store.By("by_city"), 8, map[string]int{"e": 7, "f": 1}},
		{"one city", store.By("by_city", "e", "Cork"), 3, nil},
		{"limits do not matter", store.By("by_name", "e").Limit(1).Backwards(), 7, map[string]int{"N0": 3, "N1": 2, "N2": 2}},
		{"everything", store.Query{}, 8, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := guests.Count(t.Context(), db, c.query)
			if err != nil || n != c.count {
				t.Errorf("Count = %d, %v; want %d", n, err, c.count)
			}
			if c.tally == nil {
				return
			}
			tally, err := guests.Tally(t.Context(), db, c.query)
			if err != nil || !maps.Equal(tally, c.tally) {
				t.Errorf("Tally = %v, %v; want %v", tally, err, c.tally)
			}
		})
	}
	t.Run("a later page counts all", func(t *testing.T) {
		page, err := guests.Find(t.Context(), db, store.By("by_name", "e").Limit(2))
		if err != nil {
			t.Fatal(err)
		}
		n, err := guests.Count(t.Context(), db, store.By("by_name", "e").After(page.Next))
		if err != nil || n != 7 {
			t.Errorf("Count = %d, %v; want 7", n, err)
		}
	})
}
