package desk

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/intake"
	"convene/internal/table"
	"convene/internal/web/kit"
)

// importPage is desk/import.html.
type importPage struct {
	kit.Frame
	Crumbs []kit.Link
	Form   *kit.Form
	Import intake.Import
	Path   string
	List   string // where all imports are
	Pill   Pill
	Step   int // which of the four steps it is at
	At     Moment
	Ended  Moment
	Fault  string

	Columns    []importColumn // while they are chosen
	Sheets     []kit.Option
	HeadRow    string
	Modes      []kit.Option
	Categories []kit.Option
	Languages  []kit.Option

	Doing    string // what goes on by itself
	Progress span   // so many of so many
	Done     int
	Total    int

	Tabs    []importTab
	Kind    string
	Rows    []importLine
	First   string
	Next    string
	Shown   span
	Beyond  string
	Late    string
	Waiting string
	Left    bool // rows are left out, and can be downloaded
	Fates   []importFate
	After   string // for how long it can be undone
	Until   string // when it can no longer be undone
}

// importColumn is a column of the file and what it may be.
type importColumn struct {
	Letter, Head, Name string
	Sample             []string
	Options            []kit.Option
	Fault              string
}

// importTab leads to the rows of a kind.
type importTab struct {
	Href, Label string
	Current     bool
}

// importLine is a row in words.
type importLine struct {
	Number                 string
	Name, Email, Href      string
	Organisation, Category string
	Full                   bool
	Changes                []importChange
	Faults                 []string
}

type importChange struct{ Field, From, To string }

type importFate struct {
	Href, Label, Hint, Number string
	Current                   bool
}

// importOf finds the import that the address names.
func (s *Pages) importOf(c *fiber.Ctx) (event.Event, intake.Import, error) {
	e, err := s.event(c)
	if err != nil {
		return e, intake.Import{}, err
	}
	i, err := s.app.Imports.Get(c.UserContext(), e, c.Params("id"))
	return e, i, err
}

// Import shows an import where it stands: its columns, its preview, how it goes on, or
// what became of it.
func (s *Pages) Import(c *fiber.Ctx) error {
	e, i, err := s.importOf(c)
	if err != nil {
		return err
	}
	return s.renderImport(c, e, i, kit.NewForm(c, nil))
}

func (s *Pages) renderImport(c *fiber.Ctx, e event.Event, i intake.Import, f *kit.Form) error {
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskDelegates, p.T("intake.title"))
	if err != nil {
		return err
	}
	k := s.clock(p, &e)
	page := importPage{
		Frame: frame, Form: f, Import: i, Path: deskPath(e, "imports", i.ID), List: deskPath(e, "imports"),
		Pill: importPill(p, i.State), Step: stepOf(i), At: k.moment(i.At), Ended: k.moment(i.Ended),
		Crumbs: []kit.Link{
			{Href: deskPath(e, "delegates"), Label: p.T("board.delegates.title")},
			{Href: deskPath(e, "imports"), Label: p.T("intake.title")}, {Label: i.File.Name},
		},
	}
	page.After = undoTime(p)
	if i.Fault != nil {
		page.Fault = p.T(i.Fault.Key, i.Fault.Arguments()...)
	}
	if i.State.Active() {
		page.Doing = p.T("intake.does." + string(i.State))
		page.Done, page.Total = progress(i)
		page.Progress = span{p.Number(page.Done), p.Number(page.Total)}
		page.Scripts = append(page.Scripts, "import.js")
		c.Set("Refresh", strconv.Itoa(int(refresh/time.Second)))
		return kit.Render(c, "desk/import", page)
	}
	if i.State == intake.Matching {
		err = s.showColumns(c.UserContext(), &page, e)
	} else {
		err = s.showRows(c, &page, e, k)
	}
	if err != nil {
		return err
	}
	return kit.Render(c, "desk/import", page)
}

// refresh is how often the page of an import that goes on loads itself anew where no
// script does it more gently.
const refresh = 5 * time.Second

// stepOf counts the steps: file, columns, preview, done.
func stepOf(i intake.Import) int {
	switch i.State {
	case intake.Matching:
		return 2
	case intake.Checking, intake.Checked:
		return 3
	}
	return 4
}

// progress is how far an import has come, in rows. The total is 0 while nobody knows.
func progress(i intake.Import) (done, total int) {
	people := i.Counts[intake.New] + i.Counts[intake.Changed]
	switch i.State {
	case intake.Checking:
		return i.Read, 0
	case intake.Writing:
		return min(i.Tell*intake.SheafSize, i.Counts[intake.New]), i.Counts[intake.New]
	case intake.Looking:
		return min(i.Seen*intake.SheafSize, people), people
	}
	return min(i.Step*intake.SheafSize, people), people
}

// showColumns lists the columns with their first rows and what each may be.
func (s *Pages) showColumns(ctx context.Context, page *importPage, e event.Event) error {
	i, p := page.Import, page.Printer
	fields, questions, err := s.app.Imports.Fields(ctx, e)
	if err != nil {
		return err
	}
	options := []kit.Option{{Label: p.T("intake.leave_out")}}
	for _, field := range fields {
		options = append(options, kit.Option{Value: field, Label: fieldLabel(p, field)})
	}
	for _, q := range questions {
		options = append(options, kit.Option{Value: q.Field(), Label: p.Text(q.Label)})
	}
	labels := map[string]string{"columns": p.T("intake.columns"), "mode": p.T("intake.new_people"), "row": p.T("intake.head_row")}
	for n, head := range i.File.Heads {
		name := "column-" + strconv.Itoa(n)
		chosen := i.Columns[n]
		if page.Form.Values.Has(name) {
			chosen = page.Form.Value(name)
		}
		column := importColumn{Letter: table.ColumnName(n), Head: head, Name: name, Fault: page.Form.Fault(name)}
		for _, row := range i.File.Sample {
			if row[n] != "" {
				column.Sample = append(column.Sample, row[n])
			}
		}
		for _, o := range options {
			o.Selected = o.Value == chosen
			column.Options = append(column.Options, o)
		}
		labels[name] = column.Letter + " " + head
		page.Columns = append(page.Columns, column)
	}
	page.Form.Labels = labels
	s.showHow(page, e)
	return nil
}

func (s *Pages) showHow(page *importPage, e event.Event) {
	i, p := page.Import, page.Printer
	if sent := page.Form.Values; len(sent) > 0 && !sent.Has("mode") { // the form above was sent, which has no such fields
		sent.Set("mode", string(i.How.Mode))
		sent.Set("category", i.How.Category)
		sent.Set("language", i.How.Language)
	}
	page.HeadRow = strconv.Itoa(max(i.File.Row, 1))
	for _, sheet := range i.File.Sheets {
		page.Sheets = append(page.Sheets, kit.Option{Value: sheet, Label: sheet, Selected: sheet == i.File.Sheet})
	}
	for _, mode := range intake.Modes {
		page.Modes = append(page.Modes, kit.Option{Value: string(mode), Label: p.T("intake.mode." + string(mode)), Selected: mode == i.How.Mode})
	}
	page.Categories = []kit.Option{{Label: p.T("intake.none_of")}}
	for _, category := range e.Categories() {
		page.Categories = append(page.Categories, kit.Option{
			Value: category.ID, Label: e.CategoryLabel(p, category.ID), Selected: category.ID == i.How.Category,
		})
	}
	for _, lang := range s.app.Catalogue.Languages() {
		page.Languages = append(page.Languages, kit.Option{Value: lang, Label: p.LanguageName(lang), Lang: lang, Selected: lang == i.How.Language})
	}
}

// showRows shows what becomes, or became, of the rows: a page of one kind.
func (s *Pages) showRows(c *fiber.Ctx, page *importPage, e event.Event, k clock) error {
	i, p := page.Import, page.Printer
	if i.Beyond > 0 && i.How.Mode != intake.Invited {
		page.Beyond = p.T("intake.beyond", "Rows", p.Number(i.Beyond))
	}
	if i.Late > 0 {
		page.Late = p.T("intake.late", "Rows", p.Number(i.Late))
	}
	if i.Waiting > 0 && i.State != intake.Failed {
		page.Waiting = p.T("intake.waiting", "Rows", p.Number(i.Waiting))
	}
	page.Left = i.Counts[intake.Refused]+i.Late > 0 && !i.Gone()
	if i.State == intake.Done && !i.Gone() && page.Now.Before(i.Ends) {
		page.Until = p.T("intake.until", "Day", p.Date(i.Ends.In(e.Location())))
	}
	if i.Gone() {
		return nil
	}
	words, err := s.importWords(c, e)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(c.Query("page", "0"))
	if err != nil || number < 0 {
		return fiber.ErrNotFound
	}
	rows, err := s.chosenRows(c, page, number)
	if err != nil {
		return err
	}
	for _, row := range rows {
		page.Rows = append(page.Rows, words.line(i, row))
	}
	if len(rows) > 0 {
		page.Shown = span{p.Number(rows[0].Number), p.Number(rows[len(rows)-1].Number)}
	}
	return nil
}

// chosenRows reads the page of rows that the address asks for, and offers the others.
func (s *Pages) chosenRows(c *fiber.Ctx, page *importPage, number int) ([]intake.Row, error) {
	i, ctx := page.Import, c.UserContext()
	link := func(query string, n int) string { return page.Path + "?" + query + "&page=" + strconv.Itoa(n) }
	query, of := "", 0
	var rows []intake.Row
	var err error
	if i.State == intake.Undoable || i.State == intake.Undone {
		fate := page.showFates(c.Query("fate"))
		query, of = "fate="+string(fate), i.Held[fate]
		rows, err = s.app.Imports.FateRows(ctx, i, fate, number)
	} else {
		kind := page.showTabs(c.Query("kind"))
		query, of = "kind="+string(kind), i.Sheaves[kind]
		page.Kind = string(kind)
		rows, err = s.app.Imports.Rows(ctx, i, kind, number)
	}
	if number > 0 {
		page.First = link(query, 0)
	}
	if number+1 < of {
		page.Next = link(query, number+1)
	}
	return rows, err
}

// showTabs offers the kinds of rows that there are. Refused ones come into sight first:
// they are what there is to do.
func (page *importPage) showTabs(asked string) intake.Kind {
	chosen := intake.Kind(asked)
	for _, kind := range []intake.Kind{intake.Refused, intake.New, intake.Changed, intake.Unchanged} {
		if _, known := page.Import.Counts[chosen]; !known && page.Import.Counts[kind] > 0 {
			chosen = kind
		}
	}
	for _, kind := range intake.Kinds {
		page.Tabs = append(page.Tabs, importTab{
			Href: page.Path + "?kind=" + string(kind), Current: kind == chosen,
			Label: page.T("intake.kind."+string(kind)) + " (" + page.Number(page.Import.Counts[kind]) + ")",
		})
	}
	return chosen
}

func (page *importPage) showFates(asked string) delegate.Fate {
	chosen := delegate.Fate(asked)
	for _, fate := range delegate.Fates {
		n := page.Import.Fates[fate]
		if n == 0 {
			continue
		}
		if page.Import.Fates[chosen] == 0 {
			chosen = fate
		}
		page.Fates = append(page.Fates, importFate{
			Href: page.Path + "?fate=" + string(fate), Label: page.T("intake.fate." + string(fate)),
			Hint: page.T("intake.fate_hint." + string(fate)), Number: page.Number(n), Current: fate == chosen,
		})
	}
	return chosen
}

// importWords tells rows in words.
type importWords struct {
	print     *i18n.Printer
	event     event.Event
	cities    map[string]string
	questions map[string]form.Question
}

func (s *Pages) importWords(c *fiber.Ctx, e event.Event) (importWords, error) {
	w := importWords{print: kit.Printer(c), event: e, questions: map[string]form.Question{}}
	_, questions, err := s.app.Imports.Fields(c.UserContext(), e)
	if err != nil {
		return w, err
	}
	for _, q := range questions {
		w.questions[q.Field()] = q
	}
	w.cities, err = s.cityNames(c.UserContext(), w.print)
	return w, err
}

func (w importWords) line(i intake.Import, row intake.Row) importLine {
	line := importLine{
		Number: w.print.Number(row.Number), Name: row.Name, Email: row.Email, Full: row.Full,
	}
	if row.Late != nil {
		row.Faults = append(row.Faults, *row.Late)
	}
	line.Faults = w.reasons(row)
	if isThere(i, row) {
		line.Href = deskPath(w.event, "delegates", row.ID)
	}
	if row.Form != nil {
		line.Organisation, line.Category = row.Form.Organisation, w.event.CategoryLabel(w.print, row.Form.Category)
	}
	for _, c := range row.Changes {
		line.Changes = append(line.Changes, importChange{w.field(c.Field), w.value(c.Field, c.From), w.value(c.Field, c.To)})
	}
	return line
}

// isThere reports whether the registration that the row is about has a page.
func isThere(i intake.Import, row intake.Row) bool {
	switch {
	case row.ID == "" || row.Fate == delegate.Vanished || row.Late != nil && row.Form != nil:
		return false
	case row.Fate == delegate.Removed:
		return i.State == intake.Undoable
	}
	return row.Form == nil || i.State == intake.Done
}

func (w importWords) field(name string) string {
	if q, ok := w.questions[name]; ok {
		return w.print.Text(q.Label)
	}
	return fieldLabel(w.print, name)
}

func (w importWords) value(field string, values []string) string {
	if q, ok := w.questions[field]; ok {
		return q.Words(w.print, values)
	}
	value := strings.Join(values, ", ")
	switch {
	case value == "":
	case field == "city":
		return w.cities[value]
	case field == "country":
		return w.print.Country(value)
	case field == "category":
		return w.event.CategoryLabel(w.print, value)
	case field == "language":
		return w.print.LanguageName(value)
	}
	return value
}
