package delegate

import (
	"context"
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// invitationField carries the token of the invitation that was chosen with a form.
const invitationField = "invitation"

// invitedBy is what the form tells of the invitation that was chosen with it.
type invitedBy struct {
	invitation delegate.Invitation

	Token          string
	Category, City string // in words, where it decides them
	Email          string // of whom it is for
	Group          string // where several may come by it; empty: it is for one person
	Decline        string // where that person can decline it; empty if they cannot
	Over           string // why the one that was chosen no longer holds
	Back           string // where they have it back, since it was they who declined it
}

// invited finds the invitation that was chosen with the form. One that no longer holds
// is none, and the page says so.
func (p *Pages) invited(c *fiber.Ctx, e event.Event, f *kit.Form) (invitedBy, error) {
	token := f.Value(invitationField)
	if token == "" {
		return invitedBy{}, nil
	}
	print := kit.Printer(c)
	i, err := p.app.Delegates.InvitationByLink(c.UserContext(), token)
	if over(err) || err == nil && i.Event != e.ID {
		var told *problem.Error
		if !errors.As(err, &told) {
			told = problem.New(problem.NotFound, "problem.invitation_unknown")
		}
		page := invitedBy{Over: print.T(told.Key, told.Args...)}
		if i.Event == e.ID && i.Standing(p.app.Clock()) == delegate.InvitationRefused {
			page.Back = "/i/" + token
		}
		return page, nil
	}
	if err != nil {
		return invitedBy{}, err
	}
	page := invitedBy{invitation: i, Token: token, Email: i.Email}
	if !i.ForOne() {
		page.Group = "/i/" + token + "/group"
	}
	if i.MayDecline(p.app.Clock()) {
		page.Decline = "/i/" + token + "/decline"
	}
	if _, ok := e.Category(i.Category); ok {
		page.Category = e.CategoryLabel(print, i.Category)
		f.Values.Set("category", i.Category)
	}
	if i.City != "" {
		city, err := p.app.Cities.Get(c.UserContext(), i.City)
		if err != nil {
			return page, err
		}
		page.City = print.Text(city.Name)
		f.Values.Set("city", i.City)
	}
	return page, nil
}

// over reports whether the error says that an invitation cannot be used.
func over(err error) bool {
	kind := problem.KindOf(err)
	return err != nil && (kind == problem.Gone || kind == problem.NotFound)
}

// choices are what somebody may choose from in the form, and the invitation that was
// chosen with it, which may leave fewer.
func (p *Pages) choices(c *fiber.Ctx, e event.Event, f *kit.Form) (options, invitedBy, error) {
	invited, err := p.invited(c, e, f)
	if err != nil {
		return options{}, invited, err
	}
	print := kit.Printer(c)
	opts, err := p.options(c.UserContext(), print, p.offered(print, e, invited.invitation))
	opts.onlyCity(invited.invitation.City)
	opts.Shut = p.shut(print, e, invited.invitation)
	return opts, invited, err
}

// shut tells which categories that are meant for somebody with the invitation, or for
// anybody with none, cannot be chosen now: nobody takes another one for want of theirs.
func (p *Pages) shut(print *i18n.Printer, e event.Event, i delegate.Invitation) []string {
	var list []string
	meant := i.MeantFor(e)
	if len(meant) == 0 && i.ID != "" {
		return []string{print.T("invitation.void")}
	}
	for _, c := range meant {
		name := e.CategoryLabel(print, c.ID)
		switch e.Open(c, p.app.Clock()) {
		case event.RegistrationNotYet:
			list = append(list, print.T("register.opens_for", "Category", name, "When", print.DateTime(c.Opens.In(e.Location()))))
		case event.RegistrationClosed:
			list = append(list, print.T("register.closed_for", "Category", name))
		}
	}
	return list
}

// onlyCity leaves the member city alone to be chosen, unless it is empty.
func (o *options) onlyCity(id string) {
	if id == "" {
		return
	}
	for _, city := range o.Cities {
		if city.Value == id {
			o.Cities = []kit.Option{city}
			return
		}
	}
}

// Invitation shows the form to somebody who has the link of an invitation, or lets them
// have one back that they have declined.
func (p *Pages) Invitation(c *fiber.Ctx) error {
	private(c)
	i, err := p.app.Delegates.InvitationByLink(c.UserContext(), c.Params("token"))
	if i.ID == "" && err != nil { // else the form says what is wrong
		return err
	}
	e, err := p.app.Events.Get(c.UserContext(), p.app.DB, i.Event)
	if err != nil {
		return err
	}
	if i.Standing(p.app.Clock()) == delegate.InvitationRefused {
		return p.renderDeclined(c, e, i)
	}
	values := url.Values{invitationField: {c.Params("token")}, "language": {kit.Printer(c).Lang()}}
	if i.Name != "" {
		values.Set("name", i.Name)
	}
	if i.Email != "" {
		values.Set("email", i.Email)
	}
	return p.renderRegister(c, e, kit.NewForm(c, values))
}

// enterCode shows the form again for the invitation whose code was typed, with all
// else that was typed.
func (p *Pages) enterCode(c *fiber.Ctx, e event.Event, f *kit.Form, again render) error {
	i, err := p.byCode(c, e, f)
	if i.Standing(p.app.Clock()) == delegate.InvitationRefused { // the form leads to where they have it back
		f.Values.Set(invitationField, p.app.Delegates.InvitationToken(i))
	}
	if problem.KindOf(err) == problem.TooMany && err != nil {
		return p.tooMany(c, e, f, again, err)
	}
	if f.Refused(err) {
		return again(c.Status(fiber.StatusUnprocessableEntity), e, f)
	}
	if err != nil {
		return err
	}
	f.Values.Set(invitationField, p.app.Delegates.InvitationToken(i))
	f.Values.Del("code")
	for name, known := range map[string]string{"name": i.Name, "email": i.Email} {
		if f.Value(name) == "" {
			f.Values.Set(name, known)
		}
	}
	return again(c, e, f)
}

// byCode finds the invitation whose code was typed. A fault of it is a problem of kind
// Invalid; too many wrong ones are one of kind TooMany.
func (p *Pages) byCode(c *fiber.Ctx, e event.Event, f *kit.Form) (delegate.Invitation, error) {
	var faults problem.Form
	if f.Value("code") == "" {
		faults.Add("code", "problem.field.required")
		return delegate.Invitation{}, faults.Err()
	}
	forgive, err := kit.LimitGuess(c, "invitation", p.app.Config.Limits.CodePerAddress)
	if err != nil {
		return delegate.Invitation{}, err
	}
	i, err := p.app.Delegates.InvitationByCode(c.UserContext(), e, f.Value("code"))
	if over(err) {
		return i, besideCode(err)
	}
	if err != nil {
		return i, err
	}
	return i, forgive()
}

// chosen is the invitation with which the form was sent: by a link, or by a code that
// was typed and not entered. It is the zero one where there is none.
func (p *Pages) chosen(c *fiber.Ctx, e event.Event, f *kit.Form) (delegate.Invitation, error) {
	token := f.Value(invitationField)
	if token == "" && f.Value("code") == "" {
		return delegate.Invitation{}, nil
	}
	if token == "" {
		return p.byCode(c, e, f)
	}
	i, err := p.app.Delegates.InvitationByLink(c.UserContext(), token)
	if err == nil && i.Event != e.ID {
		err = problem.New(problem.NotFound, "problem.invitation_unknown")
	}
	if over(err) {
		return i, besideCode(err)
	}
	return i, err
}

// besideCode has a form tell beside the code's field why an invitation cannot be used.
func besideCode(err error) error {
	var told *problem.Error
	var faults problem.Form
	if errors.As(err, &told) {
		faults.Add("code", told.Key, told.Args...)
	}
	return faults.Err()
}

// declinedPage is delegate/declined.html.
type declinedPage struct {
	kit.Frame
	Path  string
	Again bool // they may still change their mind
}

func (p *Pages) renderDeclined(c *fiber.Ctx, e event.Event, i delegate.Invitation) error {
	frame, err := p.frame(c, e, kit.Printer(c).T("decline.declined"))
	if err != nil {
		return err
	}
	now := p.app.Clock()
	expired := !i.Ends.IsZero() && !now.Before(i.Ends)
	return kit.Render(c, "delegate/declined", declinedPage{
		Frame: frame, Path: "/i/" + c.Params("token"), Again: e.Phase(now) != event.Past && !expired,
	})
}

// InvitationDecline asks somebody who has the link of an invitation for them alone whether
// they mean to decline it, as Decline does.
func (p *Pages) InvitationDecline(c *fiber.Ctx) error {
	return p.renderDecline(c, kit.NewForm(c, nil))
}

func (p *Pages) renderDecline(c *fiber.Ctx, form *kit.Form) error {
	private(c)
	i, err := p.app.Delegates.InvitationByLink(c.UserContext(), c.Params("token"))
	if i.ID == "" && err != nil {
		return err
	}
	if !i.MayDecline(p.app.Clock()) { // the invitation's own page says why
		return c.Redirect("/i/"+c.Params("token"), fiber.StatusSeeOther)
	}
	e, err := p.app.Events.Get(c.UserContext(), p.app.DB, i.Event)
	if err != nil {
		return err
	}
	frame, err := p.frame(c, e, kit.Printer(c).T("decline.title"))
	if err != nil {
		return err
	}
	return kit.Render(c, "delegate/decline", declinePage{Frame: frame, Form: form, Instead: "/i/" + c.Params("token")})
}

// InvitationDeclineConfirm declines the invitation of the link.
func (p *Pages) InvitationDeclineConfirm(c *fiber.Ctx) error {
	form := kit.Posted(c)
	_, err := p.app.Delegates.DeclineInvitation(asGuest(c), c.Params("token"), form.Value("reason"))
	if form.Refused(err) {
		return p.renderDecline(c.Status(fiber.StatusUnprocessableEntity), form)
	}
	if err != nil {
		return tooLateAt(c, "/i/"+c.Params("token"), err)
	}
	kit.Flash(c, kit.Good, "decline.done")
	return c.Redirect("/i/"+c.Params("token"), fiber.StatusSeeOther)
}

// InvitationReconsider gives somebody who has declined the invitation of the link it back.
func (p *Pages) InvitationReconsider(c *fiber.Ctx) error {
	if _, err := p.app.Delegates.ReconsiderInvitation(asGuest(c), c.Params("token")); err != nil {
		return tooLateAt(c, "/i/"+c.Params("token"), err)
	}
	return c.Redirect("/i/"+c.Params("token"), fiber.StatusSeeOther)
}

// asGuest names whoever has the link of an invitation as the author of what follows,
// unless a staff member is signed in.
func asGuest(c *fiber.Ctx) context.Context {
	if kit.Staff(c) != nil {
		return c.UserContext()
	}
	return audit.As(c.UserContext(), audit.Guest)
}

// declinePage is delegate/decline.html.
type declinePage struct {
	kit.Frame
	Form    *kit.Form
	Instead string // where they take part after all
}

// Decline asks somebody who was invited whether they mean it, with one button: programs
// that open links in letters must not decline for them.
func (p *Pages) Decline(c *fiber.Ctx) error {
	o, _, err := p.open(c, "decline.title")
	if err != nil {
		return err
	}
	if !o.Delegate.State.Unanswered() {
		return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
	}
	return kit.Render(c, "delegate/decline", declinePage{Frame: o.Frame, Form: kit.NewForm(c, nil), Instead: "/r/" + o.Token + "/edit"})
}

// DeclineConfirm declines the invitation.
func (p *Pages) DeclineConfirm(c *fiber.Ctx) error {
	o, _, err := p.open(c, "decline.title")
	if err != nil {
		return err
	}
	if !o.Delegate.State.Unanswered() { // a button pressed twice
		return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
	}
	form := kit.Posted(c)
	_, err = p.app.Delegates.Withdraw(asDelegate(c, o.Delegate), o.Delegate.ID, form.Value("reason"))
	if form.Refused(err) {
		return kit.Render(c.Status(fiber.StatusUnprocessableEntity), "delegate/decline", declinePage{Frame: o.Frame, Form: form, Instead: "/r/" + o.Token + "/edit"})
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "decline.done")
	return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
}

// Reconsider gives somebody who has declined the invitation back, to be answered.
func (p *Pages) Reconsider(c *fiber.Ctx) error {
	o, _, err := p.open(c, "own.title")
	if err != nil {
		return err
	}
	if _, err = p.app.Delegates.Reconsider(asDelegate(c, o.Delegate), o.Delegate.ID); err != nil {
		return tooLate(c, o, err)
	}
	return c.Redirect("/r/"+o.Token+"/edit", fiber.StatusSeeOther)
}
