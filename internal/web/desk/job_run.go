package desk

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/jobs"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// patience is how long the page waits for a job that was started by hand.
// Longer runs go on without it.
const patience = 5 * time.Second

// JobRun runs a job now.
func (s *Pages) JobRun(c *fiber.Ctx) error {
	name, err := jobName(c)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(c.UserContext(), patience)
	defer stop()
	err = s.jobs.RunNow(ctx, name)
	switch {
	case err == nil:
		kit.Flash(c, kit.Good, "board.jobs.ran")
	case ctx.Err() != nil:
		kit.Flash(c, kit.Note, "board.jobs.goes_on")
	case errors.Is(err, jobs.ErrRunning):
		kit.Flash(c, kit.Wait, "board.jobs.running")
	case problem.KindOf(err) == problem.NotFound:
		return err
	default: // what went wrong stands in the list
		kit.Flash(c, kit.Bad, "board.jobs.failed")
	}
	return c.Redirect("/desk/jobs", fiber.StatusSeeOther)
}

func jobName(c *fiber.Ctx) (string, error) {
	name, err := url.PathUnescape(c.Params("job"))
	if err != nil {
		return "", fiber.ErrNotFound
	}
	return name, nil
}
