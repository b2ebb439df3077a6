package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/store"
)

// transfer moves a database by export and import, and by copy.
func (s *suite) transfer(t *testing.T) {
	t.Run("copy", func(t *testing.T) { Copy(t, s.newEngine(t), s.newEngine(t)) })
	t.Run("export and import", func(t *testing.T) {
		from, to := s.open(t), s.open(t)
		n := fill(t, from)
		var file bytes.Buffer
		if wrote, err := from.Export(t.Context(), &file); err != nil || wrote != n {
			t.Fatalf("Export = %d, %v; want %d", wrote, err, n)
		}
		if lines := strings.Count(file.String(), "\n"); lines != n+1 {
			t.Errorf("%d lines for %d records and the last line", lines, n)
		}
		if brought, err := to.Import(t.Context(), &file); err != nil || brought != n {
			t.Fatalf("Import = %d, %v; want %d", brought, err, n)
		}
		wantEqual(t, from, to)
	})
	t.Run("into what is not empty", func(t *testing.T) {
		from, to := s.open(t), s.open(t)
		fill(t, from)
		save(t, to, newGuest("here"))
		if _, err := to.Copy(t.Context(), from); err == nil {
			t.Error("records were mixed")
		}
		wantFound(t, to, store.Query{}, "here")
	})
	t.Run("unknown collection", func(t *testing.T) {
		line := `{"collection":"ghosts","id":"1","version":1,"body":{}}`
		if _, err := s.open(t).Import(t.Context(), strings.NewReader(line)); err == nil || !strings.Contains(err.Error(), "ghosts") {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("a file that is not whole", s.cutOff)
}

// cutOff refuses every part of an export that is not all of it.
func (s *suite) cutOff(t *testing.T) {
	from := s.open(t)
	save(t, from, newGuest("a"), newGuest("b"), newGuest("c"))
	var file bytes.Buffer
	if _, err := from.Export(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(file.String(), "\n")
	for name, text := range map[string]string{
		"nothing":                "",
		"within a record":        lines[0] + lines[1][:len(lines[1])/2],
		"after a record":         lines[0] + lines[1],
		"before the last line":   strings.Join(lines[:3], ""),
		"a record is missing":    lines[0] + strings.Join(lines[2:], ""),
		"twice one upon another": file.String() + file.String(),
	} {
		_, err := s.open(t).Import(t.Context(), strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), "nothing of it counts; remove the database and import again") {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

// Copy checks that a copy between two empty engines, of one kind or of two,
// keeps every record and version, and that the copy can be worked with.
func Copy(t *testing.T, source, target store.Engine) {
	from, to := openDB(t, source), openDB(t, target)
	n := fill(t, from)
	if brought, err := to.Copy(t.Context(), from); err != nil || brought != n {
		t.Fatalf("Copy = %d, %v; want %d", brought, err, n)
	}
	wantEqual(t, from, to)

	if err := change(t.Context(), to, "0003", named("Moved")); err != nil {
		t.Fatal(err)
	}
	wantFound(t, to, store.By("by_name", "e", "Moved"), "0003")
	wantFound(t, to, store.By("search", "e").Having(store.Term{Text: "t3"}, store.Term{Text: "g", Prefix: true}), "0010", "0017", "0003")
}

// fill makes more records than travel in one commit, and returns how many.
func fill(t *testing.T, db *store.DB) int {
	t.Helper()
	var list []guest
	for i := range 520 {
		list = append(list, newGuest(fmt.Sprintf("%04d", i), func(g *guest) {
			g.Name = fmt.Sprintf("Guest %04d é \"日本\" 😀", i)
			g.Score = float64(i) / 7
			g.Arrived = time.Date(2026, 11, 20, 9, 0, i, i*1_000_000, time.UTC)
			if i < 20 {
				g.Terms = []string{"guest", fmt.Sprintf("t%d", i%7)}
			}
		}))
	}
	save(t, db, list...)
	seedCounters(t, db, "a", "b")
	if err := add(t, db, "b", 3); err != nil {
		t.Fatal(err)
	}
	return len(list) + 2
}

// wantEqual compares two databases record by record.
func wantEqual(t *testing.T, a, b *store.DB) {
	t.Helper()
	for _, name := range a.Collections() {
		got, want := all(t, b, name), all(t, a, name)
		if len(got) != len(want) {
			t.Fatalf("%s: %d records, want %d", name, len(got), len(want))
		}
		for i, w := range want {
			g := got[i]
			if g.ID != w.ID || g.Version != w.Version || !slices.Equal(tokens(t, g.Body), tokens(t, w.Body)) {
				t.Fatalf("%s: got %s at %d: %s\nwant %s at %d: %s", name, g.ID, g.Version, g.Body, w.ID, w.Version, w.Body)
			}
		}
	}
}

func all(t *testing.T, db *store.DB, collection string) []store.Record {
	t.Helper()
	var list []store.Record
	for rec, err := range db.Records(t.Context(), collection) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, rec)
	}
	return list
}
