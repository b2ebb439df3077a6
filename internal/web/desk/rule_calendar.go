package desk

import (
	"slices"
	"time"
)

// calendarOf puts the entries into days, in their order.
func calendarOf(k clock, entries []calendarEntry) []calendarDay {
	slices.SortStableFunc(entries, func(a, b calendarEntry) int { return a.at.Compare(b.at) })
	var days []calendarDay
	for _, entry := range entries {
		date := entry.at.In(k.zone).Format(time.DateOnly)
		if n := len(days); n == 0 || days[n-1].Day.ISO != date {
			days = append(days, calendarDay{Day: Moment{ISO: date, Text: k.print.Weekday(entry.at.In(k.zone))}})
		}
		last := &days[len(days)-1]
		last.Lines = append(last.Lines, entry.line)
	}
	return days
}

// time writes the time of day alone.
func (k clock) time(t time.Time) Moment {
	t = t.In(k.zone)
	return Moment{ISO: t.Format(time.RFC3339), Text: k.print.Clock(t)}
}
