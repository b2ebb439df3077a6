package desk

import (
	"context"
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/reminder"
	"convene/internal/web/kit"
)

// rulePage is desk/rule.html.
type rulePage struct {
	kit.Frame
	Crumbs     []kit.Link
	Line       ruleLine
	Rule       reminder.Rule
	Path       string
	Text       string // where its text is edited
	Kind       string
	Runs       []runRow
	Now        *nowButton // nil when it cannot run
	Recipients []recipientRow
	More       string // that there are more than those shown
	All        string // where all are
	Letters    string // where those that were written are
	Shown      *outbox.Copy
	ShownTo    string
	Unwritten  string // why the letter cannot be written
	History    []historyRow
	Sent       []countLine
	Times      string
}

// nowButton is what "run now" would do.
type nowButton struct {
	Run    string // which run it is
	People string
}

// runRow is a run that is planned.
type runRow struct {
	At, Until Moment
	Clocks    string // that they count
	What      string
	People    string
	Refused   string // how many more refuse such letters
	Pill      Pill
	Skip      string // its id, when it can be skipped
}

type recipientRow struct {
	Name, Href, Show string
	Language         string
	At               Moment
	Own              Moment // by the person's own clock, where that differs
}

type historyRow struct {
	At     Moment
	Queued string
	Pill   Pill
}

// recipientsShown is how many recipients the page lists, and when asked for all.
const (
	recipientsShown = 50
	recipientsMost  = 10_000
)

// recipientLimit is how many recipients the page is asked to list.
func recipientLimit(c *fiber.Ctx) int {
	if c.Query("all") != "" {
		return recipientsMost
	}
	return recipientsShown
}

// Rule shows a rule with what it will do: how many, who, what each will read, and
// when.
func (s *Pages) Rule(c *fiber.Ctx) error {
	e, r, err := s.rule(c)
	if err != nil {
		return err
	}
	ctx, p := c.UserContext(), kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskRules, ruleName(p, r))
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, &e)
	line, plan, err := s.ruleLine(ctx, clock, e, r, s.app.Clock())
	if err != nil {
		return err
	}
	page := rulePage{
		Frame: frame, Line: line, Rule: r, Path: deskPath(e, "rules", r.ID), Text: deskPath(e, "texts", r.Occasion()),
		Kind: p.T("audience.kind." + string(r.Kind)), Times: clock.zoneNote(&e),
		Letters: lettersHref(e, outbox.Filter{Origin: r.Origin()}, ""),
		Crumbs:  []kit.Link{{Href: deskPath(e, "rules"), Label: p.T("rule.title")}, {Label: line.Name}},
	}
	next, err := s.app.Reminders.Next(ctx, e, r)
	if err != nil {
		return err
	}
	if !next.Extra && !slices.ContainsFunc(plan, toCome) { // beyond the calendar
		plan = append(plan, next)
	}
	for _, planned := range plan {
		page.Runs = append(page.Runs, newRunRow(clock, planned, line.NoText))
	}
	if r.Runs() && !line.NoText {
		page.Now = &nowButton{Run: next.Run, People: p.N("rule.people", next.People)}
	}
	if err := s.showRecipients(ctx, &page, clock, e, c.Query("to"), recipientLimit(c)); err != nil {
		return err
	}
	if err := s.showHistory(ctx, &page, clock, r); err != nil {
		return err
	}
	return kit.Render(c, "desk/rule", page)
}

func newRunRow(k clock, p reminder.Planned, noText bool) runRow {
	row := runRow{
		At: k.moment(p.Due), Clocks: clockWords(k.print, p.Rule), What: runWords(k.print, p),
		People: k.print.N("rule.people", p.People), Pill: runPill(k.print, p, noText),
	}
	if p.Refused > 0 {
		row.Refused = k.print.N("rule.refuse", p.Refused)
	}
	if p.Last.After(p.Due) {
		row.Until = k.moment(p.Last)
	}
	if p.State == reminder.Coming && !p.Each {
		row.Skip = p.Run
	}
	return row
}

// showRecipients lists those whom the next run writes to, and what one of them
// will read.
func (s *Pages) showRecipients(ctx context.Context, page *rulePage, k clock, e event.Event, to string, limit int) error {
	list, err := s.app.Reminders.Recipients(ctx, e, page.Rule, limit+1)
	if err != nil {
		return err
	}
	if len(list) > limit {
		list, page.More = list[:limit], page.N("rule.more", limit)
	}
	all := "&all=yes"
	if limit == recipientsShown {
		page.All, all = page.Path+"?all=yes#people", ""
	}
	for i, r := range list {
		row := recipientRow{
			Name: r.Letter.To.Name, Show: page.Path + "?to=" + r.Letter.Person + r.Letter.Data["recipient"] + all + "#letter",
			Language: page.LanguageName(r.Letter.Language), At: k.moment(r.Due),
		}
		if r.Letter.Person != "" {
			row.Href = deskPath(e, "delegates", r.Letter.Person)
		}
		page.Recipients = append(page.Recipients, row)
		if to == "" && i == 0 || to != "" && to == r.Letter.Person+r.Letter.Data["recipient"] {
			page.ShownTo = r.Letter.To.Name
			page.Shown, page.Unwritten = s.composed(ctx, page.Printer, r.Letter)
		}
	}
	return nil
}

// composed returns a letter as the desk reads it, or says why it cannot be written.
func (s *Pages) composed(ctx context.Context, p *i18n.Printer, l outbox.Letter) (*outbox.Copy, string) {
	m, err := s.app.Composer.Compose(ctx, l, outbox.ForReading)
	if err == nil {
		content := m.Copy()
		return &content, ""
	}
	var told *problem.Error
	if errors.As(err, &told) {
		return nil, p.T(told.Key, told.Args...)
	}
	words, ok := explained(p, err.Error())
	if !ok {
		s.app.Log.Warn("letter not written for the desk", "letter", l.ID, "error", err)
		words = p.T("rule.trouble")
	}
	return nil, words
}

func (s *Pages) showHistory(ctx context.Context, page *rulePage, k clock, r reminder.Rule) error {
	past, err := s.app.Reminders.History(ctx, r, "", 20)
	if err != nil {
		return err
	}
	for _, run := range past.Items {
		state := reminder.Begun
		switch {
		case run.Skipped:
			state = reminder.Skipped
		case run.Done:
			state = reminder.Done
		}
		page.History = append(page.History, historyRow{At: k.moment(run.Due), Queued: page.N("rule.letters", run.Queued), Pill: planPill(k.print, state)})
	}
	tally, err := s.outbox.TallyOrigin(ctx, r.Origin())
	page.Sent = letterCounts(page.Frame, tally)
	return err
}

// letterCounts tells how many letters are in each state that some are in.
func letterCounts(f kit.Frame, tally map[outbox.State]int) []countLine {
	var list []countLine
	for _, state := range outbox.States {
		if n := tally[state]; n > 0 {
			list = append(list, countLine{letterPill(f.Printer, state).Label, f.Number(n)})
		}
	}
	return list
}

// RuleDo pauses or resumes a rule, lets one that was stopped go on, runs it now,
// skips a run or removes it.
func (s *Pages) RuleDo(c *fiber.Ctx) error {
	e, r, err := s.rule(c)
	if err != nil {
		return err
	}
	ctx, rules := c.UserContext(), s.app.Reminders
	done, args := "rule.done."+c.Params("do"), []any{}
	back := deskPath(e, "rules", r.ID)
	switch c.Params("do") {
	case "pause":
		err = rules.Pause(ctx, e, r.ID)
	case "resume":
		err = rules.Resume(ctx, e, r.ID)
		if r.Held != nil {
			done = "rule.done.resume_stopped"
		}
	case "allow":
		err = rules.Allow(ctx, e, r.ID)
	case "skip":
		err = rules.Skip(ctx, e, r.ID, kit.Posted(c).Value("run"))
	case "now":
		var n int
		n, err = rules.RunNow(ctx, e, r.ID, kit.Posted(c).Value("run"))
		args = []any{"Letters", kit.Printer(c).N("rule.letters", n)}
	case "remove":
		err = rules.Remove(ctx, e, r.ID)
		back = deskPath(e, "rules")
	default:
		return fiber.ErrNotFound
	}
	var told *problem.Error
	if errors.As(err, &told) && told.Kind == problem.Conflict {
		kit.Flash(c, kit.Bad, told.Key, told.Args...)
		return c.Redirect(deskPath(e, "rules", r.ID), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, done, args...)
	return c.Redirect(back, fiber.StatusSeeOther)
}
