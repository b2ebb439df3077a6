// Package reminder turns dates and states into letters. An organiser's rule says
// when (so long before or after an anchor, at an hour, outside quiet hours), to
// whom (a selection of an audience) and how often; a job queues the letters of
// the rules that are due.
//
// # Runs
//
// A rule has a run for each mark of its anchor and each repetition: the
// conference of 31 May, the session at ten, the second time of asking. A run
// remembers how far it has come in one commit with the letters it has queued, and
// the letters have ids of rule, run and person, so nobody is written to twice,
// however often it is begun. Where people have instants of their own, by their
// time zones or by when they registered, a run goes on for as long as they
// differ.
//
// Letters are queued when they are due and composed when they are sent. What an
// organiser changes in between counts: see Stands.
package reminder

import (
	"context"
	"time"

	"convene/internal/audience"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/store"
)

// Service keeps rules and queues their letters.
type Service struct {
	DB       *store.DB
	Clock    func() time.Time
	Events   *event.Service
	Audience *audience.Registry

	// Try composes a letter without sending it, before a run's first goes out. Nil:
	// nothing is tried.
	Try func(ctx context.Context, l outbox.Letter) error

	// Faulty reports whether an error of Try is a fault of the letter's text. That,
	// or a problem, stops the rule; after any other error the run is tried again.
	Faulty func(error) bool

	// Refused lists the kinds of letters that a letter's reader does not want. Nil:
	// nobody refuses any.
	Refused func(ctx context.Context, l outbox.Letter) ([]outbox.Kind, error)
}

// Collections lists the package's schemas.
func Collections() []store.Schema {
	return []store.Schema{rules.Schema(), runs.Schema(), sets.Schema()}
}
