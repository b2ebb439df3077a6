package jobs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// schedule tells the ticks of a job.
type schedule interface {
	// Next returns the first tick after t, in UTC; the zero time when there
	// is none within five years.
	Next(t time.Time) time.Time
}

// parseSchedule reads a standard five-field specification, a descriptor such as
// @daily or @every 5s, optionally behind CRON_TZ=Zone. Without a zone the fields
// are UTC.
func parseSchedule(spec string) (schedule, error) {
	zone, fields, err := cutZone(strings.TrimSpace(spec))
	if err != nil {
		return nil, err
	}
	parsed, err := cron.ParseStandard(fields)
	if err != nil {
		return nil, err
	}
	var s schedule
	switch parsed := parsed.(type) {
	case cron.ConstantDelaySchedule:
		s, err = newInterval(fields, parsed)
	case *cron.SpecSchedule:
		s = newCalendar(parsed, zone)
	default:
		err = fmt.Errorf("a schedule of type %T is not known", parsed)
	}
	if err != nil {
		return nil, err
	}
	if s.Next(time.Now()).IsZero() {
		return nil, errors.New("it never comes")
	}
	return s, nil
}

// cutZone takes the zone off a specification. The parser would do so too, but
// it panics when nothing follows the zone, and takes the machine's zone when
// there is none.
func cutZone(spec string) (*time.Location, string, error) {
	if !strings.HasPrefix(spec, "TZ=") && !strings.HasPrefix(spec, "CRON_TZ=") {
		return time.UTC, spec, nil
	}
	prefix, fields, ok := strings.Cut(spec, " ")
	if !ok {
		return nil, "", errors.New("nothing follows the time zone")
	}
	_, name, _ := strings.Cut(prefix, "=")
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, "", err
	}
	return zone, strings.TrimSpace(fields), nil
}

// interval is an @every schedule. Its ticks are the multiples of the interval
// since 1970, so that all instances agree on them.
type interval time.Duration

func newInterval(spec string, parsed cron.ConstantDelaySchedule) (schedule, error) {
	every, err := time.ParseDuration(strings.TrimPrefix(spec, "@every "))
	if err != nil {
		return nil, err
	}
	if every != parsed.Delay {
		return nil, errors.New("an interval is a whole number of seconds, at least one")
	}
	return interval(every), nil
}

func (i interval) Next(t time.Time) time.Time {
	seconds := int64(time.Duration(i) / time.Second)
	return time.Unix((t.Unix()/seconds+1)*seconds, 0).UTC()
}

// calendar is a cron specification in a time zone.
//
// robfig/cron looks for the next instant whose local time matches. A tick that
// falls into the hour that clocks leave out in spring is therefore skipped, and
// one in the hour that autumn repeats comes twice. So the specification is asked
// in local time as if it were UTC, where no hour is missing or doubled, and the
// answer is turned into an instant here:
//
//   - A local time that does not exist is the instant the clocks change.
//   - A local time that comes twice is its first coming.
//   - A specification for every hour means elapsed time: it ticks in both
//     comings of the repeated hour and not in the one left out.
type calendar struct {
	spec    cron.SpecSchedule
	zone    *time.Location
	elapsed bool
}

func newCalendar(parsed *cron.SpecSchedule, zone *time.Location) calendar {
	const everyHour = 1<<24 - 1
	c := calendar{spec: *parsed, zone: zone, elapsed: parsed.Hour&everyHour == everyHour}
	c.spec.Location = time.UTC
	return c
}

func (c calendar) Next(t time.Time) time.Time {
	if c.elapsed {
		return c.nextElapsed(t)
	}
	for wall := c.spec.Next(wallOf(t, c.zone)); !wall.IsZero(); wall = c.spec.Next(wall) {
		if tick := instantOf(wall, c.zone); tick.After(t) {
			return tick
		}
	}
	return time.Time{}
}

// nextElapsed walks from one change of the zone's offset to the next; between
// two changes local time is as regular as UTC.
func (c calendar) nextElapsed(t time.Time) time.Time {
	for {
		shift := offset(t, c.zone)
		wall := c.spec.Next(t.UTC().Add(shift))
		if wall.IsZero() {
			return time.Time{}
		}
		tick := wall.Add(-shift)
		_, end := t.In(c.zone).ZoneBounds()
		if end.IsZero() || tick.Before(end) {
			return tick
		}
		if first := end.UTC(); c.matches(first) {
			return first
		}
		t = end
	}
}

func (c calendar) matches(t time.Time) bool {
	wall := wallOf(t, c.zone)
	return c.spec.Next(wall.Add(-time.Second)).Equal(wall)
}

// wallOf returns the local time at t, as if it were UTC.
func wallOf(t time.Time, zone *time.Location) time.Time {
	return t.UTC().Add(offset(t, zone))
}

func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// instantOf returns the first instant at which the zone's clocks show wall or
// jump over it.
func instantOf(wall time.Time, zone *time.Location) time.Time {
	// No offset is a day long, so this lies before the instant sought.
	for t := wall.Add(-24 * time.Hour); ; {
		tick := wall.Add(-offset(t, zone))
		_, end := t.In(zone).ZoneBounds()
		if end.IsZero() || tick.Before(end) {
			return tick
		}
		if wallOf(end, zone).After(wall) {
			return end.UTC()
		}
		t = end
	}
}

// latest returns the last tick in (after, now] and how many ticks lie there, at
// most countedTicks; 0 when there is none.
func latest(s schedule, after, now time.Time) (tick time.Time, count int) {
	for t := s.Next(after); due(t, now) && count < countedTicks; t = s.Next(t) {
		tick, count = t, count+1
	}
	if count < countedTicks {
		return tick, count
	}
	return lastBefore(s, tick, now), count
}

// countedTicks bounds the walk through the ticks of a long silence.
const countedTicks = 1000

// lastBefore looks back from now in growing steps, so that a year without the
// program costs no walk through each of its minutes.
func lastBefore(s schedule, known, now time.Time) time.Time {
	for back := time.Minute; now.Add(-back).After(known); back *= 2 {
		tick := time.Time{}
		for t := s.Next(now.Add(-back)); due(t, now); t = s.Next(t) {
			tick = t
		}
		if !tick.IsZero() {
			return tick
		}
	}
	tick := known
	for t := s.Next(known); due(t, now); t = s.Next(t) {
		tick = t
	}
	return tick
}

func due(tick, now time.Time) bool { return !tick.IsZero() && !tick.After(now) }
