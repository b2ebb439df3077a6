// Package mongo is convene's storage engine for several machines: MongoDB, by
// its official driver. Nothing outside this package knows the driver.
//
// A record is one document: _id is its id, _v its version, and the fields of its
// body stand beside them in their order, so that the mongo shell shows what the
// program sees. _c, where a document has it, is the trace of a Check and no part
// of the body.
//
// A commit is one multi-document transaction with majority write concern, so the
// server is a replica set (one node is enough) or a sharded cluster; Open refuses
// any other.
//
// # Instants
//
// Text in exactly the form of [store.TimeLayout] is kept as a native date and
// comes back as the same text. Dates and text do not compare in MongoDB. So a
// prefix never meets an instant, a range over instants has instants as its ends,
// and a text field must not mix such text with other text if it is sorted by.
package mongo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	"convene/internal/store"
)

// DefaultDatabase is the database of a URI that names none.
const DefaultDatabase = "convene"

// Time limits. A URI may set the first two otherwise.
const (
	selectTimeout  = 10 * time.Second // to find a server
	connectTimeout = 10 * time.Second
	finishTimeout  = 30 * time.Second // to hear how a transaction ended
)

// Engine is a store.Engine on one MongoDB database.
type Engine struct {
	client *mongo.Client
	db     *mongo.Database // for single documents: majority
	many   *mongo.Database // for several at once: one snapshot, so whole commits
	plain  bool            // see WithoutTransactions

	turn    sync.Mutex   // orders commits without transactions
	closing sync.RWMutex // held for reading by commits
	closed  bool

	mu      sync.RWMutex
	schemas map[string]store.Schema // as last migrated
}

var _ store.Engine = (*Engine)(nil)

// Option changes how Open works.
type Option func(*Engine)

// WithoutTransactions is for conformance tests against a server that speaks the
// wire protocol but has no transactions. Commits are then carried out one after
// the other, each after a look at all its expected versions: right within one
// engine, but not atomic when the program or the server fails, nor beside other
// engines. Never use it for data that matters.
func WithoutTransactions() Option { return func(e *Engine) { e.plain = true } }

// Open connects to the database that the URI names. It fails when no server
// answers, and when the server cannot do multi-document transactions.
func Open(ctx context.Context, uri string, opts ...Option) (*Engine, error) {
	parsed, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return nil, fmt.Errorf("mongo: %w", err)
	}
	e := &Engine{schemas: map[string]store.Schema{}}
	for _, opt := range opts {
		opt(e)
	}
	e.client, err = mongo.Connect(ctx, options.Client().
		SetAppName("convene").
		SetServerSelectionTimeout(selectTimeout).
		SetConnectTimeout(connectTimeout).
		ApplyURI(uri).
		SetWriteConcern(writeconcern.Majority()).
		SetReadConcern(readconcern.Majority()))
	if err != nil {
		return nil, fmt.Errorf("mongo: %w", err)
	}
	name := parsed.Database
	if name == "" {
		name = DefaultDatabase
	}
	e.db = e.client.Database(name)
	e.many = e.client.Database(name, options.Database().SetReadConcern(readconcern.Snapshot()))
	if err := e.greet(ctx); err != nil {
		return nil, errors.Join(err, e.client.Disconnect(context.WithoutCancel(ctx)))
	}
	return e, nil
}

// greet asks the server what it is.
func (e *Engine) greet(ctx context.Context) error {
	var hello hello
	err := e.client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
	if err != nil {
		return fault(ctx, fmt.Errorf("mongo: no answer from the server: %w", err))
	}
	if e.plain {
		return nil
	}
	return hello.check()
}

// hello is the part of a server's answer that tells whether it has transactions.
type hello struct {
	SetName        string `bson:"setName"` // of a replica set's member
	Msg            string `bson:"msg"`     // "isdbgrid" from a sharded cluster
	MaxWireVersion int    `bson:"maxWireVersion"`
}

// minWireVersion is MongoDB 5.0, the first with snapshot reads outside
// transactions.
const minWireVersion = 13

func (h hello) check() error {
	switch {
	case h.MaxWireVersion < minWireVersion:
		return errors.New("mongo: the server is older than MongoDB 5.0; upgrade it")
	case h.SetName == "" && h.Msg != "isdbgrid":
		return errors.New("mongo: the server stands alone and has no transactions; " +
			"start mongod with --replSet rs0 and run rs.initiate() once in mongosh (a replica set of one node is enough)")
	}
	return nil
}

// Close implements store.Engine.
func (e *Engine) Close() error {
	e.closing.Lock()
	defer e.closing.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	return e.client.Disconnect(ctx)
}

// Get implements store.Engine.
func (e *Engine) Get(ctx context.Context, collection, id string) (store.Record, error) {
	raw, err := e.db.Collection(collection).FindOne(ctx, bson.D{{Key: idField, Value: id}}).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return store.Record{}, store.ErrNotFound
	}
	if err != nil {
		return store.Record{}, fault(ctx, fmt.Errorf("mongo: reading %s: %w", collection, err))
	}
	return toRecord(raw)
}

// schema returns the declaration of a migrated collection.
func (e *Engine) schema(collection string) store.Schema {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.schemas[collection]
}

// fault puts the context's own error first when the context is why something
// failed; the driver does not always wrap it.
func fault(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%w (%v)", ctx.Err(), err)
	}
	return err
}
