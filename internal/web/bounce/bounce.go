// Package bounce takes in reports of mail servers about letters that came back,
// as they are posted. No person ever comes here, so its answers are plain text.
package bounce

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"mime"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/bounce"
)

// Hook is where reports are posted.
type Hook struct {
	Service *bounce.Service
	Token   string // what who posts must know; empty: there is no hook
}

// Post takes one message as it came by mail: 204 when it is a report, also one
// that is known already or about no letter of ours, and 400 when it is none, such
// as an answer. The token comes as "Authorization: Bearer …".
func (h *Hook) Post(c *fiber.Ctx) error {
	if h.Token == "" {
		return fiber.ErrNotFound
	}
	if !h.knows(c.Get(fiber.HeaderAuthorization)) {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
		return refuse(c, fiber.StatusUnauthorized, "Send the token of mail.bounces_token: Authorization: Bearer TOKEN")
	}
	switch kind, _, _ := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); kind {
	case "message/rfc822", "message/global":
	default:
		return refuse(c, fiber.StatusUnsupportedMediaType, "Send the message as it came, as message/rfc822.")
	}
	raw := c.Request().Body() // as it came: nothing that unpacks to more
	if len(raw) > bounce.MaxMessage {
		return refuse(c, fiber.StatusRequestEntityTooLarge, "The message is too large to be a report.")
	}
	_, err := h.Service.Take(c.UserContext(), raw)
	if errors.Is(err, bounce.ErrNoReport) {
		return refuse(c, fiber.StatusBadRequest, err.Error())
	}
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// knows compares in constant time, also as to the length.
func (h *Hook) knows(authorization string) bool {
	scheme, token, _ := strings.Cut(authorization, " ")
	want, got := sha256.Sum256([]byte(h.Token)), sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

func refuse(c *fiber.Ctx, status int, text string) error {
	return c.Status(status).SendString(text + "\n")
}
