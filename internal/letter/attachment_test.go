package letter_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/letter"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

// attach adds a text file to letters that tell of a registration awaiting approval.
func (f fixture) attach(t *testing.T, lang, name, content string) error {
	t.Helper()
	return f.app.DB.Update(t.Context(), func(tx *store.Tx) error {
		return f.app.Composer.Attach(t.Context(), tx, "file", letter.Attachment{
			Event: f.event.ID, Occasion: delegate.OccasionAwaiting, Language: lang,
		}, letter.Upload{Name: name, Data: []byte(content)})
	})
}

func (f fixture) detach(t *testing.T, occasion, id string) {
	t.Helper()
	err := f.app.DB.Update(t.Context(), func(tx *store.Tx) error {
		return f.app.Composer.Detach(t.Context(), tx, f.event.ID, occasion, id)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (f fixture) attachments(t *testing.T) []letter.Attachment {
	t.Helper()
	list, err := f.app.Composer.Attachments(t.Context(), f.event.ID, delegate.OccasionAwaiting)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFilesGoWithTheirLetters(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	for _, a := range [][3]string{{"", "map.txt", "A map."}, {"fr", "plan.csv", "rue,ville\n"}} {
		if err := f.attach(t, a[0], a[1], a[2]); err != nil {
			t.Fatal(err)
		}
	}
	for lang, want := range map[string][]string{"en": {"map.txt"}, "fr": {"map.txt", "plan.csv"}, "es": {"map.txt"}} {
		m := f.compose(t, delegate.OccasionAwaiting, lang, outbox.ForSending)
		if got := m.Copy().Files; !slices.Equal(got, want) {
			t.Errorf("the letter in %q brings %q; want %q", lang, got, want)
		}
	}
	m := f.compose(t, delegate.OccasionAwaiting, "fr", outbox.ForSending)
	if file := m.Attached[1]; file.ContentType != "text/csv; charset=utf-8" || string(file.Data) != "rue,ville\n" {
		t.Errorf("the file is %s: %q", file.ContentType, file.Data)
	}
	if other := f.compose(t, delegate.OccasionDeclined, "en", outbox.ForSending); len(other.Attached) != 0 {
		t.Error("the file goes with another letter too")
	}

	list := f.attachments(t)
	f.detach(t, delegate.OccasionDeclined, list[0].ID) // of another letter
	for range 2 {
		f.detach(t, delegate.OccasionAwaiting, list[0].ID)
	}
	if m := f.compose(t, delegate.OccasionAwaiting, "en", outbox.ForSending); len(m.Attached) != 0 {
		t.Error("what was taken away still goes with the letter")
	}
	if _, err := f.app.Files.Get(t.Context(), list[0].File.ID); problem.KindOf(err) != problem.NotFound {
		t.Errorf("its content is still there: %v", err)
	}
	var did []string
	trail, err := audit.Of(t.Context(), f.app.DB, "text/"+delegate.OccasionAwaiting)
	for _, entry := range trail {
		did = append(did, entry.Action+" "+entry.To)
	}
	slices.Sort(did)
	if err != nil || !slices.Equal(did, []string{"text.attach map.txt", "text.attach plan.csv", "text.detach map.txt"}) {
		t.Errorf("the trail says %q, %v", did, err)
	}
}

func TestFilesTogetherBeyondTheLimitAreLinked(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	f.app.Composer.MaxAttached = 100
	for _, name := range []string{"a.txt", "b [draft].txt", "c.txt"} {
		if err := f.attach(t, "", name, strings.Repeat(name[:1], 60)); err != nil {
			t.Fatal(err)
		}
	}
	m := f.compose(t, delegate.OccasionAwaiting, "en", outbox.ForSending)
	if got := m.Copy().Files; !slices.Equal(got, []string{"a.txt"}) {
		t.Errorf("the letter brings %q", got)
	}
	for _, a := range f.attachments(t)[1:] {
		link := "http://convene.test/files/" + f.app.Files.Token(a.File)
		if !strings.Contains(m.HTML, `<a href="`+link+`">`+a.File.Name+`</a>`) || !strings.Contains(m.Text, "- "+a.File.Name+" ("+link+")") {
			t.Errorf("the letter does not lead to %s: %s", a.File.Name, m.Text)
		}
	}
}

func TestFilesThatAreNotTaken(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	if err := f.attach(t, "", "a.exe", "MZ"); problem.KindOf(err) != problem.Invalid || len(f.attachments(t)) != 0 {
		t.Errorf("a program: %v", err)
	}
	var told *problem.Error
	err := f.app.DB.Update(t.Context(), func(tx *store.Tx) error { // more at once than there may be
		a := letter.Attachment{Event: f.event.ID, Occasion: delegate.OccasionAwaiting}
		return f.app.Composer.Attach(t.Context(), tx, "file", a, make([]letter.Upload, 11)...)
	})
	if !errors.As(err, &told) || told.Fields[0].Key != "problem.field.file_many" {
		t.Errorf("eleven at once: %v", err)
	}
	for i := range 10 {
		if err := f.attach(t, "", fmt.Sprintf("%d.txt", i), "text"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.attach(t, "", "11.txt", "text"); !errors.As(err, &told) || told.Fields[0].Key != "problem.field.file_many" {
		t.Errorf("one too many: %v", err)
	}
}
