package desk

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/web/kit"
)

// alarm is what every page of the desk says while the mail server is not reached
// or refuses letters; nil while all is well. It counts the letters of all events.
func (s *Pages) alarm(c *fiber.Ctx, e *event.Event) (*kit.Alarm, error) {
	a, err := s.outbox.Alarm(c.UserContext())
	if err != nil || a.Since.IsZero() {
		return nil, err
	}
	tally, err := s.outbox.Tally(c.UserContext(), "")
	if err != nil {
		return nil, err
	}
	p := kit.Printer(c)
	waiting := tally[outbox.Waiting] + tally[outbox.Retrying] + tally[outbox.Leased]
	since := s.clock(p, e).moment(a.Since)
	return &kit.Alarm{Text: p.N("mail_alarm.text", waiting, "Since", since.Text), Answer: a.Answer}, nil
}
