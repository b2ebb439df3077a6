package desk_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"convene/internal/account"
	"convene/internal/delegate"
	"convene/internal/letter"
	"convene/internal/message"
	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/store"
)

const messagesPage = "/desk/e/autumn/messages"

// addMessage makes a draft to everybody who is confirmed, without a text.
func (h *house) addMessage() message.Message {
	h.t.Helper()
	m, err := h.app.Messages.Save(h.t.Context(), h.event, message.Message{Name: "Buses", Kind: outbox.KindNews, Audience: confirmed})
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// write gives an occasion a text in English.
func (h *house) write(occasion, subject, body string) {
	h.t.Helper()
	err := h.app.DB.Update(h.t.Context(), func(tx *store.Tx) error {
		_, err := h.app.Composer.Save(h.t.Context(), tx, letter.Template{Event: h.event.ID, Occasion: occasion, Language: "en", Subject: subject, Body: body})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// queueMessages runs the job that turns messages into letters.
func (h *house) queueMessages(want int) {
	h.t.Helper()
	if n, err := h.app.Messages.Queue(h.t.Context()); n != want || err != nil {
		h.t.Fatalf("%d letters were queued, %v; want %d", n, err, want)
	}
}

// deliver sends all letters to a server that refuses one recipient.
func (h *house) deliver(refused string) {
	h.t.Helper()
	server, err := catcher.Start("127.0.0.1:0", catcher.Options{Answer: func(stage catcher.Stage, m catcher.Message) error {
		if stage == catcher.Rcpt && slices.Contains(m.To, refused) {
			return catcher.Refuse(550, "no such person here")
		}
		return nil
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { server.Close() })
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "127.0.0.1", Port: server.Addr().Port, TLS: outbox.NoTLS, From: outbox.Address{Email: "office@example.org"},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	o := outbox.New(h.app.DB, outbox.Options{Sender: sender, Composer: h.app.Composer, Clock: h.app.Clock, Log: slog.New(slog.DiscardHandler)})
	if _, err := o.Deliver(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func TestWriteToThoseWhomTheListShows(t *testing.T) {
	h := open(t)
	h.invent(8)
	b := h.as(account.Organiser)
	list := b.open("/desk/e/autumn/delegates?q=person&country=KE&state=confirmed")
	form := b.open(list.Find(`.actions a[href*="messages/new"]`).AttrOr("href", ""))
	if got := form.Find("#text").AttrOr("value", ""); got != "person" {
		t.Errorf("the form looks for %q", got)
	}
	ticked := url.Values{"name": {"Kenya"}, "kind": {"news"}, "text": {"person"}, "view": {"Kenyans"}}
	for _, box := range form.Find("input[type=checkbox][checked]").EachIter() {
		ticked.Add(box.AttrOr("name", ""), box.AttrOr("value", ""))
	}
	page := b.follow(b.submit(form, "main form", ticked))
	wantText(t, page, "aside", "Kenya")
	if n := page.Find("#people tbody tr").Length(); n != 2 {
		t.Errorf("the message goes to %d; want the two of the list", n)
	}
	kept := b.open(messagesPage + "/new")
	again := b.open(kept.Find(`.chosen a`).AttrOr("href", ""))
	if !again.Find(`input[name="fact-country"][value="KE"]`).Is("[checked]") || text(kept.Find(".chosen a")) != "Kenyans" {
		t.Error("the selection that was kept cannot be chosen again")
	}
}

func TestAMessageFromDraftToSent(t *testing.T) {
	h := open(t)
	h.invent(3)
	m := h.addMessage()
	b, path := h.as(account.Organiser), messagesPage+"/"+m.ID
	release := func(values url.Values) answer { return b.submit(b.open(path), `form[action$="/release"]`, values) }

	a := release(url.Values{"when": {"now"}})
	if a.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("a message without a text: %s", a.Status)
	}
	wantText(t, a.doc(), ".error-summary, .notice.bad", "cannot be written")
	h.write(m.Occasion(), "Buses for {{.Name}}", "They leave at eight, {{.Name}}.")

	page := b.open(path)
	wantText(t, page, "#letter", "Buses for Person 0000")
	third := page.Find(`#people a[href*="to="]`).Eq(2).AttrOr("href", "")
	wantText(t, b.open(third), "#letter", "They leave at eight, Person 0002.")

	a = release(url.Values{"when": {"later"}, "at": {"2020-01-01T10:00"}})
	wantText(t, a.doc(), "#at-error", "still to come")
	a = release(url.Values{"when": {"later"}, "at": {"9999-12-31T23:59"}})
	wantText(t, a.doc(), "#at-error", "at most a year after the event")
	wantText(t, b.open(messagesPage), "main", "Buses")
	page = b.follow(release(url.Values{"when": {"later"}, "at": {"2026-09-20T10:00"}}))
	wantText(t, page, "h1", "Scheduled")
	wantText(t, page, "aside", "20 Sep, 10:00")
	h.queueMessages(0)
	page = b.follow(b.submit(page, `form[action$="/withdraw"]`, nil))
	wantText(t, page, "h1", "Draft")

	b.follow(release(url.Values{"when": {"now"}}))
	h.queueMessages(3)
	page = b.open(path)
	wantText(t, page, "h1", "Queued for all")
	wantText(t, page, "aside", "Waiting 3")
	letters := b.open(page.Find(`aside a[href*="origin="]`).AttrOr("href", ""))
	wantText(t, letters, "main", "Letters of Buses")
	if n := letters.Find("tbody tr").Length(); n != 3 {
		t.Errorf("%d letters are listed", n)
	}
	page = b.follow(b.submit(page, `form[action$="/stop"]`, nil))
	wantText(t, page, "main", "Stopped. Not sent: 3 letters.")
	wantText(t, page, "aside", "Cancelled 3")
	if page.Find(`form[action$="/stop"]`).Length() != 0 {
		t.Error("what was stopped is offered to be stopped")
	}
}

func TestAMessageOfWhichAllHasGoneOut(t *testing.T) {
	h := open(t)
	h.invent(2)
	m := h.addMessage()
	h.write(m.Occasion(), "Buses", "They leave at eight.")
	b, path := h.as(account.Organiser), messagesPage+"/"+m.ID
	b.follow(b.submit(b.open(path), `form[action$="/release"]`, url.Values{"when": {"now"}}))
	h.queueMessages(2)
	if b.open(path).Find(`form[action$="/stop"]`).Length() != 1 {
		t.Error("letters that wait cannot be stopped")
	}
	h.deliver("")
	page := b.open(path)
	if got := text(page.Find("h1 .pill")); got != "Sent" {
		t.Errorf("it is %q", got)
	}
	if got := text(b.open(messagesPage).Find("main tbody .pill")); got != "Sent" {
		t.Errorf("in the list it is %q", got)
	}
	if page.Find(`form[action$="/stop"]`).Length() != 0 {
		t.Error("what has gone out is offered to be stopped")
	}
}

func TestTheMessagesOwnPageTellsOfItsTexts(t *testing.T) {
	h := open(t)
	h.invent(1)
	h.approve(h.person("Zoé Petit", func(f *delegate.Form) { f.Language = "fr" }))
	m := h.addMessage()
	b, path := h.as(account.Organiser), messagesPage+"/"+m.ID
	if strings.Contains(text(b.open(path).Find("main")), "no text of its own") {
		t.Error("a language is missed before anything is written")
	}
	h.write(m.Occasion(), "Buses", "They leave at eight.")
	err := h.attach(letter.Attachment{Event: h.event.ID, Occasion: m.Occasion()}, "map.txt", []byte("A map."))
	if err != nil {
		t.Fatal(err)
	}
	page := b.open(path)
	wantText(t, page, ".notice.wait", "français")
	wantText(t, page, "#texts", "English written")
	wantText(t, page, "#texts", "français not written")
	wantText(t, page, "#texts .attached", "map.txt 1 kB")
	wantText(t, b.open(page.Find(`#texts a[href*="language=fr"]`).AttrOr("href", "")), "h1", "Buses")

	err = h.app.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := h.app.Composer.Save(t.Context(), tx, letter.Template{
			Event: h.event.ID, Occasion: m.Occasion(), Language: "fr", Subject: "Bus", Body: "{{.Session}}",
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	a := b.submit(b.open(path), `form[action$="/release"]`, url.Values{"when": {"now"}})
	wantText(t, a.doc(), "main", "For readers of français the letter cannot be written. The placeholder Session is empty.")
}

func TestTheFormOfAMessage(t *testing.T) {
	h := open(t)
	h.invent(1)
	b := h.as(account.Organiser)
	form := b.open(messagesPage + "/new")
	ticked := form.Find("input[type=checkbox][checked]")
	if ticked.Length() != 1 || ticked.AttrOr("value", "") != "confirmed" {
		t.Errorf("%d boxes are ticked, the first is %q", ticked.Length(), ticked.AttrOr("value", ""))
	}
	if got := b.open(messagesPage + "/new?country=KE").Find("input[type=checkbox][checked]").Length(); got != 1 {
		t.Errorf("of a selection that was made %d boxes are ticked", got)
	}
	for field, value := range map[string]string{
		"view": strings.Repeat("x", 101), "text": strings.Repeat("x", 101), "fact-state": "nonsense", "group": "nonsense",
	} {
		values := url.Values{"name": {"Buses"}, "kind": {"news"}, "fact-state": {"confirmed"}}
		values.Set(field, value)
		a := b.submit(form, "main form", values)
		if a.StatusCode != http.StatusUnprocessableEntity || a.doc().Find(`.error-summary a[href="#`+field+`"]`).Length() != 1 {
			t.Errorf("%s: %s, %s", field, a.Status, text(a.doc().Find(".error-summary")))
		}
	}
	if list, err := h.app.Messages.Of(t.Context(), h.event); err != nil || len(list) != 0 {
		t.Errorf("%d drafts were made, %v", len(list), err)
	}
}

func TestEverybodyOnALongListCanBeRead(t *testing.T) {
	h := open(t)
	h.invent(52)
	m := h.addMessage()
	h.write(m.Occasion(), "Buses for {{.Name}}", "They leave at eight.")
	page := h.as(account.Organiser).open(messagesPage + "/" + m.ID + "?all=yes")
	last := page.Find(`#people tbody a[href*="to="]`).Last().AttrOr("href", "")
	wantText(t, h.as(account.Organiser).open(last), "#letter", "Buses for "+text(page.Find("#people tbody th").Last()))
}

func TestThoseWhoFailedAreNamedAndWrittenToAgain(t *testing.T) {
	h := open(t)
	h.invent(2)
	m := h.addMessage()
	h.write(m.Occasion(), "Buses", "They leave at eight.")
	b, path := h.as(account.Organiser), messagesPage+"/"+m.ID
	b.follow(b.submit(b.open(path), `form[action$="/release"]`, url.Values{"when": {"now"}}))
	h.queueMessages(2)
	h.deliver(h.letters(outbox.Filter{Origin: m.Origin()})[0].To.Email)

	page := b.open(path)
	wantText(t, page, "main", "Not delivered")
	wantText(t, page, "main", "no such person here")
	wantText(t, page, "aside", "Sent 1")
	page = b.follow(b.submit(page, `form[action$="/retry"]`, nil))
	wantText(t, page, "main", "Queued again: 1 letter.")
	wantText(t, page, "aside", "Waiting 1 · Sent 1")
	if got := text(page.Find("main")); strings.Contains(got, "Not delivered") || strings.Contains(got, "Failed") {
		t.Errorf("who was written to again still counts as failed: %s", got)
	}
}

func TestASecondOrganiserApproves(t *testing.T) {
	h := open(t)
	h.invent(1)
	e := h.event
	e.FourEyes = true
	h.saveEvent(e)
	m := h.addMessage()
	h.write(m.Occasion(), "Buses", "They leave at eight.")
	author, second, path := h.as(account.Organiser), h.as(account.Administrator), messagesPage+"/"+m.ID

	page := author.open(path)
	wantText(t, page, `form[action$="/release"] button`, "Ask for approval")
	page = author.follow(author.submit(page, `form[action$="/release"]`, url.Values{"when": {"now"}}))
	wantText(t, page, ".notice", "A second organiser has to approve it.")
	wantText(t, page, "main", "Done. It waits for a second organiser to approve it.")
	if page.Find(`form[action$="/approve"]`).Length() != 0 {
		t.Error("the author is offered to approve")
	}
	if a := author.send(http.MethodPost, path+"/approve", author.proof()); a.StatusCode == http.StatusSeeOther {
		t.Error("the author could approve")
	}
	h.queueMessages(0)
	page = second.follow(second.submit(second.open(path), `form[action$="/approve"]`, nil))
	wantText(t, page, "aside", "Approved by Administrator")
	h.queueMessages(1)
}

func TestAMessageToNobody(t *testing.T) {
	h := open(t)
	m := h.addMessage()
	b := h.as(account.Organiser)
	a := b.submit(b.open(messagesPage+"/"+m.ID), `form[action$="/release"]`, url.Values{"when": {"now"}})
	wantText(t, a.doc(), "main", "Nobody fits this selection.")
	b.follow(b.submit(b.open(messagesPage+"/"+m.ID), `form[action$="/remove"]`, nil))
	if a := b.send(http.MethodGet, messagesPage+"/"+m.ID, nil); a.StatusCode != http.StatusNotFound {
		t.Errorf("the removed draft: %s", a.Status)
	}
}
