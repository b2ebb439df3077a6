package feed

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"
)

// CSV writes rows that spreadsheets open as they are meant: UTF-8 with a byte
// order mark, CRLF line ends (RFC 4180), and no cell that a spreadsheet would
// take for a formula.
type CSV struct{ w *csv.Writer }

// NewCSV begins a file.
func NewCSV(w io.Writer) (*CSV, error) {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return nil, err
	}
	writer := csv.NewWriter(w)
	writer.UseCRLF = true
	return &CSV{w: writer}, nil
}

// Row writes one row.
func (c *CSV) Row(cells ...string) error {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = Defuse(cell)
	}
	return c.w.Write(row)
}

// Abandon leaves the file as it is.
func (c *CSV) Abandon() error { return nil }

// Close writes what is still held back.
func (c *CSV) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// Defuse puts an apostrophe before a cell that a spreadsheet would run: one that
// begins with = + - @ or a tab, also in their full-width forms and after white
// space (OWASP, CSV injection). Plain numbers stay.
func Defuse(cell string) string {
	trimmed := strings.TrimLeft(cell, " \u00a0\u3000")
	first, _ := utf8.DecodeRuneInString(trimmed)
	if !strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) || trimmed == "" {
		return cell
	}
	if (first == '-' || first == '+') && strings.Trim(trimmed[1:], "0123456789.") == "" && len(trimmed) > 1 {
		return cell
	}
	return "'" + cell
}
