package desk_test

import (
	"net/http"
	"net/url"
	"testing"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/event"
)

func TestBulkApprove(t *testing.T) {
	h := open(t)
	amina, bola, chen := h.person("Amina Yusuf"), h.person("Bola Ade"), h.person("Chen Mei")
	if _, err := h.app.Delegates.Approve(t.Context(), chen.ID, ""); err != nil {
		t.Fatal(err)
	}
	b := h.as(account.Organiser)
	from := list + "?country=KE"
	a := b.submit(b.open(from), "form[action$='/bulk']", url.Values{"id[]": {amina.ID, bola.ID, chen.ID}, "do": {"approve"}})
	if a.StatusCode != http.StatusOK {
		t.Fatal(a.Status)
	}
	page := a.doc()
	sections := page.Find("main table")
	wantText(t, page, "main form.form", "Approve these 2 registrations?")
	wantText(t, page, "main form.form button", "Approve 2 people")
	if got := text(sections.Eq(0).Find("tbody th a")); got != "Amina Yusuf Bola Ade" {
		t.Errorf("it concerns %s", got)
	}
	if got := text(sections.Eq(1).Find("tbody th a")); got != "Chen Mei" {
		t.Errorf("it leaves out %s", got)
	}
	if h.get(amina.ID).State != delegate.Awaiting {
		t.Error("the preview has approved already")
	}
	a = b.submit(page, "main form.form", url.Values{"reason": {"Checked by the city"}})
	if got := a.Header.Get("Location"); got != from {
		t.Errorf("it leads back to %s", got)
	}
	wantText(t, b.follow(a), ".flash.good", "Approved: 2")
	for _, id := range []string{amina.ID, bola.ID} {
		d := h.get(id)
		if d.State != delegate.Confirmed || d.Steps[len(d.Steps)-1].Reason != "Checked by the city" {
			t.Errorf("%s: %s %v", d.Name, d.State, d.Steps)
		}
		if n := len(h.about(id, delegate.OccasionBadge)); n != 1 {
			t.Errorf("%s has %d letters", d.Name, n)
		}
	}
}

func TestBulkWhileSomebodyIsFaster(t *testing.T) {
	h := open(t)
	amina, bola := h.person("Amina Yusuf"), h.person("Bola Ade")
	b, other := h.as(account.Organiser), h.as(account.Administrator)
	preview := b.submit(b.open(list), "form[action$='/bulk']", url.Values{"id[]": {amina.ID, bola.ID}, "do": {"decline"}}).doc()
	other.submit(other.open(list+"/"+amina.ID), "form[action$='/approve']", nil)
	a := b.submit(preview, "main form.form", nil)
	if a.StatusCode != http.StatusConflict {
		t.Fatal(a.Status)
	}
	page := a.doc()
	wantText(t, page, ".notice.wait", "Done: 1")
	if got := text(page.Find("table tbody th a")); got != "Amina Yusuf" {
		t.Errorf("left out are %s", got)
	}
	if h.get(amina.ID).State != delegate.Confirmed || h.get(bola.ID).State != delegate.Declined {
		t.Errorf("%s and %s", h.get(amina.ID).State, h.get(bola.ID).State)
	}
}

// Somebody who is erased between the choice and the decision keeps it from nobody else.
func TestBulkWhileSomebodyIsErased(t *testing.T) {
	h := open(t)
	amina, bola := h.person("Amina Yusuf"), h.person("Bola Ade")
	b := h.as(account.Organiser)
	page := b.open(list)
	chosen := url.Values{"id[]": {amina.ID, bola.ID}, "do": {"approve"}}
	preview := b.submit(page, "form[action$='/bulk']", chosen).doc()
	if err := h.app.Privacy.Erase(t.Context(), amina.ID, ""); err != nil {
		t.Fatal(err)
	}
	again := b.submit(page, "form[action$='/bulk']", chosen).doc()
	wantText(t, again, "table.data", "Bola Ade")
	wantText(t, b.follow(b.submit(preview, "main form.form", nil)), ".flash", "1")
	if got := h.get(bola.ID).State; got != delegate.Confirmed {
		t.Errorf("the other one is %s", got)
	}
}

func TestBulkRefuses(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	b := h.as(account.Organiser)
	page := b.open(list)
	wantText(t, b.follow(b.submit(page, "form[action$='/bulk']", url.Values{"do": {"approve"}})), ".flash", "Choose at least one")
	for _, typed := range []url.Values{
		{"do": {"erase"}, "id[]": {d.ID}},
		{"do": {"merge"}, "id[]": {d.ID}},
		{"do": {"approve"}, "id[]": make([]string, 201)},
	} {
		if a := b.submit(page, "form[action$='/bulk']", typed); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%v: %s", typed["do"], a.Status)
		}
	}
	for _, who := range []string{"", "x", "1:", "one:" + d.ID} {
		typed := b.proof()
		typed["who[]"] = []string{who}
		if a := b.send(http.MethodPost, list+"/bulk/approve", typed); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: %s", who, a.Status)
		}
	}
	typed := b.proof()
	typed["id[]"], typed["do"], typed["back"] = []string{d.ID}, []string{"approve"}, []string{"//evil.example"}
	a := b.send(http.MethodPost, list+"/bulk", typed)
	if got := a.doc().Find("main .crumbs a").AttrOr("href", ""); got != list {
		t.Errorf("back leads to %s", got)
	}
}

// Those who find no place are not said to have a badge.
func TestBulkApproveBeyondTheLastPlace(t *testing.T) {
	h := open(t)
	amina, bola := h.person("Amina Yusuf"), h.person("Bola Ade")
	var err error
	if h.event, err = h.app.Events.LimitPlaces(t.Context(), h.event.ID, event.Typed(event.TypedPlaces{Capacity: "1"})); err != nil {
		t.Fatal(err)
	}
	b := h.as(account.Organiser)
	preview := b.submit(b.open(list), "form[action$='/bulk']", url.Values{"id[]": {amina.ID, bola.ID}, "do": {"approve"}}).doc()
	page := b.follow(b.submit(preview, "main form.form", nil))
	wantText(t, page, ".flash", "Approved with a place: 1. Approved and on the waiting list, since every place is taken: 1.")
	if h.get(amina.ID).State != delegate.Confirmed || h.get(bola.ID).State != delegate.Waiting {
		t.Errorf("they are %s and %s", h.get(amina.ID).State, h.get(bola.ID).State)
	}
}
