package site

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/fact"
	"convene/internal/programme"
	"convene/internal/web/kit"
)

// eventPage is site/event.html: the cover of an event.
type eventPage struct {
	base
	Edition     event.Event
	Mark        string // "ICLC 2015"
	Heading     Words
	Theme       Words
	About       Words
	Dates       string
	DatesDiffer bool   // between sources
	Zone        string // whose clocks the times are by; empty while no day is known
	Place       string
	Venue       string
	Languages   string
	State       state
	Countdown   string
	Register    string
	Nutshell    string
	Calendar    string
	Rescheduled *rescheduled
	Figures     []figure
	Reported    []figure // the figures and what had been expected
	Computed    []figure // where nothing is reported
	Days        []dayOutline
	Documents   []document
	Highlights  []Words
	Announced   []announced
	AboutThem   Words         // how announcement and event go together
	Held        []outlineItem // what was held instead
	Host        string
	Organisers  []string
	Origins     []origin
	Uncertain   []origin // those of the origins that are not certain
	Doubtful    []figure // those of the figures that sources differ about
	Untimed     bool     // no source gives the sessions' times
	Past        bool
}

// rescheduled tells the days that were given up.
type rescheduled struct {
	Dates  string
	Reason Words
	Source fact.Source
}

// dayOutline is a day of the programme in a few words.
type dayOutline struct {
	Day   time.Time
	Href  string
	Items []outlineItem
}

type outlineItem struct {
	Start time.Time
	Title Words
	About Words // for what was held instead of something announced
	Href  string
}

// document is an outcome of the event.
type document struct {
	Title     Words
	Kind      string
	When      []string // adopted, published
	Languages string
	Parts     []part
	Source    fact.Source
	Grade     string
	Note      Words
}

// part is what is known of one part of a document.
type part struct {
	Title Words
	Text  string // how many, said by whom to whom
	Note  Words
}

// announced is what had been announced and came otherwise.
type announced struct {
	Text, Note Words
	Source     fact.Source
}

// Event is GET /e/:slug.
func (p *Pages) Event(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	pg := p.pageOf(e, "site/event", "")
	if e.Rehearsal { // shows what is counted
		pg.keep = keepCounted
	}
	pg.fill = func(ctx context.Context, b base) (any, error) { return p.fillEvent(ctx, b, e.Event) }
	return p.serve(c, pg)
}

func (p *Pages) fillEvent(ctx context.Context, b base, e event.Event) (any, error) {
	b.Title, b.Description = b.Text(e.Title), b.Text(e.Theme)
	if err := p.forEvent(ctx, &b, e, kit.Overview); err != nil {
		return nil, err
	}
	v := eventPage{
		base: b, Edition: e, Mark: b.mark(e), Heading: b.Words(e.Title), Theme: b.Words(e.Theme), About: b.Words(e.Description),
		Dates: kit.EventDates(b.Printer, e), DatesDiffer: datesDiffer(e), Zone: b.zone(e), Place: kit.EventPlace(b.Printer, e), Venue: e.Venue,
		Languages: b.languageNames(e.Languages), State: b.state(e), Countdown: b.countdown(e),
		Host: e.Host, Organisers: e.Organisers, Past: e.Phase(b.Now) == event.Past,
	}
	v.act(e)
	v.tellHistory(e)
	if err := p.outline(ctx, &v, e); err != nil {
		return nil, err
	}
	if len(v.Figures) == 0 && e.Rehearsal {
		numbers, err := p.reports.Numbers(ctx, e)
		if err != nil {
			return nil, err
		}
		v.Computed = b.computedFigures(numbers)
	}
	v.AboutThem = b.English(e.Provenance["announced"].Note)
	v.Origins = b.origins(e, map[string]string{
		"dates": v.Dates, "place": v.Place, "venue": v.Venue, "theme": v.Theme.Text, "host": e.Host,
		"organisers": strings.Join(e.Organisers, ", "), "languages": v.Languages,
	})
	for _, o := range v.Origins {
		if o.doubtful() {
			v.Uncertain = append(v.Uncertain, o)
		}
	}
	return v, nil
}

// act chooses what one can do next.
func (v *eventPage) act(e event.Event) {
	if e.RegistrationState(v.Now) == event.RegistrationOpen {
		v.Register = "/e/" + e.Slug + "/register"
	}
	if e.Phase(v.Now) == event.Past && hasNutshell(e, v.Now) {
		v.Nutshell = "/e/" + e.Slug + "/nutshell"
	}
	if e.Phase(v.Now) != event.Past && !e.MonthOnly {
		v.Calendar = "/e/" + e.Slug + "/calendar.ics"
	}
}

// tellHistory takes over what is reported of the event.
func (v *eventPage) tellHistory(e event.Event) {
	b := v.base
	if r := e.Rescheduled; r != nil {
		v.Rescheduled = &rescheduled{Dates: b.dayRange(r.FromStarts, r.FromEnds), Reason: b.Words(r.Reason), Source: r.Source}
	}
	for _, f := range e.Figures {
		shown := b.figure(f)
		v.Reported = append(v.Reported, shown)
		if slices.Contains(expected, f.Key) {
			continue
		}
		if shown.Doubtful() {
			shown.Mark = len(v.Doubtful) + 1
			v.Doubtful = append(v.Doubtful, shown)
		}
		v.Figures = append(v.Figures, shown)
	}
	for _, d := range e.Documents {
		v.Documents = append(v.Documents, b.document(d))
	}
	for _, h := range e.Highlights {
		v.Highlights = append(v.Highlights, b.Words(h.Text))
	}
	for _, a := range e.Announced {
		v.Announced = append(v.Announced, announced{b.Words(a.Text), b.Words(a.Note), a.Source})
	}
}

// outline tells what is on each day.
func (p *Pages) outline(ctx context.Context, v *eventPage, e event.Event) error {
	sessions, err := p.programme.Sessions(ctx, e.ID)
	if err != nil {
		return err
	}
	if len(sessions) == 0 {
		return nil
	}
	for _, day := range e.Days() {
		date := day.Format(time.DateOnly)
		outline := dayOutline{Day: day, Href: "/e/" + e.Slug + "/programme#" + dayID(date)}
		for _, s := range sessions {
			if e.DayOf(s.Start) == date && s.Kind != programme.Break {
				outline.Items = append(outline.Items, outlineItem{
					Start: s.Start.In(e.Location()), Title: v.Words(s.Title), Href: sessionHref(e, s),
				})
			}
		}
		v.Days = append(v.Days, outline)
	}
	v.Untimed = untimed(sessions)
	for _, s := range sessions {
		if s.Kind == programme.Plenary {
			v.Held = append(v.Held, outlineItem{Title: v.Words(s.Title), About: v.Words(s.Description), Href: sessionHref(e, s)})
		}
	}
	return nil
}

// mark is the short name of an edition: "ICLC 2015".
func (b base) mark(e event.Event) string {
	year := e.FirstDay().Year()
	if e.Rehearsal {
		return b.T("site.mark.rehearsal", "Year", year)
	}
	key := "site.mark." + e.Series
	if mark := b.T(key, "Year", year); mark != key {
		return mark
	}
	return ""
}

// zone tells whose clocks the event's times are by: "Mexico City, UTC−6".
func (b base) zone(e event.Event) string {
	if e.MonthOnly || e.City == "" {
		return ""
	}
	return b.T("site.zone", "City", e.City, "Offset", offset(e.FirstDay()))
}

// offset writes a zone's distance from UTC: "UTC−6", "UTC+5:30".
func offset(t time.Time) string {
	_, seconds := t.Zone()
	sign := "+"
	if seconds < 0 {
		sign, seconds = "−", -seconds
	}
	text := "UTC" + sign + time.Unix(int64(seconds), 0).UTC().Format("15:04")
	return strings.TrimSuffix(strings.Replace(text, sign+"0", sign, 1), ":00")
}

// languageNames lists languages, each in its own name.
func (b base) languageNames(tags []string) string {
	names := make([]string, len(tags))
	for i, tag := range tags {
		names[i] = b.LanguageName(tag)
	}
	return strings.Join(names, ", ")
}

// dayRange writes two dates of the form YYYY-MM-DD as one range.
func (b base) dayRange(from, to string) string {
	first, err := time.Parse(time.DateOnly, from)
	if err != nil {
		return from
	}
	last, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return from
	}
	return b.DateRange(first, last)
}

func (b base) document(d event.Document) document {
	shown := document{
		Title: b.Words(d.Title), Kind: b.label("site.document", d.Kind), Languages: b.languageNames(d.Languages),
		Parts: b.parts(d.Structure), Source: d.Source, Grade: b.grade(d.Grade), Note: b.English(d.Note),
	}
	switch {
	case d.Adopted != "" && d.AdoptedAssumed:
		shown.When = append(shown.When, b.T("site.document.adopted_assumed", "Date", b.partialDate(d.Adopted)))
	case d.Adopted != "":
		shown.When = append(shown.When, b.T("site.document.adopted", "Date", b.partialDate(d.Adopted)))
	}
	if d.Published != "" {
		shown.When = append(shown.When, b.T("site.document.published", "Date", b.partialDate(d.Published)))
	}
	return shown
}

func (b base) parts(structure []event.Part) []part {
	var list []part
	for _, p := range structure {
		var text []string
		if p.Count > 0 {
			text = append(text, b.Number(p.Count))
		}
		if to := b.Text(p.Addressee); to != "" {
			text = append(text, b.T("site.part.to", "Who", to))
		}
		if by := b.Text(p.By); by != "" {
			text = append(text, b.T("site.part.by", "Who", by))
		}
		if p.Count == 0 {
			text = append(text, b.T("site.part.uncounted"))
		}
		list = append(list, part{Title: b.Words(p.Title), Text: strings.Join(text, ", "), Note: b.English(p.Note)})
	}
	return list
}
