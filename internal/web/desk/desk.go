// Package desk holds the pages of the organising team: sign-in, and the desk
// with the dashboard, delegates, letters, statements, jobs and the audit trail
// of each event.
//
// All routes but those of sign-in belong behind kit.RequireOrganiser.
package desk

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/app"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/jobs"
	"convene/internal/outbox"
	"convene/internal/web/kit"
)

// Pages are the handlers of the desk.
type Pages struct {
	app       *app.App
	jobs      *jobs.Runner
	outbox    *outbox.Outbox
	countries countryLists
}

// New makes the pages. The runner need not be started: jobs can be looked at,
// and run by hand, on an instance that leaves them to others.
func New(a *app.App, _ *kit.Kit, runner *jobs.Runner, letters *outbox.Outbox) *Pages {
	return &Pages{app: a, jobs: runner, outbox: letters}
}

// pageSize is how many lines a list shows at once.
const pageSize = 50

// event finds the event that the address names.
func (s *Pages) event(c *fiber.Ctx) (event.Event, error) {
	return s.app.Events.Find(c.UserContext(), c.Params("slug"))
}

// frame makes the frame of a page about the event, or about all events when it
// is nil.
func (s *Pages) frame(c *fiber.Ctx, e *event.Event, section, title string) (kit.Frame, error) {
	events, err := s.app.Events.List(c.UserContext())
	if err != nil {
		return kit.Frame{}, err
	}
	counts, err := s.navCounts(c, e)
	if err != nil {
		return kit.Frame{}, err
	}
	frame := kit.NewFrame(c, title)
	frame.ForDesk(e, section, events, counts)
	frame.Desk.Alarm, err = s.alarm(c, e)
	return frame, err
}

// deskPath is the address of a page of the event's desk.
func deskPath(e event.Event, parts ...string) string {
	path := "/desk/e/" + e.Slug
	for _, part := range parts {
		path += "/" + part
	}
	return path
}

// Pill is the word of a state, in the dress of one.
type Pill struct{ Class, Label string }

// told returns the message of a code that may be newer than the catalogue, and
// the code itself then.
func told(p *i18n.Printer, section, code string) string {
	key := section + "." + code
	if text := p.T(key); text != key {
		return text
	}
	return code
}
