package storetest

import (
	"math"
	"testing"
	"time"

	"convene/internal/store"
)

// order checks sorting and paging; each case lists its guests in the order that
// the query must return them. wantFound turns every one round as well.
func (s *suite) order(t *testing.T) {
	place := func(present bool, seat int64, name string) func(*guest) {
		return func(g *guest) { g.Present, g.Seat, g.Name = present, seat, name }
	}
	score := func(n float64) func(*guest) { return func(g *guest) { g.Score = n } }
	arrived := func(text string) func(*guest) {
		return func(g *guest) { g.Arrived = instant(t, text) }
	}
	for _, c := range []struct {
		name   string
		guests []guest
		query  store.Query
	}{
		{"by id", []guest{
			newGuest("A"), newGuest("Z"), newGuest("a"), newGuest("aa"), newGuest("z"), newGuest("é"), newGuest("日"), newGuest("🎫"),
		}, store.Query{}},
		{"text case and scripts", []guest{
			newGuest("01", named("")), newGuest("02", named(" ")), newGuest("03", named("10")), newGuest("04", named("9")),
			newGuest("05", named("Ada")), newGuest("06", named("Zoë")), newGuest("07", named("ada")), newGuest("08", named("ada b")),
			newGuest("09", named("zoe")), newGuest("10", named("Émile")), newGuest("11", named("émile")), newGuest("12", named("Ωmega")),
			newGuest("13", named("Яна")), newGuest("14", named("علي")), newGuest("15", named("日本")), newGuest("16", named("\uFFFD")), newGuest("17", named("😀")),
		}, store.By("by_name", "e")},
		{"equal values by id", []guest{
			newGuest("1", named("Same")), newGuest("2", named("Same")), newGuest("3", named("Same")), newGuest("4", named("Same")), newGuest("5", named("Same")),
		}, store.By("by_name", "e")},
		{"all fields fixed", []guest{newGuest("1"), newGuest("2"), newGuest("3"), newGuest("4")}, store.By("by_name", "e", "Guest")},
		{"several fields", []guest{
			newGuest("h", place(false, -1, "B")), newGuest("g", place(false, 0, "A")), newGuest("f", place(false, 2, "A")), newGuest("i", place(false, 2, "A")),
			newGuest("e", place(false, 10, "A")), newGuest("d", place(true, -7, "Z")), newGuest("c", place(true, 2, "A")), newGuest("b", place(true, 2, "B")),
			newGuest("a", place(true, 10, "A")),
		}, store.By("by_place", "e")},
		{"the rest of several fields", []guest{
			newGuest("3", place(true, 1, "A")), newGuest("2", place(true, 1, "B")), newGuest("1", place(true, 2, "A")),
		}, store.By("by_place", "e", true)},
		{"numbers", []guest{
			newGuest("9", score(-1e9)), newGuest("8", score(-1.5)), newGuest("7", score(-1)), newGuest("6", score(0)), newGuest("5", score(1e-9)),
			newGuest("4", score(0.5)), newGuest("3", score(2)), newGuest("2", score(2.25)), newGuest("1", score(10)), newGuest("0", score(1e21)),
		}, store.By("by_score", "e")},
		{"large whole numbers", []guest{
			newGuest("5", place(true, math.MinInt64, "")), newGuest("4", place(true, math.MinInt64+1, "")), newGuest("3", place(true, math.MaxInt64-2, "")),
			newGuest("2", place(true, math.MaxInt64-1, "")), newGuest("1", place(true, math.MaxInt64, "")),
		}, store.By("by_place", "e", true)},
		{"instants", []guest{
			newGuest("7", arrived("0001-01-01T00:00:00Z")), newGuest("6", arrived("1969-12-31T23:59:59.999Z")), newGuest("5", arrived("2026-11-20T12:00:00+05:00")),
			newGuest("4", arrived("2026-11-20T09:00:00.001999Z")), newGuest("3", arrived("2026-11-20T09:00:00.002Z")), newGuest("2", arrived("2026-11-20T04:30:00-05:00")),
			newGuest("1", arrived("9999-01-01T00:00:00Z")),
		}, store.By("by_arrival", "e")},
		{"a field of a field", []guest{
			newGuest("2", func(g *guest) { g.Address.City = "Cork" }), newGuest("1", func(g *guest) { g.Address.City = "Medellín" }),
		}, store.By("by_city", "e")},
		{"by a unique index", []guest{newGuest("1"), newGuest("2"), newGuest("3")}, store.By("badge", "e")},
		{"all leading fields open", []guest{newGuest("1"), newGuest("2"), newGuest("3")}, store.By("by_name")},
		{"nothing", nil, store.By("by_name", "e")},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := s.open(t)
			var ids []string
			for i, g := range c.guests {
				save(t, db, c.guests[len(c.guests)-1-i]) // in an order that is no help
				ids = append(ids, g.ID)
			}
			if c.name != "by id" && c.name != "all leading fields open" {
				save(t, db, newGuest("other", func(g *guest) { g.Event = "other" }))
			}
			wantFound(t, db, c.query, ids...)
		})
	}
	t.Run("a page stays put", func(t *testing.T) { pageStaysPut(t, s.open(t)) })
}

// pageStaysPut changes the listing between two pages: what was shown is neither
// repeated nor is anything skipped.
func pageStaysPut(t *testing.T, db *store.DB) {
	save(t, db, newGuest("1", named("B")), newGuest("2", named("D")), newGuest("3", named("F")))
	page, err := guests.Find(t.Context(), db, store.By("by_name", "e").Limit(2))
	if err != nil {
		t.Fatal(err)
	}
	remove(t, db, "2") // the very record that the cursor names
	save(t, db, newGuest("4", named("A")), newGuest("5", named("E")))
	page, err = guests.Find(t.Context(), db, store.By("by_name", "e").After(page.Next))
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 2 || page.Items[0].ID != "5" || page.Items[1].ID != "3" {
		t.Errorf("the second page holds %+v", page.Items)
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
