package desk

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/web/kit"
)

// letterPage is desk/letter.html.
type letterPage struct {
	kit.Frame
	Crumbs     []kit.Link
	Line       letterLine
	Letter     outbox.Letter
	Language   string
	PersonHref string
	Path       string
	Due        Moment // when it will be tried next
	Attempts   []attemptLine
	Bounces    []bounceLine // what was reported once the letter was sent
	Preview    outbox.Copy
	Unwritten  bool // it cannot be composed as things stand
	AsSent     bool // the preview is what was sent
	MayResend  bool
	MayCancel  bool
	Original   string // address of the letter that this one repeats
	Times      string
}

type attemptLine struct {
	At     Moment
	Code   int
	Answer string
	Pill   Pill
}

// letter finds the event's letter that the address names.
func (s *Pages) letter(c *fiber.Ctx) (event.Event, outbox.Letter, error) {
	e, err := s.event(c)
	if err != nil {
		return e, outbox.Letter{}, err
	}
	id, err := outbox.FromKey(c.Params("letter"))
	if err != nil {
		return e, outbox.Letter{}, err
	}
	l, err := s.outbox.Get(c.UserContext(), id)
	if err == nil && l.Event != e.ID {
		err = fiber.ErrNotFound
	}
	return e, l, err
}

// Letter shows a letter, what became of it, and what can be done with it.
func (s *Pages) Letter(c *fiber.Ctx) error {
	e, l, err := s.letter(c)
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	names, err := s.occasionNames(c.UserContext(), p, e)
	if err != nil {
		return err
	}
	frame, err := s.frame(c, &e, kit.DeskLetters, names(l.Occasion))
	if err != nil {
		return err
	}
	clock := s.clock(p, &e)
	page := letterPage{
		Frame: frame, Letter: l, Line: s.letterLine(frame, e, clock, names, l), Path: letterPath(e, l.ID),
		Crumbs:   []kit.Link{{Href: deskPath(e, "letters"), Label: p.T("board.letters.title")}, {Label: names(l.Occasion)}},
		Language: p.LanguageName(l.Language), AsSent: l.Copy != nil, Times: clock.zoneNote(&e),
		Bounces: bounceLines(p, clock, l), MayResend: l.State.Over(), MayCancel: l.State == outbox.Waiting || l.State == outbox.Retrying,
	}
	if l.Person != "" {
		page.PersonHref = deskPath(e, "delegates", l.Person)
	}
	if l.ResendOf != "" {
		page.Original = letterPath(e, l.ResendOf)
	}
	if !l.State.Over() && l.Due.After(s.app.Clock()) {
		page.Due = clock.moment(l.Due)
	}
	for _, a := range l.Attempts {
		page.Attempts = append(page.Attempts, attemptLine{clock.seconds(a.At), a.Code, attemptWords(p, a), letterPill(p, a.Outcome)})
	}
	if page.Preview, page.Unwritten, err = s.preview(c.UserContext(), l.ID); err != nil {
		return err
	}
	return kit.Render(c, "desk/letter", page)
}

// preview returns the letter as the desk may read it. One that cannot be
// written, such as a badge's that has been withdrawn, is no fault of the page's.
func (s *Pages) preview(ctx context.Context, id string) (content outbox.Copy, unwritten bool, err error) {
	content, err = s.outbox.Preview(ctx, id)
	if err == nil || ctx.Err() != nil || problem.KindOf(err) == problem.NotFound {
		return content, false, err
	}
	s.app.Log.Warn("letter not written for the desk", "letter", id, "error", err)
	return outbox.Copy{}, true, nil
}

// attemptWords tells why an attempt ended as it did: the server's words, or ours.
func attemptWords(p *i18n.Printer, a outbox.Attempt) string {
	if a.Reason == "" {
		return unwritten(p, a.Answer)
	}
	words := p.T("board.letter.reason." + string(a.Reason))
	if a.Answer != "" {
		words += " " + a.Answer
	}
	return words
}

// LetterHTML is the letter's HTML alone, for the frame in its page. Its route
// allows kit.Letter.
func (s *Pages) LetterHTML(c *fiber.Ctx) error {
	_, l, err := s.letter(c)
	if err != nil {
		return err
	}
	content, unwritten, err := s.preview(c.UserContext(), l.ID)
	if err != nil {
		return err
	}
	if unwritten || content.HTML == "" {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString(content.HTML)
}

// LetterResend queues the letter once more and leads to the new one.
func (s *Pages) LetterResend(c *fiber.Ctx) error {
	e, l, err := s.letter(c)
	if err != nil {
		return err
	}
	again, err := s.outbox.Resend(c.UserContext(), l.ID, kit.Staff(c).Name)
	if errors.Is(err, outbox.ErrState) {
		return s.letterHasChanged(c, e, l)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "board.letter.resent")
	return c.Redirect(letterPath(e, again.ID), fiber.StatusSeeOther)
}

// LetterCancel stops a letter that has not gone out.
func (s *Pages) LetterCancel(c *fiber.Ctx) error {
	e, l, err := s.letter(c)
	if err != nil {
		return err
	}
	err = s.outbox.Cancel(c.UserContext(), l.ID, kit.Staff(c).Name)
	if errors.Is(err, outbox.ErrState) {
		return s.letterHasChanged(c, e, l)
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "board.letter.cancelled")
	return c.Redirect(letterPath(e, l.ID), fiber.StatusSeeOther)
}

func (s *Pages) letterHasChanged(c *fiber.Ctx, e event.Event, l outbox.Letter) error {
	kit.Flash(c, kit.Bad, "board.letter.changed")
	return c.Redirect(letterPath(e, l.ID), fiber.StatusSeeOther)
}
