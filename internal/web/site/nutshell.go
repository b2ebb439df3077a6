package site

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/fact"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/report"
	"convene/internal/web/kit"
)

// nutshellPage is site/nutshell.html: an event on one page, what was reported of
// it and what we counted ourselves told apart.
type nutshellPage struct {
	base
	Theme      Words
	Rehearsal  bool
	Reported   []figure
	Expected   []figure // what had been expected before
	Computed   []figure
	Compared   []comparison
	CountedAt  string
	Charts     []barChart
	Sources    []fact.Source
	Highlights []Words // the first ones
	More       string  // where the others are
	Documents  []document
}

// comparison puts a reported figure beside ours.
type comparison struct {
	Key      string
	What     string
	Reported string
	Computed string
	Source   fact.Source
}

// hasNutshell reports whether there is something to tell of the event in
// numbers: it is over, or a rehearsal, whose numbers are computed from the start.
func hasNutshell(e event.Event, now time.Time) bool {
	return e.Rehearsal || e.Phase(now) == event.Past
}

// Nutshell is GET /e/:slug/nutshell.
func (p *Pages) Nutshell(c *fiber.Ctx) error {
	e, err := p.edition(c)
	if err != nil {
		return err
	}
	if !hasNutshell(e.Event, p.clock()) {
		return problem.New(problem.NotFound, "site.nutshell.not_yet")
	}
	pg := p.pageOf(e, "site/nutshell", "/nutshell")
	pg.keep = keepCounted
	pg.fill = func(ctx context.Context, b base) (any, error) { return p.fillNutshell(ctx, b, e.Event) }
	return p.serve(c, pg)
}

func (p *Pages) fillNutshell(ctx context.Context, b base, e event.Event) (any, error) {
	b.Title, b.Description = b.T("tab.nutshell"), b.T("site.nutshell.about", "Event", b.Text(e.Title))
	if err := p.forEvent(ctx, &b, e, kit.Nutshell); err != nil {
		return nil, err
	}
	numbers, err := p.reports.Numbers(ctx, e)
	if err != nil {
		return nil, err
	}
	v := nutshellPage{
		base: b, Theme: b.Words(e.Theme), Rehearsal: e.Rehearsal, Computed: b.computedFigures(numbers),
		CountedAt: b.DateTime(b.Now.In(e.Location())),
	}
	v.compare(e, numbers)
	v.report(e)
	members, err := p.citiesByRegion(ctx, e, numbers)
	if err != nil {
		return nil, err
	}
	v.draw(numbers, members)
	for _, h := range e.Highlights[:min(len(e.Highlights), highlightsShown)] {
		v.Highlights = append(v.Highlights, b.Words(h.Text))
	}
	if len(e.Highlights) > highlightsShown {
		v.More = "/e/" + e.Slug
	}
	for _, d := range e.Documents {
		v.Documents = append(v.Documents, b.document(d))
	}
	return v, nil
}

// highlightsShown leaves room for the rest on one sheet of paper.
const highlightsShown = 3

// expected are figures that were foretold, not reported.
var expected = []string{"expected_participants", "expected_countries"}

func (v *nutshellPage) report(e event.Event) {
	for _, f := range e.Figures {
		shown := v.figure(f)
		if slices.Contains(expected, f.Key) {
			shown.Label = v.figureLabel(strings.TrimPrefix(f.Key, "expected_"), f.Value)
			v.Expected = append(v.Expected, shown)
			continue
		}
		if !v.compared(f.Key) {
			v.Reported = append(v.Reported, shown)
		}
		if f.Source.Title != "" && !slices.Contains(v.Sources, f.Source) {
			v.Sources = append(v.Sources, f.Source)
		}
	}
}

// What we count, in order, as reported figures are named: people and sessions,
// and sessions by their kinds.
var (
	largeKeys    = []string{"participants", "countries", "member_cities", "speakers", "speaker_countries", "sessions"}
	sessionKeys  = []string{"plenary_sessions", "mayors_forums", "thematic_forums", "regional_forums"}
	computedKeys = slices.Concat(largeKeys, sessionKeys)
)

// computed names what we counted. Where nobody is registered the speakers come
// from sources, few of which tell a country: counting these would mislead.
func computed(n report.Numbers) map[string]int {
	if n.Participants == 0 {
		n.SpeakerCountries = 0
	}
	return map[string]int{
		"participants": n.Participants, "countries": n.Countries, "member_cities": n.Cities,
		"speakers": n.Speakers, "speaker_countries": n.SpeakerCountries, "sessions": n.ContentSessions(),
		"plenary_sessions": n.Sessions[programme.Plenary], "mayors_forums": n.Sessions[programme.MayorsForum],
		"thematic_forums": n.Sessions[programme.ThematicForum], "regional_forums": n.Sessions[programme.RegionalForum],
	}
}

// computedFigures shows what we counted. What there is nothing of is left out: we
// do not hold it.
func (b base) computedFigures(n report.Numbers) []figure {
	values := computed(n)
	var list []figure
	for _, key := range largeKeys {
		if values[key] > 0 {
			list = append(list, figure{Key: key, Value: b.Number(values[key]), Label: b.figureLabel(key, values[key])})
		}
	}
	return list
}

// compare puts the figures side by side that are both reported and counted.
func (v *nutshellPage) compare(e event.Event, n report.Numbers) {
	values := computed(n)
	for _, key := range computedKeys {
		i := slices.IndexFunc(e.Figures, func(f fact.Count) bool { return f.Key == key })
		if i < 0 || values[key] == 0 {
			continue
		}
		f := v.figure(e.Figures[i])
		v.Compared = append(v.Compared, comparison{
			Key: key, What: f.Label, Reported: f.Value, Computed: v.Number(values[key]), Source: f.Source,
		})
	}
}

// compared reports whether a kind of session stands in the table beside our own
// count, so that it need not stand among the large figures too.
func (v *nutshellPage) compared(key string) bool {
	return slices.Contains(sessionKeys, key) &&
		slices.ContainsFunc(v.Compared, func(c comparison) bool { return c.Key == key })
}

// citiesByRegion counts the cities on record for an event whose delegates are
// not.
func (p *Pages) citiesByRegion(ctx context.Context, e event.Event, n report.Numbers) ([]report.Bar, error) {
	if n.Participants > 0 {
		return nil, nil
	}
	list, err := p.cities.Of(ctx, e.ID)
	tally := map[string]int{}
	for _, c := range list {
		tally[c.Region]++
	}
	return report.Ranked(tally), err
}

func (v *nutshellPage) draw(n report.Numbers, members []report.Bar) {
	add := func(id string, bars []report.Bar, label func(string) string) {
		var counts []counted
		for _, bar := range bars {
			if bar.Count > 0 {
				counts = append(counts, counted{label(bar.Key), bar.Count})
			}
		}
		if len(counts) == 0 {
			return
		}
		most := slices.MaxFunc(counts, func(a, b counted) int { return a.N - b.N })
		chart := v.newBarChart(id, counts)
		chart.Caption, chart.Note = v.T("site.chart."+id+".caption"), v.T("site.chart.counted")
		chart.Summary = v.T("site.chart.leads", "Caption", chart.Caption, "Who", most.Label, "N", v.Number(most.N))
		chart.Heads = [2]string{v.T("site.chart." + id + ".label"), v.T("site.chart." + id + ".value")}
		v.Charts = append(v.Charts, chart)
	}
	add("regions", n.DelegatesByRegion, v.Region)
	add("members", members, v.Region)
	add("categories", n.SpeakersByCategory, func(c string) string { return v.label("category", c) })
}
