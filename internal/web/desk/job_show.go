package desk

import (
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"convene/internal/jobs"
	"convene/internal/web/kit"
)

// jobPage is desk/job.html: a job's history.
type jobPage struct {
	kit.Frame
	Crumbs []kit.Link
	Job    jobLine
	Runs   []runLine
	Times  string
	First  string
	Next   string
}

// Job shows the runs of a job, the last one first.
func (s *Pages) Job(c *fiber.Ctx) error {
	name, err := jobName(c)
	if err != nil {
		return err
	}
	cursor := c.Query("after")
	runs, err := s.jobs.History(c.UserContext(), name, cursor)
	if err != nil {
		return err
	}
	list, err := s.jobs.Status(c.UserContext())
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(job jobs.Status) bool { return job.Name == name })
	if i < 0 {
		return fiber.ErrNotFound
	}
	title := jobTitle(kit.Printer(c), list[i])
	frame, err := s.frame(c, nil, kit.DeskJobs, title)
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, nil)
	page := jobPage{
		Frame: frame, Job: newJobLine(clock, list[i]), Times: clock.zoneNote(nil),
		Crumbs: []kit.Link{{Href: "/desk/jobs", Label: frame.T("board.jobs.title")}, {Label: title}},
	}
	for _, run := range runs.Items {
		page.Runs = append(page.Runs, newRunLine(clock, run))
	}
	if cursor != "" {
		page.First = jobPath(name)
	}
	if runs.Next != "" {
		page.Next = withQuery(jobPath(name), url.Values{"after": {runs.Next}})
	}
	return kit.Render(c, "desk/job", page)
}
