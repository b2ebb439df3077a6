package delegate

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"convene/internal/outbox"
	"convene/internal/web/kit"
)

// lettersPage is delegate/letters.html.
type lettersPage struct {
	kit.Frame
	Form      *kit.Form
	EventName string
	Path      string
	Stop      string // what one click refuses; empty on the page of all
	Kinds     []kit.Option
}

// Letters shows which kinds of letters somebody gets. The link in a letter leads
// here; nobody signs in.
func (p *Pages) Letters(c *fiber.Ctx) error { return p.renderLetters(c, false) }

// LettersStop asks whether to refuse letters of the kind of the one that led here.
func (p *Pages) LettersStop(c *fiber.Ctx) error { return p.renderLetters(c, true) }

func (p *Pages) renderLetters(c *fiber.Ctx, stop bool) error {
	private(c)
	ctx := c.UserContext()
	l, err := p.app.Preferences.ByToken(ctx, c.Params("token"))
	if err != nil {
		return err
	}
	kit.Prefer(c, l.Language)
	e, err := p.app.Events.Get(ctx, p.app.DB, l.Event)
	if err != nil {
		return err
	}
	refused, err := p.app.Preferences.Refused(ctx, l)
	if err != nil {
		return err
	}
	f, err := p.frame(c, e, kit.Printer(c).T("preferences.title"))
	if err != nil {
		return err
	}
	page := lettersPage{Frame: f, Form: kit.NewForm(c, nil), EventName: f.Text(e.Title), Path: "/letters/" + c.Params("token")}
	if stop && l.Kind != "" {
		page.Stop = f.T("audience.kind." + string(l.Kind))
	}
	for _, kind := range outbox.Kinds {
		page.Kinds = append(page.Kinds, kit.Option{
			Value: string(kind), Label: f.T("audience.kind." + string(kind)), Note: f.T("preferences.about." + string(kind)),
			Selected: !slices.Contains(refused, kind),
		})
	}
	return kit.Render(c, "delegate/letters", page)
}

// LettersChosen takes what somebody wants to get; the rest is refused.
func (p *Pages) LettersChosen(c *fiber.Ctx) error {
	l, err := p.app.Preferences.ByToken(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	var refused []outbox.Kind
	for _, kind := range outbox.Kinds {
		if !form.Has("kind", string(kind)) {
			refused = append(refused, kind)
		}
	}
	if err := p.app.Preferences.Choose(c.UserContext(), l, refused); err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "preferences.saved")
	return c.Redirect("/letters/"+p.app.Preferences.Token(l), fiber.StatusSeeOther)
}

// LettersStopped refuses letters of one kind: a reader's button, or a mail
// program's (RFC 8058), which wants no more than a success.
func (p *Pages) LettersStopped(c *fiber.Ctx) error {
	l, err := p.app.Preferences.ByToken(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	if err := p.app.Preferences.Refuse(c.UserContext(), l); err != nil {
		return err
	}
	if kit.Posted(c).Value("List-Unsubscribe") != "" {
		return c.SendStatus(fiber.StatusOK)
	}
	kit.Flash(c, kit.Good, "preferences.stop.done")
	return c.Redirect("/letters/"+p.app.Preferences.Token(l), fiber.StatusSeeOther)
}
