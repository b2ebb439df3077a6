package sqlite_test

import (
	"path/filepath"
	"sync"
	"testing"

	"convene/internal/store"
	"convene/internal/store/sqlite"
	"convene/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	var paths sync.Map // of the engines, for those that share a file
	open := func(t *testing.T, path string) store.Engine {
		engine, err := sqlite.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		paths.Store(engine, path)
		return engine
	}
	newEngine := func(t *testing.T) store.Engine {
		return open(t, filepath.Join(t.TempDir(), "convene.db"))
	}
	storetest.Run(t, newEngine, storetest.Capabilities{
		Atomic: true, NestedLists: true, QuotedKeys: true,
		Share: func(t *testing.T, engine store.Engine) store.Engine {
			path, _ := paths.Load(engine)
			return open(t, path.(string))
		},
	})
}
