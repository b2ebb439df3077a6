// Package intake brings the people of a table into an event. Organisers send a file,
// say what its columns are, see what would become of every row, and have it done: all
// or nothing, by a job that goes on where it was cut short. Afterwards it can be
// undone.
//
//	matching ─→ checking ─→ checked ─→ running ─→ writing ─→ done
//	    ↑           │          │          │                    │
//	    └───────────┴──────────┘          ↓                    ↓
//	                                  reverting ─→ failed   looking ─→ undoable ─→ undoing ─→ undone
//
// What becomes of the rows stands in sheaves of a hundred, each a record and a page of
// the preview. Doing goes from sheaf to sheaf, a few in one commit with how far it has
// come; undoing goes back.
package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/table"
)

// Import is a file of people and what becomes of it. Instants are UTC.
type Import struct {
	ID    string    `json:"id"`
	Event string    `json:"event"`
	State State     `json:"state"`
	At    time.Time `json:"at"` // when the file came
	By    Actor     `json:"by"`
	Ended time.Time `json:"ended,omitzero"` // done, failed or undone
	Ends  time.Time `json:"ends"`           // from then on the rows and the file are removed, and it cannot be undone

	File    File     `json:"file"`
	Columns []string `json:"columns"` // the field that each column is; empty: it is left out
	How     How      `json:"how"`

	Counts  map[Kind]int `json:"counts,omitempty"` // rows by what becomes of them
	Sheaves map[Kind]int `json:"sheaves,omitempty"`
	Pass    string       `json:"pass,omitempty"`   // of checking; names the sheaves
	Beyond  int          `json:"beyond,omitzero"`  // rows for which there is no place
	Late    int          `json:"late,omitzero"`    // rows that something came in the way of while it was done
	Waiting int          `json:"waiting,omitzero"` // rows that joined the waiting list

	Read  int    `json:"read,omitzero"`   // rows, so far
	Step  int    `json:"step,omitzero"`   // sheaves of new and changed rows that are done
	Tell  int    `json:"tell,omitzero"`   // sheaves of new rows whose letters are queued
	Fault *Fault `json:"fault,omitempty"` // why it failed

	Fates map[delegate.Fate]int `json:"fates,omitempty"` // what undoing would do, or did
	Held  map[delegate.Fate]int `json:"held,omitempty"`  // sheaves of them
	Seen  int                   `json:"seen,omitzero"`   // sheaves that looking has come through

	// Who works on it, and when they said so last.
	Worker string    `json:"worker,omitempty"`
	Beat   time.Time `json:"beat,omitzero"`
}

// Actor is a member of staff.
type Actor struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// File is the file that was sent, as far as it is known beyond its content.
type File struct {
	Name     string     `json:"name"`
	Size     int        `json:"size"`
	Parts    int        `json:"parts,omitzero"` // records that hold it; none once it is removed
	Workbook bool       `json:"workbook,omitzero"`
	Sheets   []string   `json:"sheets,omitempty"`
	Sheet    string     `json:"sheet,omitempty"`
	Encoding string     `json:"encoding,omitempty"`
	Guessed  bool       `json:"guessed,omitzero"`
	Row      int        `json:"row,omitzero"` // of the headings
	Heads    []string   `json:"heads"`
	Sample   [][]string `json:"sample,omitempty"` // the first rows
}

// Mode is how new people are brought in.
type Mode string

// The modes.
const (
	Confirmed Mode = "confirmed" // at once, and nobody is written to
	Told      Mode = "told"      // at once, with their letter
	Invited   Mode = "invited"   // they finish their registration themselves, by a letter
)

// Modes lists every mode.
var Modes = []Mode{Confirmed, Told, Invited}

// How says what is done with the rows.
type How struct {
	Mode     Mode   `json:"mode"`
	Category string `json:"category,omitempty"` // of new people whose row names none
	Language string `json:"language,omitempty"` // likewise
	Clear    bool   `json:"clear,omitzero"`     // an empty cell takes away what there is
	Partial  bool   `json:"partial,omitzero"`   // rows that cannot be done are left out; else they stop everything
	Refuse   bool   `json:"refuse,omitzero"`    // who finds no place is left out; else they join the waiting list
}

// State is how far an import has come.
type State string

// The states of an import.
const (
	Matching  State = "matching"  // the organisers say what the columns are
	Checking  State = "checking"  // the rows are read
	Checked   State = "checked"   // the preview is there
	Running   State = "running"   // people are brought in
	Writing   State = "writing"   // their letters are queued
	Done      State = "done"      //
	Reverting State = "reverting" // it cannot be done, and what was done is undone
	Failed    State = "failed"    // nothing of it is left
	Looking   State = "looking"   // what undoing would do is looked up
	Undoable  State = "undoable"  // the preview of undoing is there
	Undoing   State = "undoing"   //
	Undone    State = "undone"    //
	Dropped   State = "dropped"   // given up before it was done
)

// String returns the state as it is stored.
func (s State) String() string { return string(s) }

// active are the states in which a job goes on by itself.
var active = []State{Checking, Running, Writing, Reverting, Looking, Undoing}

// Active reports whether it goes on by itself.
func (s State) Active() bool { return slices.Contains(active, s) }

// Open reports whether it has not been begun to be done, and may be given up.
func (s State) Open() bool { return s == Matching || s == Checking || s == Checked }

// How long things are kept.
const (
	keepPreview = 7 * 24 * time.Hour  // a file that is not imported
	KeepUndo    = 14 * 24 * time.Hour // the rows of an import that is done
)

var (
	imports = store.NewCollection("imports", func(i Import) string { return i.ID },
		store.On("event", "event", "at"),
		store.On("state", "state"),
		store.On("ends", "ends"),
	)
	sheaves = store.NewCollection("import_rows", func(s Sheaf) string { return s.ID })
	parts   = store.NewCollection("import_files", func(p part) string { return p.ID })
)

// Collections lists the package's schemas.
func Collections() []store.Schema {
	return []store.Schema{imports.Schema(), sheaves.Schema(), parts.Schema()}
}

// Service keeps imports and carries them out.
type Service struct {
	DB        *store.DB
	Clock     func() time.Time
	Events    *event.Service
	Delegates *delegate.Service
	Cities    *city.Service
	Forms     *form.Service
	Words     *i18n.Catalogue // in which columns and values are named
	Limits    table.Limits
	Batch     int // sheaves that are read or done in one commit; 0: usualBatch
}

// usualBatch is as many people as the writer of a database keeps in its memory with all
// the pages that they touch.
const usualBatch = 20

func (s *Service) batch() int {
	if s.Batch == 0 {
		return usualBatch
	}
	return s.Batch
}

func (s *Service) now() time.Time { return s.Clock().UTC().Truncate(time.Millisecond) }

// Get returns the event's import, or a problem of kind NotFound.
func (s *Service) Get(ctx context.Context, e event.Event, id string) (Import, error) {
	return s.get(ctx, s.DB, e.ID, id)
}

func (s *Service) get(ctx context.Context, r store.Reader, event, id string) (Import, error) {
	i, err := imports.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && i.Event != event {
		return i, problem.Wrap(err, problem.NotFound, "problem.import.not_found")
	}
	return i, err
}

// List returns the event's imports, the newest first.
func (s *Service) List(ctx context.Context, e event.Event, cursor string, limit int) (store.Page[Import], error) {
	return imports.Find(ctx, s.DB, store.By("event", e.ID).Backwards().After(cursor).Limit(limit))
}

// part is a part of a file, small enough for one record.
type part struct {
	ID   string `json:"id"`
	Data []byte `json:"data"`
}

const partSize = 256 << 10 // bytes

func partID(id string, n int) string { return fmt.Sprintf("%s/%04d", id, n) }

// Begin takes a file up to its headings and proposes what its columns are. What is
// wrong with it is a problem of kind Invalid under table.Field.
func (s *Service) Begin(ctx context.Context, e event.Event, name string, data []byte) (Import, error) {
	now := s.now()
	by := audit.By(ctx)
	i := Import{
		ID: store.NewID(), Event: e.ID, State: Matching, At: now, Ends: now.Add(keepPreview), By: Actor{by.ID, by.Name},
		File: File{Name: cleanName(name), Size: len(data), Parts: (len(data) + partSize - 1) / partSize},
		How:  How{Mode: Confirmed, Language: s.Words.For(first(e.Languages)).Lang()},
	}
	if err := s.lookInto(ctx, e, &i, data, "", 0); err != nil {
		return i, err
	}
	return i, s.DB.Update(ctx, func(tx *store.Tx) error {
		for n := range i.File.Parts {
			data := data[n*partSize : min(len(data), (n+1)*partSize)]
			if err := parts.Create(tx, part{ID: partID(i.ID, n), Data: data}); err != nil {
				return err
			}
		}
		if err := imports.Create(tx, i); err != nil {
			return err
		}
		return s.note(ctx, tx, i, "import.begin")
	})
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// lookInto reads the headings, from the row on or where they are found, and the first
// rows, and proposes the columns.
func (s *Service) lookInto(ctx context.Context, e event.Event, i *Import, data []byte, sheet string, row int) error {
	fields, err := s.fields(ctx, e)
	if err != nil {
		return err
	}
	t, err := open(data, table.Options{Sheet: sheet, Row: row, Known: fields.knows, Limits: s.Limits})
	if err != nil {
		return err
	}
	defer t.Close()
	f := &i.File
	f.Workbook, f.Sheets, f.Sheet, f.Encoding, f.Guessed = t.Workbook, t.Sheets, t.Sheet, t.Encoding, t.Guessed
	f.Row, f.Heads, f.Sample = t.Row, t.Heads, nil
	for row, err := range t.Rows() {
		if err != nil {
			return err
		}
		if f.Sample = append(f.Sample, shortened(row, len(f.Heads))); len(f.Sample) == sampleRows {
			break
		}
	}
	if len(f.Sample) == 0 {
		var faults problem.Form
		faults.Add(table.Field, "problem.import.no_rows")
		return faults.Err()
	}
	i.Columns = fields.match(f.Heads)
	return nil
}

const (
	sampleRows = 3
	sampleSize = 60 // characters of a cell
)

func shortened(row table.Row, columns int) []string {
	cells := make([]string, columns)
	for i := range cells {
		runes := []rune(row.Cell(i))
		if cells[i] = string(runes); len(runes) > sampleSize {
			cells[i] = string(runes[:sampleSize]) + "…"
		}
	}
	return cells
}

// note records what was done with an import as a whole.
func (s *Service) note(ctx context.Context, tx *store.Tx, i Import, action string) error {
	return audit.Record(ctx, tx, audit.Entry{At: s.now(), Action: action, Event: i.Event, Subject: "import/" + i.ID})
}

// change changes an import in one transaction, with its entry in the audit trail.
func (s *Service) change(ctx context.Context, e event.Event, id, action string, fn func(*store.Tx, *Import) error) (i Import, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if i, err = s.get(ctx, tx, e.ID, id); err != nil {
			return err
		}
		if err := fn(tx, &i); err != nil {
			return err
		}
		if err := imports.Put(tx, i); err != nil || action == "" {
			return err
		}
		return s.note(ctx, tx, i, action)
	})
	return i, err
}

// in is nil if the import is in one of the states, and else a problem of kind
// Conflict: somebody has been faster.
func (i Import) in(states ...State) error {
	if slices.Contains(states, i.State) {
		return nil
	}
	return problem.New(problem.Conflict, "problem.import.state")
}

// Sheet reads another sheet of the workbook, or the file with its headings in another
// row; with 0 they are found.
func (s *Service) Sheet(ctx context.Context, e event.Event, id, sheet string, row int) (Import, error) {
	i, err := s.Get(ctx, e, id)
	if err != nil {
		return i, err
	}
	data, err := s.content(ctx, i)
	if err != nil {
		return i, err
	}
	other := i
	if err := s.lookInto(ctx, e, &other, data, sheet, row); err != nil {
		return i, err
	}
	return s.change(ctx, e, id, "", func(_ *store.Tx, i *Import) error {
		if err := i.in(Matching, Checked); err != nil {
			return err
		}
		i.State, i.File, i.Columns = Matching, other.File, other.Columns
		return nil
	})
}

// content is the file.
func (s *Service) content(ctx context.Context, i Import) ([]byte, error) {
	data := make([]byte, 0, i.File.Size)
	for n := range i.File.Parts {
		p, err := parts.Get(ctx, s.DB, partID(i.ID, n))
		if errors.Is(err, store.ErrNotFound) {
			return nil, problem.Wrap(err, problem.Gone, "problem.import.file_gone")
		}
		if err != nil {
			return nil, err
		}
		data = append(data, p.Data...)
	}
	if i.File.Parts == 0 {
		return nil, problem.New(problem.Gone, "problem.import.file_gone")
	}
	return data, nil
}

// Check says what the columns are and how the rows are to be taken, and has them
// checked. A field that two columns are, and a file without addresses, are problems of
// kind Invalid, under the fields "column-N" and "columns".
func (s *Service) Check(ctx context.Context, e event.Event, id string, columns []string, how How) (Import, error) {
	fields, err := s.fields(ctx, e)
	if err != nil {
		return Import{}, err
	}
	return s.change(ctx, e, id, "", func(_ *store.Tx, i *Import) error {
		if err := i.in(Matching, Checked); err != nil {
			return err
		}
		if err := errors.Join(fields.check(i.File.Heads, columns), s.checkHow(e, how)); err != nil {
			return err
		}
		i.Columns, i.How = columns, how
		i.State, i.Read, i.Worker = Checking, 0, ""
		return nil
	})
}

func (s *Service) checkHow(e event.Event, how How) error {
	var faults problem.Form
	if !slices.Contains(Modes, how.Mode) {
		faults.Add("mode", "problem.field.choice")
	}
	if _, ok := e.Category(how.Category); !ok && how.Category != "" {
		faults.Add("category", "problem.field.choice")
	}
	if !s.Words.Speaks(how.Language) {
		faults.Add("language", "problem.field.choice")
	}
	return faults.Err()
}

// Match goes back to saying what the columns are.
func (s *Service) Match(ctx context.Context, e event.Event, id string) (Import, error) {
	return s.change(ctx, e, id, "", func(_ *store.Tx, i *Import) error {
		if !i.State.Open() {
			return i.in()
		}
		i.State, i.Worker = Matching, ""
		return nil
	})
}

// Start has what the preview shows done. Rows that are refused stop it, as a problem
// of kind Conflict, unless partial leaves them out; likewise later those that
// something comes in the way of.
func (s *Service) Start(ctx context.Context, e event.Event, id string, partial, refuse bool) (Import, error) {
	return s.change(ctx, e, id, "import.start", func(_ *store.Tx, i *Import) error {
		if err := i.in(Checked); err != nil {
			return err
		}
		i.How.Partial, i.How.Refuse = partial, refuse
		switch {
		case i.Counts[New]+i.Counts[Changed] == 0:
			return problem.New(problem.Conflict, "problem.import.nothing")
		case i.Counts[Refused] > 0 && !partial:
			return problem.New(problem.Conflict, "problem.import.faulty", "Rows", i.Counts[Refused])
		case i.Beyond > 0 && refuse && !partial:
			return problem.New(problem.Conflict, "problem.import.beyond", "Rows", i.Beyond)
		}
		i.State, i.Step, i.Tell, i.Worker = Running, 0, 0, ""
		return nil
	})
}

// Stop gives up what has not been begun, and has what is being done taken back.
func (s *Service) Stop(ctx context.Context, e event.Event, id string) (Import, error) {
	return s.change(ctx, e, id, "import.stop", func(_ *store.Tx, i *Import) error {
		switch {
		case i.State.Open():
			i.State, i.Ends = Dropped, s.now()
		case i.State == Running:
			i.State, i.Fault = Reverting, &Fault{Key: "problem.import.stopped"}
		default:
			return i.in()
		}
		i.Worker = ""
		return nil
	})
}

// Look has looked up what undoing would do. After KeepUndo it is a problem of kind
// Gone.
func (s *Service) Look(ctx context.Context, e event.Event, id string) (Import, error) {
	return s.change(ctx, e, id, "", func(_ *store.Tx, i *Import) error {
		if err := i.in(Done, Undoable); err != nil {
			return err
		}
		if i.Gone() || !s.Clock().Before(i.Ends) {
			return problem.New(problem.Gone, "problem.import.too_late")
		}
		i.State, i.Seen, i.Fates, i.Held, i.Worker = Looking, 0, nil, nil, ""
		return nil
	})
}

// Keep gives up undoing.
func (s *Service) Keep(ctx context.Context, e event.Event, id string) (Import, error) {
	return s.change(ctx, e, id, "", func(_ *store.Tx, i *Import) error {
		if err := i.in(Looking, Undoable); err != nil {
			return err
		}
		i.State, i.Worker = Done, ""
		return nil
	})
}

// Undo has the import undone.
func (s *Service) Undo(ctx context.Context, e event.Event, id string) (Import, error) {
	return s.change(ctx, e, id, "import.undo", func(_ *store.Tx, i *Import) error {
		if err := i.in(Undoable); err != nil {
			return err
		}
		if !s.Clock().Before(i.Ends) {
			return problem.New(problem.Gone, "problem.import.too_late")
		}
		i.State, i.Fates, i.Worker = Undoing, nil, ""
		return nil
	})
}
