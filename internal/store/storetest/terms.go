package storetest

import (
	"fmt"
	"testing"

	"convene/internal/store"
)

// terms checks many-valued indexes. The index is sorted by name, so ids run
// against it.
func (s *suite) terms(t *testing.T) {
	db := s.open(t)
	terms := func(list ...string) func(*guest) { return func(g *guest) { g.Terms = list } }
	save(t, db,
		newGuest("5", named("A"), terms("ada", "lovelace", "london")),
		newGuest("4", named("B"), terms("adam", "smith", "edinburgh")),
		newGuest("3", named("C"), terms("ada", "smith", "ada", "日本")),
		newGuest("2", named("C"), terms("smithers", "")),
		newGuest("1", named("D"), terms()),
		newGuest("0", named("E"), terms("2026-11-20T10:00:00.000Z", "b\U0010FFFF", "c")),
		newGuest("other", named("A"), terms("ada"), func(g *guest) { g.Event = "f" }),
	)
	exact := func(text string) store.Term { return store.Term{Text: text} }
	prefix := func(text string) store.Term { return store.Term{Text: text, Prefix: true} }
	any := func(list ...string) store.Term { return store.Term{Any: list} }
	search := func(has ...store.Term) store.Query { return store.By("search", "e").Having(has...) }
	many := make([]string, 3000)
	for i := range many {
		many[i] = fmt.Sprint("nobody ", i)
	}

	for _, c := range []struct {
		name  string
		query store.Query
		want  []string
	}{
		{"exact", search(exact("ada")), []string{"5", "3"}},
		{"prefix", search(prefix("ada")), []string{"5", "4", "3"}},
		{"equal names by id", search(prefix("smith")), []string{"4", "2", "3"}},
		{"both of two", search(exact("ada"), exact("smith")), []string{"3"}},
		{"exact and prefix", search(exact("smith"), prefix("ed")), []string{"4"}},
		{"two prefixes met by one term", search(prefix("ad"), prefix("ada")), []string{"5", "4", "3"}},
		{"two prefixes", search(prefix("l"), prefix("a")), []string{"5"}},
		{"three terms", search(prefix("a"), prefix("s"), prefix("日")), []string{"3"}},
		{"none", search(exact("ada"), exact("nobody")), nil},
		{"not a prefix", search(exact("ad")), nil},
		{"upper case", search(prefix("Ada")), nil},
		// A range over several terms is not met by one term above and another below it.
		{"no term between", search(prefix("b"), prefix("bb")), nil},
		{"the last character", search(prefix("b\U0010FFFF")), []string{"0"}},
		{"any of several", search(any("smith", "ada", "nobody")), []string{"5", "4", "3"}},
		{"any of one", search(any("smith")), []string{"4", "3"}},
		{"any of several, and a prefix", search(any("ada", "edinburgh"), prefix("sm")), []string{"4", "3"}},
		{"any and any", search(any("adam", "smithers"), any("", "edinburgh")), []string{"4", "2"}},
		{"any of thousands", search(any(append(many, "smith")...)), []string{"4", "3"}},
		{"any of none", search(store.Term{Any: []string{}}), nil},
		{"like an instant", search(exact("2026-11-20T10:00:00.000Z")), []string{"0"}},
		{"empty text", search(exact("")), []string{"2"}},
	} {
		t.Run(c.name, func(t *testing.T) { wantFound(t, db, c.query, c.want...) })
	}
	t.Run("change", func(t *testing.T) {
		if err := change(t.Context(), db, "4", terms("eve")); err != nil {
			t.Fatal(err)
		}
		remove(t, db, "5")
		wantFound(t, db, search(prefix("ada")), "3")
		wantFound(t, db, search(exact("eve")), "4")
		wantFound(t, db, search(exact("edinburgh")))
	})
	t.Run("rename", func(t *testing.T) {
		if err := change(t.Context(), db, "2", named("AA")); err != nil {
			t.Fatal(err)
		}
		wantFound(t, db, search(prefix("smith")), "2", "3")
	})
}
