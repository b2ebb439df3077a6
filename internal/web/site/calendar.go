package site

import (
	"context"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/feed"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/web/kit"
)

// Calendar is GET /e/:slug/calendar.ics: every session but the breaks, of which
// nobody needs a note, or the event's days while there is no programme.
func (p *Pages) Calendar(c *fiber.Ctx) error {
	return p.calendar(c, "/calendar.ics", func(ctx context.Context, calendar feed.Calendar, e event.Event) ([]byte, error) {
		all, err := p.programme.Sessions(ctx, e.ID)
		var sessions []programme.Session
		for _, s := range all {
			if s.Kind != programme.Break {
				sessions = append(sessions, s)
			}
		}
		if err != nil || len(sessions) == 0 {
			return calendar.Event(e), err
		}
		return calendar.Programme(e, sessions), nil
	})
}

// SessionCalendar is GET /e/:slug/sessions/:session/calendar.ics.
func (p *Pages) SessionCalendar(c *fiber.Ctx) error {
	slug := c.Params("session")
	return p.calendar(c, "/sessions/"+slug+"/calendar.ics", func(ctx context.Context, calendar feed.Calendar, e event.Event) ([]byte, error) {
		session, err := p.programme.Session(ctx, e.ID, slug)
		return calendar.Programme(e, []programme.Session{session}), err
	})
}

type writeCalendar func(context.Context, feed.Calendar, event.Event) ([]byte, error)

func (p *Pages) calendar(c *fiber.Ctx, below string, write writeCalendar) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	if e.MonthOnly { // no day to note
		return problem.New(problem.NotFound, "site.calendar.no_days")
	}
	return p.keep(c, p.pageOf(e, "", below), kit.Printer(c).Lang(), func(ctx context.Context, _ page, lang string) (*answer, error) {
		calendar := feed.Calendar{Host: p.host(), BaseURL: p.config.BaseURL, Language: lang, Country: p.catalogue.For(lang).Country}
		content, err := write(ctx, calendar, e.Event)
		if err != nil {
			return nil, err
		}
		file := newAnswer("text/calendar; charset=utf-8", "", content)
		file.disposition = `inline; filename="` + e.Slug + `.ics"`
		return file, nil
	})
}

// host is the installation's domain.
func (p *Pages) host() string {
	u, err := url.Parse(p.config.BaseURL)
	if err != nil || u.Hostname() == "" {
		return "localhost"
	}
	return u.Hostname()
}
