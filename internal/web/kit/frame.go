package kit

import (
	"errors"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/account"
	"convene/internal/event"
	"convene/internal/i18n"
)

// Frame is what stands around a page, and the language it speaks: templates
// write {{.T "key" "Name" .X}}, {{.N "key" 3}}, {{.Date .Day}}, {{.Country "KE"}}
// and whatever else i18n.Printer can do. Page structs embed it under its own
// name; layouts read .Frame, so a page's fields may be called like the frame's.
type Frame struct {
	*i18n.Printer

	Title       string // of the page; the network's name is added
	Description string // for search engines; may be empty
	Network     config.Network
	Path        string // of the page, without parameters
	Now         time.Time
	Languages   []Language
	Event       *EventHead // nil: not a page of an event
	Desk        *DeskHead  // for the layout "desk"; nil until ForDesk
	Door        *DoorHead  // for the layout "door"; nil until ForDoor
	Staff       *account.Staff
	Flash       *Notice // what the page before had to say
	Demo        bool
	Rehearsal   bool     // the event's people are invented
	Index       bool     // search engines may list the page
	Forms       bool     // the page can have forms that change something
	Scripts     []string // ES modules under static, by name
	Styles      []string // further style sheets under static, by name
	FootLinks   []Link   // further links of the footer

	token func() (string, error)
}

// Link is a place to go to. In crumbs the last has no Href.
type Link struct{ Href, Label string }

// Pager leads to the pages before and after; an empty address is left out. Text
// says what is shown: "Hassan to Ibarra, 51 to 100 of 1,204".
type Pager struct{ Previous, Next, Text string }

// NewFrame makes the frame of a page. The title is text, not a message's key.
// The flash message, if one waits, is taken: it shows once.
func NewFrame(c *fiber.Ctx, title string) Frame {
	r := of(c)
	f := r.kit.frame(Printer(c), c.Path(), title)
	f.Languages = r.kit.languagesOf(f.Lang(), hrefWithLanguage(c))
	f.Staff, f.Forms = r.staff, true
	f.Flash = r.kit.takeFlash(c)
	f.token = func() (string, error) { return r.kit.csrfToken(c), nil }
	return f
}

// PublicFrame makes the frame of a page that is the same for everybody who
// reads the language, to be rendered once and kept. It has no form.
func (k *Kit) PublicFrame(lang, path, title string) Frame {
	f := k.frame(k.messages.For(lang), path, title)
	f.Languages = k.languagesOf(f.Lang(), func(lang string) string { return path + "?lang=" + lang })
	return f
}

func (k *Kit) frame(p *i18n.Printer, path, title string) Frame {
	return Frame{
		Printer: p, Title: title, Network: k.config.Network, Path: path, Now: k.clock(), Demo: k.demo,
		token: func() (string, error) {
			return "", errors.New("kit: a page that is rendered for everybody cannot have a form")
		},
	}
}

// hrefWithLanguage returns the address of this page in a language, with the
// other parameters as they are.
func hrefWithLanguage(c *fiber.Ctx) func(lang string) string {
	query := url.Values{}
	c.Request().URI().QueryArgs().VisitAll(func(name, value []byte) {
		if string(name) != "lang" {
			query.Add(string(name), string(value))
		}
	})
	path := c.Path()
	return func(lang string) string {
		query.Set("lang", lang)
		return path + "?" + query.Encode()
	}
}

// CSRF returns the token that a form must send in its hidden field _csrf, or a
// script in the header X-CSRF-Token. The partial "csrf" writes the field.
func (f Frame) CSRF() (string, error) { return f.token() }

// EventHead is the sub-header of an event's pages.
type EventHead struct {
	Slug   string
	Title  string
	Dates  string
	Place  string
	Accent string // the sheet with the event's colours
	Colour string
	Tabs   []TabLink
	Cover  bool // above a hero, which says the name itself
}

// Tab names a page of an event.
type Tab string

// The tabs of an event.
const (
	Overview  Tab = "overview"
	Programme Tab = "programme"
	Speakers  Tab = "speakers"
	Cities    Tab = "cities"
	Nutshell  Tab = "nutshell"
	Statement Tab = "statement"
	Register  Tab = "register"

	Participants Tab = "participants"
)

// TabLink is one tab as shown.
type TabLink struct {
	Href, Label string
	Current     bool
}

// ForEvent makes the page one of the event's: its name, dates, place, colour,
// and the tabs given, of which current is marked (none when it is not among
// them). Overview is the cover.
func (f *Frame) ForEvent(e event.Event, current Tab, tabs ...Tab) {
	head := eventHead(f.Printer, e)
	head.Cover = current == Overview
	for _, tab := range tabs {
		head.Tabs = append(head.Tabs, TabLink{Href: tabHref(e.Slug, tab), Label: f.tabLabel(tab), Current: tab == current})
	}
	f.Event = &head
	f.Rehearsal = e.Rehearsal
}

func eventHead(p *i18n.Printer, e event.Event) EventHead {
	_, colours := Colours(e)
	return EventHead{
		Slug: e.Slug, Title: p.Text(e.Title), Dates: EventDates(p, e), Place: EventPlace(p, e),
		Accent: "/e/" + e.Slug + "/accent.css?v=" + url.QueryEscape(colours), Colour: e.Accent,
	}
}

func tabHref(slug string, tab Tab) string {
	if tab == Overview {
		return "/e/" + slug
	}
	return "/e/" + slug + "/" + string(tab)
}

func (f *Frame) tabLabel(tab Tab) string {
	switch tab {
	case Overview:
		return f.T("tab.overview")
	case Programme:
		return f.T("tab.programme")
	case Speakers:
		return f.T("tab.speakers")
	case Cities:
		return f.T("tab.cities")
	case Nutshell:
		return f.T("tab.nutshell")
	case Statement:
		return f.T("tab.statement")
	case Participants:
		return f.T("tab.participants")
	case Register:
		return f.T("tab.register")
	}
	return string(tab)
}

// EventDates tells the days of an event: "28–30 September 2015", or only the
// month while no more is known.
func EventDates(p *i18n.Printer, e event.Event) string {
	if e.MonthOnly {
		first := e.FirstDay()
		return p.T("date.month_only", "Month", p.T("date.month."+first.Format("1")), "Year", first.Year())
	}
	return p.DateRange(e.FirstDay(), e.LastDay())
}

// EventPlace tells city and country, or the one that is known.
func EventPlace(p *i18n.Printer, e event.Event) string {
	switch {
	case e.Country == "":
		return e.City
	case e.City == "":
		return p.Country(e.Country)
	}
	return p.T("event.place", "City", e.City, "Country", p.Country(e.Country))
}

// Closing tells until when one can register. A midnight is the end of the day
// before, and is told so, as the event's page does.
func Closing(print *i18n.Printer, at time.Time) string {
	if at.Hour() == 0 && at.Minute() == 0 {
		return print.T("register.whole_day", "Day", print.Date(at.Add(-time.Second)))
	}
	return print.DateTime(at)
}
