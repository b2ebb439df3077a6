package reminder

import (
	"testing"
	"time"
	_ "time/tzdata"

	"convene/internal/event"
)

func TestDueFollowsTheCalendarAcrossClockChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone, at string
		rule     Rule
		want     string
	}{
		// Mexico City ended summer time on 31 October 2021, Dublin too.
		"a day before, at an hour": {"America/Mexico_City", "2021-11-01T00:00", Rule{When: When{Offset: 1, Unit: Days, Before: true, Hour: "18:00"}}, "2021-10-31T18:00:00-06:00"},
		"two days before":          {"America/Mexico_City", "2021-11-01T00:00", Rule{When: When{Offset: 2, Unit: Days, Before: true, Hour: "18:00"}}, "2021-10-30T18:00:00-05:00"},
		"a week in Dublin":         {"Europe/Dublin", "2021-11-02T09:00", Rule{When: When{Offset: 1, Unit: Weeks, Before: true}}, "2021-10-26T09:00:00+01:00"},
		"hours are of one length":  {"Europe/Dublin", "2021-10-31T12:00", Rule{When: When{Offset: 24, Unit: Hours, Before: true}}, "2021-10-30T13:00:00+01:00"},
		"an hour that is skipped":  {"Europe/Dublin", "2021-03-29T00:00", Rule{When: When{Offset: 1, Unit: Days, Before: true, Hour: "01:30"}}, "2021-03-28T02:30:00+01:00"},
		"after, the hour had gone": {"Europe/Dublin", "2021-06-01T15:00", Rule{When: When{Unit: Days, Hour: "09:00"}}, "2021-06-02T09:00:00+01:00"},
		"quiet, moved on":          {"Europe/Dublin", "2021-06-02T12:00", Rule{When: When{Offset: 11, Unit: Hours, Before: true, QuietFrom: "22:00", QuietTo: "07:00"}}, "2021-06-02T07:00:00+01:00"},
		"quiet, moved back":        {"Europe/Dublin", "2021-06-02T06:00", Rule{When: When{Offset: 1, Unit: Hours, Before: true, QuietFrom: "22:00", QuietTo: "07:00"}}, "2021-06-01T22:00:00+01:00"},
		"quiet within a day":       {"Europe/Dublin", "2021-06-02T12:30", Rule{When: When{Unit: Minutes, QuietFrom: "12:00", QuietTo: "14:00"}}, "2021-06-02T14:00:00+01:00"},
		"not quiet":                {"Europe/Dublin", "2021-06-02T14:00", Rule{When: When{Unit: Minutes, QuietFrom: "12:00", QuietTo: "14:00"}}, "2021-06-02T14:00:00+01:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := event.Event{TimeZone: c.zone}
			at, err := time.ParseInLocation("2006-01-02T15:04", c.at, e.Location())
			if err != nil {
				t.Fatal(err)
			}
			got := c.rule.due(e, at, 0, e.Location()).In(e.Location()).Format(time.RFC3339)
			if got != c.want {
				t.Errorf("due %s; want %s", got, c.want)
			}
		})
	}
}

// Whoever's clock it is, the instant lies within the bounds in which a run looks for
// people. Those farthest east and west need not be the first and the last.
func TestBoundsHoldEverybodysInstant(t *testing.T) {
	t.Parallel()
	e := event.Event{TimeZone: "Asia/Tokyo"}
	at := time.Date(2027, 5, 31, 0, 0, 0, 0, e.Location())
	for name, w := range map[string]When{
		"an hour of the day before": {Offset: 1, Unit: Days, Before: true, Hour: "10:00"},
		"quiet hours":               {Offset: 1, Unit: Hours, Before: true, QuietFrom: "22:00", QuietTo: "07:00"},
		"quiet hours afterwards":    {Offset: 3, Unit: Hours, QuietFrom: "13:00", QuietTo: "15:00"},
	} {
		w.Own = true
		r := Rule{When: w}
		first, last := r.dueAll(e, at, 0)
		for _, zone := range []string{
			"Pacific/Kiritimati", "Pacific/Chatham", "Asia/Tokyo", "Asia/Kathmandu", "Asia/Kolkata", "Europe/Dublin", "UTC",
			"America/St_Johns", "America/New_York", "America/Mexico_City", "America/Los_Angeles", "Pacific/Marquesas", "Pacific/Pago_Pago",
		} {
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			if due := r.due(e, at, 0, loc); due.Before(first) || due.After(last) || w.Before && !due.Before(at) {
				t.Errorf("%s, %s: due %s, which is not between %s and %s", name, zone, due, first, last)
			}
		}
	}
}
