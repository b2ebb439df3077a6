package desk

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/programme"
	"convene/internal/signup"
	"convene/internal/store"
	"convene/internal/web/kit"
)

// SignupCSV sends who signed up for a session, and who waits, as comma-separated
// values.
func (s *Pages) SignupCSV(c *fiber.Ctx) error { return s.exportSignup(c, asCSV) }

// SignupXLSX sends them as a workbook.
func (s *Pages) SignupXLSX(c *fiber.Ctx) error { return s.exportSignup(c, asXLSX) }

func (s *Pages) exportSignup(c *fiber.Ctx, kind sheetKind) error {
	e, session, err := s.signupSession(c)
	if err != nil {
		return err
	}
	export := signupExport{people: s.app.Delegates, signups: s.app.Signups, event: e, session: session, print: kit.Printer(c)}
	return s.sendSheet(c, e, session.Slug, kind, export.heads(), export.rows)
}

// signupExport writes those of a session as rows: who has a place by name, then who
// waits in order.
type signupExport struct {
	people  *delegate.Service
	signups *signup.Service
	event   event.Event
	session programme.Session
	print   *i18n.Printer
}

// signupFields are the columns, in their order.
var signupFields = []string{"name", "latin_name", "organisation", "job_title", "country", "category", "email", "language", "needs"}

func (x signupExport) heads() []string {
	heads := []string{x.print.T("signup.desk.waits"), x.print.T("signup.desk.since")}
	for _, field := range signupFields {
		heads = append(heads, x.print.T("board.field."+field))
	}
	return heads
}

func (x signupExport) rows(ctx context.Context, file spreadsheet) error {
	err := x.people.Each(ctx, x.event.ID, delegate.Filter{Session: x.session.ID}, func(d delegate.Delegate) error {
		entry, _, err := x.signups.EntryOf(ctx, x.session.ID, d.ID)
		return errors.Join(err, file.Row(x.row(d, entry)...))
	})
	if err != nil {
		return err
	}
	for cursor := ""; ; {
		queue, err := x.signups.Queue(ctx, x.session.ID, cursor, store.MaxLimit)
		if err != nil {
			return err
		}
		for _, entry := range queue.Items {
			d, err := x.people.Get(ctx, entry.Delegate)
			if err := errors.Join(err, file.Row(x.row(d, entry)...)); err != nil {
				return err
			}
		}
		if cursor = queue.Next; cursor == "" {
			return nil
		}
	}
}

// row begins with the number on the waiting list, which is empty for a place.
func (x signupExport) row(d delegate.Delegate, entry signup.Entry) []string {
	number, since := "", ""
	if entry.Waits() {
		number = strconv.Itoa(entry.Number)
	}
	if !entry.Since.IsZero() {
		since = entry.Since.In(x.event.Location()).Format(time.DateTime)
	}
	return []string{
		number, since, d.Name, d.LatinName, d.Organisation, d.JobTitle, x.print.Country(d.Country),
		x.event.CategoryLabel(x.print, d.Category), d.Email, d.Language, d.Needs,
	}
}
