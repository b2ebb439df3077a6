package desk

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/letter"
	"convene/internal/web/kit"
)

// textsPage is desk/texts.html.
type textsPage struct {
	kit.Frame
	Rows  []textRow
	Times string
	Path  string
	Whom  []kit.Option // for whom the texts are
	For   string       // the category, if they are not for everybody
}

// textRow is an occasion, with the languages that the event has texts of its own
// for.
type textRow struct {
	Href, Name string
	Own        []string
	Also       string // categories that have texts of their own
	Changed    Moment
	By         string
}

// Texts lists the letters of the event, and who has written which.
func (s *Pages) Texts(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	frame, err := s.frame(c, &e, kit.DeskTexts, kit.Printer(c).T("text.title"))
	if err != nil {
		return err
	}
	names, err := s.occasionNames(ctx, frame.Printer, e)
	if err != nil {
		return err
	}
	clock := s.clock(frame.Printer, &e)
	category, _ := e.Category(c.Query("category"))
	page := textsPage{Frame: frame, Times: clock.zoneNote(&e), Path: deskPath(e, "texts"), Whom: categoryChoice(frame, e, category.ID)}
	if category.ID != "" {
		page.For = e.CategoryLabel(frame.Printer, category.ID)
	}
	occasions := append([]string{}, letter.Occasions...)
	rules, err := s.app.Reminders.Rules(ctx, e)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if r.Letter == "" {
			occasions = append(occasions, r.Occasion())
		}
	}
	for _, code := range occasions {
		row, err := s.textRow(ctx, frame.Printer, clock, e, letter.ForCategory(code, category.ID))
		if err != nil {
			return err
		}
		row.Name = names(code)
		page.Rows = append(page.Rows, row)
	}
	return kit.Render(c, "desk/texts", page)
}

func (s *Pages) textRow(ctx context.Context, p *i18n.Printer, k clock, e event.Event, code string) (textRow, error) {
	occasion, category := letter.OfCategory(code)
	row := textRow{Href: deskPath(e, "texts", occasion)}
	if category != "" {
		row.Href = withQuery(row.Href, url.Values{"category": {category}})
	} else {
		others, err := s.app.Composer.Categories(ctx, e.ID, occasion)
		if err != nil {
			return row, err
		}
		row.Also = categoryNames(p, e, others)
	}
	own, err := s.app.Composer.Texts(ctx, e.ID, code)
	var newest letter.Template
	for _, lang := range s.app.Composer.Languages(e) {
		t, ok := own[lang]
		if !ok {
			continue
		}
		row.Own = append(row.Own, p.LanguageName(lang))
		if t.At.After(newest.At) {
			newest = t
		}
	}
	row.Changed, row.By = k.moment(newest.At), newest.By
	return row, err
}
