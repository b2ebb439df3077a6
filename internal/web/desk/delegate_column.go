package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// allColumns stands in an address for every column there is.
const allColumns = "all"

// columns are what a list of delegates shows of each, in their order.
type columns struct {
	list  []column
	print *i18n.Printer
	event event.Event
	clock clock
	names map[string]string // of cities
	line  map[int]int       // places in line, by number; nil unless they are shown
}

// column is one of them. Its name stands in addresses.
type column struct {
	name, label string
	usual       bool // shown unless others are chosen
	text        func(columns, delegate.Delegate) string
	moment      func(columns, delegate.Delegate) Moment // beside text, where a page shows it otherwise
}

// inLine is the column of the place on the waiting list. A list of those who wait has
// it unless others are chosen.
const inLine = "in_line"

// fieldColumns are the columns of what every delegate has, in their order.
var fieldColumns = []column{
	{name: "name", usual: true, text: func(_ columns, d delegate.Delegate) string { return d.Name }},
	{name: "latin_name", usual: true, text: func(_ columns, d delegate.Delegate) string { return d.LatinName }},
	{name: "organisation", usual: true, text: func(_ columns, d delegate.Delegate) string { return d.Organisation }},
	{name: "job_title", text: func(_ columns, d delegate.Delegate) string { return d.JobTitle }},
	{name: "city", usual: true, text: func(c columns, d delegate.Delegate) string { return c.names[d.City] }},
	{name: "country", usual: true, text: func(c columns, d delegate.Delegate) string { return c.print.Country(d.Country) }},
	{name: "country_code", text: func(_ columns, d delegate.Delegate) string { return d.Country }},
	{name: "region", text: func(c columns, d delegate.Delegate) string {
		return c.print.T("site.region." + city.RegionOf(d.Country))
	}},
	{name: "category", usual: true, text: func(c columns, d delegate.Delegate) string { return c.event.CategoryLabel(c.print, d.Category) }},
	{name: "email", text: func(_ columns, d delegate.Delegate) string { return d.Email }},
	{name: "contact", text: func(_ columns, d delegate.Delegate) string { return d.Contact }},
	{name: "language", text: func(_ columns, d delegate.Delegate) string { return d.Language }},
	{name: "time_zone", text: func(_ columns, d delegate.Delegate) string { return d.TimeZone }},
	{name: "needs", text: func(_ columns, d delegate.Delegate) string { return d.Needs }},
	{name: "role", text: func(c columns, d delegate.Delegate) string {
		if !d.InDelegation() {
			return ""
		}
		return c.print.T("delegation.role." + string(d.Role))
	}},
	{name: "way", text: func(c columns, d delegate.Delegate) string { return c.print.T("roster.way." + string(d.Way())) }},
	{name: "tags", text: func(_ columns, d delegate.Delegate) string { return strings.Join(d.Tags, ", ") }},
	{
		name: "registered", usual: true, text: func(_ columns, d delegate.Delegate) string { return d.Day },
		moment: func(c columns, d delegate.Delegate) Moment { return c.clock.day(d.Day) },
	},
	{
		name: "changed", text: func(c columns, d delegate.Delegate) string { return c.instant(lastStep(d).At) },
		moment: func(c columns, d delegate.Delegate) Moment { return c.clock.moment(lastStep(d).At) },
	},
	{
		name: "arrived", text: func(c columns, d delegate.Delegate) string { return c.instant(d.Arrived) },
		moment: func(c columns, d delegate.Delegate) Moment { return c.clock.moment(d.Arrived) },
	},
	{name: "gate", text: func(c columns, d delegate.Delegate) string { return gateName(c.event, d.ArrivedGate) }},
	{name: inLine, text: func(c columns, d delegate.Delegate) string {
		if d.State != delegate.Waiting {
			return ""
		}
		return c.print.Number(c.line[d.Number])
	}},
	{name: "number", text: func(_ columns, d delegate.Delegate) string { return d.ID }},
	{name: "state", usual: true, text: func(c columns, d delegate.Delegate) string { return statePill(c.print, d.State).Label }},
}

func lastStep(d delegate.Delegate) delegate.Step {
	if len(d.Steps) == 0 {
		return delegate.Step{}
	}
	return d.Steps[len(d.Steps)-1]
}

// instant is written as spreadsheets read it, in the event's zone.
func (c columns) instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.event.Location()).Format(time.DateTime)
}

// allOf lists the columns that an event has: fields, then questions. The state stands
// last of the fields.
func (s *Pages) allColumns(ctx context.Context, p *i18n.Printer, e event.Event) ([]column, error) {
	set, err := s.app.Forms.Of(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(fieldColumns)
	for i := range list {
		list[i].label = p.T("board.field." + list[i].name)
	}
	for _, q := range set.Questions {
		list = append(list, questionColumn(p, q))
	}
	return list, nil
}

func questionColumn(p *i18n.Printer, q form.Question) column {
	return column{name: q.Field(), label: p.Text(q.Label), text: func(c columns, d delegate.Delegate) string {
		return q.Words(c.print, d.Answers[q.ID])
	}}
}

// columns are those of the listing: the chosen ones, or the usual ones. A name is
// always among them.
func (s *Pages) columns(ctx context.Context, p *i18n.Printer, e event.Event, l listing) (columns, error) {
	c := columns{print: p, event: e, clock: s.clock(p, &e)}
	all, err := s.allColumns(ctx, p, e)
	if err != nil {
		return c, err
	}
	for _, col := range all {
		if col.name == inLine {
			col.usual = l.Filter.State == delegate.Waiting
		}
		if col.name == "name" || isShown(col, all, l.Columns) {
			c.list = append(c.list, col)
		}
	}
	if c.has(inLine) {
		if c.line, err = s.app.Delegates.Line(ctx, e.ID); err != nil {
			return c, err
		}
	}
	c.names, err = s.cityNames(ctx, p)
	return c, err
}

// isShown reports whether a column is among the chosen ones. Names that are no
// column's, as of a question that is gone, choose nothing.
func isShown(col column, all []column, chosen []string) bool {
	if slices.Contains(chosen, allColumns) {
		return true
	}
	known := slices.ContainsFunc(all, func(c column) bool { return slices.Contains(chosen, c.name) })
	return slices.Contains(chosen, col.name) || !known && col.usual
}

// heads are what the columns are called.
func (c columns) heads() []string {
	heads := make([]string, len(c.list))
	for i, col := range c.list {
		heads[i] = col.label
	}
	return heads
}

// texts are what a row of a file holds.
func (c columns) texts(d delegate.Delegate) []string {
	row := make([]string, len(c.list))
	for i, col := range c.list {
		row[i] = col.text(c, d)
	}
	return row
}

// cell is what a page shows in a column.
type cell struct {
	Label, Text string
	Moment      Moment
	Pill        *Pill
}

// withName are the columns that a page shows within the name's.
var withName = []string{"name", "latin_name", "organisation"}

// cells are a row's cells on a page, without those that stand with the name.
func (c columns) cells(d delegate.Delegate) []cell {
	var row []cell
	for _, col := range c.list {
		if slices.Contains(withName, col.name) {
			continue
		}
		one := cell{Label: col.label}
		switch {
		case col.name == "state":
			pill := delegatePill(c.print, d)
			one.Pill = &pill
		case col.moment != nil:
			one.Moment = col.moment(c, d)
		default:
			one.Text = col.text(c, d)
		}
		row = append(row, one)
	}
	return row
}

// shownHeads are the heads above cells.
func (c columns) shownHeads() []string {
	var heads []string
	for _, col := range c.list {
		if !slices.Contains(withName, col.name) {
			heads = append(heads, col.label)
		}
	}
	return heads
}

func (c columns) has(name string) bool {
	return slices.ContainsFunc(c.list, func(col column) bool { return col.name == name })
}

// columnOptions offers all columns at once, and each but the name, which is always there.
func (s *Pages) columnOptions(ctx context.Context, p *i18n.Printer, e event.Event, shown columns, chosen []string) ([]kit.Option, error) {
	all, err := s.allColumns(ctx, p, e)
	every := slices.Contains(chosen, allColumns)
	list := []kit.Option{{Value: allColumns, Label: p.T("roster.columns_all"), Selected: every}}
	for _, col := range all {
		if col.name != "name" {
			list = append(list, kit.Option{Value: col.name, Label: col.label, Selected: shown.has(col.name) && !every})
		}
	}
	return list, err
}
