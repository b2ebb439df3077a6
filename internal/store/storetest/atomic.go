package storetest

import (
	"fmt"
	"sync"
	"testing"

	"convene/internal/store"
)

// atomic checks that a commit is all or nothing, for those who fail and for
// those who look.
func (s *suite) atomic(t *testing.T) {
	need(t, s.has.Atomic, "Atomic")
	t.Run("a failing commit leaves nothing", func(t *testing.T) { failingCommits(t, s.engine(t)) })
	t.Run("no reader sees half", func(t *testing.T) { inStep(t, s.open(t)) })
	t.Run("neighbours are not harmed", func(t *testing.T) { neighbours(t, s.engine(t)) })
}

// failingCommits puts the failing write last, so that the others have been
// carried out when it fails.
func failingCommits(t *testing.T, engine store.Engine) {
	ctx := t.Context()
	if err := engine.Commit(ctx, []store.Write{putCounter("a", 0, 5), putCounter("b", 0, 7), badged("held", "1")}); err != nil {
		t.Fatal(err)
	}
	good := []store.Write{putCounter("a", 5, 6), onCounter(store.Delete, "b", 7), putCounter("c", 0, 1)}
	for _, c := range []struct {
		name string
		last store.Write
	}{
		{"stale put", putCounter("d", 3, 4)},
		{"taken id", badged("held", "2")},
		{"taken badge", badged("new", "1")},
		{"stale delete", onCounter(store.Delete, "d", 3)},
		{"stale check", onCounter(store.Check, "d", 3)},
		{"broken body", store.Write{Op: store.Put, Collection: "counters", ID: "d", Version: 1, Body: []byte(`{"n":`)}},
	} {
		if err := engine.Commit(ctx, append(good[:len(good):len(good)], c.last)); err == nil {
			t.Errorf("%s: no error", c.name)
		}
		if got := versions(t, engine); got != "a:5 b:7" {
			t.Errorf("%s left %s", c.name, got)
		}
	}
}

// badged is the write that makes a guest with the badge.
func badged(id, badge string) store.Write {
	body := fmt.Appendf(nil, `{"id":%q,"event":"e","name":"","badge":%q,"seat":0,"score":0,"present":false,`+
		`"arrived":"2026-11-20T09:00:00.000Z","address":{"city":""},"terms":[]}`, id, badge)
	return store.Write{Op: store.Put, Collection: "guests", ID: id, Version: 1, Body: body}
}

// inStep lets writers move two records together while readers compare them.
// A reader takes both from one Find, or in a transaction that writes.
func inStep(t *testing.T, db *store.DB) {
	ctx := t.Context()
	seedCounters(t, db, "left", "right")
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				page, err := counters.Find(ctx, db, store.Query{})
				if err != nil {
					t.Error(err)
					return
				}
				if l, r := page.Items[0].N, page.Items[1].N; l != r {
					t.Errorf("left is at %d, right at %d", l, r)
					return
				}
			}
		})
	}
	for range 8 {
		writers.Go(func() {
			for range 10 {
				if err := moveBoth(t, db); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if l, r := read(t, db, "left"), read(t, db, "right"); l != 80 || r != 80 {
		t.Errorf("at the end left is %d, right %d, want 80", l, r)
	}
}

func moveBoth(t *testing.T, db *store.DB) error {
	ctx := t.Context()
	return db.Update(ctx, func(tx *store.Tx) error {
		for _, id := range []string{"left", "right"} {
			c, err := counters.Get(ctx, tx, id)
			if err != nil {
				return err
			}
			c.N++
			if err := counters.Put(tx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// neighbours commits good and failing writes side by side: an engine that puts
// several commits into one may not let them share their failures.
func neighbours(t *testing.T, engine store.Engine) {
	ctx := t.Context()
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			id := fmt.Sprintf("n%02d", i)
			writes := []store.Write{badged(id, id)}
			if i%2 == 1 {
				writes = append(writes, onCounter(store.Check, "missing", 1))
			}
			err := engine.Commit(ctx, writes)
			if i%2 == 0 && err != nil {
				t.Errorf("%s: %v", id, err)
			} else if i%2 == 1 {
				wantConflict(t, err, &store.ConflictError{Collection: "counters", ID: "missing"})
			}
		})
	}
	wg.Wait()
	n, err := engine.Count(ctx, store.Plan{Collection: "guests", Next: "id"})
	if err != nil || n != 20 {
		t.Errorf("%d guests (%v), want 20", n, err)
	}
}
