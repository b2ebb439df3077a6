package desk

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/jobs"
	"convene/internal/outbox"
	"convene/internal/web/kit"
)

// navCounts are the numbers beside the links of the navigation: who waits for a
// decision, and what has failed. They are small numbers on most days: counting
// everybody would take longer than most pages.
func (s *Pages) navCounts(c *fiber.Ctx, e *event.Event) (map[string]string, error) {
	ctx, p := c.UserContext(), kit.Printer(c)
	counts := map[string]string{}
	failed, err := s.failedJobs(ctx)
	if err != nil {
		return nil, err
	}
	if failed > 0 {
		counts[kit.DeskJobs] = p.N("board.nav.failed", failed)
	}
	if e == nil {
		return counts, nil
	}
	awaiting, err := s.app.Delegates.Count(ctx, e.ID, delegate.Filter{State: delegate.Awaiting})
	if err != nil {
		return nil, err
	}
	if awaiting > 0 {
		counts[kit.DeskDelegates] = p.N("board.nav.awaiting", awaiting)
	}
	letters, err := s.failedLetters(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	if letters > 0 {
		counts[kit.DeskLetters] = p.N("board.nav.failed", letters)
	}
	stopped, err := s.app.Reminders.Stopped(ctx, *e)
	if err != nil {
		return nil, err
	}
	if stopped > 0 {
		counts[kit.DeskRules] = p.N("rule.nav", stopped)
	}
	return counts, nil
}

func (s *Pages) failedJobs(ctx context.Context) (int, error) {
	list, err := s.jobs.Status(ctx)
	n := 0
	for _, job := range list {
		if job.Last != nil && job.Last.Outcome == jobs.Failed {
			n++
		}
	}
	return n, err
}

// failedLetters looks no further than a page: there are none on most days, and
// beyond a hundred the number says no more.
func (s *Pages) failedLetters(ctx context.Context, eventID string) (int, error) {
	page, err := s.outbox.Letters(ctx, outbox.Filter{Event: eventID, State: outbox.Failed, Limit: 100}, "")
	return len(page.Items), err
}
