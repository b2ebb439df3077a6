package desk

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/message"
	"convene/internal/outbox"
	"convene/internal/web/kit"
)

// messagePage is desk/message.html.
type messagePage struct {
	kit.Frame
	Crumbs     []kit.Link
	Message    message.Message
	Form       *kit.Form // of releasing it
	Pill       Pill
	Path, Text string
	Kind       string
	Group      string
	Whom       []narrowing
	People     string // how many it goes to, or went to
	Author     string
	FourEyes   bool
	MayApprove bool
	At         Moment
	Problem    string
	Sent       []countLine
	Failed     []letterLine
	Recipients []recipientRow
	More       string // that there are more than those shown
	All        string // where all are
	Letters    string // where those that were written are
	Planned    bool   // nothing has gone out: the recipients are those of now
	Shown      *outbox.Copy
	ShownTo    string
	Unwritten  string
	Times      string
}

// Message shows a message: to whom, what each reads, and how far it has come.
func (s *Pages) Message(c *fiber.Ctx) error {
	e, m, err := s.message(c)
	if err != nil {
		return err
	}
	return s.renderMessage(c, e, m, kit.NewForm(c, nil))
}

func (s *Pages) renderMessage(c *fiber.Ctx, e event.Event, m message.Message, form *kit.Form) error {
	ctx, p := c.UserContext(), kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskMessages, m.Name)
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, &e)
	form.Labels = map[string]string{"at": p.T("message.at")}
	page := messagePage{
		Frame: frame, Message: m, Form: form, Pill: messagePill(p, m.State), Path: deskPath(e, "messages", m.ID),
		Text: deskPath(e, "texts", m.Occasion()), Kind: p.T("audience.kind." + string(m.Kind)), Author: m.Author.Name,
		Letters: lettersHref(e, outbox.Filter{Origin: m.Origin()}, ""),
		Planned: m.State == message.Draft || m.State == message.Submitted || m.State == message.Scheduled, FourEyes: e.FourEyes, At: clock.moment(m.At), Times: clock.zoneNote(&e),
		Crumbs: []kit.Link{{Href: deskPath(e, "messages"), Label: p.T("message.title")}, {Label: m.Name}},
	}
	page.MayApprove = m.State == message.Submitted && frame.Staff != nil && frame.Staff.ID != m.Author.ID
	if m.Problem != "" {
		page.Problem = p.T(m.Problem)
	}
	if page.Group, page.Whom, err = s.narrowings(ctx, p, e, m.Audience); err != nil {
		return err
	}
	total := m.Total
	if m.State == message.Draft {
		if total, err = s.app.Audience.Count(ctx, e, m.Audience); err != nil {
			return err
		}
	}
	page.People = p.N("rule.people", total)
	if err := s.showMessageLetters(ctx, &page, clock, e, c.Query("to"), recipientLimit(c)); err != nil {
		return err
	}
	return kit.Render(c, "desk/message", page)
}

// showMessageLetters lists those whom the message goes to and what one of them
// reads, and once it is on its way how the letters fare.
func (s *Pages) showMessageLetters(ctx context.Context, page *messagePage, k clock, e event.Event, to string, limit int) error {
	list, err := s.app.Messages.Recipients(ctx, e, page.Message, limit+1)
	if err != nil {
		return err
	}
	if len(list) > limit {
		list, page.More = list[:limit], page.N("rule.more", limit)
	}
	if limit == recipientsShown {
		page.All = page.Path + "?all=yes#people"
	}
	for i, l := range list {
		id := l.Person + l.Data["recipient"]
		row := recipientRow{Name: l.To.Name, Show: page.Path + "?to=" + id + "#letter", Language: page.LanguageName(l.Language)}
		if l.Person != "" {
			row.Href = deskPath(e, "delegates", l.Person)
		}
		page.Recipients = append(page.Recipients, row)
		if to == "" && i == 0 || to != "" && to == id {
			page.ShownTo = l.To.Name
			page.Shown, page.Unwritten = s.composed(ctx, page.Printer, l)
		}
	}
	tally, err := s.app.Messages.Progress(ctx, page.Message)
	if err != nil {
		return err
	}
	page.Sent = letterCounts(page.Frame, tally)
	failed, err := s.outbox.OfOrigin(ctx, page.Message.Origin(), outbox.Failed, "", recipientsShown)
	names := func(string) string { return page.Message.Name }
	for _, l := range failed.Items {
		page.Failed = append(page.Failed, s.letterLine(page.Frame, e, k, names, l))
	}
	return err
}

// MessageDo releases a message, approves, withdraws, stops or removes it, or
// writes again to those whose letter failed.
func (s *Pages) MessageDo(c *fiber.Ctx) error {
	e, m, err := s.message(c)
	if err != nil {
		return err
	}
	ctx, messages, form := c.UserContext(), s.app.Messages, kit.Posted(c)
	n, back := 0, deskPath(e, "messages", m.ID)
	switch c.Params("do") {
	case "release":
		err = s.release(ctx, e, m, form)
	case "approve":
		_, err = messages.Approve(ctx, e, m.ID)
	case "withdraw":
		_, err = messages.Withdraw(ctx, e, m.ID)
	case "stop":
		n, err = messages.Stop(ctx, e, m.ID)
	case "retry":
		n, err = messages.Retry(ctx, e, m.ID)
	case "remove":
		err, back = messages.Remove(ctx, e, m.ID), deskPath(e, "messages")
	default:
		return fiber.ErrNotFound
	}
	if len(form.Faults) > 0 || form.Refused(err) {
		return s.renderMessage(c.Status(fiber.StatusUnprocessableEntity), e, m, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "message.done."+c.Params("do"), "Letters", form.N("rule.letters", n))
	return c.Redirect(back, fiber.StatusSeeOther)
}

// release reads when the message is to go out, by the clocks of the event's
// place.
func (s *Pages) release(ctx context.Context, e event.Event, m message.Message, form *kit.Form) error {
	var at time.Time
	if typed := form.Value("at"); typed != "" && form.Value("when") == "later" {
		t, err := time.ParseInLocation("2006-01-02T15:04", typed, e.Location())
		if err != nil || t.Before(s.app.Clock()) {
			form.Faults = append(form.Faults, kit.Fault{Name: "at", Text: form.T("message.at_fault")})
			return nil
		}
		at = t.UTC()
	} else if form.Value("when") == "later" {
		form.Faults = append(form.Faults, kit.Fault{Name: "at", Text: form.T("problem.field.required")})
		return nil
	}
	_, err := s.app.Messages.Release(ctx, e, m.ID, at, form.Checked("allow"))
	return err
}
