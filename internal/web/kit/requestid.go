package kit

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/gofiber/fiber/v2"
)

// requestID returns the id that a proxy gave the request, if it is one that can
// be printed anywhere, or a new one.
func requestID(c *fiber.Ctx) string {
	if id := c.Get(fiber.HeaderXRequestID); saneID(id) {
		return id
	}
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// saneID reports whether the id has 8 to 64 letters, digits, dots, dashes or
// underscores.
func saneID(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		switch b := id[i]; {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '.', b == '-', b == '_':
		default:
			return false
		}
	}
	return true
}

// RequestID returns the request's id, as the log and the error pages tell it.
func RequestID(c *fiber.Ctx) string { return of(c).id }
