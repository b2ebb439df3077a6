package desk

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/web/kit"
)

// auditPage is desk/audit.html.
type auditPage struct {
	kit.Frame
	Lines   []trailLine
	Times   string
	First   string
	Next    string
	ShowFor bool // lines name their event
}

// Audit shows the trail of everything.
func (s *Pages) Audit(c *fiber.Ctx) error { return s.auditTrail(c, nil) }

// EventAudit shows an event's trail.
func (s *Pages) EventAudit(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.auditTrail(c, &e)
}

func (s *Pages) auditTrail(c *fiber.Ctx, e *event.Event) error {
	ctx, path, id := c.UserContext(), "/desk/audit", ""
	if e != nil {
		path, id = deskPath(*e, "audit"), e.ID
	}
	cursor := c.Query("after")
	found, err := audit.Latest(ctx, s.app.DB, id, cursor, pageSize)
	if err != nil {
		return err
	}
	events, err := s.app.Events.List(ctx)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, e, kit.DeskAudit, kit.Printer(c).T("board.audit.title"))
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, e)
	page := auditPage{Frame: frame, Times: clock.zoneNote(e), ShowFor: e == nil}
	if page.Lines, err = s.trail(ctx, frame.Printer, clock, events, found.Items); err != nil {
		return err
	}
	if cursor != "" {
		page.First = path
	}
	if found.Next != "" {
		page.Next = withQuery(path, url.Values{"after": {found.Next}})
	}
	return kit.Render(c, "desk/audit", page)
}
