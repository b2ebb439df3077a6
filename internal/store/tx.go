package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Tx is one run of a transaction. Reads by id see the transaction's own writes;
// Find, Count and Tally see what is committed. Everything read is checked at the
// end: if any of it changed meanwhile, nothing is written and the function runs
// again. Records that a Find did not return are not watched, so what must be
// exact (the last free place) is counted in a record of its own.
type Tx struct {
	engine Engine
	read   map[key]int64 // version seen; 0: seen missing
	writes map[key]*Write
	order  []key // of writes
}

type key struct{ collection, id string }

func newTx(engine Engine) *Tx {
	return &Tx{engine: engine, read: map[key]int64{}, writes: map[key]*Write{}}
}

func (tx *Tx) get(ctx context.Context, collection, id string) (Record, error) {
	k := key{collection, id}
	if w, ok := tx.writes[k]; ok {
		if w.Op == Delete {
			return Record{}, ErrNotFound
		}
		return Record{ID: id, Version: w.Version, Body: w.Body}, nil
	}
	rec, err := tx.engine.Get(ctx, collection, id)
	if errors.Is(err, ErrNotFound) {
		return rec, errors.Join(tx.remember(k, 0), err)
	}
	if err != nil {
		return rec, err
	}
	return rec, tx.remember(k, rec.Version)
}

func (tx *Tx) find(ctx context.Context, plan Plan) ([]Record, error) {
	records, err := tx.engine.Find(ctx, plan)
	if err != nil {
		return nil, err
	}
	for _, rec := range records {
		if err := tx.remember(key{plan.Collection, rec.ID}, rec.Version); err != nil {
			return nil, err
		}
	}
	return records, nil
}

func (tx *Tx) count(ctx context.Context, plan Plan) (int, error) {
	return tx.engine.Count(ctx, plan)
}

func (tx *Tx) tally(ctx context.Context, plan Plan, field string) (map[string]int, error) {
	return tx.engine.Tally(ctx, plan, field)
}

// remember keeps the version that a read saw. Two reads that saw different
// versions cannot both hold, so the run ends here.
func (tx *Tx) remember(k key, version int64) error {
	if w, ok := tx.writes[k]; ok && w.Expect == version {
		return nil
	}
	seen, ok := tx.read[k]
	if ok && seen != version {
		return &ConflictError{Collection: k.collection, ID: k.id}
	}
	tx.read[k] = version
	return nil
}

func (tx *Tx) create(collection, id string, body []byte) error {
	k := key{collection, id}
	exists := tx.read[k] != 0
	if w, ok := tx.writes[k]; ok {
		exists = w.Op == Put
	}
	if exists {
		return &DuplicateError{Collection: collection, Index: "id"}
	}
	tx.write(k, Put, body)
	return nil
}

func (tx *Tx) put(collection, id string, body []byte) error {
	k := key{collection, id}
	if _, ok := tx.writes[k]; !ok {
		if _, ok := tx.read[k]; !ok {
			return fmt.Errorf("store: %s/%s is put without having been read", collection, id)
		}
	}
	tx.write(k, Put, body)
	return nil
}

func (tx *Tx) putAt(collection, id string, version int64, body []byte) error {
	k := key{collection, id}
	if err := tx.remember(k, version); err != nil {
		return err
	}
	tx.write(k, Put, body)
	return nil
}

func (tx *Tx) delete(ctx context.Context, collection, id string) error {
	k := key{collection, id}
	if _, err := tx.get(ctx, collection, id); err != nil {
		return err
	}
	tx.write(k, Delete, nil)
	return nil
}

func (tx *Tx) write(k key, op Op, body []byte) {
	w, ok := tx.writes[k]
	if !ok {
		w = &Write{Collection: k.collection, ID: k.id, Expect: tx.read[k]}
		tx.writes[k] = w
		tx.order = append(tx.order, k)
	}
	w.Op, w.Body, w.Version = op, body, nextVersion(w.Expect)
}

// nextVersion counts a record's versions up from the microsecond it was made,
// so that a record deleted and made again never repeats one.
func nextVersion(current int64) int64 {
	if current == 0 {
		return time.Now().UnixMicro()
	}
	return current + 1
}

// commit hands the writes to the engine, with a check of all that was only read.
func (tx *Tx) commit(ctx context.Context, counted changes) error {
	if len(tx.order) == 0 {
		return nil
	}
	batch := make([]Write, 0, len(tx.order)+len(tx.read))
	for k, version := range tx.read {
		if _, written := tx.writes[k]; !written {
			batch = append(batch, Write{Op: Check, Collection: k.collection, ID: k.id, Expect: version})
		}
	}
	for _, k := range tx.order {
		w := tx.writes[k]
		if w.Op == Delete && w.Expect == 0 { // made and removed in one run
			w.Op = Check
		}
		batch = append(batch, *w)
	}
	err := tx.engine.Commit(ctx, batch)
	counted.note(batch)
	return tx.explain(err)
}

// explain turns the conflict of a plain Create, whose id the function never
// looked up, into the duplicate that running again would not cure.
func (tx *Tx) explain(err error) error {
	var conflict *ConflictError
	if !errors.As(err, &conflict) {
		return err
	}
	k := key{conflict.Collection, conflict.ID}
	w, written := tx.writes[k]
	if _, read := tx.read[k]; written && !read && w.Op == Put && w.Expect == 0 {
		return &DuplicateError{Collection: k.collection, Index: "id"}
	}
	return err
}
