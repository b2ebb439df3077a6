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
	k.logAnswer(c, r, time.Since(start))
	return err
}

// logAnswer makes the record itself: the logger would look for the line of code,
// which is always this one, at each request.
func (k *Kit) logAnswer(c *fiber.Ctx, r *request, took time.Duration) {
	if !k.log.Enabled(c.Context(), slog.LevelInfo) {
		return
	}
	record := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
	record.AddAttrs(
		slog.String("method", c.Method()),
		slog.String("route", r.route(c)),
		slog.Int("status", c.Response().StatusCode()),
		slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.Int("bytes", answerSize(c)),
		slog.String("request", r.id),
	)
	// A log that cannot be written must not fail the request.
	_ = k.log.Handler().Handle(c.Context(), record)
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
