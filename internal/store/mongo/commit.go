package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/readpref"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"convene/internal/store"
)

// errClosed answers commits that come after Close.
var errClosed = errors.New("mongo: the database is closed")

// change is a write with its body made ready.
type change struct {
	store.Write
	doc bson.Raw
}

// Commit implements store.Engine.
func (e *Engine) Commit(ctx context.Context, writes []store.Write) error {
	if err := ctx.Err(); err != nil || len(writes) == 0 {
		return err
	}
	changes, err := prepare(writes)
	if err != nil {
		return err
	}
	e.closing.RLock()
	defer e.closing.RUnlock()
	switch {
	case e.closed:
		return errClosed
	case e.plain:
		return e.commitPlain(ctx, changes)
	}
	return e.commitTransaction(ctx, changes)
}

func prepare(writes []store.Write) ([]change, error) {
	changes := make([]change, len(writes))
	for i, w := range writes {
		changes[i].Write = w
		if w.Op != store.Put {
			continue
		}
		var err error
		if changes[i].doc, err = toDocument(w.ID, w.Version, w.Body); err != nil {
			return nil, fmt.Errorf("%s/%s: %w", w.Collection, w.ID, err)
		}
	}
	return changes, nil
}

// commitTransaction carries out the changes in one transaction. It does not run
// again by itself on a conflict: store.Update must then read anew.
func (e *Engine) commitTransaction(ctx context.Context, changes []change) error {
	session, err := e.client.StartSession()
	if err != nil {
		return fault(ctx, fmt.Errorf("mongo: %w", err))
	}
	// The end must reach the server even when the caller has gone, else a
	// transaction would hold its documents until it times out there.
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	defer session.EndSession(finish)

	err = session.StartTransaction(options.Transaction().
		SetReadConcern(readconcern.Snapshot()).
		SetWriteConcern(writeconcern.Majority()).
		SetReadPreference(readpref.Primary()))
	if err != nil {
		return fmt.Errorf("mongo: %w", err)
	}
	for _, c := range changes {
		if err := e.apply(mongo.NewSessionContext(ctx, session), c); err != nil {
			_ = session.AbortTransaction(finish) // what matters is err
			return e.explain(ctx, err, c)
		}
	}
	return e.explain(finish, end(finish, session), changes[0])
}

// end commits, and asks again as long as the server could not say how it went:
// it answers the same to a second commit of one transaction.
func end(ctx context.Context, session mongo.Session) error {
	for {
		err := session.CommitTransaction(ctx)
		if !hasLabel(err, "UnknownTransactionCommitResult") || ctx.Err() != nil {
			return err
		}
	}
}

// commitPlain is WithoutTransactions' way: look first, then write.
func (e *Engine) commitPlain(ctx context.Context, changes []change) error {
	e.turn.Lock()
	defer e.turn.Unlock()
	for _, c := range changes {
		rec, err := e.Get(ctx, c.Collection, c.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if rec.Version != c.Expect { // no record has version 0
			return conflict(c)
		}
	}
	for _, c := range changes {
		if c.Op == store.Check {
			continue
		}
		if err := e.apply(ctx, c); err != nil {
			return e.explain(ctx, err, c)
		}
	}
	return nil
}

func conflict(c change) error {
	return &store.ConflictError{Collection: c.Collection, ID: c.ID}
}

// apply carries out one change.
func (e *Engine) apply(ctx context.Context, c change) error {
	collection := e.db.Collection(c.Collection)
	expected := bson.D{{Key: idField, Value: c.ID}, {Key: versionField, Value: c.Expect}}
	switch {
	case c.Op != store.Put && c.Expect == 0:
		return checkAbsent(ctx, collection, c)
	case c.Op == store.Check:
		return checkVersion(ctx, collection, c, expected)
	case c.Op == store.Delete:
		done, err := collection.DeleteOne(ctx, expected)
		if err == nil && done.DeletedCount == 0 {
			return conflict(c)
		}
		return err
	case c.Expect == 0:
		_, err := collection.InsertOne(ctx, c.doc)
		return err
	default:
		done, err := collection.ReplaceOne(ctx, expected, c.doc)
		if err == nil && done.MatchedCount == 0 {
			return conflict(c)
		}
		return err
	}
}

// checkVersion insists on a version with a write that nobody sees: a read alone
// would let two transactions each change what the other has only read.
func checkVersion(ctx context.Context, collection *mongo.Collection, c change, expected bson.D) error {
	mark := bson.D{{Key: "$set", Value: bson.D{{Key: checkField, Value: primitive.NewObjectID()}}}}
	done, err := collection.UpdateOne(ctx, expected, mark)
	if err == nil && done.MatchedCount == 0 {
		return conflict(c)
	}
	return err
}

// checkAbsent insists that there is no such record. A snapshot cannot promise
// that nobody makes one before the commit, so a record of that id is made and
// removed again: its key in the index of ids then conflicts with whoever inserts
// the same. Two such checks in a collection with a unique index may also meet
// each other, both having no value in it; one of them runs again.
func checkAbsent(ctx context.Context, collection *mongo.Collection, c change) error {
	id := bson.D{{Key: idField, Value: c.ID}}
	_, err := collection.InsertOne(ctx, id)
	if mongo.IsDuplicateKeyError(err) {
		return conflict(c)
	}
	if err != nil {
		return err
	}
	_, err = collection.DeleteOne(ctx, id)
	return err
}

// explain puts a failed change into the port's words.
func (e *Engine) explain(ctx context.Context, err error, c change) error {
	switch {
	case err == nil || errors.Is(err, store.ErrConflict):
		return err
	case ctx.Err() != nil:
		return fault(ctx, err)
	case hasLabel(err, "TransientTransactionError"):
		// The server names no record; a made-up one could be taken for a
		// duplicate id.
		return fmt.Errorf("mongo: %w: %w", store.ErrConflict, err)
	case mongo.IsDuplicateKeyError(err) || e.plain:
		return e.explainDuplicate(ctx, err, c)
	}
	return fmt.Errorf("mongo: writing %s/%s: %w", c.Collection, c.ID, err)
}

// explainDuplicate tells which index refused. MongoDB says so; the wire server of
// the tests does not, and answers a replacement with no more than a failure, so
// there the record in the way is looked for.
func (e *Engine) explainDuplicate(ctx context.Context, err error, c change) error {
	schema := e.schema(c.Collection)
	if keys := refusedKeys(err); keys != nil {
		if slices.Equal(keys, []string{idField}) {
			return conflict(c)
		}
		for _, ix := range schema.Indexes {
			if ix.Unique && slices.Equal(keys, keysOf(ix)) {
				return &store.DuplicateError{Collection: c.Collection, Index: ix.Name}
			}
		}
		return fmt.Errorf("mongo: writing %s/%s: %w", c.Collection, c.ID, err)
	}
	for _, ix := range schema.Indexes {
		taken, lookErr := e.isTaken(ctx, ix, c)
		if lookErr != nil {
			return errors.Join(err, lookErr)
		}
		if taken {
			return &store.DuplicateError{Collection: c.Collection, Index: ix.Name}
		}
	}
	if c.Expect == 0 && mongo.IsDuplicateKeyError(err) {
		return conflict(c)
	}
	return fmt.Errorf("mongo: writing %s/%s: %w", c.Collection, c.ID, err)
}

// refusedKeys returns the fields of the index that a duplicate key error speaks
// of, or nil when the server did not say.
func refusedKeys(err error) []string {
	var raw bson.Raw
	var write mongo.WriteException
	var command mongo.CommandError
	switch {
	case errors.As(err, &write) && len(write.WriteErrors) > 0:
		raw = write.WriteErrors[0].Raw
	case errors.As(err, &command):
		raw = command.Raw
	}
	pattern, ok := raw.Lookup("keyPattern").DocumentOK()
	if !ok {
		return nil
	}
	return keyNames(pattern)
}

// isTaken reports whether another record holds the change's values of a unique
// index.
func (e *Engine) isTaken(ctx context.Context, ix store.Index, c change) (bool, error) {
	if !ix.Unique || c.doc == nil {
		return false, nil
	}
	filter := bson.D{{Key: idField, Value: bson.D{{Key: "$ne", Value: c.ID}}}}
	for _, field := range ix.Fields {
		path := fieldPath(field)
		value, err := c.doc.LookupErr(strings.Split(path, ".")...)
		if err != nil {
			return false, nil
		}
		filter = append(filter, bson.E{Key: path, Value: value})
	}
	n, err := e.db.Collection(c.Collection).CountDocuments(ctx, filter, options.Count().SetLimit(1))
	return n > 0, err
}

func hasLabel(err error, label string) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && server.HasErrorLabel(label)
}
