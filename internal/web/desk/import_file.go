package desk

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/feed"
	"convene/internal/i18n"
	"convene/internal/intake"
	"convene/internal/web/kit"
)

// templateFields are the columns of an empty list, in their order, before those of
// questions.
var templateFields = []string{"name", "latin_name", "organisation", "job_title", "city", "country", "category", "email", "language", "needs"}

// ImportTemplateCSV sends an empty list with the event's columns, as comma-separated
// values.
func (s *Pages) ImportTemplateCSV(c *fiber.Ctx) error {
	return s.importTemplate(c, ".csv", "text/csv; charset=utf-8", func(w io.Writer) (spreadsheet, error) { return feed.NewCSV(w) })
}

// ImportTemplateXLSX sends it as a workbook.
func (s *Pages) ImportTemplateXLSX(c *fiber.Ctx) error {
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	return s.importTemplate(c, ".xlsx", kind, func(w io.Writer) (spreadsheet, error) { return feed.NewXLSX(w) })
}

func (s *Pages) importTemplate(c *fiber.Ctx, ending, kind string, begin func(io.Writer) (spreadsheet, error)) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	_, questions, err := s.app.Imports.Fields(c.UserContext(), e)
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	var heads []string
	for _, field := range templateFields {
		heads = append(heads, fieldLabel(p, field))
	}
	for _, q := range questions {
		heads = append(heads, p.Text(q.Label))
	}
	var b bytes.Buffer
	file, err := begin(&b)
	if err != nil {
		return err
	}
	if err := file.Row(heads...); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	c.Attachment(e.Slug + "-list" + ending)
	c.Set(fiber.HeaderContentType, kind)
	return c.Send(b.Bytes())
}

// fieldLabel is what a column's field is called.
func fieldLabel(p *i18n.Printer, field string) string {
	key := "intake.field." + field
	if label := p.T(key); label != key {
		return label
	}
	return told(p, "board.field", field)
}

// ImportRefused sends the rows that are left out, with why, as comma-separated values
// that can be mended and imported again.
func (s *Pages) ImportRefused(c *fiber.Ctx) error {
	e, i, err := s.importOf(c)
	if err != nil {
		return err
	}
	words, err := s.importWords(c, e)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	file, err := feed.NewCSV(&b)
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	if err := file.Row(append(slices.Clone(i.File.Heads), p.T("intake.row"), p.T("intake.row_reason"))...); err != nil {
		return err
	}
	err = s.app.Imports.EachRefused(c.UserContext(), e, i, func(row intake.Row) error {
		return file.Row(append(words.cells(i, row), strconv.Itoa(row.Number), strings.Join(words.reasons(row), "; "))...)
	})
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	c.Attachment(e.Slug + "-left-out.csv")
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(b.Bytes())
}

// cells are the row as it stood in the file. Of one that was left out at the last
// moment only who it is about is known.
func (w importWords) cells(i intake.Import, row intake.Row) []string {
	cells := make([]string, len(i.File.Heads))
	copy(cells, row.Cells)
	if row.Cells != nil {
		return cells
	}
	for column, field := range i.Columns {
		switch field {
		case "name":
			cells[column] = row.Name
		case "email":
			cells[column] = row.Email
		case "number":
			cells[column] = row.ID
		}
	}
	return cells
}

// reasons tells why a row is left out, cell by cell.
func (w importWords) reasons(row intake.Row) []string {
	var list []string
	for _, f := range row.Faults {
		text := w.print.T(f.Key, f.Arguments()...)
		if f.Field != "" {
			text = w.field(f.Field) + ": " + text
		}
		if f.Cell != "" {
			text = f.Cell + " " + text
		}
		list = append(list, text)
	}
	return list
}
