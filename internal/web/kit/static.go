package kit

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
)

const (
	staticPrefix = "/static/"
	// A name with a checksum always means the same bytes.
	foreverCache = "public, max-age=31536000, immutable"
)

// Assets serves static files from memory: under their name, to be asked for
// again each time, and under their name with a checksum in it, to be kept
// forever.
type Assets struct {
	byName map[string]*asset // "convene.css"
	bySum  map[string]*asset // "convene.1f2e3d4c5b6a.css"
}

type asset struct {
	content     []byte
	contentType string
	etag        string
	hashed      string // the name with the checksum
	brotli      func() []byte
	gzip        func() []byte
}

// NewAssets reads the files of the folder.
func NewAssets(fsys fs.FS, dir string) (*Assets, error) {
	a := &Assets{byName: map[string]*asset{}, bySum: map[string]*asset{}}
	err := fs.WalkDir(fsys, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		a.add(strings.TrimPrefix(name, dir+"/"), content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("kit: static files: %w", err)
	}
	return a, nil
}

func (a *Assets) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	checksum := hex.EncodeToString(sum[:6])
	ext := path.Ext(name)
	file := &asset{
		content: content, contentType: contentType(ext), etag: `"` + checksum + `"`,
		hashed: strings.TrimSuffix(name, ext) + "." + checksum + ext,
	}
	// Compressed when first asked for: doing all of it at start would delay the
	// first page.
	file.brotli = sync.OnceValue(func() []byte { return file.smaller(brotliBytes) })
	file.gzip = sync.OnceValue(func() []byte { return file.smaller(gzipBytes) })
	a.byName[name], a.bySum[file.hashed] = file, file
}

// contentType does not ask the system's tables, which differ between machines.
func contentType(ext string) string {
	switch ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	case ".json":
		return "application/json"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	}
	if known := mime.TypeByExtension(ext); known != "" {
		return known
	}
	return "application/octet-stream"
}

// Path returns the address of a file, with its checksum: "convene.css" gives
// "/static/convene.1f2e3d4c5b6a.css".
func (a *Assets) Path(name string) (string, error) {
	file, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("kit: there is no static file %q", name)
	}
	return staticPrefix + file.hashed, nil
}

// Serve answers with the file, to be asked for again each time, as a service
// worker must be that lives at an address of its own.
func (a *Assets) Serve(c *fiber.Ctx, name string) error {
	file, ok := a.byName[name]
	if !ok {
		return fiber.ErrNotFound
	}
	return file.serve(c, "no-cache")
}

func (a *Assets) handle(c *fiber.Ctx) error {
	name := c.Params("*")
	if file, ok := a.bySum[name]; ok {
		return file.serve(c, foreverCache)
	}
	return a.Serve(c, name)
}

func (f *asset) serve(c *fiber.Ctx, cache string) error {
	c.Set(fiber.HeaderCacheControl, cache)
	c.Set(fiber.HeaderETag, f.etag)
	c.Vary(fiber.HeaderAcceptEncoding)
	if matchesETag(c.Get(fiber.HeaderIfNoneMatch), f.etag) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	c.Set(fiber.HeaderContentType, f.contentType)
	body, encoding := f.encoded(c)
	if encoding != "" {
		c.Set(fiber.HeaderContentEncoding, encoding)
	}
	return c.Send(body)
}

// encoded chooses the smallest form that the browser takes.
func (f *asset) encoded(c *fiber.Ctx) (body []byte, encoding string) {
	header := &c.Request().Header
	switch {
	case !f.worthCompressing():
	case header.HasAcceptEncoding("br"):
		if body := f.brotli(); body != nil {
			return body, "br"
		}
	case header.HasAcceptEncoding("gzip"):
		if body := f.gzip(); body != nil {
			return body, "gzip"
		}
	}
	return f.content, ""
}

func (f *asset) worthCompressing() bool {
	return len(f.content) > 200 && (compressible([]byte(f.contentType)) || f.contentType == "application/wasm")
}

// smaller returns the compressed content, nil when nothing is gained.
func (f *asset) smaller(compress func([]byte) []byte) []byte {
	if body := compress(f.content); len(body) < len(f.content) {
		return body
	}
	return nil
}

func brotliBytes(content []byte) []byte {
	level := 9
	if len(content) > 1<<20 {
		level = 5 // a second's work at 9
	}
	return written(content, func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, level) })
}

func gzipBytes(content []byte) []byte {
	return written(content, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func written(content []byte, to func(io.Writer) io.WriteCloser) []byte {
	var b bytes.Buffer
	w := to(&b)
	// A bytes.Buffer takes everything.
	_, _ = w.Write(content)
	_ = w.Close()
	return bytes.Clone(b.Bytes())
}

// matchesETag reports whether an If-None-Match header names the tag. Weak and
// strong ones are alike here (RFC 9110, 13.1.2).
func matchesETag(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == etag || candidate == "*" {
			return true
		}
	}
	return false
}
