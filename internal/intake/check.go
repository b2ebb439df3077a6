package intake

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/table"
)

// check reads the whole table and writes what becomes of its rows. It is not gone on
// with when it is cut short, but begun anew.
func (s *Service) check(ctx context.Context, w *work) error {
	r, err := s.reader(ctx, w.event, w.i)
	if err != nil {
		return s.unfit(ctx, w, err)
	}
	defer r.table.Close()
	pass := store.NewID()
	g := newGatherer(w.i.ID, pass)
	read := 0
	for row, err := range r.table.Rows() {
		if err != nil {
			return s.unfit(ctx, w, err)
		}
		kind, found, err := r.row(ctx, row)
		if err != nil {
			return err
		}
		g.add(string(kind), found)
		if read++; len(g.full) >= s.batch() {
			if err := s.advance(ctx, w, func(tx *store.Tx, i *Import) error { i.Read = read; return g.put(ctx, tx) }); err != nil {
				return err
			}
			g.full = nil
		}
	}
	g.finish()
	old := w.i
	err = s.advance(ctx, w, func(tx *store.Tx, i *Import) error {
		i.State, i.Read, i.Pass, i.Beyond = Checked, read, pass, r.beyond
		i.Counts, i.Sheaves = kinds(g.counts), kinds(g.made)
		return g.put(ctx, tx)
	})
	if err != nil {
		return err
	}
	return s.removeSheaves(ctx, old)
}

func kinds(counts map[string]int) map[Kind]int {
	m := map[Kind]int{}
	for kind, n := range counts {
		m[Kind(kind)] = n
	}
	return m
}

// unfit gives the import up when its file cannot be read to the end, and says why.
// Any other error is the job's.
func (s *Service) unfit(ctx context.Context, w *work, err error) error {
	if kind := problem.KindOf(err); kind != problem.Invalid && kind != problem.Gone {
		return err
	}
	fault := problemFault(err)
	return s.advance(ctx, w, func(_ *store.Tx, i *Import) error {
		i.State, i.Fault, i.Ended = Failed, &fault, s.now()
		return nil
	})
}

// reader turns the rows of a table into what becomes of them.
type reader struct {
	table   *table.Table
	columns []string
	where   map[string]int // the column of a field
	fields  *fields
	how     How
	vet     *delegate.Vetting
	known   *delegate.Known
	seen    map[string]int // the row of an address's key, or of an id
	beyond  int
}

func (s *Service) reader(ctx context.Context, e event.Event, i Import) (*reader, error) {
	data, err := s.content(ctx, i)
	if err != nil {
		return nil, err
	}
	r := &reader{columns: i.Columns, where: map[string]int{}, how: i.How, known: s.Delegates.Known(e), seen: map[string]int{}}
	for column, field := range i.Columns {
		r.where[field] = column
	}
	if r.fields, err = s.fields(ctx, e); err != nil {
		return nil, err
	}
	if r.vet, err = s.Delegates.Vet(ctx, e, i.How.Mode == Invited); err != nil {
		return nil, err
	}
	r.table, err = open(data, table.Options{Sheet: i.File.Sheet, Row: i.File.Row, Limits: s.Limits})
	return r, err
}

func open(data []byte, o table.Options) (*table.Table, error) {
	return table.Open(bytes.NewReader(data), int64(len(data)), o)
}

// row says what becomes of a row.
func (r *reader) row(ctx context.Context, row table.Row) (Kind, Row, error) {
	given := r.read(row)
	out := Row{Number: row.Number, Name: person.Tidy(given.form.Name), Email: strings.TrimSpace(given.form.Email)}
	d, found, err := r.person(ctx, &given)
	if err != nil {
		return "", out, err
	}
	if found { // also with faults: all that is wrong is told at once
		r.change(&out, d, &given)
	} else {
		r.bring(&out, &given)
	}
	switch {
	case len(given.faults) > 0:
		out.Faults, out.Cells, out.Form, out.Changes = r.located(given.faults, row), clone(row.Cells), nil, nil
		return Refused, out, nil
	case !found:
		return New, out, nil
	case len(out.Changes) > 0:
		return Changed, out, nil
	}
	return Unchanged, out, nil
}

func clone(cells []string) []string {
	list := make([]string, len(cells))
	for i, cell := range cells {
		list[i] = strings.Clone(cell)
	}
	return list
}

// bring checks somebody new.
func (r *reader) bring(out *Row, given *given) {
	if given.form.Category == "" && !given.faulty("category") {
		given.form.Category = r.how.Category
	}
	if given.form.Language == "" && !given.faulty("language") {
		given.form.Language = r.how.Language
	}
	f, faults := r.vet.New(given.form)
	if given.add(faults); len(given.faults) > 0 {
		return
	}
	out.ID, out.Name, out.Email, out.Form = store.NewID(), f.Name, f.Email, &f
	if out.Full = !r.vet.Fits(f.Category); out.Full {
		r.beyond++
	}
}

// change lists what the row changes of somebody who is registered.
func (r *reader) change(out *Row, d delegate.Delegate, given *given) {
	f := given.over(delegate.FormOf(d), r.how.Clear)
	changes, faults := r.vet.Changes(d, f)
	given.add(faults)
	out.ID, out.Name, out.Email, out.Changes = d.ID, d.Name, d.Email, changes
	if len(changes) > 0 && d.State.Over() {
		given.fault("", "problem.import.over")
	}
}

// person finds who the row is about: by the address, or else by the number of an
// export. Two rows about one are refused but for the first.
func (r *reader) person(ctx context.Context, given *given) (d delegate.Delegate, found bool, err error) {
	email, ok := person.ParseEmail(given.form.Email)
	if ok {
		if d, found, err = r.known.ByEmail(ctx, email.Key); err != nil {
			return d, found, err
		}
	}
	if given.number != "" {
		other, exists, err := r.known.ByID(ctx, given.number)
		switch {
		case err != nil:
			return d, found, err
		case !exists && !found:
			given.fault("number", "problem.import.unknown_number")
		case exists && found && other.ID != d.ID:
			given.fault("number", "problem.import.two_people")
		case exists && !found:
			d, found = other, true
		}
	}
	var keys []string
	if ok {
		keys = append(keys, email.Key)
	}
	if found {
		keys = append(keys, "#"+d.ID)
	}
	for _, key := range keys {
		if before, twice := r.seen[key]; twice {
			given.faults = nil
			given.fault("email", "problem.import.again", "Row", before)
			return d, found, nil
		}
	}
	for _, key := range keys {
		r.seen[key] = given.row
	}
	return d, found, nil
}

// located names the cells of the faults, from left to right; those of no cell come last.
func (r *reader) located(faults []problem.Field, row table.Row) []Fault {
	place := func(f problem.Field) int {
		if column, ok := r.column(f.Name); ok {
			return column
		}
		return math.MaxInt
	}
	slices.SortStableFunc(faults, func(a, b problem.Field) int { return cmp.Compare(place(a), place(b)) })
	list := make([]Fault, len(faults))
	for i, f := range faults {
		cell := ""
		if column, ok := r.column(f.Name); ok {
			cell = table.CellName(column, row.Number)
		}
		list[i] = faultOf(cell, f)
	}
	return list
}

func (r *reader) column(field string) (int, bool) {
	also := map[string][]string{"country": {"country_code"}, "name": {"family_name", "given_name"}}
	for _, name := range append([]string{field}, also[field]...) {
		if column, ok := r.where[name]; ok && name != "" {
			return column, true
		}
	}
	return 0, false
}

// given is what a row holds.
type given struct {
	row     int
	form    delegate.Form
	fields  map[string]bool // that are not empty
	columns []string
	number  string
	faults  []problem.Field
}

func (g *given) fault(field, key string, args ...any) {
	g.faults = append(g.faults, problem.Field{Name: field, Key: key, Args: args})
}

func (g *given) faulty(field string) bool {
	return slices.ContainsFunc(g.faults, func(f problem.Field) bool { return f.Name == field })
}

// add takes the faults of fields that have none yet, and that do not come of others.
func (g *given) add(faults []problem.Field) {
	fresh := slices.DeleteFunc(faults, func(f problem.Field) bool { return g.faulty(f.Name) })
	all := given{faults: append(g.faults, fresh...)}
	g.faults = slices.DeleteFunc(slices.Clone(all.faults), all.follows)
}

// follows reports whether the fault is there because of another one: a city that is not
// known names no country, and what is asked after an answer hangs on that.
func (g *given) follows(f problem.Field) bool {
	switch {
	case f.Key == delegate.NotAskedAfter:
		return g.faulty(fmt.Sprint(f.Args[1]))
	case f.Key != "problem.field.required":
		return false
	case f.Name == "country":
		return g.faulty("city") || g.faulty("country_code")
	case f.Name == "name":
		return g.faulty("given_name") || g.faulty("family_name")
	}
	return false
}

// read takes the cells into the form.
func (r *reader) read(row table.Row) given {
	g := given{row: row.Number, columns: r.columns, fields: map[string]bool{}}
	for column, field := range r.columns {
		cell := fuse(row.Cell(column))
		switch {
		case field == "" || strings.TrimSpace(cell) == "":
			continue
		case table.IsError(strings.TrimSpace(cell)):
			g.fault(field, "problem.import.error_value")
			continue
		}
		g.fields[field] = true
		r.take(&g, field, cell)
	}
	for column := len(r.columns); column < len(row.Cells); column++ {
		if strings.TrimSpace(row.Cells[column]) != "" {
			g.fault("", "problem.import.too_many_cells", "Cell", table.CellName(column, row.Number))
			break
		}
	}
	r.joinName(&g, row)
	return g
}

// joinName makes one name of two columns, where there is no column for the whole.
func (r *reader) joinName(g *given, row table.Row) {
	if g.form.Name != "" || !g.fields["given_name"] && !g.fields["family_name"] {
		return
	}
	part := func(field string) string {
		if column, ok := r.where[field]; ok {
			return fuse(row.Cell(column))
		}
		return ""
	}
	g.form.Name = strings.TrimSpace(part("given_name") + " " + part("family_name"))
	g.fields["name"] = true
}

// take takes one cell.
func (r *reader) take(g *given, field, cell string) {
	named := func(to *string, find func(string) (string, bool), fault string) {
		value, ok := find(cell)
		if !ok {
			g.fault(field, fault, "Value", shown(cell))
			return
		}
		*to = value
	}
	in := func(names map[string]string) func(string) (string, bool) {
		return func(typed string) (string, bool) { return find(names, typed) }
	}
	f := &g.form
	switch field {
	case "number":
		g.number = strings.TrimSpace(cell)
	case "city":
		named(&f.City, in(r.fields.cities), "problem.import.city")
	case "country_code", "country":
		if field == "country" && g.fields["country_code"] && f.Country != "" {
			return // the code is surer
		}
		named(&f.Country, r.fields.country, "problem.import.country")
	case "category":
		named(&f.Category, in(r.fields.categories), "problem.import.category")
	case "language":
		named(&f.Language, r.fields.speaks, "problem.import.language")
	case "given_name", "family_name":
	default:
		r.takeText(g, field, cell)
	}
}

func (r *reader) takeText(g *given, field, cell string) {
	f := &g.form
	texts := map[string]*string{
		"name": &f.Name, "latin_name": &f.LatinName, "organisation": &f.Organisation, "job_title": &f.JobTitle,
		"email": &f.Email, "time_zone": &f.TimeZone, "needs": &f.Needs,
	}
	if text, ok := texts[field]; ok {
		*text = strings.Clone(cell)
		return
	}
	q := r.fields.questions[field]
	if f.Answers == nil {
		f.Answers = form.Answers{}
	}
	f.Answers[q.ID] = r.fields.answer(q, strings.Clone(cell))
}

// shown is the beginning of what somebody wrote, for a message.
func shown(cell string) string {
	if utf8.RuneCountInString(cell) <= sampleSize {
		return strings.Clone(cell)
	}
	return string([]rune(cell)[:sampleSize]) + "…"
}

// over lays what the row holds over what is known of somebody. clear has an empty cell
// take away what there is.
func (g *given) over(f delegate.Form, clear bool) delegate.Form {
	set := func(field string, to *string, value string) {
		if g.fields[field] || clear && slices.Contains(g.columns, field) {
			*to = value
		}
	}
	set("name", &f.Name, g.form.Name)
	set("latin_name", &f.LatinName, g.form.LatinName)
	set("organisation", &f.Organisation, g.form.Organisation)
	set("job_title", &f.JobTitle, g.form.JobTitle)
	set("city", &f.City, g.form.City)
	set("country", &f.Country, g.form.Country)
	set("country_code", &f.Country, g.form.Country)
	set("category", &f.Category, g.form.Category)
	set("email", &f.Email, g.form.Email)
	set("language", &f.Language, g.form.Language)
	set("time_zone", &f.TimeZone, g.form.TimeZone)
	set("needs", &f.Needs, g.form.Needs)
	if g.fields["country"] || g.fields["country_code"] {
		f.Country = g.form.Country
	}
	answers := form.Answers{}
	for _, field := range g.columns {
		if id, ok := strings.CutPrefix(field, form.FieldOf("")); ok && (g.fields[field] || clear) {
			answers[id] = g.form.Answers[id]
		}
	}
	f.Answers = maps.Clone(answers)
	return f
}

// fuse takes off the apostrophe that an export puts before what a spreadsheet would
// run, and which spreadsheets themselves hide.
func fuse(cell string) string {
	rest, ok := strings.CutPrefix(cell, "'")
	if !ok {
		return cell
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, " \u00a0\u3000"))
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return rest
	}
	return cell
}
