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

func (page *dashboardPage) draw(e event.Event, counts delegate.Counts, now time.Time) (err error) {
	if page.Registration, err = registrationChart(page.Frame, e, counts, now).HTML(); err != nil {
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

// registrationChart has a column for each day up to today, or up to the event's
// last day.
func registrationChart(f kit.Frame, e event.Event, counts delegate.Counts, now time.Time) chart.Columns {
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
		column := chart.Column{Label: f.Date(day), Count: n}
		if len(c.Columns)%14 == 7 { // where its label has room on both sides
			column.Tick = f.ShortDate(day)
		}
		c.Columns = append(c.Columns, column)
	}
	c.Title = f.N("board.chart.registrations_title", sum, "From", f.Date(first), "To", f.Date(last))
	c.Note = f.T("board.chart.weeks", "Count", chartWeeks, "To", f.ShortDate(last))
	if before := counts.Total() - sum; before > 0 {
		c.Note += " · " + f.N("board.chart.before", before)
	}
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
