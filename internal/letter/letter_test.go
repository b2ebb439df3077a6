package letter_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	ics "github.com/arran4/golang-ical"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/letter"
	"convene/internal/outbox"
	"convene/internal/privacy"
	"convene/internal/programme"
	"convene/internal/reminder"
	"convene/internal/signup"
	"convene/internal/statement"
	"convene/internal/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fixture is an event with somebody for every kind of letter.
type fixture struct {
	app          *app.App
	event        event.Event
	delegate     delegate.Delegate
	statement    statement.Statement
	session      string // its id
	subscription string
}

func newFixture(t *testing.T, name string) fixture {
	t.Helper()
	a, _ := apptest.New(t)
	f := fixture{app: a, event: apptest.Event(t, a, func(e *event.Event) {
		e.Registration.FocalApproval = true
		e.SurveyLink = "https://survey.example.org/iclc"
		e.Rooms = []event.Room{{ID: "hall", Name: i18n.Text{"en": "Great hall", "fr": "Grande salle", "es": "Sala grande"}}}
	})}
	err := a.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		if f.delegate, err = a.Delegates.Add(t.Context(), tx, f.event, apptest.Form(name, "amina@example.org"), a.Clock()); err != nil {
			return err
		}
		session, err := a.Programme.SaveSession(t.Context(), tx, f.event, programme.Session{
			Slug: "opening", Kind: programme.Plenary, Title: i18n.Text{"en": "Opening plenary", "fr": "Plénière d’ouverture", "es": "Plenaria de apertura"},
			Start: f.event.FirstDay().Add(9 * time.Hour), Minutes: 60, Room: "hall",
		})
		if err != nil {
			return err
		}
		f.session = session.ID
		f.statement, err = a.Statements.Save(t.Context(), tx, statement.Statement{
			Event: f.event.ID, Slug: "s", State: statement.Adopted,
			Title:   i18n.Text{"en": "Test Statement", "fr": "Déclaration d'essai", "es": "Declaración de prueba"},
			History: []statement.Step{{State: statement.Adopted, At: apptest.Now, Note: "By acclamation."}},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Statements.Subscribe(t.Context(), f.event.ID, "reader@example.org", "en"); err != nil {
		t.Fatal(err)
	}
	page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: f.event.ID}, "")
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("letters: %v, %v", page.Items, err)
	}
	f.subscription = page.Items[0].Data["subscription"]
	f.awaitFocal(t)
	return f
}

// awaitFocal has somebody wait for the approval of a city's focal point.
func (f fixture) awaitFocal(t *testing.T) {
	t.Helper()
	ctx, a := t.Context(), f.app
	err := a.DB.Update(ctx, func(tx *store.Tx) error {
		return a.Cities.Save(ctx, tx, city.City{ID: "larissa", Name: i18n.Text{"en": "Larissa", "es": "Larisa"}, Country: "GR"})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Cities.AddFocal(ctx, "larissa", city.TypedFocal{Name: "Ada Lagou", Email: "ada@example.org", Language: "en"}); err != nil {
		t.Fatal(err)
	}
	form := apptest.Form("Nadia Okafor", "nadia@example.org")
	form.City = "larissa"
	if err := a.Delegates.Register(ctx, f.event, form); err != nil {
		t.Fatal(err)
	}
	found, err := a.Delegates.Find(ctx, f.event.ID, delegate.Filter{City: "larissa"}, "", 1)
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%d found, %v", len(found.Items), err)
	}
	if _, err := a.Delegates.Verify(ctx, a.Delegates.VerifyToken(found.Items[0], 1)); err != nil {
		t.Fatal(err)
	}
}

// letter is a letter of the occasion in the language.
func (f fixture) letter(occasion, lang string) outbox.Letter {
	l := outbox.Letter{ID: "l", Occasion: occasion, Event: f.event.ID, Language: lang}
	if strings.HasPrefix(occasion, "statement.") {
		l.Data = map[string]string{"statement": f.statement.ID, "step": "0", "subscription": f.subscription}
		return l
	}
	if strings.HasPrefix(occasion, "focal.") {
		l.Data = map[string]string{"name": "Ada Lagou", "pass": "p1", "city": "larissa"}
		return l
	}
	if occasion == privacy.OccasionRetention {
		l.Data = map[string]string{"name": "Olga Organiser", "at": "2028-06-03T06:00:00Z", "count": "650"}
		return l
	}
	if occasion == delegate.OccasionErased {
		return l
	}
	l.Person = f.delegate.ID
	switch occasion {
	case delegate.OccasionNominated, delegate.OccasionNudged, delegate.OccasionJoined:
		l.Data = map[string]string{"city": "larissa", "role": string(delegate.RoleHead)}
	case reminder.OccasionWeek:
		l.Data = map[string]string{"due": f.event.FirstDay().AddDate(0, 0, -7).Format(time.RFC3339)}
	case reminder.OccasionSession, signup.OccasionMovedUp, signup.OccasionAdded, signup.OccasionRemoved, signup.OccasionCancelled:
		l.Data = map[string]string{"session": f.session}
	case delegate.OccasionVerify:
		l.Data = map[string]string{"serial": "1"}
	case delegate.OccasionOffered:
		l.Data = map[string]string{"offer_ends": "2027-05-12T15:00:00Z"}
	case delegate.OccasionTransfer, delegate.OccasionTransferKnown, delegate.OccasionTransferred:
		l.Data = map[string]string{"offer_ends": "2027-05-12T15:00:00Z", "colleague": f.delegate.ID}
	}
	return l
}

func (f fixture) compose(t *testing.T, occasion, lang string, p outbox.Purpose) outbox.Message {
	t.Helper()
	m, err := f.app.Composer.Compose(t.Context(), f.letter(occasion, lang), p)
	if err != nil {
		t.Fatalf("%s in %s: %v", occasion, lang, err)
	}
	return m
}

// tokens in links differ from run to run, as ids do.
var token = regexp.MustCompile(`(/(?:r|verify|follow|focal/link)/)[A-Za-z0-9_-]{22}`)

// TestEveryLetter compares each letter in each language with its golden file.
// Run with -update to accept a change, and read the difference.
func TestEveryLetter(t *testing.T) {
	f := newFixture(t, "Amina Haddad")
	for _, lang := range f.app.Catalogue.Languages() {
		for _, occasion := range letter.Occasions {
			t.Run(lang+"/"+occasion, func(t *testing.T) {
				m := f.compose(t, occasion, lang, outbox.ForSending)
				if strings.ContainsAny(m.Subject, "\r\n") || m.Subject == "" {
					t.Errorf("subject = %q", m.Subject)
				}
				for _, body := range []string{m.Text, m.HTML} {
					if strings.Contains(body, "{{") || strings.Contains(body, "<no value>") || strings.Contains(body, "letter.in_days") {
						t.Errorf("something was not filled in:\n%s", body)
					}
				}
				got := token.ReplaceAllString("Subject: "+m.Subject+"\n\n"+m.Text+"\n"+m.HTML, "${1}TOKEN")
				golden(t, filepath.Join("testdata", lang+"."+occasion+".golden"), got)
			})
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the difference. Got:\n%s", file, got)
	}
}

func TestBadgeLetterBringsCodeAndCalendar(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	m := f.compose(t, delegate.OccasionBadge, "en", outbox.ForSending)
	if len(m.Inline) != 1 || m.Inline[0].ContentType != "image/png" || !bytes.HasPrefix(m.Inline[0].Data, []byte("\x89PNG")) {
		t.Fatalf("inline parts: %d", len(m.Inline))
	}
	if !strings.Contains(m.HTML, `src="cid:`+m.Inline[0].ContentID+`"`) {
		t.Error("the HTML does not show the code")
	}
	if len(m.Attached) != 1 || !strings.HasPrefix(m.Attached[0].ContentType, "text/calendar") {
		t.Fatalf("attachments: %+v", m.Attached)
	}
	if cal, err := ics.ParseCalendar(bytes.NewReader(m.Attached[0].Data)); err != nil || len(cal.Events()) != 1 {
		t.Errorf("the calendar: %v", err)
	}
	if link := "http://convene.test/r/" + f.app.Delegates.ManageToken(f.delegate) + "/badge"; !strings.Contains(m.Text, link) || !strings.Contains(m.HTML, link) {
		t.Errorf("the link %s is missing", link)
	}
}

// TestDeskReadsNoPersonalLink: whoever reads letters at the desk could act as
// their recipient with a link, or walk in with the code.
func TestDeskReadsNoPersonalLink(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	for _, occasion := range letter.Occasions {
		m := f.compose(t, occasion, "en", outbox.ForReading)
		if found := token.FindString(m.Text + m.HTML); found != "" || len(m.Inline) > 0 {
			t.Errorf("%s shows %q and %d pictures", occasion, found, len(m.Inline))
		}
	}
}

func TestHostileNamesStayText(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		`<script>alert(1)</script>`, `[click](http://evil.example.com)`, `![x](http://evil.example.com/p.png)`, "**bold** _it_ `code`",
		`{{.Link}}`, `a\*b`, `Ünïcode "quotes" & <b>`, "# Heading", "1. one", "<http://evil.example.com>",
	} {
		f := newFixture(t, name)
		m := f.compose(t, delegate.OccasionAwaiting, "en", outbox.ForSending)
		if !strings.Contains(m.Text, "Dear "+name+",") {
			t.Errorf("text of %q:\n%s", name, m.Text)
		}
		for _, bad := range []string{"<script", `href="http://evil`, "<img", "<b>bold", "<strong>bold", "<em>it", "<code>", "<h1"} {
			if strings.Contains(m.HTML, bad) {
				t.Errorf("HTML of %q holds %s", name, bad)
			}
		}
		if strings.Contains(name, "{{") && strings.Count(m.HTML, f.app.Delegates.ManageToken(f.delegate)) > 1 {
			t.Error("a name was taken for a placeholder")
		}
	}
}

func TestAnswersGoWhereTheyShould(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	f.app.Composer.ReplyTo = outbox.Address{Name: "Help desk", Email: "help@example.org"}
	if m := f.compose(t, delegate.OccasionDeclined, "en", outbox.ForSending); m.ReplyTo.Email != "help@example.org" {
		t.Errorf("answers go to %+v", m.ReplyTo)
	}
}

// TestNothingTypedGoesToAnUnprovedAddress: anybody can enter anybody's address,
// so the letter there must not carry their words.
func TestNothingTypedGoesToAnUnprovedAddress(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Visit http://evil.example.com")
	if m := f.compose(t, delegate.OccasionVerify, "en", outbox.ForSending); strings.Contains(m.Text+m.HTML+m.Subject, "evil") {
		t.Errorf("the letter says:\n%s", m.Text)
	}
}

func TestReasonsStandInTheLetter(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	if _, err := f.app.Delegates.Decline(t.Context(), f.delegate.ID, "No room <left> [here](x)"); err != nil {
		t.Fatal(err)
	}
	m := f.compose(t, delegate.OccasionDeclined, "en", outbox.ForSending)
	if !strings.Contains(m.Text, "They wrote: No room <left> [here](x)") || !strings.Contains(m.HTML, "No room &lt;left&gt; [here](x)") {
		t.Errorf("text:\n%s\nHTML:\n%s", m.Text, m.HTML)
	}
	if _, err := f.app.Composer.Compose(t.Context(), f.letter(delegate.OccasionBadge, "en"), outbox.ForSending); err == nil {
		t.Error("a badge letter is written for who has no badge")
	}
}

func TestLoadRefusesBrokenTemplates(t *testing.T) {
	t.Parallel()
	a, _ := apptest.New(t)
	for name, content := range map[string]string{
		"unknown placeholder": "Subject: Hello\n\nDear {{.Nome}}",
		"another occasion's":  "Subject: Hello\n\n{{.UnsubscribeLink}}",
		"syntax":              "Subject: {{if}}",
		"a loop":              "Subject: Hello\n\n{{range .Event}}{{end}}",
		"a function":          "Subject: Hello\n\n{{printf .Event}}",
		"a variable":          "Subject: Hello\n\n{{$x := .Event}}",
	} {
		files := fstest.MapFS{"l/layout.html": {Data: []byte("{{.Body}}")}}
		for _, lang := range a.Catalogue.Languages() {
			for _, occasion := range letter.Occasions {
				files["l/"+lang+"/"+occasion+".md"] = &fstest.MapFile{Data: []byte("Subject: Hello\n\nText")}
			}
		}
		c := letter.Composer{Catalogue: a.Catalogue}
		if err := c.Load(files, "l"); err != nil {
			t.Fatalf("sound templates: %v", err)
		}
		files["l/fr/"+delegate.OccasionVerify+".md"] = &fstest.MapFile{Data: []byte(content)}
		if err := c.Load(files, "l"); err == nil || !strings.Contains(err.Error(), "fr/delegate.verify") {
			t.Errorf("%s: %v; want the template named", name, err)
		}
	}
}

func TestSinceIsToldInTheEventsZone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	m := f.compose(t, statement.OccasionChanged, "en", outbox.ForSending)
	want := apptest.Now.In(f.event.Location()).Format("15:04")
	if want == apptest.Now.Format("15:04") || !strings.Contains(m.Text, want) {
		t.Errorf("text: %s\nwant the local time %s", m.Text, want)
	}
}
