package desk

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/feed"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// exportTime is how long writing a list may take: a slow line and 65,000 rows.
const exportTime = 5 * time.Minute

// spreadsheet takes rows of text. It is closed, or abandoned when they break off.
type spreadsheet interface {
	Row(cells ...string) error
	Close() error
	Abandon() error
}

// DelegatesCSV sends the registrations that the filter in the address meets, as
// comma-separated values.
func (s *Pages) DelegatesCSV(c *fiber.Ctx) error {
	return s.export(c, ".csv", "text/csv; charset=utf-8", func(w io.Writer) (spreadsheet, error) { return feed.NewCSV(w) })
}

// DelegatesXLSX sends them as a workbook.
func (s *Pages) DelegatesXLSX(c *fiber.Ctx) error {
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	return s.export(c, ".xlsx", kind, func(w io.Writer) (spreadsheet, error) { return feed.NewXLSX(w) })
}

// export writes the list while it is read, however long it is. When reading fails the
// connection breaks off, so that nobody takes half a list for the whole.
func (s *Pages) export(c *fiber.Ctx, ending, kind string, begin func(io.Writer) (spreadsheet, error)) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	cities, err := s.cityNames(c.UserContext(), p)
	if err != nil {
		return err
	}
	export := delegateExport{people: s.app.Delegates, event: e, filter: filterOf(c, e), print: p, cities: cities}
	c.Attachment(e.Slug + "-delegates-" + e.DayOf(s.app.Clock()) + ending)
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderCacheControl, "no-store")
	// Compressing a stream would hide that it broke off.
	c.Set(fiber.HeaderContentEncoding, "identity")
	reader, writer := io.Pipe()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), exportTime)
	go func() {
		defer cancel()
		writer.CloseWithError(export.write(ctx, writer, begin)) // a nil error ends the file
	}()
	c.Context().SetBodyStream(reader, -1)
	return nil
}

// delegateExport writes delegates as rows.
type delegateExport struct {
	people *delegate.Service
	event  event.Event
	filter delegate.Filter
	print  *i18n.Printer
	cities map[string]string
}

// exportFields are the columns, in their order.
var exportFields = []string{
	"name", "latin_name", "organisation", "job_title", "city", "country", "country_code", "category",
	"email", "contact", "language", "needs", "state", "registered", "arrived", "number",
}

func (x delegateExport) write(ctx context.Context, w io.Writer, begin func(io.Writer) (spreadsheet, error)) error {
	file, err := begin(w)
	if err != nil {
		return err
	}
	heads := make([]string, len(exportFields))
	for i, field := range exportFields {
		heads[i] = x.print.T("board.field." + field)
	}
	if err = file.Row(heads...); err == nil {
		err = x.people.Each(ctx, x.event.ID, x.filter, func(d delegate.Delegate) error { return file.Row(x.row(d)...) })
	}
	if err != nil {
		return errors.Join(err, file.Abandon())
	}
	return file.Close()
}

// row follows exportFields. Instants are written as spreadsheets read them, in the
// event's zone.
func (x delegateExport) row(d delegate.Delegate) []string {
	arrived := ""
	if !d.Arrived.IsZero() {
		arrived = d.Arrived.In(x.event.Location()).Format(time.DateTime)
	}
	return []string{
		d.Name, d.LatinName, d.Organisation, d.JobTitle, x.cities[d.City], x.print.Country(d.Country), d.Country,
		x.event.CategoryLabel(x.print, d.Category), d.Email, d.Contact, d.Language, d.Needs, statePill(x.print, d.State).Label, d.Day, arrived, d.ID,
	}
}
