package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"convene/internal/account"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/programme"
	"convene/internal/signup"
	"convene/internal/store"
)

// addSession puts an hour on the programme, its start by the event's clocks.
func (h *house) addSession(slug, start string) programme.Session {
	h.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", start, h.event.Location())
	if err != nil {
		h.t.Fatal(err)
	}
	session := programme.Session{Slug: slug, Kind: programme.ThematicForum, Title: i18n.English("Session " + slug), Start: at.UTC(), Minutes: 60}
	err = h.app.DB.Update(h.t.Context(), func(tx *store.Tx) (err error) {
		session, err = h.app.Programme.SaveSession(h.t.Context(), tx, h.event, session)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return session
}

func (h *house) join(session programme.Session, d delegate.Delegate) {
	h.t.Helper()
	if _, err := h.app.Signups.Join(audit.As(h.t.Context(), audit.Delegate(d.ID)), d.ID, session.ID); err != nil {
		h.t.Fatal(err)
	}
}

func TestSignup(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	session, other := h.addSession("visit", "2026-09-28 10:00"), h.addSession("other", "2026-09-28 10:30")
	amina, busy, yusuf := h.approve(h.person("Amina =Haddad")), h.approve(h.person("Busy Bee")), h.approve(h.person("Yusuf Ali"))

	const path = "/desk/e/autumn/programme/visit"
	page := b.open(path)
	wantText(t, page, ".empty", "Not open for sign-up")
	a := b.submit(page, `aside form`, url.Values{"places": {"none"}, "group": {"Visits"}, "closes": {"2026-09-28T11:00"}})
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("nonsense was answered with %s", a.Status)
	}
	page = a.doc()
	wantText(t, page, "#places-error", "from 1 to 100000")
	wantText(t, page, "#most-error", "Fill in")
	wantText(t, page, "#closes-error", "before the session begins")
	if got := page.Find("#group").AttrOr("value", ""); got != "Visits" {
		t.Errorf("what was typed is now %q", got)
	}
	page = b.follow(b.submit(page, `aside form`, url.Values{"places": {"1"}, "opens": {"2026-09-01T09:00"}, "closes": {""}, "category": {"mayor"}, "group": {"Visits"}, "most": {"2"}}))
	wantText(t, page, ".section header", "0 of 1 places taken")
	if got := page.Find("#opens").AttrOr("value", ""); got != "2026-09-01T09:00" {
		t.Errorf("it opens at %q", got)
	}
	if _, err := h.app.Signups.Open(t.Context(), h.event, other, signup.Typed{}.Always); err != nil {
		t.Fatal(err)
	}

	h.join(session, amina)
	h.join(other, busy)
	h.join(session, yusuf)
	wantText(t, b.open("/desk/e/autumn/programme"), "tbody", "1 of 1 places taken, 1 waits")
	page = b.open(path + "?q=busy")
	wantText(t, page, "#add tbody", "At that time in “Session other” (10:30–11:30)")
	page = b.follow(b.submit(page, "#add tbody form", nil))
	wantText(t, page, ".notice.bad", "At that time in “Session other”")
	page = b.follow(b.submit(page, `form[action$="/add"]`, nil)) // from the waiting list before its turn
	wantText(t, page, ".notice.bad", "Every place is taken")

	for _, rows := range [][][]string{b.csv(path + "/people.csv"), b.xlsx(path + "/people.xlsx")} {
		if len(rows) != 3 || !strings.HasSuffix(rows[1][2], "Amina =Haddad") || rows[1][0] != "" || rows[2][0] != "1" || rows[2][2] != "Yusuf Ali" || rows[2][8] != "yusuf.ali@example.org" {
			t.Errorf("the list is %q", rows)
		}
	}
	removal := page.Find("table").First().Find("form")
	a = b.send(http.MethodPost, removal.AttrOr("action", ""), url.Values{
		"_csrf": {removal.Find("[name=_csrf]").AttrOr("value", "")}, "id": {amina.ID}, "reason": {"The bus is <small>."},
	})
	page = b.follow(a)
	wantText(t, page, "tbody", "Yusuf Ali")
	for who, want := range map[string]string{amina.ID: signup.OccasionRemoved, yusuf.ID: signup.OccasionMovedUp} {
		letters := h.letters(outbox.Filter{Person: who})
		if letters[0].Occasion != want {
			t.Errorf("the letter is %s; want %s", letters[0].Occasion, want)
		}
	}
	wantText(t, b.open("/desk/e/autumn/delegates/"+amina.ID), ".trail", "Taken off a session by the organisers · visit")
	wantText(t, b.open("/desk/e/autumn/delegates/"+yusuf.ID), "main", "Session visit 28 Sep, 10:00 – 11:00 Has a place")
	wantText(t, b.open("/desk/e/autumn/messages/new?session="+session.ID), "#whom", "28 Sep 10:00 Session visit")

	page = b.follow(b.submit(page, `form[action$="/end"]`, url.Values{"reason": {"The museum is closed."}}))
	wantText(t, page, ".empty", "Taken back on")
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail", "Sign-up for a session taken back: Session visit “ The museum is closed. ”")
	if got := h.get(yusuf.ID); len(got.Sessions) != 0 {
		t.Errorf("they are still in %q", got.Sessions)
	}
}
