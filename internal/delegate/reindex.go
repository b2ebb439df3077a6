package delegate

import (
	"context"

	"convene/internal/store"
)

// indexVersion rises when index fills in something else than before: then every
// registration is written once more.
const indexVersion = 3

// indexing is how far that has come. One record tells of all registrations.
type indexing struct {
	ID      string `json:"id"`
	Version int    `json:"version"` // that all registrations have
	Begun   int    `json:"begun"`   // that they are being given
	Cursor  string `json:"cursor"`
}

var indexings = store.NewCollection("delegate_indexing", func(i indexing) string { return i.ID })

// reindexStep is how many registrations one commit writes.
const reindexStep = 100

// Reindex writes registrations of an earlier version of the program once more, so that
// what the new one looks for is found, and returns how many there were. Cut short, it
// goes on where it was.
func (s *Service) Reindex(ctx context.Context) (total int, err error) {
	for {
		n, over, err := s.reindexSome(ctx)
		if total += n; err != nil || over {
			return total, err
		}
	}
}

func (s *Service) reindexSome(ctx context.Context) (n int, over bool, err error) {
	seen, err := indexings.Get(ctx, s.db, "delegates")
	if err != nil && !isMissing(err) {
		return 0, true, err
	}
	if seen.Version == indexVersion {
		return 0, true, nil
	}
	if seen.Begun != indexVersion {
		seen.Begun, seen.Cursor = indexVersion, ""
	}
	page, err := delegates.Find(ctx, s.db, store.Query{}.After(seen.Cursor).Limit(reindexStep))
	if err != nil {
		return 0, true, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		n = 0
		now, err := indexings.Get(ctx, tx, "delegates")
		if err != nil && !isMissing(err) {
			return err
		}
		if over = now.Version == indexVersion || now.Begun == indexVersion && now.Cursor != seen.Cursor; over {
			return nil
		}
		for _, found := range page.Items {
			d, err := delegates.Get(ctx, tx, found.ID)
			if isMissing(err) {
				continue
			}
			if err != nil {
				return err
			}
			d.index()
			if err := delegates.Put(tx, d); err != nil {
				return err
			}
			n++
		}
		now = indexing{ID: "delegates", Version: now.Version, Begun: indexVersion, Cursor: page.Next}
		if over = page.Next == ""; over {
			now.Version = indexVersion
		}
		return indexings.Put(tx, now)
	})
	return n, over, err
}
