package door

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"convene/internal/badge"
	"convene/internal/delegate"
	"convene/internal/door"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/web/kit"
)

type walkInPage struct {
	kit.Frame
	Form       *kit.Form
	Action     string
	Back       string
	ScanID     string
	Categories []kit.Option
	Countries  []kit.Option
	Languages  []kit.Option
	Questions  kit.Questions
	Consents   []consentText
	Agreed     map[string]string // the id of the text, by the language of the letters
	Known      []knownPerson     // who may be the same person
	Warned     string            // the name that they were found by
	Full       bool
	Organiser  bool
}

// consentText is what somebody agrees to at the door, in a language.
type consentText struct {
	Lang    string
	Summary string
	Lines   [][]kit.Piece
}

// agreedField names the field that has the id of the text in the language.
func agreedField(lang string) string { return "agreed-" + lang }

// knownPerson is somebody who is registered under a name like the one typed.
type knownPerson struct{ Name, Note, State, Pill, Href string }

// WalkIn shows the form for somebody who comes without having registered.
func (p *Pages) WalkIn(c *fiber.Ctx) error {
	e, g, err := p.gate(c)
	if err != nil {
		return err
	}
	return p.renderWalkIn(c, e, g, walkInPage{Form: kit.NewForm(c, nil), ScanID: store.NewID()})
}

func walkInPath(e event.Event, g event.Gate) string {
	return "/door/e/" + e.Slug + "/" + g.ID + "/walk-in"
}

func (p *Pages) renderWalkIn(c *fiber.Ctx, e event.Event, g event.Gate, page walkInPage) error {
	print := kit.Printer(c)
	page.Frame = kit.NewFrame(c, print.T("walk_in.title"))
	page.ForDoor(e, g.Name)
	page.Frame.Scripts = []string{"question.js"}
	page.Action, page.Back = walkInPath(e, g), "/door/e/"+e.Slug+"/"+g.ID
	page.Organiser = kit.Staff(c).MayOrganise()
	page.Categories = p.walking(print, e, page.Organiser)
	page.Countries = []kit.Option{{Label: print.T("register.choose")}}
	for _, country := range print.Countries() {
		page.Countries = append(page.Countries, kit.Option{Value: country.Code, Label: country.Name})
	}
	for _, lang := range p.app.Catalogue.Languages() {
		page.Languages = append(page.Languages, kit.Option{Value: lang, Label: print.LanguageName(lang), Lang: lang, Selected: lang == print.Lang()})
	}
	set, err := p.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	ids := make([]string, len(page.Categories))
	for i, o := range page.Categories {
		ids[i] = o.Value
	}
	page.Questions = kit.QuestionsOf(page.Form, kit.Asked{
		Event: e, Set: set, Moments: []form.Moment{form.AtDoor}, Categories: ids, Now: p.app.Clock(),
		Files: kit.FileNames(c, p.app.Forms, e.ID),
	})
	page.Form.Labels = map[string]string{"category": print.T("walk_in.category"), "reason": print.T("walk_in.reason")}
	for _, name := range []string{"name", "organisation", "country", "email", "language"} {
		page.Form.Labels[name] = print.T("register." + name)
	}
	for _, q := range set.Questions {
		page.Form.Labels[q.Field()] = print.Text(q.Label)
	}
	if page.Consents, page.Agreed, err = p.consents(c, e); err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return kit.Render(c, "door/walk_in", page)
}

// consents are the texts that people agree to now, each once, and which of them is
// that of each language.
func (p *Pages) consents(c *fiber.Ctx, e event.Event) (list []consentText, agreed map[string]string, err error) {
	agreed, shown := map[string]string{}, map[string]bool{}
	for _, lang := range p.app.Catalogue.Languages() {
		t, err := p.app.Consents.Current(c.UserContext(), e, lang)
		if err != nil {
			return nil, nil, err
		}
		agreed[lang] = t.ID
		if shown[t.ID] {
			continue
		}
		shown[t.ID] = true
		summary := p.app.Catalogue.For(t.Language).T("privacy.read")
		list = append(list, consentText{Lang: t.Language, Summary: summary, Lines: kit.Prose(t.Text)})
	}
	return list, agreed, nil
}

// walking lists the categories that may be chosen, the only one chosen already.
func (p *Pages) walking(print *i18n.Printer, e event.Event, organiser bool) []kit.Option {
	categories := e.WalkIns()
	if organiser {
		categories = e.Categories()
	}
	var list []kit.Option
	if len(categories) > 1 {
		list = append(list, kit.Option{Label: print.T("walk_in.choose")})
	}
	for _, category := range categories {
		list = append(list, kit.Option{Value: category.ID, Label: e.CategoryLabel(print, category.ID)})
	}
	return list
}

// WalkInDo registers them, and shows their badge. Who may be registered already is
// shown before.
func (p *Pages) WalkInDo(c *fiber.Ctx) error {
	e, g, err := p.gate(c)
	if err != nil {
		return err
	}
	filled := kit.Posted(c)
	page := walkInPage{Form: filled, ScanID: filled.Value("id")}
	name := person.Tidy(filled.Value("name"))
	if filled.Value("anyway") != name {
		if page.Known, err = p.known(c, e, g, name); err != nil {
			return err
		}
	}
	if len(page.Known) > 0 {
		// A button pressed twice is not told of whom it registered itself.
		done, ok, err := p.app.Door.WalkedIn(c.UserContext(), walkInID(e, g, filled))
		if err != nil {
			return err
		}
		if ok {
			return c.Redirect(walkInPath(e, g)+"/"+done.ID, fiber.StatusSeeOther)
		}
		page.Warned = name
		return p.renderWalkIn(c.Status(fiber.StatusConflict), e, g, page)
	}
	d, err := p.walkIn(c, e, g, filled)
	if filled.Refused(err) {
		switch keyOf(err) {
		case delegate.ProblemKnown:
			page.Known, filled.Message = []knownPerson{p.knownPerson(kit.Printer(c), e, g, d)}, ""
		case delegate.ProblemFull:
			page.Full, filled.Message = true, ""
		}
		page.Warned = filled.Value("anyway")
		return p.renderWalkIn(c.Status(statusOf(err)), e, g, page)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "walk_in.done")
	return c.Redirect(walkInPath(e, g)+"/"+d.ID, fiber.StatusSeeOther)
}

// keyOf is the key of a problem's message.
func keyOf(err error) string {
	var told *problem.Error
	if !errors.As(err, &told) {
		return ""
	}
	return told.Key
}

func statusOf(err error) int {
	if problem.KindOf(err) == problem.Conflict {
		return fiber.StatusConflict
	}
	return fiber.StatusUnprocessableEntity
}

func (p *Pages) walkIn(c *fiber.Ctx, e event.Event, g event.Gate, filled *kit.Form) (delegate.Delegate, error) {
	set, err := p.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return delegate.Delegate{}, err
	}
	answers, err := kit.Answers(c, p.app.Forms, filled, set)
	if err != nil {
		return delegate.Delegate{}, err
	}
	w := delegate.WalkIn{
		Form: delegate.Form{
			Name: filled.Value("name"), Organisation: filled.Value("organisation"), Country: filled.Value("country"),
			Category: filled.Value("category"), Email: filled.Value("email"), Language: filled.Value("language"),
			Consent: filled.Checked("consent"), Agreed: filled.Value(agreedField(filled.Value("language"))), Answers: answers,
		},
		Organiser: kit.Staff(c).MayOrganise(), Beyond: filled.Checked("beyond"), Reason: filled.Value("reason"),
	}
	r := door.Request{ID: walkInID(e, g, filled), Gate: g.ID, Staff: kit.Staff(c).ID}
	return p.app.Door.WalkIn(c.UserContext(), e, r, w)
}

// walkInID is the form's id. Who was typed is part of it, so that a form that was gone
// back to and filled in for somebody else brings no answer for the one before.
func walkInID(e event.Event, g event.Gate, filled *kit.Form) string {
	return scanID(filled.Value("id"), e.ID, door.Request{Gate: g.ID, Code: filled.Value("name") + "\n" + filled.Value("email")})
}

// knownShown is how many people of a like name are shown.
const knownShown = 5

// known finds who is registered under a name like that.
func (p *Pages) known(c *fiber.Ctx, e event.Event, g event.Gate, name string) ([]knownPerson, error) {
	if name == "" {
		return nil, nil
	}
	found, err := p.app.Delegates.Find(c.UserContext(), e.ID, delegate.Filter{Text: name}, "", knownShown)
	if err != nil {
		return nil, err
	}
	var list []knownPerson
	for _, d := range found.Items {
		list = append(list, p.knownPerson(kit.Printer(c), e, g, d))
	}
	return list, nil
}

func (p *Pages) knownPerson(print *i18n.Printer, e event.Event, g event.Gate, d delegate.Delegate) knownPerson {
	k := knownPerson{
		Name: d.Name, Note: d.Organisation + " · " + print.Country(d.Country), State: print.T("state." + string(d.State)), Pill: string(d.State),
		Href: walkInPath(e, g) + "/" + d.ID,
	}
	if !d.Arrived.IsZero() {
		k.State, k.Pill = print.T("state.arrived"), "arrived"
	}
	return k
}

type personPage struct {
	kit.Frame
	Person  delegate.Delegate
	Card    kit.BadgeCard
	Next    string // the form for the next one
	Back    string
	Code    string // of the badge; empty: none holds
	ScanID  string
	Arrived string
}

// Person shows somebody who is registered at the door: their badge, to be printed or
// photographed, and whether they are in.
func (p *Pages) Person(c *fiber.Ctx) error {
	e, g, d, err := p.person(c)
	if err != nil {
		return err
	}
	print := kit.Printer(c)
	page := personPage{
		Frame: kit.NewFrame(c, print.T("walk_in.person")), Person: d, Next: walkInPath(e, g), Back: "/door/e/" + e.Slug + "/" + g.ID, ScanID: store.NewID(),
	}
	page.ForDoor(e, g.Name)
	page.Frame.Scripts = []string{"print.js"}
	if page.Code, err = p.code(c, d); err != nil {
		return err
	}
	if !d.Arrived.IsZero() {
		gate, _ := e.Gate(d.ArrivedGate)
		page.Arrived = print.T("walk_in.since", "When", print.DateTime(d.Arrived.In(e.Location())), "Gate", gate.Name)
	}
	page.Card = kit.BadgeCard{
		Label: print.T("walk_in.badge"), CodeLabel: print.T("walk_in.code"), Event: page.Frame.Event, Name: d.Name, LatinName: d.LatinName,
		Organisation: d.Organisation, Place: print.Country(d.Country), Category: e.CategoryLabel(print, d.Category),
		Band: kit.BandOf(e, d.Category), Image: walkInPath(e, g) + "/" + d.ID + "/badge.png",
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return kit.Render(c, "door/person", page)
}

func (p *Pages) person(c *fiber.Ctx) (event.Event, event.Gate, delegate.Delegate, error) {
	e, g, err := p.gate(c)
	if err != nil {
		return e, g, delegate.Delegate{}, err
	}
	d, err := p.app.Delegates.Get(c.UserContext(), c.Params("id"))
	if err == nil && d.Event != e.ID {
		err = problem.New(problem.NotFound, "problem.delegate_not_found")
	}
	return e, g, d, err
}

// code is the text of the badge that holds, empty if none does.
func (p *Pages) code(c *fiber.Ctx, d delegate.Delegate) (string, error) {
	if d.Badge == "" {
		return "", nil
	}
	b, err := p.app.Badges.Get(c.UserContext(), p.app.DB, d.Badge)
	if err != nil {
		return "", err
	}
	return p.app.Badges.Code(b)
}

// PersonCode draws the code of the person's badge.
func (p *Pages) PersonCode(c *fiber.Ctx) error {
	_, _, d, err := p.person(c)
	if err != nil {
		return err
	}
	code, err := p.code(c, d)
	if err != nil {
		return err
	}
	if code == "" {
		return fiber.ErrNotFound
	}
	picture, err := badge.DrawPNG(code, 600)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/png")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(picture)
}
