package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
)

// pastLine is one thing that happened about a person: a step, a change, a letter, an
// entrance or a note. What it is decides which of the fields it has.
type pastLine struct {
	at     time.Time
	At     Moment
	Kind   string // step, change, letter, scan, note
	Pill   *Pill
	Text   string
	Href   string
	Fields string
	From   string
	To     string
	Quote  string
	By     string
	Remove string // where a note is removed; empty: it is not the reader's
}

// past is all that happened about a person, the last thing first.
func (s *Pages) past(ctx context.Context, page *delegatePage, e event.Event, d delegate.Delegate) ([]pastLine, error) {
	var lines []pastLine
	for _, add := range []func(context.Context, *delegatePage, event.Event, delegate.Delegate) ([]pastLine, error){
		s.pastSteps, s.pastChanges, s.pastLetters, s.pastEntrances, s.pastNotes,
	} {
		more, err := add(ctx, page, e, d)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	slices.SortStableFunc(lines, func(a, b pastLine) int { return b.at.Compare(a.at) })
	return lines, nil
}

// pastSteps are the registration's, and those of what was merged into it.
func (s *Pages) pastSteps(ctx context.Context, page *delegatePage, e event.Event, d delegate.Delegate) ([]pastLine, error) {
	merged, err := s.app.Delegates.Merged(ctx, d)
	clock := s.clock(page.Printer, &e)
	var lines []pastLine
	for i, one := range append([]delegate.Delegate{d}, merged...) {
		for j := len(one.Steps) - 1; j >= 0; j-- {
			step := one.Steps[j]
			pill := stepPill(page.Printer, one.Steps, j)
			line := pastLine{at: step.At, At: clock.moment(step.At), Kind: "step", Pill: &pill, Quote: step.Reason, By: by(page.Printer, step.By)}
			if i > 0 {
				line.Text = page.T("roster.history.of_merged")
			}
			lines = append(lines, line)
		}
	}
	return lines, err
}

// stepPill is the state that a step led to, and whose approval it wants.
func stepPill(p *i18n.Printer, steps []delegate.Step, i int) Pill {
	pill := statePill(p, steps[i].State)
	if steps[i].Awaits == delegate.ByFocal {
		pill.Label = p.T("board.delegate.awaits_step")
	} else if steps[i].State == delegate.Awaiting && i > 0 && steps[i-1].Awaits == delegate.ByFocal {
		pill.Label = p.T("board.delegate.awaits_organisers")
	}
	return pill
}

// pastChanges are the audit trail's, without the steps, which say more themselves.
func (s *Pages) pastChanges(ctx context.Context, page *delegatePage, e event.Event, d delegate.Delegate) ([]pastLine, error) {
	var lines []pastLine
	clock := s.clock(page.Printer, &e)
	for _, id := range d.IDs() {
		entries, err := audit.Of(ctx, s.app.DB, delegate.Subject(id))
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if isStep(entry) || entry.Action == "delegate.note" || entry.Action == "delegate.merged" {
				continue
			}
			line := pastLine{
				at: entry.At, At: clock.moment(entry.At), Kind: "change", Text: told(page.Printer, "board.action", entry.Action),
				Fields: s.fieldNames(ctx, page.Printer, e, entry.Fields), Quote: entry.Reason, By: actor(page.Printer, entry.Actor),
			}
			line.From, line.To = change(page.Printer, entry)
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// isStep reports whether an entry tells of a step, which the registration keeps too.
func isStep(entry audit.Entry) bool {
	state, ok := strings.CutPrefix(entry.Action, "delegate.")
	return ok && entry.To != "" && (state == entry.To || state == "add" || state == "register")
}

func (s *Pages) pastLetters(ctx context.Context, page *delegatePage, e event.Event, d delegate.Delegate) ([]pastLine, error) {
	names, err := s.occasionNames(ctx, page.Printer, e)
	if err != nil {
		return nil, err
	}
	clock := s.clock(page.Printer, &e)
	var lines []pastLine
	for _, id := range d.IDs() {
		letters, err := s.outbox.Letters(ctx, outbox.Filter{Person: id, Event: e.ID}, "")
		if err != nil {
			return nil, err
		}
		for _, l := range letters.Items {
			shown := s.letterLine(page.Frame, e, clock, names, l)
			page.Letters = append(page.Letters, shown)
			at := l.Queued
			if !l.SentAt.IsZero() {
				at = l.SentAt
			}
			line := pastLine{at: at, At: clock.moment(at), Kind: "letter", Text: shown.Occasion, Href: shown.Href, Pill: &shown.Pill}
			if l.To.Email != d.Email {
				line.Quote = l.To.Email
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func (s *Pages) pastEntrances(ctx context.Context, page *delegatePage, e event.Event, d delegate.Delegate) ([]pastLine, error) {
	clock := s.clock(page.Printer, &e)
	var lines []pastLine
	for _, id := range d.IDs() {
		admissions, err := s.app.Door.Admissions(ctx, e.ID, id)
		if err != nil {
			return nil, err
		}
		for _, a := range admissions {
			page.Entrances = append(page.Entrances, entrance{At: clock.seconds(a.At), Gate: gateName(e, a.Gate)})
			lines = append(lines, pastLine{
				at: a.At, At: clock.seconds(a.At), Kind: "scan", Text: page.T("board.delegate.admitted", "Gate", gateName(e, a.Gate)),
			})
		}
	}
	return lines, nil
}

func (s *Pages) pastNotes(ctx context.Context, page *delegatePage, e event.Event, d delegate.Delegate) ([]pastLine, error) {
	notes, err := s.app.Delegates.Notes(ctx, d)
	clock := s.clock(page.Printer, &e)
	var lines []pastLine
	for _, n := range notes {
		line := pastLine{
			at: n.At, At: clock.moment(n.At), Kind: "note", Text: page.T("roster.note.note"), Quote: n.Text, By: actor(page.Printer, n.By),
			Remove: deskPath(e, "delegates", d.ID, "notes", n.ID, "remove"),
		}
		page.Notes = append(page.Notes, line)
		lines = append(lines, line)
	}
	slices.Reverse(page.Notes)
	return lines, err
}
