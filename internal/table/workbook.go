package table

import (
	"archive/zip"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	// inMemory is how much of a sheet, and of the texts that its cells share, is
	// unpacked into memory. Larger ones go to the temporary folder.
	inMemory = 1 << 20

	// small is the most that any other part of a workbook may hold: they are read
	// into memory.
	small = 16 << 20

	// parts is how many files a workbook may be packed of.
	parts = 5000
)

// openWorkbook reads the table of a sheet. A workbook is looked at before it is
// unpacked: what it says it holds bounds what is unpacked of it.
func (t *Table) openWorkbook(file io.ReaderAt, size int64, sheet string) error {
	t.Workbook = true
	packed, err := zip.NewReader(file, size)
	if err != nil {
		return unreadable(err, "problem.table.damaged")
	}
	if err := t.checkParts(packed.File); err != nil {
		return err
	}
	book, err := excelize.OpenReader(io.NewSectionReader(file, 0, size), excelize.Options{
		UnzipSizeLimit: t.limits.Unpacked, UnzipXMLSizeLimit: inMemory,
	})
	if err != nil {
		if book != nil {
			err = errors.Join(err, book.Close())
		}
		return unreadable(err, "problem.table.damaged")
	}
	if err := t.openSheet(book, packed.File, sheet); err != nil {
		return errors.Join(err, book.Close())
	}
	return nil
}

// partName is how a part is called, however its program writes names.
func partName(part *zip.File) string {
	return strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
}

func (t *Table) checkParts(list []*zip.File) error {
	total, workbook := uint64(0), false
	for _, part := range list {
		name := partName(part)
		streamed := strings.HasPrefix(name, "xl/worksheets/sheet") || name == "xl/sharedstrings.xml"
		total += part.UncompressedSize64
		switch {
		case strings.HasSuffix(name, "vbaproject.bin"):
			return refuse("problem.table.macros")
		case total > uint64(t.limits.Unpacked), !streamed && part.UncompressedSize64 > small, len(list) > parts:
			return refuse("problem.table.unpacked", "Max", t.limits.Unpacked>>20)
		case name == "mimetype":
			return refuse("problem.table.open_document")
		case name == "xl/workbook.xml":
			workbook = true
		}
	}
	if !workbook {
		return refuse("problem.table.not_table")
	}
	return nil
}

func (t *Table) openSheet(book *excelize.File, parts []*zip.File, sheet string) error {
	for _, name := range book.GetSheetList() {
		if seen, err := book.GetSheetVisible(name); err == nil && seen {
			t.Sheets = append(t.Sheets, name)
		}
	}
	if t.Sheet = sheet; sheet == "" && len(t.Sheets) > 0 {
		t.Sheet = t.Sheets[0]
	}
	if !slices.Contains(t.Sheets, t.Sheet) {
		return refuse("problem.table.sheet")
	}
	if err := plainFormats(book); err != nil {
		return unreadable(err, "problem.table.damaged")
	}
	rows, err := book.Rows(t.Sheet)
	if err != nil {
		return unreadable(err, "problem.table.sheet")
	}
	t.source = &sheetSource{book: book, rows: rows, parts: parts, sheet: t.Sheet}
	return nil
}

// sheetSource reads a sheet of a workbook.
type sheetSource struct {
	book   *excelize.File
	rows   *excelize.Rows
	parts  []*zip.File
	sheet  string
	number int
}

func (s *sheetSource) next() (int, []string, error) {
	if !s.rows.Next() {
		if err := s.rows.Error(); err != nil {
			return 0, nil, unreadable(err, "problem.table.damaged")
		}
		if err := s.whole(); err != nil {
			return 0, nil, unreadable(err, "problem.table.damaged_after", "Row", s.number)
		}
		return 0, nil, io.EOF
	}
	s.number++
	cells, err := s.rows.Columns()
	if err != nil {
		return 0, nil, unreadable(err, "problem.table.damaged_row", "Row", s.number)
	}
	return s.number, cells, nil
}

func (s *sheetSource) Close() error { return errors.Join(s.rows.Close(), s.book.Close()) }

// plainFormats has dates written as ISO 8601 has them, whatever the sheet shows, and
// numbers as they are kept, but for those that are padded with zeros.
func plainFormats(book *excelize.File) error {
	if book.Styles == nil || book.Styles.CellXfs == nil {
		return nil
	}
	written := map[string]*int{}
	for _, pattern := range []string{"yyyy-mm-dd", "hh:mm:ss", "yyyy-mm-dd hh:mm:ss"} {
		style, err := book.NewStyle(&excelize.Style{CustomNumFmt: &pattern})
		if err != nil {
			return err
		}
		written[pattern] = book.Styles.CellXfs.Xf[style].NumFmtID
	}
	own := map[int]string{}
	if book.Styles.NumFmts != nil {
		for _, f := range book.Styles.NumFmts.NumFmt {
			own[f.NumFmtID] = f.FormatCode
		}
	}
	for i := range book.Styles.CellXfs.Xf {
		xf := &book.Styles.CellXfs.Xf[i]
		if xf.NumFmtID == nil {
			continue
		}
		pattern, custom := own[*xf.NumFmtID]
		if !custom {
			pattern = builtIn(*xf.NumFmtID)
		}
		if padded(pattern) {
			continue
		}
		xf.NumFmtID = written[dateFormat(pattern)] // nil: as it is kept
	}
	return nil
}

// builtIn are the formats that files name by number alone (ISO/IEC 29500, 18.8.30):
// those with a date or a time in them.
func builtIn(id int) string {
	switch {
	case id == 22:
		return "yyyy hh"
	case id >= 18 && id <= 21, id >= 45 && id <= 47, id >= 32 && id <= 35, id >= 55 && id <= 56:
		return "hh"
	case id >= 14 && id <= 17, id >= 27 && id <= 36, id >= 50 && id <= 58:
		return "yyyy"
	}
	return ""
}

// dateFormat returns how what the pattern shows is written, or "" for no date.
func dateFormat(pattern string) string {
	pattern, _, _ = strings.Cut(strings.ToLower(signs(pattern)), ";")
	if pattern == "general" {
		return ""
	}
	day, hour := strings.ContainsAny(pattern, "yd"), strings.ContainsAny(pattern, "hs")
	switch {
	case day && hour:
		return "yyyy-mm-dd hh:mm:ss"
	case hour:
		return "hh:mm:ss"
	case day, strings.Contains(pattern, "m"):
		return "yyyy-mm-dd"
	}
	return ""
}

// signs leaves out of a pattern what is shown as it stands, and colours and
// conditions, but not spans of time such as [h].
func signs(pattern string) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '[':
			end := strings.IndexByte(pattern[i:], ']')
			if end < 0 {
				return b.String()
			}
			if inside := strings.ToLower(pattern[i+1 : i+end]); strings.Trim(inside, "hms") == "" {
				b.WriteString(inside)
			}
			i += end
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// padded reports whether the pattern fills numbers up with zeros, as those of houses
// and telephones.
func padded(pattern string) bool { return len(pattern) > 1 && strings.Trim(pattern, "0") == "" }
