package desk

import (
	"encoding/base64"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/web/kit"
)

// lettersPage is desk/letters.html.
type lettersPage struct {
	kit.Frame
	Tabs  []stateTab
	State string // the one chosen, in words; empty for all
	Rows  []letterLine
	Times string
	First string
	Next  string
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
}

// Letters lists an event's letters, those queued last first.
func (s *Pages) Letters(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx, state, cursor := c.UserContext(), outbox.State(c.Query("state")), c.Query("after")
	if !slices.Contains(outbox.States, state) {
		state = ""
	}
	found, err := s.outbox.Letters(ctx, outbox.Filter{Event: e.ID, State: state, Limit: pageSize}, cursor)
	if err != nil {
		return err
	}
	tally, err := s.outbox.Tally(ctx, e.ID)
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
	page := lettersPage{Frame: frame, Tabs: letterTabs(frame, e, tally, state), Times: clock.zoneNote(&e)}
	if state != "" {
		page.State = letterPill(frame.Printer, state).Label
	}
	for _, l := range found.Items {
		page.Rows = append(page.Rows, s.letterLine(frame, e, clock, names, l))
	}
	if cursor != "" {
		page.First = lettersHref(e, state, "")
	}
	if found.Next != "" {
		page.Next = lettersHref(e, state, found.Next)
	}
	return kit.Render(c, "desk/letters", page)
}

func lettersHref(e event.Event, state outbox.State, cursor string) string {
	values := url.Values{}
	if state != "" {
		values.Set("state", string(state))
	}
	if cursor != "" {
		values.Set("after", cursor)
	}
	return withQuery(deskPath(e, "letters"), values)
}

// letterTabs offers all letters, and those of each state that some are in.
func letterTabs(f kit.Frame, e event.Event, tally map[outbox.State]int, current outbox.State) []stateTab {
	total := 0
	for _, n := range tally {
		total += n
	}
	tabs := []stateTab{{Href: lettersHref(e, "", ""), Label: f.T("board.letters.all"), Count: f.Number(total), Current: current == ""}}
	for _, state := range outbox.States {
		if n := tally[state]; n > 0 || state == current {
			tabs = append(tabs, stateTab{
				Href: lettersHref(e, state, ""), Label: letterPill(f.Printer, state).Label,
				Count: f.Number(n), Current: state == current,
			})
		}
	}
	return tabs
}

func (s *Pages) letterLine(f kit.Frame, e event.Event, k clock, names func(string) string, l outbox.Letter) letterLine {
	line := letterLine{
		Href: letterPath(e, l.ID), Occasion: names(l.Occasion), To: l.To.Name, Email: l.To.Email,
		Queued: k.moment(l.Queued), Sent: k.moment(l.SentAt), Attempts: len(l.Attempts), Pill: letterPill(f.Printer, l.State),
	}
	if n := len(l.Attempts); n > 0 && l.State != outbox.Sent {
		line.LastAnswer = l.Attempts[n-1].Answer
	}
	return line
}

// letterPath is the address of a letter's page. Ids hold slashes, which servers
// on the way might unfold.
func letterPath(e event.Event, id string, parts ...string) string {
	return deskPath(e, append([]string{"letters", base64.RawURLEncoding.EncodeToString([]byte(id))}, parts...)...)
}

func letterID(key string) (string, error) {
	id, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return "", fiber.ErrNotFound
	}
	return string(id), nil
}
