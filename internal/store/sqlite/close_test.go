package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// A closed database is one file, fit to be copied.
func TestCloseFoldsTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "convene.db")
	engine, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Migrate(t.Context(), []store.Schema{{Name: "things"}}); err != nil {
		t.Fatal(err)
	}
	if err := engine.Commit(t.Context(), []store.Write{{Collection: "things", ID: "a", Version: 1, Body: []byte(`{}`)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Get(t.Context(), "things", "a"); err != nil {
		t.Fatal(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
		t.Errorf("after Close the log is still there: %v", err)
	}
}
