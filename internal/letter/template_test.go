package letter_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/letter"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/reminder"
	"convene/internal/store"
)

// write saves a text of the event's own.
func (f fixture) write(t *testing.T, draft letter.Template) (letter.Template, error) {
	t.Helper()
	draft.Event = f.event.ID
	var saved letter.Template
	err := f.app.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		saved, err = f.app.Composer.Save(t.Context(), tx, draft)
		return err
	})
	return saved, err
}

func TestTheEventsOwnTextGoesFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	own := letter.Template{Occasion: delegate.OccasionAwaiting, Language: "fr", Subject: "Merci, {{.Name}}", Body: "Nous vous écrirons. **{{.Event}}**"}
	saved, err := f.write(t, own)
	if err != nil || saved.Version != 1 {
		t.Fatalf("version %d, %v", saved.Version, err)
	}
	if m := f.compose(t, delegate.OccasionAwaiting, "fr", outbox.ForSending); m.Subject != "Merci, Amina Haddad" || !strings.Contains(m.HTML, "<strong>Conférence d'essai</strong>") {
		t.Errorf("the letter is %q\n%s", m.Subject, m.HTML)
	}
	if m := f.compose(t, delegate.OccasionAwaiting, "en", outbox.ForSending); !strings.Contains(m.Subject, "has arrived") {
		t.Errorf("in another language it is %q; want the program's own", m.Subject)
	}
	if _, err := f.write(t, own); problem.KindOf(err) != problem.Conflict {
		t.Errorf("saving over a newer version: %v", err)
	}
	saved.Withdrawn = true
	if _, err := f.write(t, saved); err != nil {
		t.Fatal(err)
	}
	if m := f.compose(t, delegate.OccasionAwaiting, "fr", outbox.ForSending); strings.HasPrefix(m.Subject, "Merci,") {
		t.Error("a text that was withdrawn is still used")
	}
	history, err := f.app.Composer.Versions(t.Context(), f.app.DB, f.event.ID, delegate.OccasionAwaiting, "fr")
	if err != nil || len(history) != 2 || history[0].Version != 2 || history[1].Subject != own.Subject {
		t.Errorf("the versions are %+v, %v", history, err)
	}
}

func TestARulesTextFallsBackToWhatTheEventSpeaks(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	l := f.letter("rule.r1", "en")
	if _, err := f.app.Composer.Compose(t.Context(), l, outbox.ForReading); err == nil {
		t.Error("a letter is written without a text")
	}
	if _, err := f.write(t, letter.Template{Occasion: "rule.r1", Language: "es", Subject: "Hola", Body: "Abra [su credencial]({{.BadgeLink}})."}); err != nil {
		t.Fatal(err)
	}
	if m := f.compose(t, "rule.r1", "en", outbox.ForSending); m.Subject != "Hola" || !strings.Contains(m.HTML, `lang="es"`) {
		t.Errorf("the letter is %q", m.Subject)
	}
}

// A language that the program does not speak, written from right to left.
func TestATextInArabic(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "أمينة حداد")
	if _, err := f.write(t, letter.Template{Occasion: delegate.OccasionAwaiting, Language: "ar", Subject: "مرحبا {{.Name}}", Body: "شكرا لتسجيلكم."}); err != nil {
		t.Fatal(err)
	}
	m := f.compose(t, delegate.OccasionAwaiting, "ar", outbox.ForSending)
	if !strings.Contains(m.HTML, `lang="en" dir="ltr" style=`) { // the program's own words at the foot
		t.Error("the foot has no direction of its own")
	}
	if m.Subject != "مرحبا أمينة حداد" || !strings.Contains(m.HTML, `<html lang="ar" dir="rtl">`) {
		t.Errorf("the letter is %q\n%.200s", m.Subject, m.HTML)
	}
}

func TestTextsThatAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	sound := letter.Template{Occasion: "message.m1", Language: "en", Subject: "Hello", Body: "Text"}
	for name, c := range map[string]struct {
		spoil func(*letter.Template)
		field string
		key   string
	}{
		"no subject":            {func(t *letter.Template) { t.Subject = " \n" }, "subject", "problem.field.required"},
		"no body":               {func(t *letter.Template) { t.Body = "" }, "body", "problem.field.required"},
		"a long subject":        {func(t *letter.Template) { t.Subject = strings.Repeat("é", 201) }, "subject", "problem.field.too_long"},
		"an unknown":            {func(t *letter.Template) { t.Body = "Dear {{.Nome}}" }, "body", "problem.text_placeholder"},
		"unknown in an if":      {func(t *letter.Template) { t.Body = "{{if .Nome}}x{{end}}" }, "body", "problem.text_placeholder"},
		"unknown in the title":  {func(t *letter.Template) { t.Subject = "{{.Nome}}" }, "subject", "problem.text_placeholder"},
		"another occasion's":    {func(t *letter.Template) { t.Body = "{{.UnsubscribeLink}}" }, "body", "problem.text_placeholder"},
		"a function":            {func(t *letter.Template) { t.Body = `{{printf "%s" .Name}}` }, "body", "problem.text_plain"},
		"a loop":                {func(t *letter.Template) { t.Body = "{{range .Name}}x{{end}}" }, "body", "problem.text_plain"},
		"a template within":     {func(t *letter.Template) { t.Body = `{{define "x"}}y{{end}}{{template "x"}}` }, "body", "problem.text_plain"},
		"a brace left open":     {func(t *letter.Template) { t.Body = "{{.Name" }, "body", "problem.text_braces"},
		"a trimmed body":        {func(t *letter.Template) { t.Body = "{{- .Name}}" }, "body", "problem.text_plain"},
		"a trimmed subject":     {func(t *letter.Template) { t.Subject = "{{.Name -}}" }, "subject", "problem.text_plain"},
		"HTML":                  {func(t *letter.Template) { t.Body = "Read <b>this</b>" }, "body", "problem.text_html"},
		"a block of HTML":       {func(t *letter.Template) { t.Body = "Hello\n\n<div>this</div>" }, "body", "problem.text_html"},
		"a picture elsewhere":   {func(t *letter.Template) { t.Body = "![](https://example.org/seen.gif)" }, "body", "problem.text_image"},
		"an if that never ends": {func(t *letter.Template) { t.Body = "{{if .Name}}" }, "body", "problem.text_braces"},
	} {
		draft := sound
		c.spoil(&draft)
		_, err := f.write(t, draft)
		var told *problem.Error
		if !errors.As(err, &told) || !slices.ContainsFunc(told.Fields, func(p problem.Field) bool { return p.Name == c.field && p.Key == c.key }) {
			t.Errorf("%s: %v", name, err)
		}
	}
	sound.Body = "1 < 2, see <https://example.org>"
	if _, err := f.write(t, sound); err != nil {
		t.Errorf("a sound text: %v", err)
	}
}

func TestNoLetterWithAnEmptyPlaceholder(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	draft := letter.Template{Occasion: "rule.r1", Language: "en", Subject: "Hello", Body: "In {{.SessionRoom}}."}
	if _, err := f.write(t, draft); err != nil {
		t.Fatal(err)
	}
	l := f.letter("rule.r1", "en")
	if _, err := f.app.Composer.Compose(t.Context(), l, outbox.ForSending); err == nil || !strings.Contains(err.Error(), "SessionRoom") {
		t.Errorf("composed with %v; want the placeholder named", err)
	}
	l.Data = map[string]string{"session": f.session}
	if m, err := f.app.Composer.Compose(t.Context(), l, outbox.ForSending); err != nil || !strings.Contains(m.Text, "In Great hall.") {
		t.Errorf("with a session: %q, %v", m.Text, err)
	}
	l.Data = nil
	for i, change := range []func(*letter.Template){
		func(t *letter.Template) { t.Body = "{{if .SessionRoom}}In {{.SessionRoom}}.{{else}}Somewhere.{{end}}" },
		func(t *letter.Template) { t.AllowEmpty = true },
	} {
		again := draft
		again.Version = i + 1
		change(&again)
		if _, err := f.write(t, again); err != nil {
			t.Fatal(err)
		}
		if _, err := f.app.Composer.Compose(t.Context(), l, outbox.ForSending); err != nil {
			t.Errorf("where it is allowed: %v", err)
		}
	}
	if _, err := f.app.Composer.Compose(t.Context(), f.letter(reminder.OccasionSurvey, "en"), outbox.ForSending); err != nil {
		t.Errorf("the survey with its link: %v", err)
	}
	f.event = apptest.Event(t, f.app, func(e *event.Event) { e.ID, e.Slug = f.event.ID, f.event.Slug })
	if _, err := f.app.Composer.Compose(t.Context(), f.letter(reminder.OccasionSurvey, "en"), outbox.ForSending); err == nil {
		t.Error("a survey without its link goes out")
	}
}

func TestTheSessionsTimeByTwoClocks(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	form := delegate.FormOf(f.delegate)
	form.TimeZone = "Europe/Dublin"
	if _, err := f.app.Delegates.Update(t.Context(), f.delegate.ID, form); err != nil {
		t.Fatal(err)
	}
	m := f.compose(t, reminder.OccasionSession, "en", outbox.ForSending)
	if !strings.Contains(m.Text, "31 May 2027, 09:00 CST") || !strings.Contains(m.Text, "31 May 2027, 16:00 IST") {
		t.Errorf("the letter says\n%s", m.Text)
	}
}

func TestDaysAreCountedFromWhenItIsDue(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	l := f.letter(reminder.OccasionWeek, "en")
	l.Data["due"] = f.event.FirstDay().Add(-15 * time.Hour).Format(time.RFC3339)
	m, err := f.app.Composer.Compose(t.Context(), l, outbox.ForSending)
	if err != nil || m.Subject != "Tomorrow: Test Conference" {
		t.Errorf("the subject is %q, %v", m.Subject, err)
	}
}

func TestPlainTextOfEverythingThatMarkdownHas(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	if _, err := f.write(t, letter.Template{
		Occasion: delegate.OccasionAwaiting, Language: "en", Subject: "Hello",
		Body: "# Buses\n\n3. north\n4. *south*\n\n- a\n- [map](https://example.org/map)\n\nSee <https://example.org/all>.\n\n> `quoted`\n>\n> twice\n\n---\n\n    18:00  dinner",
	}); err != nil {
		t.Fatal(err)
	}
	m := f.compose(t, delegate.OccasionAwaiting, "en", outbox.ForSending)
	const want = "Buses\n\n3. north\n4. south\n\n- a\n- map (https://example.org/map)\n\nSee https://example.org/all.\n\nquoted\ntwice\n\n* * *\n\n18:00  dinner\n"
	if !strings.HasPrefix(m.Text, want) {
		t.Errorf("got\n%s\nwant\n%s", m.Text, want)
	}
}

// A picture that hides behind a condition would still tell its server who reads.
func TestPicturesFromElsewhereNeverGoOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	if _, err := f.write(t, letter.Template{
		Occasion: delegate.OccasionAwaiting, Language: "en", Subject: "Hello", Body: "See !{{if .Name}}[x](https://tracker.test/p.png){{end}}",
	}); err != nil {
		t.Fatal(err)
	}
	if m := f.compose(t, delegate.OccasionAwaiting, "en", outbox.ForSending); strings.Contains(m.HTML, "tracker") {
		t.Errorf("the letter is %s", m.HTML)
	}
}

// A text that the program no longer understands fails its own letters and no others,
// and can be mended.
func TestATextThatNoLongerHolds(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	old := letter.Template{ID: "old", Event: f.event.ID, Occasion: delegate.OccasionAwaiting, Language: "en", Version: 1, Subject: "Hello", Body: "{{.Nickname}}"}
	if err := f.app.DB.Update(t.Context(), func(tx *store.Tx) error { return letter.PutTemplate(tx, old) }); err != nil {
		t.Fatal(err)
	}
	l := f.letter(delegate.OccasionAwaiting, "en")
	if _, err := f.app.Composer.Compose(t.Context(), l, outbox.ForSending); err == nil || !strings.Contains(err.Error(), "Nickname") {
		t.Errorf("its letter: %v", err)
	}
	f.compose(t, delegate.OccasionDeclined, "en", outbox.ForSending)
	f.compose(t, delegate.OccasionAwaiting, "fr", outbox.ForSending)
	texts, err := f.app.Composer.Texts(t.Context(), f.event.ID, delegate.OccasionAwaiting)
	if err != nil || texts["en"].Body != old.Body {
		t.Errorf("the desk sees %+v, %v", texts, err)
	}
	old.Body = "Mended."
	if _, err := f.write(t, old); err != nil {
		t.Fatal(err)
	}
	f.compose(t, delegate.OccasionAwaiting, "en", outbox.ForSending)
}

// Of two who save the first version at once, the second is told so.
func TestTwoWhoSaveAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	mine := letter.Template{Event: f.event.ID, Occasion: delegate.OccasionAwaiting, Language: "en", Subject: "Mine", Body: "Mine"}
	theirs := mine
	theirs.Subject = "Theirs"
	first := true
	err := f.app.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := f.app.Composer.Save(t.Context(), tx, mine)
		if first {
			first = false
			if _, err := f.write(t, theirs); err != nil {
				t.Fatal(err)
			}
		}
		return err
	})
	if problem.KindOf(err) != problem.Conflict {
		t.Errorf("the second is told %v", err)
	}
}

// What is read in another language than one's own says so to mail programs.
func TestALetterTellsItsLanguage(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	if _, err := f.write(t, letter.Template{Occasion: "message.m1", Language: "en", Subject: "Hello", Body: "Text"}); err != nil {
		t.Fatal(err)
	}
	l := f.letter(delegate.OccasionAwaiting, "fr")
	l.Occasion = "message.m1"
	if m, err := f.app.Composer.Compose(t.Context(), l, outbox.ForSending); err != nil || m.Language != "en" {
		t.Errorf("an English text says %q, %v", m.Language, err)
	}
}
