package delegate

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/badge"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/feed"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/letter"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// own is what every page behind a personal link begins with.
type own struct {
	kit.Frame
	Token    string
	Delegate delegate.Delegate
	Place    string // city and country
	Category string
}

// open finds the registration that the link's token opens.
func (p *Pages) open(c *fiber.Ctx, titleKey string) (own, event.Event, error) {
	private(c)
	token := c.Params("token")
	d, err := p.app.Delegates.ByLink(c.UserContext(), token)
	if err != nil {
		return own{}, event.Event{}, err
	}
	e, err := p.app.Events.Get(c.UserContext(), p.app.DB, d.Event)
	if err != nil {
		return own{}, e, err
	}
	kit.Prefer(c, d.Language)
	print := kit.Printer(c)
	f, err := p.frame(c, e, print.T(titleKey))
	if err != nil {
		return own{}, e, err
	}
	page := own{
		Frame: f, Token: token, Delegate: d,
		Place: print.Country(d.Country), Category: e.CategoryLabel(print, d.Category),
	}
	if d.City != "" {
		city, err := p.app.Cities.Get(c.UserContext(), d.City)
		if err != nil {
			return own{}, e, err
		}
		page.Place = print.T("event.place", "City", print.Text(city.Name), "Country", print.Country(d.Country))
	}
	return page, e, nil
}

// clock is the time zone that the delegate lives by: their own, or the event's.
func (o own) clock(e event.Event) *time.Location {
	if zone, err := time.LoadLocation(o.Delegate.TimeZone); err == nil && o.Delegate.TimeZone != "" {
		return zone
	}
	return e.Location()
}

type registrationPage struct {
	own
	Editable bool
	Again    bool // they may register once more
	Slug     string

	Listing      bool // they may choose to be named in the list of participants
	Participants bool // they may read it

	Sessions string // what they have signed up for; empty: there is nothing to sign up for

	Stands     string // what the state means for them, in words
	Reconsider bool   // they have declined, and may have the invitation back

	Before string // how many stand before them on the waiting list, or until when a place is kept for their answer
	Until  string // when the place that is offered is no longer kept

	Answers []answer

	Passing passing
	History []stepLine

	Coming bool // the event is not over
	Visa   bool // they have said that they want the visa letter
}

// answer is one of the event's questions with what was answered, in words.
type answer struct{ Label, Text string }

func (p *Pages) answers(c *fiber.Ctx, e event.Event, d delegate.Delegate) ([]answer, error) {
	set, err := p.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return nil, err
	}
	print, given := kit.Printer(c), d.Wanted()
	var list []answer
	for _, q := range set.Questions {
		values := given[q.ID]
		if len(values) == 0 {
			continue
		}
		text := q.Words(print, values)
		if q.Kind == form.File {
			f, err := p.app.Files.Get(c.UserContext(), values[0])
			if err != nil {
				return nil, err
			}
			text = f.Name
		}
		list = append(list, answer{Label: print.Text(q.Label), Text: text})
	}
	return list, nil
}

// standing is the key of what a registration's state means for the delegate.
func standing(d delegate.Delegate) string {
	ended := d.State == delegate.Withdrawn && len(d.Steps) > 0
	switch {
	case d.State == delegate.Awaiting && d.Awaits == delegate.ByFocal:
		return "own.state.awaiting_focal"
	case d.MayReconsider():
		return "own.state.refused"
	case ended && strings.HasPrefix(d.Steps[len(d.Steps)-1].By, city.ActorFocal):
		return "own.state.ended_by_focal"
	}
	return "own.state." + string(d.State)
}

// Registration shows a delegate their registration.
func (p *Pages) Registration(c *fiber.Ctx) error {
	o, e, err := p.open(c, "own.title")
	if err != nil {
		return err
	}
	d, print := o.Delegate, kit.Printer(c)
	page := registrationPage{
		own:      o,
		Editable: !d.State.Over() && e.Phase(p.app.Clock()) != event.Past, Slug: e.Slug,
		Stands: print.T(standing(d)),
	}
	page.Reconsider = d.MayReconsider() && e.Phase(p.app.Clock()) != event.Past
	page.Again = !page.Reconsider && (d.State == delegate.Cancelled || d.State == delegate.Withdrawn)
	if page.Answers, err = p.answers(c, e, d); err != nil {
		return err
	}
	page.Listing, page.Participants = asksListing(d, e), p.mayReadList(d, e)
	if page.Sessions, err = p.sessionsHint(c, o); err != nil {
		return err
	}
	if page.Passing, err = p.passing(c, e, o); err != nil {
		return err
	}
	page.History = history(print, e, o)
	page.Coming = e.Phase(p.app.Clock()) != event.Past
	page.Visa = slices.Contains(d.Answers[delegate.VisaWanted], form.Yes)
	switch d.State {
	case delegate.Invited, delegate.Started:
		if d.Kept && e.Registration.Limited(d.Category) {
			page.Before = print.T("own.kept", "When", print.DateTime(d.KeptUntil.In(o.clock(e))))
		}
	case delegate.Waiting:
		n, err := p.app.Delegates.Before(c.UserContext(), d)
		if err != nil {
			return err
		}
		if page.Before = print.T("own.first"); n > 0 {
			page.Before = print.N("own.ahead", n)
		}
	case delegate.Offered:
		page.Until = print.T("own.until", "When", print.DateTime(d.OfferEnds.In(o.clock(e))))
	}
	return kit.Render(c, "delegate/registration", page)
}

// Accept takes the place that was offered to the delegate.
func (p *Pages) Accept(c *fiber.Ctx) error {
	o, _, err := p.open(c, "own.title")
	if err != nil {
		return err
	}
	if _, err := p.app.Delegates.Accept(asDelegate(c, o.Delegate), o.Delegate.ID); err != nil {
		return tooLate(c, o, err)
	}
	kit.Flash(c, kit.Good, "own.took")
	return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
}

// tooLate leads back to the own page, which tells how things stand, and says what could
// not be done any more. Any other error, and one that a script gets, is returned.
func tooLate(c *fiber.Ctx, o own, err error) error { return tooLateAt(c, "/r/"+o.Token, err) }

// tooLateAt is tooLate for another page that tells how things stand.
func tooLateAt(c *fiber.Ctx, path string, err error) error {
	var told *problem.Error
	if byScript(c) || !errors.As(err, &told) || told.Kind != problem.Gone && told.Kind != problem.Conflict {
		return err
	}
	kit.Flash(c, kit.Bad, told.Key, told.Args...)
	return c.Redirect(path, fiber.StatusSeeOther)
}

type editPage struct {
	own
	Form      *kit.Form
	Options   options
	Questions kit.Questions
	Listing   listingAsked
	Passing   passing
	Consent   consentText
	Began     string // what the form began with, as it carries it
}

// changeHints tell beside each field until when it may be changed.
func changeHints(print *i18n.Printer, e event.Event) map[string]string {
	until := print.T("change.until", "Day", print.Date(e.LastDay()))
	hints := map[string]string{"name": print.T("change.name") + " " + until}
	for _, field := range []string{"organisation", "job_title"} {
		hints[field] = until
	}
	for _, field := range []string{"latin_name", "language", "city", "country", "time_zone", "needs"} {
		hints[field] = print.T("register."+field+"_hint") + " " + until
	}
	return hints
}

// Edit shows the form with what is registered: to be changed, or to be finished by
// somebody who was invited.
func (p *Pages) Edit(c *fiber.Ctx) error {
	o, e, err := p.open(c, "own.edit.title")
	if err != nil {
		return err
	}
	if o.Delegate.State.Over() { // what stands there cannot be changed
		return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
	}
	values, err := p.values(c, e, o.Delegate)
	if err != nil {
		return err
	}
	return p.renderEdit(c, o, e, kit.NewForm(c, values))
}

// values are what the form begins with.
func (p *Pages) values(c *fiber.Ctx, e event.Event, d delegate.Delegate) (url.Values, error) {
	if d.State.Unanswered() {
		begun, err := p.app.Delegates.Begun(c.UserContext(), d.ID)
		if err != nil || begun != nil {
			return begun, err
		}
	}
	set, err := p.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return nil, err
	}
	v, err := kit.AnswerValues(c, p.app.Forms, set, d.Wanted())
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"name": d.Name, "latin_name": d.LatinName, "organisation": d.Organisation, "job_title": d.JobTitle,
		"city": d.City, "country": d.Country, "language": d.Language, "time_zone": d.TimeZone, "needs": d.Needs,
	} {
		url.Values(v).Set(name, value)
	}
	return v, nil
}

func (p *Pages) renderEdit(c *fiber.Ctx, o own, e event.Event, filled *kit.Form) error {
	opts, err := p.options(c.UserContext(), kit.Printer(c), nil)
	if err != nil {
		return err
	}
	moments := []form.Moment{form.AtRegistration, form.Later}
	if o.Delegate.State.Unanswered() {
		moments = moments[:1]
	}
	questions, err := p.questions(c, e, filled, []string{o.Delegate.Category}, moments...)
	if err != nil {
		return err
	}
	text, err := p.consent(c, e)
	if err != nil {
		return err
	}
	filled.Hints = map[string]string{}
	if !o.Delegate.State.Unanswered() {
		filled.Hints = changeHints(kit.Printer(c), e)
	}
	if o.Delegate.InDelegation() {
		opts.onlyCity(o.Delegate.City)
		filled.Hints["city"] = filled.T("change.city")
	}
	page := editPage{own: o, Form: filled, Options: opts, Questions: questions, Consent: text, Listing: askListing(e, filled), Began: carried(o.Delegate, filled)}
	if o.Delegate.State.Unanswered() {
		return kit.Render(c, "delegate/edit", page)
	}
	if page.Passing, err = p.passing(c, e, o); err != nil {
		return err
	}
	return kit.Render(c, "delegate/edit", page)
}

// Save takes the changed form, or that of somebody who was invited.
func (p *Pages) Save(c *fiber.Ctx) error {
	o, e, err := p.open(c, "own.edit.title")
	if err != nil {
		return err
	}
	filled := labelled(kit.Posted(c))
	saved, err := p.save(c, e, o.Delegate, filled)
	var clash *delegate.ClashError
	if errors.As(err, &clash) {
		return p.showClash(c, o, e, filled, clash)
	}
	if filled.Refused(err) {
		c.Status(fiber.StatusUnprocessableEntity)
		return p.renderEdit(c, o, e, filled)
	}
	if err != nil {
		return tooLate(c, o, err)
	}
	if byScript(c) { // which keeps what is typed from time to time
		link := p.app.Config.BaseURL + "/r/" + o.Token + "/edit"
		return c.JSON(fiber.Map{"link": link, "said": kit.Printer(c).T(saved)})
	}
	kit.Flash(c, kit.Good, saved)
	return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
}

// SaveAgain shows a form that came without its proof, with all that was typed.
func (p *Pages) SaveAgain(c *fiber.Ctx) error {
	o, e, err := p.open(c, "own.edit.title")
	if err != nil {
		return err
	}
	return p.renderEdit(c, o, e, again(c))
}

// save returns the key of what is to be said then.
func (p *Pages) save(c *fiber.Ctx, e event.Event, d delegate.Delegate, filled *kit.Form) (string, error) {
	typed, err := p.typed(c, e, filled)
	if err != nil {
		return "", err
	}
	ctx := asDelegate(c, d)
	switch {
	case d.State.Unanswered() && filled.Checked("later"):
		return "own.begun", p.app.Delegates.Begin(ctx, d.ID, draftValues(filled))
	case d.State.Unanswered():
		_, err = p.app.Delegates.Finish(ctx, d.ID, typed)
		return "own.finished", err
	}
	if began, ok := begunAs(filled); ok {
		d, err = p.app.Delegates.UpdateSince(ctx, d.ID, began, typed)
	} else {
		d, err = p.app.Delegates.Update(ctx, d.ID, typed)
	}
	if d.Proposed != nil {
		return "own.proposed", err
	}
	return "own.saved", err
}

type cancelPage struct {
	own
	Form *kit.Form
}

// Cancel asks whether the delegate means it.
func (p *Pages) Cancel(c *fiber.Ctx) error {
	o, _, err := p.open(c, "own.cancel.title")
	if err != nil {
		return err
	}
	if o.Delegate.State.Over() {
		return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
	}
	return kit.Render(c, "delegate/cancel", cancelPage{own: o, Form: kit.NewForm(c, nil)})
}

// CancelConfirm cancels the registration.
func (p *Pages) CancelConfirm(c *fiber.Ctx) error {
	o, _, err := p.open(c, "own.cancel.title")
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = p.app.Delegates.Withdraw(asDelegate(c, o.Delegate), o.Delegate.ID, form.Value("reason"))
	if form.Refused(err) {
		return kit.Render(c.Status(fiber.StatusUnprocessableEntity), "delegate/cancel", cancelPage{own: o, Form: form})
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "own.cancelled")
	return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
}

type badgePage struct {
	own
	Card kit.BadgeCard
}

// Badge shows the badge, to be held to a reader or printed.
func (p *Pages) Badge(c *fiber.Ctx) error {
	o, e, err := p.open(c, "own.badge.title")
	if err != nil {
		return err
	}
	if o.Delegate.Badge == "" {
		return c.Redirect("/r/"+o.Token, fiber.StatusSeeOther)
	}
	if o.Delegate.BadgeOpened.IsZero() { // so that nobody who has it is asked to open it
		if err := p.app.Delegates.OpenBadge(c.UserContext(), o.Delegate.ID); err != nil {
			return err
		}
	}
	o.Frame.Event.Tabs = nil // the code is to be seen at once, also on a phone
	d := o.Delegate
	return kit.Render(c, "delegate/badge", badgePage{own: o, Card: kit.BadgeCard{
		Label: o.T("own.badge.title"), CodeLabel: o.T("own.badge.code"), Event: o.Frame.Event, Name: d.Name, LatinName: d.LatinName,
		Organisation: d.Organisation, Place: o.Place, Category: o.Category, Band: kit.BandOf(e, d.Category), Image: "/r/" + o.Token + "/badge.png",
	}})
}

// BadgeImage draws the badge's code.
func (p *Pages) BadgeImage(c *fiber.Ctx) error {
	o, _, err := p.open(c, "own.badge.title")
	if err != nil {
		return err
	}
	if o.Delegate.Badge == "" {
		return fiber.ErrNotFound
	}
	b, err := p.app.Badges.Get(c.UserContext(), p.app.DB, o.Delegate.Badge) // store.ErrNotFound is answered as such
	if err != nil {
		return err
	}
	code, err := p.app.Badges.Code(b)
	if err != nil {
		return err
	}
	picture, err := badge.DrawPNG(code, 600)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/png")
	return c.Send(picture)
}

// Calendar is the event as a calendar file.
func (p *Pages) Calendar(c *fiber.Ctx) error {
	d, e, err := p.open(c, "own.title")
	if err != nil {
		return err
	}
	base, err := url.Parse(p.app.Config.BaseURL)
	if err != nil {
		return err
	}
	sessions, err := p.app.Signups.Attended(c.UserContext(), d.Delegate)
	if err != nil {
		return err
	}
	print := kit.Printer(c)
	file := feed.Calendar{
		Host: base.Hostname(), BaseURL: p.app.Config.BaseURL, Language: print.Lang(), Country: print.Country,
	}.Own(e, letter.PlaceOf(d.Delegate), sessions...)
	c.Set(fiber.HeaderContentType, "text/calendar; charset=utf-8")
	c.Attachment(e.Slug + ".ics")
	return c.Send(file)
}
