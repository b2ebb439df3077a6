package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"convene/internal/store"
)

// indexPrefix marks the indexes that convene made and may drop; an operator's
// own stay.
const indexPrefix = "convene_"

// Server error codes, which stay the same where messages do not.
const (
	codeIndexNotFound   = 27
	codeNamespaceExists = 48
)

func indexName(ix store.Index) string { return indexPrefix + ix.Name }

// Migrate implements store.Engine. Several instances may migrate at once: each
// step finds what another has just done to be done.
func (e *Engine) Migrate(ctx context.Context, schemas []store.Schema) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	existing, err := e.db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return fault(ctx, fmt.Errorf("mongo: listing collections: %w", err))
	}
	for _, s := range schemas {
		if err := e.migrate(ctx, s, slices.Contains(existing, s.Name)); err != nil {
			return fault(ctx, fmt.Errorf("mongo: collection %s: %w", s.Name, err))
		}
	}
	return nil
}

func (e *Engine) migrate(ctx context.Context, s store.Schema, exists bool) error {
	if !exists {
		err := e.db.CreateCollection(ctx, s.Name)
		if err != nil && !hasCode(err, codeNamespaceExists) {
			return err
		}
	}
	indexes := e.db.Collection(s.Name).Indexes()
	standing, err := indexes.ListSpecifications(ctx)
	if err != nil {
		return err
	}
	missing := slices.Clone(s.Indexes)
	for _, spec := range standing {
		if !strings.HasPrefix(spec.Name, indexPrefix) {
			continue
		}
		if i := slices.IndexFunc(missing, func(ix store.Index) bool { return isSame(ix, spec) }); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
			continue
		}
		if _, err := indexes.DropOne(ctx, spec.Name); err != nil && !hasCode(err, codeIndexNotFound) {
			return fmt.Errorf("dropping index %s: %w", spec.Name, err)
		}
	}
	for _, ix := range missing {
		model := mongo.IndexModel{Keys: indexKeys(ix), Options: options.Index().SetName(indexName(ix))}
		if ix.Unique {
			model.Options.SetUnique(true)
		}
		if _, err := indexes.CreateOne(ctx, model); err != nil {
			return fmt.Errorf("making index %s: %w", indexName(ix), err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.schemas[s.Name] = s
	return nil
}

// indexKeys are the fields of an index in MongoDB: with the array between the
// leading fields and the order, and the id last, so that every order that a plan
// may ask is read off the index. A unique index has nothing but its fields.
func indexKeys(ix store.Index) bson.D {
	paths := ix.Paths()
	for i, path := range paths {
		paths[i] = fieldPath(path)
	}
	if !ix.Unique {
		paths = append(paths, idField)
	}
	var keys bson.D
	for _, path := range paths {
		if !slices.ContainsFunc(keys, func(e bson.E) bool { return e.Key == path }) {
			keys = append(keys, bson.E{Key: path, Value: 1})
		}
	}
	return keys
}

// isSame reports whether the index stands as it is declared.
func isSame(ix store.Index, spec *mongo.IndexSpecification) bool {
	unique := spec.Unique != nil && *spec.Unique
	return spec.Name == indexName(ix) && unique == ix.Unique && slices.Equal(keyNames(spec.KeysDocument), keysOf(ix))
}

func keysOf(ix store.Index) []string {
	var names []string
	for _, key := range indexKeys(ix) {
		names = append(names, key.Key)
	}
	return names
}

func keyNames(keys bson.Raw) []string {
	elements, _ := keys.Elements() // a broken document is like no index
	var names []string
	for _, el := range elements {
		names = append(names, el.Key())
	}
	return names
}

func hasCode(err error, code int) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && server.HasErrorCode(code)
}
