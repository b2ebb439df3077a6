package storetest

import (
	"fmt"
	"testing"

	"convene/internal/store"
)

// ranges checks prefixes and half-open ranges on the field after the fixed
// ones. Each case lists the ids it must find, in order.
func (s *suite) ranges(t *testing.T) {
	db := s.open(t)
	for i, name := range []string{"", "a", "ab", "ab\U0010FFFF", "ab\U0010FFFFc", "abc", "ac", "b", "e\u0301", "z", "é", "日本", "日本語", "\U0010FFFF", "\U0010FFFFx"} {
		save(t, db, newGuest(fmt.Sprintf("%02d", i), named(name), func(g *guest) {
			g.Seat = int64(i)
			g.Score = float64(i) / 2
			g.Arrived = instant(t, "2026-11-20T09:00:00Z").AddDate(0, 0, i)
		}))
	}
	save(t, db, newGuest("other", named("ab"), func(g *guest) { g.Event = "f" }))
	day := func(i int) any { return instant(t, "2026-11-20T09:00:00Z").AddDate(0, 0, i) }

	for _, c := range []struct {
		name  string
		query store.Query
		want  []string
	}{
		{"prefix", store.By("by_name", "e").StartingWith("ab"), []string{"02", "05", "03", "04"}},
		{"prefix of one", store.By("by_name", "e").StartingWith("abc"), []string{"05"}},
		{"prefix of none", store.By("by_name", "e").StartingWith("abd"), nil},
		{"prefix in upper case", store.By("by_name", "e").StartingWith("AB"), nil},
		{"prefix of wildcards", store.By("by_name", "e").StartingWith("%"), nil},
		{"prefix of one pattern character", store.By("by_name", "e").StartingWith("."), nil},
		{"prefix beyond ASCII", store.By("by_name", "e").StartingWith("日"), []string{"11", "12"}},
		{"prefix of the last character", store.By("by_name", "e").StartingWith("\U0010FFFF"), []string{"13", "14"}},
		{"prefix that is not composed", store.By("by_name", "e").StartingWith("e"), []string{"08"}},
		{"prefix of ids", store.Query{}.StartingWith("1"), []string{"10", "11", "12", "13", "14"}},
		{"text from", store.By("by_name", "e").Between("日", nil), []string{"11", "12", "13", "14"}},
		{"text to", store.By("by_name", "e").Between(nil, "ab"), []string{"00", "01"}},
		{"text between", store.By("by_name", "e").Between("ab", "b"), []string{"02", "05", "03", "04", "06"}},
		{"ids between", store.Query{}.Between("03", "06"), []string{"03", "04", "05"}},
		{"numbers between", store.By("by_place", "e", false).Between(3, 6), []string{"03", "04", "05"}},
		{"a range of nothing", store.By("by_place", "e", false).Between(6, 3), nil},
		{"fractions between", store.By("by_score", "e").Between(1.25, 2.5), []string{"03", "04"}},
		{"fractions between whole numbers", store.By("by_score", "e").Between(1, 2), []string{"02", "03"}},
		{"instants from", store.By("by_arrival", "e").Between(day(12), nil), []string{"12", "13", "14"}},
		{"instants to", store.By("by_arrival", "e").Between(nil, day(2)), []string{"00", "01"}},
		{"instants between", store.By("by_arrival", "e").Between(day(2), day(4)), []string{"02", "03"}},
		{"an instant", store.By("by_arrival", "e", day(2)), []string{"02"}},
		{"a whole number", store.By("by_score", "e", 3), []string{"06"}},
		{"a fraction", store.By("by_score", "e", 3.5), []string{"07"}},
	} {
		t.Run(c.name, func(t *testing.T) { wantFound(t, db, c.query, c.want...) })
	}
}
