package feed_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"convene/internal/feed"
)

// A large workbook is gathered beside memory; one that is abandoned leaves nothing.
func TestXLSXAbandoned(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	var b bytes.Buffer
	w, err := feed.NewXLSX(&b)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 30_000)
	for range 700 { // 20 MB
		if err := w.Row(long); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) == 0 {
		t.Fatalf("nothing was put aside, %v", err)
	}
	if err := w.Abandon(); err != nil || b.Len() != 0 {
		t.Errorf("%d bytes were written, %v", b.Len(), err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
		t.Errorf("%d files are left, %v", len(files), err)
	}
}

func TestXLSX(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"Name", "Organisation"},
		{"Amina \"Zoë\" Haddad", "=HYPERLINK(\"https://example.org\")"},
		{"+CMD|' /C calc'!A0", "@SUM(1)"},
		{"أمينة حداد", "城市 & <b>x</b>"},
		{"bell\x07", "007"},
		{"", "\tlast"},
	}
	var b bytes.Buffer
	w, err := feed.NewXLSX(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet := f.GetSheetName(0)
	rows[4][0] = "bell\uFFFD" // no sign of XML
	for i, row := range rows {
		for j, want := range row {
			cell := fmt.Sprintf("%c%d", 'A'+j, i+1)
			got, err := f.GetCellValue(sheet, cell)
			if formula, _ := f.GetCellFormula(sheet, cell); err != nil || got != want || formula != "" {
				t.Errorf("%s holds %q, formula %q, %v; want %q", cell, got, formula, err, want)
			}
		}
	}
	if got, err := f.GetRows(sheet); err != nil || len(got) != len(rows) || !slices.Equal(got[0], rows[0]) {
		t.Errorf("%d rows, %v", len(got), err)
	}
}
