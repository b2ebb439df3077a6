package desk

import (
	"bytes"
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/table"
	"convene/internal/web/kit"
)

// uploadPage is desk/invitation_upload.html.
type uploadPage struct {
	kit.Frame
	Crumbs                []kit.Link
	Form                  *kit.Form
	Path, Back            string
	Columns               []string
	Most                  string
	Categories, Languages []kit.Option
}

// InvitationUpload shows the form that takes a table of people to be invited.
func (s *Pages) InvitationUpload(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.renderUpload(c, e, kit.NewForm(c, nil))
}

func (s *Pages) renderUpload(c *fiber.Ctx, e event.Event, form *kit.Form) error {
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskInvitations, p.T("invite.upload"))
	if err != nil {
		return err
	}
	form.Labels = map[string]string{table.Field: p.T("invite.file"), "category": p.T("board.field.category"), "language": p.T("board.field.language")}
	page := uploadPage{
		Frame: frame, Form: form, Path: deskPath(e, kit.DeskInvitations, "lists"), Back: deskPath(e, kit.DeskInvitations),
		Crumbs: s.invitationCrumbs(p, e, p.T("invite.upload")), Most: p.Number(delegate.MaxListed), Categories: categoryOptions(p, e, p.T("form.choose")),
	}
	for _, field := range delegate.ListFields {
		page.Columns = append(page.Columns, p.T("board.field."+field))
	}
	for _, lang := range s.app.Catalogue.Languages() {
		page.Languages = append(page.Languages, kit.Option{Value: lang, Label: p.LanguageName(lang), Lang: lang, Selected: lang == p.Lang()})
	}
	return kit.Render(c, "desk/invitation_upload", page)
}

func (s *Pages) invitationCrumbs(p *i18n.Printer, e event.Event, title string) []kit.Link {
	return []kit.Link{{Href: deskPath(e, kit.DeskInvitations), Label: p.T("invite.title")}, {Label: title}}
}

// InvitationUploaded reads a table and leads to what it would do.
func (s *Pages) InvitationUploaded(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	list, err := s.readList(c, e, form)
	if form.Refused(err) {
		return s.renderUpload(c.Status(fiber.StatusUnprocessableEntity), e, form)
	}
	if err != nil {
		return err
	}
	return c.Redirect(deskPath(e, kit.DeskInvitations, "lists", list.ID), fiber.StatusSeeOther)
}

func (s *Pages) readList(c *fiber.Ctx, e event.Event, form *kit.Form) (delegate.InvitationList, error) {
	uploads, err := kit.Uploads(c, table.Field)
	if err != nil {
		return delegate.InvitationList{}, err
	}
	if len(uploads) != 1 {
		var faults problem.Form
		faults.Add(table.Field, "problem.field.required")
		return delegate.InvitationList{}, faults.Err()
	}
	words, err := s.listWords(c.UserContext(), e)
	if err != nil {
		return delegate.InvitationList{}, err
	}
	usual := delegate.Form{Category: form.Value("category"), Language: form.Value("language")}
	data := uploads[0].Data
	return s.app.Delegates.ReadInvitations(c.UserContext(), e, bytes.NewReader(data), int64(len(data)), words, usual, form.Checked("approved"))
}

// listWords are the words of tables in every language, so that the program's own
// sheets can be read again.
func (s *Pages) listWords(ctx context.Context, e event.Event) (delegate.ListWords, error) {
	w := delegate.ListWords{
		Heads: map[string]string{}, Categories: map[string]string{}, Cities: map[string]string{}, Countries: map[string]string{}, Languages: map[string]string{},
	}
	learn := func(words map[string]string, id string, names ...string) {
		for _, name := range append(names, id) {
			name = i18n.Fold(name)
			if other, known := words[name]; known && other != id {
				words[name] = "" // it is two things
				continue
			}
			words[name] = id
		}
	}
	members, err := s.app.Cities.List(ctx)
	if err != nil {
		return w, err
	}
	languages := s.app.Catalogue.Languages()
	for _, lang := range languages {
		p := s.app.Catalogue.For(lang)
		for _, field := range delegate.ListFields {
			learn(w.Heads, field, append(strings.Split(p.T("intake.names."+field), "|"), p.T("board.field."+field))...)
		}
		for _, c := range e.Categories() {
			learn(w.Categories, c.ID, e.CategoryLabel(p, c.ID))
		}
		for _, city := range members {
			learn(w.Cities, city.ID, p.Text(city.Name))
		}
		for _, country := range p.Countries() {
			learn(w.Countries, country.Code, country.Name)
		}
		for _, named := range languages {
			learn(w.Languages, named, p.LanguageName(named), p.LanguageHere(named))
		}
	}
	return w, nil
}

// listPage is desk/invitation_list.html.
type listPage struct {
	kit.Frame
	Crumbs           []kit.Link
	Path, Back       string
	New              int
	Question, Button string
	Sheet, Ignored   string // what is read of the file, and what is not
	Guests           []guestRow
	Known            []guestRow
	Faults           []faultRow
	MoreGuests       string
	MoreKnown        string
	MoreFaults       string
}

// guestRow is a row that tells of somebody, as the table and what it leaves out say.
type guestRow struct{ Row, Name, Email, Category, From, Language string }

// faultRow is a row that invites nobody, and why.
type faultRow struct{ Row, Cell, Text, Why string }

// mostListed is how many rows of a kind the page shows.
const mostListed = 200

// InvitationList shows what a table would do.
func (s *Pages) InvitationList(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	list, err := s.app.Delegates.InvitationList(c.UserContext(), e, c.Params("list"))
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskInvitations, p.T("invite.check"))
	if err != nil {
		return err
	}
	cities, err := s.cityNames(c.UserContext(), p)
	if err != nil {
		return err
	}
	page := listPage{
		Frame: frame, Crumbs: s.invitationCrumbs(p, e, p.T("invite.check")), Path: deskPath(e, kit.DeskInvitations, "lists", list.ID),
		Back: deskPath(e, kit.DeskInvitations, "lists"), Sheet: list.Sheet, Ignored: strings.Join(list.Ignored, " · "),
	}
	known := 0
	for _, person := range list.People {
		rows, n := &page.Guests, &page.New
		if person.Known {
			rows, n = &page.Known, &known
		}
		if *n++; *n <= mostListed {
			*rows = append(*rows, guestLine(p, e, cities, person))
		}
	}
	for _, f := range list.Faults[:min(len(list.Faults), mostListed)] {
		where := f.Cell
		if where == "" {
			where = told(p, "board.field", f.Field)
		}
		page.Faults = append(page.Faults, faultRow{Row: p.Number(f.Row), Cell: where, Text: f.Text, Why: faultWords(p, f)})
	}
	page.MoreGuests, page.MoreKnown, page.MoreFaults = moreRows(p, page.New), moreRows(p, known), moreRows(p, len(list.Faults))
	page.Question, page.Button = p.N("invite.would", page.New), p.N("invite.do", page.New)
	return kit.Render(c, "desk/invitation_list", page)
}

// guestLine tells what is known of somebody on the list.
func guestLine(p *i18n.Printer, e event.Event, cities map[string]string, person delegate.ListedGuest) guestRow {
	f := person.Form
	row := guestRow{Row: p.Number(person.Row), Name: f.Name, Email: f.Email, Category: e.CategoryLabel(p, f.Category), Language: p.LanguageName(f.Language)}
	switch {
	case f.City != "":
		row.From = cities[f.City]
	case f.Country != "":
		row.From = p.Country(f.Country)
	}
	return row
}

// moreRows says how many rows there are beyond those that are shown.
func moreRows(p *i18n.Printer, n int) string {
	if n <= mostListed {
		return ""
	}
	return p.N("invite.more_rows", n-mostListed)
}

func faultWords(p *i18n.Printer, f delegate.ListFault) string {
	args := make([]any, len(f.Args))
	for i, arg := range f.Args {
		args[i] = arg
	}
	return p.T(f.Key, args...)
}

// InvitationListSend invites the people of a table.
func (s *Pages) InvitationListSend(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	// As many as these take longer than a page may.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), exportTime)
	defer cancel()
	n, err := s.app.Delegates.InviteListed(ctx, e, c.Params("list"))
	if problem.KindOf(err) == problem.NotFound && err != nil { // most likely its button was pressed twice
		kit.Flash(c, kit.Wait, "invite.list_over")
		return c.Redirect(deskPath(e, kit.DeskInvitations), fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "invite.listed", "Count", n)
	return c.Redirect(deskPath(e, kit.DeskInvitations), fiber.StatusSeeOther)
}
