package audience

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/problem"
	"convene/internal/store"
)

// View is a selection that organisers keep under a name.
type View struct {
	ID        string    `json:"id"`
	Event     string    `json:"event"`
	Name      string    `json:"name"`
	Selection Selection `json:"selection"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
}

// MaxName is the longest name of a view, in characters.
const MaxName = 100

var views = store.NewCollection("audience_views", func(v View) string { return v.ID },
	store.Unique("name", "event", "name"))

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{views.Schema()} }

// Views lists an event's views by name.
func Views(ctx context.Context, r store.Reader, eventID string) ([]View, error) {
	return views.List(ctx, r, store.By("name", eventID))
}

// SaveView keeps the selection under the name for the context's actor. A name
// that the event has already gets the new selection. A name that is missing or
// too long is a problem of kind Invalid.
func SaveView(ctx context.Context, tx *store.Tx, now time.Time, v View) (View, error) {
	v.Name = strings.Join(strings.Fields(v.Name), " ")
	var faults problem.Form
	switch n := utf8.RuneCountInString(v.Name); {
	case n == 0:
		faults.Add("name", "problem.field.required")
	case n > MaxName:
		faults.Add("name", "problem.field.too_long", "Max", MaxName, "Length", n)
	}
	if err := faults.Err(); err != nil {
		return v, err
	}
	v.ID = store.NewID()
	known, err := views.First(ctx, tx, store.By("name", v.Event, v.Name))
	if err == nil {
		v.ID = known.ID
	} else if !errors.Is(err, store.ErrNotFound) {
		return v, err
	}
	v.By, v.At = audit.By(ctx).Name, now.UTC().Truncate(time.Millisecond)
	if known.ID == "" {
		err = views.Create(tx, v)
	} else {
		err = views.Put(tx, v)
	}
	if err != nil {
		return v, err
	}
	return v, audit.Record(ctx, tx, audit.Entry{At: now, Action: "view.save", Event: v.Event, Subject: "view/" + v.ID})
}
