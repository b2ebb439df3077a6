package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/account"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/outbox"
)

func (h *house) letters(f outbox.Filter) []outbox.Letter {
	h.t.Helper()
	page, err := h.app.Outbox.Letters(h.t.Context(), f, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Items
}

// about counts the person's letters of an occasion.
func (h *house) about(id, occasion string) (list []outbox.Letter) {
	h.t.Helper()
	for _, l := range h.letters(outbox.Filter{Person: id}) {
		if l.Occasion == occasion {
			list = append(list, l)
		}
	}
	return list
}

func (h *house) did(id, action string) (list []audit.Entry) {
	h.t.Helper()
	for _, entry := range h.trail(id) {
		if entry.Action == action {
			list = append(list, entry)
		}
	}
	return list
}

func TestApprove(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	b := h.as(account.Organiser)
	page := b.open(list + "/" + d.ID)
	wantText(t, page, "h1 .pill.awaiting", "Awaiting approval")
	wantText(t, page, ".desk-side", "Delegates 1 awaiting")
	page = b.follow(b.submit(page, "form[action$='/approve']", nil))
	wantText(t, page, ".flash.good", "Approved")
	wantText(t, page, "h1 .pill.confirmed", "Confirmed")
	if page.Find("form[action$='/approve']").Length() > 0 {
		t.Error("it can be approved again")
	}
	d = h.get(d.ID)
	if d.State != delegate.Confirmed || d.Badge == "" {
		t.Errorf("it is %s with badge %q", d.State, d.Badge)
	}
	if n := len(h.about(d.ID, delegate.OccasionBadge)); n != 1 {
		t.Errorf("%d letters with the badge", n)
	}
	entries := h.did(d.ID, "delegate.confirmed")
	if len(entries) != 1 || entries[0].Actor.ID != h.member(account.Organiser).ID {
		t.Errorf("the trail has %v", entries)
	}
	wantText(t, page, "aside .trail li:first-child .by", "Organiser")
	wantText(t, page, "table.data tbody", "Confirmation with the badge")
}

func TestDecline(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	b := h.as(account.Organiser)
	reason := "All places <b>for observers</b> are taken."
	a := b.submit(b.open(list+"/"+d.ID), "form[action$='/decline']", url.Values{"reason": {reason}})
	page := b.follow(a)
	wantText(t, page, ".flash.good", "Declined")
	wantText(t, page, "aside .trail", reason)
	letters := h.about(d.ID, delegate.OccasionDeclined)
	if len(letters) != 1 {
		t.Fatalf("%d letters", len(letters))
	}
	content, err := h.app.Outbox.Preview(t.Context(), letters[0].ID)
	if err != nil || !strings.Contains(content.Text, reason) {
		t.Errorf("the letter lacks the reason: %v\n%s", err, content.Text)
	}
	if entries := h.did(d.ID, "delegate.declined"); len(entries) != 1 || entries[0].Reason != reason {
		t.Errorf("the trail has %v", entries)
	}
}

func TestCancel(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	if _, err := h.app.Delegates.Approve(t.Context(), d.ID, ""); err != nil {
		t.Fatal(err)
	}
	b := h.as(account.Administrator)
	page := b.follow(b.submit(b.open(list+"/"+d.ID), "form[action$='/cancel']", nil))
	wantText(t, page, "h1 .pill.cancelled", "Cancelled")
	if d = h.get(d.ID); d.State != delegate.Cancelled || d.Badge != "" {
		t.Errorf("it is %s with badge %q", d.State, d.Badge)
	}
}

func TestSomebodyWasFaster(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	slow, fast := h.as(account.Organiser), h.as(account.Administrator)
	page := slow.open(list + "/" + d.ID)
	fast.submit(fast.open(list+"/"+d.ID), "form[action$='/decline']", nil)
	wantText(t, slow.follow(slow.submit(page, "form[action$='/approve']", nil)), ".flash.bad", "Somebody was faster")
	if d = h.get(d.ID); d.State != delegate.Declined {
		t.Errorf("it is %s", d.State)
	}
	// Impatient fingers are nobody else.
	page = slow.open(list + "/" + d.ID)
	for range 2 {
		wantText(t, slow.follow(slow.submit(page, "form[action$='/approve']", nil)), ".flash.good", "Approved")
	}
	if n := len(h.about(d.ID, delegate.OccasionBadge)); n != 1 {
		t.Errorf("%d letters with the badge", n)
	}
}

func TestTwoApproveAtOnce(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	browsers := []*browser{h.as(account.Organiser), h.as(account.Administrator)}
	answers := make([]answer, len(browsers))
	pages := []*goquery.Document{browsers[0].open(list + "/" + d.ID), browsers[1].open(list + "/" + d.ID)} // before either decides
	var together sync.WaitGroup
	for i, b := range browsers {
		together.Go(func() { answers[i] = b.submit(pages[i], "form[action$='/approve']", nil) })
	}
	together.Wait()
	good, bad := 0, 0
	for i, b := range browsers {
		page := b.follow(answers[i])
		good += page.Find(".flash.good").Length()
		bad += page.Find(".flash.bad").Length()
	}
	if good != 1 || bad != 1 {
		t.Errorf("%d were told that it is done, %d that somebody was faster", good, bad)
	}
	if n := len(h.about(d.ID, delegate.OccasionBadge)); n != 1 {
		t.Errorf("%d letters with the badge", n)
	}
	if n := len(h.did(d.ID, "delegate.confirmed")); n != 1 {
		t.Errorf("%d entries in the trail", n)
	}
}

func TestNoPersonalLinks(t *testing.T) {
	h := open(t)
	d := h.person("Amina Yusuf")
	b := h.as(account.Organiser)
	b.submit(b.open(list+"/"+d.ID), "form[action$='/approve']", nil)
	pages := []string{list, list + "/" + d.ID, "/desk/e/autumn/letters", "/desk/e/autumn/audit", list + ".csv"}
	for _, l := range h.letters(outbox.Filter{Person: d.ID}) {
		pages = append(pages, "/desk/e/autumn/letters/"+outbox.Key(l.ID), "/desk/e/autumn/letters/"+outbox.Key(l.ID)+"/html")
	}
	d = h.get(d.ID)
	secrets := []string{h.app.Delegates.ManageToken(d), h.app.Delegates.VerifyToken(d, d.VerifySerial), d.LinkHash}
	for _, target := range pages {
		a := b.send(http.MethodGet, target, nil)
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", target, a.Status)
		}
		for _, secret := range secrets {
			if strings.Contains(a.body, secret) {
				t.Errorf("%s shows a personal link", target)
			}
		}
	}
}
