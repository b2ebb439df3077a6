package sqlite

import (
	"cmp"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"convene/internal/store"
)

// A many-valued index is a table with a row for each record that has terms, of what
// a query is sorted by, and a full-text index of the terms under the row's number.
//
// A full-text index writes the terms of a record in one place and sorts them in
// among all others bit by bit, many records at once. With a row for each term, each
// would be written to a page of its own somewhere in a large tree: forty pages for
// one registration.
//
// The writer keeps both in step with the collection, with statements of one row and
// no subquery. For a trigger, or a statement that may change several rows, SQLite
// first has the full-text index write out what it gathers, to be able to take back
// that statement alone.

func defineTerms(collection string, ix store.Index) []object {
	name, terms := indexName(collection, ix.Name), termsName(collection, ix.Name)
	columns := ""
	for _, path := range slices.Concat(ix.Fields, ix.Order) {
		columns += quote(path) + " ANY NOT NULL, "
	}
	return []object{
		{"table", name, "CREATE TABLE " + quote(name) + " (row INTEGER PRIMARY KEY, " + columns + "id TEXT NOT NULL) STRICT"},
		{"index", name + ".id", "CREATE UNIQUE INDEX " + quote(name+".id") + " ON " + quote(name) + " (id)"},
		// The index keeps no copy of the terms, of which it needs only whether a record
		// has them.
		{"table", terms, "CREATE VIRTUAL TABLE " + quote(terms) +
			" USING fts5(terms, content='', contentless_delete=1, detail=none, tokenize='ascii')"},
	}
}

// automerge is how many parts of about one size a full-text index has before it begins
// to join them. Fewer are quicker to search, more are quicker to write.
const automerge = 8

// fillTerms is the SQL that enters the records that are already there into a new
// index.
func fillTerms(collection string, ix store.Index) []string {
	main, rows, terms := quote(collection), quote(indexName(collection, ix.Name)), quote(termsName(collection, ix.Name))
	return []string{
		fmt.Sprintf("INSERT INTO %s (%s, rank) VALUES ('automerge', %d)", terms, terms, automerge),
		"INSERT INTO " + rows + " (" + rowColumns("", ix) + ") SELECT " + rowColumns("m.", ix) +
			" FROM " + main + " AS m WHERE json_array_length(m." + quote(ix.Each) + ") > 0",
		"INSERT INTO " + terms + " (rowid, terms) SELECT s.row, " + tokens("m", ix) +
			" FROM " + rows + " AS s JOIN " + main + " AS m ON m.id = s.id",
	}
}

// rowColumns lists what a row of the table has beside its number.
func rowColumns(prefix string, ix store.Index) string {
	columns := ""
	for _, path := range slices.Concat(ix.Fields, ix.Order) {
		columns += prefix + quote(path) + ", "
	}
	return columns + prefix + "id"
}

// termStatements keep one many-valued index in step.
type termStatements struct {
	changed int64  // the bits of its columns: see shape
	columns int    // of a row, beside its number
	read    string // of an id: the record's terms, none when there are none, and its row
	number  string // of an id: the number of its row
	enter   string // of a row
	add     string // of a row's number, the terms
	leave   string // of a row's number
	remove  string // of a row's number, the terms
}

func newTermStatements(collection string, ix store.Index, columns int64) *termStatements {
	main, rows, terms := quote(collection), quote(indexName(collection, ix.Name)), quote(termsName(collection, ix.Name))
	n := len(ix.Fields) + len(ix.Order) + 1
	return &termStatements{
		changed: columns,
		columns: n,
		read:    "SELECT " + tokens("m", ix) + ", " + rowColumns("m.", ix) + " FROM " + main + " AS m WHERE m.id = ?",
		number:  "SELECT row FROM " + rows + " WHERE id = ?",
		enter:   "INSERT INTO " + rows + " (" + rowColumns("", ix) + ") VALUES (" + marks(n) + ")",
		add:     "INSERT INTO " + terms + " (rowid, terms) VALUES (?, ?)",
		leave:   "DELETE FROM " + rows + " WHERE row = ?",
		remove:  "DELETE FROM " + terms + " WHERE rowid = ?",
	}
}

// termChange is a record whose terms the index does not hold yet.
type termChange struct {
	index *termStatements
	id    string
	fresh bool // the record is new: the index holds nothing of it
}

// indexTerms brings the indexes up to date with all changes of the transaction: first
// it removes, then it enters, both in the order of row numbers. A full-text index
// writes out what it has gathered whenever a number is below the one before.
func (w *writer) indexTerms() error {
	changes := w.termChanges()
	if err := w.removeTerms(changes); err != nil {
		return err
	}
	for _, c := range changes {
		if err := w.enterTerms(c); err != nil {
			return err
		}
	}
	return nil
}

// termChanges takes the changes of the transaction, of each record the first.
func (w *writer) termChanges() []termChange {
	type record struct {
		index *termStatements
		id    string
	}
	seen := map[record]bool{}
	changes := slices.DeleteFunc(w.changed, func(c termChange) bool {
		r := record{c.index, c.id}
		defer func() { seen[r] = true }()
		return seen[r]
	})
	w.changed = w.changed[:0]
	return changes
}

func (w *writer) removeTerms(changes []termChange) error {
	type row struct {
		index  *termStatements
		number int64
	}
	var rows []row
	for _, c := range changes {
		if c.fresh {
			continue
		}
		stmt, err := w.prepare(c.index.number)
		if err != nil {
			return err
		}
		var number int64
		err = stmt.QueryRow(c.id).Scan(&number)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		rows = append(rows, row{c.index, number})
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.number, b.number) })
	for _, r := range rows {
		if err := w.exec(r.index.remove, r.number); err != nil {
			return err
		}
		if err := w.exec(r.index.leave, r.number); err != nil {
			return err
		}
	}
	return nil
}

// enterTerms enters the record as it is now, if it is there and has terms.
func (w *writer) enterTerms(c termChange) error {
	stmt, err := w.prepare(c.index.read)
	if err != nil {
		return err
	}
	var terms sql.NullString
	row, into := make([]any, c.index.columns), []any{&terms}
	for i := range row {
		into = append(into, &row[i])
	}
	err = stmt.QueryRow(c.id).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // deleted
	}
	if err != nil || !terms.Valid {
		return err
	}
	if stmt, err = w.prepare(c.index.enter); err != nil {
		return err
	}
	entered, err := stmt.Exec(row...)
	if err != nil {
		return err
	}
	number, err := entered.LastInsertId()
	if err != nil {
		return err
	}
	return w.exec(c.index.add, number, terms.String)
}

// tokens is the SQL of a record's terms as the full-text index takes them: see token.
func tokens(record string, ix store.Index) string {
	scope := "'g'"
	for _, path := range ix.Fields {
		scope += " || hex(" + record + "." + quote(path) + ") || 'g'"
	}
	return "(SELECT group_concat(" + scope + " || hex(t.value), ' ') FROM json_each(" + record + "." + quote(ix.Each) + ") AS t)"
}

// token is a term, and what it is looked for within, as one word for a full-text
// index: in hexadecimal digits, so that every sign counts, capitals too, and a
// beginning stays a beginning.
func token(within []string, term string) string {
	var b strings.Builder
	b.WriteByte('g')
	for _, value := range within {
		b.WriteString(hex.EncodeToString([]byte(value)) + "g")
	}
	b.WriteString(hex.EncodeToString([]byte(term)))
	return b.String()
}

// termsName names the full-text index of a many-valued index.
func termsName(collection, index string) string { return indexName(collection, index) + ".terms" }
