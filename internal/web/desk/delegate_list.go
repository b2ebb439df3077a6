package desk

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/web/kit"
)

// delegatesPage is desk/delegates.html.
type delegatesPage struct {
	kit.Frame
	Form     *kit.Form // the filter
	Choices  choices
	Filtered bool
	Found    string // how many the filter meets, as a sentence
	Rows     []delegateRow
	Path     string
	Export   string // as CSV
	Workbook string // as XLSX
	Import   string // people from a list
	Write    string // a message to those whom the filter meets
	Bulk     string // where chosen rows are sent
	Back     string // this page, to come back to
	First    string // the list's first page; empty on it
	Next     string // empty on the last page
	Shown    span
}

// span tells which part of a list a page shows.
type span struct{ From, To string }

type delegateRow struct {
	ID, Href                    string
	Name, LatinName             string
	Organisation, City, Country string
	Category                    string
	Registered                  Moment
	Pill                        Pill
	Steps                       int // how many there were when the page was made
}

// Delegates lists the registrations that the filter in the address meets.
func (s *Pages) Delegates(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx, filter, cursor := c.UserContext(), filterOf(c, e), c.Query("after")
	found, err := s.app.Delegates.Find(ctx, e.ID, filter, cursor, pageSize)
	if err != nil {
		return err
	}
	count := len(found.Items)
	if cursor != "" || found.Next != "" { // not all on this page
		if count, err = s.app.Delegates.Count(ctx, e.ID, filter); err != nil {
			return err
		}
	}
	frame, err := s.frame(c, &e, kit.DeskDelegates, kit.Printer(c).T("board.delegates.title"))
	if err != nil {
		return err
	}
	options, err := s.choices(ctx, frame.Printer, e)
	if err != nil {
		return err
	}
	values := filterValues(filter)
	page := delegatesPage{
		Frame: frame, Form: kit.NewForm(c, values), Choices: options, Filtered: !filter.Empty(),
		Found: frame.N("board.delegates.found", count), Rows: s.rows(frame, e, options, found.Items),
		Path: deskPath(e, "delegates"), Export: withQuery(deskPath(e, "delegates.csv"), values), Workbook: withQuery(deskPath(e, "delegates.xlsx"), values),
		Import: deskPath(e, "imports"), Write: withQuery(deskPath(e, "messages", "new"), values), Bulk: deskPath(e, "delegates", "bulk"), Back: c.OriginalURL(),
	}
	if cursor != "" {
		page.First = listHref(e, filter)
	}
	if found.Next != "" {
		values.Set("after", found.Next)
		page.Next = withQuery(page.Path, values)
	}
	if n := len(found.Items); n > 0 && (page.First != "" || page.Next != "") {
		page.Shown = span{From: found.Items[0].SortName(), To: found.Items[n-1].SortName()}
	}
	return kit.Render(c, "desk/delegates", page)
}

func (s *Pages) rows(f kit.Frame, e event.Event, options choices, people []delegate.Delegate) []delegateRow {
	clock := s.clock(f.Printer, &e)
	rows := make([]delegateRow, len(people))
	for i, d := range people {
		rows[i] = row(f, e, clock, options.cityNames, d)
	}
	return rows
}

func row(f kit.Frame, e event.Event, k clock, cities map[string]string, d delegate.Delegate) delegateRow {
	r := delegateRow{
		ID: d.ID, Href: deskPath(e, "delegates", d.ID), Name: d.Name, Organisation: d.Organisation,
		City: cities[d.City], Country: f.Country(d.Country), Category: e.CategoryLabel(f.Printer, d.Category),
		Registered: k.day(d.Day), Pill: delegatePill(f.Printer, d), Steps: len(d.Steps),
	}
	if d.LatinName != d.Name {
		r.LatinName = d.LatinName
	}
	return r
}
