package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/intake"
)

const imports = "/desk/e/autumn/imports"

// list sends a file to import.
func (b *browser) list(name, content string) answer {
	b.t.Helper()
	return b.upload(b.open(imports), "", nil, map[string]string{name: content})
}

// A list goes from the file to people and back, told at each step.
func TestImport(t *testing.T) {
	h := open(t)
	known := h.person("Amina Yusuf")
	b := h.as(account.Organiser)
	page := b.follow(b.list("people.csv", "Name,Organisation,Country,Category,E-mail,Shoe\n"+
		"Bola Ade,'=City,Kenya,Mayor,bola@example.org,41\nAmina Yusuf-Ade,City Council,KE,mayor,"+known.Email+",\n<b>Chen</b>,City,Nowhere,king,chen@example.org,\n"))
	if got := page.Find("#column-4 option[selected]").AttrOr("value", ""); got != "email" {
		t.Errorf("the fifth column is proposed as %q", got)
	}
	wrong := b.submit(page, "form[action$='/sheet']", url.Values{"row": {"many"}})
	wantText(t, wrong.doc(), "#row-error", "from 1")
	for _, doc := range []*goquery.Document{page, wrong.doc()} {
		if got := doc.Find("[name=mode][checked]").AttrOr("value", ""); got != "confirmed" {
			t.Errorf("new people are proposed to be %q", got)
		}
	}
	path := page.Find("form[action$='/check']").AttrOr("action", "")
	path = strings.TrimSuffix(path, "/check")
	how := func(shoe string) url.Values {
		typed := url.Values{"mode": {"confirmed"}, "language": {"en"}, "column-5": {shoe}}
		page.Find("select[id^=column-]:not(#column-5)").Each(func(_ int, s *goquery.Selection) {
			typed.Set(s.AttrOr("name", ""), s.Find("option[selected]").AttrOr("value", ""))
		})
		return typed
	}
	a := b.submit(page, "form[action$='/check']", how("email"))
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("two columns of addresses: %s", a.Status)
	}
	page = b.follow(b.submit(a.doc(), "form[action$='/check']", how("")))
	wantText(t, page, "main table", "C4 Country: “Nowhere” is no country")
	wantText(t, page, "main table", "D4 Category: “king” is no category")
	wantText(t, b.open(path+"?kind=changed"), "main table", "Name: Amina Yusuf → Amina Yusuf-Ade")
	wantText(t, b.open(path+"?kind=new"), "main table", "=City")
	left := b.send(http.MethodGet, path+"/left-out.csv", nil)
	if body := left.body; !strings.Contains(body, "<b>Chen</b>,City,Nowhere,king,chen@example.org,,4,") {
		t.Errorf("left out: %s", body)
	}
	a = b.submit(page, "form[action$='/start']", nil)
	if a.StatusCode != http.StatusConflict {
		t.Fatalf("started with a row that cannot be done: %s", a.Status)
	}
	page = b.follow(b.submit(a.doc(), "form[action$='/start']", url.Values{"partial": {"on"}}))
	wantText(t, page, "h1", "Done")
	if d := h.get(known.ID); d.Name != "Amina Yusuf-Ade" || len(h.did(known.ID, "delegate.import_change")) != 1 {
		t.Errorf("she is %s", d.Name)
	}
	page = b.follow(b.submit(page, "form[action$='/look']", nil))
	wantText(t, page, ".facts", "removed 1")
	page = b.follow(b.submit(page, "form[action$='/undo']", nil))
	wantText(t, page, "h1", "Undone")
	if d := h.get(known.ID); d.Name != "Amina Yusuf" {
		t.Errorf("she is %s still", d.Name)
	}
	wantText(t, b.open(imports), "main table", "people.csv")
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail", "Import undone: people.csv")
}

// An export can be imported again: nothing changes by it.
func TestExportComesBack(t *testing.T) {
	h := open(t)
	h.invent(5)
	h.person("=Hostile, \"Name\"", func(f *delegate.Form) { f.Needs, f.Email = "-2+3", "hostile@example.org" })
	b := h.as(account.Organiser)
	for _, ending := range []string{"csv", "xlsx"} {
		file := b.send(http.MethodGet, "/desk/e/autumn/delegates."+ending+"?col=all", nil).body
		i, err := h.app.Imports.Begin(t.Context(), h.event, "again."+ending, []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		if i, err = h.app.Imports.Check(t.Context(), h.event, i.ID, i.Columns, i.How); err != nil {
			t.Fatal(err)
		}
		if _, err = h.app.Imports.GoOn(t.Context(), i.ID); err != nil {
			t.Fatal(err)
		}
		if i, err = h.app.Imports.Get(t.Context(), h.event, i.ID); err != nil || i.Counts[intake.Unchanged] != 6 || len(i.Counts) != 1 {
			rows, _ := h.app.Imports.Rows(t.Context(), i, intake.Changed, 0)
			t.Errorf("%s: %v, %v %+v; want all unchanged", ending, i.Counts, err, rows)
		}
	}
}

// What is no list is refused beside the field.
func TestImportOfNoTable(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	a := b.list("macros.xlsm", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatal(a.Status)
	}
	wantText(t, a.doc(), "#file-error", "Save it as .xlsx")
	wantText(t, b.follow(b.list("a.csv", "Name,Organisation\nAmina,City\n")), "main", "What are the columns?")
}
