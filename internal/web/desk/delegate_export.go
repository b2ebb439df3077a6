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

// DelegatesCSV sends the list that the address describes as comma-separated values:
// whom it shows, in its order, and with its columns.
func (s *Pages) DelegatesCSV(c *fiber.Ctx) error {
	return s.export(c, ".csv", "text/csv; charset=utf-8", func(w io.Writer) (spreadsheet, error) { return feed.NewCSV(w) })
}

// DelegatesXLSX sends the same as a workbook.
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
	list := listingOf(queried(c), e)
	shown, err := s.columns(c.UserContext(), kit.Printer(c), e, list.Columns)
	if err != nil {
		return err
	}
	export := delegateExport{people: s.app.Delegates, event: e, filter: list.Filter, columns: shown}
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

// delegateExport writes delegates as rows: those whom a list shows, in its order, and
// with its columns.
type delegateExport struct {
	people  *delegate.Service
	event   event.Event
	filter  delegate.Filter
	columns columns
}

func (x delegateExport) write(ctx context.Context, w io.Writer, begin func(io.Writer) (spreadsheet, error)) error {
	file, err := begin(w)
	if err != nil {
		return err
	}
	if err = file.Row(x.columns.heads()...); err == nil {
		err = x.people.Each(ctx, x.event.ID, x.filter, func(d delegate.Delegate) error { return file.Row(x.columns.texts(d)...) })
	}
	if err != nil {
		return errors.Join(err, file.Abandon())
	}
	return file.Close()
}
