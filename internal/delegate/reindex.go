package delegate

import (
	"context"
	"time"

	"convene/internal/store"
)

// indexed is a collection that an earlier version of the program wrote in part, and that
// is written once more so that what the new one looks for is found.
type indexed struct {
	name    string
	version int // rises when what the indexes read is filled in otherwise than before
	page    func(ctx context.Context, cursor string) (ids []string, next string, err error)
	rewrite func(ctx context.Context, tx *store.Tx, id string) error // of one that is gone, store.ErrNotFound
}

func (s *Service) indexed() []indexed {
	return []indexed{
		{
			name: delegates.Schema().Name, version: 4, page: idsOf(s, delegates, func(d Delegate) string { return d.ID }),
			rewrite: func(ctx context.Context, tx *store.Tx, id string) error {
				d, err := delegates.Get(ctx, tx, id)
				if err != nil {
					return err
				}
				d.index()
				return delegates.Put(tx, d)
			},
		},
		{
			name: invitations.Schema().Name, version: 1, page: idsOf(s, invitations, func(i Invitation) string { return i.ID }),
			rewrite: func(ctx context.Context, tx *store.Tx, id string) error {
				i, err := invitations.Get(ctx, tx, id)
				if err != nil {
					return err
				}
				if i.Answer == "" {
					i.guessAnswer()
				}
				return invitations.Put(tx, i)
			},
		},
	}
}

// guessAnswer fills in the answer to an invitation of which none was kept.
func (i *Invitation) guessAnswer() {
	i.unanswered()
	switch {
	case i.Used > 0:
		i.say(Accepted, time.Time{}, "")
	case !i.Revoked.IsZero():
		i.say(TakenBack, i.Revoked, "")
	}
}

// idsOf lists a collection's ids, page by page.
func idsOf[T any](s *Service, all store.Collection[T], id func(T) string) func(context.Context, string) ([]string, string, error) {
	return func(ctx context.Context, cursor string) ([]string, string, error) {
		page, err := all.Find(ctx, s.db, store.Query{}.After(cursor).Limit(reindexStep))
		ids := make([]string, len(page.Items))
		for n, item := range page.Items {
			ids[n] = id(item)
		}
		return ids, page.Next, err
	}
}

// indexing is how far that has come in a collection, whose name is its id.
type indexing struct {
	ID      string `json:"id"`
	Version int    `json:"version"` // that all records have
	Begun   int    `json:"begun"`   // that they are being given
	Cursor  string `json:"cursor"`
}

var indexings = store.NewCollection("delegate_indexing", func(i indexing) string { return i.ID })

// reindexStep is how many records one commit writes.
const reindexStep = 100

// Reindex writes registrations and invitations of an earlier version of the program once
// more, so that what the new one looks for is found, and returns how many there were. Cut
// short, it goes on where it was.
func (s *Service) Reindex(ctx context.Context) (total int, err error) {
	for _, all := range s.indexed() {
		for over := false; !over; {
			var n int
			n, over, err = s.reindexSome(ctx, all)
			if total += n; err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

func (s *Service) reindexSome(ctx context.Context, all indexed) (n int, over bool, err error) {
	seen, err := indexings.Get(ctx, s.db, all.name)
	if err != nil && !isMissing(err) {
		return 0, true, err
	}
	if seen.Version == all.version {
		return 0, true, nil
	}
	if seen.Begun != all.version {
		seen.Begun, seen.Cursor = all.version, ""
	}
	ids, next, err := all.page(ctx, seen.Cursor)
	if err != nil {
		return 0, true, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		n = 0
		now, err := indexings.Get(ctx, tx, all.name)
		if err != nil && !isMissing(err) {
			return err
		}
		if over = now.Version == all.version || now.Begun == all.version && now.Cursor != seen.Cursor; over {
			return nil
		}
		for _, id := range ids {
			err := all.rewrite(ctx, tx, id)
			if isMissing(err) {
				continue
			}
			if err != nil {
				return err
			}
			n++
		}
		now = indexing{ID: all.name, Version: now.Version, Begun: all.version, Cursor: next}
		if over = next == ""; over {
			now.Version = all.version
		}
		return indexings.Put(tx, now)
	})
	return n, over, err
}
