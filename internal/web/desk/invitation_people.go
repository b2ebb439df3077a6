package desk

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// invitedPage is desk/invitations.html.
type invitedPage struct {
	kit.Frame
	Form                         *kit.Form // the filter
	Answers, Categories, Cities  []kit.Option
	Found                        string
	Counts                       []answerCount
	Filtered                     bool
	Rows                         []invitedRow
	Path, New, Upload, Codes, Do string
	Sheet, Workbook              string
	First, Next                  string
	Query                        url.Values // of the filter
	Open                         int        // how many have not answered
	Links                        []codeRow  // for one person each
	More                         bool       // not all of them are shown
}

// answerCount is how many gave an answer, of all who were invited.
type answerCount struct {
	Href, Label string
	Number      string
	Current     bool
}

// invitedRow is somebody who was invited.
type invitedRow struct {
	ID, Href       string
	Who            called
	Organisation   string
	Category, City string
	Sent, Asked    Moment
	Times          int
	By             string
	Pill           Pill // the answer
	Answered       Moment
	Reason         string
	Open           bool // they have not answered
}

// invitedFilter reads a filter of those who were invited from the address.
func invitedFilter(e event.Event, value func(string) string) delegate.Filter {
	f := delegate.Filter{Text: value("q"), Invited: delegate.Answer(value("answer")), Category: value("category"), City: value("city")}
	if !slices.Contains(delegate.Answers, f.Invited) {
		f.Invited = delegate.AnyAnswer
	}
	if _, ok := e.Category(f.Category); !ok {
		f.Category = ""
	}
	return f
}

// invitedValues is the filter as parameters of an address.
func invitedValues(f delegate.Filter) url.Values {
	values := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "answer": string(f.Invited), "category": f.Category, "city": f.City} {
		if value != "" && value != string(delegate.AnyAnswer) {
			values.Set(name, value)
		}
	}
	return values
}

// Invitations lists the people who were invited, and what they answered.
func (s *Pages) Invitations(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx, p, cursor := c.UserContext(), kit.Printer(c), c.Query("after")
	filter := invitedFilter(e, func(name string) string { return c.Query(name) })
	frame, err := s.frame(c, &e, kit.DeskInvitations, p.T("invite.title"))
	if err != nil {
		return err
	}
	found, err := s.app.Delegates.Find(ctx, e.ID, filter, cursor, pageSize)
	if err != nil {
		return err
	}
	n, err := s.app.Delegates.Count(ctx, e.ID, filter)
	if err != nil {
		return err
	}
	cities, err := s.cityNames(ctx, p)
	if err != nil {
		return err
	}
	links, byLink, err := s.invitedByLink(ctx, p, e, cities, filter)
	if err != nil {
		return err
	}
	path, values := deskPath(e, kit.DeskInvitations), invitedValues(filter)
	page := invitedPage{
		Frame: frame, Form: kit.NewForm(c, invitedValues(filter)), Found: p.N("invite.found", n+byLink), Filtered: len(values) > 0,
		Path: path, New: path + "/new", Upload: path + "/lists", Codes: deskPath(e, "codes"), Do: path + "/chosen", Query: invitedValues(filter),
		Sheet: withQuery(path+".csv", values), Workbook: withQuery(path+".xlsx", values),
		Categories: categoryOptions(p, e, p.T("board.delegates.any.category")),
		Links:      links, More: byLink > len(links),
	}
	if page.Cities, err = s.cityOptions(ctx, p, p.T("board.delegates.any.city")); err != nil {
		return err
	}
	if err := s.countInvited(ctx, &page, e, filter); err != nil {
		return err
	}
	clock := s.clock(p, &e)
	for _, d := range found.Items {
		page.Rows = append(page.Rows, invitedLine(p, e, clock, cities, d))
	}
	if cursor != "" {
		page.First = withQuery(path, values)
	}
	if found.Next != "" {
		values.Set("after", found.Next)
		page.Next = withQuery(path, values)
	}
	return kit.Render(c, "desk/invitations", page)
}

// countInvited tells how many gave each answer, whatever else the filter is.
func (s *Pages) countInvited(ctx context.Context, page *invitedPage, e event.Event, chosen delegate.Filter) error {
	page.Answers = []kit.Option{{Label: page.T("invite.any_answer")}}
	for _, answer := range delegate.Answers {
		label := page.T("invite.answer." + string(answer))
		page.Answers = append(page.Answers, kit.Option{Value: string(answer), Label: label})
		n, err := s.app.Delegates.Count(ctx, e.ID, delegate.Filter{Invited: answer})
		if err != nil {
			return err
		}
		links, err := s.app.Delegates.CountForOne(ctx, e, answer)
		if err != nil {
			return err
		}
		if n+links == 0 {
			continue
		}
		page.Counts = append(page.Counts, answerCount{
			Href: withQuery(page.Path, url.Values{"answer": {string(answer)}}), Label: label, Number: page.Number(n + links), Current: chosen.Invited == answer,
		})
		if answer == delegate.NoAnswer || answer == delegate.Begun {
			page.Open += n
		}
	}
	return nil
}

// invitedByLink are those who have a link for themselves alone and whom the filter meets,
// as many as a page has, and how many there are.
func (s *Pages) invitedByLink(ctx context.Context, p *i18n.Printer, e event.Event, cities map[string]string, f delegate.Filter) (rows []codeRow, n int, err error) {
	err = s.app.Delegates.EachForOne(ctx, e, f, func(i delegate.Invitation) error {
		if n++; n <= pageSize {
			rows = append(rows, s.codeRow(p, e, cities, i))
		}
		return nil
	})
	return rows, n, err
}

func invitedLine(p *i18n.Printer, e event.Event, k clock, cities map[string]string, d delegate.Delegate) invitedRow {
	row := invitedRow{
		ID: d.ID, Href: deskPath(e, "delegates", d.ID), Who: calledOf(d), Organisation: d.Organisation, City: cities[d.City],
		Category: e.CategoryLabel(p, d.Category), Open: d.State.Unanswered(),
	}
	if i := d.Invited; i != nil {
		row.Sent, row.Asked, row.Times, row.By = k.moment(i.Sent), k.moment(i.Asked), i.Times, i.By
		row.Pill, row.Answered = answerPill(p, i.Answer), k.moment(i.Answered)
		if i.Answer == delegate.Refused || i.Answer == delegate.TakenBack {
			row.Reason = d.Reason()
		}
	}
	return row
}

func answerPill(p *i18n.Printer, answer delegate.Answer) Pill {
	classes := map[delegate.Answer]string{
		delegate.NoAnswer: "invited", delegate.Begun: "started", delegate.Accepted: "confirmed", delegate.Refused: "withdrawn", delegate.TakenBack: "cancelled",
	}
	return Pill{Class: classes[answer], Label: p.T("invite.answer." + string(answer))}
}

// categoryOptions are the event's categories, behind one for any or none.
func categoryOptions(p *i18n.Printer, e event.Event, first string) []kit.Option {
	list := []kit.Option{{Label: first}}
	for _, c := range e.Categories() {
		list = append(list, kit.Option{Value: c.ID, Label: e.CategoryLabel(p, c.ID)})
	}
	return list
}

// cityOptions are the member cities, behind one for any or none.
func (s *Pages) cityOptions(ctx context.Context, p *i18n.Printer, first string) ([]kit.Option, error) {
	names, err := s.cityNames(ctx, p)
	if err != nil {
		return nil, err
	}
	var sorted []i18n.Named
	for id, name := range names {
		sorted = append(sorted, i18n.Named{Code: id, Name: name})
	}
	p.Sort(sorted)
	list := []kit.Option{{Label: first}}
	for _, n := range sorted {
		list = append(list, kit.Option{Value: n.Code, Label: n.Name})
	}
	return list, nil
}

// invitedFields are the columns of the sheet of who was invited, in their order.
var invitedFields = []string{
	"name", "organisation", "email", "contact", "category", "city", "country", "language", "sent", "by", "letters", "asked", "answer", "answered", "reason", "state",
}

// InvitationsCSV sends those whom the filter in the address meets as comma-separated
// values.
func (s *Pages) InvitationsCSV(c *fiber.Ctx) error { return s.invitedSheet(c, asCSV) }

// InvitationsXLSX sends them as a workbook.
func (s *Pages) InvitationsXLSX(c *fiber.Ctx) error { return s.invitedSheet(c, asXLSX) }

func (s *Pages) invitedSheet(c *fiber.Ctx, kind sheetKind) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	cities, err := s.cityNames(c.UserContext(), p)
	if err != nil {
		return err
	}
	filter := invitedFilter(e, func(name string) string { return c.Query(name) })
	return s.sendSheet(c, e, "invitations", kind, headings(c, "invite.field", invitedFields), func(ctx context.Context, file spreadsheet) error {
		err := s.app.Delegates.Each(ctx, e.ID, filter, func(d delegate.Delegate) error { return file.Row(invitedCells(p, e, cities, d)...) })
		if err != nil {
			return err
		}
		return s.app.Delegates.EachForOne(ctx, e, filter, func(i delegate.Invitation) error { return file.Row(s.linkCells(p, e, cities, i)...) })
	})
}

// sheetTime is an instant in the cell of a sheet.
func sheetTime(e event.Event, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(e.Location()).Format(time.DateTime)
}

// linkCells follows invitedFields for somebody who has a link for themselves alone.
func (s *Pages) linkCells(p *i18n.Printer, e event.Event, cities map[string]string, i delegate.Invitation) []string {
	category := ""
	if i.Category != "" {
		category = e.CategoryLabel(p, i.Category)
	}
	return []string{
		i.Name, "", i.Email, "", category, cities[i.City], "", "", sheetTime(e, i.Made), i.By, "0", "",
		answerPill(p, i.Answer).Label, sheetTime(e, i.Answered), i.Reason, standingPill(p, i.Standing(s.app.Clock())).Label,
	}
}

// invitedCells follows invitedFields.
func invitedCells(p *i18n.Printer, e event.Event, cities map[string]string, d delegate.Delegate) []string {
	i := delegate.Invitee{}
	if d.Invited != nil {
		i = *d.Invited
	}
	reason := ""
	if i.Answer == delegate.Refused || i.Answer == delegate.TakenBack {
		reason = d.Reason()
	}
	return []string{
		d.Name, d.Organisation, d.Email, d.Contact, e.CategoryLabel(p, d.Category), cities[d.City], p.Country(d.Country), d.Language,
		sheetTime(e, i.Sent), i.By, strconv.Itoa(i.Times), sheetTime(e, i.Asked), p.T("invite.answer." + string(i.Answer)), sheetTime(e, i.Answered), reason, statePill(p, d.State).Label,
	}
}

// inviteFormPage is desk/invitation_form.html.
type inviteFormPage struct {
	kit.Frame
	Crumbs                        []kit.Link
	Form                          *kit.Form
	Path, Back                    string
	Categories, Cities, Languages []kit.Option
	Known                         *knownGuest // who has the address already
}

// knownGuest is somebody who is registered under the address that was typed.
type knownGuest struct {
	Href, Name string
	Pill       Pill
}

// InvitationNew shows the form by which one person is invited.
func (s *Pages) InvitationNew(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.renderInvite(c, e, kit.NewForm(c, nil), nil)
}

func (s *Pages) renderInvite(c *fiber.Ctx, e event.Event, form *kit.Form, known *knownGuest) error {
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskInvitations, p.T("invite.new"))
	if err != nil {
		return err
	}
	cities, err := s.cityOptions(c.UserContext(), p, p.T("invite.no_city"))
	if err != nil {
		return err
	}
	form.Labels = map[string]string{}
	for _, field := range []string{"name", "email", "organisation", "job_title", "category", "city", "language"} {
		form.Labels[field] = p.T("board.field." + field)
	}
	page := inviteFormPage{
		Frame: frame, Form: form, Path: deskPath(e, kit.DeskInvitations), Back: deskPath(e, kit.DeskInvitations), Cities: cities, Known: known,
		Crumbs:     []kit.Link{{Href: deskPath(e, kit.DeskInvitations), Label: p.T("invite.title")}, {Label: p.T("invite.new")}},
		Categories: categoryOptions(p, e, p.T("form.choose")),
	}
	for _, lang := range s.app.Catalogue.Languages() {
		page.Languages = append(page.Languages, kit.Option{Value: lang, Label: p.LanguageName(lang), Lang: lang, Selected: lang == p.Lang()})
	}
	return kit.Render(c, "desk/invitation_form", page)
}

// InvitationSend invites one person.
func (s *Pages) InvitationSend(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	typed := delegate.Form{
		Name: form.Value("name"), Email: form.Value("email"), Organisation: form.Value("organisation"), JobTitle: form.Value("job_title"),
		Category: form.Value("category"), City: form.Value("city"), Language: form.Value("language"),
	}
	d, err := s.app.Delegates.InvitePerson(c.UserContext(), e, typed, form.Checked("approved"))
	if problem.KindOf(err) == problem.Conflict && err != nil && d.ID != "" {
		known := knownGuest{Href: deskPath(e, "delegates", d.ID), Name: d.Name, Pill: delegatePill(kit.Printer(c), d)}
		return s.renderInvite(c.Status(fiber.StatusConflict), e, form, &known)
	}
	if form.Refused(err) {
		return s.renderInvite(c.Status(fiber.StatusUnprocessableEntity), e, form, nil)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "invite.sent")
	return c.Redirect(deskPath(e, kit.DeskInvitations), fiber.StatusSeeOther)
}
