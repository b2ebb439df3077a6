package kit

import (
	"bytes"
	"encoding/json"

	"github.com/gofiber/fiber/v2"
)

// SendJSON sends the value as a file of JSON that people can read too. Nobody
// keeps it on the way.
func SendJSON(c *fiber.Ctx, name string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // it is no page, and people read it
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	c.Attachment(name)
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(b.Bytes())
}
