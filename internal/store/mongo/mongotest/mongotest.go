// Package mongotest gives tests a MongoDB to work on.
//
// If CONVENE_TEST_MONGODB_URI names a server, a replica set, that one is used,
// with transactions. Otherwise the wire server beside this package is built and
// started, once in a test process: it proves encoding, queries, order, indexes
// and errors over the wire, but has no transactions. If it cannot be had the test
// is skipped, or fails if CONVENE_TEST_REQUIRE is 1, as in continuous integration.
package mongotest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"convene/internal/store"
	"convene/internal/store/mongo"
)

// Variables of the environment.
const (
	serverVariable  = "CONVENE_TEST_MONGODB_URI"
	requireVariable = "CONVENE_TEST_REQUIRE"
)

// HasTransactions reports whether tests run on a real replica set.
func HasTransactions() bool { return os.Getenv(serverVariable) != "" }

// Open returns a new, empty database with the collections.
func Open(t testing.TB, schemas ...store.Schema) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), NewEngine(t), schemas...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// NewEngine returns an engine on a new, empty database. The caller closes it.
func NewEngine(t testing.TB) *mongo.Engine {
	t.Helper()
	return EngineAt(t, URI(t))
}

// EngineAt returns an engine on the database of a URI that URI returned. The
// caller closes it.
func EngineAt(t testing.TB, uri string) *mongo.Engine {
	t.Helper()
	var opts []mongo.Option
	if !HasTransactions() {
		opts = append(opts, mongo.WithoutTransactions())
	}
	engine, err := mongo.Open(context.Background(), uri, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// URI returns the address of a database that no other test uses; it is dropped
// when the test ends.
func URI(t testing.TB) string {
	t.Helper()
	base := os.Getenv(serverVariable)
	if base == "" {
		wire, err := wireServer()
		if err != nil {
			lack(t, err)
		}
		base = wire.uri
	}
	address, err := url.Parse(base)
	if err != nil {
		t.Fatalf("%s: %v", serverVariable, err)
	}
	name := "convene_test_" + rand.Text()
	address.Path = "/" + name
	if !HasTransactions() {
		// Its updates read, then write: two connections would lose some.
		address.RawQuery = "maxPoolSize=1"
	}
	t.Cleanup(func() { drop(t, address.String(), name) })
	return address.String()
}

// lack ends a test that has no server.
func lack(t testing.TB, err error) {
	t.Helper()
	reason := fmt.Sprintf("no MongoDB to test on: set %s to a replica set's URI, or mend the wire server: %v", serverVariable, err)
	if os.Getenv(requireVariable) == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

func drop(t testing.TB, uri, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := driver.Connect(ctx, options.Client().ApplyURI(uri))
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = client.Disconnect(ctx) }()
	if err := client.Database(name).Drop(ctx); err != nil {
		t.Errorf("dropping the test's database: %v", err)
	}
}
