package mongo_test

import (
	"path/filepath"
	"sync"
	"testing"

	"convene/internal/store"
	"convene/internal/store/mongo/mongotest"
	"convene/internal/store/sqlite"
	"convene/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	newEngine := func(t *testing.T) store.Engine { return mongotest.NewEngine(t) }
	has := storetest.Capabilities{}
	if mongotest.HasTransactions() {
		var uris sync.Map // of the engines
		newEngine = func(t *testing.T) store.Engine {
			uri := mongotest.URI(t)
			engine := mongotest.EngineAt(t, uri)
			uris.Store(engine, uri)
			return engine
		}
		has = storetest.Capabilities{Atomic: true, NestedLists: true, QuotedKeys: true, Share: func(t *testing.T, engine store.Engine) store.Engine {
			uri, _ := uris.Load(engine)
			return mongotest.EngineAt(t, uri.(string))
		}}
	}
	storetest.Run(t, newEngine, has)
}

// An installation moves from its file to MongoDB and back.
func TestCopy(t *testing.T) {
	file := func() store.Engine {
		engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
		if err != nil {
			t.Fatal(err)
		}
		return engine
	}
	t.Run("from SQLite", func(t *testing.T) { storetest.Copy(t, file(), mongotest.NewEngine(t)) })
	t.Run("to SQLite", func(t *testing.T) { storetest.Copy(t, mongotest.NewEngine(t), file()) })
}
