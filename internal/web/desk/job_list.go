package desk

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/i18n"
	"convene/internal/jobs"
	"convene/internal/web/kit"
)

// jobsPage is desk/jobs.html.
type jobsPage struct {
	kit.Frame
	Jobs  []jobLine
	Times string
}

type jobLine struct {
	Path, Name, Title string
	Schedule          string
	Next              Moment
	Since             Moment // of the run in progress
	Holder            string
	Last              *runLine
}

// runLine is a run that is over.
type runLine struct {
	Started Moment
	Took    string
	Pill    Pill
	Cause   string
	Counts  []countLine
	Error   string
	Holder  string
	Missed  int
	Skipped int
}

type countLine struct{ Label, Number string }

// Jobs lists the jobs with their schedules and last runs.
func (s *Pages) Jobs(c *fiber.Ctx) error {
	list, err := s.jobs.Status(c.UserContext())
	if err != nil {
		return err
	}
	frame, err := s.frame(c, nil, kit.DeskJobs, kit.Printer(c).T("board.jobs.title"))
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, nil)
	page := jobsPage{Frame: frame, Times: clock.zoneNote(nil)}
	for _, job := range list {
		page.Jobs = append(page.Jobs, newJobLine(clock, job))
	}
	return kit.Render(c, "desk/jobs", page)
}

func newJobLine(k clock, job jobs.Status) jobLine {
	line := jobLine{
		Path: jobPath(job.Name), Name: job.Name, Title: jobTitle(k.print, job), Schedule: schedule(k.print, job.Schedule),
		Next: k.seconds(job.Next), Since: k.seconds(job.RunningSince), Holder: job.Holder,
	}
	if job.Last != nil {
		last := newRunLine(k, *job.Last)
		line.Last = &last
	}
	return line
}

func jobPath(name string, parts ...string) string {
	return strings.Join(append([]string{"/desk/jobs", url.PathEscape(name)}, parts...), "/")
}

// jobTitle is the catalogue's, or the job's own.
func jobTitle(p *i18n.Printer, job jobs.Status) string {
	if title := told(p, "board.job_title", job.Name); title != job.Name {
		return title
	}
	return job.Title
}

// schedule tells the usual schedules in words; any other stays a cron
// specification, which its readers know.
func schedule(p *i18n.Printer, spec string) string {
	if every, ok := strings.CutPrefix(spec, "@every "); ok {
		if d, err := time.ParseDuration(every); err == nil {
			return p.T("board.jobs.every", "Span", duration(p, d))
		}
	}
	var minute, hour int
	if n, err := fmt.Sscanf(spec, "%d %d * * *", &minute, &hour); n == 2 && err == nil {
		return p.T("board.jobs.daily", "At", fmt.Sprintf("%02d:%02d UTC", hour, minute))
	}
	return told(p, "board.schedule", strings.TrimPrefix(spec, "@"))
}

func newRunLine(k clock, past jobs.Past) runLine {
	line := runLine{
		Started: k.seconds(past.Started), Took: duration(k.print, past.Ended.Sub(past.Started)), Pill: outcomePill(k.print, past.Outcome),
		Cause: told(k.print, "board.cause", strings.ReplaceAll(string(past.Cause), " ", "_")), Error: past.Error, Holder: past.Holder,
		Missed: past.Missed, Skipped: past.Skipped,
	}
	for _, name := range slices.Sorted(maps.Keys(past.Counts)) {
		if n := past.Counts[name]; n != 0 {
			line.Counts = append(line.Counts, countLine{told(k.print, "board.count", name), k.print.Number(n)})
		}
	}
	return line
}

// duration writes a length of time in the unit that suits it: "0.4 s", "5 min".
func duration(p *i18n.Printer, d time.Duration) string {
	switch {
	case d < 0:
		d = 0 // clocks of two instances
	case d >= time.Hour && d%time.Hour == 0:
		return p.Number(int(d.Hours())) + " h"
	case d >= 2*time.Minute, d == time.Minute:
		return p.Number(int(d.Round(time.Minute).Minutes())) + " min"
	}
	return p.Decimal(d.Round(10*time.Millisecond).Seconds()) + " s"
}
