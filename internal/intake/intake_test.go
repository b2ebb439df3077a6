package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/intake"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/table"
)

// desk is an organiser's house with one event.
type desk struct {
	*app.App
	t     *testing.T
	clock *apptest.Clock
	event event.Event
	ctx   context.Context
}

func open(t *testing.T, change func(*event.Event)) *desk {
	t.Helper()
	a, clock := apptest.New(t)
	ctx := audit.As(t.Context(), audit.Actor{Kind: "staff", ID: "s1", Name: "Desk"})
	return &desk{App: a, t: t, clock: clock, event: apptest.Event(t, a, change), ctx: ctx}
}

// preview has a file checked.
func (d *desk) preview(content string, change ...func(*intake.How)) intake.Import {
	d.t.Helper()
	i, err := d.Imports.Begin(d.ctx, d.event, "people.csv", []byte(content))
	if err != nil {
		d.t.Fatal(err)
	}
	how := i.How
	for _, fn := range change {
		fn(&how)
	}
	if _, err := d.Imports.Check(d.ctx, d.event, i.ID, i.Columns, how); err != nil {
		d.t.Fatal(err)
	}
	return d.goOn(i.ID, intake.Checked)
}

// goOn has an import go on until it rests.
func (d *desk) goOn(id string, want intake.State) intake.Import {
	d.t.Helper()
	if _, err := d.Imports.GoOn(d.ctx, id); err != nil {
		d.t.Fatal(err)
	}
	i, err := d.Imports.Get(d.ctx, d.event, id)
	if err != nil || i.State != want {
		d.t.Fatalf("the import is %s (%+v), %v; want %s", i.State, i.Fault, err, want)
	}
	return i
}

func (d *desk) do(i intake.Import, partial, refuse bool, want intake.State) intake.Import {
	d.t.Helper()
	if _, err := d.Imports.Start(d.ctx, d.event, i.ID, partial, refuse); err != nil {
		d.t.Fatal(err)
	}
	return d.goOn(i.ID, want)
}

func (d *desk) undo(i intake.Import) (seen, done intake.Import) {
	d.t.Helper()
	if _, err := d.Imports.Look(d.ctx, d.event, i.ID); err != nil {
		d.t.Fatal(err)
	}
	seen = d.goOn(i.ID, intake.Undoable)
	if _, err := d.Imports.Undo(d.ctx, d.event, i.ID); err != nil {
		d.t.Fatal(err)
	}
	return seen, d.goOn(i.ID, intake.Undone)
}

// rows are the rows of a kind.
func (d *desk) rows(i intake.Import, kind intake.Kind) []intake.Row {
	d.t.Helper()
	rows, err := d.Imports.Rows(d.ctx, i, kind, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	return rows
}

// find returns the registration under the address, the zero one if there is none.
func (d *desk) find(email string) delegate.Delegate {
	d.t.Helper()
	page, err := d.Delegates.Find(d.ctx, d.event.ID, delegate.Filter{Text: email}, "", 1)
	if err != nil {
		d.t.Fatal(err)
	}
	if len(page.Items) == 0 {
		return delegate.Delegate{}
	}
	return page.Items[0]
}

// states counts the event's registrations.
func (d *desk) states() map[delegate.State]int {
	d.t.Helper()
	counts, err := d.Delegates.Tally(d.ctx, d.event.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return counts.States
}

func (d *desk) wantStates(want map[delegate.State]int) {
	d.t.Helper()
	if got := d.states(); !maps.Equal(got, want) {
		d.t.Errorf("registrations: %v; want %v", got, want)
	}
	places, err := d.Delegates.Places(d.ctx, d.event)
	if taken := want[delegate.Confirmed] + want[delegate.Offered]; err != nil || places.Taken != taken || places.Waiting != want[delegate.Waiting] {
		d.t.Errorf("%d places are taken and %d wait, %v; want %d and %d", places.Taken, places.Waiting, err, taken, want[delegate.Waiting])
	}
}

const people = `Prénom;Apellidos;Organisation;Position;Ciudad;Country;Category;Correo electrónico;Langue;Diet;Notes
Amina;Haddad;Ville de Liège;Maire;;Belgique;Mayor;amina@example.org;French;Végétarien;x
Li;Wei;'=City of Larissa;;Testville;;Ministre ou vice-ministre;li@example.org;es-MX;;
`

// Titles stand above the headings of many a list; which row the headings are is found,
// and can be told.
func TestHeadingsUnderATitle(t *testing.T) {
	d := open(t, nil)
	i := d.preview("Delegates of Africa,,\n,,\nFull name,E-mail,Organisation,Category,Country\nAda Obi,ada@example.org,Lagos,mayor,NG\n")
	if i.File.Row != 3 || i.Counts[intake.New] != 1 || d.rows(i, intake.New)[0].Number != 4 {
		t.Errorf("headings in row %d, %v", i.File.Row, i.Counts)
	}
	i, err := d.Imports.Sheet(d.ctx, d.event, i.ID, "", 1)
	if err != nil || i.State != intake.Matching || i.File.Heads[0] != "Delegates of Africa" {
		t.Errorf("told to be the first: %s %q, %v", i.State, i.File.Heads, err)
	}
}

// Columns and values go by their names in any language.
func TestWhatAFileBecomes(t *testing.T) {
	d := open(t, nil)
	d.city("testville", "Testville", "GR")
	_, err := d.Forms.Save(d.ctx, d.event.ID, form.Question{
		ID: "food", Kind: form.One, Label: i18n.Text{"en": "Diet"}, Asked: form.AtRegistration, Required: true,
		Options: []form.Option{{ID: "veg", Label: i18n.Text{"en": "Vegetarian", "fr": "Végétarien"}}, {ID: "any", Label: i18n.English("Anything")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	i := d.preview(people)
	if refused := d.rows(i, intake.Refused); len(refused) > 0 {
		t.Fatalf("refused: %+v", refused)
	}
	d.do(i, false, false, intake.Done)
	d.wantStates(map[delegate.State]int{delegate.Confirmed: 2})
	amina, li := d.find("amina@example.org"), d.find("li@example.org")
	got := fmt.Sprint(amina.Name, amina.Country, amina.Category, amina.Language, amina.Answers, li.Organisation, li.City, li.Country, li.Category, li.Language)
	if want := "Amina HaddadBEmayorfrmap[food:[veg]]=City of LarissatestvilleGRministeres"; got != want {
		t.Errorf("became %s; want %s", got, want)
	}
	if amina.Badge == "" {
		t.Error("who takes part has no badge")
	}
	trail, err := audit.Of(d.ctx, d.DB, delegate.Subject(amina.ID))
	if err != nil || len(trail) != 1 || trail[0].Action != "delegate.import" || trail[0].Actor.Name != "Desk" {
		t.Errorf("history: %+v, %v", trail, err)
	}
	if letters := d.letters(amina); len(letters) != 0 {
		t.Errorf("letters: %v; want none", letters)
	}
}

func (d *desk) city(id, name, country string) {
	d.t.Helper()
	err := d.DB.Update(d.ctx, func(tx *store.Tx) error {
		return d.Cities.Save(d.ctx, tx, city.City{ID: id, Name: i18n.English(name), Country: country})
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) letters(of delegate.Delegate) []string {
	d.t.Helper()
	page, err := d.Outbox.Letters(d.ctx, outbox.Filter{Person: of.ID}, "")
	if err != nil {
		d.t.Fatal(err)
	}
	var occasions []string
	for _, l := range page.Items {
		occasions = append(occasions, l.Occasion)
	}
	return occasions
}

const faulty = `Name,Organisation,Country,Category,E-mail,Number
Amina Haddad,City,GR,mayor,amina@example.org
,City,GR,mayor,b@example.org
C,,GR,mayor,c@example.org
D,City,Nowhere,mayor,d@example.org
E,City,GR,king,e@example.org
F,City,GR,mayor,f at example.org
G,City,GR,mayor,AMINA@example.org
H,City,GR,mayor,h@example.org,,,beyond
I,#N/A,GR,mayor,i@example.org
J,City,GR,mayor,j@example.org,unknown
K,City,GR,,k@example.org
`

// Each row that cannot be taken is told with its cell and why, and stops everything
// unless it is left out.
func TestFaultyRows(t *testing.T) {
	d := open(t, nil)
	i := d.preview(faulty)
	want := []string{
		"3 A3 problem.field.required", "4 B4 problem.field.required", "5 C5 problem.import.country", "6 D6 problem.import.category",
		"7 E7 problem.field.email", "8 E8 problem.import.again", "9  problem.import.too_many_cells", "10 B10 problem.import.error_value",
		"11 F11 problem.import.unknown_number", "12 D12 problem.field.required",
	}
	var got []string
	for _, row := range d.rows(i, intake.Refused) {
		for _, f := range row.Faults {
			got = append(got, fmt.Sprintf("%d %s %s", row.Number, f.Cell, f.Key))
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("faults:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, err := d.Imports.Start(d.ctx, d.event, i.ID, false, false); problem.KindOf(err) != problem.Conflict {
		t.Errorf("started with faulty rows: %v; want a conflict", err)
	}
	d.do(i, true, false, intake.Done)
	d.wantStates(map[delegate.State]int{delegate.Confirmed: 1})
}

// All that is wrong with a row is told at once, from left to right, and nothing that is
// wrong only since something else is.
func TestAllFaultsOfARow(t *testing.T) {
	d := open(t, nil)
	for _, q := range []form.Question{
		{ID: "visa", Kind: form.YesNo, Label: i18n.English("Visa?")},
		{ID: "birth", Kind: form.Date, Label: i18n.English("Birth"), If: &form.Condition{Question: "visa", Is: []string{form.Yes}}},
		{ID: "robe", Kind: form.Text, Label: i18n.English("Robe"), Categories: []string{"minister"}},
		{ID: "guests", Kind: form.Number, Label: i18n.English("Guests"), Max: "2"},
	} {
		q.Asked = form.AtRegistration
		if _, err := d.Forms.Save(d.ctx, d.event.ID, q); err != nil {
			t.Fatal(err)
		}
	}
	i := d.preview(`Birth,Robe,Guests,Category,Country,E-mail,Name,Organisation,City,Visa?
1980-01-01,red,9,mayor,GR,a@example.org,A,City,,no
1980-01-01,red,9,king,Nowhere,b at example.org,,City,,
,,3,mayor,,c@example.org,C,City,Nowhere,
1980-01-01,,1,mayor,GR,d@example.org,D,City,,maybe
`)
	want := []string{
		"2 A2 problem.import.not_asked_after", "2 B2 problem.import.not_asked", "2 C2 problem.field.at_most",
		"3 C3 problem.field.at_most", "3 D3 problem.import.category", "3 E3 problem.import.country", "3 F3 problem.field.email", "3 G3 problem.field.required",
		"4 C4 problem.field.at_most", "4 I4 problem.import.city",
		"5 J5 problem.field.choice",
	}
	var got []string
	for _, row := range d.rows(i, intake.Refused) {
		for _, f := range row.Faults {
			got = append(got, fmt.Sprintf("%d %s %s", row.Number, f.Cell, f.Key))
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("faults:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What is not a list of people is refused before anything is kept of it.
func TestFilesThatAreRefused(t *testing.T) {
	d := open(t, nil)
	for name, content := range map[string]string{
		"nothing": "", "headings alone": "Name,E-mail\n", "a picture": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01",
	} {
		_, err := d.Imports.Begin(d.ctx, d.event, name, []byte(content))
		var p *problem.Error
		if !errors.As(err, &p) || len(p.Fields) != 1 || p.Fields[0].Name != table.Field {
			t.Errorf("%s: %v; want a fault of the file", name, err)
		}
	}
	i, err := d.Imports.Begin(d.ctx, d.event, "a.csv", []byte("Name,Phone\nAmina,1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Imports.Check(d.ctx, d.event, i.ID, i.Columns, i.How); problem.KindOf(err) != problem.Invalid {
		t.Errorf("a list without addresses: %v; want it refused", err)
	}
	if _, err := d.Imports.Check(d.ctx, d.event, i.ID, []string{"email", "email"}, i.How); problem.KindOf(err) != problem.Invalid {
		t.Errorf("two columns are one field: %v; want it refused", err)
	}
}

// crowd is a workbook of n people, one in a hundred without an address.
func crowd(t *testing.T, n int) []byte {
	t.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	add := func(row int, cells ...any) {
		if err := w.SetRow(table.CellName(0, row), cells); err != nil {
			t.Fatal(err)
		}
	}
	add(1, "Name", "Organisation", "Country", "Category", "E-mail")
	for i := range n {
		email := fmt.Sprintf("p%d@example.org", i)
		if i%100 == 7 {
			email = ""
		}
		add(i+2, fmt.Sprintf("Person %d", i), "City", "GR", "mayor", email)
	}
	var b bytes.Buffer
	if err := errors.Join(w.Flush(), f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var errCut = errors.New("the current is cut")

// cut goes on with an import until the current is cut: whoever looks at the clock once
// too often falls over on the spot.
func (d *desk) cut(id string, after int) (cut bool) {
	house := *d.Imports
	house.Clock = func() time.Time {
		if after--; after < 0 {
			panic(errCut)
		}
		return d.clock.Now()
	}
	defer func() {
		if caught := recover(); caught != nil {
			if caught != errCut {
				panic(caught)
			}
			cut = true
		}
	}()
	if _, err := house.GoOn(d.ctx, id); err != nil {
		d.t.Error(err)
	}
	return false
}

// An import that is cut short again and again, while it is checked, done and undone,
// is done once and undone once.
func TestCutShort(t *testing.T) {
	d := open(t, nil)
	const n = 2000
	d.Imports.Batch = 5
	i, err := d.Imports.Begin(d.ctx, d.event, "people.xlsx", crowd(t, n))
	if err != nil {
		t.Fatal(err)
	}
	cuts := 0
	through := func(want intake.State) {
		t.Helper()
		for after := 1; d.cut(i.ID, after); after += 3 {
			if i, err = d.Imports.Get(d.ctx, d.event, i.ID); err != nil || i.Worker == "" {
				continue // cut before it was begun
			}
			cuts++
			if done, err := d.Imports.GoOn(d.ctx, i.ID); done || err != nil {
				t.Fatalf("taken over at once: %t, %v; want it left to who may still be at it", done, err)
			}
			d.clock.Add(time.Minute)
		}
		if i, err = d.Imports.Get(d.ctx, d.event, i.ID); err != nil || i.State != want {
			t.Fatalf("the import is %s, %v; want %s", i.State, err, want)
		}
	}
	if _, err := d.Imports.Check(d.ctx, d.event, i.ID, i.Columns, i.How); err != nil {
		t.Fatal(err)
	}
	through(intake.Checked)
	if i.Counts[intake.New] != n-n/100 || i.Counts[intake.Refused] != n/100 {
		t.Fatalf("counts: %v", i.Counts)
	}
	if _, err := d.Imports.Start(d.ctx, d.event, i.ID, true, false); err != nil {
		t.Fatal(err)
	}
	through(intake.Done)
	d.wantStates(map[delegate.State]int{delegate.Confirmed: n - n/100})
	if _, err := d.Imports.Look(d.ctx, d.event, i.ID); err != nil {
		t.Fatal(err)
	}
	through(intake.Undoable)
	if _, err := d.Imports.Undo(d.ctx, d.event, i.ID); err != nil {
		t.Fatal(err)
	}
	through(intake.Undone)
	d.wantStates(map[delegate.State]int{})
	if cuts < 6 {
		t.Errorf("the current was cut %d times; want it more often", cuts)
	}
}

func list(from, to int) string {
	var b strings.Builder
	b.WriteString("Name,Organisation,Country,Category,E-mail\n")
	for n := from; n < to; n++ {
		fmt.Fprintf(&b, "Person %d,City,GR,mayor,p%d@example.org\n", n, n)
	}
	return b.String()
}

// Of an import that somebody comes in the way of nothing is left; nobody is written to.
func TestAllOrNothing(t *testing.T) {
	d := open(t, nil)
	d.Imports.Batch = 2
	i := d.preview(list(0, 520), func(h *intake.How) { h.Mode = intake.Told })
	if err := d.Delegates.Register(t.Context(), d.event, apptest.Form("Faster", "p510@example.org")); err != nil {
		t.Fatal(err)
	}
	i = d.do(i, false, false, intake.Failed)
	d.wantStates(map[delegate.State]int{delegate.Unverified: 1})
	if i.Fault == nil || i.Fault.Key != "problem.import.late" || i.Fates[delegate.Removed] != 400 {
		t.Errorf("fault %+v, fates %v", i.Fault, i.Fates)
	}
	if page, err := d.Outbox.Letters(d.ctx, outbox.Filter{Origin: i.Origin()}, ""); err != nil || len(page.Items) != 0 {
		t.Errorf("letters: %v, %v; want none", page.Items, err)
	}
}

// Of two imports of the same people the second finds them there.
func TestTwoAtOnce(t *testing.T) {
	d := open(t, nil)
	first, second := d.preview(list(0, 150)), d.preview(list(100, 250))
	for _, i := range []intake.Import{first, second} {
		if _, err := d.Imports.Start(d.ctx, d.event, i.ID, true, false); err != nil {
			t.Fatal(err)
		}
	}
	errs := make(chan error)
	for range 2 {
		go func() { _, err := d.Imports.Work(d.ctx); errs <- err }()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	d.wantStates(map[delegate.State]int{delegate.Confirmed: 250})
	late := 0
	for _, i := range []intake.Import{first, second} {
		i = d.goOn(i.ID, intake.Done)
		late += i.Late
	}
	if late != 50 {
		t.Errorf("%d rows came too late; want 50", late)
	}
}

// Capacity is exact: who finds no place waits, or is left out.
func TestPlacesOfAnImport(t *testing.T) {
	for _, tt := range []struct {
		refuse bool
		want   map[delegate.State]int
	}{
		{false, map[delegate.State]int{delegate.Confirmed: 3, delegate.Waiting: 2}},
		{true, map[delegate.State]int{delegate.Confirmed: 3}},
	} {
		d := open(t, func(e *event.Event) { e.Registration.Capacity = 3 })
		i := d.preview(list(0, 5))
		if i.Beyond != 2 || !d.rows(i, intake.New)[3].Full {
			t.Errorf("%d find no place; want 2", i.Beyond)
		}
		d.do(i, true, tt.refuse, intake.Done)
		d.wantStates(tt.want)
	}
}

// People who are invited are written to once everybody is in.
func TestInvited(t *testing.T) {
	d := open(t, nil)
	i := d.preview("Name,Category,E-mail\nAmina,mayor,amina@example.org\n", func(h *intake.How) { h.Mode, h.Language = intake.Invited, "fr" })
	i = d.do(i, false, false, intake.Done)
	amina := d.find("amina@example.org")
	if letters := d.letters(amina); amina.State != delegate.Invited || amina.Language != "fr" || strings.Join(letters, " ") != delegate.OccasionInvited {
		t.Errorf("%s in %s with letters %v", amina.State, amina.Language, letters)
	}
	d.clock.Add(time.Hour)
	d.undo(i)
	d.wantStates(map[delegate.State]int{delegate.Cancelled: 1}) // she has been written to, and is told
	if letters := d.letters(amina); len(letters) != 2 {
		t.Errorf("letters %v; want one that it is over", letters)
	}
}

// What has been changed since is not undone, and told.
func TestUndoAfterChanges(t *testing.T) {
	d := open(t, nil)
	ctx := d.ctx
	changed := map[string]delegate.Delegate{}
	for _, name := range []string{"One", "Two", "Three"} {
		changed[name] = apptest.Confirmed(t, d.App, d.event, name)
	}
	i := d.preview(`Number,E-mail,Name,Position,Organisation,Country,Category
` + changed["One"].ID + `,,,Mayor,,,
,two@example.org,,Mayor,City of Two,,mayor
,three@example.org,Three,Adviser,,,
,fresh@example.org,Fresh,,City,GR,mayor
,moved@example.org,Moved,,City,GR,mayor
,there@example.org,There,,City,GR,mayor
`)
	if i.Counts[intake.Changed] != 2 || i.Counts[intake.Unchanged] != 1 || i.Counts[intake.New] != 3 {
		t.Fatalf("counts: %v", i.Counts)
	}
	i = d.do(i, false, false, intake.Done)
	d.clock.Add(time.Hour)
	two := delegate.FormOf(d.find("two@example.org"))
	two.JobTitle = "Deputy mayor"
	if _, err := d.Delegates.Update(ctx, changed["Two"].ID, two); err != nil {
		t.Fatal(err)
	}
	if err := d.Delegates.OpenBadge(ctx, d.find("moved@example.org").ID); err != nil {
		t.Fatal(err)
	}
	err := d.DB.Update(ctx, func(tx *store.Tx) error {
		there, err := d.Delegates.AtDoor(ctx, tx, d.find("there@example.org").ID)
		if err != nil {
			return err
		}
		return d.Delegates.Arrive(tx, d.event, there, "main", d.clock.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	seen, done := d.undo(i)
	want := map[delegate.Fate]int{delegate.SetBack: 2, delegate.Removed: 1, delegate.Ended: 1, delegate.Kept: 1}
	if !maps.Equal(seen.Fates, want) || !maps.Equal(done.Fates, want) {
		t.Errorf("seen %v, done %v; want %v", seen.Fates, done.Fates, want)
	}
	d.wantStates(map[delegate.State]int{delegate.Confirmed: 4, delegate.Cancelled: 1})
	after := d.find("two@example.org")
	if after.JobTitle != "Deputy mayor" || after.Organisation != "City of Larissa" || after.Category != "city-executive" || d.find("one@example.org").JobTitle != "Adviser" {
		t.Errorf("after: %+v", after)
	}
	if d.find("fresh@example.org").ID != "" {
		t.Error("who was brought in is still there")
	}
}

// Files and rows do not stay.
func TestImportsAreEmptied(t *testing.T) {
	d := open(t, nil)
	d.preview(list(0, 3))
	i := d.do(d.preview(list(0, 3)), false, false, intake.Done)
	d.clock.Add(8 * 24 * time.Hour)
	if n, err := d.Imports.Purge(d.ctx); n != 1 || err != nil {
		t.Errorf("%d were emptied, %v; want the preview", n, err)
	}
	d.clock.Add(intake.KeepUndo)
	if n, err := d.Imports.Purge(d.ctx); n != 1 || err != nil {
		t.Errorf("%d were emptied, %v; want the one that is done", n, err)
	}
	i, err := d.Imports.Get(d.ctx, d.event, i.ID)
	if err != nil || !i.Gone() || len(d.rows(i, intake.New)) != 0 {
		t.Errorf("left: %+v, %v", i, err)
	}
	if _, err := d.Imports.Look(d.ctx, d.event, i.ID); err == nil {
		t.Error("an import without rows can be undone")
	}
}
