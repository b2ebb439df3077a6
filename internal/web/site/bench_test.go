package site_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// BenchmarkProgramme asks for the programme over HTTP, from the pages and from a
// bare Fiber that sends the same bytes.
func BenchmarkProgramme(b *testing.B) {
	a, err := newApp(seeded, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.DB.Close() })
	pages, err := newSite(a)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("pages", func(b *testing.B) { ask(b, pages) })

	floor := fiber.New(fiber.Config{DisableStartupMessage: true})
	var body []byte
	floor.Get("/e/rehearsal/programme", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(body)
	})
	body = bodyOf(b, pages)
	b.Run("floor", func(b *testing.B) { ask(b, floor) })
}

const programmeRequest = "GET /e/rehearsal/programme HTTP/1.1\r\nHost: example.org\r\nAccept-Encoding: br, gzip\r\nAccept-Language: en\r\n\r\n"

// listen serves the application on a port of its own.
func listen(b *testing.B, app *fiber.App) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = app.Listener(l) }()
	b.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

func bodyOf(b *testing.B, app *fiber.App) []byte {
	b.Helper()
	conn, err := net.Dial("tcp", listen(b, app))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	got, err := exchange(conn, bufio.NewReader(conn))
	if err != nil {
		b.Fatal(err)
	}
	return got
}

// exchange asks once, at as little cost to the client as can be, since it shares
// the processors with the server.
func exchange(conn net.Conn, r *bufio.Reader) ([]byte, error) {
	if _, err := io.WriteString(conn, programmeRequest); err != nil {
		return nil, err
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if len(line) == 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return nil, err
			}
		}
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}

func ask(b *testing.B, app *fiber.App) {
	addr := listen(b, app)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			b.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		r := bufio.NewReader(conn)
		for pb.Next() {
			if _, err := exchange(conn, r); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
