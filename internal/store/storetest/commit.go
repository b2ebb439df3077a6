package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"convene/internal/store"
)

// commit checks the expected versions of each kind of write, below the typed
// collections.
func (s *suite) commit(t *testing.T) {
	start := []store.Write{putCounter("a", 0, 5), putCounter("b", 0, 7)}
	conflict := func(id string) error { return &store.ConflictError{Collection: "counters", ID: id} }
	for _, c := range []struct {
		name   string
		writes []store.Write
		want   error
		after  string // ids and versions
	}{
		{"nothing", nil, nil, "a:5 b:7"},
		{"create", []store.Write{putCounter("c", 0, 1)}, nil, "a:5 b:7 c:1"},
		{"create what exists", []store.Write{putCounter("a", 0, 1)}, conflict("a"), "a:5 b:7"},
		{"replace", []store.Write{putCounter("a", 5, 6)}, nil, "a:6 b:7"},
		{"replace with a stale version", []store.Write{putCounter("a", 4, 5)}, conflict("a"), "a:5 b:7"},
		{"replace with a future version", []store.Write{putCounter("a", 6, 7)}, conflict("a"), "a:5 b:7"},
		{"replace what is missing", []store.Write{putCounter("c", 5, 6)}, conflict("c"), "a:5 b:7"},
		{"delete", []store.Write{onCounter(store.Delete, "a", 5)}, nil, "b:7"},
		{"delete with a stale version", []store.Write{onCounter(store.Delete, "a", 4)}, conflict("a"), "a:5 b:7"},
		{"delete what is missing", []store.Write{onCounter(store.Delete, "c", 5)}, conflict("c"), "a:5 b:7"},
		{"check", []store.Write{onCounter(store.Check, "a", 5)}, nil, "a:5 b:7"},
		{"check with a stale version", []store.Write{onCounter(store.Check, "a", 4)}, conflict("a"), "a:5 b:7"},
		{"check what is missing", []store.Write{onCounter(store.Check, "c", 5)}, conflict("c"), "a:5 b:7"},
		{"check for absence", []store.Write{onCounter(store.Check, "c", 0)}, nil, "a:5 b:7"},
		{"check for absence of what exists", []store.Write{onCounter(store.Check, "a", 0)}, conflict("a"), "a:5 b:7"},
		{"several", []store.Write{
			onCounter(store.Check, "a", 5), putCounter("c", 0, 1), onCounter(store.Delete, "b", 7),
		}, nil, "a:5 c:1"},
		{"a failing check first", []store.Write{onCounter(store.Check, "a", 4), putCounter("c", 0, 1)}, conflict("a"), "a:5 b:7"},
		{"a failing check last", []store.Write{putCounter("c", 0, 1), onCounter(store.Check, "a", 4)}, conflict("a"), "a:5 b:7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine := s.engine(t)
			if err := engine.Commit(t.Context(), start); err != nil {
				t.Fatal(err)
			}
			wantConflict(t, engine.Commit(t.Context(), c.writes), c.want)
			if got := versions(t, engine); got != c.after {
				t.Errorf("after the commit: %s, want %s", got, c.after)
			}
		})
	}
}

func putCounter(id string, expect, version int64) store.Write {
	body := fmt.Appendf(nil, `{"id":%q,"n":%d}`, id, version)
	return store.Write{Op: store.Put, Collection: "counters", ID: id, Expect: expect, Version: version, Body: body}
}

func onCounter(op store.Op, id string, expect int64) store.Write {
	return store.Write{Op: op, Collection: "counters", ID: id, Expect: expect}
}

// wantConflict compares errors as the port knows them: nil, or a ConflictError
// that names its record.
func wantConflict(t *testing.T, got, want error) {
	t.Helper()
	if want == nil {
		if got != nil {
			t.Errorf("Commit: %v", got)
		}
		return
	}
	var conflict *store.ConflictError
	if !errors.As(got, &conflict) || conflict.Error() != want.Error() {
		t.Errorf("Commit: got %v, want %v", got, want)
	}
	if !errors.Is(got, store.ErrConflict) {
		t.Errorf("%v is not ErrConflict", got)
	}
}

// versions lists the counters as "id:version", and checks that each body is the
// one that came with its version.
func versions(t *testing.T, engine store.Engine) string {
	t.Helper()
	records, err := engine.Find(t.Context(), store.Plan{Collection: "counters", Next: "id", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, rec := range records {
		text += fmt.Sprintf(" %s:%d", rec.ID, rec.Version)
		want := putCounter(rec.ID, 0, rec.Version).Body
		if !slices.Equal(tokens(t, rec.Body), tokens(t, want)) {
			t.Errorf("%s: got body %s, want %s", rec.ID, rec.Body, want)
		}
	}
	if text == "" {
		return text
	}
	return text[1:]
}
