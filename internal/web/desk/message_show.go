package desk

import (
	"context"
	"errors"
	"strings"
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
	Path       string
	Texts      []messageText
	Files      []attachedFile
	Lacking    string // the readers' languages that have no text of their own
	Seen       string // when it had changed last
	MayStop    bool
	Kind       string
	Group      string
	Whom       []narrowing
	People     string // how many it goes to, or went to
	Author     string
	FourEyes   bool
	MayApprove bool
	At         Moment
	Problem    string // why sending stopped by itself
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

// messageText is the message's text in one language.
type messageText struct {
	Language, Href string
	Written        bool
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
	over, err := s.app.Messages.Over(ctx, m)
	if err != nil {
		return err
	}
	page := messagePage{
		Frame: frame, Message: m, Form: form, Pill: messageStands(p, m.State, over), Path: deskPath(e, "messages", m.ID),
		Kind: p.T("audience.kind." + string(m.Kind)), Author: m.Author.Name, Seen: m.Changed.Format(time.RFC3339Nano),
		Letters: lettersHref(e, outbox.Filter{Origin: m.Origin()}, ""),
		Planned: m.State == message.Draft || m.State == message.Submitted || m.State == message.Scheduled, FourEyes: e.FourEyes, At: clock.moment(m.At), Times: clock.zoneNote(&e),
		Crumbs: []kit.Link{{Href: deskPath(e, "messages"), Label: p.T("message.title")}, {Label: m.Name}},
	}
	page.MayStop = !page.Planned && !over
	page.MayApprove = m.State == message.Submitted && frame.Staff != nil && !m.By(frame.Staff.ID)
	if m.Problem != "" {
		page.Problem = p.T(m.Problem)
	}
	if page.Group, page.Whom, err = s.narrowings(ctx, p, e, m.Audience); err != nil {
		return err
	}
	if err := s.showMessageTexts(ctx, &page, e); err != nil {
		return err
	}
	if err := s.showMessageLetters(ctx, &page, clock, e, c.Query("to"), recipientLimit(c)); err != nil {
		return err
	}
	return kit.Render(c, "desk/message", page)
}

// showMessageTexts tells in which languages the message is written, what is attached
// to it, and before it goes out how many it reaches and in which of their languages
// it is not written.
func (s *Pages) showMessageTexts(ctx context.Context, page *messagePage, e event.Event) error {
	m, p := page.Message, page.Printer
	own, err := s.app.Composer.Texts(ctx, e.ID, m.Occasion())
	if err != nil {
		return err
	}
	for _, lang := range s.app.Composer.Languages(e) {
		_, written := own[lang]
		page.Texts = append(page.Texts, messageText{p.LanguageName(lang), textPath(e, m.Occasion(), lang), written})
	}
	if page.Files, err = s.attachedFiles(ctx, p, e, m.Occasion()); err != nil {
		return err
	}
	page.People = p.N("rule.people", m.Total)
	if !page.Planned {
		return nil
	}
	reach, err := s.app.Messages.Reach(ctx, e, m)
	if err != nil {
		return err
	}
	page.People = p.N("rule.people", reach.People)
	var lacking []string
	for _, l := range reach.First {
		if _, ok := own[l.Language]; !ok && len(own) > 0 {
			lacking = append(lacking, p.LanguageName(l.Language))
		}
	}
	page.Lacking = strings.Join(lacking, ", ")
	return nil
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
	show := page.Path + "?to="
	if limit == recipientsShown {
		page.All = page.Path + "?all=yes#people"
	} else {
		show = page.Path + "?all=yes&to="
	}
	for i, l := range list {
		id := l.Person + l.Data["recipient"]
		row := recipientRow{Name: l.To.Name, Show: show + id + "#letter", Language: page.LanguageName(l.Language)}
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
	if tally[outbox.Failed] == 0 {
		return nil
	}
	failed, _, err := s.app.Messages.Failed(ctx, page.Message, recipientsShown)
	names := func(string) string { return page.Message.Name }
	for _, l := range failed {
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
	done, n, back := c.Params("do"), 0, deskPath(e, "messages", m.ID)
	switch done {
	case "release":
		var released message.Message
		if released, err = s.release(ctx, e, m, form); released.State == message.Submitted {
			done = "submit"
		}
	case "approve":
		_, err = messages.Approve(ctx, e, m.ID, seenAt(form))
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
		sayUnwritten(form, err)
		if m, err = messages.Get(ctx, e, m.ID); err != nil {
			return err
		}
		return s.renderMessage(c.Status(fiber.StatusUnprocessableEntity), e, m, form)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "message.done."+done, "Letters", form.N("rule.letters", n))
	return c.Redirect(back, fiber.StatusSeeOther)
}

// seenAt is when the message had changed last as the page showed it.
func seenAt(form *kit.Form) time.Time {
	t, err := time.Parse(time.RFC3339Nano, form.Value("seen"))
	if err != nil {
		return time.Time{} // which no message is of
	}
	return t
}

// sayUnwritten says for readers of which language the letter cannot be written, and
// why.
func sayUnwritten(form *kit.Form, err error) {
	var u *message.Unwritten
	if errors.As(err, &u) {
		form.Message = form.T("message.unwritten", "Language", form.LanguageName(u.Language), "Reason", unwritten(form.Printer, u.Cause.Error()))
	}
}

// release reads when the message is to go out, by the clocks of the event's
// place.
func (s *Pages) release(ctx context.Context, e event.Event, m message.Message, form *kit.Form) (message.Message, error) {
	var at time.Time
	if form.Value("when") == "later" {
		key := "problem.field.required"
		typed, err := time.ParseInLocation("2006-01-02T15:04", form.Value("at"), e.Location())
		if form.Value("at") != "" {
			key = "problem.message_at"
		}
		if err != nil || typed.IsZero() {
			form.Faults = append(form.Faults, kit.Fault{Name: "at", Text: form.T(key)})
			return m, nil
		}
		at = typed.UTC()
	}
	return s.app.Messages.Release(ctx, e, m.ID, at, form.Checked("allow"))
}
