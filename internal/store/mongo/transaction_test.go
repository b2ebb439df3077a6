package mongo_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"

	"convene/internal/store"
	"convene/internal/store/mongo"
)

var seats = store.Schema{Name: "seats", Indexes: []store.Index{
	store.On("by_row", "event", "row"), store.Unique("badge", "event", "badge"),
}}

// openScript opens an engine on the script's server, migrated but for what the
// server does not do.
func openScript(t *testing.T, s *script) *mongo.Engine {
	t.Helper()
	s.hello = replicaSet
	answer := s.answer
	s.answer = func(name string, _ bson.Raw) bson.D {
		if name == "listCollections" || name == "listIndexes" {
			return bson.D{{Key: "ok", Value: 1}, {Key: "cursor", Value: bson.D{
				{Key: "id", Value: int64(0)}, {Key: "ns", Value: "test.x"}, {Key: "firstBatch", Value: bson.A{}},
			}}}
		}
		return nil
	}
	engine, err := mongo.Open(t.Context(), s.start(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	if err := engine.Migrate(t.Context(), []store.Schema{seats}); err != nil {
		t.Fatal(err)
	}
	s.take()
	s.answer = answer
	return engine
}

func put(id string, expect, version int64) store.Write {
	return store.Write{Collection: "seats", ID: id, Expect: expect, Version: version, Body: []byte(`{"event":"e","badge":"1"}`)}
}

func on(op store.Op, id string, expect int64) store.Write {
	return store.Write{Op: op, Collection: "seats", ID: id, Expect: expect}
}

// failure is a command's error, or a write's, with its labels.
func failure(code int, labels ...string) bson.D {
	return bson.D{{Key: "ok", Value: 0}, {Key: "code", Value: code}, {Key: "errmsg", Value: "scripted"}, {Key: "errorLabels", Value: labels}}
}

func duplicate(keys ...string) bson.D {
	pattern := bson.D{}
	for _, key := range keys {
		pattern = append(pattern, bson.E{Key: key, Value: 1})
	}
	return bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 0}, {Key: "writeErrors", Value: bson.A{
		bson.D{{Key: "index", Value: 0}, {Key: "code", Value: 11000}, {Key: "errmsg", Value: "scripted"}, {Key: "keyPattern", Value: pattern}},
	}}}
}

func TestCommitIsOneTransaction(t *testing.T) {
	s := &script{}
	engine := openScript(t, s)
	err := engine.Commit(t.Context(), []store.Write{
		on(store.Check, "a", 5), on(store.Check, "b", 0), put("c", 0, 1), put("d", 3, 4), on(store.Delete, "e", 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	commands := s.take()
	var names []string
	for i, command := range commands {
		names = append(names, commandName(command))
		if got, want := command.Lookup("txnNumber"), commands[0].Lookup("txnNumber"); !got.Equal(want) || got.IsZero() {
			t.Errorf("%s is of transaction %v, the first command of %v", names[i], got, want)
		}
		if starts, _ := command.Lookup("startTransaction").BooleanOK(); starts != (i == 0) {
			t.Errorf("command %d, %s: startTransaction is %v", i, names[i], starts)
		}
	}
	want := []string{"update", "insert", "delete", "insert", "update", "delete", "commitTransaction"}
	if !slices.Equal(names, want) {
		t.Fatalf("sent %q, want %q", names, want)
	}
	if level := commands[0].Lookup("readConcern", "level").StringValue(); level != "snapshot" {
		t.Errorf("reads at %q", level)
	}
	if w := commands[len(commands)-1].Lookup("writeConcern", "w").StringValue(); w != "majority" {
		t.Errorf("commits with %q", w)
	}
}

func TestCommitFailures(t *testing.T) {
	unmatched := bson.D{{Key: "ok", Value: 1}, {Key: "n", Value: 0}, {Key: "nModified", Value: 0}}
	isConflict := func(id string) func(error) bool {
		return func(err error) bool {
			var conflict *store.ConflictError
			return errors.As(err, &conflict) && conflict.ID == id && conflict.Collection == "seats"
		}
	}
	// A conflict in which no record is named: Update must run again, and may not
	// take it for a duplicate id.
	unnamed := func(err error) bool {
		var conflict *store.ConflictError
		return errors.Is(err, store.ErrConflict) && !errors.As(err, &conflict)
	}
	for _, c := range []struct {
		name   string
		write  store.Write
		fails  string // the command that fails
		answer bson.D
		is     func(error) bool
	}{
		{"stale replacement", put("a", 3, 4), "update", unmatched, isConflict("a")},
		{"stale deletion", on(store.Delete, "a", 3), "delete", unmatched, isConflict("a")},
		{"stale check", on(store.Check, "a", 3), "update", unmatched, isConflict("a")},
		{"id taken", put("a", 0, 1), "insert", duplicate("_id"), isConflict("a")},
		{"id there against a check", on(store.Check, "a", 0), "insert", duplicate("_id"), isConflict("a")},
		{"badge taken by a new record", put("a", 0, 1), "insert", duplicate("event", "badge"),
			func(err error) bool { return store.IsDuplicate(err, "badge") }},
		{"badge taken by a change", put("a", 3, 4), "update", duplicate("event", "badge"),
			func(err error) bool { return store.IsDuplicate(err, "badge") }},
		{"an operator's own unique index", put("a", 0, 1), "insert", duplicate("row"),
			func(err error) bool { return err != nil && !errors.Is(err, store.ErrDuplicate) }},
		{"write conflict", put("a", 0, 1), "insert", failure(112, "TransientTransactionError"), unnamed},
		{"write conflict of a check", on(store.Check, "a", 3), "update", failure(112, "TransientTransactionError"), unnamed},
		{"conflict at the end", put("a", 0, 1), "commitTransaction", failure(251, "TransientTransactionError"), unnamed},
		{"anything else", put("a", 0, 1), "insert", failure(8000),
			func(err error) bool { return err != nil && !errors.Is(err, store.ErrConflict) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &script{answer: func(name string, _ bson.Raw) bson.D {
				if name == c.fails {
					return c.answer
				}
				return nil
			}}
			engine := openScript(t, s)
			if err := engine.Commit(t.Context(), []store.Write{c.write}); !c.is(err) {
				t.Errorf("got %v", err)
			}
			names := s.names()
			if last := names[len(names)-1]; last != "abortTransaction" && last != c.fails {
				t.Errorf("sent %q", names)
			}
			if slices.Contains(names, "commitTransaction") != (c.fails == "commitTransaction") {
				t.Errorf("sent %q", names)
			}
		})
	}
}

// A commit whose answer is lost is asked for again; the server answers the same.
func TestCommitAsksAgain(t *testing.T) {
	answers := 0
	s := &script{}
	s.answer = func(name string, _ bson.Raw) bson.D {
		if name != "commitTransaction" {
			return nil
		}
		if answers++; answers < 4 {
			return failure(64, "UnknownTransactionCommitResult")
		}
		return done
	}
	engine := openScript(t, s)
	if err := engine.Commit(t.Context(), []store.Write{put("a", 0, 1)}); err != nil {
		t.Errorf("got %v", err)
	}
	if answers != 4 {
		t.Errorf("asked %d times, want 4", answers)
	}
}

// A caller that goes away ends its transaction, and hears why.
func TestCommitCancelled(t *testing.T) {
	s := &script{}
	ctx, cancel := context.WithCancel(t.Context())
	s.answer = func(name string, _ bson.Raw) bson.D {
		if name == "insert" {
			cancel()
		}
		return nil
	}
	engine := openScript(t, s)
	err := engine.Commit(ctx, []store.Write{put("a", 0, 1), put("b", 0, 1)})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if names := s.names(); slices.Contains(names, "commitTransaction") || !slices.Contains(names, "abortTransaction") {
		t.Errorf("sent %q", names)
	}
}

// Several records are read in one snapshot, by the declared index.
func TestFindReadsOneSnapshot(t *testing.T) {
	s := &script{answer: func(string, bson.Raw) bson.D {
		return bson.D{{Key: "ok", Value: 1}, {Key: "cursor", Value: bson.D{
			{Key: "id", Value: int64(0)}, {Key: "ns", Value: "test.seats"}, {Key: "firstBatch", Value: bson.A{}},
		}}}
	}}
	engine := openScript(t, s)
	plan := store.Plan{Collection: "seats", Index: seats.Indexes[0], Equal: []any{"e"}, Next: "row", Order: []string{"row"}, Limit: 10}
	if _, err := engine.Find(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Count(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Tally(t.Context(), plan, "row"); err != nil {
		t.Fatal(err)
	}
	for _, command := range s.take() {
		if level := command.Lookup("readConcern", "level").StringValue(); level != "snapshot" {
			t.Errorf("%s reads at %q", commandName(command), level)
		}
		if hint := command.Lookup("hint").StringValue(); hint != "convene_by_row" {
			t.Errorf("%s asks for the index %q", commandName(command), hint)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	without := func(key string) bson.D {
		return slices.DeleteFunc(slices.Clone(replicaSet), func(e bson.E) bool { return e.Key == key })
	}
	for _, c := range []struct {
		name  string
		hello bson.D
		says  string // "" if it is taken
	}{
		{"a replica set", replicaSet, ""},
		{"a sharded cluster", append(without("setName"), bson.E{Key: "msg", Value: "isdbgrid"}), ""},
		{"a server that stands alone", without("setName"), "--replSet"},
		{"an old server", append(without("maxWireVersion"), bson.E{Key: "maxWireVersion", Value: 9}), "5.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &script{hello: c.hello}
			engine, err := mongo.Open(t.Context(), s.start(t))
			if err == nil {
				_ = engine.Close()
			}
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
	t.Run("what is no URI", func(t *testing.T) {
		if _, err := mongo.Open(t.Context(), "postgres://localhost/x"); err == nil {
			t.Error("no error")
		}
	})
}
