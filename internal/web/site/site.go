// Package site is what everybody can read: the network and its cities, the
// events with their programmes, speakers, figures and statements. No page of it
// shows anything of a delegate.
//
// Nearly every page is the same for all who read its language. Such a page is
// rendered once for each state of what it shows, and served from memory,
// compressed, until that changes: see serve.
package site

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/app"
	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/report"
	"convene/internal/statement"
	"convene/internal/web/kit"
)

// Pages are the public pages.
type Pages struct {
	kit        *kit.Kit
	config     config.Config
	clock      func() time.Time
	app        *app.App
	catalogue  *i18n.Catalogue
	events     *event.Service
	cities     *city.Service
	programme  *programme.Service
	reports    *report.Service
	statements *statement.Service

	editions *recent[*editions]
	members  *recent[*directory]
	cache    *cache
}

// How old may be what is known of storage when a page is served. Cities change
// seldom, and there are many of them.
const (
	editionsAge = time.Second
	membersAge  = 10 * time.Second
)

// New makes the pages.
func New(a *app.App, k *kit.Kit) *Pages {
	p := &Pages{
		kit: k, config: a.Config, clock: a.Clock, app: a, catalogue: a.Catalogue,
		events: a.Events, cities: a.Cities, programme: a.Programme, reports: a.Reports, statements: a.Statements,
		cache: newCache(),
	}
	p.editions = &recent[*editions]{every: editionsAge, clock: a.Clock, read: p.readEditions}
	p.members = &recent[*directory]{every: membersAge, clock: a.Clock, read: p.readDirectory}
	return p
}

// base is the frame of a public page with the words that only these need. Page
// structs embed it.
type base struct{ kit.Frame }

// Words are a text and the language it is in, empty when that is the page's.
type Words struct{ Text, Lang string }

// Words returns the text's version for the page.
func (b base) Words(t i18n.Text) Words {
	text, lang := t.Find(b.Lang())
	if lang == b.Lang() {
		lang = ""
	}
	return Words{text, lang}
}

// English marks a text that only exists in English.
func (b base) English(text string) Words { return b.Words(i18n.English(text)) }

// label returns the message under the prefix for one value of a vocabulary, or
// the value itself where the catalogue does not know it.
func (b base) label(prefix, value string) string {
	if value == "" {
		return ""
	}
	key := prefix + "." + value
	if text := b.T(key); text != key {
		return text
	}
	return value
}

// Region names one of UNESCO's regions.
func (b base) Region(region string) string { return b.label("site.region", region) }

// edition finds the event of the address, or a problem of kind NotFound.
func (p *Pages) edition(c *fiber.Ctx) (*edition, error) {
	all, err := p.editions.get(c.UserContext())
	if err != nil {
		return nil, err
	}
	e, ok := all.bySlug[c.Params("slug")]
	if !ok {
		return nil, problem.New(problem.NotFound, "problem.event_not_found")
	}
	return e, nil
}

// pageOf begins a page of the event.
func (p *Pages) pageOf(e *edition, view, below string) page {
	return page{view: view, path: "/e/" + e.Slug + below, version: e.version}
}

// forEvent makes the frame one of the event's.
func (p *Pages) forEvent(ctx context.Context, b *base, e event.Event, current kit.Tab) error {
	tabs, err := p.Tabs(ctx, e)
	if err != nil {
		return err
	}
	b.ForEvent(e, current, tabs...)
	b.Index = !e.Rehearsal
	return nil
}

// Tabs returns the tabs of an event: those whose pages have something to show.
func (p *Pages) Tabs(ctx context.Context, e event.Event) ([]kit.Tab, error) {
	sessions, err := p.programme.Sessions(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	people, err := p.programme.People(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	cities, err := p.cities.Of(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	statements, err := p.statements.Of(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	now := p.clock()
	tabs := []kit.Tab{kit.Overview}
	add := func(tab kit.Tab, shown bool) {
		if shown {
			tabs = append(tabs, tab)
		}
	}
	add(kit.Programme, len(sessions) > 0)
	add(kit.Speakers, len(people) > 0)
	add(kit.Cities, len(cities) > 0)
	add(kit.Nutshell, hasNutshell(e, now))
	add(kit.Statement, len(statements) > 0)
	add(kit.Participants, e.Listing.For == event.ListedForAll)
	add(kit.Register, e.RegistrationState(now) == event.RegistrationOpen)
	return tabs, nil
}
