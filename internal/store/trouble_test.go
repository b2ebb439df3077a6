package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"convene/internal/store"
	"convene/internal/store/sqlite"
)

func TestPassing(t *testing.T) {
	t.Parallel()
	for err, passing := range map[error]bool{
		store.ErrBusy: true, context.Canceled: true, fmt.Errorf("reading: %w", context.DeadlineExceeded): true,
		fmt.Errorf("reading: %w", store.ErrEngine): true,
		store.ErrNotFound:                          false, store.ErrNoIndex: false, store.ErrDuplicate: false, errors.New("no badge"): false,
	} {
		if store.Passing(err) != passing {
			t.Errorf("%v", err)
		}
	}
}

// What a database answers is told from its having failed.
func TestAnEngineThatFails(t *testing.T) {
	t.Parallel()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	notes := store.NewCollection("notes", func(n note) string { return n.ID }, store.On("text", "text"))
	db, err := store.Open(t.Context(), engine, notes.Schema())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := notes.Get(t.Context(), db, "none"); !errors.Is(err, store.ErrNotFound) || store.Passing(err) {
		t.Errorf("a record that is not there: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, getErr := notes.Get(t.Context(), db, "none")
	_, findErr := notes.Find(t.Context(), db, store.By("text"))
	_, countErr := notes.Count(t.Context(), db, store.By("text"))
	_, tallyErr := notes.Tally(t.Context(), db, store.By("text"))
	putErr := db.Update(t.Context(), func(tx *store.Tx) error { return notes.Create(tx, note{ID: "a", Text: "b"}) })
	for name, err := range map[string]error{"get": getErr, "find": findErr, "count": countErr, "tally": tallyErr, "put": putErr} {
		if !errors.Is(err, store.ErrEngine) || !store.Passing(err) {
			t.Errorf("%s of a closed database: %v", name, err)
		}
	}
}

type note struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}
