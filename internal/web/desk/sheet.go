package desk

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/gofiber/fiber/v2"

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

// sheetKind is a format in which lists are sent.
type sheetKind struct {
	ending, contentType string
	begin               func(io.Writer) (spreadsheet, error)
}

var (
	asCSV  = sheetKind{".csv", "text/csv; charset=utf-8", func(w io.Writer) (spreadsheet, error) { return feed.NewCSV(w) }}
	asXLSX = sheetKind{
		".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		func(w io.Writer) (spreadsheet, error) { return feed.NewXLSX(w) },
	}
)

// sendSheet sends a list while it is read, however long it is. When reading fails the
// connection breaks off, so that nobody takes half a list for the whole. The context
// given to rows outlives the request.
func (s *Pages) sendSheet(c *fiber.Ctx, e event.Event, what string, kind sheetKind, heads []string, rows func(context.Context, spreadsheet) error) error {
	c.Attachment(e.Slug + "-" + what + "-" + e.DayOf(s.app.Clock()) + kind.ending)
	c.Set(fiber.HeaderContentType, kind.contentType)
	c.Set(fiber.HeaderCacheControl, "no-store")
	// Compressing a stream would hide that it broke off.
	c.Set(fiber.HeaderContentEncoding, "identity")
	reader, writer := io.Pipe()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), exportTime)
	go func() {
		defer cancel()
		writer.CloseWithError(writeSheet(ctx, writer, kind, heads, rows)) // a nil error ends the file
	}()
	c.Context().SetBodyStream(reader, -1)
	return nil
}

func writeSheet(ctx context.Context, w io.Writer, kind sheetKind, heads []string, rows func(context.Context, spreadsheet) error) error {
	file, err := kind.begin(w)
	if err != nil {
		return err
	}
	if err = file.Row(heads...); err == nil {
		err = rows(ctx, file)
	}
	if err != nil {
		return errors.Join(err, file.Abandon())
	}
	return file.Close()
}

// headings are what the fields are called.
func headings(c *fiber.Ctx, section string, fields []string) []string {
	heads := make([]string, len(fields))
	for i, field := range fields {
		heads[i] = kit.Printer(c).T(section + "." + field)
	}
	return heads
}
