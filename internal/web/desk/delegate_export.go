package desk

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/web/kit"
)

// DelegatesCSV sends the list that the address describes as comma-separated values:
// whom it shows, in its order, and with its columns.
func (s *Pages) DelegatesCSV(c *fiber.Ctx) error { return s.exportDelegates(c, asCSV) }

// DelegatesXLSX sends the same as a workbook.
func (s *Pages) DelegatesXLSX(c *fiber.Ctx) error { return s.exportDelegates(c, asXLSX) }

func (s *Pages) exportDelegates(c *fiber.Ctx, kind sheetKind) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	list := listingOf(queried(c), e)
	shown, err := s.columns(c.UserContext(), kit.Printer(c), e, list)
	if err != nil {
		return err
	}
	return s.sendSheet(c, e, "delegates", kind, shown.heads(), func(ctx context.Context, file spreadsheet) error {
		return s.app.Delegates.Each(ctx, e.ID, list.Filter, func(d delegate.Delegate) error { return file.Row(shown.texts(d)...) })
	})
}
