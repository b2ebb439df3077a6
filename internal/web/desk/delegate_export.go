package desk

import (
	"context"
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

// DelegatesCSV sends the registrations that the filter in the address meets, as
// a spreadsheet. It is written while it is read, however long it is. When
// reading fails the connection breaks off, so that nobody takes half a list for
// the whole.
func (s *Pages) DelegatesCSV(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	cities, err := s.cityNames(c.UserContext(), p)
	if err != nil {
		return err
	}
	export := csvExport{people: s.app.Delegates, event: e, filter: filterOf(c), print: p, cities: cities}
	c.Attachment(e.Slug + "-delegates-" + e.DayOf(s.app.Clock()) + ".csv")
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	// Compressing a stream would hide that it broke off.
	c.Set(fiber.HeaderContentEncoding, "identity")
	reader, writer := io.Pipe()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), exportTime)
	go func() {
		defer cancel()
		writer.CloseWithError(export.write(ctx, writer)) // a nil error ends the file
	}()
	c.Context().SetBodyStream(reader, -1)
	return nil
}

// csvExport writes delegates as rows.
type csvExport struct {
	people *delegate.Service
	event  event.Event
	filter delegate.Filter
	print  *i18n.Printer
	cities map[string]string
}

// csvFields are the columns, in their order.
var csvFields = []string{
	"name", "latin_name", "organisation", "job_title", "city", "country", "country_code", "category",
	"email", "language", "needs", "state", "registered", "arrived", "number",
}

func (x csvExport) write(ctx context.Context, w io.Writer) error {
	file, err := feed.NewCSV(w)
	if err != nil {
		return err
	}
	heads := make([]string, len(csvFields))
	for i, field := range csvFields {
		heads[i] = x.print.T("board.field." + field)
	}
	if err := file.Row(heads...); err != nil {
		return err
	}
	err = x.people.Each(ctx, x.event.ID, x.filter, func(d delegate.Delegate) error { return file.Row(x.row(d)...) })
	if err != nil {
		return err
	}
	return file.Close()
}

// row follows csvFields. Instants are written as spreadsheets read them, in the
// event's zone.
func (x csvExport) row(d delegate.Delegate) []string {
	arrived := ""
	if !d.Arrived.IsZero() {
		arrived = d.Arrived.In(x.event.Location()).Format(time.DateTime)
	}
	return []string{
		d.Name, d.LatinName, d.Organisation, d.JobTitle, x.cities[d.City], x.print.Country(d.Country), d.Country,
		category(x.print, d.Category), d.Email, d.Language, d.Needs, statePill(x.print, d.State).Label, d.Day, arrived, d.ID,
	}
}
