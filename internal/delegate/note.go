package delegate

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// MaxNote is the longest note, in characters.
const MaxNote = 2000

// Note is what the desk has written down about a person. Nobody else sees it.
type Note struct {
	ID       string      `json:"id"`
	Delegate string      `json:"delegate"`
	At       time.Time   `json:"at"`
	By       audit.Actor `json:"by"`
	Text     string      `json:"text"`
}

var notes = store.NewCollection("delegate_notes", func(n Note) string { return n.ID }, store.On("delegate", "delegate", "at"))

// AddNote keeps a note about a person. A fault is a problem of kind Invalid, of the
// field "note".
func (s *Service) AddNote(ctx context.Context, id, typed string) (Note, error) {
	n := Note{ID: store.NewID(), At: s.clock().UTC().Truncate(time.Millisecond), By: audit.By(ctx), Text: person.Tidy(typed)}
	var faults problem.Form
	switch length := utf8.RuneCountInString(n.Text); {
	case n.Text == "":
		faults.Add("note", "problem.field.required")
	case length > MaxNote:
		faults.Add("note", "problem.field.too_long", "Max", MaxNote, "Length", length)
	}
	if err := faults.Err(); err != nil {
		return n, err
	}
	return n, s.db.Update(ctx, func(tx *store.Tx) error {
		d, err := s.get(ctx, tx, id)
		if err != nil {
			return err
		}
		n.Delegate = d.ID
		if err := notes.Create(tx, n); err != nil {
			return err
		}
		return s.record(ctx, tx, d, "delegate.note", nil)
	})
}

// RemoveNote deletes a note about the person. One that is gone already is no error.
func (s *Service) RemoveNote(ctx context.Context, id, note string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		d, err := s.get(ctx, tx, id)
		if err != nil {
			return err
		}
		n, err := notes.Get(ctx, tx, note)
		if isMissing(err) || err == nil && !slices.Contains(d.IDs(), n.Delegate) {
			return nil
		}
		if err != nil {
			return err
		}
		return errors.Join(notes.Delete(ctx, tx, note), s.record(ctx, tx, d, "delegate.note_remove", nil))
	})
}

// Notes lists what was written down about the person, the oldest first, also while
// there were two registrations.
func (s *Service) Notes(ctx context.Context, d Delegate) ([]Note, error) {
	var all []Note
	for _, id := range d.IDs() {
		list, err := notes.List(ctx, s.db, store.By("delegate", id))
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b Note) int { return a.At.Compare(b.At) })
	return all, nil
}

// IDs are the registration's own id and those of what was merged into it, under
// which letters, scans, notes and the audit trail know it.
func (d Delegate) IDs() []string { return append([]string{d.ID}, d.Also...) }

func isMissing(err error) bool { return errors.Is(err, store.ErrNotFound) }
