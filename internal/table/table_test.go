package table_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"convene/internal/problem"
	"convene/internal/table"
)

// read reads a whole table; each row is its number and its cells.
func read(t *testing.T, data []byte, o table.Options) (*table.Table, []string, error) {
	t.Helper()
	tab, err := table.Open(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err := tab.Close(); err != nil {
			t.Error(err)
		}
	}()
	var rows []string
	for row, err := range tab.Rows() {
		if err != nil {
			return tab, rows, err
		}
		rows = append(rows, fmt.Sprintf("%d:%s", row.Number, strings.Join(row.Cells, "|")))
	}
	return tab, rows, nil
}

func encode(t *testing.T, e encoding.Encoding, text string) []byte {
	t.Helper()
	data, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestCSV(t *testing.T) {
	t.Parallel()
	plain := "Name,Organisation\r\nAmina Haddad,Ville de Liège\r\n"
	want := []string{"2:Amina Haddad|Ville de Liège"}
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy) []byte {
		return encode(t, unicode.UTF16(order, mark), plain)
	}
	for _, test := range []struct {
		name     string
		data     []byte
		want     []string
		encoding string
		guessed  bool
		comma    rune
	}{
		{"UTF-8", []byte(plain), want, "UTF-8", false, ','},
		{"with a mark", []byte("\uFEFF" + plain), want, "UTF-8", false, ','},
		{"UTF-16 with a mark", utf16(unicode.LittleEndian, unicode.UseBOM), want, "UTF-16", false, ','},
		{"UTF-16 the other way round", utf16(unicode.BigEndian, unicode.UseBOM), want, "UTF-16", false, ','},
		{"UTF-16 without a mark", utf16(unicode.LittleEndian, unicode.IgnoreBOM), want, "UTF-16", true, ','},
		{"Windows", encode(t, charmap.Windows1252, plain), want, "Windows-1252", true, ','},
		{"semicolons", []byte("Name;Organisation\nHaddad, Amina;\"Ville; de\"\n"), []string{"2:Haddad, Amina|Ville; de"}, "UTF-8", false, ';'},
		{"tabs", []byte("Name\tOrganisation\nAmina\tLiège"), []string{"2:Amina|Liège"}, "UTF-8", false, '\t'},
		{"told", []byte("sep=;\r\nName\r\nAmina, Liège\r\n"), []string{"2:Amina, Liège"}, "UTF-8", false, ';'},
		{"one column", []byte("E-mail\namina@example.org\n"), []string{"2:amina@example.org"}, "UTF-8", false, ','},
		{"old line ends", []byte("a,b\r1,2\r3,4"), []string{"2:1|2", "3:3|4"}, "UTF-8", false, ','},
		{"line ends in cells, blank rows", []byte("\n a , b\n\"one\r\ntwo\",2\n\n,,\n3,4\n"), []string{"3:one\ntwo|2", "6:3|4"}, "UTF-8", false, ','},
		{"a quotation mark within", []byte("a,b\n5\" pipe,x\n"), []string{"2:5\" pipe|x"}, "UTF-8", false, ','},
		{"more and fewer cells", []byte("a,b\n1\n1,2,3\n"), []string{"2:1", "3:1|2|3"}, "UTF-8", false, ','},
	} {
		t.Run(test.name, func(t *testing.T) {
			tab, rows, err := read(t, test.data, table.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(rows, test.want) {
				t.Errorf("rows = %q; want %q", rows, test.want)
			}
			if tab.Encoding != test.encoding || tab.Guessed != test.guessed || tab.Comma != test.comma {
				t.Errorf("read as %s (guessed: %t), parted by %q", tab.Encoding, tab.Guessed, tab.Comma)
			}
		})
	}
}

// workbook makes one with what fill puts into it.
func workbook(t *testing.T, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	var b bytes.Buffer
	if err := errors.Join(f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	day := time.Date(2027, time.May, 31, 0, 0, 0, 0, time.UTC)
	data := workbook(t, func(f *excelize.File) {
		style := func(format string) int {
			id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		set := func(cell string, value any, format string) {
			err := f.SetCellValue("Sheet1", cell, value)
			if format != "" {
				err = errors.Join(err, f.SetCellStyle("Sheet1", cell, cell, style(format)))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for i, head := range []string{" Name ", "Day", "When", "Phone", "Share", "Sum"} {
			set(table.CellName(i, 2), head, "")
		}
		set("A5", "أمينة\nحداد", "")
		set("B5", day, `dd/mm/yy;@`)
		set("C5", day.Add(9*time.Hour+30*time.Minute), `[$-40C]d mmmm yyyy "à" h:mm`)
		set("D5", 33612345678, "#,##0")
		set("E5", 0.125, "0%")
		set("F5", 42, "0000")
		set("G5", "beyond", "")
		if err := f.SetCellFormula("Sheet1", "A6", "1+1"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.NewSheet("Second"); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(f.SetCellValue("Second", "A1", "E-mail"), f.SetCellValue("Second", "A2", true)); err != nil {
			t.Fatal(err)
		}
	})
	tab, rows, err := read(t, data, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"5:أمينة\nحداد|2027-05-31|2027-05-31 09:30:00|33612345678|0.125|0042|beyond"}
	if !slices.Equal(rows, want) || tab.Row != 2 || tab.Heads[0] != "Name" || !slices.Equal(tab.Sheets, []string{"Sheet1", "Second"}) {
		t.Errorf("rows = %q; want %q; headings in row %d: %q; sheets %q", rows, want, tab.Row, tab.Heads, tab.Sheets)
	}
	if _, rows, err = read(t, data, table.Options{Sheet: "Second"}); err != nil || !slices.Equal(rows, []string{"2:TRUE"}) {
		t.Errorf("the second sheet: %q, %v", rows, err)
	}
}

// TestHeadings finds the headings under titles, as people's lists have them.
func TestHeadings(t *testing.T) {
	t.Parallel()
	list := []byte("Participants of Africa\n\nas of May,Name\nName,E-mail\nAda,ada@example.org\n")
	known := func(heading string) bool { return heading == "Name" || heading == "E-mail" }
	for _, test := range []struct {
		name    string
		options table.Options
		head    int
		rows    int
	}{
		{"no heading is known", table.Options{}, 1, 3},
		{"two are known", table.Options{Known: known}, 4, 1},
		{"it is told", table.Options{Known: known, Row: 2}, 3, 2},
		{"none of the first is", table.Options{Known: func(string) bool { return false }}, 1, 3},
	} {
		tab, rows, err := read(t, list, test.options)
		if err != nil || tab.Row != test.head || len(rows) != test.rows {
			t.Errorf("%s: headings in row %d, then %q, %v; want row %d and %d more", test.name, tab.Row, rows, err, test.head, test.rows)
		}
	}
	if _, _, err := read(t, list, table.Options{Row: 6}); problem.KindOf(err) != problem.Invalid {
		t.Errorf("headings below the last row: %v", err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for column, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := table.ColumnName(column); got != want {
			t.Errorf("ColumnName(%d) = %s; want %s", column, got, want)
		}
	}
}

// packed makes a zip of the named parts.
func packed(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range parts {
		part, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(part, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sheetOf is a workbook of which the sheet has the XML.
func sheetOf(t *testing.T, xml string) []byte {
	t.Helper()
	book := workbook(t, func(*excelize.File) {})
	from, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, part := range from.File {
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[part.Name] = string(content)
	}
	parts["xl/worksheets/sheet1.xml"] = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + xml
	return packed(t, parts)
}

const text = `<c r="%s" t="inlineStr"><is><t>x</t></is></c>`

func TestHostileFiles(t *testing.T) {
	t.Parallel()
	book := workbook(t, func(f *excelize.File) { f.SetCellValue("Sheet1", "A1", "Name") })
	limits := table.Limits{Rows: 3, Columns: 4, Cell: 100, Unpacked: 1 << 20}
	row := func(cells ...string) string {
		var b strings.Builder
		for _, cell := range cells {
			fmt.Fprintf(&b, text, cell)
		}
		return "<row>" + b.String() + "</row>"
	}
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "empty"},
		{"a mark alone", []byte("\uFEFF \r\n"), "empty"},
		{"blank rows", []byte(",,\n\" \",\n"), "blank"},
		{"a picture", append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), bytes.Repeat([]byte("\x01\x00\xFEz"), 100)...), "not_table"},
		{"PDF", []byte("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n\x00\x01\x02"), "not_table"},
		{"a web page that is called a workbook", []byte("<html><table><tr><td>Name</td></tr></table></html>"), "web_page"},
		{"an old workbook", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more"), "old_workbook"},
		{"OpenDocument", packed(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "open_document"},
		{"another packed file", packed(t, map[string]string{"word/document.xml": "<x/>"}), "not_table"},
		{"macros", packed(t, map[string]string{"xl/workbook.xml": "<workbook/>", "xl/vbaProject.bin": "x"}), "macros"},
		{"half a workbook", book[:len(book)/2], "damaged"},
		{"no zip behind the sign", []byte("PK\x03\x04 nothing"), "damaged"},
		{"a bomb", packed(t, map[string]string{"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": strings.Repeat(" ", 2<<20)}), "unpacked"},
		{"too many rows", []byte("a\n1\n2\n3\n4\n"), "rows"},
		{"too many columns", []byte("a,b,c,d,e\n"), "columns"},
		{"a million columns", []byte(strings.Repeat(",", 1_000_000) + "x\n"), "columns"},
		{"a row beyond", []byte("a,b\n1,2,,,,6\n"), "columns"},
		{"a long cell", []byte("a\n" + strings.Repeat("x", 101) + "\n"), "cell"},
		{"a quotation mark that stays open", []byte("a,b\n\"x,y\nz,w\n"), "quotes"},
		{"columns beyond in a workbook", sheetOf(t, row("A1")+row("XFD2")+`</sheetData></worksheet>`), "columns"},
		{"a sheet that breaks off", sheetOf(t, row("A1")+row("A2")+`<row><c r="A3"`), "damaged_after"},
		{"a sheet that is damaged within", sheetOf(t, row("A1")+row("A2")+`<row></c></row>`+row("A4")+`</sheetData></worksheet>`), "damaged_after"},
		{"a cell that cannot be", sheetOf(t, row("A1")+row("XFE2")+`</sheetData></worksheet>`), "damaged_row"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, rows, err := read(t, test.data, table.Options{Limits: limits})
			var p *problem.Error
			if !errors.As(err, &p) || p.Kind != problem.Invalid || len(p.Fields) != 1 || p.Fields[0].Name != table.Field {
				t.Fatalf("rows %q, %v; want a fault of the file", rows, err)
			}
			if got := strings.TrimPrefix(p.Fields[0].Key, "problem.table."); got != test.want {
				t.Errorf("fault = %s; want %s", p, test.want)
			}
		})
	}
}
