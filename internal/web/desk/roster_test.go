package desk_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"convene/internal/account"
	"convene/internal/delegate"
)

// The filter and the columns stand in the address, in what is kept and in downloads.
func TestColumnsAndViews(t *testing.T) {
	h := open(t)
	amina := h.person("Amina Yusuf", func(f *delegate.Form) { f.JobTitle = "Mayor of Nairobi" })
	h.person("Bola Ade", func(f *delegate.Form) { f.Country = "NG" })
	if _, err := h.app.Delegates.Tag(t.Context(), amina.ID, "Driver needed"); err != nil {
		t.Fatal(err)
	}
	b, door := h.as(account.Organiser), h.as(account.Administrator)
	const query = "?col=job_title&col=tags&tag=driver+NEEDED&way=open"
	page := b.open(list + query)
	if got := names(page); !slices.Equal(got, []string{"Amina Yusuf"}) {
		t.Errorf("found are %v", got)
	}
	if got := text(page.Find("table.data thead")); got != "Choose Name Position Tags" {
		t.Errorf("the columns are %s", got)
	}
	rows := b.csv(page.Find(`a[download][href*=".csv"]`).AttrOr("href", ""))
	if len(rows) != 2 || !slices.Equal(rows[0], []string{"Name", "Position", "Tags"}) || !slices.Equal(rows[1], []string{"Amina Yusuf", "Mayor of Nairobi", "Driver needed"}) {
		t.Errorf("the file holds %q", rows)
	}
	if b.open(list+"?from=2026-01-01").Find(`main a[href*="/messages/new"]`).Length() != 0 {
		t.Error("a message would be to more people than the list shows")
	}
	message := b.open(page.Find(`main a[href*="/messages/new"]`).AttrOr("href", ""))
	if got := message.Find(`[name="fact-way"][checked]`).AttrOr("value", ""); got != "open" {
		t.Errorf("the message is to those who came by %q", got)
	}
	kept := b.follow(b.submit(page, "form[action$='/views']", url.Values{"view_name": {"<b>Drivers</b>"}}))
	wantText(t, kept, ".tabs [aria-current]", "<b>Drivers</b>")
	if got := names(kept); !slices.Equal(got, []string{"Amina Yusuf"}) {
		t.Errorf("the kept list has %v", got)
	}
	if door.open(list).Find(".tabs").Length() != 0 {
		t.Error("another sees what one keeps for oneself")
	}
	const own = "form[action*='/views/']"
	changed := b.open(kept.Find(".tabs [aria-current]").AttrOr("href", "") + "&country=KE")
	wantText(t, changed, "#view", "changed, not kept")
	shared := b.follow(b.submit(changed, own, url.Values{"view_name": {"Drivers"}, "team": {"on"}, "do": {"update"}}))
	if strings.Contains(text(shared.Find("#view")), "changed, not kept") || door.open(list).Find(".tabs a").Length() != 2 {
		t.Error("it is not kept as it was shown, or the team does not see it")
	}
	gone := b.follow(b.submit(shared, own, url.Values{"view_name": {"Drivers"}, "do": {"remove"}}))
	if gone.Find(".tabs").Length() != 0 || len(names(gone)) != 1 {
		t.Error("the view stays, or the list is lost")
	}
	refused := b.follow(b.submit(page, "form[action$='/views']", url.Values{"view_name": {" "}}))
	wantText(t, refused, ".flash.bad", "The list was not kept.")
}

// A list that is kept by a category meets nobody once the event no longer has it, and
// so does what is done about all on it.
func TestViewOfACategoryThatIsGone(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf", func(f *delegate.Form) { f.Category = "youth" })
	b := h.as(account.Organiser)
	page := b.open(list + "?category=youth")
	kept := b.follow(b.submit(page, "form[action$='/views']", url.Values{"view_name": {"Youth"}})).Find(".tabs [aria-current]").AttrOr("href", "")
	preview := b.submit(page, "form[action$='/bulk']", url.Values{"whom": {"all"}, "do": {"tag"}}).doc()
	now := delegate.FormOf(d)
	now.Category = "academia"
	if _, err := h.app.Delegates.Edit(t.Context(), d.ID, delegate.FormOf(d), now); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Delegates.RemoveCategory(t.Context(), h.event.ID, "youth"); err != nil {
		t.Fatal(err)
	}
	view := b.open(kept)
	if got := names(view); len(got) != 0 || view.Find("#category option[selected]").AttrOr("value", "") != "youth" {
		t.Errorf("the kept list has %v", got)
	}
	wantText(t, b.follow(b.submit(preview, "main form.form", url.Values{"tag": {"Young"}})), "h1", "Tag")
	if _, err := h.app.Delegates.RunBulks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := h.app.Delegates.Count(t.Context(), h.event.ID, delegate.Filter{Tag: "Young"}); n != 0 || err != nil {
		t.Errorf("%d have the tag of nobody, %v", n, err)
	}
}

func TestBulkOfAll(t *testing.T) {
	h := open(t)
	for _, name := range []string{"Amina Yusuf", "Bola Ade", "Chen Mei"} {
		h.person(name)
	}
	peruvian := h.person("Marta Quispe", func(f *delegate.Form) { f.Country = "PE" })
	b := h.as(account.Organiser)
	preview := b.submit(b.open(list+"?country=KE"), "form[action$='/bulk']", url.Values{"whom": {"all"}, "do": {"approve"}}).doc()
	wantText(t, preview, "main form.form", "Approve these 3 registrations?")
	page := b.follow(b.submit(preview, "main form.form", url.Values{"reason": {"Checked"}}))
	wantText(t, page, "h1", "Approve several Running")
	wantText(t, b.open(list), ".notice", "0 of 3")
	if err := h.app.Jobs.RunNow(t.Context(), "bulk"); err != nil {
		t.Fatal(err)
	}
	done := b.open(page.Find("a.button").First().AttrOr("href", ""))
	wantText(t, done, "#progress", "3 of 3. Changed: 3. Left as they are: 0.")
	if h.get(peruvian.ID).State != delegate.Awaiting {
		t.Error("who is not of the list was approved")
	}
	none := b.submit(b.open(list+"?country=KE"), "form[action$='/bulk']", url.Values{"whom": {"all"}, "do": {"approve"}}).doc()
	wantText(t, none, "main", "For nobody of the list is this possible.")
	tagged := b.submit(b.open(list), "form[action$='/bulk']", url.Values{"whom": {"all"}, "do": {"tag"}}).doc()
	if a := b.submit(tagged, "main form.form", url.Values{"tag": {" "}}); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an empty tag: %s", a.Status)
	}
	b.follow(b.submit(tagged, "main form.form", url.Values{"tag": {"Came"}}))
	stopped := b.follow(b.submit(b.open(b.open(list).Find(".notice a[href*='/bulk/']").AttrOr("href", "")), "form[action$='/stop']", nil))
	wantText(t, stopped, "h1", "Stopped")
	if err := h.app.Jobs.RunNow(t.Context(), "bulk"); err != nil {
		t.Fatal(err)
	}
	if h.get(peruvian.ID).HasTag("came") {
		t.Error("it went on after it was stopped")
	}
}

// Two have the form open: different fields merge, the same one is decided.
func TestEditConflict(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	one, other := h.as(account.Organiser), h.as(account.Administrator)
	path := list + "/" + d.ID + "/edit"
	typed := func(change ...string) url.Values {
		v := url.Values{
			"name": {d.Name}, "organisation": {d.Organisation}, "country": {d.Country}, "category": {d.Category},
			"email": {d.Email}, "language": {d.Language},
		}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	const form = "main form.form"
	mine, theirs := one.open(path), other.open(path)
	other.follow(other.submit(theirs, form, typed("job_title", "Mayor <b>", "needs", "quiet")))
	a := one.submit(mine, form, typed("job_title", "Deputy", "organisation", "City Hall"))
	if a.StatusCode != http.StatusConflict {
		t.Fatal(a.Status)
	}
	page := a.doc()
	wantText(t, page, "#clashes", "Position: take Mayor <b> Administrator")
	if got := page.Find("#job_title").AttrOr("value", ""); got != "Deputy" {
		t.Errorf("what was typed became %q", got)
	}
	if h.get(d.ID).Organisation == "City Hall" {
		t.Error("half of it was saved")
	}
	again := typed("job_title", "Deputy", "organisation", "City Hall", "needs", page.Find("#needs").Text())
	again["take[]"] = []string{"job_title"}
	one.follow(one.submit(page, form, again))
	if d := h.get(d.ID); d.JobTitle != "Mayor <b>" || d.Organisation != "City Hall" || d.Needs != "quiet" {
		t.Errorf("%q at %q, %q", d.JobTitle, d.Organisation, d.Needs)
	}
	wantText(t, one.open(list+"/"+d.ID), "#history", "Details changed · Organisation Organiser")
	refused := one.submit(one.open(path), form, typed("name", strings.Repeat("é", 301), "email", "no address"))
	if refused.StatusCode != http.StatusUnprocessableEntity || refused.doc().Find(".error-summary li").Length() != 2 {
		t.Errorf("a long name and no address: %s", refused.Status)
	}
}

func TestNotesAndTagsOfAPerson(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	b := h.as(account.Organiser)
	path := list + "/" + d.ID
	b.follow(b.submit(b.open(path), "form[action$='/notes']", url.Values{"note": {"Called: <i>late</i>\nagain"}}))
	page := b.follow(b.submit(b.open(path), "main form.inline[action$='/tags']", url.Values{"tag": {"=VIP"}}))
	wantText(t, page, "#notes", "Called: <i>late</i> again Organiser")
	wantText(t, page, "#history", "Note “ Called: <i>late</i> again ” Organiser")
	wantText(t, page, "#tags", "=VIP")
	if a := b.submit(page, "form[action$='/notes']", url.Values{"note": {strings.Repeat("x", delegate.MaxNote+1)}}); a.StatusCode != http.StatusUnprocessableEntity || a.doc().Find("#note").Text() == "" {
		t.Errorf("a note that is too long: %s", a.Status)
	}
	if got := names(b.open(page.Find("#tags li a").AttrOr("href", ""))); !slices.Equal(got, []string{"Amina Yusuf"}) {
		t.Errorf("the tag leads to %v", got)
	}
	page = b.follow(b.submit(page, "#tags li form", nil))
	page = b.follow(b.submit(page, "#notes li form", nil))
	if page.Find("#tags li, #notes li").Length() != 0 {
		t.Error("the tag or the note stays")
	}
}

func TestTwinsAreMerged(t *testing.T) {
	h := open(t)
	keep := h.approve(h.person("Mei Chen"))
	other := h.person("Chen Mei", func(f *delegate.Form) { f.Email, f.JobTitle = "mei@example.test", `"><script>` })
	b := h.as(account.Organiser)
	wantText(t, b.open(list+"/"+keep.ID), ".notice", "registered twice")
	page := b.open(b.open("/desk/e/autumn/twins").Find(".twins a.button").AttrOr("href", ""))
	wantText(t, page, "main table", `Position (nothing) "><script>`)
	if page.Find("main script").Length() != 0 {
		t.Error("markup got through")
	}
	after := b.follow(b.submit(page, "main form.form", url.Values{"take-job_title": {"b"}, "take-name": {"a"}}))
	wantText(t, after, "h1", "Mei Chen Confirmed")
	wantText(t, after, "main dl", `Position "><script>`)
	wantText(t, after, "main dl", "Also known as mei@example.test")
	wantText(t, after, "#history", "Merged registration: Awaiting approval")
	a := b.send(http.MethodGet, list+"/"+other.ID, nil)
	if got := a.Header.Get("Location"); got != list+"/"+keep.ID {
		t.Errorf("the other's page leads to %s", got)
	}
	wantText(t, b.open("/desk/e/autumn/twins"), ".empty", "Nobody seems to be registered twice")
}

func TestOverviewAgainstTheLastEdition(t *testing.T) {
	h := open(t)
	last := h.addEvent("spring", "2026-09-01")
	last.Series = "iclc"
	h.save(&last)
	h.event.Series = "iclc"
	h.save(&h.event)
	now := h.event
	h.event = last
	h.person("Before Then")
	h.event = now
	h.person("Amina Yusuf")
	h.person("Bola Ade")
	if err := h.app.Delegates.Register(t.Context(), h.event, delegate.Form{
		Name: "Not Yet", Organisation: "X", Country: "KE", Category: "mayor", Language: "en", Email: "notyet@example.org", Consent: true,
	}); err != nil {
		t.Fatal(err)
	}
	b := h.as(account.Organiser)
	page := b.open("/desk/e/autumn")
	wantText(t, page, ".chart .legend", "The conference of spring")
	wantText(t, b.open("/desk/e/autumn?against=none"), ".chart", "Registrations by day")
	wantText(t, page, "#unfinished", "Unverified 1 0 0")
	found := b.open(page.Find("#unfinished tbody a").First().AttrOr("href", ""))
	if got := names(found); !slices.Equal(got, []string{"Not Yet"}) {
		t.Errorf("the table leads to %v", got)
	}

	// Who from Africa has not finished, and how many more than last time?
	const list = "/desk/e/autumn/delegates"
	page = b.open(list + "?region=africa&unfinished=yes")
	wantText(t, page, "#found", "1 delegate Clear the search 1 more than The conference of spring had in the end (0)")
	wantText(t, b.open(list+"?region=africa&state=awaiting"), "#found", "1 more than The conference of spring had in the end (1)")
	page = b.open(page.Find("#found a:last-child").AttrOr("href", ""))
	wantText(t, page, "#found", "0 delegates")
	for _, own := range []string{"", "?q=amina&region=africa", "?region=africa&from=2026-01-01"} {
		if text := text(b.open(list + own).Find("#found")); strings.Contains(text, "spring") {
			t.Errorf("%q is compared: %s", own, text)
		}
	}
}
