package reminder

import (
	"slices"
	"time"

	"convene/internal/audience"
	"convene/internal/event"
	"convene/internal/problem"
)

// When is an instant told by an anchor.
type When struct {
	Anchor string `json:"anchor"`
	Option string `json:"option,omitempty"` // what the anchor is narrowed to
	Date   string `json:"date,omitempty"`   // for an anchor that is typed: YYYY-MM-DD, in the event's zone

	Offset int  `json:"offset"` // so many units
	Unit   Unit `json:"unit"`
	Before bool `json:"before"` // before the anchor, not after it

	Hour      string `json:"hour,omitempty"`       // HH:MM of the day that the offset leads to; empty: as it falls
	QuietFrom string `json:"quiet_from,omitempty"` // HH:MM; from then no letter goes out …
	QuietTo   string `json:"quiet_to,omitempty"`   // … until then
	Own       bool   `json:"own,omitzero"`         // hours are of each person's time zone, not the event's
}

// Repeat is how often a rule asks again those who still fit.
type Repeat struct {
	Times int  `json:"times,omitzero"` // in all; 0 and 1: once
	Every int  `json:"every,omitzero"` // so many units between two
	Unit  Unit `json:"unit,omitempty"`
}

// Unit is what an offset is counted in. Days and weeks are those of the calendar,
// in the event's time zone.
type Unit string

// The units of an offset.
const (
	Minutes Unit = "minutes"
	Hours   Unit = "hours"
	Days    Unit = "days"
	Weeks   Unit = "weeks"
)

// Units lists every unit.
var Units = []Unit{Minutes, Hours, Days, Weeks}

// What a rule may ask for at most.
const (
	maxOffset = 1000
	maxTimes  = 20
)

// clock reads HH:MM as minutes since midnight.
func clock(text string) (minutes int, ok bool) {
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil
}

// times is how often the rule runs for one mark.
func (r Repeat) times() int { return max(1, r.Times) }

// due returns when the rule's repetition number n is due for an anchor's instant,
// for people whose clocks are set to loc.
func (r Rule) due(e event.Event, at time.Time, n int, loc *time.Location) time.Time {
	w := r.When
	offset := w.Offset
	if w.Before {
		offset = -offset
	}
	t := shift(at.In(e.Location()), offset, w.Unit)
	again := n * r.Repeat.Every
	if r.Repeat.Unit.calendar() {
		t, again = shift(t, again, r.Repeat.Unit), 0
	}
	if minutes, ok := clock(w.Hour); ok {
		day := t
		t = onDay(day, minutes, loc)
		switch {
		case !w.Before && t.Before(at): // that hour of the day had passed
			t = onDay(day.AddDate(0, 0, 1), minutes, loc)
		case w.Before && n == 0 && !t.Before(at): // far in the west that hour of the day comes too late
			t = onDay(day.AddDate(0, 0, -1), minutes, loc)
		}
	}
	return w.outsideQuiet(shift(t, again, r.Repeat.Unit).In(loc), at).UTC()
}

// calendar reports whether the unit counts days by the calendar, however long
// they are.
func (u Unit) calendar() bool { return u == Days || u == Weeks }

func shift(t time.Time, n int, u Unit) time.Time {
	switch u {
	case Minutes:
		return t.Add(time.Duration(n) * time.Minute)
	case Hours:
		return t.Add(time.Duration(n) * time.Hour)
	case Weeks:
		return t.AddDate(0, 0, 7*n)
	}
	return t.AddDate(0, 0, n)
}

// onDay is the time of day in loc, on the date that t shows on its own wall.
func onDay(t time.Time, minutes int, loc *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, minutes, 0, 0, loc)
}

// outsideQuiet moves an instant out of the quiet hours: it waits for their end. What
// is to come before an anchor, and would come after it, goes when they begin.
func (w When) outsideQuiet(t, at time.Time) time.Time {
	from, ok1 := clock(w.QuietFrom)
	to, ok2 := clock(w.QuietTo)
	if !ok1 || !ok2 || from == to {
		return t
	}
	now := t.Hour()*60 + t.Minute()
	overnight := from > to
	if !overnight && (now < from || now >= to) || overnight && now < from && now >= to {
		return t
	}
	end := onDay(t, to, t.Location())
	if overnight && now >= from {
		end = onDay(t.AddDate(0, 0, 1), to, t.Location())
	}
	if !w.Before || end.Before(at) {
		return end
	}
	begin := onDay(t, from, t.Location())
	if overnight && now < to {
		begin = onDay(t.AddDate(0, 0, -1), from, t.Location())
	}
	return begin
}

// spread bounds how far from the offset alone hours, quiet hours, time zones and
// days of another length may lead.
func (r Rule) spread() time.Duration {
	w := r.When
	if w.Hour == "" && w.QuietFrom == "" && !w.Unit.calendar() && !r.Repeat.Unit.calendar() {
		return 0
	}
	return 60 * time.Hour
}

// Years that a typed date may lie before this one and after it.
const (
	yearsBack  = 1
	yearsAhead = 10
)

func (w *When) check(known *audience.Registry, now time.Time, form *problem.Form) {
	anchor, ok := known.Anchor(w.Anchor)
	if !ok {
		form.Add("anchor", "problem.field.choice")
	}
	if anchor.Options == nil {
		w.Option = ""
	}
	if anchor.Typed {
		checkDate(w.Date, now, form)
	} else {
		w.Date = ""
	}
	if w.Before && anchor.Personal() { // it is known once it has happened
		form.Add("side", "problem.rule_before_known")
	}
	if !slices.Contains(Units, w.Unit) {
		form.Add("unit", "problem.field.choice")
	}
	if w.Offset < 0 || w.Offset > maxOffset || w.Before && w.Offset == 0 {
		form.Add("offset", "problem.field.between", "Min", offsetFrom(w.Before), "Max", maxOffset)
	}
	for name, text := range map[string]string{"hour": w.Hour, "quiet_from": w.QuietFrom, "quiet_to": w.QuietTo} {
		if _, ok := clock(text); text != "" && !ok {
			form.Add(name, "problem.field.clock")
		}
	}
	if w.Hour != "" && !w.Unit.calendar() {
		form.Add("hour", "problem.rule_hour")
	}
	if (w.QuietFrom == "") != (w.QuietTo == "") {
		form.Add("quiet_to", "problem.rule_quiet")
	}
	if w.QuietFrom != "" && w.QuietFrom == w.QuietTo {
		form.Add("quiet_to", "problem.rule_quiet_same")
	}
}

func checkDate(date string, now time.Time, form *problem.Form) {
	day, err := time.Parse(time.DateOnly, date)
	first, last := now.Year()-yearsBack, now.Year()+yearsAhead
	switch {
	case err != nil:
		form.Add("date", "problem.field.date")
	case day.Year() < first || day.Year() > last:
		form.Add("date", "problem.rule_years", "Min", first, "Max", last)
	}
}

func offsetFrom(before bool) int {
	if before {
		return 1
	}
	return 0
}

func (r *Repeat) check(form *problem.Form) {
	if r.Times <= 1 {
		*r = Repeat{}
		return
	}
	if r.Times > maxTimes {
		form.Add("times", "problem.field.between", "Min", 1, "Max", maxTimes)
	}
	if r.Every < 1 || r.Every > maxOffset {
		form.Add("every", "problem.field.between", "Min", 1, "Max", maxOffset)
	}
	if !slices.Contains(Units, r.Unit) {
		form.Add("every_unit", "problem.field.choice")
	}
}
