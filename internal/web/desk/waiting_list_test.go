package desk_test

import (
	"slices"
	"testing"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
)

// Whoever waits for a place stands in line: the list, its file, the categories and the
// overview tell where.
func TestTheWaitingListAtTheDesk(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	_, err := h.app.Events.SaveCategory(ctx, h.event.ID, "mayor", event.Typed(event.TypedCategory{Places: "0"}))
	if err != nil {
		t.Fatal(err)
	}
	mayor := func(f *delegate.Form) { f.Category = "mayor" }
	first, second, third := h.person("Zoe Ade", mayor), h.person("Chen Mei", mayor), h.person("Amina Yusuf", mayor)
	for _, d := range []delegate.Delegate{first, second, third} {
		if d = h.approve(d); d.State != delegate.Waiting {
			t.Fatalf("%s is %s", d.Name, d.State)
		}
	}
	if _, err := h.app.Delegates.Withdraw(ctx, first.ID, ""); err != nil {
		t.Fatal(err)
	}
	b := h.as(account.Organiser)
	page := b.open(list + "?state=waiting")
	wantText(t, page, "table.data thead", "Place in line")
	wantText(t, page, "table.data tbody tr:first-child td[data-label='Place in line']", "2")
	wantText(t, page, "table.data tbody tr:last-child td[data-label='Place in line']", "1")
	rows := b.csv(page.Find(`a[download][href*=".csv"]`).AttrOr("href", ""))
	if at := slices.Index(rows[0], "Place in line"); at < 0 || rows[1][at] != "2" || rows[2][at] != "1" {
		t.Errorf("the file holds %q", rows)
	}
	if b.open(list).Find("td[data-label='Place in line']").Length() != 0 {
		t.Error("a list of all kinds of people tells places in line unasked")
	}
	wantText(t, b.open("/desk/e/autumn/categories"), "tr:has(a[href$='/mayor']) td[data-label=Places]", "0 of 0 2 wait")
	if got := tileFigure(b.open("/desk/e/autumn"), "On the waiting list"); got != "2" {
		t.Errorf("the overview says that %q wait", got)
	}
}

// The overview leads to those of whom answers are missing, and to changes of answers
// that wait for a decision.
func TestOverviewOfAnswers(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	amina := h.approve(h.person("Amina Yusuf"))
	h.person("Chen Mei")
	plate := h.ask(form.Question{ID: "plate", Kind: form.Text, Label: i18n.English("Name plate"), Asked: form.Later, Required: true, Approve: true})
	if _, err := h.app.Delegates.Recount(ctx); err != nil {
		t.Fatal(err)
	}
	b := h.as(account.Organiser)
	page := b.open("/desk/e/autumn")
	wantText(t, page, "#unfinished", "2 people have yet to answer what is required")
	wantText(t, b.open(page.Find("#unfinished a[href*=missing]").AttrOr("href", "")), "#found", "2 delegates")

	typed := delegate.FormOf(amina)
	typed.Answers = form.Answers{plate.ID: {"A. Yusuf"}}
	if _, err := h.app.Delegates.Update(ctx, amina.ID, typed); err != nil {
		t.Fatal(err)
	}
	page = b.open("/desk/e/autumn")
	wantText(t, page, ".action-list", "1 change of answers waits for approval")
	if got := names(b.open(page.Find(".action-list a[href*=proposed]").AttrOr("href", ""))); !slices.Equal(got, []string{"Amina Yusuf"}) {
		t.Errorf("it leads to %v", got)
	}
}

// A name that not everybody can read stands with its Latin form, also where people were
// invited.
func TestInvitedNamesCanBeRead(t *testing.T) {
	h := open(t)
	_, err := h.app.Delegates.InvitePerson(t.Context(), h.event, delegate.Form{
		Name: "吴雪梅", LatinName: "Wu Xuemei", Email: "wu@example.org", Category: "mayor", Language: "en", Country: "CN",
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, h.as(account.Organiser).open("/desk/e/autumn/invitations"), "tbody th", "吴雪梅 (Wu Xuemei)")
}
