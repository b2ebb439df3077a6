package desk

import (
	"context"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// bulkAllPage is desk/bulk_all.html: what would be done about everybody whom a filter
// meets.
type bulkAllPage struct {
	bulkPage
	List   string // the filter, as the form carries it
	Seen   string // when this was looked at
	Many   int
	Counts []bulkCount // by state, who would be changed
	Stay   []bulkCount // and who would not
	First  delegateTable
}

// bulkCount is how many of a state there are, and where they are listed.
type bulkCount struct {
	Pill  Pill
	Count string
	Href  string
}

// previewPeople is how many people the preview of a bulk names.
const previewPeople = 10

func (s *Pages) previewAll(c *fiber.Ctx, e event.Event, do decision, form *kit.Form, back string) error {
	list, err := postedListing(form, e)
	if err != nil {
		return err
	}
	return s.renderBulkAll(c, e, do, list.Filter, kit.NewForm(c, nil), back)
}

func (s *Pages) renderBulkAll(c *fiber.Ctx, e event.Event, do decision, f delegate.Filter, form *kit.Form, back string) error {
	frame, err := s.bulkPage(c, e, do, form, back)
	if err != nil {
		return err
	}
	plan, err := s.app.Delegates.PlanBulk(c.UserContext(), e, delegate.Bulk{Do: do.bulk, Filter: f})
	if err != nil {
		return err
	}
	page := bulkAllPage{
		bulkPage: frame, List: filterValues(f).Encode(), Many: delegate.Sum(plan.Ready),
		Seen: s.app.Clock().UTC().Format(time.RFC3339Nano),
	}
	page.Do = deskPath(e, "bulk", do.name)
	page.Question = page.N("board.bulk."+do.name+".question", page.Many)
	page.Counts, page.Stay = bulkCounts(page.Frame, e, f, plan.Ready), bulkCounts(page.Frame, e, f, plan.Left)
	first, err := s.app.Delegates.Find(c.UserContext(), e.ID, f, "", previewPeople)
	if err != nil {
		return err
	}
	if page.First, err = s.usualTable(c, page.Frame, e, first.Items); err != nil {
		return err
	}
	return kit.Render(c, "desk/bulk_all", page)
}

func bulkCounts(f kit.Frame, e event.Event, filter delegate.Filter, tally map[delegate.State]int) []bulkCount {
	var list []bulkCount
	for _, state := range delegate.States {
		if tally[state] == 0 {
			continue
		}
		filter.State = state
		list = append(list, bulkCount{Pill: statePill(f.Printer, state), Count: f.Number(tally[state]), Href: listHref(e, filter)})
	}
	return list
}

// BulkBegin has something done about everybody whom the filter meets.
func (s *Pages) BulkBegin(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	do, ok := bulkDecision(c.Params("do"))
	seen, timeErr := time.Parse(time.RFC3339Nano, form.Value("seen"))
	values, queryErr := url.ParseQuery(form.Value("list"))
	if !ok || timeErr != nil || queryErr != nil {
		return fiber.ErrBadRequest
	}
	filter := filterOf(values, e)
	b, err := s.app.Delegates.BeginBulk(c.UserContext(), e, delegate.Bulk{
		Do: do.bulk, Filter: filter, Seen: seen, Reason: form.Value("reason"), Tag: form.Value("tag"),
	})
	if form.Refused(err) {
		back := kit.LocalPath(form.Value("back"), deskPath(e, "delegates"))
		return s.renderBulkAll(c.Status(fiber.StatusUnprocessableEntity), e, do, filter, form, back)
	}
	if err != nil {
		return err
	}
	return c.Redirect(deskPath(e, "bulk", b.ID), fiber.StatusSeeOther)
}

// bulkShowPage is desk/bulk_show.html: how far a bulk has come.
type bulkShowPage struct {
	kit.Frame
	Crumbs  []kit.Link
	Bulk    delegate.Bulk
	Line    bulkLine
	Running bool
	Told    string
	Left    delegateTable
	More    int // left, and not listed
	Path    string
	List    string
	Begun   Moment
	Ended   Moment
}

// bulkLine is a bulk in short.
type bulkLine struct {
	Href, What string
	Done       int // or left: how many it has been about
	Total      int
	Of         string
	Pill       Pill
}

func (s *Pages) bulkLine(f kit.Frame, e event.Event, b delegate.Bulk) bulkLine {
	classes := map[delegate.BulkState]string{delegate.BulkRunning: "running", delegate.BulkDone: "ok", delegate.BulkStopped: "off"}
	line := bulkLine{
		Href: deskPath(e, "bulk", b.ID), What: f.T("board.bulk." + bulkName(b.Do) + ".title"),
		Done: b.Done + b.Left, Total: max(b.Total, b.Done+b.Left),
		Pill: Pill{Class: classes[b.State], Label: f.T("roster.bulk.state." + string(b.State))},
	}
	if b.Tag != "" {
		line.What = f.T("roster.bulk."+b.Do+"_one", "Tag", b.Tag)
	}
	line.Of = f.T("roster.bulk.of", "Done", f.Number(line.Done), "Total", f.Number(line.Total))
	return line
}

// bulkName is the decision's name of what a bulk does.
func bulkName(do string) string {
	for _, d := range bulkDecisions {
		if d.bulk == do {
			return d.name
		}
	}
	return do
}

// runningBulks are those at work now.
func (s *Pages) runningBulks(ctx context.Context, f kit.Frame, e event.Event) ([]bulkLine, error) {
	list, err := s.app.Delegates.Bulks(ctx, e.ID, 10)
	var lines []bulkLine
	for _, b := range list {
		if b.State == delegate.BulkRunning {
			lines = append(lines, s.bulkLine(f, e, b))
		}
	}
	return lines, err
}

// BulkShow tells how far a bulk has come.
func (s *Pages) BulkShow(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	b, err := s.app.Delegates.Bulk(ctx, e, c.Params("id"))
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskDelegates, kit.Printer(c).T("roster.bulk.title"))
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, &e)
	page := bulkShowPage{
		Frame: frame, Bulk: b, Line: s.bulkLine(frame, e, b), Running: b.State == delegate.BulkRunning, Path: deskPath(e, "bulk", b.ID),
		List: listHref(e, b.Filter), Begun: clock.moment(b.Begun), Ended: clock.moment(b.Ended), More: b.Left - len(b.Listed),
	}
	page.Crumbs = []kit.Link{{Href: deskPath(e, "delegates"), Label: frame.T("board.delegates.title")}, {Label: page.Line.What}}
	page.Told = frame.T("roster.bulk.told", "Done", frame.Number(b.Done), "Left", frame.Number(b.Left))
	if b.Waiting > 0 {
		page.Told += " " + frame.N("roster.bulk.waiting", b.Waiting)
	}
	if page.Running {
		page.Frame.Scripts = append(page.Frame.Scripts, "progress.js")
	}
	var left []delegate.Delegate
	for _, id := range b.Listed {
		d, err := s.app.Delegates.Get(ctx, id)
		if problem.KindOf(err) == problem.NotFound && err != nil {
			continue // erased since
		}
		if err != nil {
			return err
		}
		left = append(left, d)
	}
	if page.Left, err = s.usualTable(c, page.Frame, e, left); err != nil {
		return err
	}
	return kit.Render(c, "desk/bulk_show", page)
}

// BulkStop ends a bulk: what it has done stays.
func (s *Pages) BulkStop(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	err = s.app.Delegates.StopBulk(c.UserContext(), e, c.Params("id"))
	if err := flashProblem(c, err); err != nil {
		return err
	}
	return c.Redirect(deskPath(e, "bulk", c.Params("id")), fiber.StatusSeeOther)
}
