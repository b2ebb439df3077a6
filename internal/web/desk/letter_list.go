package desk

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/web/kit"
)

// lettersPage is desk/letters.html.
type lettersPage struct {
	kit.Frame
	Tabs        []stateTab
	State       string // the one chosen, in words; empty for all
	Of          string // the rule or message whose letters these are; empty for all
	OfHref, All string // its page, and that of all letters
	Rows        []letterLine
	Times       string
	First       string
	Next        string
}

type stateTab struct {
	Href, Label, Count string
	Current            bool
}

type letterLine struct {
	Href       string
	Occasion   string
	To, Email  string
	Queued     Moment
	Sent       Moment
	Attempts   int
	LastAnswer string // of the server, when the letter has not gone out
	Pill       Pill
	Back       *Pill // it came back, though its state may say that it was sent
}

// Letters lists an event's letters, those queued last first, or those of one rule
// or message.
func (s *Pages) Letters(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx, cursor := c.UserContext(), c.Query("after")
	filter := outbox.Filter{Event: e.ID, State: outbox.State(c.Query("state")), Origin: c.Query("origin"), Limit: pageSize}
	if !slices.Contains(outbox.States, filter.State) {
		filter.State = ""
	}
	of, ofHref, err := s.origin(ctx, kit.Printer(c), e, filter.Origin)
	if err != nil {
		return err
	}
	found, err := s.outbox.Letters(ctx, filter, cursor)
	if err != nil {
		return err
	}
	tally, err := s.tally(ctx, filter)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskLetters, kit.Printer(c).T("board.letters.title"))
	if err != nil {
		return err
	}
	names, err := s.occasionNames(ctx, frame.Printer, e)
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, &e)
	page := lettersPage{
		Frame: frame, Tabs: letterTabs(frame, e, tally, filter), Times: clock.zoneNote(&e),
		Of: of, OfHref: ofHref, All: deskPath(e, "letters"),
	}
	if filter.State != "" {
		page.State = letterPill(frame.Printer, filter.State).Label
	}
	for _, l := range found.Items {
		page.Rows = append(page.Rows, s.letterLine(frame, e, clock, names, l))
	}
	if cursor != "" {
		page.First = lettersHref(e, filter, "")
	}
	if found.Next != "" {
		page.Next = lettersHref(e, filter, found.Next)
	}
	return kit.Render(c, "desk/letters", page)
}

// origin finds the rule or message whose letters are asked for.
func (s *Pages) origin(ctx context.Context, p *i18n.Printer, e event.Event, origin string) (name, href string, err error) {
	kind, id, _ := strings.Cut(origin, "/")
	switch kind {
	case "":
		return "", "", nil
	case "rule":
		r, err := s.app.Reminders.Rule(ctx, e, id)
		return ruleName(p, r), deskPath(e, "rules", id), err
	case "message":
		m, err := s.app.Messages.Get(ctx, e, id)
		return m.Name, deskPath(e, "messages", id), err
	}
	return "", "", fiber.ErrNotFound
}

func (s *Pages) tally(ctx context.Context, f outbox.Filter) (map[outbox.State]int, error) {
	if f.Origin != "" {
		return s.outbox.TallyOrigin(ctx, f.Origin)
	}
	return s.outbox.Tally(ctx, f.Event)
}

func lettersHref(e event.Event, f outbox.Filter, cursor string) string {
	values := url.Values{}
	for name, value := range map[string]string{"origin": f.Origin, "state": string(f.State), "after": cursor} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return withQuery(deskPath(e, "letters"), values)
}

// letterTabs offers all letters, and those of each state that some are in.
func letterTabs(f kit.Frame, e event.Event, tally map[outbox.State]int, current outbox.Filter) []stateTab {
	total := 0
	for _, n := range tally {
		total += n
	}
	tab := func(state outbox.State, label string, n int) stateTab {
		to := outbox.Filter{Origin: current.Origin, State: state}
		return stateTab{Href: lettersHref(e, to, ""), Label: label, Count: f.Number(n), Current: current.State == state}
	}
	tabs := []stateTab{tab("", f.T("board.letters.all"), total)}
	for _, state := range outbox.States {
		if n := tally[state]; n > 0 || state == current.State {
			tabs = append(tabs, tab(state, letterPill(f.Printer, state).Label, n))
		}
	}
	return tabs
}

func (s *Pages) letterLine(f kit.Frame, e event.Event, k clock, names func(string) string, l outbox.Letter) letterLine {
	line := letterLine{
		Href: letterPath(e, l.ID), Occasion: names(l.Occasion), To: l.To.Name, Email: l.To.Email,
		Queued: k.moment(l.Queued), Sent: k.moment(l.SentAt), Attempts: len(l.Attempts), Pill: letterPill(f.Printer, l.State),
		Back: backPill(f.Printer, l),
	}
	if n := len(l.Attempts); n > 0 && l.State != outbox.Sent {
		line.LastAnswer = attemptWords(f.Printer, l.Attempts[n-1])
	}
	return line
}

// letterPath is the address of a letter's page.
func letterPath(e event.Event, id string, parts ...string) string {
	return deskPath(e, append([]string{"letters", outbox.Key(id)}, parts...)...)
}
