// Package chart draws counts as SVG with the classes of the catalogue of
// components, and the same as a table below, for those who do not see it.
//
// Letters keep their size on a phone: lengths along the page are in per cent,
// so a drawing has no viewBox.
package chart

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Chart is what every chart says of itself.
type Chart struct {
	ID      string // unique on the page; a part of ids
	Caption string
	Note    string // smaller, below the caption; may be empty
	Title   string // what the drawing shows, in a sentence
	Fold    string // leads to the table: "The same as a table"
	Heads   [2]string
	Format  func(n int) string // writes a number; plain digits when nil
}

func (c Chart) format(n int) string {
	if c.Format == nil {
		return strconv.Itoa(n)
	}
	return c.Format(n)
}

// Bars is a chart of horizontal bars, one below the other.
type Bars struct {
	Chart
	Rows []Row
}

// Row is one bar.
type Row struct {
	Label string
	Count int
	Href  string // where the table's label leads; may be empty
	Rest  bool   // all the others together: a number without a bar, which would dwarf the rest
}

// Columns is a chart of columns side by side, such as days. Beside, if set, is what
// the columns are compared with.
type Columns struct {
	Chart
	Columns []Column
	Beside  *Beside
}

// Beside names the two things that a chart compares.
type Beside struct{ This, Other string }

// Column is one column.
type Column struct {
	Label string // in the table
	Tick  string // below the column; empty for none
	Count int
	Other int // of what the chart compares with
}

// Lengths of bars and their rows, in pixels.
const (
	rowHeight = 42
	barHeight = 12
)

// widestBar leaves room for the number behind it, in per cent.
const widestBar = 86.0

// HTML draws the chart.
func (b Bars) HTML() (template.HTML, error) {
	view := barsView{Chart: b.Chart, Height: max(1, len(b.Rows)) * rowHeight, Table: b.table()}
	most := 1
	for _, row := range b.Rows {
		if !row.Rest {
			most = max(most, row.Count)
		}
	}
	for i, row := range b.Rows {
		width := widestBar * float64(row.Count) / float64(most)
		if row.Rest {
			width = 0
		}
		view.Bars = append(view.Bars, bar{
			Label: row.Label, Value: b.format(row.Count), Width: percent(width), Drawn: width > 0,
			LabelY: i*rowHeight + 14, BarY: i*rowHeight + 20, ValueY: i*rowHeight + 31, Height: barHeight,
		})
	}
	return execute("bars", view)
}

type barsView struct {
	Chart
	Height int
	Bars   []bar
	Table  []tableRow
	Beside *Beside // nil
}

type bar struct {
	Label, Value, Width  string
	Drawn                bool
	LabelY, BarY, ValueY int
	Height               int
}

type tableRow struct{ Label, Value, Other, Href string }

func (b Bars) table() []tableRow {
	rows := make([]tableRow, len(b.Rows))
	for i, row := range b.Rows {
		rows[i] = tableRow{Label: row.Label, Value: b.format(row.Count), Href: row.Href}
	}
	return rows
}

// The frame of a chart of columns: pixels from above, and per cent from the
// left.
const (
	columnsHeight = 200
	plotTop       = 16
	plotBottom    = 170
	plotLeft      = 9.0
)

// HTML draws the chart.
func (c Columns) HTML() (template.HTML, error) {
	most := 0
	for _, column := range c.Columns {
		most = max(most, column.Count)
		if c.Beside != nil {
			most = max(most, column.Other)
		}
	}
	step, top := scale(most)
	view := columnsView{Chart: c.Chart, Height: columnsHeight, Left: percent(plotLeft), Bottom: plotBottom, TickY: plotBottom + 20}
	for n := step; n <= top; n += step {
		y := height(n, top)
		view.Grid = append(view.Grid, gridLine{Label: c.format(n), Y: y, TextY: y + 4})
	}
	slot := (100 - plotLeft) / float64(max(1, len(c.Columns)))
	for i, column := range c.Columns {
		left := plotLeft + float64(i)*slot
		y := height(column.Count, top)
		drawn := drawnColumn{
			X: percent(left + slot*gap/2), Width: percent(slot * (1 - gap)), Y: y, Height: plotBottom - y,
			Middle: percent(left + slot/2), Tick: column.Tick,
		}
		row := tableRow{Label: column.Label, Value: c.format(column.Count)}
		if c.Beside != nil {
			top := height(column.Other, top)
			drawn.OtherX, drawn.OtherWidth = percent(left), percent(slot)
			drawn.OtherY, drawn.OtherHeight = top, plotBottom-top
			row.Other = c.format(column.Other)
		}
		view.Columns, view.Table = append(view.Columns, drawn), append(view.Table, row)
	}
	if c.Beside != nil {
		view.Beside = c.Beside
	}
	return execute("columns", view)
}

// gap is the part of a column's place that stays empty.
const gap = 0.25

type columnsView struct {
	Chart
	Height, Bottom, TickY int
	Left                  string
	Grid                  []gridLine
	Columns               []drawnColumn
	Table                 []tableRow
	Beside                *Beside
}

type gridLine struct {
	Label    string
	Y, TextY int
}

type drawnColumn struct {
	X, Width, Middle string
	Y, Height        int
	Tick             string

	OtherX, OtherWidth  string
	OtherY, OtherHeight int
}

// height is where the top of a column of n stands.
func height(n, top int) int {
	return plotBottom - int(math.Round(float64(n)*(plotBottom-plotTop)/float64(top)))
}

// scale chooses the distance of two to four grid lines, a round number, and the
// top line, which no column is higher than.
func scale(most int) (step, top int) {
	for magnitude := 1; ; magnitude *= 10 {
		for _, factor := range []int{1, 2, 5} {
			step = factor * magnitude
			if lines := (most + step - 1) / step; lines <= 4 {
				return step, step * max(1, lines)
			}
		}
	}
}

func percent(f float64) string {
	text := strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.2f", f), "0"), ".")
	return text + "%"
}

func execute(name string, view any) (template.HTML, error) {
	var b strings.Builder
	if err := drawings.ExecuteTemplate(&b, name, view); err != nil {
		return "", fmt.Errorf("chart: %w", err)
	}
	return template.HTML(b.String()), nil // html/template's own
}
