package desk

import (
	"context"
	"strings"
	"time"

	"convene/internal/audience"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/letter"
	"convene/internal/outbox"
	"convene/internal/reminder"
)

// ruleName is what the organisers call a rule, or what the program does.
func ruleName(p *i18n.Printer, r reminder.Rule) string {
	if r.Name != "" {
		return r.Name
	}
	return told(p, "rule.builtin", r.Builtin)
}

// whenWords tells when a rule runs, a phrase at a time.
func (s *Pages) whenWords(ctx context.Context, p *i18n.Printer, e event.Event, r reminder.Rule) ([]string, error) {
	anchor, err := s.anchorWords(ctx, p, e, r.When)
	if err != nil {
		return nil, err
	}
	list := []string{offsetWords(p, r.When, anchor)}
	if r.When.Hour != "" {
		key := "rule.words.hour"
		if r.When.Own {
			key = "rule.words.hour_own"
		}
		list = append(list, p.T(key, "Hour", r.When.Hour))
	}
	if r.When.QuietFrom != "" {
		list = append(list, p.T("rule.words.quiet", "From", r.When.QuietFrom, "To", r.When.QuietTo))
	}
	if r.Repeat.Times > 1 {
		list = append(list, p.N("rule.words.times", r.Repeat.Times, "Every", p.N("rule.span."+string(r.Repeat.Unit), r.Repeat.Every)))
	}
	return list, nil
}

func offsetWords(p *i18n.Printer, w reminder.When, anchor string) string {
	if w.Offset == 0 && w.Anchor == audience.Date {
		return p.T("rule.words.on", "Date", dateWords(p, w.Date))
	}
	if w.Offset == 0 {
		return p.T("rule.words.at", "Anchor", anchor)
	}
	span := p.N("rule.span."+string(w.Unit), w.Offset)
	if w.Before {
		return p.T("rule.words.before", "Span", span, "Anchor", anchor)
	}
	return p.T("rule.words.after", "Span", span, "Anchor", anchor)
}

// anchorWords names the anchor with what it is narrowed to: "the start of a
// session (every plenary)".
func (s *Pages) anchorWords(ctx context.Context, p *i18n.Printer, e event.Event, w reminder.When) (string, error) {
	name := p.T("audience.anchor." + w.Anchor)
	option := dateWords(p, w.Date)
	if a, ok := s.app.Audience.Anchor(w.Anchor); ok && a.Options != nil && w.Option != "" {
		options, err := a.Options(ctx, p, e)
		if err != nil {
			return "", err
		}
		for _, o := range options {
			if o.Value == w.Option {
				option = o.Label
			}
		}
	}
	if option == "" {
		return name, nil
	}
	return p.T("rule.words.option", "Anchor", name, "Option", option), nil
}

// dateWords writes a date that was typed, or nothing.
func dateWords(p *i18n.Printer, date string) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return p.Date(day)
}

// rulePill tells how a rule stands.
func rulePill(p *i18n.Printer, r reminder.Rule, noText bool) Pill {
	switch {
	case r.Paused:
		return Pill{Class: "off", Label: p.T("rule.state.paused")}
	case r.Held != nil:
		return Pill{Class: "failed", Label: p.T("rule.state.held")}
	case noText:
		return Pill{Class: "failed", Label: p.T("rule.state.no_text")}
	}
	return Pill{Class: "active", Label: p.T("rule.state.active")}
}

// runPill tells how a run stands; one that is to come, as its rule does when that
// keeps it from running.
func runPill(p *i18n.Printer, planned reminder.Planned, noText bool) Pill {
	if toCome(planned) && (noText || !planned.Rule.Runs()) {
		return rulePill(p, planned.Rule, noText)
	}
	return planPill(p, planned.State)
}

// clockWords says that each person's clock counts, where it does.
func clockWords(p *i18n.Printer, r reminder.Rule) string {
	if !r.When.Own {
		return ""
	}
	return p.T("rule.by_clock")
}

func planPill(p *i18n.Printer, state reminder.PlanState) Pill {
	classes := map[reminder.PlanState]string{
		reminder.Coming: "soon", reminder.Paused: "off", reminder.Skipped: "off",
		reminder.Missed: "failed", reminder.Begun: "running", reminder.Done: "ok",
	}
	return Pill{Class: classes[state], Label: p.T("rule.run_state." + string(state))}
}

// kinds are the kinds of letters that rules and messages write, as text.
func kinds() []string {
	list := make([]string, len(outbox.Kinds))
	for i, k := range outbox.Kinds {
		list[i] = string(k)
	}
	return list
}

// heldWords says why a rule was stopped, and how many it would write to.
func heldWords(p *i18n.Printer, h reminder.Hold) string {
	if h.People > 0 {
		return p.N("rule.held.people", h.People)
	}
	words, ok := explained(p, h.Reason)
	if !ok {
		words = p.T("rule.trouble")
	}
	return p.T("rule.held.text", "Reason", words)
}

// unwritten says why a letter could not be written, from the error's text.
func unwritten(p *i18n.Printer, reason string) string {
	if words, ok := explained(p, reason); ok {
		return words
	}
	return reason
}

// explained says what is wrong with a letter, where that is something to mend: from
// the error's text, or a problem's key.
func explained(p *i18n.Printer, reason string) (string, bool) {
	noText, placeholder := letter.Explain(reason)
	switch {
	case noText:
		return p.T("rule.no_text"), true
	case placeholder != "":
		return p.T("rule.empty", "Name", placeholder), true
	case strings.HasPrefix(reason, "problem."):
		return p.T(reason), true
	}
	return "", false
}

// runWords names a run by what it counts from, where that is something.
func runWords(p *i18n.Printer, planned reminder.Planned) string {
	name := p.Text(planned.Name)
	if planned.Number == 0 {
		return name
	}
	again := p.N("rule.again", planned.Number+1)
	if name == "" {
		return again
	}
	return p.T("rule.words.option", "Anchor", name, "Option", again)
}
