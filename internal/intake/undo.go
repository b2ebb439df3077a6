package intake

import (
	"context"

	"convene/internal/delegate"
	"convene/internal/store"
)

// look finds out what undoing would do, from the first sheaf to the last. It is begun
// anew when it is cut short.
func (s *Service) look(ctx context.Context, w *work) error {
	if err := s.removeSheaves(ctx, Import{ID: w.i.ID, Pass: fatePass}); err != nil {
		return err
	}
	g := newGatherer(w.i.ID, fatePass)
	for n := range w.i.steps() {
		kind, id := w.i.stepID(n)
		rows, err := s.rows(ctx, id)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Late != nil {
				continue
			}
			fate, d, err := s.fate(ctx, w, kind, row)
			if err != nil {
				return err
			}
			out := Row{Number: row.Number, ID: row.ID, Name: row.Name, Email: row.Email, Changes: row.Changes, Fate: fate}
			if d.ID != "" {
				out.Name = d.Name
			}
			g.add(string(fate), out)
		}
		if len(g.full) < s.batch() && n+1 < w.i.steps() {
			continue
		}
		if err := s.advance(ctx, w, func(tx *store.Tx, i *Import) error { i.Seen = n + 1; return g.put(ctx, tx) }); err != nil {
			return err
		}
		g.full = nil
	}
	g.finish()
	return s.advance(ctx, w, func(tx *store.Tx, i *Import) error {
		i.State, i.Fates, i.Held = Undoable, fates(g.counts), fates(g.made)
		return g.put(ctx, tx)
	})
}

func fates(counts map[string]int) map[delegate.Fate]int {
	m := map[delegate.Fate]int{}
	for fate, n := range counts {
		m[delegate.Fate(fate)] = n
	}
	return m
}

func (s *Service) fate(ctx context.Context, w *work, kind Kind, row Row) (delegate.Fate, delegate.Delegate, error) {
	if kind == Changed {
		return s.Delegates.Unamended(ctx, s.DB, row.ID, row.Changes)
	}
	return s.Delegates.FateOf(ctx, s.DB, w.event, w.i.brought(row), w.i.written())
}

// revert undoes the last sheaves that stand, in one commit, and so the import in the
// end.
func (s *Service) revert(ctx context.Context, w *work) error {
	if w.i.Step == 0 {
		return s.reverted(ctx, w)
	}
	return s.advance(ctx, w, func(tx *store.Tx, i *Import) error {
		if i.Fates == nil {
			i.Fates = map[delegate.Fate]int{}
		}
		for range min(s.batch(), i.Step) {
			i.Step--
			kind, id := i.stepID(i.Step)
			sheaf, err := sheaves.Get(ctx, tx, id)
			if err != nil {
				return err
			}
			for n := len(sheaf.Rows) - 1; n >= 0; n-- {
				if sheaf.Rows[n].Late != nil {
					continue
				}
				fate, err := s.takeBack(ctx, tx, w, kind, sheaf.Rows[n])
				if err != nil {
					return err
				}
				i.Fates[fate]++
			}
		}
		return nil
	})
}

func (s *Service) takeBack(ctx context.Context, tx *store.Tx, w *work, kind Kind, row Row) (delegate.Fate, error) {
	if kind == Changed {
		return s.Delegates.Restore(ctx, tx, w.event, row.ID, row.Changes)
	}
	// Letters are queued when everybody is in: of one that failed nobody has any.
	return s.Delegates.TakeOut(ctx, tx, w.event, w.i.brought(row), w.i.State == Undoing && w.i.written())
}

func (s *Service) reverted(ctx context.Context, w *work) error {
	file := w.i
	err := s.advance(ctx, w, func(tx *store.Tx, i *Import) error {
		action := "import.undone"
		if i.State == Reverting {
			i.State, action = Failed, "import.failed"
		} else {
			i.State = Undone
		}
		i.Ended, i.File.Parts, i.File.Sample = s.now(), 0, nil
		return s.note(ctx, tx, *i, action)
	})
	if err != nil {
		return err
	}
	return s.removeFile(ctx, file)
}
