// Package storetest is the conformance suite of the storage port: what every
// [store.Engine] must do, written once. An engine's own test is ten lines:
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, newEngine, storetest.Capabilities{Atomic: true, NestedLists: true, QuotedKeys: true})
//	}
//
// Whoever changes the port or an engine's behaviour extends the suite first.
package storetest

import (
	"testing"

	"convene/internal/store"
)

// Capabilities says what an engine can do where engines may lawfully differ.
// The suite skips what an engine does not declare, and says so.
type Capabilities struct {
	// Atomic: a commit that fails leaves nothing behind, and no reader sees
	// half of one.
	Atomic bool

	// Share opens another engine on an engine's database, as a second instance
	// of the program would. It is nil if engines cannot share one.
	Share func(t *testing.T, engine store.Engine) store.Engine

	// NestedLists: a list may stand directly inside a list.
	NestedLists bool

	// QuotedKeys: a key may hold quotes, backslashes and control characters.
	QuotedKeys bool
}

// Run runs the suite. newEngine returns an engine on a new, empty database; the
// suite closes it.
func Run(t *testing.T, newEngine func(t *testing.T) store.Engine, has Capabilities) {
	s := &suite{newEngine: newEngine, has: has}
	for _, theme := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"Commit", s.commit},
		{"Records", s.records},
		{"Transaction", s.transaction},
		{"Unique", s.unique},
		{"Order", s.order},
		{"Range", s.ranges},
		{"Terms", s.terms},
		{"Numbers", s.numbers},
		{"Values", s.values},
		{"Bodies", s.bodies},
		{"Cancelled", s.cancelled},
		{"Contention", s.contention},
		{"Atomic", s.atomic},
		{"Shared", s.shared},
		{"Migrate", s.migrate},
		{"Transfer", s.transfer},
		{"Random", s.random},
	} {
		t.Run(theme.name, func(t *testing.T) {
			t.Parallel()
			theme.run(t)
		})
	}
}

type suite struct {
	newEngine func(t *testing.T) store.Engine
	has       Capabilities
}

// open returns a new database with the guests and counters of the suite.
func (s *suite) open(t *testing.T) *store.DB {
	t.Helper()
	return openDB(t, s.newEngine(t))
}

// engine returns a migrated engine, for tests below the typed collections.
func (s *suite) engine(t *testing.T) store.Engine {
	t.Helper()
	engine := s.newEngine(t)
	openDB(t, engine)
	return engine
}

func openDB(t *testing.T, engine store.Engine) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), engine, guests.Schema(), counters.Schema())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

// need skips a test that asks more than the engine declares.
func need(t *testing.T, declared bool, capability string) {
	t.Helper()
	if !declared {
		t.Skipf("the engine does not declare %s", capability)
	}
}
