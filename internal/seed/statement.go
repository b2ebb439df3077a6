package seed

import (
	"fmt"
	"strings"
	"time"

	"convene/internal/event"
	"convene/internal/statement"
	"convene/seeds"
)

// statements makes the records of the outcome documents whose life is known: the
// state is the last that a source gives, the history holds those that have a
// day.
func (f facts) statements(e event.Event, of seeds.Event) ([]statement.Statement, error) {
	var list []statement.Statement
	for _, h := range f.programmes[of.Slug].Statements {
		document, ok := of.Document(h.Document)
		if !ok {
			return nil, fmt.Errorf("seed: %s has no document %q", of.Slug, h.Document)
		}
		made := statement.Statement{
			Event: e.ID, Slug: document.Slug, Title: text(document.Title), Kind: string(document.Kind), Parts: structure(document),
		}
		for _, known := range h.States {
			made.State = stateOf(known.State)
			if known.Date == "" {
				continue
			}
			at, err := noon(e, known.Date)
			if err != nil {
				return nil, fmt.Errorf("seed: %s of %s: %w", h.Document, of.Slug, err)
			}
			made.History = append(made.History, statement.Step{State: made.State, At: at, Note: noteOf(known)})
		}
		list = append(list, made)
	}
	return list, nil
}

// stateOf names the program's state for a seed's. A translation is a publication
// in further languages.
func stateOf(state string) statement.State {
	if state == "translated" {
		return statement.Published
	}
	return statement.State(state)
}

// noteOf is the note of a state, which says in any case that its day is assumed.
func noteOf(s seeds.StatementState) string {
	if s.Assumed && !strings.Contains(s.Note, "assumed") {
		return strings.TrimSpace(s.Note + " The day is assumed.")
	}
	return s.Note
}

// noon is the middle of a day at the event's place. It stands for a day without
// an hour, since it is the same day nearly everywhere.
func noon(e event.Event, day string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, day, e.Location())
	if err != nil {
		return t, err
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, e.Location()).UTC(), nil
}
