package audience

import (
	"context"
	"time"

	"convene/internal/event"
)

// Names of the anchors that an event has.
const (
	EventStart         = "event.start"
	EventEnd           = "event.end"
	RegistrationOpens  = "registration.opens"
	RegistrationCloses = "registration.closes"
	Date               = "date" // typed by the organiser
)

// eventAnchors are what every event has. The first and the last day begin and
// end at midnight in its zone. An event of which only the month is known has no
// days yet.
func eventAnchors() []Anchor {
	return []Anchor{
		one(EventStart, func(e event.Event) (time.Time, bool) { return e.FirstDay(), !e.MonthOnly }),
		one(EventEnd, func(e event.Event) (time.Time, bool) { return e.Over(), !e.MonthOnly }),
		one(RegistrationOpens, func(e event.Event) (time.Time, bool) { return e.Registration.Opens, e.Registration.Enabled }),
		one(RegistrationCloses, func(e event.Event) (time.Time, bool) { return e.Registration.Closes, e.Registration.Enabled }),
		{Name: Date, Typed: true},
	}
}

// one makes an anchor with a single instant.
func one(name string, at func(event.Event) (time.Time, bool)) Anchor {
	return Anchor{Name: name, Marks: func(_ context.Context, e event.Event, _ string) ([]Mark, error) {
		t, ok := at(e)
		if !ok || t.IsZero() {
			return nil, nil
		}
		return []Mark{MarkAt("", t)}, nil
	}}
}

// MarkAt makes a mark of something at an instant. It is another mark when the
// same thing moves, so that people are reminded of its new time.
func MarkAt(id string, at time.Time) Mark {
	key := at.UTC().Format("20060102T1504")
	if id != "" {
		key = id + "@" + key
	}
	return Mark{Key: key, At: at.UTC()}
}
