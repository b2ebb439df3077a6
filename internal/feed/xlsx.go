package feed

import (
	"errors"
	"io"

	"github.com/xuri/excelize/v2"
)

// XLSX writes rows as a workbook of one sheet (ISO/IEC 29500). All cells are text, so
// none is a formula, whatever it begins with.
type XLSX struct {
	out  io.Writer
	file *excelize.File
	rows *excelize.StreamWriter
	next int
}

// NewXLSX begins a workbook. Its first row stays in sight. Nothing is written before
// Close.
func NewXLSX(w io.Writer) (*XLSX, error) {
	x := &XLSX{out: w, file: excelize.NewFile(), next: 1}
	rows, err := x.file.NewStreamWriter(x.file.GetSheetName(0))
	if err != nil {
		return nil, err
	}
	x.rows = rows
	return x, errors.Join(
		rows.SetColWidth(1, 30, 22),
		rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
	)
}

// Row writes one row.
func (x *XLSX) Row(cells ...string) error {
	at, err := excelize.CoordinatesToCellName(1, x.next)
	if err != nil {
		return err
	}
	x.next++
	values := make([]any, len(cells))
	for i, cell := range cells {
		values[i] = cell
	}
	return x.rows.SetRow(at, values)
}

// Abandon removes what was gathered, and writes nothing.
func (x *XLSX) Abandon() error { return x.file.Close() }

// Close writes the workbook.
func (x *XLSX) Close() error {
	err := x.rows.Flush()
	if err == nil {
		err = x.file.Write(x.out)
	}
	return errors.Join(err, x.file.Close())
}
