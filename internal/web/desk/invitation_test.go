package desk_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/xuri/excelize/v2"

	"convene/internal/account"
	"convene/internal/audit"
	"convene/internal/delegate"
)

const invitations = "/desk/e/autumn/invitations"

// Each who has not answered is reminded once, though the form is sent twice; the sheet
// tells what the list does, and no name becomes a formula.
func TestRemindThoseWhoHaveNotAnswered(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	for _, name := range []string{"=HYPERLINK(1)", "Amina Yusuf", "Ned No"} {
		page := b.open(invitations + "/new")
		b.follow(b.submit(page, "main form", url.Values{
			"name": {name}, "email": {strings.ToLower(strings.Trim(name, "=()1 ")[:3]) + "@example.org"}, "category": {"mayor"}, "language": {"en"},
		}))
	}
	found, err := h.app.Delegates.Find(t.Context(), h.event.ID, delegate.Filter{Text: "ned"}, "", 1)
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%v, %v", found.Items, err)
	}
	ned := found.Items[0].ID
	if _, err := h.app.Delegates.Withdraw(audit.As(t.Context(), audit.Delegate(ned)), ned, "@SUM(1) a clash"); err != nil {
		t.Fatal(err)
	}
	h.now = h.now.Add(time.Hour)
	page := b.open(invitations)
	wantText(t, page, "main", "No answer 2")
	page = b.submit(page, "form[action$='/chosen']", url.Values{"do": {"remind_all"}}).doc()
	wantText(t, page, "main", "Remind 2 people?")
	wantText(t, page, "main", "1 is left out")
	for range 2 {
		b.follow(b.submit(page, "main form", nil))
		h.now = h.now.Add(time.Minute)
	}
	err = h.app.Delegates.Each(t.Context(), h.event.ID, delegate.Filter{Invited: delegate.NoAnswer}, func(d delegate.Delegate) error {
		if n := len(h.about(d.ID, delegate.OccasionReminded)); n != 1 {
			t.Errorf("%s was reminded %d times", d.Name, n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sheet := b.send(http.MethodGet, invitations+".csv?answer=declined", nil).body
	if !strings.Contains(sheet, "'@SUM(1) a clash") || strings.Contains(sheet, "Amina") {
		t.Errorf("the sheet of who declined: %s", sheet)
	}
	if sheet = b.send(http.MethodGet, invitations+".csv", nil).body; !strings.Contains(sheet, "'=HYPERLINK(1)") {
		t.Errorf("the sheet of all: %s", sheet)
	}
}

// Those who have a link for themselves alone stand among those who were invited: in the
// list, its numbers and its sheets, as the filter says; links that many share do not.
func TestLinksForOnePersonAmongTheInvited(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	for _, typed := range []delegate.TypedInvitation{{Name: "=HYPERLINK(1)", Category: "mayor"}, {Name: "Ned No", Email: "ned@example.org"}, {Category: "mayor", Note: "for many"}} {
		i, err := h.app.Delegates.MakeInvitation(t.Context(), h.event, typed)
		if err != nil {
			t.Fatal(err)
		}
		if typed.Email == "" {
			continue
		}
		if _, err := h.app.Delegates.DeclineInvitation(t.Context(), h.app.Delegates.InvitationToken(i), "@SUM(1) a clash"); err != nil {
			t.Fatal(err)
		}
		wantText(t, b.open("/desk/e/autumn/codes/"+i.ID), ".facts", "@SUM(1) a clash")
	}
	for query, want := range map[string]string{"": "=HYPERLINK(1), Ned No", "?answer=declined": "Ned No", "?q=NED": "Ned No", "?category=mayor": "=HYPERLINK(1)", "?answer=accepted": ""} {
		page := b.open(invitations + query)
		var names []string
		page.Find("#links tbody th a").Each(func(_ int, a *goquery.Selection) {
			name, _, _ := strings.Cut(a.Text(), " ·")
			names = append(names, name)
		})
		slices.Sort(names)
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%s shows %q; want %q", query, got, want)
		}
		wantText(t, page, "main", "No answer 1 Declined 1")
		sheet := b.send(http.MethodGet, invitations+".csv"+query, nil).body
		if strings.Contains(sheet, "Ned No") != strings.Contains(want, "Ned") || strings.Contains(sheet, "'=HYPERLINK(1)") != strings.Contains(want, "HYPER") {
			t.Errorf("the sheet of %q: %s", query, sheet)
		}
	}
	for _, path := range []string{invitations, "/desk/e/autumn/codes"} {
		if sheet := b.send(http.MethodGet, path+".csv", nil).body; !strings.Contains(sheet, "'@SUM(1) a clash") || !strings.Contains(sheet, "Declined") {
			t.Errorf("%s: %s", path, sheet)
		}
	}
}

// A table shows first what it would do; rows with faults are named by their cells.
func TestInviteFromATable(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	h.person("Known Person")
	table := "Nom;E-mail;Catégorie;Langue\r\nNew <b>One</b>;new@example.org;mayor;French\r\nNo Address;nowhere;mayor;fr\r\nKing;king@example.org;king;fr\r\nKnown;known.person@example.org;mayor;fr\r\nTwice;NEW@example.org;mayor;fr\r\nMute;mute@example.org;mayor;\r\n"
	page := b.follow(b.upload(b.open(invitations+"/lists"), "", nil, map[string]string{"people.csv": table}))
	wantText(t, page, "main", "1 person would be invited")
	for n, want := range []string{"3 B3 nowhere", "4 C4 king", "6 B6 NEW@example.org This address stands in row 2 already", "7 D7 Fill in this field"} {
		wantText(t, page, fmt.Sprintf("main .section:nth-of-type(2) tbody tr:nth-child(%d)", n+1), want)
	}
	wantText(t, page, "main .section:nth-of-type(3) tbody", "2 New <b>One</b> new@example.org Mayor or deputy mayor français")
	wantText(t, page, "main .section:nth-of-type(4) tbody", "5 Known")
	if n, err := h.app.Delegates.Count(t.Context(), h.event.ID, delegate.Filter{Invited: delegate.AnyAnswer}); n != 0 || err != nil {
		t.Fatalf("%d are invited before anybody said so, %v", n, err)
	}
	wantText(t, b.follow(b.submit(page, "main form", nil)), ".flash.good", "Invitations sent: 1")
	wantText(t, b.follow(b.submit(page, "main form", nil)), ".flash", "Nothing was sent now") // pressed twice
	heads := map[string]string{"others": "Guests of the city,,,\nFull name,Email address,Institution,Town,Type"}
	for _, lang := range h.app.Catalogue.Languages() { // those that the page names
		for _, field := range []string{"name", "email", "organisation", "city", "category"} {
			heads[lang] += h.app.Catalogue.For(lang).T("board.field."+field) + ","
		}
	}
	for lang, head := range heads {
		table := head + "\nAda,ada." + lang + "@example.org,City Hall,,mayor\n"
		page := b.follow(b.upload(b.open(invitations+"/lists"), "", map[string]string{"language": "en"}, map[string]string{"people.csv": table}))
		wantText(t, page, "main", "1 person would be invited")
	}
	for name, table := range map[string]string{"no address": "Name;City\nA;B\n", "empty": "", "a page": "<html><table>"} {
		if answer := b.upload(b.open(invitations+"/lists"), "", nil, map[string]string{"people.csv": table}); answer.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, answer.StatusCode)
		}
	}
}

// A table says which sheet of it is read, and which columns are not; all faults of a row
// are told at once, from left to right.
func TestATableSaysWhatIsReadOfIt(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	book := excelize.NewFile()
	for n, row := range [][]any{{"Kategorie", "Country", "Name", "E-mail"}, {"media", "Nowhere", "Ada", "nowhere"}, {"media", "KE", "Obi", "obi@example.org"}} {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", n+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := book.NewSheet("Notes"); err != nil {
		t.Fatal(err)
	}
	content, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	usual := map[string]string{"language": "en", "category": "mayor"}
	page := b.follow(b.upload(b.open(invitations+"/lists"), "", usual, map[string]string{"people.xlsx": content.String()}))
	wantText(t, page, "main", "Read from the sheet “Sheet1”")
	wantText(t, page, "main .notice.wait", "Kategorie")
	wantText(t, page, "main .section:nth-of-type(2) tbody tr:nth-child(1)", "2 B2 Nowhere")
	wantText(t, page, "main .section:nth-of-type(2) tbody tr:nth-child(2)", "2 D2 nowhere")
	wantText(t, page, "main .section:nth-of-type(3) tbody", "3 Obi obi@example.org Mayor or deputy mayor Kenya English")
}

// A form for a code, a category or a question that is sent twice makes one of them.
func TestNewOnesAreMadeOnce(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	const desk = "/desk/e/autumn/"
	for _, tt := range []struct {
		form, list, row string
		typed           url.Values
	}{
		{"codes/new", "codes", "tbody tr", url.Values{"note": {"For the jury"}, "uses": {"3"}}},
		{"categories/new", "categories", `form[action*="/categories/jury"][action$="/up"]`, url.Values{"name-en": {"Jury"}, "places": {"3"}, "mode": {"open"}, "seen": {"all"}}},
		{"questions/new?kind=text", "questions", `form[action*="/questions/robe"][action$="/up"]`, url.Values{"label-en": {"Robe"}, "asked": {"later"}}},
	} {
		page := b.open(desk + tt.form)
		for range 2 {
			b.follow(b.submit(page, "main form.form", tt.typed))
		}
		if n := b.open(desk + tt.list).Find("main " + tt.row).Length(); n != 1 {
			t.Errorf("%s sent twice made %d", tt.form, n)
		}
	}
	twin := b.submit(b.open(desk+"categories/new"), "main form.form", url.Values{"name-en": {" JURY "}, "places": {"7"}, "mode": {"open"}, "seen": {"all"}})
	wantText(t, twin.doc(), "#name-en-error", "has this name already")
}

// Who cannot be invited, since they are registered, is one press away.
func TestInvitingSomebodyWhoIsRegistered(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	d := h.person("Known Person")
	a := b.submit(b.open(invitations+"/new"), "main form.form", url.Values{
		"name": {"K. Person"}, "email": {"Known.Person@example.org"}, "category": {"mayor"}, "language": {"en"},
	})
	if a.StatusCode != http.StatusConflict {
		t.Errorf("answered with %s", a.Status)
	}
	page := a.doc()
	if href := page.Find(".notice.wait a").AttrOr("href", ""); href != "/desk/e/autumn/delegates/"+d.ID || page.Find("#name").AttrOr("value", "") != "K. Person" {
		t.Errorf("it leads to %q, and the name is %q", href, page.Find("#name").AttrOr("value", ""))
	}
}
