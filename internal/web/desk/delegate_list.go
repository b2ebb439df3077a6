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
	More     string // how many conditions of the filter stand in its fold
	Found    string // how many the filter meets, as a sentence
	Count    int
	Before   before // how many it was in the edition before
	Views    viewLinks
	Columns  []kit.Option
	Table    delegateTable
	Path     string
	Query    string // the listing, as a view keeps it
	Clear    string // the same columns, without a filter
	Export   string // as CSV
	Workbook string // as XLSX
	Import   string // people from a list
	Write    string // a message to those whom the filter meets; empty: it cannot be to exactly them
	Twins    string // who may be registered twice
	Bulk     string // where chosen rows are sent
	Bulks    []bulkLine
	Back     string // this page, to come back to
	First    string // the list's first page; empty on it
	Next     string // empty on the last page
	Shown    span
}

// span tells which part of a list a page shows.
type span struct{ From, To string }

// delegateTable is a table of delegates. Pick gives each row a box.
type delegateTable struct {
	kit.Frame
	Heads []string
	Rows  []delegateRow
	Pick  bool
}

type delegateRow struct {
	ID, Href     string
	Name         string
	LatinName    string // when it is shown, and another than the name
	Organisation string
	Cells        []cell
	Steps        int // how many there were when the page was made
}

// called is what somebody is called, also for those who cannot read the name's script.
type called struct {
	Name  string
	Latin string // empty: the name is in Latin letters
}

func calledOf(d delegate.Delegate) called {
	if d.LatinName == d.Name {
		return called{Name: d.Name}
	}
	return called{d.Name, d.LatinName}
}

// Delegates lists the registrations that the filter in the address meets.
func (s *Pages) Delegates(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	ctx, list, cursor := c.UserContext(), listingOf(queried(c), e), c.Query("after")
	found, err := s.app.Delegates.Find(ctx, e.ID, list.Filter, cursor, pageSize)
	if err != nil {
		return err
	}
	count := len(found.Items)
	if cursor != "" || found.Next != "" { // not all on this page
		if count, err = s.app.Delegates.Count(ctx, e.ID, list.Filter); err != nil {
			return err
		}
	}
	frame, err := s.frame(c, &e, kit.DeskDelegates, kit.Printer(c).T("board.delegates.title"))
	if err != nil {
		return err
	}
	page := delegatesPage{
		Frame: frame, Form: kit.NewForm(c, list.values()), Filtered: !list.Filter.Empty(), More: beyondTheFirst(list.Filter),
		Found: frame.N("board.delegates.found", count), Count: count, Query: list.query(), Twins: deskPath(e, "twins"), Import: deskPath(e, "imports"),
		Path: deskPath(e, "delegates"), Bulk: deskPath(e, "delegates", "bulk"), Back: c.OriginalURL(),
	}
	if page.Before, err = s.before(ctx, frame, e, list.Filter, count); err != nil {
		return err
	}
	page.link(e, list, cursor, found.Next)
	if err := s.fillList(c, &page, e, list, found.Items); err != nil {
		return err
	}
	if n := len(found.Items); n > 0 && (page.First != "" || page.Next != "") {
		page.Shown = span{From: found.Items[0].SortName(), To: found.Items[n-1].SortName()}
	}
	return kit.Render(c, "desk/delegates", page)
}

// link fills in where the list can be taken to.
func (page *delegatesPage) link(e event.Event, list listing, cursor, next string) {
	values := list.values()
	page.Export, page.Workbook = withQuery(deskPath(e, "delegates.csv"), values), withQuery(deskPath(e, "delegates.xlsx"), values)
	if mayWrite(list.Filter) {
		page.Write = withQuery(deskPath(e, "messages", "new"), filterValues(list.Filter))
	}
	page.Clear = withQuery(page.Path, listing{Columns: list.Columns}.values())
	if cursor != "" {
		page.First = withQuery(page.Path, values)
	}
	if next != "" {
		values.Set("after", next)
		page.Next = withQuery(page.Path, values)
	}
}

// fillList fills in the table, and what it can be changed by.
func (s *Pages) fillList(c *fiber.Ctx, page *delegatesPage, e event.Event, list listing, people []delegate.Delegate) (err error) {
	ctx := c.UserContext()
	if page.Choices, err = s.choices(ctx, page.Printer, e); err != nil {
		return err
	}
	page.Choices.withChosen(page.Printer, e, list.Filter)
	shown, err := s.columns(ctx, page.Printer, e, list)
	if err != nil {
		return err
	}
	if page.Columns, err = s.columnOptions(ctx, page.Printer, e, shown, list.Columns); err != nil {
		return err
	}
	page.Table = tableOf(page.Frame, e, shown, people)
	page.Table.Pick = true
	if page.Views, err = s.viewLinks(c, e, list); err != nil {
		return err
	}
	page.Bulks, err = s.runningBulks(ctx, page.Frame, e)
	return err
}

func tableOf(f kit.Frame, e event.Event, shown columns, people []delegate.Delegate) delegateTable {
	t := delegateTable{Frame: f, Heads: shown.shownHeads(), Rows: make([]delegateRow, len(people))}
	for i, d := range people {
		t.Rows[i] = row(e, shown, d)
	}
	return t
}

// usualTable is the table of some people with the usual columns.
func (s *Pages) usualTable(c *fiber.Ctx, f kit.Frame, e event.Event, people []delegate.Delegate) (delegateTable, error) {
	shown, err := s.columns(c.UserContext(), f.Printer, e, listing{})
	return tableOf(f, e, shown, people), err
}

func row(e event.Event, shown columns, d delegate.Delegate) delegateRow {
	r := delegateRow{ID: d.ID, Href: deskPath(e, "delegates", d.ID), Name: d.Name, Cells: shown.cells(d), Steps: len(d.Steps)}
	if d.LatinName != d.Name && shown.has("latin_name") {
		r.LatinName = d.LatinName
	}
	if shown.has("organisation") {
		r.Organisation = d.Organisation
	}
	return r
}
