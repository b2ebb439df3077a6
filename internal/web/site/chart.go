package site

import (
	"math"
	"strconv"
	"time"
)

// Charts are SVG without a viewBox, with lengths in per cent of the width, so
// that letters keep their size on a phone. The template site/_chart.html writes
// them; the same data stands below as a table.

// barChart is a chart of horizontal bars.
type barChart struct {
	ID      string // unique on the page
	Caption string
	Note    string
	Summary string    // what it shows in one sentence, for who does not see it
	Heads   [2]string // of the table
	Height  int
	Bars    []bar
}

type bar struct {
	Label, Value   string
	Width          string // in per cent of the chart's
	LabelY, BarY   int
	ValueY, Height int
}

// Of a row in pixels: the label above its bar.
const (
	rowHeight  = 40
	labelBase  = 13
	barTop     = 19
	barHeight  = 11
	valueBase  = 29
	widestBar  = 86.0 // per cent, which leaves room for the number beside it
	chartAbove = 28   // the room above the highest point of a line, for its number
	chartBelow = 150  // where the axis is
	tickBase   = 170
)

// counted is a name and a number.
type counted struct {
	Label string
	N     int
}

// newBarChart draws bars in the given order.
func (b base) newBarChart(id string, counts []counted) barChart {
	most := 0
	for _, c := range counts {
		most = max(most, c.N)
	}
	chart := barChart{ID: id, Height: rowHeight * len(counts)}
	for i, c := range counts {
		top := i * rowHeight
		chart.Bars = append(chart.Bars, bar{
			Label: c.Label, Value: b.Number(c.N), Width: percent(widestBar * share(c.N, most)),
			LabelY: top + labelBase, BarY: top + barTop, ValueY: top + valueBase, Height: barHeight,
		})
	}
	return chart
}

func share(n, of int) float64 {
	if of <= 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func percent(p float64) string { return strconv.FormatFloat(p, 'f', 1, 64) + "%" }

// lineChart shows how a number grew over the years.
type lineChart struct {
	ID      string
	Caption string
	Summary string
	Height  int
	Axis    int // y of the axis
	Grid    []gridLine
	Ticks   []tick
	Lines   []segment
	Points  []point
}

type gridLine struct {
	Y, TextY int
	Label    string
}

type tick struct{ X, Label string }

type segment struct {
	X1, X2 string
	Y1, Y2 int
}

type point struct {
	X     string
	Y     int
	TextY int
	Label string // the number; empty where it would hide another
	Title string
}

// dated is a number at a time.
type dated struct {
	At    time.Time
	N     int
	Title string
}

// Where the line lies between the chart's left and right edge, in per cent.
const (
	lineLeft  = 9.0
	lineRight = 95.0
)

// newLineChart draws numbers that are in the order of time.
func (b base) newLineChart(id string, values []dated) lineChart {
	chart := lineChart{ID: id, Height: tickBase + 8, Axis: chartBelow}
	if len(values) == 0 {
		return chart
	}
	first, last := values[0].At.Year(), values[len(values)-1].At.Year()+1
	step, top := scale(values)
	x := func(t time.Time) float64 {
		begins := time.Date(first, 1, 1, 0, 0, 0, 0, time.UTC)
		ends := time.Date(last, 1, 1, 0, 0, 0, 0, time.UTC)
		return lineLeft + (lineRight-lineLeft)*float64(t.Sub(begins))/float64(ends.Sub(begins))
	}
	y := func(n int) int { return chartBelow - int(math.Round(float64(chartBelow-chartAbove)*share(n, top))) }
	for n := step; n <= top; n += step {
		chart.Grid = append(chart.Grid, gridLine{Y: y(n), TextY: y(n) + 4, Label: b.Number(n)})
	}
	for year := first; year <= last; year++ {
		if (last-year)%2 == 0 { // every second, so that they fit on a phone
			chart.Ticks = append(chart.Ticks, tick{percent(x(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))), strconv.Itoa(year)})
		}
	}
	for i, v := range values {
		p := point{X: percent(x(v.At)), Y: y(v.N), TextY: y(v.N) - 10, Title: v.Title}
		switch i {
		case len(values) - 1:
			p.Label = b.Number(v.N)
		case 0:
			p.Label, p.TextY = b.Number(v.N), p.Y+20 // below, where the line does not go
		}
		if i > 0 {
			before := values[i-1]
			chart.Lines = append(chart.Lines, segment{percent(x(before.At)), p.X, y(before.N), p.Y})
		}
		chart.Points = append(chart.Points, p)
	}
	return chart
}

// scale chooses a round step of which five at most make the highest value.
func scale(values []dated) (step, top int) {
	most := 1
	for _, v := range values {
		most = max(most, v.N)
	}
	step = 1
	for _, factor := range []int{2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10000} {
		if step*5 >= most {
			break
		}
		step = factor
	}
	return step, (most + step - 1) / step * step
}
