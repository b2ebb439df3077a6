package store

import (
	"sync"
	"sync/atomic"
	"time"
)

// Memo remembers what was read of some collections, for records that nearly
// every request needs and hardly any changes: the event of the address, who is
// signed in. A change by this process is seen at once; one by another process
// that shares the database, within memoAge. Values are shared, so that nobody may
// change what they point to. The zero Memo is ready for use.
type Memo[K comparable, V any] struct {
	mu    sync.RWMutex
	known map[K]memory[V]
}

type memory[V any] struct {
	value   V
	changes uint64 // of the collections before it was read
	until   time.Time
}

const (
	memoAge  = time.Second
	memoSize = 1024 // entries; beyond them it begins anew
)

// Get returns the value of the key, reading it when it is not known or may have
// changed. A failure is not remembered. The collections are those that read
// looks at.
func (m *Memo[K, V]) Get(db *DB, key K, read func() (V, error), collections ...string) (V, error) {
	changes := db.changesOf(collections)
	m.mu.RLock()
	found, ok := m.known[key]
	m.mu.RUnlock()
	if ok && found.changes == changes && time.Now().Before(found.until) {
		return found.value, nil
	}
	until := time.Now().Add(memoAge)
	value, err := read()
	if err != nil {
		return value, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= memoSize {
		m.known = map[K]memory[V]{}
	}
	m.known[key] = memory[V]{value, changes, until}
	return value, nil
}

// changes counts, for each collection, the commits of this process that wrote to
// it. The map is made once, when the database is opened.
type changes map[string]*atomic.Uint64

func newChanges(schemas []Schema) changes {
	all := changes{}
	for _, s := range schemas {
		all[s.Name] = new(atomic.Uint64)
	}
	return all
}

// note counts a commit, before anybody is told of it. It may have failed.
func (c changes) note(batch []Write) {
	for _, w := range batch {
		if n, ok := c[w.Collection]; ok && w.Op != Check {
			n.Add(1)
		}
	}
}

func (db *DB) changesOf(collections []string) uint64 {
	var sum uint64
	for _, name := range collections {
		if n, ok := db.changes[name]; ok {
			sum += n.Load()
		}
	}
	return sum
}
