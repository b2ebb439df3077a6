package focal

import (
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// signInPage is focal/sign_in.html.
type signInPage struct {
	kit.Frame
	Form *kit.Form
	Next string
}

// SignIn asks for the address to which the link goes.
func (p *Pages) SignIn(c *fiber.Ctx) error { return p.renderSignIn(c, kit.NewForm(c, nil)) }

func (p *Pages) renderSignIn(c *fiber.Ctx, form *kit.Form) error {
	print := kit.Printer(c)
	form.Labels = map[string]string{"email": print.T("focal.email")}
	return kit.Render(c, "focal/sign_in", signInPage{kit.NewFrame(c, print.T("focal.sign_in.title")), form, kit.Next(c, "")})
}

// sendTakes is how long it takes to ask for a link, whoever asks.
const sendTakes = 200 * time.Millisecond

// SendLink writes to the address, if it is a focal point's, and answers the same if
// it is nobody's.
func (p *Pages) SendLink(c *fiber.Ctx) error {
	form := kit.Posted(c)
	limits := p.app.Config.Limits
	err := kit.Limit(c, "focal link", limits.LinkPerAddress, form.Value("email"), limits.LinkPerEmail)
	var told *problem.Error
	if errors.As(err, &told) && told.Kind == problem.TooMany {
		form.Message = form.T(told.Key, told.Args...)
		return p.renderSignIn(c.Status(fiber.StatusTooManyRequests), form)
	}
	if err != nil {
		return err
	}
	begun := time.Now()
	e, err := p.letterEvent(c)
	if err == nil {
		err = p.app.Cities.SendFocalLink(c.UserContext(), e.ID, form.Value("email"), ours(kit.Next(c, "")))
	}
	if form.Refused(err) {
		return p.renderSignIn(c.Status(fiber.StatusUnprocessableEntity), form)
	}
	if err != nil {
		return err
	}
	// Writing a letter takes longer than finding nobody, which must not show.
	time.Sleep(time.Until(begun.Add(sendTakes)))
	return c.Redirect("/focal/sent", fiber.StatusSeeOther)
}

// ours is the address if a focal point may be led there after signing in.
func ours(next string) string {
	if strings.HasPrefix(next, "/focal/") {
		return next
	}
	return ""
}

// letterEvent is the event whose text and colours the letter has: the next one, or
// where none is to come the latest.
func (p *Pages) letterEvent(c *fiber.Ctx) (event.Event, error) {
	list, err := p.app.Events.List(c.UserContext())
	if err != nil || len(list) == 0 {
		return event.Event{}, err
	}
	next, now := list[0], p.app.Clock()
	for _, e := range list {
		if e.Phase(now) != event.Past {
			next = e // the list begins with the latest
		}
	}
	return next, nil
}

// Sent tells where to look next.
func (p *Pages) Sent(c *fiber.Ctx) error {
	print := kit.Printer(c)
	return kit.Render(c, "focal/sent", struct {
		kit.Frame
		Valid string
	}{kit.NewFrame(c, print.T("focal.sent.title")), print.T("focal.sent.valid", "Minutes", print.Number(int(p.app.Config.Session.FocalLink/time.Minute)))})
}

// linkPage is focal/link.html.
type linkPage struct {
	kit.Frame
	Gone string // why the link no longer works
}

// Link asks to sign in with a button: programs that open links in letters before
// their readers do must not use the link up.
func (p *Pages) Link(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return p.renderLink(c, p.app.Cities.CheckFocalLink(c.UserContext(), c.Params("token")))
}

func (p *Pages) renderLink(c *fiber.Ctx, err error) error {
	var told *problem.Error
	if err != nil && (!errors.As(err, &told) || told.Kind != problem.Gone) {
		return err
	}
	page := linkPage{Frame: kit.NewFrame(c, kit.Printer(c).T("focal.link.title"))}
	if told != nil {
		c.Status(fiber.StatusGone)
		page.Gone = page.T(told.Key, told.Args...)
	}
	return kit.Render(c, "focal/link", page)
}

// LinkUse uses the link up and signs in.
func (p *Pages) LinkUse(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	token, next, err := p.app.Cities.UseFocalLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return p.renderLink(c, err)
	}
	kit.FocalSignIn(c, token)
	return c.Redirect(kit.LocalPath(next, "/focal"), fiber.StatusSeeOther)
}

// SignOut ends the session.
func (p *Pages) SignOut(c *fiber.Ctx) error {
	if err := p.app.Cities.SignOut(c.UserContext(), kit.FocalToken(c)); err != nil {
		return err
	}
	kit.FocalSignOut(c)
	kit.Flash(c, kit.Good, "focal.signed_out.done")
	return c.Redirect("/focal/sign-in", fiber.StatusSeeOther)
}

// renderSignedOut answers a form whose sender's session is over.
func (p *Pages) renderSignedOut(c *fiber.Ctx) error {
	frame := kit.NewFrame(c, kit.Printer(c).T("focal.signed_out.title"))
	return kit.Render(c.Status(fiber.StatusUnauthorized), "focal/signed_out", struct{ kit.Frame }{frame})
}
