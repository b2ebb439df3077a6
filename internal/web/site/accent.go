package site

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/web/kit"
)

// AccentCSS is GET /e/:slug/accent.css: the event's colours, and the ink that is
// readable on each. Pages ask for it with the colours' version as parameter v, so
// that browsers may keep it.
func (p *Pages) AccentCSS(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	css, version := kit.Colours(e.Event)
	sheet := newAnswer("text/css; charset=utf-8", "", []byte(css))
	if c.Query("v") == version {
		sheet.cacheControl = "public, max-age=31536000, immutable"
	}
	return sheet.send(c)
}
