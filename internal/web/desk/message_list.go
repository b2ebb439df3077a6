package desk

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/i18n"
	"convene/internal/message"
	"convene/internal/web/kit"
)

// messagesPage is desk/messages.html.
type messagesPage struct {
	kit.Frame
	Rows  []messageRow
	New   string
	Times string
}

type messageRow struct {
	Href, Name, Author string
	Pill               Pill
	At                 Moment
	People             string
	Changed            Moment
}

func messagePill(p *i18n.Printer, state message.State) Pill {
	classes := map[message.State]string{
		message.Draft: "draft", message.Submitted: "wait", message.Scheduled: "soon",
		message.Sending: "running", message.Sent: "running", message.Stopped: "off",
	}
	return Pill{Class: classes[state], Label: p.T("message.state." + string(state))}
}

// messageStands is the pill of a message of which nothing more may have to go out.
func messageStands(p *i18n.Printer, state message.State, over bool) Pill {
	if state == message.Sent && over {
		return Pill{Class: "ok", Label: p.T("message.state.over")}
	}
	return messagePill(p, state)
}

// Messages lists the event's messages.
func (s *Pages) Messages(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	list, err := s.app.Messages.Of(c.UserContext(), e)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskMessages, kit.Printer(c).T("message.title"))
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, &e)
	page := messagesPage{Frame: frame, New: deskPath(e, "messages", "new"), Times: clock.zoneNote(&e)}
	for _, m := range list {
		over, err := s.app.Messages.Over(c.UserContext(), m)
		if err != nil {
			return err
		}
		row := messageRow{
			Href: deskPath(e, "messages", m.ID), Name: m.Name, Author: m.Author.Name,
			Pill: messageStands(frame.Printer, m.State, over), At: clock.moment(m.At), Changed: clock.moment(m.Changed),
		}
		if m.State != message.Draft {
			row.People = frame.N("rule.people", m.Total)
		}
		page.Rows = append(page.Rows, row)
	}
	return kit.Render(c, "desk/messages", page)
}
