package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"convene/internal/store"
)

// cancelled calls every operation with a context that is over: the error says
// so, and nothing was done.
func (s *suite) cancelled(t *testing.T) {
	db := s.open(t)
	engine := s.engine(t)
	save(t, db, newGuest("ada"))

	for _, c := range []struct {
		name string
		call func(ctx context.Context) error
	}{
		{"Get", func(ctx context.Context) error { _, err := guests.Get(ctx, db, "ada"); return err }},
		{"Find", func(ctx context.Context) error { _, err := guests.Find(ctx, db, store.Query{}); return err }},
		{"Count", func(ctx context.Context) error { _, err := guests.Count(ctx, db, store.Query{}); return err }},
		{"Tally", func(ctx context.Context) error { _, err := guests.Tally(ctx, db, store.By("by_name")); return err }},
		{"Update", func(ctx context.Context) error {
			return db.Update(ctx, func(tx *store.Tx) error { return guests.Create(tx, newGuest("bob")) })
		}},
		{"Commit", func(ctx context.Context) error { return engine.Commit(ctx, []store.Write{putCounter("a", 0, 1)}) }},
		{"Migrate", func(ctx context.Context) error {
			return engine.Migrate(ctx, []store.Schema{{Name: "late", Indexes: []store.Index{store.On("x", "x")}}})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := c.call(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: got %v", err)
			}
			ctx, cancel = context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
			defer cancel()
			if err := c.call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("past its deadline: got %v", err)
			}
		})
	}
	t.Run("in between", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Update(ctx, func(tx *store.Tx) error {
			cancel()
			return guests.Create(tx, newGuest("bob"))
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	wantFound(t, db, store.Query{}, "ada")
	if got := versions(t, engine); got != "" {
		t.Errorf("a cancelled commit left %s", got)
	}
}
