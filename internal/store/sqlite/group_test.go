package sqlite

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"convene/internal/store"
)

// Commits that share a transaction are answered each for itself: one that a unique
// index refuses in its middle, and one that expects another version, leave nothing and
// take nothing from the others.
func TestCommitsOfAGroup(t *testing.T) {
	e, err := Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	things := store.Schema{Name: "things", Indexes: []store.Index{store.Unique("colour", "colour"), store.Each("search", "terms")}}
	if err := e.Migrate(t.Context(), []store.Schema{things}); err != nil {
		t.Fatal(err)
	}
	put := func(id, colour string, expect int64) store.Write {
		body := `{"colour":"` + colour + `","terms":["` + colour + `"]}`
		return store.Write{Collection: "things", ID: id, Expect: expect, Version: expect + 1, Body: []byte(body)}
	}
	commits := [][]store.Write{
		{put("a", "red", 0), put("b", "blue", 0)},
		{put("c", "green", 0), put("d", "red", 0)}, // refused after c is written
		{put("e", "white", 0), put("a", "pink", 7)},
		{put("a", "black", 1)},
		{put("f", "red", 0)}, // free again
		{put("g", "gold", 0)},
		{put("g", "silver", 1)},
		{{Op: store.Delete, Collection: "things", ID: "b", Expect: 1}},
		{put("b", "brown", 0)},
		{put("h", "grey", 0)},
		{{Op: store.Delete, Collection: "things", ID: "h", Expect: 1}},
	}
	w := &writer{engine: e, statements: map[string]*sql.Stmt{}} // the engine's own waits for commits
	defer w.close()
	var group []commit
	for _, writes := range commits {
		group = append(group, commit{ctx: t.Context(), writes: writes, answer: make(chan error, 1)})
	}
	w.commitGroup(group)
	var answers []error
	for _, c := range group {
		answers = append(answers, <-c.answer)
	}
	var taken *store.DuplicateError
	if !errors.As(answers[1], &taken) || taken.Index != "colour" {
		t.Errorf("the one that is refused: %v", answers[1])
	}
	if !errors.Is(answers[2], store.ErrConflict) {
		t.Errorf("the one that expects another version: %v", answers[2])
	}
	for _, i := range []int{0, 3, 4, 5, 6, 7, 8, 9, 10} {
		if answers[i] != nil {
			t.Errorf("commit %d: %v", i, answers[i])
		}
	}
	for term, want := range map[string]int{"red": 1, "black": 1, "silver": 1, "brown": 1, "green": 0, "white": 0, "pink": 0, "gold": 0, "blue": 0, "grey": 0} {
		n, err := e.Count(t.Context(), store.Plan{Collection: "things", Index: things.Indexes[1], Has: []store.Term{{Text: term}}})
		if n != want || err != nil {
			t.Errorf("%d are %s, %v; want %d", n, term, err, want)
		}
	}
}
