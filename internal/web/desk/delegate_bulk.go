package desk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// bulkPage is desk/bulk.html: whom a decision concerns, before it is made, or
// whom it left out.
type bulkPage struct {
	kit.Frame
	Crumbs   []kit.Link
	Form     *kit.Form
	Decision string
	Question string
	Ready    []delegateRow
	Left     []delegateRow // their state does not allow it
	Done     int           // after it was made
	After    bool
	Do       string // where to send it
	Back     string
}

// mostAtOnce bounds a decision about many.
const mostAtOnce = 200

// BulkPreview lists whom the decision about the chosen rows would concern.
func (s *Pages) BulkPreview(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	do, ok := bulkDecision(form.Value("do"))
	ids := form.Values["id[]"]
	back := kit.LocalPath(form.Value("back"), deskPath(e, "delegates"))
	if !ok || len(ids) > mostAtOnce {
		return fiber.ErrBadRequest
	}
	if len(ids) == 0 {
		kit.Flash(c, kit.Wait, "board.bulk.nobody")
		return c.Redirect(back, fiber.StatusSeeOther)
	}
	page, err := s.bulkPage(c, e, do, back)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.addToBulk(c, &page, e, do, id); err != nil {
			return err
		}
	}
	page.Question = page.N("board.bulk."+do.name+".question", len(page.Ready))
	return kit.Render(c, "desk/bulk", page)
}

func bulkDecision(name string) (decision, bool) {
	i := slices.IndexFunc(bulkDecisions, func(d decision) bool { return d.name == name })
	if i < 0 {
		return decision{}, false
	}
	return bulkDecisions[i], true
}

func (s *Pages) bulkPage(c *fiber.Ctx, e event.Event, do decision, back string) (bulkPage, error) {
	title := kit.Printer(c).T("board.bulk." + do.name + ".title")
	frame, err := s.frame(c, &e, kit.DeskDelegates, title)
	return bulkPage{
		Frame: frame, Form: kit.NewForm(c, nil), Decision: do.name, Back: back, Do: deskPath(e, "delegates", "bulk", do.name),
		Crumbs: []kit.Link{{Href: back, Label: kit.Printer(c).T("board.delegates.title")}, {Label: title}},
	}, err
}

func (s *Pages) addToBulk(c *fiber.Ctx, page *bulkPage, e event.Event, do decision, id string) error {
	d, err := s.delegateOf(c.UserContext(), e, id)
	if err != nil {
		return err
	}
	line := row(page.Frame, e, s.clock(page.Printer, &e), nil, d)
	if do.possible(d.State) {
		page.Ready = append(page.Ready, line)
	} else {
		page.Left = append(page.Left, line)
	}
	return nil
}

// chosen is a registration as the preview showed it.
type chosen struct {
	id    string
	steps int
}

// Chosen is the value of the preview's hidden field.
func (r delegateRow) Chosen() string { return fmt.Sprintf("%d:%s", r.Steps, r.ID) }

func parseChosen(values []string) ([]chosen, bool) {
	var list []chosen
	for _, value := range values {
		steps, id, _ := strings.Cut(value, ":")
		n, err := strconv.Atoi(steps)
		if err != nil || id == "" {
			return nil, false
		}
		list = append(list, chosen{id, n})
	}
	return list, len(list) <= mostAtOnce
}

// BulkDo makes the decision about everybody that the preview listed. Those whom
// somebody else decided about in between stay as they are, and are named.
func (s *Pages) BulkDo(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	do, ok := bulkDecision(c.Params("do"))
	people, wellFormed := parseChosen(form.Values["who[]"])
	if !ok || !wellFormed {
		return fiber.ErrBadRequest
	}
	back := kit.LocalPath(form.Value("back"), deskPath(e, "delegates"))
	done, waiting, left, err := s.decideMany(c, e, do, people, form.Value("reason"))
	if err != nil {
		return err
	}
	if len(left) == 0 && waiting > 0 {
		kit.Flash(c, kit.Note, "board.bulk.approve.waiting", "Count", done-waiting, "Waiting", waiting)
		return c.Redirect(back, fiber.StatusSeeOther)
	}
	if len(left) == 0 {
		kit.Flash(c, kit.Good, "board.bulk."+do.name+".done", "Count", done)
		return c.Redirect(back, fiber.StatusSeeOther)
	}
	page, err := s.bulkPage(c, e, do, back)
	if err != nil {
		return err
	}
	page.After, page.Done = true, done
	clock := s.clock(page.Printer, &e)
	for _, d := range left {
		page.Left = append(page.Left, row(page.Frame, e, clock, nil, d))
	}
	return kit.Render(c.Status(fiber.StatusConflict), "desk/bulk", page)
}

// decideMany returns how many it decided about, how many of them found no place, and
// whom it had to leave as they are.
func (s *Pages) decideMany(c *fiber.Ctx, e event.Event, do decision, people []chosen, reason string) (done, waiting int, left []delegate.Delegate, err error) {
	for _, who := range people {
		d, err := s.delegateOf(c.UserContext(), e, who.id)
		if err != nil {
			return done, waiting, left, err
		}
		switch after, err := s.decide(c, do, d, reason, who.steps); {
		case err == nil:
			done++
			if after.State == delegate.Waiting {
				waiting++
			}
		case problem.KindOf(err) == problem.Conflict:
			left = append(left, d)
		default:
			return done, waiting, left, err
		}
	}
	return done, waiting, left, nil
}
