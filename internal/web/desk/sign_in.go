package desk

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/account"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// signInPage is desk/sign_in.html.
type signInPage struct {
	kit.Frame
	Form *kit.Form
	Next string
}

// SignIn shows the form. Whoever is signed in already may become somebody else
// there.
func (s *Pages) SignIn(c *fiber.Ctx) error {
	return renderSignIn(c, kit.NewForm(c, nil))
}

func renderSignIn(c *fiber.Ctx, form *kit.Form) error {
	frame := kit.NewFrame(c, kit.Printer(c).T("board.sign_in.title"))
	return kit.Render(c, "desk/sign_in", signInPage{frame, form, kit.Next(c, "")})
}

// SignInPosted checks the password and leads to where the visitor wanted to go.
func (s *Pages) SignInPosted(c *fiber.Ctx) error {
	form := kit.Posted(c)
	email, password := strings.TrimSpace(form.Value("email")), form.Value("password")
	if form.Refused(missing(email, password)) {
		return renderSignIn(c.Status(fiber.StatusUnprocessableEntity), form)
	}
	forgive, err := kit.LimitSignIn(c, email)
	if told := tooMany(err); told != nil {
		form.Message = form.T(told.Key, told.Args...)
		c.Set(fiber.HeaderRetryAfter, "60")
		return renderSignIn(c.Status(fiber.StatusTooManyRequests), form)
	}
	if err != nil {
		return err
	}
	token, member, err := s.app.Accounts.SignIn(c.UserContext(), email, password)
	if err != nil && problem.KindOf(err) == problem.Unauthenticated {
		form.Message = form.T("problem.sign_in")
		return renderSignIn(c.Status(fiber.StatusUnauthorized), form)
	}
	if err != nil {
		return err
	}
	if err := forgive(); err != nil {
		return err
	}
	if kit.Staff(c) != nil { // the old session ends with the new one
		if err := kit.SignOut(c); err != nil {
			return err
		}
	}
	kit.SignIn(c, token)
	return c.Redirect(landing(member, kit.Next(c, "")), fiber.StatusSeeOther)
}

// tooMany returns the problem if err says that there were too many tries.
func tooMany(err error) *problem.Error {
	var told *problem.Error
	if errors.As(err, &told) && told.Kind == problem.TooMany {
		return told
	}
	return nil
}

func missing(email, password string) error {
	var faults problem.Form
	if email == "" {
		faults.Add("email", "problem.field.required")
	}
	if password == "" {
		faults.Add("password", "problem.field.required")
	}
	return faults.Err()
}

// landing is where a staff member goes after signing in: where they wanted to,
// unless that is a desk which they may not use.
func landing(member account.Staff, next string) string {
	isDesk := next == "/desk" || strings.HasPrefix(next, "/desk/") || strings.HasPrefix(next, "/desk?")
	switch {
	case next != "" && (member.MayOrganise() || !isDesk):
		return next
	case member.MayOrganise():
		return "/desk"
	}
	return "/door"
}

// SignOut ends the session.
func (s *Pages) SignOut(c *fiber.Ctx) error {
	if err := kit.SignOut(c); err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "board.sign_in.out")
	return c.Redirect("/sign-in", fiber.StatusSeeOther)
}
