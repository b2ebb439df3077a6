package site

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/problem"
)

// File is GET /files/:token: a file that a letter links to, for whoever has the link.
// It is always saved, never shown, so that nothing in it runs here.
func (p *Pages) File(c *fiber.Ctx) error {
	f, err := p.app.Files.ByToken(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	if f.Private {
		return problem.New(problem.NotFound, "problem.file_not_found")
	}
	data, err := p.app.Files.Content(c.UserContext(), f)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, f.Type)
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(f.Name))
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	return c.Send(data)
}
