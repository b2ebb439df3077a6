package delegate

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

type registerPage struct {
	kit.Frame
	Form    *kit.Form
	Options options
	Closes  string
	State   event.RegistrationState
	Opens   string
	Full    bool // who registers now waits
	Late    bool // it closed while the form was filled in: what was typed is shown, and cannot be sent
	Listing listingAsked
	Consent consentText

	Delegations bool // cities' focal points nominate theirs

	Questions kit.Questions
	Draft     string    // the token of the form's draft, if it is kept
	Invited   invitedBy // the invitation that was chosen, if any
}

// Register shows the form, or says why there is none.
func (p *Pages) Register(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	return p.renderRegister(c, e, kit.NewForm(c, nil))
}

func (p *Pages) renderRegister(c *fiber.Ctx, e event.Event, filled *kit.Form) error {
	print := kit.Printer(c)
	opts, invited, err := p.choices(c, e, filled)
	if err != nil {
		return err
	}
	typed := c.Method() == fiber.MethodPost || filled.Value(draftField) != "" // what an invitation fills in is not
	late := e.RegistrationState(p.app.Clock()) == event.RegistrationClosed && typed
	if c, ok := e.Category(filled.Value("category")); late && ok {
		opts.Categories = []kit.Option{{Value: c.ID, Label: e.CategoryLabel(print, c.ID)}}
	}
	f, err := p.frame(c, e, print.T("register.title"))
	if err != nil {
		return err
	}
	full, err := p.app.Delegates.Full(c.UserContext(), e)
	if err != nil {
		return err
	}
	questions, err := p.questions(c, e, filled, opts.categories(), form.AtRegistration)
	if err != nil {
		return err
	}
	text, err := p.consent(c, e)
	if err != nil {
		return err
	}
	return kit.Render(c, "delegate/register", registerPage{
		Full: full, Consent: text, Questions: questions, Draft: filled.Value(draftField), Invited: invited,
		Frame: f, Form: filled, Options: opts, Listing: askListing(e, filled),
		State: e.RegistrationState(p.app.Clock()),
		Late:  late,

		Delegations: e.Registration.Delegation > 0,
		Opens:       print.DateTime(e.Registration.Opens.In(e.Location())),
		Closes:      kit.Closing(print, e.Registration.Closes.In(e.Location())),
	})
}

// offered are the categories that are open at this instant to somebody with the
// invitation, or to anybody with none.
func (p *Pages) offered(print *i18n.Printer, e event.Event, i delegate.Invitation) []kit.Option {
	var list []kit.Option
	for _, c := range i.Offered(e, p.app.Clock()) {
		list = append(list, kit.Option{Value: c.ID, Label: e.CategoryLabel(print, c.ID)})
	}
	return list
}

// Submit takes the form. The answer is the same for everybody: whether an
// address is registered already is told to that address alone.
func (p *Pages) Submit(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	form := labelled(kit.Posted(c))
	if form.Value("do") == "code" {
		return p.enterCode(c, e, form, p.renderRegister)
	}
	limits := p.app.Config.Limits
	err = kit.Limit(c, "register", limits.RegisterPerAddress, form.Value("email"), limits.RegisterPerEmail)
	if problem.KindOf(err) == problem.TooMany && err != nil {
		return p.tooMany(c, e, form, p.renderRegister, err)
	}
	if err != nil {
		return err
	}
	err = p.register(c, e, form)
	if problem.KindOf(err) == problem.Gone && err != nil && e.RegistrationState(p.app.Clock()) == event.RegistrationClosed {
		c.Status(fiber.StatusGone) // it closed while they were filling it in
		return p.renderRegister(c, e, form)
	}
	if form.Refused(err) {
		c.Status(fiber.StatusUnprocessableEntity)
		return p.renderRegister(c, e, form)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/e/"+e.Slug+"/register/sent", fiber.StatusSeeOther)
}

// SubmitAgain shows a form that came without its proof, with all that was typed.
func (p *Pages) SubmitAgain(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	return p.renderRegister(c, e, again(c))
}

// again is a form that has to be sent once more.
func again(c *fiber.Ctx) *kit.Form {
	f := labelled(kit.Posted(c))
	f.Message = f.T("error.forged.form")
	return f
}

func (p *Pages) register(c *fiber.Ctx, e event.Event, f *kit.Form) error {
	typed, err := p.typed(c, e, f)
	if err != nil {
		return err
	}
	chosen, err := p.chosen(c, e, f)
	if err != nil {
		return err
	}
	if chosen.ID == "" {
		err = p.app.Delegates.Register(c.UserContext(), e, typed)
	} else {
		err = p.app.Delegates.RegisterBy(c.UserContext(), e, chosen, typed)
	}
	if err != nil {
		return err
	}
	return p.app.Delegates.DropDraft(c.UserContext(), f.Value(draftField))
}

// render shows a form.
type render func(*fiber.Ctx, event.Event, *kit.Form) error

// tooMany shows the form again with all that was typed.
func (p *Pages) tooMany(c *fiber.Ctx, e event.Event, form *kit.Form, again render, err error) error {
	var told *problem.Error
	if errors.As(err, &told) {
		form.Message = form.T(told.Key, told.Args...)
	}
	return again(c.Status(fiber.StatusTooManyRequests), e, form)
}

type eventPage struct {
	kit.Frame
	Slug string
}

// Sent tells where to look next.
func (p *Pages) Sent(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	f, err := p.frame(c, e, kit.Printer(c).T("register.sent.title"))
	if err != nil {
		return err
	}
	return kit.Render(c, "delegate/sent", eventPage{Frame: f, Slug: e.Slug})
}

type verifyPage struct {
	kit.Frame
	Typed delegate.Form // what is to be confirmed
	Gone  string        // why the link no longer works
	Slug  string

	Over    string // why the invitation no longer holds
	Without bool   // they may go on without it
}

// Verify asks to confirm with a button: programs that open links in letters
// before their readers do must not use the link up.
func (p *Pages) Verify(c *fiber.Ctx) error {
	private(c)
	v, err := p.app.Delegates.ByVerifyLink(c.UserContext(), c.Params("token"))
	return p.renderVerify(c, v, err)
}

// VerifyConfirm uses the link up and leads to the delegate's own page.
func (p *Pages) VerifyConfirm(c *fiber.Ctx) error {
	private(c)
	verify := p.app.Delegates.Verify
	if kit.Posted(c).Checked("without") {
		verify = p.app.Delegates.VerifyWithout
	}
	d, err := verify(c.UserContext(), c.Params("token"))
	if problem.KindOf(err) == problem.Gone && err != nil {
		if d, ok, err := p.app.Delegates.JustVerified(c.UserContext(), c.Params("token")); ok || err != nil {
			return toOwn(c, p.app.Delegates.ManageToken(d), err)
		}
		v, err := p.app.Delegates.ByVerifyLink(c.UserContext(), c.Params("token"))
		return p.renderVerify(c, v, err)
	}
	if err != nil {
		return err
	}
	return toOwn(c, p.app.Delegates.ManageToken(d), nil)
}

// toOwn leads to the own page of the token unless there is an error.
func toOwn(c *fiber.Ctx, token string, err error) error {
	if err != nil {
		return err
	}
	return c.Redirect("/r/"+token, fiber.StatusSeeOther)
}

func (p *Pages) renderVerify(c *fiber.Ctx, v delegate.Verification, err error) error {
	var told *problem.Error
	if err != nil && (!errors.As(err, &told) || told.Kind != problem.Gone) {
		return err
	}
	e, err := p.app.Events.Get(c.UserContext(), p.app.DB, v.Event)
	if err != nil {
		return err
	}
	print := kit.Printer(c)
	f, err := p.frame(c, e, print.T("verify.title"))
	if err != nil {
		return err
	}
	page := verifyPage{Frame: f, Typed: v.Form, Slug: e.Slug}
	if told != nil {
		c.Status(fiber.StatusGone)
		page.Gone = print.T(told.Key, told.Args...)
		return kit.Render(c, "delegate/verify", page)
	}
	page.Without, err = p.app.Delegates.InvitationHolds(c.UserContext(), e, v.Form)
	if errors.As(err, &told) && told.Kind == problem.Gone {
		page.Over, err = print.T(told.Key, told.Args...), nil
	}
	if err != nil {
		return err
	}
	return kit.Render(c, "delegate/verify", page)
}

type linkPage struct {
	kit.Frame
	Form *kit.Form
	Slug string
}

// Link asks for the address to which the lost link goes.
func (p *Pages) Link(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	return p.renderLink(c, e, kit.NewForm(c, nil))
}

func (p *Pages) renderLink(c *fiber.Ctx, e event.Event, form *kit.Form) error {
	f, err := p.frame(c, e, kit.Printer(c).T("link.title"))
	if err != nil {
		return err
	}
	return kit.Render(c, "delegate/link", linkPage{Frame: f, Form: form, Slug: e.Slug})
}

// linkTakes is how long it takes to ask for a lost link, whoever asks.
const linkTakes = 200 * time.Millisecond

// SendLink writes to the address, if somebody is registered under it, and
// answers the same if nobody is.
func (p *Pages) SendLink(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	form := labelled(kit.Posted(c))
	limits := p.app.Config.Limits
	if err := kit.Limit(c, "link", limits.LinkPerAddress, form.Value("email"), limits.LinkPerEmail); err != nil {
		return err
	}
	begun := time.Now()
	err = p.app.Delegates.SendLink(c.UserContext(), e, form.Value("email"))
	if form.Refused(err) {
		c.Status(fiber.StatusUnprocessableEntity)
		return p.renderLink(c, e, form)
	}
	if err != nil {
		return err
	}
	// Writing a letter takes longer than finding nobody, which must not show.
	time.Sleep(time.Until(begun.Add(linkTakes)))
	kit.Flash(c, kit.Good, "link.sent")
	return c.Redirect("/e/"+e.Slug+"/register/link", fiber.StatusSeeOther)
}
