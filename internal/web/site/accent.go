package site

import "github.com/gofiber/fiber/v2"

// AccentCSS is GET /e/:slug/accent.css: the event's colour, and the ink that is
// readable on it. Pages ask for it with the colour as parameter v, so that
// browsers may keep it.
func (p *Pages) AccentCSS(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	css := ":root { --accent: " + e.Accent + "; --accent-ink: " + e.Ink() + " }\n"
	sheet := newAnswer("text/css; charset=utf-8", "", []byte(css))
	if c.Query("v") == e.Accent {
		sheet.cacheControl = "public, max-age=31536000, immutable"
	}
	return sheet.send(c)
}
