package feed_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"convene/internal/event"
	"convene/internal/feed"
	"convene/internal/i18n"
	"convene/internal/programme"
)

var changed = time.Date(2015, 5, 11, 9, 30, 0, 0, time.UTC)

// inSpanish names the only country of these tests.
func inSpanish(code string) string { return map[string]string{"MX": "México"}[code] }

var conference = event.Event{
	ID: "e1", Slug: "iclc-2015", Title: i18n.Text{"en": "Conference; in Mexico, with\nlines"}, Starts: "2015-09-28", Ends: "2015-09-30",
	TimeZone: "America/Mexico_City", City: "Mexico City", Country: "MX", Revision: 7, Changed: changed,
	Rooms: []event.Room{{ID: "hall", Name: i18n.English("Plenary hall")}},
}

func parse(t *testing.T, file []byte) *ics.Calendar {
	t.Helper()
	for _, line := range strings.SplitAfter(string(file), "\r\n") {
		if len(line) > 77 || strings.Contains(strings.TrimSuffix(line, "\r\n"), "\n") {
			t.Errorf("a line is too long or ends without CR: %q", line)
		}
	}
	cal, err := ics.ParseCalendar(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func TestEventCalendar(t *testing.T) {
	t.Parallel()
	c := feed.Calendar{Host: "convene.test", BaseURL: "https://convene.test", Language: "en", Country: inSpanish}
	cal := parse(t, c.Event(conference))
	events := cal.Events()
	if len(events) != 1 {
		t.Fatalf("%d entries; want one", len(events))
	}
	for property, want := range map[ics.ComponentProperty]string{
		ics.ComponentPropertyDtStart:  "20150928",
		ics.ComponentPropertyDtEnd:    "20151001", // exclusive
		ics.ComponentPropertyUniqueId: "event-e1@convene.test",
		ics.ComponentPropertySequence: "7",
		ics.ComponentPropertyDtstamp:  "20150511T093000Z",
		ics.ComponentPropertyLocation: "Mexico City, México",
		ics.ComponentPropertyUrl:      "https://convene.test/e/iclc-2015",
		ics.ComponentPropertySummary:  "Conference; in Mexico, with\nlines",
	} {
		p := events[0].GetProperty(property)
		if p == nil || strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(p.Value, `\;`, ";"), `\,`, ","), `\n`, "\n") != want {
			t.Errorf("%s = %+v; want %q", property, p, want)
		}
	}
	if !bytes.Equal(c.Event(conference), c.Event(conference)) {
		t.Error("the same event makes another file the second time")
	}
}

func TestProgrammeCalendar(t *testing.T) {
	t.Parallel()
	start := time.Date(2015, 9, 28, 14, 30, 0, 0, time.UTC)
	sessions := []programme.Session{
		{ID: "s1", Slug: "opening", Title: i18n.English("Opening"), Start: start, Minutes: 60, Room: "hall"},
		{ID: "s2", Slug: "forum", Title: i18n.English("Forum"), Start: start.Add(2 * time.Hour), Minutes: 90},
	}
	cal := parse(t, feed.Calendar{Host: "convene.test", BaseURL: "https://convene.test", Language: "en"}.Programme(conference, sessions))
	events := cal.Events()
	if len(events) != 2 {
		t.Fatalf("%d entries; want two", len(events))
	}
	at, err := events[0].GetStartAt()
	if err != nil || !at.Equal(start) {
		t.Errorf("starts %s, %v; want %s", at, err, start)
	}
	if place := events[0].GetProperty(ics.ComponentPropertyLocation).Value; !strings.Contains(place, "Plenary hall") {
		t.Errorf("place = %q", place)
	}
}

// An event saved before its changes were dated has a stamp all the same, and one
// that is not in the future.
func TestStampWithoutDate(t *testing.T) {
	t.Parallel()
	old := conference
	old.Changed = time.Time{}
	cal := parse(t, feed.Calendar{Host: "convene.test"}.Event(old))
	if p := cal.Events()[0].GetProperty(ics.ComponentPropertyDtstamp); p == nil || p.Value != "19700101T000000Z" {
		t.Errorf("DTSTAMP = %+v", p)
	}
}

func TestDefuse(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"=1+1": "'=1+1", "+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)",
		"\t=1": "'\t=1", " =1": "' =1", "＝1+1": "'＝1+1", "": "", "Amina": "Amina", "-12.5": "-12.5", "+4930": "+4930", "-": "'-", "a=b": "a=b",
	} {
		if got := feed.Defuse(cell); got != want {
			t.Errorf("Defuse(%q) = %q; want %q", cell, got, want)
		}
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := feed.NewCSV(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Row("Name", "=cmd()", "quote \" and, comma", "two\nlines"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "\uFEFF")
	if !ok || !strings.HasSuffix(text, "\r\n") {
		t.Errorf("file = %q; want a byte order mark and CRLF", b.String())
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 1 || rows[0][1] != "'=cmd()" || rows[0][3] != "two\nlines" {
		t.Errorf("read back %q, %v", rows, err)
	}
}
