package chart_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/web/chart"
)

func parsed(t *testing.T, html string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestBars(t *testing.T) {
	html, err := chart.Bars{
		Chart: chart.Chart{ID: "c", Caption: "By country", Title: "Kenya leads", Fold: "As a table", Heads: [2]string{"Country", "Delegates"}},
		Rows:  []chart.Row{{Label: "Kenya", Count: 200, Href: "?country=KE"}, {Label: "<b>Peru", Count: 50}, {Label: "Others", Count: 900, Rest: true}},
	}.HTML()
	if err != nil {
		t.Fatal(err)
	}
	doc := parsed(t, string(html))
	if n := doc.Find("svg rect.bar").Length(); n != 2 {
		t.Errorf("%d bars", n)
	}
	widths := doc.Find("rect").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("width", "") })
	if got := strings.Join(widths, " "); got != "86% 21.5%" {
		t.Errorf("widths %s", got)
	}
	if doc.Find("svg b").Length() > 0 || doc.Find("tbody th").Eq(1).Text() != "<b>Peru" {
		t.Error("a label is not escaped")
	}
	if href, _ := doc.Find("tbody th a").Attr("href"); href != "?country=KE" {
		t.Errorf("href %q", href)
	}
	if id, _ := doc.Find("svg").Attr("aria-labelledby"); doc.Find("#"+id).Text() != "Kenya leads" {
		t.Error("the drawing has no name")
	}
}

func TestColumns(t *testing.T) {
	for _, test := range []struct {
		counts []int
		top    string // the highest grid line
		rects  int
	}{
		{[]int{0, 0}, "1", 0},
		{[]int{1, 0, 3}, "3", 2},
		{[]int{7}, "8", 1},
		{[]int{38}, "40", 1},
		{[]int{1204, 650}, "1500", 2},
		{nil, "1", 0},
	} {
		c := chart.Columns{Chart: chart.Chart{ID: "c", Title: "t"}}
		for _, n := range test.counts {
			c.Columns = append(c.Columns, chart.Column{Label: "day", Tick: "1 Aug", Count: n})
		}
		html, err := c.HTML()
		if err != nil {
			t.Fatal(err)
		}
		doc := parsed(t, string(html))
		if got := doc.Find("line.grid + text").Last().Text(); got != test.top {
			t.Errorf("%v: the top line is %s, want %s", test.counts, got, test.top)
		}
		if got := doc.Find("rect").Length(); got != test.rects {
			t.Errorf("%v: %d columns drawn, want %d", test.counts, got, test.rects)
		}
		if got := doc.Find("tbody tr").Length(); got != len(test.counts) {
			t.Errorf("%v: %d rows in the table", test.counts, got)
		}
	}
}
