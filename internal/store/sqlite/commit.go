package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"convene/internal/store"
)

const (
	// maxGroup is how many commits share one fsync at most.
	maxGroup = 128

	// maxShared is how many writes a commit has at most that shares its fsync: one of
	// a group may have to be done again in a savepoint. There SQLite keeps a copy of
	// each page that is changed, and walks through all of them after each statement: a
	// commit of a thousand records takes several times as long, and half a gigabyte.
	maxShared = 100
)

// errClosed answers commits that come after Close.
var errClosed = errors.New("sqlite: the database is closed")

// commit is a request to the writer.
type commit struct {
	ctx    context.Context
	writes []store.Write
	answer chan error // buffered: the writer never waits for the asker
}

// Commit implements store.Engine. A context that ends before the writer takes
// the commit up ends it; afterwards the answer is awaited, since it says whether
// the writes are there.
func (e *Engine) Commit(ctx context.Context, writes []store.Write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(writes) == 0 {
		return nil
	}
	c := commit{ctx: ctx, writes: writes, answer: make(chan error, 1)}
	e.closing.RLock()
	if e.closed {
		e.closing.RUnlock()
		return errClosed
	}
	e.commits <- c
	e.closing.RUnlock()
	return <-c.answer
}

// write is the writer: it takes all commits that wait, applies them inside one
// transaction, and answers them after the one fsync. A large one has a transaction to
// itself.
func (e *Engine) write() {
	defer close(e.done)
	w := &writer{engine: e, statements: map[string]*sql.Stmt{}}
	defer w.close()
	for first := range e.commits {
		group, large := e.gather(append(w.group[:0], first))
		w.group = group
		w.commitGroup(group)
		if large != nil {
			w.commitGroup([]commit{*large})
		}
	}
}

// gather adds the commits that wait to the group, up to a large one, which comes back
// apart.
func (e *Engine) gather(group []commit) ([]commit, *commit) {
	if group[0].large() {
		return group, nil
	}
	for len(group) < maxGroup {
		select {
		case c, ok := <-e.commits:
			if !ok {
				return group, nil
			}
			if c.large() {
				return group, &c
			}
			group = append(group, c)
		default:
			return group, nil
		}
	}
	return group, nil
}

func (c commit) large() bool { return len(c.writes) > maxShared }

type writer struct {
	engine     *Engine
	statements map[string]*sql.Stmt
	group      []commit
	changed    []termChange // of the transaction

	shapes   map[string]*shape // by collection
	shapesOf *map[string]store.Schema
}

func (w *writer) commitGroup(group []commit) {
	if len(group) == 1 {
		group[0].answer <- w.commitOne(group[0])
		return
	}
	answers, err := w.together(group, w.applyChecked)
	if errors.Is(err, errSpoilt) {
		answers, err = w.together(group, w.applyApart)
	}
	for i, c := range group {
		if err != nil {
			answers[i] = err
		}
		c.answer <- answers[i]
	}
}

// together applies the commits in one transaction, and says what became of each; an
// error is of all.
func (w *writer) together(group []commit, apply func(commit) (answer, err error)) ([]error, error) {
	answers := make([]error, len(group))
	return answers, w.transaction(func() (err error) {
		for i, c := range group {
			if answers[i], err = apply(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// transaction carries out all that apply writes, or nothing when it fails.
func (w *writer) transaction(apply func() error) error {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("sqlite: commit: %w", err)
	}
	w.changed = w.changed[:0]
	if err := apply(); err != nil {
		return errors.Join(err, w.exec("ROLLBACK"))
	}
	if err := w.end(); err != nil {
		return fmt.Errorf("sqlite: commit: %w", errors.Join(err, w.exec("ROLLBACK")))
	}
	return nil
}

func (w *writer) end() error {
	if err := w.indexTerms(); err != nil {
		return err
	}
	return w.exec("COMMIT")
}

// errSpoilt says that a commit went wrong when part of it was written.
var errSpoilt = errors.New("sqlite: a commit of a group went wrong halfway")

// applyChecked carries out one commit of several without a savepoint, in which every
// page is kept twice and the full-text indexes are written out. It looks up first
// whether all is as the commit expects. Only a unique index can refuse it then; the
// group is done again for it.
func (w *writer) applyChecked(c commit) (answer, err error) {
	if err := c.ctx.Err(); err != nil {
		return err, nil
	}
	if err := w.expected(c.writes); err != nil {
		return err, nil
	}
	for _, write := range c.writes {
		if write.Op == store.Check {
			continue // it was as expected
		}
		if err := w.applyWrite(write); err != nil {
			return nil, errors.Join(errSpoilt, err)
		}
	}
	return nil, nil
}

// expected reports a conflict when a record is not the one that a write expects.
func (w *writer) expected(writes []store.Write) error {
	for _, write := range writes {
		if err := w.check(quote(write.Collection), write, &store.ConflictError{Collection: write.Collection, ID: write.ID}); err != nil {
			return err
		}
	}
	return nil
}

// commitOne carries out a commit that is alone: the transaction is all the savepoint
// that it needs.
func (w *writer) commitOne(c commit) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	return w.transaction(func() error { return w.applyAll(c) })
}

func (w *writer) applyAll(c commit) error {
	for _, write := range c.writes {
		if err := w.applyWrite(write); err != nil {
			return err
		}
	}
	return nil
}

// applyApart carries out one commit of several in a savepoint, all of it or nothing.
func (w *writer) applyApart(c commit) (answer, err error) {
	if err := c.ctx.Err(); err != nil {
		return err, nil
	}
	if err := w.exec("SAVEPOINT one"); err != nil {
		return nil, err
	}
	before := len(w.changed)
	if err := w.applyAll(c); err != nil {
		w.changed = w.changed[:before]
		return err, errors.Join(w.exec("ROLLBACK TO one"), w.exec("RELEASE one"))
	}
	return nil, w.exec("RELEASE one")
}

func (w *writer) applyWrite(write store.Write) error {
	schema, err := w.engine.schema(write.Collection)
	if err != nil {
		return err
	}
	conflict := &store.ConflictError{Collection: write.Collection, ID: write.ID}
	switch {
	case write.Op == store.Check:
		return w.check(quote(write.Collection), write, conflict)
	case write.Op == store.Delete:
		return w.remove(schema, write, conflict)
	case write.Expect == 0:
		return w.explain(w.insert(schema, write), schema, write)
	default:
		return w.explain(w.update(schema, write, conflict), schema, write)
	}
}

func (w *writer) remove(schema store.Schema, write store.Write, conflict error) error {
	shape := w.shape(schema)
	if err := w.mustChange(conflict, shape.remove, write.ID, write.Expect); err != nil {
		return err
	}
	for _, t := range shape.terms {
		w.changed = append(w.changed, termChange{index: t, id: write.ID})
	}
	return nil
}

func (w *writer) insert(schema store.Schema, write store.Write) error {
	shape := w.shape(schema)
	if err := w.exec(shape.insert, write.ID, write.Version, string(write.Body)); err != nil {
		return err
	}
	for _, t := range shape.terms {
		w.changed = append(w.changed, termChange{index: t, id: write.ID, fresh: true})
	}
	return nil
}

// update replaces a record. It names only the columns that change: SQLite writes
// an entry of every index of which a column is named, each on a page of its own,
// and most changes leave most indexes alone.
func (w *writer) update(schema store.Schema, write store.Write, conflict error) error {
	shape, body := w.shape(schema), string(write.Body)
	stmt, err := w.prepare(shape.compare)
	if err != nil {
		return err
	}
	var version, changed int64
	err = stmt.QueryRow(write.ID, body).Scan(&version, &changed)
	if errors.Is(err, sql.ErrNoRows) || err == nil && version != write.Expect {
		return conflict
	}
	if err != nil {
		return err
	}
	if err := w.exec(shape.update(changed), write.ID, write.Version, body); err != nil {
		return err
	}
	for _, t := range shape.terms {
		if changed&t.changed != 0 {
			w.changed = append(w.changed, termChange{index: t, id: write.ID})
		}
	}
	return nil
}

// shape returns how a collection is written, as of the last migration.
func (w *writer) shape(s store.Schema) *shape {
	if current := w.engine.schemas.Load(); w.shapesOf != current {
		w.shapesOf, w.shapes = current, map[string]*shape{}
	}
	p, ok := w.shapes[s.Name]
	if !ok {
		p = newShape(s)
		w.shapes[s.Name] = p
	}
	return p
}

func (w *writer) check(table string, write store.Write, conflict error) error {
	version, err := w.version(table, write.ID)
	if err != nil {
		return err
	}
	if version != write.Expect {
		return conflict
	}
	return nil
}

// version returns the version of a record, 0 when there is none.
func (w *writer) version(table, id string) (int64, error) {
	stmt, err := w.prepare("SELECT version FROM " + table + " WHERE id = ?")
	if err != nil {
		return 0, err
	}
	var version int64
	err = stmt.QueryRow(id).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

func (w *writer) mustChange(conflict error, query string, args ...any) error {
	stmt, err := w.prepare(query)
	if err != nil {
		return err
	}
	result, err := stmt.Exec(args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, conflict)
	}
	return nil
}

// explain names the unique index that refused a write. The driver tells the
// kind of refusal by code, but the index only in words, so the index is found by
// asking each one.
func (w *writer) explain(err error, schema store.Schema, write store.Write) error {
	var refused *sqlite.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Code() {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return &store.ConflictError{Collection: write.Collection, ID: write.ID}
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return w.findDuplicate(schema, write)
	}
	return err
}

func (w *writer) findDuplicate(schema store.Schema, write store.Write) error {
	t := quote(schema.Name)
	if write.Expect == 0 {
		if version, err := w.version(t, write.ID); err != nil || version != 0 {
			return errors.Join(err, &store.ConflictError{Collection: write.Collection, ID: write.ID})
		}
	}
	for _, ix := range schema.Indexes {
		if !ix.Unique {
			continue
		}
		query := "SELECT count(*) FROM " + t + " WHERE id <> ?"
		args := []any{write.ID}
		for _, path := range ix.Fields {
			query += " AND " + quote(path) + " = json_extract(?, " + literal(jsonPath(path)) + ")"
			args = append(args, string(write.Body))
		}
		stmt, err := w.prepare(query)
		if err != nil {
			return err
		}
		var n int
		if err := stmt.QueryRow(args...).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return &store.DuplicateError{Collection: schema.Name, Index: ix.Name}
		}
	}
	return fmt.Errorf("sqlite: %s refused %s for an index that is not declared", schema.Name, write.ID)
}

func (w *writer) exec(query string, args ...any) error {
	stmt, err := w.prepare(query)
	if err != nil {
		return err
	}
	_, err = stmt.Exec(args...)
	return err
}

// close ends the statements. database/sql does not end those of a single
// connection, and SQLite would keep the file open, and its log unfolded, for as
// long as one lives.
func (w *writer) close() {
	for _, stmt := range w.statements {
		_ = stmt.Close() // what it did has been answered for
	}
}

// prepare keeps each statement for the writer's life. Its connection is one, so
// statements follow one another in the order they are run.
func (w *writer) prepare(query string) (*sql.Stmt, error) {
	if stmt, ok := w.statements[query]; ok {
		return stmt, nil
	}
	stmt, err := w.engine.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	w.statements[query] = stmt
	return stmt, nil
}
