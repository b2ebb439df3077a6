// Package signup keeps who takes part in which session of a programme: the sessions
// that organisers open for it, their places, the waiting list of each, and what stands
// in somebody's way.
package signup

import (
	"context"
	"errors"
	"slices"
	"time"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/store"
)

// Opening is a session that delegates can sign up for.
type Opening struct {
	ID         string    `json:"id"` // the session's
	Event      string    `json:"event"`
	Places     int       `json:"places,omitzero"`      // 0: no limit
	Categories []string  `json:"categories,omitempty"` // of delegates; none: all
	Opens      time.Time `json:"opens,omitzero"`       // zero: at once
	Closes     time.Time `json:"closes,omitzero"`      // zero: when the session begins

	// Of all openings of the event with the same group, which all have the same Most,
	// a delegate has a place in Most at a time. An empty group is none.
	Group string `json:"group,omitempty"`
	Most  int    `json:"most,omitzero"`

	Ended  time.Time `json:"ended,omitzero"`   // since when it is open for nobody any more, and whoever had signed up is let go
	Reason string    `json:"reason,omitempty"` // why it ended, as the letter tells it
}

// Admits reports whether delegates of the category can sign up.
func (o Opening) Admits(category string) bool {
	return len(o.Categories) == 0 || slices.Contains(o.Categories, category)
}

// Entry is a delegate's place in a session, or on its waiting list.
type Entry struct {
	ID       string    `json:"id"`
	Session  string    `json:"session"`
	Event    string    `json:"event"`
	Delegate string    `json:"delegate"`
	Since    time.Time `json:"since"`
	Number   int       `json:"number,omitzero"` // on the waiting list: a lower one goes first; 0: has a place
	Queue    string    `json:"queue"`           // see queueKey
}

// Waits reports whether it is one on the waiting list.
func (e Entry) Waits() bool { return e.Number > 0 }

// entryID names the only entry that the delegate can have for the session.
func entryID(session, delegate string) string { return session + "/" + delegate }

// queueKey sorts who has a place by when they got it, and who waits by number.
func (e Entry) queueKey() string {
	if e.Waits() {
		return queueWaiting + pad(e.Number)
	}
	return queueIn + e.Since.UTC().Format(store.TimeLayout)
}

const queueIn, queueWaiting = "in ", "waiting "

var (
	openings = store.NewCollection("signup_openings", func(o Opening) string { return o.ID },
		store.On("event", "event"))
	entries = store.NewCollection("signups", func(e Entry) string { return e.ID },
		store.On("session", "session", "queue"),
		store.On("delegate", "delegate"))
)

// Collections lists the package's schemas.
func Collections() []store.Schema {
	return []store.Schema{openings.Schema(), entries.Schema(), ledgers.Schema()}
}

// Service keeps them.
type Service struct {
	DB        *store.DB
	Clock     func() time.Time
	Events    *event.Service
	Programme *programme.Service
	Delegates *delegate.Service
}

// Occasions of letters to those who signed up.
const (
	OccasionMovedUp   = "signup.moved_up"  // from the waiting list
	OccasionAdded     = "signup.added"     // by the organisers
	OccasionRemoved   = "signup.removed"   // by the organisers
	OccasionCancelled = "signup.cancelled" // nobody can sign up for the session any more
)

// letter queues a letter about the session. What it says is over once the session has
// begun.
func (s *Service) letter(ctx context.Context, tx *store.Tx, d delegate.Delegate, session programme.Session, occasion, reason string) error {
	l := outbox.Letter{
		ID:       outbox.ID(occasion, d.ID, session.ID, s.Clock().UTC().Format("20060102T150405.000")),
		Occasion: occasion, Event: d.Event, Person: d.ID, Language: d.Language,
		To:   outbox.Address{Name: d.Name, Email: d.Email},
		Data: map[string]string{"session": session.ID, "reason": reason}, Deadline: session.Start,
	}
	_, err := outbox.Queue(ctx, tx, s.Clock(), l)
	return err
}

// Opening returns how the session is opened; ok is false when it never was.
func (s *Service) Opening(ctx context.Context, session string) (o Opening, ok bool, err error) {
	o, err = openings.Get(ctx, s.DB, session)
	if errors.Is(err, store.ErrNotFound) {
		return o, false, nil
	}
	return o, err == nil, err
}

// get reads an opening that holds, or is a problem of kind NotFound.
func (s *Service) get(ctx context.Context, tx *store.Tx, session string) (Opening, error) {
	o, err := openings.Get(ctx, tx, session)
	if errors.Is(err, store.ErrNotFound) || err == nil && !o.Ended.IsZero() {
		return o, problem.New(problem.NotFound, "problem.session_not_found")
	}
	return o, err
}
