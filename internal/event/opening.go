package event

import (
	"context"
	"strings"
	"time"

	"convene/internal/problem"
)

// TypedOpening is when and how people register themselves, as an organiser types it.
type TypedOpening struct {
	Enabled  bool   // people register here at all
	Opens    string // as LocalTime writes it, by the event's clock
	Closes   string // likewise
	Approval bool   // the organisers approve each one
}

// LetRegister changes when and how people register themselves. Who is registered stays
// so. A problem of kind Invalid names the fields opens and closes.
func (s *Service) LetRegister(ctx context.Context, id string, typing Typing[TypedOpening]) (Event, error) {
	return take(ctx, s, id, typing, func(e *Event, typed TypedOpening) (changed bool, err error) {
		r, err := typed.over(*e)
		was := e.Registration
		if err != nil || r.Enabled == was.Enabled && r.Approval == was.Approval && r.Opens.Equal(was.Opens) && r.Closes.Equal(was.Closes) {
			return false, err
		}
		e.Registration = r
		return true, nil
	})
}

// over writes what was typed over the event's registration.
func (t TypedOpening) over(e Event) (Registration, error) {
	var faults problem.Form
	r := e.Registration
	r.Enabled, r.Approval = t.Enabled, t.Approval
	r.Opens, r.Closes = typedInstant(e, "opens", t.Opens, &faults), typedInstant(e, "closes", t.Closes, &faults)
	for field, typed := range map[string]string{"opens": t.Opens, "closes": t.Closes} {
		if t.Enabled && strings.TrimSpace(typed) == "" {
			faults.Add(field, "problem.field.required")
		}
	}
	switch {
	case r.Opens.IsZero() || r.Closes.IsZero():
	case !r.Opens.Before(r.Closes):
		faults.Add("closes", "problem.field.closes_opens")
	case r.Closes.After(e.Over()):
		faults.Add("closes", "problem.field.date_until", "Max", e.Ends)
	}
	return r, faults.Err()
}

// typedInstant reads an instant as it is typed, zero for none. Anything else is a fault
// of the field.
func typedInstant(e Event, field, typed string, faults *problem.Form) time.Time {
	if typed = strings.TrimSpace(typed); typed == "" {
		return time.Time{}
	}
	at, err := time.ParseInLocation(LocalTime, typed, e.Location())
	if err != nil {
		faults.Add(field, "problem.field.instant")
		return time.Time{}
	}
	return at.UTC()
}
