package desk

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/message"
	"convene/internal/reminder"
	"convene/internal/statement"
	"convene/internal/web/kit"
)

// calendarDays is how far ahead the calendar of all that will go out looks.
const calendarDays = 60

// rulesPage is desk/rules.html.
type rulesPage struct {
	kit.Frame
	Rules    []ruleLine
	Calendar []calendarDay
	Always   []alwaysLine
	New      string
	Times    string
	Days     string // how far the calendar looks
}

// ruleLine is a rule in the list.
type ruleLine struct {
	Href, Name string
	When       []string
	Group      string
	Whom       []narrowing
	Pill       Pill
	Held       string
	Next       Moment
	People     string // of the next run
}

// calendarDay is what goes out on one day.
type calendarDay struct {
	Day   Moment
	Lines []calendarLine
}

type calendarLine struct {
	At, Until  Moment // Until: when people's clocks differ
	Href, Name string
	What       string // a session, a repetition
	People     string
	Pill       Pill
}

// alwaysLine is a letter that goes out by itself, whatever the rules say.
type alwaysLine struct{ Occasion, Href string }

// Rules lists the event's rules and all that will go out.
func (s *Pages) Rules(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	if err := s.app.Reminders.Prepare(ctx, e); err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskRules, kit.Printer(c).T("rule.title"))
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, &e)
	list, err := s.app.Reminders.Rules(ctx, e)
	if err != nil {
		return err
	}
	now := s.app.Clock()
	page := rulesPage{
		Frame: frame, New: deskPath(e, "rules", "new"), Times: clock.zoneNote(&e),
		Days: frame.N("rule.calendar_days", calendarDays),
	}
	var planned []calendarEntry
	for _, r := range list {
		line, plan, err := s.ruleLine(ctx, clock, e, r, now)
		if err != nil {
			return err
		}
		page.Rules = append(page.Rules, line)
		for _, p := range plan {
			planned = append(planned, ruleEntry(clock, e, p))
		}
	}
	messages, err := s.app.Messages.Of(ctx, e)
	if err != nil {
		return err
	}
	planned = append(planned, messageEntries(clock, e, messages, now)...)
	page.Calendar = calendarOf(clock, planned)
	for _, code := range alwaysSent {
		page.Always = append(page.Always, alwaysLine{Occasion: occasion(frame.Printer, code), Href: deskPath(e, "texts", code)})
	}
	return kit.Render(c, "desk/rules", page)
}

// alwaysSent are the letters that people's own steps bring, and those of a
// statement's.
var alwaysSent = []string{
	delegate.OccasionVerify, delegate.OccasionAwaiting, delegate.OccasionBadge, delegate.OccasionDeclined,
	delegate.OccasionCancelled, delegate.OccasionLink, statement.OccasionChanged,
}

func (s *Pages) ruleLine(ctx context.Context, k clock, e event.Event, r reminder.Rule, now time.Time) (ruleLine, []reminder.Planned, error) {
	line := ruleLine{Href: deskPath(e, "rules", r.ID), Name: ruleName(k.print, r), Pill: rulePill(k.print, r)}
	if r.Held != nil {
		line.Held = heldWords(k.print, *r.Held)
	}
	var err error
	if line.When, err = s.whenWords(ctx, k.print, e, r); err != nil {
		return line, nil, err
	}
	if line.Group, line.Whom, err = s.narrowings(ctx, k.print, e, r.Audience); err != nil {
		return line, nil, err
	}
	plan, err := s.app.Reminders.Plan(ctx, e, r, now, now.AddDate(0, 0, calendarDays))
	for _, p := range plan {
		if p.State == reminder.Coming || p.State == reminder.Paused {
			line.Next, line.People = k.moment(p.Due), k.print.N("rule.people", p.People)
			break
		}
	}
	return line, plan, err
}

// calendarEntry is a line of the calendar with the instant that it belongs to.
type calendarEntry struct {
	at   time.Time
	line calendarLine
}

func ruleEntry(k clock, e event.Event, p reminder.Planned) calendarEntry {
	line := calendarLine{
		At: k.time(p.Due), Href: deskPath(e, "rules", p.Rule.ID), Name: ruleName(k.print, p.Rule), What: runWords(k.print, p),
		People: k.print.N("rule.people", p.People), Pill: planPill(k.print, p.State),
	}
	if p.Last.Sub(p.Due) >= time.Minute {
		line.Until = k.moment(p.Last)
	}
	return calendarEntry{p.Due, line}
}

func messageEntries(k clock, e event.Event, list []message.Message, now time.Time) []calendarEntry {
	var entries []calendarEntry
	for _, m := range list {
		at := m.At
		if at.Before(now) {
			at = now
		}
		if m.State != message.Scheduled && m.State != message.Submitted || at.After(now.AddDate(0, 0, calendarDays)) {
			continue
		}
		entries = append(entries, calendarEntry{at, calendarLine{
			At: k.time(at), Href: deskPath(e, "messages", m.ID), Name: m.Name, What: k.print.T("rule.a_message"),
			People: k.print.N("rule.people", m.Total), Pill: messagePill(k.print, m.State),
		}})
	}
	return entries
}
