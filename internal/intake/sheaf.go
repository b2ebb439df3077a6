package intake

import (
	"context"
	"errors"
	"fmt"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// Kind is what becomes of a row.
type Kind string

// The kinds of rows.
const (
	New       Kind = "new"
	Changed   Kind = "changed"
	Unchanged Kind = "unchanged"
	Refused   Kind = "refused"
)

// Kinds lists every kind.
var Kinds = []Kind{New, Changed, Unchanged, Refused}

// Row is a row of the table and what becomes of it.
type Row struct {
	Number int    `json:"n"` // as the spreadsheet counts
	ID     string `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Email  string `json:"email,omitempty"`

	Form    *delegate.Form    `json:"form,omitempty"` // of New
	Full    bool              `json:"full,omitzero"`  // of New: there was no place for them
	Changes []delegate.Change `json:"changes,omitempty"`
	Faults  []Fault           `json:"faults,omitempty"` // of Refused
	Cells   []string          `json:"cells,omitempty"`  // of Refused, as they were
	Late    *Fault            `json:"late,omitempty"`   // what came in the way while it was done: the row is left out
	Fate    delegate.Fate     `json:"fate,omitempty"`   // of undoing
}

// Fault is what is wrong with a row.
type Fault struct {
	Cell  string   `json:"cell,omitempty"`  // C17; empty where no cell is wrong
	Field string   `json:"field,omitempty"` // of the form, or of a question
	Key   string   `json:"key"`
	Args  []string `json:"args,omitempty"` // names and values in turn
}

// Arguments are the fault's for its message.
func (f Fault) Arguments() []any {
	args := make([]any, len(f.Args))
	for i, arg := range f.Args {
		args[i] = arg
	}
	return args
}

func faultOf(cell string, field problem.Field) Fault {
	f := Fault{Cell: cell, Field: field.Name, Key: field.Key}
	for _, arg := range field.Args {
		f.Args = append(f.Args, fmt.Sprint(arg))
	}
	return f
}

// Sheaf is some rows of one kind, in their order.
type Sheaf struct {
	ID   string `json:"id"`
	Rows []Row  `json:"rows"`
}

// SheafSize is how many rows a sheaf holds, but for the last of its kind.
const SheafSize = 100

// sheafID names a sheaf of a pass.
func sheafID(id, pass, kind string, n int) string {
	return fmt.Sprintf("%s/%s/%s/%05d", id, pass, kind, n)
}

// Rows returns a page of the rows of a kind, counted from 0, empty beyond the last.
func (s *Service) Rows(ctx context.Context, i Import, kind Kind, page int) ([]Row, error) {
	return s.rows(ctx, sheafID(i.ID, i.Pass, string(kind), page))
}

// Undone returns a page of what undoing would do, or did.
func (s *Service) FateRows(ctx context.Context, i Import, fate delegate.Fate, page int) ([]Row, error) {
	return s.rows(ctx, sheafID(i.ID, fatePass, string(fate), page))
}

// fatePass names the sheaves of looking.
const fatePass = "fate"

func (s *Service) rows(ctx context.Context, id string) ([]Row, error) {
	sheaf, err := sheaves.Get(ctx, s.DB, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return sheaf.Rows, err
}

// EachRefused walks through the rows that are not done: those that were refused and
// those that something came in the way of, without the cells.
func (s *Service) EachRefused(ctx context.Context, e event.Event, i Import, fn func(Row) error) error {
	for _, kind := range []Kind{Refused, New, Changed} {
		for n := range i.Sheaves[kind] {
			rows, err := s.Rows(ctx, i, kind, n)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if row.Late != nil {
					row.Faults = []Fault{*row.Late}
				}
				if len(row.Faults) == 0 {
					continue
				}
				if err := fn(row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// gatherer puts rows into sheaves of their kinds.
type gatherer struct {
	id, pass string
	open     map[string][]Row
	counts   map[string]int
	made     map[string]int
	full     []Sheaf
}

func newGatherer(id, pass string) *gatherer {
	return &gatherer{id: id, pass: pass, open: map[string][]Row{}, counts: map[string]int{}, made: map[string]int{}}
}

func (g *gatherer) add(kind string, row Row) {
	g.counts[kind]++
	g.open[kind] = append(g.open[kind], row)
	if len(g.open[kind]) == SheafSize {
		g.bind(kind)
	}
}

func (g *gatherer) bind(kind string) {
	g.full = append(g.full, Sheaf{ID: sheafID(g.id, g.pass, kind, g.made[kind]), Rows: g.open[kind]})
	g.made[kind]++
	g.open[kind] = nil
}

// finish binds what is left.
func (g *gatherer) finish() {
	for kind, rows := range g.open {
		if len(rows) > 0 {
			g.bind(kind)
		}
	}
}

// put writes the sheaves that are bound. They stay until they are taken: the
// transaction may run again.
func (g *gatherer) put(ctx context.Context, tx *store.Tx) error {
	for _, sheaf := range g.full {
		if _, err := sheaves.Get(ctx, tx, sheaf.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := sheaves.Put(tx, sheaf); err != nil {
			return err
		}
	}
	return nil
}
