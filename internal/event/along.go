package event

import (
	"math"
	"time"
)

// Along is the instant when the event has moved here from other days: at the same time
// of day by the event's clock, as many days earlier or later. The zero one stays.
func (e Event) Along(from Event, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	days := int(math.Round(e.FirstDay().Sub(from.FirstDay()).Hours() / 24)) // days with a clock change are no 24 hours
	return t.In(e.Location()).AddDate(0, 0, days).UTC()
}

// AlongAhead is Along for what begins then: what has begun by now stays so.
func (e Event) AlongAhead(from Event, t, now time.Time) time.Time {
	if !t.After(now) {
		return t
	}
	return e.Along(from, t)
}
