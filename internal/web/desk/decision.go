package desk

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// decision is what organisers do with a registration. Its name stands in
// addresses and message keys.
type decision struct {
	name string
	to   delegate.State
	do   func(s *delegate.Service, ctx context.Context, id, reason string) (delegate.Delegate, error)
}

var (
	approve = decision{"approve", delegate.Confirmed, (*delegate.Service).Approve}
	decline = decision{"decline", delegate.Declined, (*delegate.Service).Decline}
	cancel  = decision{"cancel", delegate.Cancelled, (*delegate.Service).Cancel}
)

// bulkDecisions can be made for many at once.
var bulkDecisions = []decision{approve, decline}

// possible reports whether the decision can be made in the state.
func (d decision) possible(from delegate.State) bool {
	if d.to == delegate.Confirmed && from == delegate.Unverified {
		return false // the address is not proved
	}
	return from != d.to && from.May(d.to)
}

// errFaster says that the registration is not as the organiser had seen it.
var errFaster = problem.New(problem.Conflict, "board.decision.faster")

// decide makes the decision if the registration still has as many steps behind
// it as the organiser saw; a problem of kind Conflict says that somebody else
// was faster. Asked again by whoever made it, it changes nothing and is no
// error: forms are sent twice by impatient fingers.
func (s *Pages) decide(c *fiber.Ctx, do decision, found delegate.Delegate, reason string, seen int) (after delegate.Delegate, err error) {
	me := "staff " + kit.Staff(c).Name
	if len(found.Steps) != seen {
		if found.State == do.to && lastBy(found) == me {
			return found, nil
		}
		return found, errFaster
	}
	after, err = do.do(s.app.Delegates, c.UserContext(), found.ID, reason)
	if err == nil && lastBy(after) != me {
		err = errFaster // between our look and our step
	}
	return after, err
}

func lastBy(d delegate.Delegate) string {
	if len(d.Steps) == 0 {
		return ""
	}
	return d.Steps[len(d.Steps)-1].By
}

// flashProblem has the next page tell a conflict, and returns any other error.
func flashProblem(c *fiber.Ctx, err error) error {
	var p *problem.Error
	if !errors.As(err, &p) || p.Kind != problem.Conflict {
		return err
	}
	kit.Flash(c, kit.Bad, p.Key, p.Args...)
	return nil
}
