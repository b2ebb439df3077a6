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

// Terms come and go with a change of their record, and a record without any has no
// row: what is seldom filled in costs nothing otherwise.
func TestTermsFollowTheirRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "convene.db")
	search := []store.Index{store.Each("search", "terms", "colour").SortedBy("size")}
	found := func(colour, term string) (n int) {
		t.Helper()
		use(t, path, search, func(e *sqlite.Engine) (err error) {
			n, err = e.Count(t.Context(), store.Plan{
				Collection: "things", Index: search[0], Equal: []any{colour}, Order: []string{"size"}, Has: []store.Term{{Text: term}},
			})
			return err
		})
		return n
	}
	rows := func() (n int) {
		t.Helper()
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.QueryRow(`SELECT count(*) FROM "things.search"`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i, c := range []struct {
		body       string
		x, y, z, n int // records found in red by each term, and rows
	}{
		{`{"colour":"red","size":"small","terms":["x","y","y"]}`, 1, 1, 0, 1},
		{`{"colour":"red","size":"small","terms":["y","z"]}`, 0, 1, 1, 1},
		{`{"colour":"blue","size":"small","terms":["y","z"]}`, 0, 0, 0, 1},
		{`{"colour":"red","size":"small","terms":[]}`, 0, 0, 0, 0},
		{`{"colour":"red","size":"small"}`, 0, 0, 0, 0},
		{`{"colour":"red","size":"small","terms":["Z"]}`, 0, 0, 0, 1},
	} {
		use(t, path, search, put(int64(i+1), c.body))
		if x, y, z, n := found("red", "x"), found("red", "y"), found("red", "z"), rows(); x != c.x || y != c.y || z != c.z || n != c.n {
			t.Errorf("%s: x, y and z find %d, %d and %d, and there are %d rows", c.body, x, y, z, n)
		}
	}
}

// A file of an earlier version, with a row for each term, is searched as before.
func TestTermsOfAnEarlierVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "convene.db")
	search := []store.Index{store.Each("search", "terms", "colour").SortedBy("size")}
	use(t, path, nil, put(1, `{"colour":"red","size":"small","terms":["x"]}`))
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`CREATE TABLE "things.search" (colour ANY NOT NULL, term ANY NOT NULL, size ANY NOT NULL, id ANY NOT NULL, PRIMARY KEY (colour, term, size, id)) STRICT, WITHOUT ROWID`,
		`CREATE INDEX "things.search.id" ON "things.search" (size, id, term)`,
		`CREATE TRIGGER "things.search.move" AFTER UPDATE OF body ON things BEGIN DELETE FROM "things.search" WHERE term = 'x'; END`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	use(t, path, search, func(e *sqlite.Engine) error {
		if err := put(2, `{"colour":"red","size":"small","terms":["x","y"]}`)(e); err != nil {
			return err
		}
		n, err := e.Count(t.Context(), store.Plan{
			Collection: "things", Index: search[0], Equal: []any{"red"}, Order: []string{"size"},
			Has: []store.Term{{Text: "x"}, {Prefix: true}, {Any: []string{"y", "z"}}},
		})
		if n != 1 {
			t.Errorf("%d found", n)
		}
		return err
	})
}
