package delegate

import (
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"convene/internal/audit"
	"convene/internal/consent"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// consentText is what somebody agrees to, as pages show it.
type consentText struct {
	ID    string
	Lang  string // of the text, when it is not the page's
	Lines [][]kit.Piece
	Long  bool // too long to stand open in a form
}

// longConsent is from how many characters on a text is folded in a form.
const longConsent = 900

func shown(t consent.Text, lang string) consentText {
	text := consentText{ID: t.ID, Lines: kit.Prose(t.Text), Long: utf8.RuneCountInString(t.Text) > longConsent}
	if t.Language != lang {
		text.Lang = t.Language
	}
	return text
}

// consent is what the reader agrees to by registering now.
func (p *Pages) consent(c *fiber.Ctx, e event.Event) (consentText, error) {
	lang := kit.Printer(c).Lang()
	t, err := p.app.Consents.Current(c.UserContext(), e, lang)
	return shown(t, lang), err
}

// consentPage is delegate/consent.html.
type consentPage struct {
	kit.Frame
	Consent consentText
	Agreed  string // when; empty: nobody in particular did
	Back    string
}

// ConsentNow shows everybody what those who register agree to.
func (p *Pages) ConsentNow(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	f, err := p.frame(c, e, kit.Printer(c).T("privacy.consent.title"))
	if err != nil {
		return err
	}
	text, err := p.consent(c, e)
	if err != nil {
		return err
	}
	return kit.Render(c, "delegate/consent", consentPage{Frame: f, Consent: text, Back: "/e/" + e.Slug + "/register"})
}

// Consent shows somebody what they agreed to when they registered.
func (p *Pages) Consent(c *fiber.Ctx) error {
	o, e, err := p.open(c, "privacy.consent.title")
	if err != nil {
		return err
	}
	agreed := o.Delegate.Consent
	t, err := p.app.Consents.Get(c.UserContext(), e, agreed.Version)
	if err != nil {
		return err
	}
	page := consentPage{Frame: o.Frame, Consent: shown(t, o.Lang()), Back: "/r/" + o.Token + "/privacy"}
	if !agreed.At.IsZero() {
		page.Agreed = o.T("privacy.consent.agreed", "When", o.DateTime(agreed.At.In(o.clock(e))))
	}
	return kit.Render(c, "delegate/consent", page)
}

// privacyPage is delegate/privacy.html.
type privacyPage struct {
	own
	Agreed string // when they agreed; empty: they did not
	Until  string // when everything goes by itself; empty: never
}

// Privacy tells somebody what is kept of them, and what they can do about it.
func (p *Pages) Privacy(c *fiber.Ctx) error {
	o, e, err := p.open(c, "privacy.title")
	if err != nil {
		return err
	}
	page := privacyPage{own: o}
	if at := o.Delegate.Consent.At; !at.IsZero() {
		page.Agreed = o.DateTime(at.In(o.clock(e)))
	}
	if until := e.KeptUntil(); !until.IsZero() {
		page.Until = o.T("privacy.until", "Day", o.Date(until.In(e.Location())))
	}
	return kit.Render(c, "delegate/privacy", page)
}

// Data hands out everything that is kept of somebody.
func (p *Pages) Data(c *fiber.Ctx) error {
	o, e, err := p.open(c, "privacy.title")
	if err != nil {
		return err
	}
	document, err := p.app.Privacy.Export(c.UserContext(), o.Delegate, o.T("privacy.about"), o.Text(e.Title))
	if err != nil {
		return err
	}
	return kit.SendJSON(c, e.Slug+"-data.json", document)
}

// Erase asks somebody once more whether everything about them shall go.
func (p *Pages) Erase(c *fiber.Ctx) error {
	o, _, err := p.open(c, "privacy.erase.title")
	if err != nil {
		return err
	}
	return kit.Render(c, "delegate/erase", o)
}

// EraseConfirm erases it.
func (p *Pages) EraseConfirm(c *fiber.Ctx) error {
	o, e, err := p.open(c, "privacy.erase.title")
	if err != nil {
		return err
	}
	// Whoever holds the link asks, also when an organiser tries it out.
	ctx := audit.As(c.UserContext(), audit.Delegate(o.Delegate.ID))
	err = p.app.Privacy.Erase(ctx, o.Delegate.ID, "")
	if err != nil && problem.KindOf(err) != problem.NotFound { // a second press of the button
		return err
	}
	return c.Redirect("/e/"+e.Slug+"/erased", fiber.StatusSeeOther)
}

// Erased says that it is done, and how to come back.
func (p *Pages) Erased(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	f, err := p.frame(c, e, kit.Printer(c).T("privacy.erased.title"))
	if err != nil {
		return err
	}
	return kit.Render(c, "delegate/erased", eventPage{Frame: f, Slug: e.Slug})
}
