package delegate

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// rowsAtFirst is how many rows an empty form has.
const rowsAtFirst = 3

// rowsField tells how many rows the form has; no other form has it.
const rowsField = "rows"

type groupPage struct {
	kit.Frame
	Form    *kit.Form
	Options options
	State   event.RegistrationState
	Slug    string
	Rows    []groupRow
	Most    int
	Consent consentText
	Draft   string    // the token of the form's draft, if it is kept
	Invited invitedBy // the invitation that was chosen, if any
}

// groupRow names the fields of one row.
type groupRow struct {
	Number                      int
	Name, Email, JobTitle, Drop string
}

// Group shows the form for several people.
func (p *Pages) Group(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	return p.renderGroup(c, e, kit.NewForm(c, emptyGroup(c)))
}

func emptyGroup(c *fiber.Ctx) url.Values {
	return url.Values{rowsField: {strconv.Itoa(rowsAtFirst)}, "language": {kit.Printer(c).Lang()}}
}

// GroupInvited shows the form for several people to somebody who has the link of an
// invitation.
func (p *Pages) GroupInvited(c *fiber.Ctx) error {
	private(c)
	i, err := p.app.Delegates.InvitationByLink(c.UserContext(), c.Params("token"))
	if i.ID == "" && err != nil { // else the form says what is wrong
		return err
	}
	e, err := p.app.Events.Get(c.UserContext(), p.app.DB, i.Event)
	if err != nil {
		return err
	}
	values := emptyGroup(c)
	values.Set(invitationField, c.Params("token"))
	return p.renderGroup(c, e, kit.NewForm(c, values))
}

func (p *Pages) renderGroup(c *fiber.Ctx, e event.Event, f *kit.Form) error {
	print := kit.Printer(c)
	opts, invited, err := p.choices(c, e, f)
	if err != nil {
		return err
	}
	frame, err := p.frame(c, e, print.T("group.title"))
	if err != nil {
		return err
	}
	frame.Scripts = append(frame.Scripts, "group.js", "draft.js")
	page := groupPage{Frame: frame, Form: f, Options: opts, State: e.RegistrationState(p.app.Clock()), Slug: e.Slug, Most: delegate.MaxGroup,
		Draft: f.Value(draftField), Invited: invited}
	if page.Consent, err = p.consent(c, e); err != nil {
		return err
	}
	for n := 1; n <= rowsOf(f); n++ {
		page.Rows = append(page.Rows, groupRow{
			Number: n, Name: delegate.GroupField("name", n), Email: delegate.GroupField("email", n),
			JobTitle: delegate.GroupField("job_title", n), Drop: "drop-" + strconv.Itoa(n),
		})
	}
	return kit.Render(c, "delegate/group", page)
}

// rowsOf is how many rows the form has, within what one may have: one more than that is
// told as a fault.
func rowsOf(f *kit.Form) int {
	n, err := strconv.Atoi(f.Value(rowsField))
	if err != nil {
		n = rowsAtFirst
	}
	return min(max(n, 1), delegate.MaxGroup+1)
}

// GroupSubmit takes the form, or gives it one row more or less.
func (p *Pages) GroupSubmit(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	form := groupLabelled(kit.Posted(c))
	switch do := form.Value("do"); {
	case do == "code":
		return p.enterCode(c, e, form, p.renderGroup)
	case do == "add":
		form.Values.Set(rowsField, strconv.Itoa(min(rowsOf(form)+1, delegate.MaxGroup)))
		return p.renderGroup(c, e, form)
	case strings.HasPrefix(do, "drop-"):
		dropRow(form, strings.TrimPrefix(do, "drop-"))
		return p.renderGroup(c, e, form)
	}
	limits := p.app.Config.Limits
	err = kit.Limit(c, "register", limits.RegisterPerAddress, form.Value("email"), limits.RegisterPerEmail)
	if err == nil {
		err = p.registerGroup(c, e, form)
	}
	if problem.KindOf(err) == problem.TooMany && err != nil {
		return p.tooMany(c, e, form, p.renderGroup, err)
	}
	if form.Refused(err) {
		return p.renderGroup(c.Status(fiber.StatusUnprocessableEntity), e, form)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/e/"+e.Slug+"/register/sent", fiber.StatusSeeOther)
}

// GroupAgain shows a form that came without its proof, with all that was typed.
func (p *Pages) GroupAgain(c *fiber.Ctx) error {
	e, err := p.app.Events.Find(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	return p.renderGroup(c, e, again(c))
}

func (p *Pages) registerGroup(c *fiber.Ctx, e event.Event, f *kit.Form) error {
	chosen, err := p.chosen(c, e, f)
	if err != nil {
		return err
	}
	if chosen.ID == "" {
		err = p.app.Delegates.RegisterGroup(c.UserContext(), e, groupTyped(f))
	} else {
		err = p.app.Delegates.RegisterGroupBy(c.UserContext(), e, chosen, groupTyped(f))
	}
	if err != nil {
		return err
	}
	return p.app.Delegates.DropDraft(c.UserContext(), f.Value(draftField))
}

// dropRow takes a row out; those behind it move up.
func dropRow(f *kit.Form, which string) {
	at, err := strconv.Atoi(which)
	rows := rowsOf(f)
	if err != nil || at < 1 || at > rows {
		return
	}
	for _, field := range []string{"name", "email", "job_title"} {
		for n := at; n < rows; n++ {
			f.Values.Set(delegate.GroupField(field, n), f.Value(delegate.GroupField(field, n+1)))
		}
		f.Values.Del(delegate.GroupField(field, rows))
	}
	f.Values.Set(rowsField, strconv.Itoa(max(rows-1, 1)))
}

func groupTyped(f *kit.Form) delegate.GroupForm {
	g := delegate.GroupForm{Contact: f.Value("contact"), Email: f.Value("email"), Shared: fields(f)}
	for n := 1; n <= rowsOf(f); n++ {
		g.People = append(g.People, delegate.GroupPerson{
			Name: f.Value(delegate.GroupField("name", n)), Email: f.Value(delegate.GroupField("email", n)),
			JobTitle: f.Value(delegate.GroupField("job_title", n)),
		})
	}
	return g
}

func groupLabelled(f *kit.Form) *kit.Form {
	labelled(f)
	f.Order = []string{"code", "contact", "email", "organisation", "language", "city", "country", "category"}
	for n := 1; n <= rowsOf(f); n++ {
		f.Order = append(f.Order, delegate.GroupField("name", n), delegate.GroupField("email", n), delegate.GroupField("job_title", n))
		for field, key := range map[string]string{"name": "register.name", "email": "register.email", "job_title": "register.job_title"} {
			f.Labels[delegate.GroupField(field, n)] = f.T("group.nth", "Number", n, "Field", f.T(key))
		}
	}
	return f
}

type groupListPage struct {
	kit.Frame
	Group   delegate.Group
	Slug    string
	Gone    string
	Members []groupMember
}

// groupMember is one of the group's people, as the contact may know of them.
type groupMember struct {
	Name  string
	Email string         // their own
	State delegate.State // empty: their own affair
	Href  string         // their page, where the contact looks after it
}

// GroupList shows the contact whom they are to confirm, or what became of them.
func (p *Pages) GroupList(c *fiber.Ctx) error {
	private(c)
	g, err := p.app.Delegates.GroupByLink(c.UserContext(), c.Params("token"))
	return p.renderGroupList(c, g, err)
}

// GroupConfirm registers the group.
func (p *Pages) GroupConfirm(c *fiber.Ctx) error {
	private(c)
	g, err := p.app.Delegates.ProveGroup(c.UserContext(), c.Params("token"))
	if err != nil {
		return p.renderGroupList(c, g, err)
	}
	return c.Redirect("/g/"+c.Params("token"), fiber.StatusSeeOther)
}

func (p *Pages) renderGroupList(c *fiber.Ctx, g delegate.Group, err error) error {
	var told *problem.Error
	if err != nil && (!errors.As(err, &told) || told.Kind != problem.Gone || g.ID == "") {
		return err
	}
	e, err := p.app.Events.Get(c.UserContext(), p.app.DB, g.Event)
	if err != nil {
		return err
	}
	kit.Prefer(c, g.Language)
	f, err := p.frame(c, e, kit.Printer(c).T("group.title"))
	if err != nil {
		return err
	}
	page := groupListPage{Frame: f, Group: g, Slug: e.Slug}
	if told != nil {
		c.Status(fiber.StatusGone)
		page.Gone = kit.Printer(c).T(told.Key, told.Args...)
		return kit.Render(c, "delegate/group_list", page)
	}
	for _, form := range g.People {
		member := groupMember{Name: form.Name}
		if !form.Behalf {
			member.Email = form.Email
		}
		page.Members = append(page.Members, member)
	}
	for _, m := range g.Members {
		member, err := p.groupMember(c, m)
		if err != nil {
			return err
		}
		page.Members = append(page.Members, member)
	}
	return kit.Render(c, "delegate/group_list", page)
}

// groupMember tells the contact about somebody who is registered: of who has an address
// of their own, no more than the contact typed.
func (p *Pages) groupMember(c *fiber.Ctx, m delegate.Member) (groupMember, error) {
	member := groupMember{Name: m.Name, Email: m.Email}
	if m.Email != "" {
		return member, nil
	}
	d, err := p.app.Delegates.Get(c.UserContext(), m.Delegate)
	if problem.KindOf(err) == problem.NotFound && err != nil {
		return member, nil // erased since
	}
	member.State, member.Href = d.State, "/r/"+p.app.Delegates.ManageToken(d)
	return member, err
}
