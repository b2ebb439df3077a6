package storetest

import (
	"math"
	"reflect"
	"testing"
	"time"

	"convene/internal/store"
)

// values checks that Go values come back equal, instants in UTC at
// milliseconds, and that an empty list stays an empty list.
func (s *suite) values(t *testing.T) {
	at := func(zone string, seconds int) func(*guest) {
		return func(g *guest) {
			place := time.FixedZone(zone, seconds)
			g.Arrived = time.Date(2026, 11, 20, 9, 0, 0, 123_987_654, place)
		}
	}
	for _, c := range []struct {
		name string
		with func(*guest)
	}{
		{"zero instant", func(*guest) {}},
		{"UTC", at("UTC", 0)},
		{"zone ahead", at("IST", 5*3600+1800)},
		{"zone behind", at("NST", -3*3600-1800)},
		{"now", func(g *guest) { g.Arrived = time.Now() }},
		{"before 1970", func(g *guest) { g.Arrived = time.Date(1961, 4, 12, 6, 7, 0, 999_999, time.UTC) }},
		{"no list", func(g *guest) { g.Terms = nil }},
		{"empty list", func(g *guest) { g.Terms = []string{} }},
		{"list with an empty text", func(g *guest) { g.Terms = []string{""} }},
		{"list keeps its order", func(g *guest) { g.Terms = []string{"b", "a", "b"} }},
		{"largest whole number", func(g *guest) { g.Seat = math.MaxInt64 }},
		{"smallest whole number", func(g *guest) { g.Seat = math.MinInt64 }},
		{"fraction", func(g *guest) { g.Score = 0.1 }},
		{"smallest fraction", func(g *guest) { g.Score = math.SmallestNonzeroFloat64 }},
		{"largest fraction", func(g *guest) { g.Score = math.MaxFloat64 }},
		{"number beyond int64", func(g *guest) { g.Score = 1 << 63 }},
		{"minus zero", func(g *guest) { g.Score = math.Copysign(0, -1) }},
		{"empty text", func(g *guest) { g.Name, g.Address.City = "", "" }},
		{"a name like an instant", func(g *guest) { g.Name = "2026-11-20T10:00:00.000Z" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := s.open(t)
			saved := newGuest("ada", c.with)
			save(t, db, saved)

			want := saved
			want.Arrived = saved.Arrived.UTC().Truncate(time.Millisecond)
			if want.Terms == nil {
				want.Terms = []string{} // the codec writes [] for both
			}
			if got := get(t, db, "ada"); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			wantFound(t, db, store.By("by_arrival", "e", saved.Arrived), "ada")
			wantFound(t, db, store.By("by_name", "e", saved.Name), "ada")
		})
	}
}
