package kit_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"convene/config"
	"convene/internal/web/kit"
	"convene/internal/web/webtest"
	"convene/views"
)

// What the middleware costs a page that is kept in memory: compare with a bare
// Fiber application.
func BenchmarkMiddleware(b *testing.B) {
	page := []byte(strings.Repeat("x", 30_000))
	serve := func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(page)
	}
	k, err := kit.New(kit.Options{
		Config: config.Default(), Messages: messages(), Files: webtest.Files(b), Clock: nowOf(&now),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	bare := fiber.New()
	for name, app := range map[string]*fiber.App{"kit": k.App, "bare": bare} {
		app.Get("/e/:slug/programme", serve)
		b.Run(name, func(b *testing.B) {
			handler := app.Handler()
			ctx := &fasthttp.RequestCtx{}
			for b.Loop() {
				ctx.ResetUserValues()
				ctx.Request.Reset()
				ctx.Response.Reset()
				ctx.Request.SetRequestURI("/e/iclc-2015/programme")
				ctx.Request.Header.Set("Accept-Language", "fr-CA, en;q=0.5")
				ctx.Request.Header.Set("Accept-Encoding", "gzip, br")
				handler(ctx)
			}
		})
	}
}

// What a start costs.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := kit.Load(views.FS); err != nil {
			b.Fatal(err)
		}
	}
}
