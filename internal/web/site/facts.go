package site

import (
	"strconv"
	"strings"
	"time"

	"convene/internal/event"
	"convene/internal/fact"
)

// figure is a reported number as shown.
type figure struct {
	Key    string
	Value  string // "650+", "≈ 700"
	Label  string // what follows the number
	Note   Words
	Source fact.Source
	Doubts []claim // what other sources say
	Grade  string  // how surely it is known, where not for certain
	Mark   int     // the number of its note; 0 for none
}

// claim is what another source says.
type claim struct {
	Value  string
	Source fact.Source
	Note   Words
}

func (b base) figure(f fact.Count) figure {
	shown := figure{
		Key: f.Key, Value: b.count(f.Value, f.AtLeast, f.Approximate), Label: b.figureLabel(f.Key, f.Value),
		Note: b.English(f.Note), Source: f.Source, Grade: b.grade(f.Grade),
	}
	for _, c := range f.Disputed {
		shown.Doubts = append(shown.Doubts, b.claim(c))
	}
	return shown
}

func (b base) count(n int, atLeast, approximate bool) string {
	switch {
	case atLeast:
		return b.T("site.count.at_least", "N", b.Number(n))
	case approximate:
		return b.T("site.count.approximate", "N", b.Number(n))
	}
	return b.Number(n)
}

// figureLabel names a figure as it follows the number. A figure that no
// catalogue names shows its key as words.
func (b base) figureLabel(key string, n int) string {
	if label := b.N("site.figure."+key, n); label != "site.figure."+key {
		return label
	}
	return strings.ReplaceAll(key, "_", " ")
}

// grade tells how surely something is known; nothing when it is certain.
func (b base) grade(g fact.Certainty) string {
	if g == "" || g == fact.Certain {
		return ""
	}
	return b.label("site.grade", string(g))
}

func (b base) claim(c fact.Claim) claim {
	value := c.Value
	if n, err := strconv.Atoi(value); err == nil {
		value = b.Number(n)
	} else if _, err := time.Parse(time.DateOnly, value); err == nil {
		value = b.partialDate(value)
	}
	switch {
	case c.AtLeast:
		value = b.T("site.claim.at_least", "N", value)
	case c.AtMost:
		value = b.T("site.claim.at_most", "N", value)
	}
	return claim{Value: value, Source: c.Source, Note: b.English(c.Note)}
}

// origin tells where something that is not a number is known from.
type origin struct {
	What    string
	Value   Words
	Assumed bool
	Grade   string
	Source  fact.Source
	Doubts  []claim
	Note    Words
}

// originKeys are the parts of an event whose provenance is told, in order.
var originKeys = []string{"dates", "place", "venue", "theme", "host", "organisers", "languages"}

// remarks are those of which only a remark is told, with their messages.
var remarks = []struct{ key, message string }{
	{"programme", "site.origin.programme"}, {"translation", "site.origin.wording"},
}

func (b base) origins(e event.Event, values map[string]string) []origin {
	var list []origin
	for _, key := range originKeys {
		p, ok := e.Provenance[key]
		if !ok || values[key] == "" {
			continue
		}
		o := origin{
			What: b.T("site.origin." + key), Value: Words{Text: values[key]}, Assumed: p.Assumed,
			Grade: b.grade(p.Grade), Source: p.Source, Note: b.English(p.Note),
		}
		for _, c := range p.Disputed {
			o.Doubts = append(o.Doubts, b.claim(c))
		}
		list = append(list, o)
	}
	for _, r := range remarks {
		if p, ok := e.Provenance[r.key]; ok {
			list = append(list, origin{What: b.T(r.message), Value: b.English(p.Note), Source: p.Source})
		}
	}
	return list
}

// datesDiffer reports whether another source has the event on other days.
func datesDiffer(e event.Event) bool { return len(e.Provenance["dates"].Disputed) > 0 }

// Doubtful reports whether the number is to be read with care.
func (f figure) Doubtful() bool { return len(f.Doubts) > 0 || f.Grade != "" }

// doubtful reports whether the fact is not to be taken for certain.
func (o origin) doubtful() bool { return o.Assumed || o.Grade != "" || len(o.Doubts) > 0 }

// partialDate writes a date that may lack its day or its month.
func (b base) partialDate(date string) string {
	if day, err := time.Parse(time.DateOnly, date); err == nil {
		return b.Date(day)
	}
	if month, err := time.Parse("2006-01", date); err == nil {
		return b.T("date.month_only", "Month", b.T("date.month."+month.Format("1")), "Year", month.Year())
	}
	return date
}
