package event_test

import (
	"slices"
	"testing"
	"time"

	"convene/internal/event"
)

// conference is a valid event of three days in Mexico City.
func conference() event.Event {
	return event.Event{
		Slug: "iclc-2015", Series: event.SeriesConference, Number: 2, Acronym: "iclc2015",
		Title:  map[string]string{"en": "2nd International Conference on Learning Cities"},
		Starts: "2015-09-28", Ends: "2015-09-30", TimeZone: "America/Mexico_City", City: "Mexico City", Country: "MX",
		Languages: []string{"en", "es", "fr"}, Accent: "#00695c", Admission: event.Daily,
	}
}

// in is a conference of the days in a zone.
func in(zone, starts, ends string) event.Event {
	e := conference()
	e.TimeZone, e.Starts, e.Ends = zone, starts, ends
	return e
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestPhase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone, now string
		want      event.Phase
	}{
		{"America/Mexico_City", "2015-09-28T04:59:59Z", event.Coming}, // 23:59:59 the day before
		{"America/Mexico_City", "2015-09-28T05:00:00Z", event.Running},
		{"America/Mexico_City", "2015-10-01T04:59:59Z", event.Running}, // the last second of the last day
		{"America/Mexico_City", "2015-10-01T05:00:00Z", event.Past},
		{"Asia/Seoul", "2015-09-27T14:59:59Z", event.Coming},
		{"Asia/Seoul", "2015-09-27T15:00:00Z", event.Running}, // the 28th there, the 27th in Europe
		{"Asia/Seoul", "2015-09-30T15:00:00Z", event.Past},
		{"Pacific/Kiritimati", "2015-09-27T10:00:00Z", event.Running},
		{"Pacific/Pago_Pago", "2015-09-28T10:59:59Z", event.Coming},
	} {
		if got := in(test.zone, "2015-09-28", "2015-09-30").Phase(instant(t, test.now)); got != test.want {
			t.Errorf("%s at %s: %s, want %s", test.zone, test.now, got, test.want)
		}
	}
}

func TestDaysLeftFollowTheCalendarOfThePlace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone, starts, now string
		want              int
	}{
		{"America/Mexico_City", "2015-09-28", "2015-09-28T04:59:59Z", 1}, // the 27th, by an instant
		{"America/Mexico_City", "2015-09-28", "2015-09-28T05:00:00Z", 0},
		{"America/Mexico_City", "2015-09-28", "2015-12-01T00:00:00Z", 0}, // long over
		{"America/Mexico_City", "2015-09-28", "2015-09-01T03:00:00Z", 28},
		{"Asia/Seoul", "2015-09-28", "2015-09-27T15:00:00Z", 0},
		{"Asia/Seoul", "2015-09-28", "2015-09-27T14:00:00Z", 1},
		// The night of 29 March 2026 is an hour short in Dublin, that of
		// 25 October 2026 an hour long: days are counted, not hours.
		{"Europe/Dublin", "2026-03-30", "2026-03-28T23:30:00Z", 2},
		{"Europe/Dublin", "2026-03-30", "2026-03-29T22:59:59Z", 1}, // 23:59:59 in summer time
		{"Europe/Dublin", "2026-03-30", "2026-03-29T23:00:00Z", 0},
		{"Europe/Dublin", "2026-10-26", "2026-10-24T22:59:59Z", 2},
		{"Europe/Dublin", "2026-10-26", "2026-10-24T23:00:00Z", 1},
		{"Europe/Dublin", "2026-10-26", "2026-10-25T23:59:59Z", 1},
		{"Europe/Dublin", "2026-10-26", "2026-10-05T12:00:00Z", 21},
		// Cairo's clocks skip the midnight that begins 25 April 2025.
		{"Africa/Cairo", "2025-04-25", "2025-04-24T21:59:59Z", 1},
		{"Africa/Cairo", "2025-04-25", "2025-04-24T22:00:00Z", 0},
		{"Africa/Cairo", "2025-04-26", "2025-04-24T22:00:00Z", 1},
		// Samoa left out 30 December 2011.
		{"Pacific/Apia", "2011-12-31", "2011-12-30T09:59:59Z", 2},
		{"UTC", "2028-03-01", "2028-02-28T12:00:00Z", 2}, // a leap year
	} {
		if got := in(test.zone, test.starts, test.starts).DaysLeft(instant(t, test.now)); got != test.want {
			t.Errorf("%s, %s at %s: %d, want %d", test.zone, test.starts, test.now, got, test.want)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		zone, starts, ends string
		want               []string
	}{
		{"America/Mexico_City", "2015-09-28", "2015-09-30", []string{"2015-09-28", "2015-09-29", "2015-09-30"}},
		{"UTC", "2027-06-01", "2027-06-01", []string{"2027-06-01"}},
		{"Europe/Dublin", "2026-10-24", "2026-10-26", []string{"2026-10-24", "2026-10-25", "2026-10-26"}},
		{"America/Santiago", "2025-09-07", "2025-09-09", []string{"2025-09-07", "2025-09-08", "2025-09-09"}},
		{"America/Santiago", "2025-09-05", "2025-09-07", []string{"2025-09-05", "2025-09-06", "2025-09-07"}},
		{"Africa/Cairo", "2025-04-24", "2025-04-26", []string{"2025-04-24", "2025-04-25", "2025-04-26"}},
		{"Africa/Cairo", "2025-04-25", "2025-04-27", []string{"2025-04-25", "2025-04-26", "2025-04-27"}},
		{"Asia/Beirut", "2025-03-29", "2025-03-31", []string{"2025-03-29", "2025-03-30", "2025-03-31"}},
		{"America/Havana", "2025-03-09", "2025-03-10", []string{"2025-03-09", "2025-03-10"}},
		{"Europe/Dublin", "2026-03-28", "2026-03-30", []string{"2026-03-28", "2026-03-29", "2026-03-30"}},
	} {
		e := in(test.zone, test.starts, test.ends)
		var got []string
		for _, d := range e.Days() {
			got = append(got, e.DayOf(d))
			if d.Add(-time.Second).Day() == d.Day() || d.Location().String() != test.zone {
				t.Errorf("%s: %s is no midnight there", test.zone, d)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.zone, got, test.want)
		}
	}
}

func TestRegistrationState(t *testing.T) {
	t.Parallel()
	e := conference()
	opens, closes := instant(t, "2015-06-01T00:00:00Z"), instant(t, "2015-09-28T05:00:00Z")
	for _, test := range []struct {
		enabled bool
		now     time.Time
		want    event.RegistrationState
	}{
		{false, opens, event.RegistrationNone},
		{true, opens.Add(-time.Nanosecond), event.RegistrationNotYet},
		{true, opens, event.RegistrationOpen},
		{true, closes.Add(-time.Nanosecond), event.RegistrationOpen},
		{true, closes, event.RegistrationClosed},
		{true, closes.AddDate(1, 0, 0), event.RegistrationClosed},
	} {
		e.Registration = event.Registration{Enabled: test.enabled, Opens: opens, Closes: closes}
		if got := e.RegistrationState(test.now); got != test.want {
			t.Errorf("enabled %t at %s: %s, want %s", test.enabled, test.now, got, test.want)
		}
	}
}

func TestGatesAndRoomsAreFoundByID(t *testing.T) {
	t.Parallel()
	e := conference()
	e.Gates = []event.Gate{{ID: "main", Name: "Main entrance"}, {ID: "side", Name: "Side entrance"}}
	e.Rooms = []event.Room{{ID: "hall"}, {ID: "room-1", Capacity: 240}}
	if g, ok := e.Gate("side"); !ok || g.Name != "Side entrance" {
		t.Errorf("gate: %+v, %t", g, ok)
	}
	if r, ok := e.Room("room-1"); !ok || r.Capacity != 240 {
		t.Errorf("room: %+v, %t", r, ok)
	}
	if _, ok := e.Gate("hall"); ok {
		t.Error("a room is found among the gates")
	}
	if _, ok := e.Room(""); ok {
		t.Error("no id finds a room")
	}
}
