package desk

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/store"
	"convene/internal/web/kit"
)

// codesPage is desk/codes.html.
type codesPage struct {
	kit.Frame
	Rows                               []codeRow
	Path, New, People, Sheet, Workbook string
	First, Next                        string
}

// codeRow is an invitation by link and code.
type codeRow struct {
	Href  string
	For   string // whom and what it is for
	Note  string
	Uses  string
	Ends  Moment
	Made  Moment
	By    string
	Pill  Pill
	Code  string // empty once it is revoked
	Alive bool

	Answer   Pill // what the person said for whom it is; empty where many share it
	Answered Moment
	Reason   string
}

// Codes lists the event's invitations by link and code.
func (s *Pages) Codes(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskInvitations, kit.Printer(c).T("invite.codes"))
	if err != nil {
		return err
	}
	found, err := s.app.Delegates.Invitations(c.UserContext(), e, c.Query("after"), pageSize)
	if err != nil {
		return err
	}
	cities, err := s.cityNames(c.UserContext(), frame.Printer)
	if err != nil {
		return err
	}
	path := deskPath(e, "codes")
	page := codesPage{
		Frame: frame, Path: path, New: path + "/new", People: deskPath(e, kit.DeskInvitations), Sheet: path + ".csv", Workbook: path + ".xlsx",
	}
	for _, i := range found.Items {
		page.Rows = append(page.Rows, s.codeRow(frame.Printer, e, cities, i))
	}
	if c.Query("after") != "" {
		page.First = path
	}
	if found.Next != "" {
		page.Next = withQuery(path, url.Values{"after": {found.Next}})
	}
	return kit.Render(c, "desk/codes", page)
}

func (s *Pages) codeRow(p *i18n.Printer, e event.Event, cities map[string]string, i delegate.Invitation) codeRow {
	clock := s.clock(p, &e)
	row := codeRow{
		Href: deskPath(e, "codes", i.ID), For: codeFor(p, e, cities, i), Note: i.Note, Uses: usesWords(p, i), Ends: lastDay(clock, i.Ends),
		Made: clock.moment(i.Made), By: i.By, Pill: standingPill(p, i.Standing(s.app.Clock())),
	}
	if i.ForOne() {
		row.Answer, row.Answered, row.Reason = answerPill(p, i.Answer), clock.moment(i.Answered), i.Reason
	}
	if i.Revoked.IsZero() {
		row.Alive, row.Code = true, s.app.Delegates.InvitationCode(i)
	}
	return row
}

// lastDay tells the last day on which something holds that ends at a midnight.
func lastDay(k clock, ends time.Time) Moment {
	if ends.IsZero() {
		return Moment{}
	}
	return k.day(ends.In(k.zone).AddDate(0, 0, -1).Format(time.DateOnly))
}

// codeFor says for whom and for what an invitation is.
func codeFor(p *i18n.Printer, e event.Event, cities map[string]string, i delegate.Invitation) string {
	var parts []string
	for _, part := range []string{i.Name, i.Email, cities[i.City]} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	switch {
	case i.Category != "":
		parts = append(parts, e.CategoryLabel(p, i.Category))
	case i.Beyond:
		parts = append(parts, p.T("invite.every_category"))
	}
	if len(parts) == 0 {
		return p.T("invite.anybody")
	}
	return strings.Join(parts, " · ")
}

func usesWords(p *i18n.Printer, i delegate.Invitation) string {
	if i.Uses == 0 {
		return p.T("invite.used", "Used", i.Used)
	}
	return p.T("invite.used_of", "Used", i.Used, "Uses", i.Uses)
}

func standingPill(p *i18n.Printer, standing delegate.Standing) Pill {
	classes := map[delegate.Standing]string{
		delegate.InvitationOpen: "open", delegate.InvitationUsedUp: "closed", delegate.InvitationExpired: "closed", delegate.InvitationRevoked: "cancelled",
		delegate.InvitationRefused: "withdrawn",
	}
	return Pill{Class: classes[standing], Label: p.T("invite.standing." + string(standing))}
}

// codeFields are the columns of the codes' sheet, in their order.
var codeFields = []string{"for", "name", "email", "category", "city", "note", "uses", "used", "ends", "state", "answer", "answered", "reason", "code", "link", "made", "by"}

// CodesCSV sends the codes as comma-separated values.
func (s *Pages) CodesCSV(c *fiber.Ctx) error { return s.codesSheet(c, asCSV) }

// CodesXLSX sends them as a workbook.
func (s *Pages) CodesXLSX(c *fiber.Ctx) error { return s.codesSheet(c, asXLSX) }

func (s *Pages) codesSheet(c *fiber.Ctx, kind sheetKind) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	cities, err := s.cityNames(c.UserContext(), p)
	if err != nil {
		return err
	}
	return s.sendSheet(c, e, "codes", kind, headings(c, "invite.field", codeFields), func(ctx context.Context, file spreadsheet) error {
		return s.app.Delegates.EachInvitation(ctx, e, func(i delegate.Invitation) error { return file.Row(s.codeCells(p, e, cities, i)...) })
	})
}

// codeCells follows codeFields.
func (s *Pages) codeCells(p *i18n.Printer, e event.Event, cities map[string]string, i delegate.Invitation) []string {
	uses, ends, code, link, category := "", "", "", "", ""
	if i.Uses > 0 {
		uses = strconv.Itoa(i.Uses)
	}
	if !i.Ends.IsZero() {
		ends = e.DayOf(i.Ends.Add(-time.Second))
	}
	if i.Revoked.IsZero() {
		code, link = s.app.Delegates.InvitationCode(i), s.invitationLink(i)
	}
	if i.Category != "" {
		category = e.CategoryLabel(p, i.Category)
	}
	answer := ""
	if i.ForOne() {
		answer = answerPill(p, i.Answer).Label
	}
	return []string{
		codeFor(p, e, cities, i), i.Name, i.Email, category, cities[i.City], i.Note, uses, strconv.Itoa(i.Used), ends,
		standingPill(p, i.Standing(s.app.Clock())).Label, answer, sheetTime(e, i.Answered), i.Reason, code, link, sheetTime(e, i.Made), i.By,
	}
}

func (s *Pages) invitationLink(i delegate.Invitation) string {
	return s.app.Config.BaseURL + "/i/" + s.app.Delegates.InvitationToken(i)
}

// codePage is desk/code.html.
type codePage struct {
	kit.Frame
	Crumbs      []kit.Link
	Row         codeRow
	Invite      delegate.Invitation
	Link        string
	Path        string
	Came        []cameRow
	First, Next string
}

// cameRow is somebody who came by the invitation.
type cameRow struct {
	Href, Name, Organisation string
	Registered               Moment
	Pill                     Pill
}

// invitation finds the invitation that the address names.
func (s *Pages) invitation(c *fiber.Ctx) (event.Event, delegate.Invitation, error) {
	e, err := s.event(c)
	if err != nil {
		return e, delegate.Invitation{}, err
	}
	i, err := s.app.Delegates.Invitation(c.UserContext(), e, c.Params("id"))
	return e, i, err
}

// Code shows an invitation, its link and code, and who came by it.
func (s *Pages) Code(c *fiber.Ctx) error {
	e, i, err := s.invitation(c)
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskInvitations, p.T("invite.code_title"))
	if err != nil {
		return err
	}
	cities, err := s.cityNames(c.UserContext(), p)
	if err != nil {
		return err
	}
	filter := delegate.Filter{Invitation: i.ID}
	came, err := s.app.Delegates.Find(c.UserContext(), e.ID, filter, c.Query("after"), pageSize)
	if err != nil {
		return err
	}
	row := s.codeRow(p, e, cities, i)
	page := codePage{
		Frame: frame, Row: row, Invite: i, Path: row.Href,
		Crumbs: []kit.Link{{Href: deskPath(e, "codes"), Label: p.T("invite.codes")}, {Label: row.For}},
	}
	if row.Alive {
		page.Link = s.invitationLink(i)
	}
	clock := s.clock(p, &e)
	for _, d := range came.Items {
		page.Came = append(page.Came, cameRow{
			Href: deskPath(e, "delegates", d.ID), Name: d.Name, Organisation: d.Organisation,
			Registered: clock.moment(d.Registered()), Pill: delegatePill(p, d),
		})
	}
	if c.Query("after") != "" {
		page.First = page.Path
	}
	if came.Next != "" {
		page.Next = withQuery(page.Path, url.Values{"after": {came.Next}})
	}
	return kit.Render(c, "desk/code", page)
}

// codeFormPage is desk/code_form.html.
type codeFormPage struct {
	kit.Frame
	Crumbs     []kit.Link
	Form       *kit.Form
	Path, Back string
	Categories []kit.Option
	Cities     []kit.Option
	Old        bool // it exists: another promise makes another link
}

// CodeNew shows the form of a new invitation.
func (s *Pages) CodeNew(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.renderCodeForm(c, e, "", kit.NewForm(c, url.Values{"id": {store.NewID()}}))
}

// CodeEdit shows the form of an invitation.
func (s *Pages) CodeEdit(c *fiber.Ctx) error {
	e, i, err := s.invitation(c)
	if err != nil {
		return err
	}
	return s.renderCodeForm(c, e, i.ID, kit.NewForm(c, codeValues(e, i)))
}

func codeValues(e event.Event, i delegate.Invitation) url.Values {
	values := url.Values{"note": {i.Note}, "name": {i.Name}, "email": {i.Email}, "category": {i.Category}, "city": {i.City}}
	if i.Beyond {
		values.Set("beyond", "on")
	}
	if i.Approved {
		values.Set("approved", "on")
	}
	if i.Uses > 0 {
		values.Set("uses", strconv.Itoa(i.Uses))
	}
	if !i.Ends.IsZero() {
		values.Set("ends", e.DayOf(i.Ends.Add(-time.Second)))
	}
	return values
}

// CodeSave makes an invitation, or changes one.
func (s *Pages) CodeSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	i, err := s.saveCode(c, e, form)
	if status, refused := s.refused(c, e, form, "invitation/"+c.Params("id"), err); refused {
		return s.renderCodeForm(c.Status(status), e, c.Params("id"), form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "invite.saved")
	return c.Redirect(deskPath(e, "codes", i.ID), fiber.StatusSeeOther)
}

func (s *Pages) saveCode(c *fiber.Ctx, e event.Event, form *kit.Form) (delegate.Invitation, error) {
	id := c.Params("id")
	if id == "" {
		typed := typedCode(form)
		typed.ID = form.Value("id")
		return s.app.Delegates.MakeInvitation(c.UserContext(), e, typed)
	}
	return s.app.Delegates.ChangeInvitation(c.UserContext(), e, id, func(now delegate.Invitation) (delegate.TypedInvitation, error) {
		merged, err := form.Onto(codeValues(e, now), nil)
		return typedCode(merged), err
	})
}

func typedCode(form *kit.Form) delegate.TypedInvitation {
	return delegate.TypedInvitation{
		Note: form.Value("note"), Name: form.Value("name"), Email: form.Value("email"), Category: form.Value("category"), City: form.Value("city"),
		Beyond: form.Checked("beyond"), Approved: form.Checked("approved"), Uses: form.Value("uses"), Ends: form.Value("ends"),
	}
}

func (s *Pages) renderCodeForm(c *fiber.Ctx, e event.Event, id string, form *kit.Form) error {
	p := kit.Printer(c)
	title, back := p.T("invite.new_code"), deskPath(e, "codes")
	path := back
	if id != "" {
		title, back, path = p.T("invite.change_code"), deskPath(e, "codes", id), deskPath(e, "codes", id)
	}
	frame, err := s.frame(c, &e, kit.DeskInvitations, title)
	if err != nil {
		return err
	}
	form.Labels = map[string]string{}
	for _, field := range []string{"note", "name", "email", "category", "city", "uses", "ends"} {
		form.Labels[field] = p.T("invite.field." + field)
	}
	form.Labels["beyond"], form.Labels["approved"] = p.T("invite.beyond"), p.T("invite.approved")
	cities, err := s.cityOptions(c.UserContext(), p, p.T("invite.any_city"))
	if err != nil {
		return err
	}
	return kit.Render(c, "desk/code_form", codeFormPage{
		Frame: frame, Form: form, Path: path, Back: back, Old: id != "",
		Crumbs:     []kit.Link{{Href: deskPath(e, "codes"), Label: p.T("invite.codes")}, {Label: title}},
		Categories: categoryOptions(p, e, p.T("invite.any_category")), Cities: cities,
	})
}

// CodeRevoke ends an invitation.
func (s *Pages) CodeRevoke(c *fiber.Ctx) error {
	return s.codeDo(c, s.app.Delegates.RevokeInvitation, "invite.revoked")
}

// CodeRenew gives an invitation a new link and code.
func (s *Pages) CodeRenew(c *fiber.Ctx) error {
	return s.codeDo(c, s.app.Delegates.RenewInvitation, "invite.renewed")
}

func (s *Pages) codeDo(c *fiber.Ctx, do func(context.Context, event.Event, string) (delegate.Invitation, error), said string) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	i, err := do(c.UserContext(), e, c.Params("id"))
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, said)
	return c.Redirect(deskPath(e, "codes", i.ID), fiber.StatusSeeOther)
}
