package site_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/programme"
	"convene/internal/store"
)

const programmePath = "/e/rehearsal/programme"

func TestPageIsSentOnce(t *testing.T) {
	w := readWeb(t)
	first := w.send(http.MethodGet, programmePath, "")
	etag := first.Header.Get("ETag")
	if etag == "" || !strings.Contains(first.Header.Get("Cache-Control"), "must-revalidate") {
		t.Fatalf("the page has ETag %q and Cache-Control %q", etag, first.Header.Get("Cache-Control"))
	}
	vary := strings.Join(first.Header.Values("Vary"), ", ")
	for _, name := range []string{"Accept-Encoding", "Accept-Language", "Cookie"} {
		if !strings.Contains(vary, name) {
			t.Errorf("the page does not vary by %s but by %q", name, vary)
		}
	}
	again := w.send(http.MethodGet, programmePath, "", "If-None-Match", etag)
	if again.StatusCode != http.StatusNotModified || again.body != "" {
		t.Errorf("asked again: status %d with %d bytes", again.StatusCode, len(again.body))
	}
	if french := w.send(http.MethodGet, programmePath, "", "If-None-Match", etag, "Accept-Language", "fr"); french.StatusCode != http.StatusOK {
		t.Errorf("the French page has the tag of the English one")
	}
	if first.Header.Get("Set-Cookie") != "" {
		t.Errorf("a page for everybody sets the cookie %q", first.Header.Get("Set-Cookie"))
	}
}

func TestPageIsSentCompressed(t *testing.T) {
	w := readWeb(t)
	plain := w.send(http.MethodGet, programmePath, "")
	for encoding, reader := range map[string]func(io.Reader) (io.Reader, error){
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	} {
		got := w.send(http.MethodGet, programmePath, "", "Accept-Encoding", encoding)
		if got.Header.Get("Content-Encoding") != encoding || len(got.body) > len(plain.body)/3 {
			t.Errorf("%s: encoded as %q in %d of %d bytes", encoding, got.Header.Get("Content-Encoding"), len(got.body), len(plain.body))
		}
		r, err := reader(strings.NewReader(got.body))
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || string(content) != plain.body {
			t.Errorf("%s holds another page (%v)", encoding, err)
		}
	}
}

func TestChangeShowsAfterASecond(t *testing.T) {
	w := newWeb(t)
	before := w.send(http.MethodGet, programmePath, "")
	e := w.find("rehearsal")
	session, err := w.App.Programme.Session(t.Context(), e.ID, "opening")
	if err != nil {
		t.Fatal(err)
	}
	session.Title = i18n.English("Opening in the garden")
	w.update(func(tx *store.Tx) error {
		if _, err := w.App.Programme.SaveSession(t.Context(), tx, e, session); err != nil {
			return err
		}
		return w.App.Events.Touch(t.Context(), tx, e.ID)
	})
	w.wait(1100 * time.Millisecond)
	after := w.send(http.MethodGet, programmePath, "", "If-None-Match", before.Header.Get("ETag"))
	if after.StatusCode != http.StatusOK || !strings.Contains(after.body, "Opening in the garden") {
		t.Errorf("after a change: status %d, without the new title", after.StatusCode)
	}
}

// A page from memory asks nothing of the database: it is there when that is not.
func TestPageFromMemoryNeedsNoStorage(t *testing.T) {
	w := newWeb(t)
	w.page(programmePath)
	w.page("/")
	if err := w.DB.Close(); err != nil {
		t.Fatal(err)
	}
	w.page(programmePath)
	w.page("/")
}

func TestTimeMovesPages(t *testing.T) {
	w := newWeb(t)
	w.says(w.page("/e/rehearsal"), ".countdown", "21 days to go")
	w.wait(20 * 24 * time.Hour)
	w.says(w.page("/e/rehearsal"), ".countdown", "It begins tomorrow")
	w.wait(24 * time.Hour)
	page := w.page("/e/rehearsal")
	w.count(page, ".countdown", 0)
	w.says(page, ".hero .pill", "On now")
	w.count(w.page(programmePath), `.days a[aria-current="date"]`, 1)
	w.wait(4 * 24 * time.Hour)
	w.count(w.page("/e/rehearsal"), ".hero .pill", 0)
}

func TestManyAskAtOnce(t *testing.T) {
	w := readWeb(t)
	var wg sync.WaitGroup
	for i := range 40 {
		path := []string{programmePath, "/", "/cities?region=africa", "/e/rehearsal/speakers?country=MX"}[i%4]
		wg.Go(func() {
			if got := w.send(http.MethodGet, path, ""); got.StatusCode != http.StatusOK {
				t.Errorf("%s: status %d", path, got.StatusCode)
			}
		})
	}
	wg.Wait()
}

func TestHostileTextIsEscaped(t *testing.T) {
	w := newWeb(t)
	const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`
	w.change("rehearsal", func(e *event.Event) {
		e.Title, e.Theme, e.Description = i18n.English(hostile), i18n.English(hostile), i18n.English(hostile)
		e.City, e.Venue, e.Host = hostile, hostile, hostile
		e.Highlights = []event.Highlight{{Text: i18n.English(hostile)}}
	})
	e := w.find("rehearsal")
	session, err := w.App.Programme.Session(t.Context(), e.ID, "opening")
	if err != nil {
		t.Fatal(err)
	}
	session.Title, session.Description = i18n.English(hostile), i18n.English(hostile)
	w.update(func(tx *store.Tx) error {
		who, err := w.App.Programme.SavePerson(t.Context(), tx, programme.Person{
			Event: e.ID, Slug: "hostile", Name: hostile, Organisation: hostile, JobTitle: hostile, Biography: i18n.English(hostile),
		})
		if err != nil {
			return err
		}
		session.Roles = []programme.Role{{Person: who.ID, Duty: programme.Speaker}}
		_, err = w.App.Programme.SaveSession(t.Context(), tx, e, session)
		return err
	})
	for _, path := range []string{
		"/", "/events", "/e/rehearsal", programmePath, programmePath + "?by=room", "/e/rehearsal/sessions/opening",
		"/e/rehearsal/speakers", "/e/rehearsal/speakers/hostile", "/e/rehearsal/nutshell", "/e/rehearsal/statement",
		"/e/rehearsal/speakers?country=%3Cscript%3Ealert(1)",
	} {
		page := w.page(path)
		if page.Find(`script:not([src^="/static/"]), img, [onerror]`).Length() > 0 {
			t.Errorf("%s runs what was typed", path)
		}
		if path != "/e/rehearsal/speakers?country=%3Cscript%3Ealert(1)" && !strings.Contains(text(page), "<script>") {
			t.Errorf("%s does not show what was typed", path)
		}
	}
}

func TestAccent(t *testing.T) {
	w := newWeb(t)
	href, _ := w.page("/e/iclc-2015").Find(`link[href*="accent.css"]`).Attr("href")
	got := w.send(http.MethodGet, href, "")
	if got.body != ":root { --accent: #00695c; --accent-ink: #ffffff }\n" {
		t.Errorf("the sheet is %q", got.body)
	}
	if !strings.Contains(got.Header.Get("Cache-Control"), "immutable") || got.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("it is %q, kept %q", got.Header.Get("Content-Type"), got.Header.Get("Cache-Control"))
	}
	if again := w.send(http.MethodGet, "/e/iclc-2015/accent.css", "", "If-None-Match", got.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: status %d", again.StatusCode)
	}
	w.change("iclc-2015", func(e *event.Event) { e.Accent = "#ffd23f" })
	w.wait(2 * time.Second)
	if got := w.send(http.MethodGet, "/e/iclc-2015/accent.css", ""); !strings.Contains(got.body, "--accent-ink: #1c1a17") {
		t.Errorf("yellow has the ink of %q", got.body)
	}
}

func TestCalendar(t *testing.T) {
	w := readWeb(t)
	got := w.send(http.MethodGet, "/e/rehearsal/calendar.ics", "")
	if n := strings.Count(got.body, "BEGIN:VEVENT"); n != 15 || strings.Contains(got.body, "Lunch") || got.Header.Get("Content-Type") != "text/calendar; charset=utf-8" {
		t.Errorf("%d entries, as %q", n, got.Header.Get("Content-Type"))
	}
	if !strings.Contains(got.Header.Get("Content-Disposition"), "rehearsal.ics") {
		t.Errorf("the file is called %q", got.Header.Get("Content-Disposition"))
	}
	if strings.Contains(got.body, `\, MX`) || !strings.Contains(got.body, `Mexico City\, Mexico`) {
		t.Errorf("the place does not end with the country's name: %s", got.body)
	}
	one := w.send(http.MethodGet, "/e/rehearsal/sessions/opening/calendar.ics", "")
	if n := strings.Count(one.body, "BEGIN:VEVENT"); n != 1 || !strings.Contains(one.body, "DTSTART:20261211T150000Z") {
		t.Errorf("%d entries for a session: %s", n, one.body)
	}
}
