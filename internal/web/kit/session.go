package kit

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/account"
	"convene/internal/audit"
	"convene/internal/problem"
)

const sessionCookie = "convene_session"

// signedIn learns from the session's cookie who is asking. Changes made by the
// request are theirs in the audit trail.
func (k *Kit) signedIn(c *fiber.Ctx) error {
	token := k.cookie(c, sessionCookie)
	if token == "" {
		return c.Next()
	}
	member, err := k.accounts.Authenticate(c.UserContext(), token)
	if problem.KindOf(err) == problem.Unauthenticated && err != nil {
		k.setCookie(c, sessionCookie, "", 0)
		return c.Next()
	}
	if err != nil {
		return err
	}
	of(c).staff = &member
	c.SetUserContext(audit.As(c.UserContext(), audit.Actor{Kind: "staff", ID: member.ID, Name: member.Name}))
	return c.Next()
}

// Staff returns who is signed in, or nil.
func Staff(c *fiber.Ctx) *account.Staff { return of(c).staff }

// RequireOrganiser is middleware for the desk. Who is not signed in goes to the
// sign-in page and comes back; door staff are refused.
func RequireOrganiser(c *fiber.Ctx) error { return require(c, account.Staff.MayOrganise) }

// RequireDoor is middleware for the door: any staff may pass.
func RequireDoor(c *fiber.Ctx) error { return require(c, account.Staff.MayScan) }

func require(c *fiber.Ctx, may func(account.Staff) bool) error {
	member := of(c).staff
	switch {
	case member == nil && (c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead) && !wantsJSON(c):
		return c.Redirect("/sign-in?next="+url.QueryEscape(address(c)), fiber.StatusSeeOther)
	case member == nil:
		return problem.New(problem.Unauthenticated, "problem.sign_in_first")
	case !may(*member):
		return problem.New(problem.Forbidden, "problem.not_allowed")
	}
	return c.Next()
}

// SignIn keeps the token of a new session in the browser.
func SignIn(c *fiber.Ctx, token string) {
	k := of(c).kit
	k.setCookie(c, sessionCookie, token, k.config.Session.Lifetime)
}

// SignOut ends the session of the request, here and in the browser, and has the
// browser forget the pages that it kept.
func SignOut(c *fiber.Ctx) error {
	k := of(c).kit
	if token := k.cookie(c, sessionCookie); token != "" {
		if err := k.accounts.SignOut(c.UserContext(), token); err != nil {
			return err
		}
	}
	of(c).staff = nil
	k.setCookie(c, sessionCookie, "", 0)
	c.Set("Clear-Site-Data", `"cache"`)
	return nil
}

// Next returns where the parameter next, of the address or the form, wants to
// go, if that is a page of ours; fallback otherwise.
func Next(c *fiber.Ctx, fallback string) string {
	next := c.FormValue("next")
	if next == "" {
		next = c.Query("next")
	}
	return LocalPath(next, fallback)
}

// LocalPath returns the path if it leads to a page of ours wherever a browser
// reads it, and the fallback otherwise.
func LocalPath(path, fallback string) string {
	if !strings.HasPrefix(path, "/") || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return fallback
	}
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || strings.HasPrefix(path, "//") {
		return fallback
	}
	return path
}
