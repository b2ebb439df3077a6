package desk

import (
	"cmp"
	"context"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// silence is why a registration's address gets no letters.
type silence struct {
	Since  Moment
	Answer string // the server's words, or its status where it had none
	Letter string // the page of the letter that came back; empty when another event wrote it
}

// silence returns nil while letters go to the person's address.
func (s *Pages) silence(ctx context.Context, k clock, e event.Event, d delegate.Delegate) (*silence, error) {
	why, ok, err := s.outbox.SuppressionOf(ctx, d.Email)
	if err != nil || !ok {
		return nil, err
	}
	told := &silence{Since: k.moment(why.Since), Answer: cmp.Or(why.Answer, why.Status)}
	l, err := s.outbox.Get(ctx, why.Letter)
	if problem.KindOf(err) == problem.NotFound && err != nil {
		return told, nil
	}
	if err == nil && l.Event == e.ID {
		told.Letter = letterPath(e, l.ID)
	}
	return told, err
}

// TryAddress has the registration's address get letters again.
func (s *Pages) TryAddress(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	tried, err := s.app.Bounces.TryAgain(c.UserContext(), e.ID, delegate.Subject(d.ID), d.Email)
	if err != nil {
		return err
	}
	if tried {
		kit.Flash(c, kit.Good, "bounce.tried")
	} else {
		kit.Flash(c, kit.Note, "bounce.tried_before")
	}
	return c.Redirect(deskPath(e, "delegates", d.ID), fiber.StatusSeeOther)
}

// bounceLine is a report about a letter.
type bounceLine struct {
	At     Moment
	Pill   Pill
	Answer string
	Source string // the status and the server that gave it, as far as they are known
}

func bounceLines(p *i18n.Printer, k clock, l outbox.Letter) []bounceLine {
	lines := make([]bounceLine, len(l.Bounces))
	for i, b := range l.Bounces {
		lines[i] = bounceLine{At: k.seconds(b.At), Pill: bouncePill(p, b), Answer: b.Answer, Source: b.Status}
		if b.Status != "" && b.Server != "" {
			lines[i].Source += " · "
		}
		lines[i].Source += b.Server
	}
	return lines
}

func bouncePill(p *i18n.Printer, b outbox.Bounce) Pill {
	if b.Hard {
		return Pill{Class: "bad", Label: p.T("bounce.hard")}
	}
	return Pill{Class: "wait", Label: p.T("bounce.soft")}
}

// backPill is the sign of a letter that came back for good, whatever state it is
// in; nil for all others.
func backPill(p *i18n.Printer, l outbox.Letter) *Pill {
	for _, b := range l.Bounces {
		if b.Hard {
			return &Pill{Class: "bad", Label: p.T("bounce.back")}
		}
	}
	return nil
}
