package desk

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/web/kit"
)

// paperLine is a paper that was made for a delegate.
type paperLine struct {
	Number, What, State string
	At                  Moment
	Withdraw            string // where it is withdrawn; empty: it does not hold
}

func (s *Pages) papers(ctx context.Context, page *delegatePage, clock clock, d delegate.Delegate) error {
	list, err := s.app.Delegates.Papers(ctx, d)
	if err != nil {
		return err
	}
	for _, i := range list {
		c, err := s.app.Delegates.CheckPaper(ctx, s.app.Delegates.PaperNumber(i))
		if err != nil {
			return err
		}
		line := paperLine{
			Number: s.app.Delegates.PaperNumber(i), What: page.T("paper.kind." + string(i.Paper)), At: clock.moment(i.At),
			State: page.T("paper.standing." + string(c.Standing)),
		}
		if i.Holds() {
			line.Withdraw = page.Path + "/papers/" + i.ID + "/withdraw"
		}
		page.Papers = append(page.Papers, line)
	}
	last := delegate.Latest(list, delegate.VisaLetter)
	page.Remake = !last.Withdrawn.IsZero() && d.State == delegate.Confirmed
	return nil
}

// PaperWithdraw makes a paper worthless.
func (s *Pages) PaperWithdraw(c *fiber.Ctx) error {
	return s.changePapers(c, "paper.withdrawn_done", func(d delegate.Delegate) error {
		return s.app.Delegates.WithdrawPaper(c.UserContext(), d, c.Params("paper"))
	})
}

// PaperMake makes the visa letter anew that was withdrawn.
func (s *Pages) PaperMake(c *fiber.Ctx) error {
	return s.changePapers(c, "paper.made", func(d delegate.Delegate) error {
		_, err := s.app.Delegates.Issue(c.UserContext(), d.ID, delegate.VisaLetter)
		return err
	})
}

func (s *Pages) changePapers(c *fiber.Ctx, done string, change func(delegate.Delegate) error) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	if err := change(d); err == nil {
		kit.Flash(c, kit.Good, done)
	} else if err := flashProblem(c, err); err != nil {
		return err
	}
	return c.Redirect(deskPath(e, "delegates", d.ID), fiber.StatusSeeOther)
}
