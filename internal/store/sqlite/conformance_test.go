package sqlite_test

import (
	"path/filepath"
	"testing"

	"convene/internal/store"
	"convene/internal/store/sqlite"
	"convene/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	newEngine := func(t *testing.T) store.Engine {
		engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
		if err != nil {
			t.Fatal(err)
		}
		return engine
	}
	storetest.Run(t, newEngine, storetest.Capabilities{Atomic: true, NestedLists: true, QuotedKeys: true})
}
