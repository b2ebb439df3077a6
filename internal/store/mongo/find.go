package mongo

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo/options"

	"convene/internal/store"
)

// Find implements store.Engine.
func (e *Engine) Find(ctx context.Context, p store.Plan) ([]store.Record, error) {
	opts := options.Find().SetSort(sorting(p)).SetLimit(int64(p.Limit)).SetBatchSize(int32(p.Limit)).SetAllowDiskUse(true)
	if p.Index.Name != "" {
		opts.SetHint(indexName(p.Index))
	}
	conditions := meeting(p)
	if p.After != nil {
		conditions = append(conditions, behind(p)...)
	}
	list, err := e.find(ctx, p.Collection, all(conditions), opts)
	if err != nil {
		return nil, fault(ctx, fmt.Errorf("mongo: listing %s: %w", p.Collection, err))
	}
	return list, nil
}

func (e *Engine) find(ctx context.Context, collection string, filter bson.D, opts *options.FindOptions) ([]store.Record, error) {
	cursor, err := e.many.Collection(collection).Find(ctx, filter, opts)
	if err != nil {
		return nil, err
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	var list []store.Record
	for cursor.Next(ctx) {
		rec, err := toRecord(cursor.Current)
		if err != nil {
			return nil, err
		}
		list = append(list, rec)
	}
	return list, cursor.Err()
}

// Count implements store.Engine.
func (e *Engine) Count(ctx context.Context, p store.Plan) (int, error) {
	opts := options.Count()
	if p.Index.Name != "" {
		opts.SetHint(indexName(p.Index))
	}
	n, err := e.many.Collection(p.Collection).CountDocuments(ctx, all(meeting(p)), opts)
	if err != nil {
		return 0, fault(ctx, fmt.Errorf("mongo: counting %s: %w", p.Collection, err))
	}
	return int(n), nil
}

// Tally implements store.Engine.
func (e *Engine) Tally(ctx context.Context, p store.Plan, field string) (map[string]int, error) {
	pipeline := bson.A{
		bson.D{{Key: "$match", Value: all(meeting(p))}},
		bson.D{{Key: "$group", Value: bson.D{
			{Key: "_id", Value: "$" + fieldPath(field)},
			{Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}},
		}}},
	}
	opts := options.Aggregate()
	if p.Index.Name != "" {
		opts.SetHint(indexName(p.Index))
	}
	tally, err := e.tally(ctx, p.Collection, pipeline, opts)
	if err != nil {
		return nil, fault(ctx, fmt.Errorf("mongo: tallying %s: %w", p.Collection, err))
	}
	return tally, nil
}

func (e *Engine) tally(ctx context.Context, collection string, pipeline bson.A, opts *options.AggregateOptions) (map[string]int, error) {
	cursor, err := e.many.Collection(collection).Aggregate(ctx, pipeline, opts)
	if err != nil {
		return nil, err
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	tally := map[string]int{}
	for cursor.Next(ctx) {
		token, err := toToken(cursor.Current.Lookup("_id"))
		if err != nil {
			return nil, err
		}
		n, _ := cursor.Current.Lookup("n").AsInt64OK()
		tally[token.String()] += int(n)
	}
	return tally, cursor.Err()
}

// all is the filter that asks for every condition.
func all(conditions []bson.D) bson.D {
	switch len(conditions) {
	case 0:
		return bson.D{}
	case 1:
		return conditions[0]
	}
	return bson.D{{Key: "$and", Value: conditions}}
}

// is is the condition that the field has the value, or meets the operators.
func is(field string, value any) bson.D { return bson.D{{Key: field, Value: value}} }

// meeting are the conditions of a plan, its position apart.
func meeting(p store.Plan) []bson.D {
	var list []bson.D
	for i, v := range p.Equal {
		list = append(list, is(fieldPath(p.Index.Fields[i]), toValue(v)))
	}
	for _, term := range p.Has {
		list = append(list, has(fieldPath(p.Index.Each), term))
	}
	next, value := fieldPath(p.Next), toValue
	if p.Index.Name == "" { // the record's own id, which is always text
		next, value = idField, func(v any) any { return v }
	}
	if p.Prefix != "" {
		list = append(list, is(next, startingWith(p.Prefix)))
	}
	if p.From != nil {
		list = append(list, is(next, is("$gte", value(p.From))))
	}
	if p.To != nil {
		list = append(list, is(next, is("$lt", value(p.To))))
	}
	return list
}

// has asks that one element of the array meets the term. A range would not do: one
// element could meet its lower end and another its upper. MongoDB reads an
// anchored expression off the index as it does a range.
func has(each string, term store.Term) bson.D {
	if term.Any != nil {
		values := make(bson.A, len(term.Any))
		for i, text := range term.Any {
			values[i] = toValue(text)
		}
		return is(each, is("$in", values))
	}
	if !term.Prefix {
		return is(each, toValue(term.Text))
	}
	// BSON ends an expression at NUL.
	pattern := strings.ReplaceAll(regexp.QuoteMeta(term.Text), "\x00", `\x00`)
	return is(each, primitive.Regex{Pattern: "^" + pattern})
}

// startingWith is the range of all text that begins with the prefix. MongoDB
// compares text by its bytes.
func startingWith(prefix string) bson.D {
	bounds := is("$gte", prefix)
	if end := successor(prefix); end != "" {
		bounds = append(bounds, bson.E{Key: "$lt", Value: end})
	}
	return bounds
}

// successor returns the least text above all that begins with the prefix, or ""
// if there is none.
func successor(prefix string) string {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case last == utf8.MaxRune:
			continue // nothing above it: the one before must grow
		case last == 0xD7FF:
			last = 0xE000 // surrogates are no text
		default:
			last++
		}
		return prefix + string(last)
	}
	return ""
}

// sorting is a plan's order. A unique index leaves no ties, so the id would only
// keep MongoDB from reading the order off the index.
func sorting(p store.Plan) bson.D {
	direction := 1
	if p.Desc {
		direction = -1
	}
	var keys bson.D
	for _, field := range p.Order {
		keys = append(keys, bson.E{Key: fieldPath(field), Value: direction})
	}
	if !p.Index.Unique || len(keys) == 0 {
		keys = append(keys, bson.E{Key: idField, Value: direction})
	}
	return keys
}

// behind are the conditions of standing behind the plan's position: further in
// the first field, or equal there and further in the second, and so on. The
// first field's bound is said once more by itself, since only that narrows what
// MongoDB reads of the index.
func behind(p store.Plan) []bson.D {
	beyond, from := "$gt", "$gte"
	if p.Desc {
		beyond, from = "$lt", "$lte"
	}
	var branches []bson.D
	var equal bson.D
	for i, v := range p.After {
		field, value := idField, v
		if i < len(p.Order) {
			field, value = fieldPath(p.Order[i]), toValue(v)
		}
		branch := append(equal[:len(equal):len(equal)], bson.E{Key: field, Value: is(beyond, value)})
		branches = append(branches, branch)
		equal = append(equal, bson.E{Key: field, Value: value})
	}
	if len(branches) == 1 {
		return branches
	}
	return []bson.D{is(equal[0].Key, is(from, equal[0].Value)), {{Key: "$or", Value: branches}}}
}
