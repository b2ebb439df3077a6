package desk

import (
	"context"
	"slices"
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
	NoText     bool // nobody has written its letter yet
	Next       Moment
	People     string // of the next run
	Passed     bool   // its time has gone by: there is no next run, and never was one
}

// calendarDay is what goes out on one day.
type calendarDay struct {
	Day   Moment
	Lines []calendarLine
}

type calendarLine struct {
	At, Until  Moment // Until: when people's clocks differ
	Clocks     string // that they count
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
			planned = append(planned, ruleEntry(clock, e, p, line.NoText))
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
	line := ruleLine{Href: deskPath(e, "rules", r.ID), Name: ruleName(k.print, r)}
	if r.Held != nil {
		line.Held = heldWords(k.print, *r.Held)
	}
	var err error
	if line.NoText, err = s.withoutText(ctx, e, r); err != nil {
		return line, nil, err
	}
	line.Pill = rulePill(k.print, r, line.NoText)
	if line.When, err = s.whenWords(ctx, k.print, e, r); err != nil {
		return line, nil, err
	}
	if line.Group, line.Whom, err = s.narrowings(ctx, k.print, e, r.Audience); err != nil {
		return line, nil, err
	}
	plan, err := s.app.Reminders.Plan(ctx, e, r, now, now.AddDate(0, 0, calendarDays))
	if err != nil {
		return line, nil, err
	}
	if i := slices.IndexFunc(plan, toCome); i >= 0 {
		line.Next, line.People = k.moment(plan[i].Due), k.print.N("rule.people", plan[i].People)
		return line, plan, nil
	}
	next, err := s.app.Reminders.Next(ctx, e, r)
	if err != nil {
		return line, nil, err
	}
	if !next.Extra { // beyond the calendar
		line.Next, line.People = k.moment(next.Due), k.print.N("rule.people", next.People)
		return line, plan, nil
	}
	line.Passed, err = s.app.Reminders.Passed(ctx, e, r)
	return line, plan, err
}

// toCome reports whether the run is one that has not begun and may.
func toCome(p reminder.Planned) bool {
	return p.State == reminder.Coming || p.State == reminder.Paused
}

// withoutText reports whether nobody has written the rule's letter yet. The
// program's own letters have a text.
func (s *Pages) withoutText(ctx context.Context, e event.Event, r reminder.Rule) (bool, error) {
	if r.Letter != "" {
		return false, nil
	}
	texts, err := s.app.Composer.Texts(ctx, e.ID, r.Occasion())
	return len(texts) == 0, err
}

// calendarEntry is a line of the calendar with the instant that it belongs to.
type calendarEntry struct {
	at   time.Time
	line calendarLine
}

func ruleEntry(k clock, e event.Event, p reminder.Planned, noText bool) calendarEntry {
	line := calendarLine{
		At: k.time(p.Due), Clocks: clockWords(k.print, p.Rule), Href: deskPath(e, "rules", p.Rule.ID), Name: ruleName(k.print, p.Rule),
		What: runWords(k.print, p), People: k.print.N("rule.people", p.People), Pill: runPill(k.print, p, noText),
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
