package delegate

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// notificationsPage is delegate/notifications.html.
type notificationsPage struct {
	own
	Letters []notification
	More    string // the next page
	Choose  string // where one chooses which letters come; empty before the first
	Push    bool   // browsers can be told
	Key     string // what they subscribe to
}

// notification is a letter as its reader sees it on their own pages.
type notification struct {
	Subject, At, Path string
	Language          string
	Text              []kit.Piece // none in lists
}

// Notifications lists the letters to a delegate, the newest first, and lets them
// have more in this browser.
func (p *Pages) Notifications(c *fiber.Ctx) error {
	o, e, err := p.open(c, "notify.title")
	if err != nil {
		return err
	}
	page := notificationsPage{own: o, Push: p.app.Push.On(), Key: p.app.Push.PublicKey()}
	letters, err := p.app.Outbox.Letters(c.UserContext(), outbox.Filter{Person: o.Delegate.ID, Limit: 20}, c.Query("after"))
	if err != nil {
		return err
	}
	for _, l := range letters.Items {
		if page.Choose == "" {
			page.Choose = "/letters/" + p.app.Preferences.Token(l)
		}
		if !hasCome(l) {
			continue
		}
		n, _, err := p.notification(c, o, e, l)
		if err != nil {
			return err
		}
		page.Letters = append(page.Letters, n)
	}
	if letters.Next != "" {
		page.More = "/r/" + o.Token + "/letters?after=" + letters.Next
	}
	return kit.Render(c, "delegate/notifications", page)
}

// hasCome reports whether the letter has gone out, or would have if its reader's
// address took any.
func hasCome(l outbox.Letter) bool {
	switch l.State {
	case outbox.Sent, outbox.Failed, outbox.Leased, outbox.Retrying:
		return true
	case outbox.Suppressed:
		return l.Kind == "" // nobody can refuse it, so the address came back
	}
	return false
}

// notification tells of a letter, with its text as it was kept, or as it would be
// now.
func (p *Pages) notification(c *fiber.Ctx, o own, e event.Event, l outbox.Letter) (n notification, text string, err error) {
	at := l.SentAt
	if at.IsZero() {
		at = l.Due
	}
	n = notification{
		At: kit.Printer(c).DateTime(at.In(o.clock(e))), Path: "/r/" + o.Token + "/letters/" + outbox.Key(l.ID), Language: l.Language,
	}
	content, err := p.app.Outbox.Preview(c.UserContext(), l.ID)
	if err != nil && problem.KindOf(err) == problem.Internal && c.UserContext().Err() == nil {
		n.Subject = kit.Printer(c).T("notify.unwritten") // it can no longer be composed, and never was
		return n, "", nil
	}
	n.Subject = content.Subject
	return n, p.app.Composer.Opened(content.Text, l, o.Delegate), err
}

// notificationPage is delegate/notification.html.
type notificationPage struct {
	own
	Letter notification
}

// Notification shows one letter to the delegate that it went to.
func (p *Pages) Notification(c *fiber.Ctx) error {
	o, e, err := p.open(c, "notify.title")
	if err != nil {
		return err
	}
	id, err := outbox.FromKey(c.Params("letter"))
	if err != nil {
		return err
	}
	l, err := p.app.Outbox.Get(c.UserContext(), id)
	if err != nil {
		return err
	}
	if l.Person != o.Delegate.ID || !hasCome(l) {
		return fiber.ErrNotFound
	}
	n, text, err := p.notification(c, o, e, l)
	if err != nil {
		return err
	}
	n.Text = kit.Linked(text)
	return kit.Render(c, "delegate/notification", notificationPage{own: o, Letter: n})
}

// PushAllow has a browser show the delegate's letters. A script sends it.
func (p *Pages) PushAllow(c *fiber.Ctx) error {
	d, err := p.app.Delegates.ByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	if err := p.app.Push.Subscribe(c.UserContext(), d.ID, form.Value("endpoint"), form.Value("key"), form.Value("auth")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// PushStop has it show them no more.
func (p *Pages) PushStop(c *fiber.Ctx) error {
	d, err := p.app.Delegates.ByLink(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	if err := p.app.Push.Unsubscribe(c.UserContext(), d.ID, kit.Posted(c).Value("endpoint")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
