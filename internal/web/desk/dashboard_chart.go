package desk

import (
	"time"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/report"
	"convene/internal/web/chart"
	"convene/internal/web/kit"
)

// The dashboard's charts show the registrations of so many weeks, and so many
// countries by name.
const (
	chartWeeks     = 12
	chartCountries = 15
)

func (page *dashboardPage) draw(e event.Event, counts delegate.Counts, languages map[string]int, before *earlier, now time.Time) (err error) {
	if page.Registration, err = registrationChart(page.Frame, e, counts, before, now).HTML(); err != nil {
		return err
	}
	if page.Regions, err = regionChart(page.Frame, e, counts).HTML(); err != nil {
		return err
	}
	if page.Languages, err = languageChart(page.Frame, e, languages).HTML(); err != nil {
		return err
	}
	if page.Countries, err = countryChart(page.Frame, e, counts).HTML(); err != nil {
		return err
	}
	page.Categories, err = categoryChart(page.Frame, e, counts).HTML()
	return err
}

func newChart(f kit.Frame, id, heading string) chart.Chart {
	return chart.Chart{
		ID: "chart-" + id, Caption: f.T("board.chart." + id), Fold: f.T("board.chart.table"),
		Heads: [2]string{heading, f.T("board.chart.people")}, Format: f.Number,
	}
}

// earlier is an event before, whose registrations the chart sets beside: those as many
// days before its beginning.
type earlier struct {
	event event.Event
	days  map[string]int // registrations by day
}

// on is how many registered as many days before the event as the day is before e.
func (b *earlier) on(e event.Event, day time.Time) int {
	if b == nil {
		return 0
	}
	ahead := daysBetween(day, e.FirstDay())
	return b.days[b.event.FirstDay().AddDate(0, 0, -ahead).Format(time.DateOnly)]
}

// until is how many had registered by then.
func (b *earlier) until(e event.Event, day time.Time) int {
	last := b.event.FirstDay().AddDate(0, 0, -daysBetween(day, e.FirstDay())).Format(time.DateOnly)
	n := 0
	for on, count := range b.days {
		if on <= last {
			n += count
		}
	}
	return n
}

// daysBetween counts the calendar days from one to the other.
func daysBetween(from, to time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(to).Sub(day(from)).Hours() / 24)
}

// registrationChart has a column for each day up to today, or up to the event's
// last day.
func registrationChart(f kit.Frame, e event.Event, counts delegate.Counts, before *earlier, now time.Time) chart.Columns {
	last := now
	if over := e.LastDay(); now.After(over) {
		last = over
	}
	first := last.AddDate(0, 0, 1-7*chartWeeks)
	c := chart.Columns{Chart: newChart(f, "registrations", f.T("board.chart.day"))}
	sum := 0
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		n := counts.Days[day.Format(time.DateOnly)]
		sum += n
		column := chart.Column{Label: f.Date(day), Count: n, Other: before.on(e, day)}
		if len(c.Columns)%14 == 7 { // where its label has room on both sides
			column.Tick = f.ShortDate(day)
		}
		c.Columns = append(c.Columns, column)
	}
	c.Title = f.N("board.chart.registrations_title", sum, "From", f.Date(first), "To", f.Date(last))
	c.Note = f.T("board.chart.weeks", "Count", chartWeeks, "To", f.ShortDate(last))
	if rest := counts.Total() - sum; rest > 0 {
		c.Note += " · " + f.N("board.chart.before", rest)
	}
	if before != nil {
		name := f.Text(before.event.Title)
		c.Beside = &chart.Beside{This: f.T("roster.chart.this"), Other: name}
		c.Note += " · " + f.N("roster.chart.then", before.until(e, last), "Event", name, "Now", f.Number(counts.Total()))
	}
	return c
}

func regionChart(f kit.Frame, e event.Event, counts delegate.Counts) chart.Bars {
	c := chart.Bars{Chart: newChart(f, "regions", f.T("board.field.region"))}
	c.Note = f.T("board.chart.confirmed")
	for _, bar := range report.ByRegion(counts.Countries) {
		c.Rows = append(c.Rows, chart.Row{
			Label: f.T("site.region." + bar.Key), Count: bar.Count,
			Href: listHref(e, delegate.Filter{State: delegate.Confirmed, Region: bar.Key}),
		})
	}
	c.Title = f.T("board.chart.regions_title")
	return c
}

func languageChart(f kit.Frame, e event.Event, languages map[string]int) chart.Bars {
	c := chart.Bars{Chart: newChart(f, "languages", f.T("board.field.language"))}
	c.Note = f.T("board.chart.confirmed")
	for _, bar := range report.Ranked(languages) {
		c.Rows = append(c.Rows, chart.Row{
			Label: f.LanguageName(bar.Key), Count: bar.Count,
			Href: listHref(e, delegate.Filter{State: delegate.Confirmed, Language: bar.Key}),
		})
	}
	c.Title = f.N("board.chart.languages_title", len(languages))
	return c
}

func countryChart(f kit.Frame, e event.Event, counts delegate.Counts) chart.Bars {
	c := chart.Bars{Chart: newChart(f, "countries", f.T("board.field.country"))}
	c.Note = f.T("board.chart.confirmed")
	rest, others := 0, 0
	for i, bar := range report.Ranked(counts.Countries) {
		if i >= chartCountries {
			rest += bar.Count
			others++
			continue
		}
		c.Rows = append(c.Rows, chart.Row{
			Label: f.Country(bar.Key), Count: bar.Count,
			Href: listHref(e, delegate.Filter{State: delegate.Confirmed, Country: bar.Key}),
		})
	}
	if others > 0 {
		c.Rows = append(c.Rows, chart.Row{Label: f.N("board.chart.rest", others), Count: rest, Rest: true})
	}
	c.Title = f.N("board.chart.countries_title", len(counts.Countries))
	return c
}

func categoryChart(f kit.Frame, e event.Event, counts delegate.Counts) chart.Bars {
	c := chart.Bars{Chart: newChart(f, "categories", f.T("board.field.category"))}
	c.Note = f.T("board.chart.confirmed")
	for _, bar := range report.Ranked(counts.Categories) {
		c.Rows = append(c.Rows, chart.Row{
			Label: e.CategoryLabel(f.Printer, bar.Key), Count: bar.Count,
			Href: listHref(e, delegate.Filter{State: delegate.Confirmed, Category: bar.Key}),
		})
	}
	c.Title = f.N("board.chart.categories_title", len(counts.Categories))
	return c
}
