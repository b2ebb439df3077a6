package desk

import (
	"context"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"convene/internal/consent"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/privacy"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// privacyPage is desk/privacy.html.
type privacyPage struct {
	kit.Frame
	Path      string
	Keep      *kit.Form
	PutOff    *kit.Form
	PutOffWhy string // why it was put off, by whom
	Invented  bool   // a rehearsal's people are never erased for their age
	Dues      []dueLine
	Plans     []planLine
	Texts     []consentLine
	Times     string
}

// dueLine is what will be erased, and when.
type dueLine struct {
	What, When string
	Count      string
	State      Pill
}

// planLine is what was announced or done.
type planLine struct {
	What          string
	Announced, At Moment
	Ended         Moment
	Count, Kinds  string
	Pill          Pill
}

// consentLine is a language's text.
type consentLine struct {
	Language, Href string
	Own            bool
	Number         string
	At             Moment
}

// Privacy shows what people agree to, when their data goes, and what went.
func (s *Pages) Privacy(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.renderPrivacy(c, e, nil, nil)
}

func (s *Pages) renderPrivacy(c *fiber.Ctx, e event.Event, keep, putOff *kit.Form) error {
	frame, err := s.frame(c, &e, kit.DeskPrivacy, kit.Printer(c).T("privacy.desk.title"))
	if err != nil {
		return err
	}
	if keep == nil {
		keep = kit.NewForm(c, keepValues(e))
	}
	if putOff == nil {
		putOff = kit.NewForm(c, nil)
	}
	p, clock := frame.Printer, s.clock(frame.Printer, &e)
	keep.Labels = map[string]string{"months": p.T("privacy.desk.months")}
	putOff.Labels = map[string]string{"until": p.T("privacy.desk.until"), "reason": p.T("privacy.desk.reason")}
	page := privacyPage{Frame: frame, Path: deskPath(e, kit.DeskPrivacy), Keep: keep, PutOff: putOff, Invented: e.Rehearsal, Times: clock.zoneNote(&e)}
	if r := e.Retention; !r.PutOff.IsZero() {
		page.PutOffWhy = p.T("privacy.desk.was_put_off", "Day", p.Date(r.PutOff.In(e.Location())), "By", r.By, "Reason", r.Reason)
	}
	ctx := c.UserContext()
	if page.Texts, err = s.consentLines(ctx, clock, e); err != nil {
		return err
	}
	if err := s.fillPlans(ctx, &page, clock, e); err != nil {
		return err
	}
	return kit.Render(c, "desk/privacy", page)
}

// fillPlans tells what is due, what was announced and what was done.
func (s *Pages) fillPlans(ctx context.Context, page *privacyPage, clock clock, e event.Event) error {
	plans, err := s.app.Privacy.Plans(ctx, e)
	if err != nil {
		return err
	}
	dues, err := s.app.Privacy.Dues(ctx, e)
	if err != nil {
		return err
	}
	for _, due := range dues {
		line := dueLine{What: s.whatGoes(ctx, page.Printer, e, due.What), When: page.Date(due.At.In(e.Location())), State: Pill{Class: "neutral", Label: page.T("privacy.plan.later")}}
		if i := slices.IndexFunc(plans, func(p privacy.Plan) bool { return p.Open && p.What == due.What }); i >= 0 {
			line.When, line.State = page.Date(plans[i].At.In(e.Location())), erasurePill(page.Printer, plans[i])
		}
		n, _, err := s.app.Privacy.Count(ctx, e, due.What)
		if err != nil {
			return err
		}
		line.Count = page.Number(n)
		page.Dues = append(page.Dues, line)
	}
	for _, plan := range plans {
		page.Plans = append(page.Plans, planLine{
			What: s.whatGoes(ctx, page.Printer, e, plan.What), Announced: clock.moment(plan.Announced), At: clock.moment(plan.At),
			Ended: clock.moment(plan.Ended), Count: page.Number(max(plan.Erased, plan.Count)), Kinds: kindsOf(page.Printer, plan), Pill: erasurePill(page.Printer, plan),
		})
	}
	return nil
}

// whatGoes names what is erased: everything of everybody, or answers to a question.
func (s *Pages) whatGoes(ctx context.Context, p *i18n.Printer, e event.Event, what string) string {
	if what == privacy.People {
		return p.T("privacy.plan.people")
	}
	set, err := s.app.Forms.Of(ctx, e.ID)
	if err != nil {
		return what
	}
	q, _ := set.Question(what)
	return p.T("privacy.plan.answers", "Question", p.Text(q.Label))
}

// kindsOf tells how many of which state a plan concerned.
func kindsOf(p *i18n.Printer, plan privacy.Plan) string {
	text := ""
	for _, state := range delegate.States {
		n := plan.States[state]
		if n == 0 {
			continue
		}
		if text != "" {
			text += " · "
		}
		text += statePill(p, state).Label + " " + p.Number(n)
	}
	return text
}

func erasurePill(p *i18n.Printer, plan privacy.Plan) Pill {
	switch {
	case plan.GivenUp:
		return Pill{Class: "neutral", Label: p.T("privacy.plan.given_up")}
	case !plan.Ended.IsZero():
		return Pill{Class: "good", Label: p.T("privacy.plan.done")}
	case !plan.Begun.IsZero():
		return Pill{Class: "wait", Label: p.T("privacy.plan.begun")}
	}
	return Pill{Class: "wait", Label: p.T("privacy.plan.announced")}
}

func keepValues(e event.Event) url.Values {
	return url.Values{"months": {strconv.Itoa(e.KeepMonths())}}
}

// PrivacyKeep changes for how long data is kept.
func (s *Pages) PrivacyKeep(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.KeepFor(c.UserContext(), e.ID, func(now event.Event) (string, error) {
		merged, err := form.Onto(keepValues(now), nil)
		return merged.Value("months"), err
	})
	if status, refused := s.refused(c, e, form, "event/"+e.ID, err); refused {
		return s.renderPrivacy(c.Status(status), e, form, nil)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "privacy.desk.saved")
	return c.Redirect(deskPath(e, kit.DeskPrivacy), fiber.StatusSeeOther)
}

// PrivacyPutOff has data kept for longer, for a reason.
func (s *Pages) PrivacyPutOff(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.PutOff(c.UserContext(), e.ID, form.Value("until"), form.Value("reason"))
	if form.Refused(err) {
		return s.renderPrivacy(c.Status(fiber.StatusUnprocessableEntity), e, nil, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "privacy.desk.saved")
	return c.Redirect(deskPath(e, kit.DeskPrivacy), fiber.StatusSeeOther)
}

func (s *Pages) consentLines(ctx context.Context, clock clock, e event.Event) ([]consentLine, error) {
	var list []consentLine
	for _, lang := range s.app.Catalogue.Languages() {
		t, err := s.app.Consents.Latest(ctx, e, lang)
		if err != nil {
			return nil, err
		}
		line := consentLine{Language: clock.print.LanguageName(lang), Href: deskPath(e, kit.DeskPrivacy, lang), Own: t.Text != "", At: clock.moment(t.At)}
		if t.Number > 0 {
			line.Number = strconv.Itoa(t.Number)
		}
		list = append(list, line)
	}
	return list, nil
}

// consentPage is desk/consent.html.
type consentPage struct {
	kit.Frame
	Crumbs   []kit.Link
	Path     string
	Form     *kit.Form
	Language string
	Dir      string
	Seen     int
	Usual    [][]kit.Piece // the program's text
	Versions []consentVersion
	Times    string
}

type consentVersion struct {
	Number, Href, By string
	At               Moment
	Usual            bool // from then on the program's text held
}

// consentLanguage reads which language's text the address names.
func (s *Pages) consentLanguage(c *fiber.Ctx) (event.Event, string, error) {
	e, err := s.event(c)
	lang := c.Params("language")
	if err == nil && !slices.Contains(s.app.Catalogue.Languages(), lang) {
		err = fiber.ErrNotFound
	}
	return e, lang, err
}

// Consent shows a language's text, to be edited, with its versions.
func (s *Pages) Consent(c *fiber.Ctx) error {
	e, lang, err := s.consentLanguage(c)
	if err != nil {
		return err
	}
	t, err := s.app.Consents.Latest(c.UserContext(), e, lang)
	if err != nil {
		return err
	}
	return s.renderConsent(c, e, lang, kit.NewForm(c, url.Values{"text": {t.Text}, "seen": {strconv.Itoa(t.Number)}}))
}

func (s *Pages) renderConsent(c *fiber.Ctx, e event.Event, lang string, form *kit.Form) error {
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskPrivacy, p.T("privacy.consent.edit"))
	if err != nil {
		return err
	}
	versions, err := s.app.Consents.Versions(c.UserContext(), e, lang)
	if err != nil {
		return err
	}
	clock := s.clock(p, &e)
	form.Labels = map[string]string{"text": p.T("privacy.consent.text")}
	seen, _ := strconv.Atoi(form.Value("seen")) // anything else is seen to be old
	page := consentPage{
		Frame: frame, Path: deskPath(e, kit.DeskPrivacy, lang), Form: form, Language: lang, Dir: i18n.Direction(lang), Seen: seen,
		Crumbs: []kit.Link{{Href: deskPath(e, kit.DeskPrivacy), Label: p.T("privacy.desk.title")}, {Label: p.LanguageName(lang)}},
		Usual:  kit.Prose(s.app.Consents.Default(e, lang)), Times: clock.zoneNote(&e),
	}
	for _, v := range versions {
		page.Versions = append(page.Versions, consentVersion{
			Number: strconv.Itoa(v.Number), Href: consentHref(e, v.ID), By: v.By, At: clock.moment(v.At), Usual: v.Text == "",
		})
	}
	return kit.Render(c, "desk/consent", page)
}

// ConsentSave makes a new version of a language's text.
func (s *Pages) ConsentSave(c *fiber.Ctx) error {
	e, lang, err := s.consentLanguage(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	seen, err := strconv.Atoi(form.Value("seen"))
	if err != nil {
		return fiber.ErrBadRequest
	}
	_, err = s.app.Consents.Save(c.UserContext(), e, lang, form.Value("text"), seen)
	if form.Refused(err) {
		if problem.KindOf(err) == problem.Conflict { // the other's text is among the versions; sending this one again replaces it
			latest, err := s.app.Consents.Latest(c.UserContext(), e, lang)
			if err != nil {
				return err
			}
			form.Values.Set("seen", strconv.Itoa(latest.Number))
		}
		return s.renderConsent(c.Status(fiber.StatusUnprocessableEntity), e, lang, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "privacy.consent.saved")
	return c.Redirect(deskPath(e, kit.DeskPrivacy, lang), fiber.StatusSeeOther)
}

// consentTextPage is desk/consent_text.html.
type consentTextPage struct {
	kit.Frame
	Crumbs   []kit.Link
	Heading  string
	Language string
	Since    Moment
	Lines    [][]kit.Piece
}

func consentHref(e event.Event, id string) string {
	return deskPath(e, kit.DeskPrivacy, "texts", base64.RawURLEncoding.EncodeToString([]byte(id)))
}

// ConsentText shows one version, as whoever agreed to it saw it.
func (s *Pages) ConsentText(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	id, err := base64.RawURLEncoding.DecodeString(c.Params("text"))
	if err != nil {
		return fiber.ErrNotFound
	}
	t, err := s.app.Consents.Get(c.UserContext(), e, string(id))
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskPrivacy, p.T("privacy.consent.title"))
	if err != nil {
		return err
	}
	return kit.Render(c, "desk/consent_text", consentTextPage{
		Frame: frame, Heading: consentTitle(p, t), Language: t.Language, Since: s.clock(p, &e).moment(t.At), Lines: kit.Prose(t.Text),
		Crumbs: []kit.Link{{Href: deskPath(e, kit.DeskPrivacy), Label: p.T("privacy.desk.title")}, {Label: consentTitle(p, t)}},
	})
}

// consentTitle names a version: of which language, and its number.
func consentTitle(p *i18n.Printer, t consent.Text) string {
	if t.Number == 0 {
		return p.T("privacy.consent.usual", "Language", p.LanguageName(t.Language))
	}
	return p.T("privacy.consent.version", "Language", p.LanguageName(t.Language), "Number", t.Number)
}

// agreedTo names the text that somebody agreed to, and where it is to be read; both
// are empty where none is on record.
func (s *Pages) agreedTo(ctx context.Context, p *i18n.Printer, e event.Event, d delegate.Delegate) (kit.Link, error) {
	if d.Consent.At.IsZero() {
		return kit.Link{}, nil
	}
	t, err := s.app.Consents.Get(ctx, e, d.Consent.Version)
	if problem.KindOf(err) == problem.NotFound && err != nil { // from before texts were kept
		return kit.Link{}, nil
	}
	return kit.Link{Href: consentHref(e, t.ID), Label: consentTitle(p, t)}, err
}

// DelegateData hands out everything that is kept of a person.
func (s *Pages) DelegateData(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	document, err := s.app.Privacy.Export(c.UserContext(), d, p.T("privacy.about"), p.Text(e.Title))
	if err != nil {
		return err
	}
	return kit.SendJSON(c, e.Slug+"-data.json", document)
}

// erasePage is desk/erase.html.
type erasePage struct {
	kit.Frame
	Crumbs []kit.Link
	Form   *kit.Form
	Name   string
	Path   string
}

// Erase asks once more whether everything about somebody shall go, and why.
func (s *Pages) Erase(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if err != nil {
		return err
	}
	return s.renderErase(c, e, d, kit.NewForm(c, nil))
}

func (s *Pages) renderErase(c *fiber.Ctx, e event.Event, d delegate.Delegate, form *kit.Form) error {
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskDelegates, p.T("privacy.erase.desk_title"))
	if err != nil {
		return err
	}
	path := deskPath(e, "delegates", d.ID)
	form.Labels = map[string]string{"reason": p.T("privacy.desk.reason")}
	return kit.Render(c, "desk/erase", erasePage{
		Frame: frame, Form: form, Name: d.Name, Path: path,
		Crumbs: []kit.Link{{Href: deskPath(e, "delegates"), Label: p.T("board.delegates.title")}, {Href: path, Label: d.Name}, {Label: frame.Title}},
	})
}

// EraseConfirm erases it.
func (s *Pages) EraseConfirm(c *fiber.Ctx) error {
	e, d, err := s.delegate(c)
	if problem.KindOf(err) == problem.NotFound && err != nil && e.ID != "" { // a second press of the button
		kit.Flash(c, kit.Good, "privacy.erase.done")
		return c.Redirect(deskPath(e, "delegates"), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	err = s.app.Privacy.Erase(c.UserContext(), d.ID, form.Value("reason"))
	if form.Refused(err) {
		return s.renderErase(c.Status(fiber.StatusUnprocessableEntity), e, d, form)
	}
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return err
	}
	kit.Flash(c, kit.Good, "privacy.erase.done")
	return c.Redirect(deskPath(e, "delegates"), fiber.StatusSeeOther)
}
