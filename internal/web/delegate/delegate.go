// Package delegate holds the pages by which people register and look after
// their registration.
package delegate

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"convene/internal/app"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// Pages are the handlers.
type Pages struct {
	app  *app.App
	tabs Tabs
}

// Tabs tells which tabs an event has.
type Tabs func(context.Context, event.Event) ([]kit.Tab, error)

// New makes the handlers. The tabs are those of the event's public pages.
func New(a *app.App, tabs Tabs) *Pages { return &Pages{app: a, tabs: tabs} }

// options of the form, in the reader's language.
type options struct {
	Categories []kit.Option
	Shut       []string // of which categories cannot be chosen now, and when they can
	Countries  []kit.Option
	Cities     []kit.Option
	Languages  []kit.Option
}

func (p *Pages) options(ctx context.Context, print *i18n.Printer, offered []kit.Option) (options, error) {
	o := options{
		Categories: offered,
		Countries:  []kit.Option{{Value: "", Label: print.T("register.choose")}},
		Cities:     []kit.Option{{Value: "", Label: print.T("register.no_city")}},
	}
	for _, c := range print.Countries() {
		o.Countries = append(o.Countries, kit.Option{Value: c.Code, Label: c.Name})
	}
	for _, lang := range p.app.Catalogue.Languages() {
		o.Languages = append(o.Languages, kit.Option{Value: lang, Label: print.LanguageName(lang), Lang: lang, Selected: lang == print.Lang()})
	}
	cities, err := p.app.Cities.List(ctx)
	if err != nil {
		return o, err
	}
	names := make([]i18n.Named, len(cities))
	for i, c := range cities {
		names[i] = i18n.Named{Code: c.ID, Name: print.T("event.place", "City", print.Text(c.Name), "Country", print.Country(c.Country))}
	}
	print.Sort(names)
	for _, n := range names {
		o.Cities = append(o.Cities, kit.Option{Value: n.Code, Label: n.Name})
	}
	return o, nil
}

// categories are the ids of those that are offered.
func (o options) categories() []string {
	ids := make([]string, len(o.Categories))
	for i, c := range o.Categories {
		ids[i] = c.Value
	}
	return ids
}

// questions are the event's, of the moments, that are asked of somebody of one of the
// categories.
func (p *Pages) questions(c *fiber.Ctx, e event.Event, f *kit.Form, categories []string, moments ...form.Moment) (kit.Questions, error) {
	set, err := p.app.Forms.Of(c.UserContext(), e.ID)
	return kit.QuestionsOf(f, kit.Asked{
		Event: e, Set: set, Moments: moments, Categories: categories, Now: p.app.Clock(),
		Changing: len(moments) > 1, Files: kit.FileNames(c, p.app.Forms, e.ID),
	}), err
}

// typed reads the form with its answers. Files that came with it are kept; a problem
// of kind Invalid says what is wrong with one.
func (p *Pages) typed(c *fiber.Ctx, e event.Event, f *kit.Form) (delegate.Form, error) {
	set, err := p.app.Forms.Of(c.UserContext(), e.ID)
	if err != nil {
		return delegate.Form{}, err
	}
	for _, q := range set.Questions {
		f.Labels[q.Field()] = f.Text(q.Label)
		f.Order = append(f.Order, q.Field())
	}
	f.Order = append(f.Order, "time_zone", "needs", "consent")
	t := fields(f)
	t.Answers, err = kit.Answers(c, p.app.Forms, f, set)
	return t, err
}

// fields reads the form's fields, without answers to questions.
func fields(f *kit.Form) delegate.Form {
	return delegate.Form{
		Name: f.Value("name"), LatinName: f.Value("latin_name"), Organisation: f.Value("organisation"),
		JobTitle: f.Value("job_title"), City: f.Value("city"), Country: f.Value("country"),
		Category: f.Value("category"), Email: f.Value("email"), Language: f.Value("language"),
		TimeZone: f.Value("time_zone"), Needs: f.Value("needs"), Consent: f.Checked("consent"), Agreed: f.Value("agreed"),
		ListedParticipants: f.Checked("listed_participants"), ListedPublic: f.Checked("listed_public"),
		ListedTold: listedTold(f), Behalf: f.Checked("behalf"), Contact: f.Value("contact"),
	}
}

// labelled names the form's fields for the summary of what is wrong.
func labelled(f *kit.Form) *kit.Form {
	f.Labels = map[string]string{}
	for _, name := range []string{
		"name", "latin_name", "organisation", "job_title", "email", "language", "city", "country", "time_zone", "needs",
	} {
		f.Labels[name] = f.T("register." + name)
	}
	f.Order = []string{"code", "contact", "name", "latin_name", "organisation", "job_title", "email", "language", "city", "country", "category"}
	f.Labels["contact"], f.Labels["code"] = f.T("behalf.contact"), f.T("invitation.code")
	f.Labels["category"] = f.T("own.category") // the form asks a whole question
	return f
}

// frame makes a page one of the event's, under its tab for registering.
func (p *Pages) frame(c *fiber.Ctx, e event.Event, title string) (kit.Frame, error) {
	tabs, err := p.tabs(c.UserContext(), e)
	if err != nil {
		return kit.Frame{}, err
	}
	f := kit.NewFrame(c, title)
	f.ForEvent(e, kit.Register, tabs...)
	return f, nil
}

// private keeps a page with a personal link out of caches. Its address stays
// out of other sites' Referer headers by the policy that every page has.
func private(c *fiber.Ctx) { c.Set(fiber.HeaderCacheControl, "no-store") }

// asDelegate names the delegate as the author of what follows, unless a staff
// member is signed in.
func asDelegate(c *fiber.Ctx, d delegate.Delegate) context.Context {
	if kit.Staff(c) != nil {
		return c.UserContext()
	}
	return audit.As(c.UserContext(), audit.Delegate(d.ID))
}
