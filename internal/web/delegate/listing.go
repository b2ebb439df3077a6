package delegate

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// listingPage is delegate/listing.html.
type listingPage struct {
	own
	Form   *kit.Form
	For    event.ListedFor
	Public bool // the box for everybody is shown
	Tells  []event.ListedField
	Line   listedPerson // how the list shows them
	More   string       // what it would tell of them if they agreed once more; empty: it tells all
	Since  []string     // what they agree to, and since when
	List   string       // the list; empty: they may not read it
}

// Listing lets a delegate choose who may read their name in the list of participants.
func (p *Pages) Listing(c *fiber.Ctx) error {
	o, e, err := p.open(c, "listing.title")
	if err != nil {
		return err
	}
	values := url.Values{"shown": {"yes"}}
	if o.Delegate.Listing.Participants.Agrees() {
		values.Set("listed_participants", "on")
	}
	if o.Delegate.Listing.Public.Agrees() {
		values.Set("listed_public", "on")
	}
	names, err := p.cityNames(c.UserContext(), o.Printer)
	if err != nil {
		return err
	}
	page := listingPage{
		own: o, Form: kit.NewForm(c, values), For: e.Listing.For, Tells: e.Listing.Fields,
		Line:   listedLine(o.Printer, e, names, o.Delegate, e.Listing.Fields),
		Public: e.Listing.For == event.ListedForAll || o.Delegate.Listing.Public.Agrees(),
	}
	if told := o.Delegate.Listing.Tells(e); o.Delegate.Listing.Agrees() {
		page.Line = listedLine(o.Printer, e, names, o.Delegate, told)
		page.More = fieldNames(o.Printer, slices.DeleteFunc(slices.Clone(e.Listing.Fields), func(f event.ListedField) bool {
			return slices.Contains(told, f)
		}))
	}
	since := func(key string, given delegate.Consent) {
		if given.Agrees() {
			page.Since = append(page.Since, o.T(key, "When", o.DateTime(given.At.In(o.clock(e)))))
		}
	}
	since("listing.since_participants", o.Delegate.Listing.Participants)
	since("listing.since_public", o.Delegate.Listing.Public)
	if p.mayReadList(o.Delegate, e) {
		page.List = "/r/" + o.Token + "/participants"
	}
	return kit.Render(c, "delegate/listing", page)
}

// ListingSave takes what they choose.
func (p *Pages) ListingSave(c *fiber.Ctx) error {
	private(c)
	d, err := p.app.Delegates.ByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = p.app.Delegates.SetListing(asDelegate(c, d), d.ID, delegate.Agreement{
		Participants: form.Checked("listed_participants"), Public: form.Checked("listed_public"), Told: listedTold(form),
	})
	if err != nil {
		return tooLateAt(c, "/r/"+c.Params("token"), err)
	}
	kit.Flash(c, kit.Good, "listing.saved")
	return c.Redirect("/r/"+c.Params("token")+"/listing", fiber.StatusSeeOther)
}

// listingAsked is the part of a form that asks who may read the name; For is empty
// when it asks nothing.
type listingAsked struct {
	*i18n.Printer
	Form   *kit.Form
	For    event.ListedFor
	Public bool
	Tells  []event.ListedField // beside the name
}

func askListing(e event.Event, f *kit.Form) listingAsked {
	return listingAsked{
		Printer: f.Printer, Form: f, For: e.Listing.For, Public: e.Listing.For == event.ListedForAll, Tells: e.Listing.Fields,
	}
}

// Beside says what the list tells beside the name.
func (l listingAsked) Beside() string { return beside(l.Printer, l.Tells) }

// Beside is listingAsked.Beside for the page of one's own.
func (page listingPage) Beside() string { return beside(page.Printer, page.Tells) }

func beside(p *i18n.Printer, fields []event.ListedField) string {
	if len(fields) == 0 {
		return p.T("listing.tells_name")
	}
	return p.T("listing.tells", "Fields", fieldNames(p, fields))
}

// fieldNames are the fields in words, as within a sentence.
func fieldNames(p *i18n.Printer, fields []event.ListedField) string {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = p.T("listing.field." + string(field))
	}
	return strings.Join(names, ", ")
}

// listedTold is what a form carries of what it said that the list tells.
func listedTold(f *kit.Form) (told []event.ListedField) {
	for _, field := range event.ListedFields {
		if slices.Contains(f.Values["listed_told[]"], string(field)) {
			told = append(told, field)
		}
	}
	return told
}

// mayReadList reports whether the delegate may read the list of participants.
func (p *Pages) mayReadList(d delegate.Delegate, e event.Event) bool {
	return d.State == delegate.Confirmed && e.Listing.For != event.ListedForNobody
}

// asksListing reports whether the delegate's pages offer to be named in the list:
// while there is one, and as long as there is something to take back.
func asksListing(d delegate.Delegate, e event.Event) bool {
	return e.Listing.For != event.ListedForNobody || d.Listing.Participants.Agrees() || d.Listing.Public.Agrees()
}

// participantsPage is delegate/participants.html: the list as everybody may read it,
// or as participants may.
type participantsPage struct {
	kit.Frame
	Own       string // the reader's own page; empty: anybody reads
	Path      string
	Form      *kit.Form
	Count     string // how many the whole list has
	Countries []kit.Option
	People    []listedPerson
	Filtered  bool
	First     string // the list's first page; empty on it
	Next      string // empty on the last page
}

// listedPerson is a line of the list, with what the event lets it tell.
type listedPerson struct {
	Name, Latin string
	Work        string // job title and organisation
	Place       string // city and country
	Category    string
}

// listPage is how many people a page shows.
const listPage = 60

// Participants is the list of those who agreed that everybody may read their name.
func (p *Pages) Participants(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	if e.Listing.For != event.ListedForAll {
		return problem.New(problem.NotFound, "problem.list_unpublished")
	}
	tabs, err := p.tabs(c.UserContext(), e)
	if err != nil {
		return err
	}
	f := kit.NewFrame(c, kit.Printer(c).T("tab.participants"))
	f.ForEvent(e, kit.Participants, tabs...)
	return p.renderParticipants(c, e, participantsPage{Frame: f, Path: "/e/" + e.Slug + "/participants"})
}

// OwnParticipants is the list as those who take part may read it.
func (p *Pages) OwnParticipants(c *fiber.Ctx) error {
	o, e, err := p.open(c, "tab.participants")
	if err != nil {
		return err
	}
	if !p.mayReadList(o.Delegate, e) {
		return problem.New(problem.NotFound, "problem.list_unpublished")
	}
	return p.renderParticipants(c, e, participantsPage{Frame: o.Frame, Own: "/r/" + o.Token, Path: "/r/" + o.Token + "/participants"})
}

// renderParticipants reads the list anew each time, and lets nobody keep the page:
// who takes back their consent is gone from it at once.
func (p *Pages) renderParticipants(c *fiber.Ctx, e event.Event, page participantsPage) error {
	private(c)
	c.Set("X-Robots-Tag", "noindex")
	ctx, print := c.UserContext(), page.Printer
	public := page.Own == ""
	query := delegate.Listed{Public: public, Text: strings.TrimSpace(c.Query("q"))}
	if e.Listing.Has(event.ListedCountry) {
		query.Country = c.Query("country")
	}
	found, err := p.app.Delegates.Listed(ctx, e.ID, query, c.Query("after"), listPage)
	if err != nil {
		return err
	}
	countries, err := p.app.Delegates.ListedCountries(ctx, e.ID, public)
	if err != nil {
		return err
	}
	names, err := p.cityNames(ctx, print)
	if err != nil {
		return err
	}
	all := 0
	for _, n := range countries {
		all += n
	}
	values := url.Values{}
	set := func(name, value string) {
		if value != "" {
			values.Set(name, value)
		}
	}
	set("q", query.Text)
	set("country", query.Country)
	page.Form, page.Filtered, page.Count = kit.NewForm(c, url.Values{"q": {query.Text}, "country": {query.Country}}), len(values) > 0, print.N("listing.count", all)
	if e.Listing.Has(event.ListedCountry) {
		page.Countries = countryOptions(print, countries)
	}
	for _, d := range found.Items {
		page.People = append(page.People, listedLine(print, e, names, d, d.Listing.Tells(e)))
	}
	if c.Query("after") != "" {
		page.First = page.Path + asQuery(values)
	}
	if found.Next != "" {
		values.Set("after", found.Next)
		page.Next = page.Path + asQuery(values)
	}
	return kit.Render(c, "delegate/participants", page)
}

func asQuery(values url.Values) string {
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// countryOptions offers the countries that somebody is from.
func countryOptions(p *i18n.Printer, counts map[string]int) []kit.Option {
	var list []i18n.Named
	for code := range counts {
		if code != "" {
			list = append(list, i18n.Named{Code: code, Name: p.Country(code)})
		}
	}
	p.Sort(list)
	options := []kit.Option{{Label: p.T("site.filter.all_countries")}}
	for _, named := range list {
		options = append(options, kit.Option{Value: named.Code, Label: named.Name})
	}
	return options
}

// listedLine tells the fields of the delegate beside the name, and nothing else.
func listedLine(p *i18n.Printer, e event.Event, cities map[string]string, d delegate.Delegate, fields []event.ListedField) listedPerson {
	told := func(field event.ListedField, text string) string {
		if !slices.Contains(fields, field) {
			return ""
		}
		return text
	}
	joined := func(parts ...string) string {
		return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
	}
	line := listedPerson{
		Name: d.Name, Category: told(event.ListedCategory, e.CategoryLabel(p, d.Category)),
		Work:  joined(told(event.ListedJobTitle, d.JobTitle), told(event.ListedOrganisation, d.Organisation)),
		Place: joined(told(event.ListedCity, cities[d.City]), told(event.ListedCountry, p.Country(d.Country))),
	}
	if d.LatinName != d.Name {
		line.Latin = d.LatinName
	}
	return line
}

// cityNames tells what member cities are called.
func (p *Pages) cityNames(ctx context.Context, print *i18n.Printer) (map[string]string, error) {
	members, err := p.app.Cities.List(ctx)
	names := make(map[string]string, len(members))
	for _, city := range members {
		names[city.ID] = print.Text(city.Name)
	}
	return names, err
}
