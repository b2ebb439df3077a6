package kit_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"convene/views"
)

func TestStatic(t *testing.T) {
	s := newSite(t)
	path, err := s.Assets.Path("convene.css")
	if err != nil {
		t.Fatal(err)
	}
	want, err := views.FS.ReadFile("static/convene.css")
	if err != nil {
		t.Fatal(err)
	}
	a := s.get(path)
	if a.StatusCode != 200 || a.body != string(want) {
		t.Errorf("status %d, %d bytes, want %d", a.StatusCode, len(a.body), len(want))
	}
	if got := a.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := a.Header.Get("Content-Type"); got != "text/css; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	if a.Header.Get("X-Content-Type-Options") != "nosniff" || len(a.Cookies()) != 0 {
		t.Errorf("headers %v", a.Header)
	}

	br := s.get(path, "Accept-Encoding", "gzip, br")
	if br.Header.Get("Content-Encoding") != "br" || unpacked(t, brotli.NewReader(strings.NewReader(br.body))) != string(want) {
		t.Errorf("brotli: %v", br.Header)
	}
	gz := s.get(path, "Accept-Encoding", "gzip")
	reader, err := gzip.NewReader(strings.NewReader(gz.body))
	if err != nil {
		t.Fatal(err)
	}
	if gz.Header.Get("Content-Encoding") != "gzip" || unpacked(t, reader) != string(want) {
		t.Errorf("gzip: %v", gz.Header)
	}
	if gz.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("Vary %q", gz.Header.Get("Vary"))
	}
}

func unpacked(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestStaticETag(t *testing.T) {
	s := newSite(t)
	a := s.get("/static/convene.css")
	if a.StatusCode != 200 || a.Header.Get("Cache-Control") != "no-cache" {
		t.Fatalf("%d %v", a.StatusCode, a.Header)
	}
	etag := a.Header.Get("ETag")
	for _, header := range []string{etag, "W/" + etag, `"other", ` + etag, "*"} {
		if a := s.get("/static/convene.css", "If-None-Match", header); a.StatusCode != 304 || a.body != "" {
			t.Errorf("If-None-Match %s: %d, %d bytes", header, a.StatusCode, len(a.body))
		}
	}
	if a := s.get("/static/convene.css", "If-None-Match", `"other"`); a.StatusCode != 200 {
		t.Errorf("another tag: %d", a.StatusCode)
	}
}

func TestStaticMissing(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/static/nothing.css", "/static/convene.000000000000.css", "/static/../views.go", "/static/%2e%2e/messages/en.yaml", "/static/"} {
		if a := s.get(path); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	if _, err := s.Assets.Path("nothing.css"); err == nil {
		t.Error("a missing file has an address")
	}
}

func TestCompress(t *testing.T) {
	s := newSite(t)
	s.withPage("/page")
	plain := s.get("/page")
	packed := s.get("/page", "Accept-Encoding", "br")
	if packed.Header.Get("Content-Encoding") != "br" || !strings.Contains(packed.Header.Get("Vary"), "Accept-Encoding") {
		t.Fatalf("%v", packed.Header)
	}
	if got := unpacked(t, brotli.NewReader(bytes.NewReader([]byte(packed.body)))); got != plain.body {
		t.Errorf("unpacked: %s", got)
	}
	if a := s.get("/nowhere", "Accept-Encoding", "gzip"); a.StatusCode != 404 {
		t.Errorf("%d", a.StatusCode)
	}
}
