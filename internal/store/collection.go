package store

import (
	"context"
	"fmt"
	"iter"
)

// Collection is the typed view of one collection. Declare one as a package
// variable beside the type it keeps; it holds no state.
type Collection[T any] struct {
	schema Schema
	paths  []string
	id     func(T) string
}

// NewCollection declares a collection of T. id tells a value's record id.
func NewCollection[T any](name string, id func(T) string, indexes ...Index) Collection[T] {
	c := Collection[T]{schema: Schema{Name: name, Indexes: indexes}, id: id}
	seen := map[string]bool{}
	for _, ix := range indexes {
		for _, path := range ix.Paths() {
			if !seen[path] {
				seen[path] = true
				c.paths = append(c.paths, path)
			}
		}
	}
	return c
}

// Schema returns the declaration, for Open.
func (c Collection[T]) Schema() Schema { return c.schema }

// Reader is what a collection reads from: a DB, or a Tx that remembers what
// was read.
type Reader interface {
	get(ctx context.Context, collection, id string) (Record, error)
	find(ctx context.Context, plan Plan) ([]Record, error)
	count(ctx context.Context, plan Plan) (int, error)
	tally(ctx context.Context, plan Plan, field string) (map[string]int, error)
}

// Page is one page of a listing. Next is the cursor of the following page, or
// empty on the last. Versions are those that the items are at, for PutAt.
type Page[T any] struct {
	Items    []T
	Versions []int64
	Next     string
}

// Get returns the value with the id, or ErrNotFound.
func (c Collection[T]) Get(ctx context.Context, r Reader, id string) (T, error) {
	v, _, err := c.GetVersion(ctx, r, id)
	return v, err
}

// GetVersion is Get with the version the record is at, for a form that must
// notice when somebody else saved in between.
func (c Collection[T]) GetVersion(ctx context.Context, r Reader, id string) (v T, version int64, err error) {
	rec, err := r.get(ctx, c.schema.Name, id)
	if err != nil {
		return v, 0, err
	}
	v, err = c.decode(rec)
	return v, rec.Version, err
}

// Find returns one page of the values that the query meets.
func (c Collection[T]) Find(ctx context.Context, r Reader, q Query) (Page[T], error) {
	plan, err := q.plan(c.schema)
	if err != nil {
		return Page[T]{}, err
	}
	limit := plan.Limit
	plan.Limit++ // one more tells whether there is a next page
	records, err := r.find(ctx, plan)
	if err != nil {
		return Page[T]{}, err
	}
	var page Page[T]
	if len(records) > limit {
		records = records[:limit]
		if page.Next, err = cursorAt(plan, records[limit-1]); err != nil {
			return Page[T]{}, err
		}
	}
	page.Items, page.Versions = make([]T, len(records)), make([]int64, len(records))
	for i, rec := range records {
		page.Versions[i] = rec.Version
		if page.Items[i], err = c.decode(rec); err != nil {
			return Page[T]{}, err
		}
	}
	return page, nil
}

// First returns the first value that the query meets, or ErrNotFound.
func (c Collection[T]) First(ctx context.Context, r Reader, q Query) (v T, err error) {
	page, err := c.Find(ctx, r, q.Limit(1))
	if err != nil {
		return v, err
	}
	if len(page.Items) == 0 {
		return v, ErrNotFound
	}
	return page.Items[0], nil
}

// All walks through everything that the query meets, page by page. It stops
// with the first error.
func (c Collection[T]) All(ctx context.Context, r Reader, q Query) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q = q.Limit(MaxLimit)
		for {
			page, err := c.Find(ctx, r, q)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, v := range page.Items {
				if !yield(v, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q = q.After(page.Next)
		}
	}
}

// List is All as a slice, for collections that stay small: an event's
// sessions, a network's cities.
func (c Collection[T]) List(ctx context.Context, r Reader, q Query) ([]T, error) {
	var list []T
	for v, err := range c.All(ctx, r, q) {
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// Count returns how many values the query meets.
func (c Collection[T]) Count(ctx context.Context, r Reader, q Query) (int, error) {
	plan, err := q.plan(c.schema)
	if err != nil {
		return 0, err
	}
	return r.count(ctx, plan)
}

// Tally counts the values that the query meets by the index's next field.
func (c Collection[T]) Tally(ctx context.Context, r Reader, q Query) (map[string]int, error) {
	plan, err := q.plan(c.schema)
	if err != nil {
		return nil, err
	}
	if len(plan.Order) == 0 || plan.Index.Each != "" {
		return nil, fmt.Errorf("%w: %s.%s leaves no field to tally", ErrNoIndex, c.schema.Name, plan.Index.Name)
	}
	return r.tally(ctx, plan, plan.Next)
}

// Create writes a new value. The commit fails with a DuplicateError of index
// "id" when the id is taken, unless the transaction had read it as missing: then
// the transaction runs again.
func (c Collection[T]) Create(tx *Tx, v T) error {
	return c.write(tx, v, func(id string, body []byte) error { return tx.create(c.schema.Name, id, body) })
}

// Put writes a value that this transaction has read, or has read as missing.
func (c Collection[T]) Put(tx *Tx, v T) error {
	return c.write(tx, v, func(id string, body []byte) error { return tx.put(c.schema.Name, id, body) })
}

// PutAt writes a value that was read before this transaction, at the version it
// had then. If the record is at another one by now, that is a conflict: the
// function runs again, and has to read.
func (c Collection[T]) PutAt(tx *Tx, v T, version int64) error {
	return c.write(tx, v, func(id string, body []byte) error { return tx.putAt(c.schema.Name, id, version, body) })
}

// Delete removes the record. One that does not exist is an ErrNotFound.
func (c Collection[T]) Delete(ctx context.Context, tx *Tx, id string) error {
	return tx.delete(ctx, c.schema.Name, id)
}

func (c Collection[T]) write(tx *Tx, v T, put func(id string, body []byte) error) error {
	id := c.id(v)
	if id == "" {
		return fmt.Errorf("store: a record of %s has no id", c.schema.Name)
	}
	body, err := encode(v)
	if err != nil {
		return fmt.Errorf("store: encoding %s/%s: %w", c.schema.Name, id, err)
	}
	if err := complete(body, c.paths); err != nil {
		return fmt.Errorf("%s/%s: %w", c.schema.Name, id, err)
	}
	return put(id, body)
}

func (c Collection[T]) decode(rec Record) (v T, err error) {
	if err := decode(rec.Body, &v); err != nil {
		return v, fmt.Errorf("store: decoding %s/%s: %w", c.schema.Name, rec.ID, err)
	}
	return v, nil
}

// cursorAt names the position of a record in the plan's order.
func cursorAt(plan Plan, rec Record) (string, error) {
	position, err := fields(rec.Body, plan.Order)
	if err != nil {
		return "", err
	}
	return encodeCursor(append(position, rec.ID)), nil
}
