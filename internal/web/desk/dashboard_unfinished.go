package desk

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/web/kit"
)

// unfinished tells who has not finished, and for how long.
type unfinished struct {
	Heads []string
	Rows  []unfinishedRow

	Missing     string // how many have yet to answer what is required; empty: nobody
	MissingHref string
}

type unfinishedRow struct {
	Pill  Pill
	Cells []unfinishedCell
}

type unfinishedCell struct{ Label, Count, Href string }

// ages are for how many days, at most, somebody has not finished. The last one is
// open.
var ages = []int{3, 14, -1}

// unfinished counts who was invited, has begun or has yet to prove the address, by how
// long ago that was.
func (s *Pages) unfinished(ctx context.Context, f kit.Frame, e event.Event, now time.Time) (unfinished, error) {
	var u unfinished
	missing := delegate.Filter{Missing: true}
	n, err := s.app.Delegates.Count(ctx, e.ID, missing)
	if err != nil {
		return u, err
	}
	if n > 0 {
		u.Missing, u.MissingHref = f.N("roster.unfinished_table.missing", n), listHref(e, missing)
	}
	counts, err := s.app.Delegates.Unfinished(ctx, e.ID)
	if len(counts) == 0 {
		return u, err
	}
	for _, days := range ages {
		u.Heads = append(u.Heads, ageWords(f, days))
	}
	for _, state := range delegate.States {
		if len(counts[state]) == 0 {
			continue
		}
		row := unfinishedRow{Pill: statePill(f.Printer, state)}
		until := now
		for i, days := range ages {
			filter := delegate.Filter{State: state, To: until.Format(time.DateOnly)}
			if days >= 0 {
				filter.From = now.AddDate(0, 0, -days).Format(time.DateOnly)
				until = now.AddDate(0, 0, -days-1)
			}
			n := 0
			for day, count := range counts[state] {
				if day >= filter.From && day <= filter.To {
					n += count
				}
			}
			row.Cells = append(row.Cells, unfinishedCell{Label: u.Heads[i], Count: f.Number(n), Href: listHref(e, filter)})
		}
		u.Rows = append(u.Rows, row)
	}
	return u, err
}

func ageWords(f kit.Frame, days int) string {
	if days < 0 {
		return f.N("roster.unfinished_table.longer", ages[len(ages)-2])
	}
	return f.N("roster.unfinished_table.within", days)
}

// against chooses the event that the registrations are compared with: the one that the
// address names, or else the one before of the same series.
func (s *Pages) against(c *fiber.Ctx, page *dashboardPage, e event.Event) (*earlier, error) {
	all, err := s.app.Events.List(c.UserContext())
	if err != nil {
		return nil, err
	}
	editions, err := s.app.Reports.Editions(c.UserContext(), e, all)
	if err != nil || len(editions) == 0 {
		return nil, err
	}
	asked := c.Query("against")
	if asked == "" && editions[0].Series == e.Series {
		asked = editions[0].Slug
	}
	var chosen *event.Event
	page.Against = []kit.Option{{Value: "none", Label: page.T("roster.chart.alone")}}
	for i, other := range editions {
		selected := other.Slug == asked
		page.Against = append(page.Against, kit.Option{Value: other.Slug, Label: page.Text(other.Title), Selected: selected})
		if selected {
			chosen = &editions[i]
		}
	}
	page.AgainstForm = kit.NewForm(c, nil)
	if chosen == nil {
		return nil, nil
	}
	counts, err := s.app.Delegates.Tally(c.UserContext(), chosen.ID)
	return &earlier{event: *chosen, days: counts.Days}, err
}
