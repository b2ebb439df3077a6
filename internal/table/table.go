// Package table reads the tables that people send: the rows of a CSV file or of an
// XLSX workbook, one after the other, however many there are. It finds out by itself
// how the file is written, and refuses what is no table with a reason that the
// person who sent it understands.
package table

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"

	"convene/internal/problem"
)

// Field is the form's field that faults of a file name.
const Field = "file"

// Limits bound what is read of a file. Zero means the usual one.
type Limits struct {
	Rows     int   // below the headings
	Columns  int   // with a heading, or with anything in them
	Cell     int   // bytes of one cell
	Unpacked int64 // bytes of all that a workbook holds
}

// Usual are the limits that hold where no others are given.
var Usual = Limits{Rows: 100_000, Columns: 300, Cell: 32_767, Unpacked: 400 << 20}

func (l Limits) withUsual() Limits {
	if l.Rows == 0 {
		l.Rows = Usual.Rows
	}
	if l.Columns == 0 {
		l.Columns = Usual.Columns
	}
	if l.Cell == 0 {
		l.Cell = Usual.Cell
	}
	if l.Unpacked == 0 {
		l.Unpacked = Usual.Unpacked
	}
	return l
}

// Options say how a file is read. The zero value reads the first sheet within the
// usual limits.
type Options struct {
	Sheet  string                    // of a workbook, by its name; empty: the first that can be seen
	Row    int                       // of the headings, counted from 1, or the next that is not blank; 0: it is found
	Known  func(heading string) bool // helps to find it: see Open
	Limits Limits
}

// Ahead is among how many rows that are not blank the headings are looked for.
const Ahead = 20

// Table is an open file. It is read once, from top to bottom, by one goroutine.
type Table struct {
	Heads []string // of the columns, without white space around; an empty one has no heading
	Row   int      // the headings' row, counted from 1

	Workbook bool
	Sheets   []string // of a workbook: those that can be seen, in their order
	Sheet    string   // the one that is read

	Encoding string // of a CSV file: "UTF-8", "UTF-16" or "Windows-1252"
	Guessed  bool   // nothing in the file says that it is that encoding
	Comma    rune   // what parts the cells of a CSV file

	source source
	ahead  []Row // that were read to find the headings
	limits Limits
	count  int
}

// source gives the rows of a file with their numbers, blank ones too, until io.EOF.
type source interface {
	next() (number int, cells []string, err error)
	Close() error
}

// Row is one row below the headings.
type Row struct {
	Number int // as spreadsheets count them, from 1
	Cells  []string
}

// Cell is the text in a column, counted from 0; empty beyond the last.
func (r Row) Cell(column int) string {
	if column < 0 || column >= len(r.Cells) {
		return ""
	}
	return r.Cells[column]
}

// CellName is what spreadsheets call a cell: its column, counted from 0, in letters,
// and its row: C17.
func CellName(column, row int) string { return ColumnName(column) + strconv.Itoa(row) }

// ColumnName is what spreadsheets call a column, counted from 0.
func ColumnName(column int) string {
	var name string
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// IsError reports whether the text is what a formula leaves that went wrong.
func IsError(cell string) bool {
	switch cell {
	case "#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA":
		return true
	}
	return false
}

// Open reads a file up to its headings. Titles and notes may stand above them: they
// are the first row with two that are known, or else the first that is not blank. A
// problem of kind Invalid says, under Field, why the file cannot be read as a table.
// Whoever opens it closes it.
func Open(file io.ReaderAt, size int64, o Options) (*Table, error) {
	t := &Table{limits: o.Limits.withUsual()}
	if err := t.open(file, size, o); err != nil {
		return nil, err
	}
	if err := t.findHeads(o); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *Table) findHeads(o Options) error {
	at := 0
	for looked := 0; looked < Ahead; looked++ {
		row, err := t.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if row.Number < o.Row {
			looked--
			continue
		}
		t.ahead = append(t.ahead, row)
		if o.Row > 0 || o.Known == nil {
			break
		}
		if row.knows(o.Known) {
			at = looked
			break
		}
	}
	if len(t.ahead) == 0 {
		return refuse("problem.table.blank")
	}
	t.Row, t.Heads = t.ahead[at].Number, headings(t.ahead[at].Cells)
	t.ahead = t.ahead[at+1:]
	return nil
}

// knows reports whether two cells of the row are known headings.
func (r Row) knows(known func(string) bool) bool {
	n := 0
	for _, cell := range r.Cells {
		if strings.TrimSpace(cell) != "" && known(cell) {
			n++
		}
	}
	return n > 1
}

// open looks at how the file begins: people's file names say little.
func (t *Table) open(file io.ReaderAt, size int64, o Options) error {
	start := make([]byte, min(size, 4096))
	if _, err := file.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	content := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(start, []byte("\xEF\xBB\xBF"))))
	switch {
	case len(content) == 0:
		return refuse("problem.table.empty")
	case bytes.HasPrefix(start, []byte("PK")):
		return t.openWorkbook(file, size, o.Sheet)
	case bytes.HasPrefix(start, []byte("\xD0\xCF\x11\xE0")):
		return refuse("problem.table.old_workbook")
	case bytes.HasPrefix(content, []byte("<")):
		return refuse("problem.table.web_page")
	}
	return t.openText(file, size, start)
}

func headings(cells []string) []string {
	heads := make([]string, len(cells))
	for i, cell := range cells {
		heads[i] = strings.Join(strings.Fields(cell), " ")
	}
	for len(heads) > 0 && heads[len(heads)-1] == "" {
		heads = heads[:len(heads)-1]
	}
	return heads
}

// Next returns the next row that is not blank, or io.EOF after the last. A problem of
// kind Invalid says where the file goes beyond the limits or cannot be read.
func (t *Table) Next() (row Row, err error) {
	if len(t.ahead) > 0 {
		row, t.ahead = t.ahead[0], t.ahead[1:]
	} else if row, err = t.read(); err != nil {
		return row, err
	}
	if t.count++; t.count > t.limits.Rows {
		return Row{}, refuse("problem.table.rows", "Max", t.limits.Rows)
	}
	return row, nil
}

// read returns the source's next row that is not blank, checked.
func (t *Table) read() (Row, error) {
	for {
		number, cells, err := t.source.next()
		if err != nil {
			return Row{}, err
		}
		if err := t.check(number, cells); err != nil {
			return Row{}, err
		}
		if !blank(cells) {
			return Row{Number: number, Cells: cells}, nil
		}
	}
}

// Rows walks through the rest of the table. It stops with the first error.
func (t *Table) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for {
			row, err := t.Next()
			if errors.Is(err, io.EOF) || !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// Close ends the reading.
func (t *Table) Close() error { return t.source.Close() }

func (t *Table) check(number int, cells []string) error {
	for i, cell := range cells {
		if len(cell) > t.limits.Cell {
			return refuse("problem.table.cell", "Cell", CellName(i, number), "Max", t.limits.Cell)
		}
	}
	if len(cells) > t.limits.Columns && !blank(cells[t.limits.Columns:]) {
		return refuse("problem.table.columns", "Row", number, "Max", t.limits.Columns)
	}
	return nil
}

func blank(cells []string) bool {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// refuse says what is wrong with the file.
func refuse(key string, args ...any) error {
	var faults problem.Form
	faults.Add(Field, key, args...)
	return faults.Err()
}

// unreadable is refuse with the cause, which the log gets.
func unreadable(cause error, key string, args ...any) error {
	return &problem.Error{
		Kind: problem.Invalid, Key: "problem.form", Cause: cause,
		Fields: []problem.Field{{Name: Field, Key: key, Args: args}},
	}
}
