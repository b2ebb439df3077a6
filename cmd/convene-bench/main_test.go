package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// The benches start this program again as their servers; here that is the test's
// own binary.
func TestMain(m *testing.M) {
	if asked, err := serveChild(context.Background()); asked {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Each bench runs on the smallest file for a moment and reports the fields that
// are promised. How fast it is is not asked.
func TestBenches(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts servers")
	}
	t.Parallel()
	cache := t.TempDir()
	against := []string{"bench", "clients", "delegates", "floor_per_second", "p50_ms", "p99_ms", "per_second", "ratio", "rss_mb"}
	for _, test := range []struct {
		bench  string
		fields map[string][]string // by the lines' names
	}{
		{"door", map[string][]string{"door": against}},
		{"register", map[string][]string{"register": against}},
		{"programme", map[string][]string{"programme": against}},
		{"mail", map[string][]string{
			"mail":       {"bench", "clients", "floor_per_second", "letters", "per_second", "ratio"},
			"mail-queue": {"bench", "letters", "per_second", "seconds"},
		}},
		{"start", map[string][]string{
			"start":       {"bench", "delegates", "first_page_ms", "rss_mb"},
			"start-event": {"bench", "delegates", "first_page_ms", "rss_mb"},
		}},
		{"roster", map[string][]string{
			"roster":      {"bench", "clients", "delegates", "p50_ms", "p99_ms", "per_second"},
			"roster-page": {"bench", "clients", "delegates", "p50_ms", "p99_ms", "per_second", "rss_mb"},
		}},
	} {
		t.Run(test.bench, func(t *testing.T) {
			var out bytes.Buffer
			args := []string{test.bench, "-json", "-delegates", fmt.Sprint(small), "-clients", "2", "-rounds", "1",
				"-duration", (200 * time.Millisecond).String(), "-cache", cache, "-dir", t.TempDir()}
			if err := run(t.Context(), args, &out, io.Discard); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if len(lines) != len(test.fields) {
				t.Errorf("%d lines, want %d:\n%s", len(lines), len(test.fields), out.String())
			}
			for _, line := range lines {
				checkLine(t, line, test.fields)
			}
		})
	}
}

func checkLine(t *testing.T, line string, fields map[string][]string) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	var names []string
	for name, value := range got {
		names = append(names, name)
		if n, ok := value.(float64); ok && n <= 0 {
			t.Errorf("%s is %v in %s", name, n, line)
		}
	}
	slices.Sort(names)
	want := fields[fmt.Sprint(got["bench"])]
	if !slices.Equal(names, want) {
		t.Errorf("the fields are %v, want %v", names, want)
	}
}

func TestCommandLine(t *testing.T) {
	for name, args := range map[string][]string{
		"no bench":       {"-json"},
		"unknown bench":  {"window"},
		"too few people": {"door", "-delegates", "10"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
				t.Errorf("%v is accepted", args)
			}
		})
	}
}

func TestResultLeavesOutWhatIsNotMeasured(t *testing.T) {
	var out bytes.Buffer
	p := printer{out: &out, json: true}
	p.print(result{Bench: "start", Delegates: large, FirstPage: 123.456})
	if got, want := out.String(), `{"bench":"start","delegates":65000,"first_page_ms":123.5}`+"\n"; got != want {
		t.Errorf("printed %s, want %s", got, want)
	}
}

func TestPercentile(t *testing.T) {
	s := &sample{took: []time.Duration{5, 1, 4, 2, 3}}
	if got := s.percentile(0.5); got != 3 {
		t.Errorf("the middle of 1 to 5 is %d, want 3", got)
	}
	if got := s.percentile(0.99); got != 5 {
		t.Errorf("the 99th percentile of 1 to 5 is %d, want 5", got)
	}
	if got := (&sample{}).percentile(0.5); got != 0 {
		t.Errorf("the middle of nothing is %d, want 0", got)
	}
}
