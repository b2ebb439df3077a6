package kit

import (
	"context"

	"github.com/gofiber/fiber/v2"
)

// deadline gives c.UserContext() the time that a request may take. The context
// ends with the handler: a streamed body, which is written later, needs
// context.WithoutCancel and a limit of its own.
func (k *Kit) deadline(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(context.Background(), k.config.HTTP.RequestTimeout)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}
