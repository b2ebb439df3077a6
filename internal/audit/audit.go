// Package audit keeps who changed what, and when. An entry is committed with
// the change it tells of, so that there is never one without the other.
//
// An entry names fields and states, not what a person typed: erasing somebody
// leaves a trail that still makes sense.
package audit

import (
	"context"
	"time"

	"convene/internal/store"
)

// Entry is one line of the trail.
type Entry struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Actor   Actor     `json:"actor"`
	Action  string    `json:"action"`  // "delegate.approve"
	Event   string    `json:"event"`   // the event's id, or empty
	Subject string    `json:"subject"` // "delegate/<id>"
	From    string    `json:"from,omitempty"`
	To      string    `json:"to,omitempty"`
	Fields  []string  `json:"fields,omitempty"` // what was changed
	Reason  string    `json:"reason,omitempty"`
}

// Actor is who did it.
type Actor struct {
	Kind string `json:"kind"` // staff, delegate, guest, job, system
	ID   string `json:"id"`
	Name string `json:"name"` // a staff member's name; empty for delegates
}

// System acts when no person does: seeding, the command line.
var System = Actor{Kind: "system"}

// Delegate is the delegate with the id, acting through a personal link.
func Delegate(id string) Actor { return Actor{Kind: "delegate", ID: id} }

// Guest is whoever has the link of an invitation and no registration.
var Guest = Actor{Kind: "guest"}

// Job is the named job.
func Job(name string) Actor { return Actor{Kind: "job", ID: name} }

var entries = store.NewCollection("audit", func(e Entry) string { return e.ID },
	store.On("time", "at"),
	store.On("event", "event", "at"),
	store.On("subject", "subject", "at"),
)

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{entries.Schema()} }

type actorKey struct{}

// As returns a context whose changes are the actor's.
func As(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// By returns the actor of the context, System if none was named.
func By(ctx context.Context) Actor {
	if actor, ok := ctx.Value(actorKey{}).(Actor); ok {
		return actor
	}
	return System
}

// Record adds an entry to the transaction. The id is set here, and the actor is
// the context's unless the entry names one.
func Record(ctx context.Context, tx *store.Tx, e Entry) error {
	e.ID = store.NewID()
	if e.Actor == (Actor{}) {
		e.Actor = By(ctx)
	}
	return entries.Create(tx, e)
}

// Latest lists entries of an event, or of everything when event is empty, the
// newest first.
func Latest(ctx context.Context, r store.Reader, event, cursor string, limit int) (store.Page[Entry], error) {
	q := store.By("time")
	if event != "" {
		q = store.By("event", event)
	}
	return entries.Find(ctx, r, q.Backwards().After(cursor).Limit(limit))
}

// Of lists the trail of one subject, the newest first.
func Of(ctx context.Context, r store.Reader, subject string) ([]Entry, error) {
	page, err := entries.Find(ctx, r, store.By("subject", subject).Backwards().Limit(store.MaxLimit))
	return page.Items, err
}
