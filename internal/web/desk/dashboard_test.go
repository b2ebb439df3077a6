package desk_test

import (
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/door"
	"convene/internal/store"
)

func tileFigure(page *goquery.Document, label string) string {
	figure := ""
	page.Find(".tile").Each(func(_ int, s *goquery.Selection) {
		if s.Find("small").Text() == label {
			figure = s.Find("b").Text()
		}
	})
	return figure
}

func TestDashboardOfNobody(t *testing.T) {
	page := open(t).as(account.Organiser).open("/desk/e/autumn")
	wantText(t, page, ".empty", "Nobody has registered yet")
	if got := tileFigure(page, "Days to go"); got != "10" {
		t.Errorf("%s days to go", got)
	}
}

func TestDashboard(t *testing.T) {
	h := open(t)
	h.invent(100)
	h.person("Amina Yusuf")
	chen := h.person("Chen Mei")
	h.admit(chen)
	b := h.as(account.Organiser)
	page := b.open("/desk/e/autumn")
	for label, want := range map[string]string{
		"Registered": "102", "Awaiting approval": "1", "Confirmed": "101", "Arrived": "1", "Countries": "5", "Unverified": "0",
	} {
		if got := tileFigure(page, label); got != want {
			t.Errorf("%s: %s, want %s", label, got, want)
		}
	}
	wantText(t, page, ".action-list", "1 registration awaits approval")
	wantText(t, page, "#countries .chart", "Kenya")
	if n := page.Find("section .chart").First().Find("tbody tr").Length(); n != 84 {
		t.Errorf("the chart has %d days", n)
	}
	wantText(t, page, "figure.chart small", "earlier") // up to 90 days before
	wantText(t, page, "section table.data tbody tr:first-child", "18 Sep 1 1 0")
	wantText(t, page, "ol.trail li:first-child", "Chen Mei Already in Side door")
	wantText(t, page, "ol.trail li:last-child", "Chen Mei Admitted Main entrance")

	found := b.open(page.Find(".tile:nth-child(2) a").AttrOr("href", ""))
	wantText(t, found, "#found", "1 delegate")
	found = b.open(page.Find("#countries tbody th a").First().AttrOr("href", ""))
	wantText(t, found, "#found", "21 delegates")
	if text(found.Find("#state option[selected]")) != "Confirmed" {
		t.Error("the chart counts confirmed delegates, and leads to others")
	}
}

// admit approves a person, lets them in at one gate and tries another.
func (h *house) admit(d delegate.Delegate) {
	h.t.Helper()
	ctx := h.t.Context()
	d, err := h.app.Delegates.Approve(ctx, d.ID, "")
	if err != nil {
		h.t.Fatal(err)
	}
	badge, err := h.app.Badges.Get(ctx, h.app.DB, d.Badge)
	if err != nil {
		h.t.Fatal(err)
	}
	code, err := h.app.Badges.Code(badge)
	if err != nil {
		h.t.Fatal(err)
	}
	for i, gate := range []string{"main", "side"} {
		result, err := h.app.Door.Scan(ctx, h.event, door.Request{Gate: gate, Code: code})
		if err != nil || (result.Verdict == door.Admit) != (i == 0) {
			h.t.Fatalf("%v: %v", result, err)
		}
	}
}

func TestHome(t *testing.T) {
	h := open(t)
	h.addEvent("spring", "2027-03-01")
	h.addEvent("summer", "2026-07-01")
	winter := h.addEvent("winter", "2026-01-01")
	h.person("Amina Yusuf")
	err := h.app.DB.Update(t.Context(), func(tx *store.Tx) error {
		return h.app.Delegates.AddErased(t.Context(), tx, winter.ID, delegate.Counts{States: map[delegate.State]int{delegate.Confirmed: 7}})
	})
	if err != nil {
		t.Fatal(err)
	}
	page := h.as(account.Organiser).open("/desk")
	got := page.Find("tbody th a").Map(func(_ int, s *goquery.Selection) string { return s.AttrOr("href", "") })
	want := []string{"/desk/e/autumn", "/desk/e/spring", "/desk/e/summer", "/desk/e/winter"}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("the events are %v, want %v", got, want)
		}
	}
	wantText(t, page, "tbody tr:has(a[href='/desk/e/autumn'])", "1 registered · 1 awaits approval Registration open")
	wantText(t, page, "tbody tr:has(a[href='/desk/e/winter'])", "7 registered") // all of whom were erased
}
