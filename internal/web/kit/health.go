package kit

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
)

// readyWithin is how long the database may take to answer.
const readyWithin = 2 * time.Second

// healthz says that the process lives.
func (k *Kit) healthz(c *fiber.Ctx) error {
	return c.SendString("ok\n")
}

// readyz says whether to send visitors here: not while the database is silent
// or the program is stopping.
func (k *Kit) readyz(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	if k.stopping.Load() {
		return c.Status(fiber.StatusServiceUnavailable).SendString("stopping\n")
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	if err := k.db.Ping(ctx); err != nil {
		k.log.Error("the database does not answer", "error", err)
		return c.Status(fiber.StatusServiceUnavailable).SendString("the database does not answer\n")
	}
	return c.SendString("ok\n")
}
