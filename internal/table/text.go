package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// openText finds out how a text is encoded, how its lines end and what parts its
// cells, and looks through all of it once, so that a fault near its end is known
// before anything is made of its beginning.
func (t *Table) openText(file io.ReaderAt, size int64, start []byte) error {
	whole := func() io.Reader { return io.NewSectionReader(file, 0, size) }
	coding, err := t.encoding(whole(), start)
	if err != nil {
		return err
	}
	text := func() io.Reader { return coding.NewDecoder().Reader(whole()) }
	sample := make([]byte, 64<<10)
	n, err := io.ReadFull(text(), sample)
	cut := err == nil
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	form := formOf(sample[:n], cut)
	t.Comma = form.comma
	if err := form.look(text()); err != nil {
		return err
	}
	t.source = &textSource{reader: form.reader(text(), true), line: 1, row: 1}
	return nil
}

// encoding returns the one in which the text is written: what its mark says, or what
// the zeros tell that stand beside Latin letters in UTF-16, or UTF-8 if it is valid,
// and else the one of Western Windows.
func (t *Table) encoding(whole io.Reader, start []byte) (encoding.Encoding, error) {
	t.Encoding = "UTF-16"
	switch {
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("\xFE\xFF")):
		return utf.UTF16(utf.BigEndian, utf.UseBOM), nil
	}
	var zeros [2]int
	for i, b := range start {
		if b == 0 {
			zeros[i%2]++
		}
	}
	many := len(start) / 8
	switch {
	case zeros[1] > many && zeros[0] == 0:
		t.Guessed = true
		return utf.UTF16(utf.LittleEndian, utf.IgnoreBOM), nil
	case zeros[0] > many && zeros[1] == 0:
		t.Guessed = true
		return utf.UTF16(utf.BigEndian, utf.IgnoreBOM), nil
	}
	_, err := io.Copy(io.Discard, transform.NewReader(whole, encoding.UTF8Validator))
	switch {
	case err == nil:
		t.Encoding = "UTF-8"
		return utf.UTF8BOM, nil
	case !errors.Is(err, encoding.ErrInvalidUTF8):
		return nil, err
	}
	t.Encoding, t.Guessed = "Windows-1252", true
	return charmap.Windows1252, nil
}

// form is how a CSV file is written.
type form struct {
	comma rune
	told  int  // bytes of a first line that names the comma
	macs  bool // lines end with CR alone
}

// commas are tried in this order; the first of those that fit best is taken.
var commas = []rune{',', ';', '\t', '|'}

// formOf finds out the form by the beginning of a text. Spreadsheets name the comma
// in a first line "sep=;". Else it is the one that parts most rows into as many cells
// as the first.
func formOf(sample []byte, cut bool) form {
	f := form{comma: ',', macs: !bytes.ContainsRune(sample, '\n') && bytes.ContainsRune(sample, '\r')}
	line, _, _ := bytes.Cut(sample, []byte("\n"))
	if rest, ok := bytes.CutPrefix(bytes.ToLower(bytes.TrimRight(line, "\r")), []byte("sep=")); ok && len(rest) == 1 && bytes.ContainsAny(rest, ",;\t|") {
		f.comma, f.told = rune(rest[0]), len(line)+1
		return f
	}
	best := 0.0
	for _, comma := range commas {
		tried := f
		tried.comma = comma
		if fit := tried.fit(sample, cut); fit > best {
			f.comma, best = comma, fit
		}
	}
	return f
}

// fit tells how well the form parts the sample: 0 for not at all.
func (f form) fit(sample []byte, cut bool) float64 {
	reader := f.reader(bytes.NewReader(sample), true)
	first, same, rows := 0, 0, 0
	for {
		cells, err := reader.Read()
		if err != nil || cut && reader.InputOffset() >= int64(len(sample)) {
			break
		}
		if rows++; rows == 1 {
			first = len(cells)
		}
		if len(cells) == first {
			same++
		}
	}
	if first < 2 {
		return 0
	}
	return float64(first) * float64(same) / float64(rows)
}

// reader reads a text in the form. A lazy one takes quotation marks within a cell as
// they are.
func (f form) reader(text io.Reader, lazy bool) *csv.Reader {
	if f.macs {
		text = transform.NewReader(text, lineEnds{})
	}
	if f.told > 0 {
		if _, err := io.CopyN(io.Discard, text, int64(f.told)); err != nil {
			text = strings.NewReader("")
		}
	}
	reader := csv.NewReader(text)
	reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord, reader.ReuseRecord = f.comma, lazy, -1, true
	return reader
}

// look reads the whole text strictly. A quotation mark within a cell does no harm; one
// that is never closed would swallow the rest of the file.
func (f form) look(text io.Reader) error {
	reader := f.reader(text, false)
	for {
		cells, err := reader.Read()
		var fault *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &fault) && errors.Is(fault.Err, csv.ErrBareQuote):
			continue
		case errors.As(err, &fault):
			return unreadable(err, "problem.table.quotes", "Line", fault.StartLine)
		case err != nil:
			return err
		}
		for _, cell := range cells {
			if strings.ContainsFunc(cell, binary) {
				return refuse("problem.table.not_table")
			}
		}
	}
}

// binary reports whether the sign stands in no text.
func binary(r rune) bool {
	return r == 0 || r < ' ' && !unicode.IsSpace(r) && r != 0x1A && r != 0x1B && r != '\a' && r != '\b'
}

// lineEnds turns CR into LF.
type lineEnds struct{ transform.NopResetter }

func (lineEnds) Transform(dst, src []byte, _ bool) (int, int, error) {
	n := copy(dst, src)
	for i, b := range dst[:n] {
		if b == '\r' {
			dst[i] = '\n'
		}
	}
	if n < len(src) {
		return n, n, transform.ErrShortDst
	}
	return n, n, nil
}

// textSource reads a CSV file.
type textSource struct {
	reader    *csv.Reader
	line, row int // of what comes next
}

// next counts rows as spreadsheets do, where a line end within quotes begins none and
// a blank line is one, which the reader passes over.
func (s *textSource) next() (int, []string, error) {
	cells, err := s.reader.Read()
	if err != nil {
		return 0, nil, err
	}
	line, _ := s.reader.FieldPos(0)
	number := s.row + line - s.line
	list := make([]string, len(cells))
	within := 0
	for i, cell := range cells {
		list[i] = strings.Clone(cell)
		within += strings.Count(cell, "\n")
	}
	s.line, s.row = line+within+1, number+1
	return number, list, nil
}

func (s *textSource) Close() error { return nil }
