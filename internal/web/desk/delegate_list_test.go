package desk_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/xuri/excelize/v2"

	"convene/internal/account"
	"convene/internal/delegate"
)

const list = "/desk/e/autumn/delegates"

func names(page *goquery.Document) []string {
	return page.Find("table.data tbody th a").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
}

func TestPagesVisitEverybodyOnce(t *testing.T) {
	h := open(t)
	h.invent(650)
	b := h.as(account.Organiser)
	wantText(t, b.open(list), "#found", "650 delegates")
	seen := map[string]int{}
	pages := 0
	for target := list; target != ""; pages++ {
		page := b.open(target)
		for _, name := range names(page) {
			seen[name]++
		}
		target = page.Find(".pager a[rel=next]").AttrOr("href", "")
	}
	if len(seen) != 650 || pages != 13 {
		t.Errorf("%d people on %d pages", len(seen), pages)
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s stands there %d times", name, n)
		}
	}
}

func TestPagesKeepTheFilter(t *testing.T) {
	h := open(t)
	h.invent(650)
	b := h.as(account.Organiser)
	first := b.open(list + "?country=KE")
	wantText(t, first, "#found", "130 delegates")
	second := b.open(first.Find(".pager a[rel=next]").AttrOr("href", ""))
	wantText(t, second, "#found", "130 delegates")
	if got := second.Find("#country option[selected]").AttrOr("value", ""); got != "KE" {
		t.Errorf("the country is %q", got)
	}
	back := b.open(second.Find(".pager a").First().AttrOr("href", ""))
	if !slices.Equal(names(back), names(first)) {
		t.Error("the first page is another")
	}
	if a := b.send(http.MethodGet, list+"?after=nonsense", nil); a.StatusCode != http.StatusBadRequest {
		t.Errorf("a made-up position: %s", a.Status)
	}
}

func TestFiltersCombine(t *testing.T) {
	h := open(t)
	kenyan := func(f *delegate.Form) { f.Country = "KE" }
	mayor := func(f *delegate.Form) { f.Category = "mayor" }
	media := func(f *delegate.Form) { f.Category = "media" }
	peruvian := func(f *delegate.Form) { f.Country = "PE" }
	h.person("Wanjiru Mwangi", kenyan, mayor)
	otieno := h.person("Otieno Mwangi", kenyan, media, func(f *delegate.Form) { f.Organisation = "Radio Mayoral" })
	h.person("Marta Quispe", peruvian, media, func(f *delegate.Form) { f.LatinName = "Martha Q" })
	h.person("Ana Mwanga", peruvian, mayor)
	if _, err := h.app.Delegates.Approve(t.Context(), otieno.ID, ""); err != nil {
		t.Fatal(err)
	}
	b := h.as(account.Organiser)
	for _, test := range []struct{ query, want string }{
		{"", "Ana Mwanga, Marta Quispe, Otieno Mwangi, Wanjiru Mwangi"},
		{"q=mwang", "Ana Mwanga, Otieno Mwangi, Wanjiru Mwangi"},
		{"q=mwangi+oti", "Otieno Mwangi"},
		{"q=radio", "Otieno Mwangi"},
		{"q=martha", "Marta Quispe"},
		{"q=marta.quispe@", "Marta Quispe"},
		{"q=mwang&country=KE", "Otieno Mwangi, Wanjiru Mwangi"},
		{"q=mwang&country=KE&category=mayor", "Wanjiru Mwangi"},
		{"state=awaiting&category=media", "Marta Quispe"},
		{"state=confirmed", "Otieno Mwangi"},
		{"state=confirmed&arrived=yes", ""},
		{"arrived=no&country=PE", "Ana Mwanga, Marta Quispe"},
		{"state=nonsense&arrived=maybe", "Ana Mwanga, Marta Quispe, Otieno Mwangi, Wanjiru Mwangi"},
	} {
		page := b.open(list + "?" + test.query)
		if got := strings.Join(names(page), ", "); got != test.want {
			t.Errorf("%s finds %s, want %s", test.query, got, test.want)
		}
		if test.want == "" && page.Find(".empty a").Length() != 1 {
			t.Errorf("%s: nothing found, and no way on", test.query)
		}
	}
}

// hostile is what people type who mean no good, or have an unusual name.
var hostile = []string{
	`<script>alert(1)</script>`, `" onmouseover="alert(1)`, `=HYPERLINK("http://evil.example";"x")`, `+1+A1`, `@SUM(A1)`,
	"ليلى الحدّاد", "陈美玲", "Robert'); DROP", `{{.Secret}}`, "👩🏽‍🎓 Zoë 🇰🇪", strings.Repeat("長い", 95),
}

func TestHostileNames(t *testing.T) {
	h := open(t)
	for i, name := range hostile {
		h.person(name, func(f *delegate.Form) { f.Email = string(rune('a'+i)) + "@example.org"; f.Organisation = name })
	}
	b := h.as(account.Organiser)
	page := b.open(list)
	got := page.Find("tbody th a bdi").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	slices.Sort(got)
	want := slices.Sorted(slices.Values(hostile))
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if page.Find("script:not([src]), [onmouseover]").Length() > 0 {
		t.Error("markup got through")
	}
	page.Find("tbody th a").Each(func(_ int, s *goquery.Selection) {
		person := b.open(s.AttrOr("href", ""))
		if person.Find("script:not([src]), [onmouseover]").Length() > 0 {
			t.Errorf("markup got through: %s", s.Text())
		}
		if got := person.Find("h1 bdi").Text(); got != s.Text() {
			t.Errorf("%q is %q on the own page", s.Text(), got)
		}
		edit := b.open(s.AttrOr("href", "") + "/edit")
		if got := edit.Find("#name").AttrOr("value", ""); got != s.Text() || edit.Find("main script").Length() > 0 {
			t.Errorf("%q is %q in the form", s.Text(), got)
		}
	})
}

func (b *browser) csv(target string) [][]string {
	b.t.Helper()
	a := b.send(http.MethodGet, target, nil)
	if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/csv") {
		b.t.Fatalf("%s: %s %s", target, a.Status, a.Header.Get("Content-Type"))
	}
	body, ok := strings.CutPrefix(a.body, "\uFEFF")
	if !ok {
		b.t.Error("no byte order mark")
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

// xlsx reads a workbook as another program does.
func (b *browser) xlsx(target string) [][]string {
	b.t.Helper()
	a := b.send(http.MethodGet, target, nil)
	f, err := excelize.OpenReader(strings.NewReader(a.body))
	if err != nil {
		b.t.Fatalf("%s: %s: %v", target, a.Status, err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		b.t.Fatal(err)
	}
	return rows
}

func TestExportIsWhatTheFilterMeets(t *testing.T) {
	h := open(t)
	h.invent(650)
	h.person("Amina Yusuf", func(f *delegate.Form) { f.Needs = "step-free\nquiet" })
	b := h.as(account.Organiser)
	for query, want := range map[string]int{"": 651, "?country=KE": 131, "?q=person+00&country=PE": 20, "?state=declined": 0, "?state=awaiting": 1} {
		page := b.open(list + query)
		href := page.Find(`a[download][href*=".csv"]`).AttrOr("href", "")
		if n := len(b.csv(href)) - 1; n != want {
			t.Errorf("%s: %d rows, want %d", query, n, want)
		}
		if n := len(b.xlsx(page.Find(`a[download][href*=".xlsx"]`).AttrOr("href", ""))) - 1; n != want {
			t.Errorf("%s: %d rows in the workbook, want %d", query, n, want)
		}
	}
	rows := b.csv(list + ".csv?q=amina&col=all")
	head, row := rows[0], rows[1]
	cell := func(name string) string { return row[slices.Index(head, name)] }
	for name, want := range map[string]string{
		"Name": "Amina Yusuf", "E-mail": "amina.yusuf@example.org", "Country": "Kenya", "State": "Awaiting approval",
		"Needs": "step-free\nquiet", "Registered": "2026-09-18", "Arrived": "",
	} {
		if got := cell(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	disposition := b.send(http.MethodGet, list+".csv", nil).Header.Get("Content-Disposition")
	if !strings.Contains(disposition, "autumn-delegates-2026-09-18.csv") {
		t.Errorf("the file is %s", disposition)
	}
}

func TestExportDefusesFormulas(t *testing.T) {
	h := open(t)
	for i, name := range hostile {
		h.person(name, func(f *delegate.Form) {
			f.Email = string(rune('a'+i)) + "@example.org"
			f.Organisation = "\t=1+1 " + name
		})
	}
	b := h.as(account.Organiser)
	for _, row := range b.csv(list + ".csv?col=all")[1:] {
		for _, cell := range row {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t") {
				t.Errorf("a spreadsheet runs %q", cell)
			}
		}
	}
}

func TestListNeedsNoScript(t *testing.T) {
	h := open(t)
	h.person("Amina Yusuf")
	page := h.as(account.Organiser).open(list)
	if page.Find("script:not([src]), [style], style").Length() > 0 {
		t.Error("there is an inline script or style")
	}
	form := page.Find("form[role=search]")
	if form.AttrOr("method", "") != "get" || form.AttrOr("action", "") != list {
		t.Error("the search does not live in the address")
	}
}
