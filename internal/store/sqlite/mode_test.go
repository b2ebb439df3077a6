package sqlite_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// Nobody but the owner reads a new database or what SQLite keeps beside it.
func TestModes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "convene.db")
	open(t, path)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		wantMode(t, path+suffix, 0o600)
	}
}

// A file that is there keeps the mode that its owner chose.
func TestOpenKeepsTheMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "convene.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil { // whatever the umask
		t.Fatal(err)
	}
	open(t, path)
	wantMode(t, path, 0o640)
}

// open opens the file and writes to it, so that there is a log.
func open(t *testing.T, path string) {
	t.Helper()
	engine, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	if err := engine.Migrate(t.Context(), []store.Schema{{Name: "things"}}); err != nil {
		t.Fatal(err)
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != want {
		t.Errorf("%s has mode %v; want %v", filepath.Base(path), info.Mode().Perm(), want)
	}
}
