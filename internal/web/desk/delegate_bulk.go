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
	Tags     []string // those that the event uses, where the decision needs one; never nil then
	Question string
	Ready    delegateTable
	Left     delegateTable // their state does not allow it
	Done     int           // after it was made
	After    bool
	Do       string // where to send it
	Back     string
}

// mostAtOnce bounds a decision about chosen rows. More are done about by a bulk.
const mostAtOnce = 200

// BulkPreview lists whom the decision would concern: the chosen rows, or everybody
// whom the list's filter meets.
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
	if form.Value("whom") == "all" {
		return s.previewAll(c, e, do, form, back)
	}
	if len(ids) == 0 {
		kit.Flash(c, kit.Wait, "board.bulk.nobody")
		return c.Redirect(back, fiber.StatusSeeOther)
	}
	return s.previewChosen(c, e, do, ids, kit.NewForm(c, nil), back)
}

func (s *Pages) previewChosen(c *fiber.Ctx, e event.Event, do decision, ids []string, form *kit.Form, back string) error {
	page, err := s.bulkPage(c, e, do, form, back)
	if err != nil {
		return err
	}
	var ready, left []delegate.Delegate
	var gone error
	for _, id := range ids {
		d, err := s.delegateOf(c.UserContext(), e, id)
		if isGone(err) {
			gone = err
			continue
		}
		if err != nil {
			return err
		}
		if do.possible(d.State) {
			ready = append(ready, d)
		} else {
			left = append(left, d)
		}
	}
	if len(ready)+len(left) == 0 { // nobody of them is this event's
		return gone
	}
	if page.Ready, err = s.usualTable(c, page.Frame, e, ready); err != nil {
		return err
	}
	if page.Left, err = s.usualTable(c, page.Frame, e, left); err != nil {
		return err
	}
	page.Question = page.N("board.bulk."+do.name+".question", len(ready))
	return kit.Render(c, "desk/bulk", page)
}

// isGone reports whether somebody was erased since they were chosen, about whom nothing
// is left to decide: the others are not to wait for that.
func isGone(err error) bool { return err != nil && problem.KindOf(err) == problem.NotFound }

func bulkDecision(name string) (decision, bool) {
	i := slices.IndexFunc(bulkDecisions, func(d decision) bool { return d.name == name })
	if i < 0 {
		return decision{}, false
	}
	return bulkDecisions[i], true
}

func (s *Pages) bulkPage(c *fiber.Ctx, e event.Event, do decision, form *kit.Form, back string) (bulkPage, error) {
	title := kit.Printer(c).T("board.bulk." + do.name + ".title")
	form.Labels = map[string]string{"tag": form.T("roster.tag.tag"), "reason": form.T("roster.bulk.reason")}
	frame, err := s.frame(c, &e, kit.DeskDelegates, title)
	page := bulkPage{
		Frame: frame, Form: form, Decision: do.name, Back: back, Do: deskPath(e, "delegates", "bulk", do.name),
		Crumbs: []kit.Link{{Href: back, Label: kit.Printer(c).T("board.delegates.title")}, {Label: title}},
	}
	if err != nil || !do.tags() {
		return page, err
	}
	if page.Tags, err = s.app.Delegates.EventTags(c.UserContext(), e.ID); page.Tags == nil {
		page.Tags = []string{}
	}
	return page, err
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
	done, waiting, left, err := s.decideMany(c, e, do, people, argument(do, form))
	if form.Refused(err) {
		ids := make([]string, len(people))
		for i, who := range people {
			ids[i] = who.id
		}
		return s.previewChosen(c.Status(fiber.StatusUnprocessableEntity), e, do, ids, form, back)
	}
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
	page, err := s.bulkPage(c, e, do, form, back)
	if err != nil {
		return err
	}
	page.After, page.Done = true, done
	if page.Left, err = s.usualTable(c, page.Frame, e, left); err != nil {
		return err
	}
	return kit.Render(c.Status(fiber.StatusConflict), "desk/bulk", page)
}

// argument is what a decision is made with: a tag, or a reason.
func argument(do decision, form *kit.Form) string {
	if do.tags() {
		return form.Value("tag")
	}
	return form.Value("reason")
}

// decideMany returns how many it decided about, how many of them found no place, and
// whom it had to leave as they are.
func (s *Pages) decideMany(c *fiber.Ctx, e event.Event, do decision, people []chosen, argument string) (done, waiting int, left []delegate.Delegate, err error) {
	if do.tags() {
		if _, err := delegate.CleanTag(argument); err != nil {
			return 0, 0, nil, err
		}
	}
	for _, who := range people {
		d, err := s.delegateOf(c.UserContext(), e, who.id)
		if isGone(err) {
			continue
		}
		if err != nil {
			return done, waiting, left, err
		}
		switch after, err := s.decide(c, do, d, argument, who.steps); {
		case err == nil:
			done++
			if do.to == delegate.Confirmed && after.State == delegate.Waiting {
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
