package desk

import (
	"time"

	"convene/internal/event"
	"convene/internal/i18n"
)

// Moment is an instant as a page shows it; empty when there is none.
type Moment struct {
	ISO  string // for the attribute datetime
	Text string
}

// clock writes instants in one time zone, for one reader, at one time.
type clock struct {
	print *i18n.Printer
	zone  *time.Location
	now   time.Time
}

func (s *Pages) clock(p *i18n.Printer, e *event.Event) clock {
	zone := time.UTC
	if e != nil {
		zone = e.Location()
	}
	return clock{print: p, zone: zone, now: s.app.Clock().In(zone)}
}

// moment writes an instant shortly, "4 Sep, 09:12", and with its year when that
// is another one.
func (k clock) moment(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	t = t.In(k.zone)
	day := k.print.ShortDate(t)
	if t.Year() != k.now.Year() {
		day = k.print.Date(t)
	}
	return Moment{ISO: t.Format(time.RFC3339), Text: day + ", " + k.print.Clock(t)}
}

// seconds is moment with seconds, for what follows within a minute.
func (k clock) seconds(t time.Time) Moment {
	m := k.moment(t)
	if !t.IsZero() {
		m.Text += t.Format(":05")
	}
	return m
}

// day writes a calendar day given as YYYY-MM-DD.
func (k clock) day(date string) Moment {
	t, err := time.ParseInLocation(time.DateOnly, date, k.zone)
	if err != nil {
		return Moment{}
	}
	text := k.print.ShortDate(t)
	if t.Year() != k.now.Year() {
		text = k.print.Date(t)
	}
	return Moment{ISO: date, Text: text}
}

// zoneNote says in which zone the page's times are.
func (k clock) zoneNote(e *event.Event) string {
	if e == nil {
		return k.print.T("board.times.utc")
	}
	return k.print.T("board.times.event", "Zone", k.now.Format("MST"), "City", e.City)
}
