package desk

import (
	"context"
	"strings"
	"time"

	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/door"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/jobs"
	"convene/internal/letter"
	"convene/internal/outbox"
	"convene/internal/statement"
)

func statePill(p *i18n.Printer, state delegate.State) Pill {
	return Pill{Class: string(state), Label: told(p, "board.state", string(state))}
}

// delegatePill tells where a delegate stands: at the event, once arrived.
func delegatePill(p *i18n.Printer, d delegate.Delegate) Pill {
	if d.State == delegate.Confirmed && !d.Arrived.IsZero() {
		return Pill{Class: "arrived", Label: p.T("board.state.arrived")}
	}
	if d.Awaits == delegate.ByFocal {
		return Pill{Class: string(d.State), Label: p.T("board.delegate.awaits_step")}
	}
	return statePill(p, d.State)
}

func letterPill(p *i18n.Printer, state outbox.State) Pill {
	class := string(state)
	switch state {
	case outbox.Leased:
		class = "running"
	case outbox.Expired:
		class = "off"
	}
	return Pill{Class: class, Label: told(p, "board.letter_state", string(state))}
}

func verdictPill(p *i18n.Printer, scan door.Scan) Pill {
	classes := map[door.Verdict]string{door.Admit: "good", door.Attention: "wait", door.Stop: "bad"}
	return Pill{Class: classes[scan.Verdict], Label: told(p, "board.reason", string(scan.Reason))}
}

func outcomePill(p *i18n.Printer, outcome jobs.Outcome) Pill {
	classes := map[jobs.Outcome]string{jobs.Done: "ok", jobs.Failed: "failed", jobs.Interrupted: "wait"}
	return Pill{Class: classes[outcome], Label: told(p, "board.outcome", string(outcome))}
}

func statementPill(p *i18n.Printer, state statement.State) Pill {
	class := "note"
	switch state {
	case statement.Adopted, statement.Published, statement.Endorsement, statement.FollowUp:
		class = "adopted"
	case statement.Withdrawn:
		class = "withdrawn"
	case statement.Mandated, statement.Drafting:
		class = "draft"
	}
	return Pill{Class: class, Label: statementState(p, state)}
}

func statementState(p *i18n.Printer, state statement.State) string {
	return told(p, "statement.state", string(state))
}

func occasion(p *i18n.Printer, code string) string { return told(p, "board.occasion", code) }

// occasionNames returns what occasions are called: those of rules and messages as
// their rule or message is.
func (s *Pages) occasionNames(ctx context.Context, p *i18n.Printer, e event.Event) (func(code string) string, error) {
	rules, err := s.app.Reminders.Rules(ctx, e)
	if err != nil {
		return nil, err
	}
	messages, err := s.app.Messages.Of(ctx, e)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, r := range rules {
		if r.Letter == "" {
			names[r.Occasion()] = ruleName(p, r)
		}
	}
	for _, m := range messages {
		names[m.Occasion()] = m.Name
	}
	ofAll := func(code string) string {
		if name, ok := names[code]; ok {
			return name
		}
		if strings.HasPrefix(code, "rule.") {
			return p.T("rule.removed")
		}
		return occasion(p, code)
	}
	return func(code string) string {
		of, category := letter.OfCategory(code)
		if category == "" {
			return ofAll(of)
		}
		return p.T("text.of_category", "Letter", ofAll(of), "Category", e.CategoryLabel(p, category))
	}, nil
}

// by names who took a step: an actor's kind, and a staff member's name behind
// it.
func by(p *i18n.Printer, who string) string {
	kind, name, _ := strings.Cut(who, " ")
	switch {
	case kind == city.ActorFocal && name != "":
		return name + ", " + told(p, "board.actor", kind)
	case name != "":
		return name
	}
	return told(p, "board.actor", kind)
}

// phasePill tells where an event stands, or how its registration does while it
// is to come.
func phasePill(p *i18n.Printer, e event.Event, now time.Time) Pill {
	switch e.Phase(now) {
	case event.Running:
		return Pill{Class: "active", Label: p.T("board.phase.running")}
	case event.Past:
		return Pill{Class: "closed", Label: p.T("board.phase.past")}
	}
	state := e.RegistrationState(now)
	classes := map[event.RegistrationState]string{
		event.RegistrationNone: "off", event.RegistrationNotYet: "soon",
		event.RegistrationOpen: "open", event.RegistrationClosed: "closed",
	}
	return Pill{Class: classes[state], Label: p.T("board.registration." + string(state))}
}
