package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// transferBatch is how many records travel in one commit.
const transferBatch = 500

// Line is one record of an export: a line of JSON.
type Line struct {
	Collection string          `json:"collection"`
	ID         string          `json:"id"`
	Version    int64           `json:"version"`
	Body       json.RawMessage `json:"body"`
}

// exported is a line of the file. The last one has no record, but says how many
// came before it, so that a file that was cut off is not taken for a small one.
type exported struct {
	Line
	End *int `json:"end"`
}

// Records walks through every record of a declared collection by id.
func (db *DB) Records(ctx context.Context, collection string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		plan := Plan{Collection: collection, Next: "id", Limit: transferBatch}
		for {
			records, err := db.engine.Find(ctx, plan)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, rec := range records {
				if !yield(rec, nil) {
					return
				}
			}
			if len(records) < plan.Limit {
				return
			}
			plan.After = []any{records[len(records)-1].ID}
		}
	}
}

// Export writes every record as a line of JSON, collection by collection, then a
// line with their number, and returns how many it wrote. It is no snapshot:
// records written meanwhile may be there without those they refer to.
func (db *DB) Export(ctx context.Context, w io.Writer) (int, error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	n := 0
	for _, name := range db.Collections() {
		for rec, err := range db.Records(ctx, name) {
			if err != nil {
				return n, err
			}
			if err := enc.Encode(Line{name, rec.ID, rec.Version, rec.Body}); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, enc.Encode(map[string]int{"end": n})
}

// Import reads what Export wrote into an empty database and returns how many
// records it brought. A database that holds records is refused, so that nothing
// is mixed.
func (db *DB) Import(ctx context.Context, r io.Reader) (int, error) {
	if err := db.mustBeEmpty(ctx); err != nil {
		return 0, err
	}
	n, err := db.load(ctx, exportedLines(r))
	if err != nil {
		return n, fmt.Errorf("%w; nothing of it counts; remove the database and import again", err)
	}
	return n, nil
}

// exportedLines returns the records of a file one by one, and io.EOF only when
// all of them have come.
func exportedLines(r io.Reader) func() (Line, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	n := 0
	return func() (Line, error) {
		var line exported
		err := dec.Decode(&line)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return Line{}, fmt.Errorf("the backup is cut off: it stops after %d records, without the last line that counts them", n)
		case err != nil:
			return Line{}, err
		case line.End == nil:
			n++
			return line.Line, nil
		case *line.End != n:
			return Line{}, fmt.Errorf("the backup is cut off: it holds %d records of %d", n, *line.End)
		case dec.More():
			return Line{}, errors.New("the backup goes on after its last line")
		}
		return Line{}, io.EOF
	}
}

// Copy brings every record of from into this empty database and returns how
// many there were.
func (db *DB) Copy(ctx context.Context, from *DB) (int, error) {
	if err := db.mustBeEmpty(ctx); err != nil {
		return 0, err
	}
	next, stop := iter.Pull2(from.lines(ctx))
	defer stop()
	n, err := db.load(ctx, func() (Line, error) {
		line, err, ok := next()
		if !ok {
			return Line{}, io.EOF
		}
		return line, err
	})
	if err != nil {
		return n, fmt.Errorf("%w; nothing of it counts; remove the database that was to be filled and copy again", err)
	}
	return n, nil
}

func (db *DB) lines(ctx context.Context) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for _, name := range db.Collections() {
			for rec, err := range db.Records(ctx, name) {
				if !yield(Line{name, rec.ID, rec.Version, rec.Body}, err) || err != nil {
					return
				}
			}
		}
	}
}

// load writes lines until next returns io.EOF.
func (db *DB) load(ctx context.Context, next func() (Line, error)) (int, error) {
	known := db.Collections()
	n := 0
	var batch []Write
	flush := func() error {
		err := db.engine.Commit(ctx, batch)
		db.changes.note(batch)
		if err != nil {
			return fmt.Errorf("store: after %d records: %w", n, err)
		}
		n += len(batch)
		batch = batch[:0]
		return nil
	}
	for {
		line, err := next()
		if errors.Is(err, io.EOF) {
			return n, flush()
		}
		if err != nil {
			return n, fmt.Errorf("store: record %d: %w", n+len(batch)+1, err)
		}
		if !slices.Contains(known, line.Collection) {
			return n, fmt.Errorf("store: record %d: unknown collection %q", n+len(batch)+1, line.Collection)
		}
		batch = append(batch, Write{
			Collection: line.Collection, ID: line.ID, Version: line.Version, Body: bytes.Clone(line.Body),
		})
		if len(batch) == transferBatch {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
}

func (db *DB) mustBeEmpty(ctx context.Context) error {
	for _, name := range db.Collections() {
		n, err := db.engine.Count(ctx, Plan{Collection: name, Next: "id"})
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("store: the target is not empty: %s holds %d records", name, n)
		}
	}
	return nil
}
