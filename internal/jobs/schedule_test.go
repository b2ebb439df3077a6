package jobs_test

import (
	"slices"
	"testing"
	"time"

	"convene/internal/jobs"
)

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// ticks lists the ticks of a specification in (from, to].
func ticks(t *testing.T, spec, from, to string) []string {
	t.Helper()
	var list []string
	end := instant(t, to)
	for at := instant(t, from); ; {
		next, err := jobs.Next(spec, at)
		if err != nil {
			t.Fatal(err)
		}
		if next.IsZero() || next.After(end) {
			return list
		}
		list = append(list, next.Format("01-02T15:04Z"))
		at = next
	}
}

func TestSchedules(t *testing.T) {
	tests := []struct {
		name, spec, from, to string
		want                 []string
	}{
		{"UTC unless a zone is named", "30 6 * * *", "2026-03-01T00:00:00Z", "2026-03-02T23:00:00Z",
			[]string{"03-01T06:30Z", "03-02T06:30Z"}},
		{"intervals are multiples since 1970", "@every 45m", "2026-03-01T00:10:00Z", "2026-03-01T02:00:00Z",
			[]string{"03-01T00:45Z", "03-01T01:30Z"}},
		// In Dublin clocks go from 01:00 to 02:00 on 29 March 2026.
		{"a local time left out is when clocks change", "CRON_TZ=Europe/Dublin 30 1 * * *", "2026-03-27T12:00:00Z", "2026-03-31T00:00:00Z",
			[]string{"03-28T01:30Z", "03-29T01:00Z", "03-30T00:30Z"}},
		{"several times left out are one tick", "CRON_TZ=Europe/Dublin */20 1 * * *", "2026-03-29T00:00:00Z", "2026-03-30T00:10:00Z",
			[]string{"03-29T01:00Z", "03-30T00:00Z"}},
		// And back from 02:00 to 01:00 on 25 October 2026.
		{"a local time that comes twice ticks once", "CRON_TZ=Europe/Dublin 30 1 * * *", "2026-10-24T12:00:00Z", "2026-10-27T00:00:00Z",
			[]string{"10-25T00:30Z", "10-26T01:30Z"}},
		{"every hour means elapsed time in autumn", "CRON_TZ=Europe/Dublin 15 * * * *", "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z",
			[]string{"10-24T23:15Z", "10-25T00:15Z", "10-25T01:15Z", "10-25T02:15Z"}},
		{"every hour means elapsed time in spring", "CRON_TZ=Europe/Dublin 0 * * * *", "2026-03-28T23:30:00Z", "2026-03-29T02:30:00Z",
			[]string{"03-29T00:00Z", "03-29T01:00Z", "03-29T02:00Z"}},
		// Mexico gave daylight saving up after 30 October 2022.
		{"the last spring of Mexico City", "CRON_TZ=America/Mexico_City 30 2 * * *", "2022-04-02T00:00:00Z", "2022-04-05T00:00:00Z",
			[]string{"04-02T08:30Z", "04-03T08:00Z", "04-04T07:30Z"}},
		{"the last autumn of Mexico City", "CRON_TZ=America/Mexico_City 30 1 * * *", "2022-10-29T00:00:00Z", "2022-11-01T00:00:00Z",
			[]string{"10-29T06:30Z", "10-30T06:30Z", "10-31T07:30Z"}},
		{"no change in Mexico City since", "CRON_TZ=America/Mexico_City 30 2 * * *", "2023-04-01T00:00:00Z", "2023-04-04T00:00:00Z",
			[]string{"04-01T08:30Z", "04-02T08:30Z", "04-03T08:30Z"}},
		// Clocks in Beirut jump from 00:00 to 01:00: there is no midnight.
		{"a midnight left out", "CRON_TZ=Asia/Beirut @daily", "2026-03-27T12:00:00Z", "2026-03-31T00:00:00Z",
			[]string{"03-27T22:00Z", "03-28T22:00Z", "03-29T21:00Z", "03-30T21:00Z"}},
		{"half an hour of daylight saving", "CRON_TZ=Australia/Lord_Howe 15 2 * * *", "2026-10-03T00:00:00Z", "2026-10-05T00:00:00Z",
			[]string{"10-03T15:30Z", "10-04T15:15Z"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ticks(t, tt.spec, tt.from, tt.to); !slices.Equal(got, tt.want) {
				t.Errorf("ticks of %q:\n got %v\nwant %v", tt.spec, got, tt.want)
			}
		})
	}
}

// Every day of 35 years has each named local time once, whatever the zone
// did in that time.
func TestNeitherSkippedNorDoubled(t *testing.T) {
	for _, zone := range []string{"America/Mexico_City", "Europe/Dublin", "Asia/Beirut", "Africa/Casablanca"} {
		spec := "CRON_TZ=" + zone + " 30 1 * * *"
		at, end := instant(t, "1995-01-01T00:00:00Z"), instant(t, "2030-01-01T00:00:00Z")
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		for at.Before(end) {
			next, err := jobs.Next(spec, at)
			if err != nil {
				t.Fatal(err)
			}
			day := next.In(loc).YearDay()
			if day != last+1 && day != 1 && last != 0 {
				t.Fatalf("%s: %s follows %s", zone, next.In(loc), at.In(loc))
			}
			last, at = day, next
		}
	}
}

func TestLatest(t *testing.T) {
	tests := []struct {
		spec, after, now, want string
		count                  int
	}{
		{"0 * * * *", "2026-03-01T00:00:00Z", "2026-03-01T00:59:59Z", "", 0},
		{"0 * * * *", "2026-03-01T00:00:00Z", "2026-03-01T03:00:00Z", "2026-03-01T03:00:00Z", 3},
		{"@every 5s", "2025-03-01T00:00:00Z", "2026-03-01T00:00:07Z", "2026-03-01T00:00:05Z", 1000},
		{"*/1 12 * * *", "2025-03-01T00:00:00Z", "2026-03-01T11:00:00Z", "2026-02-28T12:59:00Z", 1000},
	}
	for _, tt := range tests {
		tick, count, err := jobs.Latest(tt.spec, instant(t, tt.after), instant(t, tt.now))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if !tick.IsZero() {
			got = tick.Format(time.RFC3339)
		}
		if got != tt.want || count != tt.count {
			t.Errorf("%q from %s to %s: got %q, %d ticks, want %q, %d", tt.spec, tt.after, tt.now, got, count, tt.want, tt.count)
		}
	}
}

func TestBadSchedules(t *testing.T) {
	for _, spec := range []string{
		"", "* * * *", "* * * * * *", "61 * * * *", "@every", "@every 500ms", "@every 1500ms", "@every -5s", "@every 0s",
		"CRON_TZ=Europe/Dublin", "CRON_TZ=Atlantis/Poseidonis 0 3 * * *", "TZ= ", "0 0 31 2 *", "@fortnightly", ", * * * *",
	} {
		if _, err := jobs.Next(spec, time.Now()); err == nil {
			t.Errorf("%q was accepted", spec)
		}
	}
}
