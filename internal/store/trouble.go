package store

import (
	"context"
	"errors"
	"fmt"
)

// ErrEngine says that the database did not do what was asked of it: it cannot be
// reached, it gave up, its disk is full. Nothing is known to be wrong with the
// records or the question.
var ErrEngine = errors.New("store: the database failed")

// Passing reports whether err may be gone when the same is tried once more: the
// database failed or was too busy, or there was no time left. Whoever does work on
// behalf of people keeps it for later then, rather than calling it impossible.
func Passing(err error) bool {
	return errors.Is(err, ErrEngine) || errors.Is(err, ErrBusy) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// telling is an engine whose failures are ErrEngine.
type telling struct{ Engine }

func (t telling) Get(ctx context.Context, collection, id string) (Record, error) {
	rec, err := t.Engine.Get(ctx, collection, id)
	return rec, told(err)
}

func (t telling) Find(ctx context.Context, plan Plan) ([]Record, error) {
	list, err := t.Engine.Find(ctx, plan)
	return list, told(err)
}

func (t telling) Count(ctx context.Context, plan Plan) (int, error) {
	n, err := t.Engine.Count(ctx, plan)
	return n, told(err)
}

func (t telling) Tally(ctx context.Context, plan Plan, field string) (map[string]int, error) {
	counts, err := t.Engine.Tally(ctx, plan, field)
	return counts, told(err)
}

func (t telling) Commit(ctx context.Context, writes []Write) error {
	return told(t.Engine.Commit(ctx, writes))
}

// told leaves alone what is an answer.
func told(err error) error {
	if err == nil {
		return nil
	}
	for _, answer := range []error{ErrNotFound, ErrConflict, ErrDuplicate, ErrNoIndex, ErrBadCursor} {
		if errors.Is(err, answer) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", ErrEngine, err)
}
