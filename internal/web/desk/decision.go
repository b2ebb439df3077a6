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
	bulk string         // the same in a delegate.Bulk
	to   delegate.State // empty: it puts a tag on, or takes one off
	do   func(s *delegate.Service, ctx context.Context, id, reasonOrTag string) (delegate.Delegate, error)
}

var (
	approve = decision{"approve", string(delegate.Confirmed), delegate.Confirmed, (*delegate.Service).Approve}
	decline = decision{"decline", string(delegate.Declined), delegate.Declined, (*delegate.Service).Decline}
	cancel  = decision{"cancel", string(delegate.Cancelled), delegate.Cancelled, (*delegate.Service).Cancel}
	tag     = decision{"tag", delegate.BulkTag, "", (*delegate.Service).Tag}
	untag   = decision{"untag", delegate.BulkUntag, "", (*delegate.Service).Untag}
)

// bulkDecisions can be made for many at once.
var bulkDecisions = []decision{approve, decline, cancel, tag, untag}

// tags reports whether the decision leaves the state as it is.
func (d decision) tags() bool { return d.to == "" }

// possible reports whether the decision can be made in the state.
func (d decision) possible(from delegate.State) bool {
	return d.tags() || from.Possible(d.to)
}

// errFaster says that the registration is not as the organiser had seen it.
var errFaster = problem.New(problem.Conflict, "board.decision.faster")

// decide makes the decision if the registration still has as many steps behind
// it as the organiser saw; a problem of kind Conflict says that somebody else
// was faster. Asked again by whoever made it, it changes nothing and is no
// error: forms are sent twice by impatient fingers.
func (s *Pages) decide(c *fiber.Ctx, do decision, found delegate.Delegate, reason string, seen int) (after delegate.Delegate, err error) {
	if do.tags() { // which takes nothing away from what others do
		return do.do(s.app.Delegates, c.UserContext(), found.ID, reason)
	}
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
