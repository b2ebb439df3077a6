package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// column is what a column of the file holds for the thing "a".
func column(t *testing.T, path, name string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var value string
	if err := db.QueryRow(fmt.Sprintf("SELECT %q FROM things WHERE id = 'a'", name)).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// use opens the file with the indexes, runs fn and closes it.
func use(t *testing.T, path string, indexes []store.Index, fn func(*sqlite.Engine) error) {
	t.Helper()
	engine, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Migrate(t.Context(), []store.Schema{{Name: "things", Indexes: indexes}}); err != nil {
		t.Fatal(err)
	}
	if err := fn(engine); err != nil {
		t.Error(err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
}

func put(version int64, body string) func(*sqlite.Engine) error {
	return func(e *sqlite.Engine) error {
		w := store.Write{Collection: "things", ID: "a", Expect: version - 1, Version: version, Body: []byte(body)}
		return e.Commit(context.Background(), []store.Write{w})
	}
}

// A column that nobody kept while its index was not declared is right when it is
// declared again.
func TestColumnsOfReturningIndexes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "convene.db")
	both := []store.Index{store.On("colour", "colour"), store.On("size", "size")}
	use(t, path, both, put(1, `{"colour":"red","size":"small"}`))
	use(t, path, both[:1], put(2, `{"colour":"blue","size":"large"}`))
	use(t, path, both, func(*sqlite.Engine) error { return nil })
	if got := column(t, path, "colour") + " " + column(t, path, "size"); got != "blue large" {
		t.Errorf("the columns hold %s, want blue large", got)
	}
}

// Files of earlier versions have virtual columns, which cannot be written.
func TestVirtualColumnsBecomeReal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "convene.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`CREATE TABLE things (id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL CHECK (json_valid(body))) STRICT`,
		`ALTER TABLE things ADD COLUMN colour ANY AS (json_extract(body, '$."colour"'))`,
		`CREATE INDEX "things.colour" ON things (colour, id)`,
		`INSERT INTO things (id, version, body) VALUES ('a', 1, '{"colour":"red"}')`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	use(t, path, []store.Index{store.On("colour", "colour")}, func(*sqlite.Engine) error { return nil })
	if got := column(t, path, "colour"); got != "red" {
		t.Errorf("after the migration the column holds %q, want red", got)
	}
	use(t, path, []store.Index{store.On("colour", "colour")}, put(2, `{"colour":"blue"}`))
	if got := column(t, path, "colour"); got != "blue" {
		t.Errorf("after a change the column holds %q, want blue", got)
	}
}

// Rows of terms come and go with a change, and all move with their record.
func TestTermsFollowTheirRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "convene.db")
	search := []store.Index{store.Each("search", "terms", "colour").SortedBy("size")}
	use(t, path, search, put(1, `{"colour":"red","size":"small","terms":["x","y","y"]}`))
	count := func(table, condition string) int {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var n int
		if err := db.QueryRow("SELECT count(*) FROM " + table + " WHERE " + condition).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	use(t, path, search, put(2, `{"colour":"red","size":"small","terms":["y","z"]}`))
	if n := count(`"things.search"`, "term IN ('y', 'z') AND colour = 'red' AND size = 'small'"); n != 2 || count(`"things.search"`, "TRUE") != 2 {
		t.Errorf("after the change %d rows fit, want the two of y and z alone", n)
	}
	use(t, path, search, put(3, `{"colour":"blue","size":"small","terms":["y","z"]}`))
	if n := count(`"things.search"`, "colour = 'blue'"); n != 2 || count(`"things.search"`, "TRUE") != 2 {
		t.Errorf("after the move %d rows fit, want 2", n)
	}
}
