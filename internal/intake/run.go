package intake

import (
	"context"
	"errors"
	"fmt"

	"convene/internal/delegate"
	"convene/internal/problem"
	"convene/internal/store"
)

// steps lists the sheaves that are done, in their order: those of new people, then
// those of changes.
func (i Import) steps() int { return i.Sheaves[New] + i.Sheaves[Changed] }

// stepID names one of them.
func (i Import) stepID(n int) (kind Kind, id string) {
	kind = New
	if n >= i.Sheaves[New] {
		kind, n = Changed, n-i.Sheaves[New]
	}
	return kind, sheafID(i.ID, i.Pass, string(kind), n)
}

// run does the next sheaves, in one commit.
func (s *Service) run(ctx context.Context, w *work) error {
	if w.i.Step >= w.i.steps() {
		return s.ran(ctx, w)
	}
	err := s.runBatch(ctx, w, false)
	var taken *store.DuplicateError
	if errors.As(err, &taken) {
		err = s.runBatch(ctx, w, true) // somebody has an address by now
	}
	var late *lateError
	if errors.As(err, &late) {
		return s.advance(ctx, w, func(_ *store.Tx, i *Import) error {
			i.State, i.Fault = Reverting, &late.fault
			return nil
		})
	}
	return err
}

// lateError stops an import that does not leave out what something came in the way of.
type lateError struct{ fault Fault }

func (e *lateError) Error() string { return "intake: a row cannot be done: " + e.fault.Key }

// runBatch does some sheaves. careful asks of each address first whether somebody has
// registered under it.
func (s *Service) runBatch(ctx context.Context, w *work, careful bool) error {
	return s.advance(ctx, w, func(tx *store.Tx, i *Import) error {
		d := doing{s: s, tx: tx, w: w, i: i, careful: careful}
		for range min(s.batch(), i.steps()-i.Step) {
			if err := d.sheaf(ctx); err != nil {
				return err
			}
			i.Step++
		}
		return nil
	})
}

// doing is the work on the rows of a commit.
type doing struct {
	s       *Service
	tx      *store.Tx
	w       *work
	i       *Import
	careful bool
}

func (d *doing) sheaf(ctx context.Context) error {
	kind, id := d.i.stepID(d.i.Step)
	sheaf, err := sheaves.Get(ctx, d.tx, id)
	if err != nil {
		return err
	}
	left := 0
	for n := range sheaf.Rows {
		row := &sheaf.Rows[n]
		err := d.row(ctx, kind, row)
		if problem.KindOf(err) == problem.Conflict {
			fault := problemFault(err)
			row.Late, err = &fault, nil
			left++
			if !d.i.How.Partial {
				return &lateError{Fault{Key: "problem.import.late", Args: []string{"Row", fmt.Sprint(row.Number)}}}
			}
		}
		if err != nil {
			return err
		}
	}
	if d.i.Late += left; left == 0 {
		return nil
	}
	return sheaves.Put(d.tx, sheaf)
}

func (d *doing) row(ctx context.Context, kind Kind, row *Row) error {
	if kind == Changed {
		return d.s.Delegates.Amend(ctx, d.tx, d.w.event, row.ID, row.Changes)
	}
	if d.careful {
		taken, err := d.s.Delegates.IsRegistered(ctx, d.tx, d.w.event, row.Email)
		if err != nil {
			return err
		}
		if taken {
			return problem.New(problem.Conflict, "problem.import.registered_since")
		}
	}
	to, err := d.s.Delegates.Bring(ctx, d.tx, d.w.event, d.i.brought(*row), d.i.How.Refuse)
	if to == delegate.Waiting && err == nil {
		d.i.Waiting++
	}
	return err
}

func (i Import) brought(row Row) delegate.Brought {
	return delegate.Brought{ID: row.ID, Form: *row.Form, Invited: i.How.Mode == Invited}
}

// written reports whether people have been written to.
func (i Import) written() bool { return i.How.Mode != Confirmed }

// ran goes on to the letters, now that everybody is in, or ends.
func (s *Service) ran(ctx context.Context, w *work) error {
	if w.i.written() {
		return s.advance(ctx, w, func(_ *store.Tx, i *Import) error {
			i.State = Writing
			return nil
		})
	}
	return s.done(ctx, w)
}

func (s *Service) done(ctx context.Context, w *work) error {
	file := w.i
	err := s.advance(ctx, w, func(tx *store.Tx, i *Import) error {
		i.State, i.Ended, i.Ends, i.File.Parts, i.File.Sample = Done, s.now(), s.now().Add(KeepUndo), 0, nil
		return s.note(ctx, tx, *i, "import.done")
	})
	if err != nil {
		return err
	}
	return s.removeFile(ctx, file)
}

// Origin is what the letters of the import are counted by.
func (i Import) Origin() string { return "import/" + i.ID }

// write queues the letters of the next sheaves, in one commit.
func (s *Service) write(ctx context.Context, w *work) error {
	if w.i.Tell >= w.i.Sheaves[New] {
		return s.done(ctx, w)
	}
	return s.advance(ctx, w, func(tx *store.Tx, i *Import) error {
		for range min(s.batch(), i.Sheaves[New]-i.Tell) {
			sheaf, err := sheaves.Get(ctx, tx, sheafID(i.ID, i.Pass, string(New), i.Tell))
			if err != nil {
				return err
			}
			for _, row := range sheaf.Rows {
				if row.Late != nil {
					continue
				}
				if err := s.Delegates.Write(ctx, tx, row.ID, i.Origin()); err != nil {
					return err
				}
			}
			i.Tell++
		}
		return nil
	})
}
