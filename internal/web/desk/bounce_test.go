package desk_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
)

// post is an outbox over the house's database, with a mail server that takes all
// that it is given.
func (h *house) post() *outbox.Outbox {
	h.t.Helper()
	server, err := catcher.Start("127.0.0.1:0", catcher.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "127.0.0.1", Port: server.Addr().Port, TLS: outbox.NoTLS, Guard: outbox.Reserved, From: outbox.Address{Email: "office@example.org"},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := sender.Close(); err != nil {
			h.t.Error(err)
		}
		if err := server.Close(); err != nil {
			h.t.Error(err)
		}
	})
	return outbox.New(h.app.DB, outbox.Options{Sender: sender, Composer: h.app.Composer, Clock: h.app.Clock, Log: slog.New(slog.DiscardHandler)})
}

func (h *house) dispatch(o *outbox.Outbox) {
	h.t.Helper()
	if _, err := o.Deliver(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) letter(id string) outbox.Letter {
	h.t.Helper()
	l, err := h.app.Outbox.Get(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return l
}

// comesBack has a server report of a letter that was sent.
func (h *house) comesBack(id string, n outbox.Notice, want outbox.Heard) {
	h.t.Helper()
	l := h.letter(id)
	if l.State != outbox.Sent {
		h.t.Fatalf("%s is %s", id, l.State)
	}
	n.MessageID, n.Addresses = l.MessageID, []string{l.To.Email}
	if heard, err := h.app.Outbox.Bounced(h.t.Context(), n); err != nil || heard != want {
		h.t.Fatalf("the report is %q: %v", heard, err)
	}
}

var (
	gone = outbox.Notice{Report: "gone", Hard: true, Status: "5.1.1", Server: "mail.far.test", Answer: "550 5.1.1 <amina.yusuf@example.org>: <b>no</b> such person"}
	slow = outbox.Notice{Report: "slow", Status: "4.4.1", Answer: "connection timed out"}
)

// silenced is a house with Amina, whose address takes no letters, and Otieno, whose
// does. What came back is Amina's letter.
func silenced(t *testing.T) (h *house, amina, otieno delegate.Delegate, letter string, o *outbox.Outbox) {
	t.Helper()
	h = open(t)
	amina, otieno = h.person("Amina Yusuf"), h.person("Otieno Mwangi")
	o = h.post()
	h.dispatch(o)
	letter = h.about(amina.ID, delegate.OccasionAwaiting)[0].ID
	h.now = h.now.Add(time.Minute)
	h.comesBack(letter, gone, outbox.HeardHard)
	return h, amina, otieno, letter, o
}

func TestRegistrationWhoseLettersComeBack(t *testing.T) {
	h, amina, otieno, letter, _ := silenced(t)
	b := h.as(account.Organiser)
	page := b.open(list + "/" + amina.ID)
	const notice = "main .notice.bad"
	wantText(t, page, notice, "Letters to this address come back. Since 18 Sep, 09:43 ") // in Mexico City
	wantText(t, page, notice+" q", "550 5.1.1 … <b>no</b> such person")
	if got := page.Find(notice+" a").AttrOr("href", ""); got != letters+"/"+outbox.Key(letter) {
		t.Errorf("the letter that came back is at %q", got)
	}
	if n := b.open(list + "/" + otieno.ID).Find(".notice.bad, form[action$='/try-address']").Length(); n != 0 {
		t.Error("another's registration says so too")
	}

	// The same address, registered for another event: its letter is not of there.
	h.event = h.addEvent("spring", "2026-12-01")
	again := h.person("Amina Yusuf")
	page = b.open("/desk/e/spring/delegates/" + again.ID)
	wantText(t, page, notice, "Letters to this address come back.")
	if n := page.Find(notice + " a").Length(); n != 0 {
		t.Error("it leads to another event's letter")
	}
}

func TestAddressIsTriedAgain(t *testing.T) {
	h, amina, otieno, _, o := silenced(t)
	approve := func(id string) outbox.Letter {
		t.Helper()
		if _, err := h.app.Delegates.Approve(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		h.dispatch(o)
		return h.letter(h.about(id, delegate.OccasionBadge)[0].ID)
	}
	held := approve(amina.ID)
	if held.State != outbox.Suppressed {
		t.Fatalf("a letter to the address is %s", held.State)
	}
	if l := approve(otieno.ID); l.State != outbox.Sent {
		t.Errorf("a letter to another address is %s", l.State)
	}

	b := h.as(account.Organiser)
	why := b.open(letters + "/" + outbox.Key(held.ID))
	wantText(t, why, ".trail", "Letters to this address come back. 550 5.1.1")
	before := b.open(list + "/" + amina.ID)
	const form = "form[action$='/try-address']"
	page := b.follow(b.submit(before, form, nil))
	wantText(t, page, ".flash.good", "Letters go to this address again.")
	if n := page.Find(".notice.bad").Length(); n != 0 {
		t.Error("the notice stays")
	}
	wantText(t, page, "#history .trail", "Address that letters came back from tried again Organiser")
	wantText(t, b.open("/desk/e/autumn/audit"), ".trail", "tried again: Amina Yusuf")

	again := b.follow(b.submit(b.open(letters+"/"+outbox.Key(held.ID)), "form[action$='/resend']", nil))
	wantText(t, again, "h1", "Waiting")
	h.dispatch(o)
	if l := h.letter(held.ID + "~1"); l.State != outbox.Sent {
		t.Errorf("the next letter is %s: %+v", l.State, l.Attempts)
	}

	// An impatient finger changes nothing, and leaves no trace.
	entries := len(h.trail(amina.ID))
	wantText(t, b.follow(b.submit(before, form, nil)), ".flash", "nothing was done")
	if n := len(h.trail(amina.ID)); n != entries {
		t.Errorf("the trail has %d entries; had %d", n, entries)
	}
}

func TestAddressIsTriedThroughItsOwnEventAlone(t *testing.T) {
	h, amina, _, _, _ := silenced(t)
	h.addEvent("spring", "2026-12-01")
	for _, test := range []struct {
		role   account.Role
		event  string
		status int
	}{{account.Organiser, "spring", http.StatusNotFound}, {account.Door, "autumn", http.StatusForbidden}} {
		b := h.as(test.role)
		a := b.send(http.MethodPost, "/desk/e/"+test.event+"/delegates/"+amina.ID+"/try-address", b.proof())
		if a.StatusCode != test.status {
			t.Errorf("%s at %s: %s", test.role, test.event, a.Status)
		}
	}
	if _, ok, err := h.app.Outbox.SuppressionOf(t.Context(), amina.Email); err != nil || !ok {
		t.Errorf("it was tried all the same (%v)", err)
	}
}

func TestLetterThatCameBack(t *testing.T) {
	h, amina, otieno, letter, _ := silenced(t)
	h.comesBack(letter, slow, outbox.HeardSoft)
	late := h.about(otieno.ID, delegate.OccasionAwaiting)[0].ID
	h.comesBack(late, slow, outbox.HeardSoft)
	b := h.as(account.Organiser)

	page := b.open(letters + "/" + outbox.Key(letter))
	wantText(t, page, "h1", "Awaiting approval Sent Came back")
	wantText(t, page, "aside", "Reported by mail servers since 18 Sep, 09:43:02 Came back for good 550 5.1.1 … <b>no</b> such person 5.1.1 · mail.far.test")
	wantText(t, page, "aside .trail li:last-child .pill.wait", "Held up")
	wantText(t, page, "aside .trail li:last-child .by", "4.4.1")
	page = b.open(letters + "/" + outbox.Key(late))
	wantText(t, page, "aside .pill.wait", "Held up")
	if got := text(page.Find("h1")); strings.Contains(got, "Came back") {
		t.Errorf("a letter that is late is headed %q", got)
	}
	unreported := h.about(amina.ID, delegate.OccasionVerify)[0].ID
	if got := text(b.open(letters + "/" + outbox.Key(unreported)).Find("aside")); strings.Contains(got, "Reported") {
		t.Errorf("a letter of which nothing was reported: %q", got)
	}

	for _, target := range []string{letters, list + "/" + amina.ID} {
		page := b.open(target)
		signs := page.Find("tbody .pill.bad")
		row := signs.Closest("tr").Find("th a").AttrOr("href", "")
		if signs.Length() != 1 || row != letters+"/"+outbox.Key(letter) {
			t.Errorf("%s: %d letters came back, the first one %s", target, signs.Length(), row)
		}
	}
}
