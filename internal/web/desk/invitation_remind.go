package desk

import (
	"context"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/web/kit"
)

// remindPage is desk/invitation_remind.html: to whom a reminder would go, or whose
// invitation would be taken back, before it is done.
type remindPage struct {
	kit.Frame
	Crumbs   []kit.Link
	Form     *kit.Form
	What     string // remind or revoke
	Question string
	Left     string // how many are left out, and why; empty if nobody is
	IDs      []string
	All      bool
	Query    url.Values
	Since    string
	Path     string
	Back     string
}

// InvitationsChosen asks before those who were chosen, or all whom the filter meets, are
// reminded, or before the invitations of those who were chosen are taken back.
func (s *Pages) InvitationsChosen(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	what, all := form.Value("do"), form.Value("do") == "remind_all"
	if all {
		what = "remind"
	}
	if what != "remind" && what != "revoke" || len(form.Values["id[]"]) > mostAtOnce {
		return fiber.ErrBadRequest
	}
	filter := invitedFilter(e, form.Value)
	back := withQuery(deskPath(e, kit.DeskInvitations), invitedValues(filter))
	p, since := kit.Printer(c), s.app.Clock()
	people, left, err := s.unanswered(c.UserContext(), e, filter, form.Values["id[]"], all, since)
	if err != nil {
		return err
	}
	if len(people) == 0 {
		kit.Flash(c, kit.Wait, "invite.nobody")
		return c.Redirect(back, fiber.StatusSeeOther)
	}
	title := p.T("invite." + what + ".title")
	frame, err := s.frame(c, &e, kit.DeskInvitations, title)
	if err != nil {
		return err
	}
	page := remindPage{
		Frame: frame, Form: kit.NewForm(c, nil), What: what, Question: p.N("invite."+what+".question", len(people)), All: all, Query: invitedValues(filter),
		Since: since.UTC().Format(store.TimeLayout), Path: deskPath(e, kit.DeskInvitations, "chosen", what), Back: back,
		Crumbs: []kit.Link{{Href: back, Label: p.T("invite.title")}, {Label: title}},
	}
	if left > 0 {
		page.Left = p.N("invite.left", left)
	}
	if !all {
		page.IDs = people
	}
	return kit.Render(c, "desk/invitation_remind", page)
}

// unanswered are those of the chosen, or of all whom the filter meets, who can be
// reminded; left are how many of them cannot.
func (s *Pages) unanswered(ctx context.Context, e event.Event, filter delegate.Filter, chosen []string, all bool, since time.Time) (ids []string, left int, err error) {
	take := func(d delegate.Delegate) error {
		if d.CanBeReminded(since) {
			ids = append(ids, d.ID)
		} else {
			left++
		}
		return nil
	}
	if all {
		err = s.app.Delegates.Each(ctx, e.ID, filter, take)
		return ids, left, err
	}
	for _, id := range chosen {
		d, err := s.delegateOf(ctx, e, id)
		if err != nil {
			return nil, 0, err
		}
		if err := take(d); err != nil {
			return nil, 0, err
		}
	}
	return ids, left, nil
}

// InvitationsRemind writes once more to those whom the page told of.
func (s *Pages) InvitationsRemind(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	since, err := time.Parse(store.TimeLayout, form.Value("since"))
	if err != nil || since.After(s.app.Clock()) || len(form.Values["id[]"]) > mostAtOnce {
		return fiber.ErrBadRequest
	}
	filter := invitedFilter(e, form.Value)
	ids, _, err := s.unanswered(c.UserContext(), e, filter, form.Values["id[]"], form.Checked("all"), since)
	if err != nil {
		return err
	}
	n, err := s.app.Delegates.RemindInvited(c.UserContext(), e, ids, since)
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "invite.remind.done", "Count", n)
	return c.Redirect(withQuery(deskPath(e, kit.DeskInvitations), invitedValues(filter)), fiber.StatusSeeOther)
}

// InvitationsRevoke takes the invitations of those back whom the page told of. Who has
// answered in between keeps what they have.
func (s *Pages) InvitationsRevoke(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	if len(form.Values["id[]"]) > mostAtOnce {
		return fiber.ErrBadRequest
	}
	n := 0
	for _, id := range form.Values["id[]"] {
		if _, err := s.delegateOf(c.UserContext(), e, id); err != nil {
			return err
		}
		switch _, err := s.app.Delegates.RevokeInvited(c.UserContext(), id, form.Value("reason")); {
		case err == nil:
			n++
		case problem.KindOf(err) != problem.Conflict:
			return err
		}
	}
	kit.Flash(c, kit.Good, "invite.revoke.done", "Count", n)
	return c.Redirect(withQuery(deskPath(e, kit.DeskInvitations), invitedValues(invitedFilter(e, form.Value))), fiber.StatusSeeOther)
}
