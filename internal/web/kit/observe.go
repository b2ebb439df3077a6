package kit

import (
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"
)

// observe gives the request its state and id, and logs one line when it is
// answered: what kind of request, never whose. The route is the pattern, since
// a path may hold a token.
func (k *Kit) observe(c *fiber.Ctx) error {
	start := time.Now()
	r := k.begin(c)
	r.through = c.Route()
	c.Set(fiber.HeaderXRequestID, r.id)
	err := c.Next()
	k.log.LogAttrs(c.Context(), slog.LevelInfo, "request",
		slog.String("method", c.Method()),
		slog.String("route", r.route(c)),
		slog.Int("status", c.Response().StatusCode()),
		slog.Float64("ms", float64(time.Since(start).Microseconds())/1000),
		slog.Int("bytes", answerSize(c)),
		slog.String("request", r.id),
	)
	return err
}

// route returns the pattern of the route that served the request, "-" if none
// did.
func (r *request) route(c *fiber.Ctx) string {
	if route := c.Route(); route != r.through {
		return route.Path
	}
	return "-"
}

// answerSize does not look into a stream, which would read it.
func answerSize(c *fiber.Ctx) int {
	if c.Response().IsBodyStream() {
		return c.Response().Header.ContentLength()
	}
	return len(c.Response().Body())
}
