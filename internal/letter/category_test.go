package letter_test

import (
	"testing"

	"convene/internal/delegate"
	"convene/internal/letter"
	"convene/internal/outbox"
	"convene/internal/store"
)

// A category's text goes before everybody's, and that before the program's; its files
// go beside everybody's.
func TestATextForACategory(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "Amina Haddad")
	const occasion = delegate.OccasionAwaiting
	subject := func(category string) (string, int) {
		t.Helper()
		l := f.letter(occasion, "en")
		if category != "" {
			l.Data = map[string]string{"category": category}
		}
		m, err := f.app.Composer.Compose(t.Context(), l, outbox.ForSending)
		if err != nil {
			t.Fatal(err)
		}
		return m.Subject, len(m.Attached)
	}
	mine := f.delegate.Category
	write := func(code, lang, subject string) letter.Template {
		t.Helper()
		saved, err := f.write(t, letter.Template{Occasion: code, Language: lang, Subject: subject, Body: "Dear {{.Name}}"})
		if err != nil {
			t.Fatal(err)
		}
		return saved
	}
	attach := func(code, name string) {
		t.Helper()
		err := f.app.DB.Update(t.Context(), func(tx *store.Tx) error {
			return f.app.Composer.Attach(t.Context(), tx, "file", letter.Attachment{Event: f.event.ID, Occasion: code}, letter.Upload{Name: name, Data: []byte("A map.")})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	write(occasion, "en", "To everybody")
	write(letter.ForCategory(occasion, mine), "fr", "À vous")
	attach(occasion, "all.txt")
	attach(letter.ForCategory(occasion, mine), "mine.txt")
	if got, files := subject(""); got != "To everybody" || files != 2 {
		t.Errorf("without a text in the language: %q with %d files", got, files)
	}
	own := write(letter.ForCategory(occasion, mine), "en", "To you")
	if got, _ := subject(""); got != "To you" {
		t.Errorf("with one: %q", got)
	}
	if got, files := subject("somebody-else"); got != "To everybody" || files != 1 {
		t.Errorf("another category: %q with %d files", got, files)
	}
	if list, err := f.app.Composer.Categories(t.Context(), f.event.ID, occasion); err != nil || len(list) != 1 || list[0] != mine {
		t.Errorf("categories with texts: %v, %v", list, err)
	}
	own.Withdrawn = true
	if _, err := f.write(t, own); err != nil {
		t.Fatal(err)
	}
	if got, _ := subject(""); got != "To everybody" {
		t.Errorf("once withdrawn: %q", got)
	}
}
