// Package mailbox shows the letters that a demonstration has caught instead of
// sending, as their recipients would see them. It exists in demonstrations only.
package mailbox

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/outbox/catcher"
	"convene/internal/web/kit"
)

// Pages are the handlers.
type Pages struct {
	Catcher *catcher.Catcher
}

type listPage struct {
	kit.Frame
	Letters []line
}

type line struct{ ID, To, Subject, At string }

// shown is how many letters the list has, the latest ones.
const shown = 100

// List shows the latest letters.
func (p *Pages) List(c *fiber.Ctx) error {
	print := kit.Printer(c)
	page := listPage{Frame: kit.NewFrame(c, print.T("mailbox.title"))}
	caught := p.Catcher.Messages()
	slices.Reverse(caught)
	for _, m := range caught[:min(len(caught), shown)] {
		parsed, err := catcher.Parse(m.Raw)
		if err != nil {
			return err
		}
		page.Letters = append(page.Letters, line{
			ID: m.ID, To: strings.Join(m.To, ", "), Subject: parsed.Subject, At: print.DateTime(m.Received),
		})
	}
	return kit.Render(c, "mailbox/list", page)
}

type letterPage struct {
	kit.Frame
	ID, To, At string
	Letter     catcher.Parsed
}

// Show shows one letter.
func (p *Pages) Show(c *fiber.Ctx) error {
	m, parsed, err := p.find(c)
	if err != nil {
		return err
	}
	frame := kit.NewFrame(c, kit.Printer(c).T("mailbox.title"))
	frame.Styles = []string{"desk.css"} // which knows how a letter looks
	return kit.Render(c, "mailbox/letter", letterPage{
		Frame: frame, ID: m.ID,
		To: strings.Join(m.To, ", "), At: kit.Printer(c).DateTime(m.Received), Letter: parsed,
	})
}

// HTML is the letter's HTML with its pictures in it, for a frame.
func (p *Pages) HTML(c *fiber.Ctx) error {
	_, parsed, err := p.find(c)
	if err != nil {
		return err
	}
	html := parsed.HTML
	for _, part := range parsed.Parts {
		if part.ContentID == "" {
			continue
		}
		data := "data:" + part.ContentType + ";base64," + base64.StdEncoding.EncodeToString(part.Data)
		html = strings.ReplaceAll(html, "cid:"+part.ContentID, data)
	}
	// Links open in the window, as from a real mailbox.
	html = strings.Replace(html, "<head>", `<head><base target="_top">`, 1)
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString(html)
}

func (p *Pages) find(c *fiber.Ctx) (catcher.Message, catcher.Parsed, error) {
	m, ok := p.Catcher.Message(c.Params("id"))
	if !ok {
		return m, catcher.Parsed{}, fiber.ErrNotFound
	}
	parsed, err := catcher.Parse(m.Raw)
	return m, parsed, err
}
