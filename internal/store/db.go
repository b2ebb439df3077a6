package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// DB is an open database: an engine and the collections it keeps.
type DB struct {
	engine  Engine
	schemas []Schema
	changes changes
	serial  sync.Mutex // taken by transactions that keep meeting conflicts
}

// Open brings the engine's collections up to their declarations and returns the
// database. The DB owns the engine from then on.
func Open(ctx context.Context, engine Engine, schemas ...Schema) (*DB, error) {
	if err := checkSchemas(schemas); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	if err := engine.Migrate(ctx, schemas); err != nil {
		return nil, errors.Join(fmt.Errorf("store: migrating: %w", err), engine.Close())
	}
	return &DB{engine: telling{engine}, schemas: schemas, changes: newChanges(schemas)}, nil
}

// checkSchemas refuses declarations that two engines would read differently.
func checkSchemas(schemas []Schema) error {
	seen := map[string]bool{}
	for _, s := range schemas {
		if seen[s.Name] {
			return fmt.Errorf("store: collection %q is declared twice", s.Name)
		}
		seen[s.Name] = true
		names := map[string]bool{}
		for _, ix := range s.Indexes {
			if names[ix.Name] || ix.Name == "id" || len(ix.Paths()) == 0 {
				return fmt.Errorf("store: %s: index %q is declared twice, empty or named id", s.Name, ix.Name)
			}
			names[ix.Name] = true
			if ix.Each == "" && len(ix.Order) > 0 || ix.Each != "" && ix.Unique {
				return fmt.Errorf("store: %s.%s: only a many-valued index has an order of its own, and it is never unique", s.Name, ix.Name)
			}
		}
	}
	return nil
}

// Close waits for commits in progress and releases the engine.
func (db *DB) Close() error { return db.engine.Close() }

// Ping reports whether the engine answers.
func (db *DB) Ping(ctx context.Context) error {
	if len(db.schemas) == 0 {
		return nil
	}
	_, err := db.engine.Get(ctx, db.schemas[0].Name, "ping")
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (db *DB) get(ctx context.Context, collection, id string) (Record, error) {
	return db.engine.Get(ctx, collection, id)
}

func (db *DB) find(ctx context.Context, plan Plan) ([]Record, error) {
	return db.engine.Find(ctx, plan)
}

func (db *DB) count(ctx context.Context, plan Plan) (int, error) {
	return db.engine.Count(ctx, plan)
}

func (db *DB) tally(ctx context.Context, plan Plan, field string) (map[string]int, error) {
	return db.engine.Tally(ctx, plan, field)
}

// How often an Update runs: beside the others at first, then one at a time in
// this process, so that a rush for one record is served in turn.
const (
	freeRuns = 3
	maxRuns  = 200
)

// Update runs fn in an optimistic transaction and commits what it wrote, all or
// nothing. fn runs again whenever something it read has changed before the
// commit, so it must not have effects of its own. An error of fn ends the
// transaction and is returned as it is; ErrBusy says that it met maxRuns
// conflicts.
func (db *DB) Update(ctx context.Context, fn func(tx *Tx) error) error {
	for run := range maxRuns {
		if run == freeRuns {
			db.serial.Lock()
			defer db.serial.Unlock()
		}
		err := db.run(ctx, fn)
		if !errors.Is(err, ErrConflict) {
			return err
		}
		if err := pause(ctx, run); err != nil {
			return err
		}
	}
	return ErrBusy
}

func (db *DB) run(ctx context.Context, fn func(tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := newTx(db.engine)
	if err := fn(tx); err != nil {
		return err
	}
	return tx.commit(ctx, db.changes)
}

// pause waits a random moment that grows with the runs, 20 ms at most.
func pause(ctx context.Context, run int) error {
	most := time.Millisecond << min(run, 5)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(min(most, 20*time.Millisecond))):
		return nil
	}
}

// Collections returns the names of the declared collections, sorted.
func (db *DB) Collections() []string {
	var names []string
	for _, s := range db.schemas {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return names
}
