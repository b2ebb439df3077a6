package kit

import (
	"bytes"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// Levels that take less time than they save on a slow line.
const (
	pageBrotli = 4
	pageGzip   = 5
)

var compressBody = fasthttp.CompressHandlerBrotliLevel(func(*fasthttp.RequestCtx) {}, pageBrotli, pageGzip)

// compress shrinks text. What is compressed already, by itself or by its
// handler, goes out as it is.
func (k *Kit) compress(c *fiber.Ctx) error {
	if err := c.Next(); err != nil {
		return err
	}
	header := &c.Response().Header
	if len(header.ContentEncoding()) == 0 && compressible(header.ContentType()) {
		c.Vary(fiber.HeaderAcceptEncoding)
		compressBody(c.Context())
	}
	return nil
}

// compressible reports whether a content type is text, whatever it calls itself.
func compressible(contentType []byte) bool {
	kind, _, _ := bytes.Cut(contentType, []byte(";"))
	switch {
	case bytes.HasPrefix(kind, []byte("text/")), bytes.HasSuffix(kind, []byte("+xml")), bytes.HasSuffix(kind, []byte("json")):
		return true
	}
	switch string(kind) {
	case "application/javascript", "application/xml", "application/x-ndjson":
		return true
	}
	return false
}
