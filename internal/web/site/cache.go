package site

import (
	"bytes"
	"compress/gzip"
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
)

// What the pages kept in memory may come to.
const (
	cacheEntries = 256
	cacheBytes   = 32 << 20
)

// cacheKey names one answer. Only values that are known get into a query, so
// visitors cannot make up keys without end.
type cacheKey struct{ path, query, lang, version string }

// cache keeps answers, the most recently asked for. An answer is made once,
// however many ask for it at the same time.
type cache struct {
	mu      sync.Mutex
	entries map[cacheKey]*list.Element // of *entry
	order   *list.List                 // the one used last in front
	bytes   int
}

type entry struct {
	key    cacheKey
	until  time.Time
	answer func() (*answer, error) // waits until it is made
	made   *answer                 // nil until then
	bytes  int
}

func newCache() *cache {
	return &cache{entries: map[cacheKey]*list.Element{}, order: list.New()}
}

// find returns the answer for the key if it is there and made, nil otherwise.
func (c *cache) find(key cacheKey, now time.Time) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.entries[key]
	if !ok {
		return nil
	}
	e := at.Value.(*entry)
	if e.made == nil || !now.Before(e.until) {
		return nil
	}
	c.order.MoveToFront(at)
	return e.made
}

// get returns the answer for the key, having it made when there is none yet or
// it is older than keep. A failure is not kept.
func (c *cache) get(key cacheKey, now time.Time, keep time.Duration, produce func() (*answer, error)) (*answer, error) {
	c.mu.Lock()
	if at, ok := c.entries[key]; ok {
		found := at.Value.(*entry)
		if now.Before(found.until) {
			c.order.MoveToFront(at)
			c.mu.Unlock()
			return found.answer()
		}
		c.remove(at)
	}
	e := &entry{key: key, until: now.Add(keep)}
	e.answer = sync.OnceValues(func() (*answer, error) { return c.produce(e, produce) })
	c.entries[key] = c.order.PushFront(e)
	c.shrink()
	c.mu.Unlock()
	return e.answer()
}

// produce makes the entry's answer and weighs it. Without one, even for a panic,
// the entry is dropped.
func (c *cache) produce(e *entry, produce func() (*answer, error)) (a *answer, err error) {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		at, ok := c.entries[e.key]
		switch {
		case !ok || at.Value != e:
		case a == nil:
			c.remove(at)
		default:
			e.made, e.bytes = a, a.weight()
			c.bytes += e.bytes
			c.shrink()
		}
	}()
	return produce()
}

func (c *cache) shrink() {
	for len(c.entries) > cacheEntries || c.bytes > cacheBytes && len(c.entries) > 1 {
		c.remove(c.order.Back())
	}
}

func (c *cache) remove(at *list.Element) {
	e := c.order.Remove(at).(*entry)
	delete(c.entries, e.key)
	c.bytes -= e.bytes
}

// answer is a response that is the same for everybody.
type answer struct {
	contentType  string
	language     string // of a page; empty when it has none
	disposition  string // of a file to keep
	cacheControl string
	etag         string
	plain        []byte
	gzip, brotli []byte // nil when they are no smaller
}

// Browsers and proxies may keep a page, and ask each time whether it is the
// latest.
const askAgain = "public, max-age=0, must-revalidate"

func newAnswer(contentType, language string, content []byte) *answer {
	sum := sha256.Sum256(content)
	return &answer{
		contentType: contentType, language: language, cacheControl: askAgain,
		// Weak, as one tag serves every encoding.
		etag:  `W/"` + hex.EncodeToString(sum[:8]) + `"`,
		plain: content,
		gzip: compressed(content, func(w io.Writer) io.WriteCloser {
			return gzip.NewWriter(w)
		}),
		brotli: compressed(content, func(w io.Writer) io.WriteCloser {
			return brotli.NewWriterLevel(w, brotliLevel)
		}),
	}
}

// brotliLevel takes a few milliseconds for a page, once.
const brotliLevel = 6

// compressed returns nil when nothing is gained.
func compressed(content []byte, to func(io.Writer) io.WriteCloser) []byte {
	var b bytes.Buffer
	w := to(&b)
	// A bytes.Buffer takes everything.
	_, _ = w.Write(content)
	_ = w.Close()
	if b.Len() >= len(content) {
		return nil
	}
	return bytes.Clone(b.Bytes())
}

func (a *answer) weight() int { return len(a.plain) + len(a.gzip) + len(a.brotli) }

// send answers with the smallest form that the browser takes, or with 304 when
// it has the page already. The bytes are shared between requests.
func (a *answer) send(c *fiber.Ctx) error {
	header := &c.Response().Header
	header.Set(fiber.HeaderCacheControl, a.cacheControl)
	header.Set(fiber.HeaderETag, a.etag)
	header.Add(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	if sent := c.Request().Header.Peek(fiber.HeaderIfNoneMatch); len(sent) > 0 && matches(string(sent), a.etag) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	header.SetContentType(a.contentType)
	if a.language != "" {
		header.Set(fiber.HeaderContentLanguage, a.language)
	}
	if a.disposition != "" {
		header.Set(fiber.HeaderContentDisposition, a.disposition)
	}
	return c.Send(a.encoded(c))
}

func (a *answer) encoded(c *fiber.Ctx) []byte {
	accepts := c.Request().Header.HasAcceptEncoding
	switch {
	case a.brotli != nil && accepts("br"):
		c.Response().Header.Set(fiber.HeaderContentEncoding, "br")
		return a.brotli
	case a.gzip != nil && accepts("gzip"):
		c.Response().Header.Set(fiber.HeaderContentEncoding, "gzip")
		return a.gzip
	}
	return a.plain
}

// matches compares weakly, as RFC 9110 (13.1.2) has it for If-None-Match.
func matches(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}
