package delegate

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// draftField carries the token of a form's draft.
const draftField = "draft"

// draftValues are the fields of a form that a draft keeps: what was typed, without
// what the form itself put in.
func draftValues(f *kit.Form) map[string][]string {
	values := map[string][]string{}
	for name, list := range f.Values {
		if !strings.HasPrefix(name, "_") && name != draftField && name != "later" {
			values[name] = list
		}
	}
	return values
}

// Draft keeps a form that was begun, and leads to the link under which it is.
// Scripts that keep it from time to time get the link as JSON.
func (p *Pages) Draft(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	f := labelled(kit.Posted(c))
	if err := kit.Limit(c, "draft", p.app.Config.Limits.DraftPerAddress, "", config.Rate{}); err != nil {
		return err
	}
	if _, err := p.typed(c, e, f); f.Refused(err) { // a file is of no use; groups have none
		return p.renderRegister(c.Status(fiber.StatusUnprocessableEntity), e, f)
	} else if err != nil {
		return err
	}
	token, err := p.app.Delegates.KeepDraft(c.UserContext(), e, f.Value(draftField), draftValues(f))
	if err != nil {
		return err
	}
	link := "/register/" + token
	if byScript(c) {
		return c.JSON(fiber.Map{"token": token, "link": p.app.Config.BaseURL + link, "said": kit.Printer(c).T("draft.kept", "When", p.draftEnds(c, e))})
	}
	kit.Flash(c, kit.Good, "draft.kept", "When", p.draftEnds(c, e))
	return c.Redirect(link, fiber.StatusSeeOther)
}

// byScript reports whether it is a script that asks, and not a browser for a page.
func byScript(c *fiber.Ctx) bool {
	return c.Accepts(fiber.MIMETextHTML, fiber.MIMEApplicationJSON) == fiber.MIMEApplicationJSON
}

func (p *Pages) draftEnds(c *fiber.Ctx, e event.Event) string {
	return kit.Printer(c).DateTime(p.app.Clock().Add(delegate.DraftLife).In(e.Location()))
}

// Continue shows a form that was kept.
func (p *Pages) Continue(c *fiber.Ctx) error {
	private(c)
	draft, err := p.app.Delegates.Draft(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	e, err := p.app.Events.Get(c.UserContext(), p.app.DB, draft.Event)
	if problem.KindOf(err) == problem.NotFound && err != nil {
		return problem.New(problem.Gone, "problem.draft_over")
	}
	if err != nil {
		return err
	}
	values := url.Values(draft.Values)
	values.Set(draftField, c.Params("token"))
	if values.Has(rowsField) {
		return p.renderGroup(c, e, kit.NewForm(c, values))
	}
	return p.renderRegister(c, e, kit.NewForm(c, values))
}
