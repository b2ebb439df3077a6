package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"convene/internal/account"
	"convene/internal/letter"
	"convene/internal/outbox"
)

const weekText = "/desk/e/autumn/texts/event.week?language=en"

func TestATextIsSavedKeptAndWithdrawn(t *testing.T) {
	h := open(t)
	h.invent(2)
	b := h.as(account.Organiser)
	page := b.open(weekText)
	wantText(t, page, "main", "The program’s own text holds.")
	if !strings.Contains(page.Find("#body").Text(), "{{.Name}}") {
		t.Error("the form should begin with the program's own text")
	}
	wantText(t, page, "aside", "{{.InDays}}")

	page = b.follow(b.submit(page, "main form.form", url.Values{"subject": {"Only a week, {{.Name}}"}, "body": {"Pack.\n\n[Your page]({{.Link}})"}, "do": {"save"}}))
	wantText(t, page, "main", "This event has a text of its own.")
	wantText(t, page, "#letter", "Only a week, Person 0000")
	page = b.follow(b.submit(page, "main form.form", url.Values{"subject": {"Second thoughts"}, "body": {"Pack well."}, "do": {"save"}}))
	first := b.open(page.Find(".trail a").Last().AttrOr("href", ""))
	if got := first.Find("#subject").AttrOr("value", ""); got != "Only a week, {{.Name}}" {
		t.Errorf("the first version's subject is %q", got)
	}
	page = b.follow(b.submit(page, "main form.form", url.Values{"subject": {""}, "body": {""}, "do": {"withdraw"}}))
	wantText(t, page, "main", "The program’s own text holds.")
	wantText(t, b.open("/desk/e/autumn/texts"), "main", "A week before")
}

func TestATextThatIsWrongIsRefusedAndKept(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	for _, c := range []struct{ body, want string }{
		{"Dear {{.Nmae}}", "There is no placeholder Nmae here."},
		{"Dear {{.Name", "Double braces do not match."},
		{"{{range .Name}}x{{end}}", "Only placeholders and “if”"},
		{"", "required"},
	} {
		for _, do := range []string{"save", "test", "preview"} {
			a := b.submit(b.open(weekText), "main form.form", url.Values{"subject": {"Hello"}, "body": {c.body}, "do": {do}})
			if a.StatusCode != http.StatusUnprocessableEntity {
				t.Fatalf("%q: %s", c.body, a.Status)
			}
			page := a.doc()
			if c.body != "" {
				wantText(t, page, "#body-error", c.want)
			}
			if got := page.Find("#body").Text(); got != c.body {
				t.Errorf("the text is now %q; want %q", got, c.body)
			}
		}
	}
	if list := h.letters(outbox.Filter{Event: h.event.ID}); len(list) != 0 {
		t.Errorf("%d tests were sent of texts that are wrong", len(list))
	}
}

func TestTheSlowerOfTwoWritersLosesNothing(t *testing.T) {
	h := open(t)
	b, other := h.as(account.Organiser), h.as(account.Administrator)
	mine, theirs := b.open(weekText), other.open(weekText)
	other.follow(other.submit(theirs, "main form.form", url.Values{"subject": {"Theirs"}, "body": {"The faster text."}, "do": {"save"}}))
	a := b.submit(mine, "main form.form", url.Values{"subject": {"Mine"}, "body": {"The slower text."}, "do": {"save"}})
	if a.StatusCode != http.StatusConflict {
		t.Fatalf("status %s", a.Status)
	}
	page := a.doc()
	if got := page.Find("#body").Text(); got != "The slower text." {
		t.Errorf("the form holds %q", got)
	}
	wantText(t, page, "main", "The faster text.")
}

func TestALookAndATestBeforeAnybodyGetsIt(t *testing.T) {
	h := open(t)
	h.invent(2)
	b := h.as(account.Organiser)
	typed := url.Values{"subject": {"Look, {{.Name}}"}, "body": {"**Well**, {{.Name}}: [Your page]({{.Link}})"}, "to": {"Person 0001"}, "do": {"preview"}}
	a := b.submit(b.open(weekText), "main form.form", typed)
	wantText(t, a.doc(), "#letter", "Look, Person 0001")
	if page := b.open(weekText); page.Find(".trail li").Length() != 0 {
		t.Error("looking at it has saved it")
	}
	typed.Set("do", "test")
	b.follow(b.submit(b.open(weekText), "main form.form", typed))
	list := h.letters(outbox.Filter{Event: h.event.ID})
	if len(list) != 1 || list[0].To.Email != "organiser@example.org" {
		t.Fatalf("the test went to %v", list)
	}
	m, err := h.app.Composer.Compose(t.Context(), list[0], outbox.ForSending)
	if err != nil || m.Subject != "[Test] Look, Person 0001" || strings.Contains(m.Text, h.app.Delegates.ManageToken(h.get(list[0].Data["sample"]))) {
		t.Errorf("the test reads %q, %v", m.Subject, err)
	}
}

func TestOnlyWhatIsOfferedIsDoneWithAText(t *testing.T) {
	h := open(t)
	b := h.as(account.Organiser)
	typed := url.Values{"subject": {"Hello"}, "body": {"Pack."}}
	for _, do := range []string{"", "nonsense", "saved"} {
		typed.Set("do", do)
		if a := b.submit(b.open(weekText), "main form.form", typed); a.StatusCode != http.StatusNotFound {
			t.Errorf("%q: %s", do, a.Status)
		}
	}
	typed["do"], typed["seen"] = []string{"preview"}, []string{"-1"}
	if a := b.submit(b.open(weekText), "main form.form", typed); a.StatusCode != http.StatusOK {
		t.Errorf("a look at a version before the first: %s", a.Status)
	}
	if page := b.open(weekText); page.Find(".trail li").Length() != 0 {
		t.Error("a text was saved")
	}
}

func TestALookAsSomebodyWhoIsNotThere(t *testing.T) {
	h := open(t)
	h.invent(1)
	b := h.as(account.Organiser)
	for _, do := range []string{"preview", "test"} {
		typed := url.Values{"subject": {"Hello"}, "body": {"Pack, {{.Name}}."}, "to": {"Nemo"}, "do": {do}}
		a := b.submit(b.open(weekText), "main form.form", typed)
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", do, a.Status)
		}
		wantText(t, a.doc(), "#to-error", "Nobody of that name is registered.")
	}
	wantText(t, b.open(weekText+"&to=Nemo"), "#to-error", "Nobody of that name is registered.")
	if list := h.letters(outbox.Filter{Event: h.event.ID}); len(list) != 0 || b.open(weekText).Find(".trail li").Length() != 0 {
		t.Errorf("%d tests were sent", len(list))
	}
	typed := url.Values{"subject": {"Hello"}, "body": {"{{.SurveyLink}}"}, "do": {"preview"}}
	wantText(t, b.submit(b.open(weekText), "main form.form", typed).doc(), "#letter", "The placeholder SurveyLink is empty.")
}

func TestTheTextOfAMessageThatIsReleased(t *testing.T) {
	h := open(t)
	h.invent(1)
	m := h.addMessage()
	h.write(m.Occasion(), "Buses", "They leave at eight.")
	err := h.attach(letter.Attachment{Event: h.event.ID, Occasion: m.Occasion()}, "map.txt", []byte("A map."))
	if err != nil {
		t.Fatal(err)
	}
	b, path := h.as(account.Organiser), "/desk/e/autumn/texts/"+m.Occasion()+"?language="
	before, french := b.open(path+"en"), b.open(path+"fr")
	if strings.Contains(text(before.Find("aside")), "{{.Session}}") || !strings.Contains(text(before.Find("aside")), "{{.BadgeLink}}") {
		t.Errorf("a message is offered what it cannot tell, or not what it can: %s", text(before.Find("aside")))
	}
	page := b.open(messagesPage + "/" + m.ID)
	page = b.follow(b.submit(page, `form[action$="/release"]`, url.Values{"when": {"later"}, "at": {"2026-09-20T10:00"}}))

	locked := b.open(path + "en")
	wantText(t, locked, ".notice.wait", "take the message back to draft first")
	wantText(t, locked, "#read", "They leave at eight.")
	wantText(t, locked, "#read", "map.txt")
	if locked.Find("main button").Length() != 0 {
		t.Errorf("what is released can be changed by %q", text(locked.Find("main button")))
	}
	typed := url.Values{"subject": {"Trains"}, "body": {"They leave at nine."}, "language": {"en"}}
	for _, do := range []string{"save", "test", "withdraw", before.Find(".attached button").AttrOr("value", "")} {
		typed.Set("do", do)
		for _, form := range []*goquery.Document{before, french} {
			a := b.submit(form, "main form.form", typed)
			if a.StatusCode != http.StatusConflict {
				t.Fatalf("%s: %s", do, a.Status)
			}
			wantText(t, a.doc(), "main", "take the message back to draft first")
			wantText(t, a.doc(), "#body", "They leave at nine.")
		}
	}
	a := b.upload(before, "attach", map[string]string{"file_for": "all"}, map[string]string{"other.txt": "Other."})
	if a.StatusCode != http.StatusConflict {
		t.Errorf("attaching: %s", a.Status)
	}
	texts, err := h.app.Composer.Texts(t.Context(), h.event.ID, m.Occasion())
	files, err2 := h.app.Composer.Attachments(t.Context(), h.event.ID, m.Occasion())
	if err != nil || err2 != nil || len(texts) != 1 || texts["en"].Version != 1 || len(files) != 1 {
		t.Errorf("the texts are %v, the files %v (%v, %v)", texts, files, err, err2)
	}

	b.follow(b.submit(page, `form[action$="/withdraw"]`, nil))
	typed.Set("do", "save")
	b.follow(b.submit(before, "main form.form", typed))
}

func TestWhoWroteTheTextDoesNotApproveIt(t *testing.T) {
	h := open(t)
	h.invent(1)
	e := h.event
	e.FourEyes = true
	h.saveEvent(e)
	m := h.addMessage()
	writer, other, path := h.as(account.Administrator), h.as(account.Organiser), messagesPage+"/"+m.ID
	typed := url.Values{"subject": {"Buses"}, "body": {"They leave at eight."}, "do": {"save"}}
	writer.follow(writer.submit(writer.open("/desk/e/autumn/texts/"+m.Occasion()+"?language=en"), "main form.form", typed))
	other.follow(other.submit(other.open(path), `form[action$="/release"]`, url.Values{"when": {"now"}}))
	if writer.open(path).Find(`form[action$="/approve"]`).Length() != 0 {
		t.Error("who wrote the text is offered to approve it")
	}
	m, err := h.app.Messages.Get(t.Context(), e, m.ID)
	if err != nil {
		t.Fatal(err)
	}
	values := writer.proof()
	values.Set("seen", m.Changed.Format(time.RFC3339Nano))
	wantText(t, writer.send(http.MethodPost, path+"/approve", values).doc(), "main", "you submitted it or wrote some of it")
	h.queueMessages(0)
}
