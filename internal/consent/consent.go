// Package consent keeps the texts that people agree to when they register. A text
// never changes: who edits it makes another version, and what somebody agreed to
// can be read for as long as anything is kept of them.
package consent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/link"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Text is one version of what people agree to, in one language. It is plain text
// of several paragraphs.
type Text struct {
	ID       string    `json:"id"`
	Event    string    `json:"event"` // the event's id; empty: the program's own text
	Language string    `json:"language"`
	Number   int       `json:"number"` // of the event and language, from 1; 0: the program's
	Text     string    `json:"text"`   // empty: from here on the program's text holds again
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"` // who wrote it
}

// MaxText is the longest text, in characters.
const MaxText = 20_000

var texts = store.NewCollection("consents", func(t Text) string { return t.ID },
	store.On("number", "event", "language", "number"))

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{texts.Schema()} }

// Service keeps the texts.
type Service struct {
	DB    *store.DB
	Clock func() time.Time

	// Default is the program's text for an event, in a language.
	Default func(e event.Event, language string) string

	current store.Memo[string, Text]
}

// Current is what people who read the language agree to now: the event's text in
// it, or in the first of the event's languages that has one, or the program's.
func (s *Service) Current(ctx context.Context, e event.Event, language string) (Text, error) {
	for _, lang := range append([]string{language}, e.Languages...) {
		t, err := s.Latest(ctx, e, lang)
		if err != nil || t.Text != "" {
			return t, err
		}
	}
	return s.program(e, language), nil
}

// program is the program's text. Its id is made of it, so that a program that says
// something else does not change what was agreed to.
func (s *Service) program(e event.Event, language string) Text {
	text := s.Default(e, language)
	return Text{ID: "program/" + language + "/" + link.Hash(text)[:16], Language: language, Text: text}
}

// Latest is the event's last version in the language, zero if it has none.
func (s *Service) Latest(ctx context.Context, e event.Event, language string) (Text, error) {
	return s.current.Get(s.DB, e.ID+"/"+language, func() (Text, error) { return latest(ctx, s.DB, e.ID, language) }, texts.Schema().Name)
}

func latest(ctx context.Context, r store.Reader, event, language string) (Text, error) {
	t, err := texts.First(ctx, r, store.By("number", event, language).Backwards())
	if errors.Is(err, store.ErrNotFound) {
		return Text{}, nil
	}
	return t, err
}

// Versions lists the event's texts in the language, the latest first.
func (s *Service) Versions(ctx context.Context, e event.Event, language string) ([]Text, error) {
	return texts.List(ctx, s.DB, store.By("number", e.ID, language).Backwards())
}

// Get returns the text with the id, or a problem of kind NotFound: also for
// another event's.
func (s *Service) Get(ctx context.Context, e event.Event, id string) (Text, error) {
	t, err := texts.Get(ctx, s.DB, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && t.Event != "" && t.Event != e.ID {
		return Text{}, problem.New(problem.NotFound, "problem.consent_not_found")
	}
	return t, err
}

// Save makes what was typed the text of the event and language from now on; an
// empty one has the program's text hold. seen is the number of the version that was
// edited: a problem of kind Conflict says that there is a later one. Faults are of
// kind Invalid, and of the field text.
func (s *Service) Save(ctx context.Context, e event.Event, language, typed string, seen int) (Text, error) {
	typed = person.Tidy(typed)
	if n := utf8.RuneCountInString(typed); n > MaxText {
		var faults problem.Form
		faults.Add("text", "problem.field.too_long", "Max", MaxText, "Length", n)
		return Text{}, faults.Err()
	}
	var t Text
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if t, err = latest(ctx, tx, e.ID, language); err != nil {
			return err
		}
		if t.Text == typed {
			return nil
		}
		if t.Number != seen {
			return problem.New(problem.Conflict, "problem.consent_edited")
		}
		t = s.version(ctx, e, language, t.Number+1, typed)
		if err := texts.Create(tx, t); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "consent.change", Event: e.ID, Subject: "consent/" + language})
	})
	if store.IsDuplicate(err, "id") { // two at once
		return t, problem.Wrap(err, problem.Conflict, "problem.consent_edited")
	}
	return t, err
}

// version is a text as it is written now.
func (s *Service) version(ctx context.Context, e event.Event, language string, number int, text string) Text {
	return Text{
		ID: fmt.Sprintf("%s/%s/%d", e.ID, language, number), Event: e.ID, Language: language, Number: number, Text: text,
		At: s.Clock().UTC().Truncate(time.Millisecond), By: audit.By(ctx).Name,
	}
}

// Agreed checks that the text with the id is what the event asks people to agree to
// now, and sees to it in the transaction that it can be read from then on. Without
// an id it is the text of the language. That it is so no longer is a fault of the
// field consent.
func (s *Service) Agreed(ctx context.Context, tx *store.Tx, e event.Event, id, language string) (Text, error) {
	t, err := s.shown(ctx, tx, e, id, language)
	if err != nil {
		return t, err
	}
	if t.Event != "" {
		return t, nil
	}
	if _, err := texts.Get(ctx, tx, t.ID); !errors.Is(err, store.ErrNotFound) {
		return t, err
	}
	t.At = s.Clock().UTC().Truncate(time.Millisecond)
	return t, texts.Put(tx, t)
}

// shown finds the text among those that readers of any language are shown now.
func (s *Service) shown(ctx context.Context, tx *store.Tx, e event.Event, id, language string) (Text, error) {
	if id == "" {
		return s.Current(ctx, e, language)
	}
	known, err := texts.Get(ctx, tx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return known, err
	}
	now, err := s.Current(ctx, e, cmp.Or(known.Language, languageOf(id)))
	if err == nil && now.ID != id {
		var faults problem.Form
		faults.Add("consent", "problem.field.consent_changed")
		err = faults.Err()
	}
	return now, err
}

// languageOf reads the language in the id of a text of the program's that nobody
// has agreed to yet.
func languageOf(id string) string {
	var language string
	if _, err := fmt.Sscanf(id, "program/%2s/", &language); err != nil {
		return ""
	}
	return language
}
