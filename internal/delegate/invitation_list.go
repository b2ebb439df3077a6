package delegate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/table"
)

// InvitationList is a table of people to be invited that an organiser sent, as it was
// read: nobody is invited before they have seen what it holds.
type InvitationList struct {
	ID       string        `json:"id"`
	Event    string        `json:"event"`
	Approved bool          `json:"approved,omitzero"` // who accepts needs no approval
	Sheet    string        `json:"sheet,omitempty"`   // that was read, where the workbook has several
	Ignored  []string      `json:"ignored,omitempty"` // headings of columns that were not read
	People   []ListedGuest `json:"people,omitempty"`
	Faults   []ListFault   `json:"faults,omitempty"`
	Ends     time.Time     `json:"ends"`
}

// ListedGuest is one person of the table.
type ListedGuest struct {
	Row   int  `json:"row"`
	Form  Form `json:"form"`
	Known bool `json:"known,omitzero"` // registered already
}

// ListFault is what is wrong with a row: a message, and its placeholders as names and
// values in turn.
type ListFault struct {
	Row   int      `json:"row"`
	Field string   `json:"field"`
	Cell  string   `json:"cell,omitempty"` // empty: the table has no column for the field
	Text  string   `json:"text,omitempty"` // what stands there
	Key   string   `json:"key"`
	Args  []string `json:"args,omitempty"`
}

var invitationLists = store.NewCollection("invitation_lists", func(l InvitationList) string { return l.ID }, store.On("ends", "ends"), store.On("event", "event"))

const (
	// MaxListed is how many people one table invites.
	MaxListed = 5000

	listLife = 24 * time.Hour
)

// ListFields are the columns that a table may have. Name and address are needed.
var ListFields = []string{"name", "latin_name", "email", "organisation", "job_title", "category", "city", "country", "language"}

// ListWords are the words that tables use, folded as i18n.Fold does: what columns are
// called, and the ids of what stands in them; empty for a word that is two things.
type ListWords struct{ Heads, Categories, Cities, Countries, Languages map[string]string }

// knows reports whether the heading is that of a field.
func (w ListWords) knows(heading string) bool {
	return w.Heads[i18n.Fold(heading)] != ""
}

// values are the words of a field in which ids stand; nil where it is a text.
func (w ListWords) values(field string) map[string]string {
	switch field {
	case "category":
		return w.Categories
	case "city":
		return w.Cities
	case "country":
		return w.Countries
	case "language":
		return w.Languages
	}
	return nil
}

// ReadInvitations reads a table of people to be invited and keeps it for a day, with
// what is wrong with each row. The usual form says what holds where a row says nothing.
// What cannot be read as such a table is a problem of kind Invalid, under table.Field.
func (s *Service) ReadInvitations(ctx context.Context, e event.Event, file io.ReaderAt, size int64, words ListWords, usual Form, approved bool) (InvitationList, error) {
	list := InvitationList{ID: store.NewID(), Event: e.ID, Approved: approved, Ends: s.now().Add(listLife)}
	t, err := table.Open(file, size, table.Options{Known: words.knows, Limits: table.Limits{Rows: MaxListed}})
	if err != nil {
		return list, err
	}
	if len(t.Sheets) > 1 {
		list.Sheet = t.Sheet
	}
	reader := listReader{service: s, event: e, words: words, usual: usual, seen: map[string]int{}}
	list.Ignored, err = reader.heads(t.Heads)
	for err == nil {
		var row table.Row
		if row, err = t.Next(); err == nil {
			err = reader.row(ctx, &list, row)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, t.Close()); err != nil {
		return list, err
	}
	return list, s.db.Update(ctx, func(tx *store.Tx) error { return invitationLists.Create(tx, list) })
}

// listReader reads the rows of one table.
type listReader struct {
	service *Service
	event   event.Event
	words   ListWords
	usual   Form
	columns map[string]int // by field
	seen    map[string]int // rows, by the key of their address
}

// heads learns which column is which, and returns the headings of those that are none.
func (r *listReader) heads(heads []string) (ignored []string, err error) {
	r.columns = map[string]int{}
	for i, head := range heads {
		field := r.words.Heads[i18n.Fold(head)]
		_, twice := r.columns[field]
		switch {
		case field != "" && !twice:
			r.columns[field] = i
		case head != "":
			ignored = append(ignored, head)
		}
	}
	var faults problem.Form
	if _, ok := r.columns["name"]; !ok {
		faults.Add(table.Field, "problem.list_no_name")
	}
	if _, ok := r.columns["email"]; !ok {
		faults.Add(table.Field, "problem.list_no_email")
	}
	return ignored, faults.Err()
}

// row reads one row into the list: as a person, or as all that is wrong with it, from
// left to right.
func (r *listReader) row(ctx context.Context, list *InvitationList, row table.Row) error {
	person, faults, err := r.person(ctx, row)
	if err != nil {
		return err
	}
	if len(faults) == 0 {
		list.People = append(list.People, person)
		return nil
	}
	slices.SortStableFunc(faults, func(a, b problem.Field) int { return cmp.Compare(r.columnOf(a), r.columnOf(b)) })
	for _, f := range faults {
		list.Faults = append(list.Faults, r.fault(row, f))
	}
	return nil
}

// columnOf is where the fault is; those of no column come last.
func (r *listReader) columnOf(f problem.Field) int {
	if column, ok := r.columns[f.Name]; ok {
		return column
	}
	return math.MaxInt
}

func (r *listReader) fault(row table.Row, told problem.Field) ListFault {
	f := ListFault{Row: row.Number, Field: told.Name, Key: told.Key}
	if column, ok := r.columns[told.Name]; ok {
		f.Cell, f.Text = table.CellName(column, row.Number), row.Cell(column)
	}
	for _, arg := range told.Args {
		f.Args = append(f.Args, fmt.Sprint(arg))
	}
	return f
}

// person reads whom the row is about, or what is wrong with it.
func (r *listReader) person(ctx context.Context, row table.Row) (ListedGuest, []problem.Field, error) {
	form, faults := r.form(row)
	form, email, err := r.service.cleanInvitation(ctx, r.event, form)
	var told *problem.Error
	switch {
	case errors.As(err, &told) && told.Kind == problem.Invalid:
		for _, f := range told.Fields {
			if !slices.ContainsFunc(faults, func(known problem.Field) bool { return known.Name == f.Name }) {
				faults = append(faults, f)
			}
		}
	case err != nil:
		return ListedGuest{}, nil, err
	}
	if len(faults) > 0 {
		return ListedGuest{}, faults, nil
	}
	if before := r.seen[email.Key]; before > 0 {
		return ListedGuest{}, []problem.Field{{Name: "email", Key: "problem.list_twice", Args: []any{"Row", before}}}, nil
	}
	r.seen[email.Key] = row.Number
	d, err := delegates.First(ctx, r.service.db, store.By("email", r.event.ID, email.Key))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return ListedGuest{}, nil, err
	}
	known := err == nil && d.State != Cancelled && d.State != Withdrawn
	return ListedGuest{Row: row.Number, Form: form, Known: known}, nil, nil
}

// form fills in the form from the row. What stands in a cell and means nothing is a
// fault.
func (r *listReader) form(row table.Row) (f Form, faults []problem.Field) {
	f = r.usual
	targets := map[string]*string{
		"name": &f.Name, "latin_name": &f.LatinName, "email": &f.Email, "organisation": &f.Organisation, "job_title": &f.JobTitle,
		"category": &f.Category, "city": &f.City, "country": &f.Country, "language": &f.Language,
	}
	for _, field := range ListFields {
		column, there := r.columns[field]
		text := strings.TrimSpace(row.Cell(column))
		if !there || text == "" {
			continue
		}
		if table.IsError(text) {
			faults = append(faults, problem.Field{Name: field, Key: "problem.list_formula"})
			continue
		}
		if words := r.words.values(field); words != nil {
			id := words[i18n.Fold(text)]
			if id == "" {
				faults = append(faults, problem.Field{Name: field, Key: "problem.list_unknown"})
				continue
			}
			text = id
		}
		*targets[field] = text
	}
	return f, faults
}

// InvitationList returns the list of the event, or a problem of kind NotFound.
func (s *Service) InvitationList(ctx context.Context, e event.Event, id string) (InvitationList, error) {
	l, err := invitationLists.Get(ctx, s.db, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && l.Event != e.ID {
		return InvitationList{}, problem.New(problem.NotFound, "problem.list_gone")
	}
	return l, err
}

// inviteBatch is how many are invited in a commit.
const inviteBatch = 50

// InviteListed invites the people of the list, and forgets it. Who has registered in
// between is left as they are. Cut short, it can be done again: nobody is invited
// twice.
func (s *Service) InviteListed(ctx context.Context, e event.Event, id string) (invited int, err error) {
	l, err := s.InvitationList(ctx, e, id)
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(l.People, inviteBatch) {
		n := 0
		err := s.db.Update(ctx, func(tx *store.Tx) error {
			n = 0
			for _, person := range batch {
				_, err := s.Invite(ctx, tx, e, person.Form, OccasionInvited, func(d *Delegate) { d.Approved = l.Approved })
				if problem.KindOf(err) == problem.Conflict && err != nil {
					continue
				}
				if err != nil {
					return fmt.Errorf("row %d: %w", person.Row, err)
				}
				n++
			}
			return nil
		})
		if err != nil {
			return invited, err
		}
		invited += n
	}
	return invited, s.db.Update(ctx, func(tx *store.Tx) error {
		err := invitationLists.Delete(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) { // somebody pressed twice
			return nil
		}
		return err
	})
}

// purgeLists removes lists that nobody used, a thousand at most.
func (s *Service) purgeLists(ctx context.Context) (int, error) {
	page, err := invitationLists.Find(ctx, s.db, store.By("ends").Between(nil, s.clock()).Limit(store.MaxLimit))
	if err != nil {
		return 0, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		for _, l := range page.Items {
			if err := invitationLists.Delete(ctx, tx, l.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	return len(page.Items), err
}
