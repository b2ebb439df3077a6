package delegate

import (
	"strings"

	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
)

// stepLine is a step of a registration, as its delegate reads it.
type stepLine struct{ At, Text, Reason string }

// history tells how the registration came to where it stands, the last step first.
func history(print *i18n.Printer, e event.Event, o own) []stepLine {
	d := o.Delegate
	var list []stepLine
	for i := len(d.Steps) - 1; i >= 0; i-- {
		step := d.Steps[i]
		key := "history." + string(step.State)
		byStaff, byFocal := strings.HasPrefix(step.By, "staff"), strings.HasPrefix(step.By, city.ActorFocal)
		switch last := i == len(d.Steps)-1; {
		case last && step.State == delegate.Withdrawn && d.Passing != nil && !d.Passing.Taken.IsZero():
			key = "history.given"
		case step.State == delegate.Withdrawn && byFocal:
			key = "history.ended_by_focal"
		case step.State == delegate.Withdrawn && i > 0 && d.Steps[i-1].State.Unanswered():
			key = "history.refused"
		case step.State == delegate.Awaiting && step.Awaits == delegate.ByFocal:
			key = "history.awaiting_focal"
		case step.State == delegate.Invited && d.PlaceOf != "":
			key = "history.kept"
		case step.State == delegate.Cancelled && !byStaff:
			key = "history.lapsed"
		case step.State == delegate.Confirmed && i == 0:
			key = "history.added"
		}
		list = append(list, stepLine{At: print.DateTime(step.At.In(o.clock(e))), Text: print.T(key), Reason: step.Reason})
	}
	if !d.Arrived.IsZero() {
		gate, _ := e.Gate(d.ArrivedGate)
		arrived := stepLine{At: print.DateTime(d.Arrived.In(o.clock(e))), Text: print.T("history.arrived", "Gate", gate.Name)}
		list = append([]stepLine{arrived}, list...)
	}
	return list
}
