// Package personal is where packages say what they keep of the people who
// register, so that all of it can be handed out and erased. Each contributes a
// Part; internal/app joins them, and a test there fails while a collection is in
// nobody's part.
package personal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"convene/internal/store"
)

// Person is somebody who registered, by all that leads to what is kept of them.
type Person struct {
	ID       string // the registration's
	Event    string // the event's id
	Email    string
	EmailKey string
}

// Part is what one package keeps of a person.
type Part struct {
	// Name is that of its section in what is handed out: "letters".
	Name string

	// Holds names the collections that it speaks for.
	Holds []string

	// Export returns what is kept, to be read as JSON; nil for nothing. It leaves
	// out secrets and what is known of others.
	Export func(ctx context.Context, r store.Reader, p Person) (any, error)

	// Erase removes it in the transaction, or makes it nobody's. It goes through
	// so many records at most as one commit takes well; more says that there are
	// others, for which it is called again in a transaction of its own. Nothing to
	// erase is no error.
	Erase func(ctx context.Context, tx *store.Tx, p Person) (more bool, err error)
}

// Registry is what all packages keep, in the order in which it is told.
type Registry []Part

// Section is a part as it is handed out.
type Section struct {
	Name    string
	Content any
}

// Export is all that is kept of a person. As JSON it is one object with a member
// for each section, in their order.
type Export []Section

// MarshalJSON implements json.Marshaler.
func (e Export) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, s := range e {
		name, err := json.Marshal(s.Name)
		if err != nil {
			return nil, err
		}
		content, err := json.Marshal(s.Content)
		if err != nil {
			return nil, fmt.Errorf("personal: %s: %w", s.Name, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(content)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Export collects what is kept of the person.
func (parts Registry) Export(ctx context.Context, r store.Reader, p Person) (Export, error) {
	var all Export
	for _, part := range parts {
		content, err := part.Export(ctx, r, p)
		if err != nil {
			return nil, fmt.Errorf("personal: %s: %w", part.Name, err)
		}
		if content != nil {
			all = append(all, Section{part.Name, content})
		}
	}
	return all, nil
}

// Erase removes what is kept of the person in the transaction, and notes that they
// are gone: from then on nothing is written about them (see Gone). Rest has to be
// called after it: for what one commit does not hold, and for what others wrote
// between its reading and its commit, which no transaction sees.
func (parts Registry) Erase(ctx context.Context, tx *store.Tx, p Person, now time.Time) error {
	// The note comes first, so that no part writes to them any more.
	err := erasures.Create(tx, Erasure{ID: p.ID, Event: p.Event, At: now.UTC().Truncate(time.Millisecond), Pending: true})
	if err != nil {
		return err
	}
	_, err = parts.erase(ctx, tx, p)
	return err
}

// Rest goes on erasing who is gone already; more says that it has to be called again.
func (parts Registry) Rest(ctx context.Context, tx *store.Tx, id string) (more bool, err error) {
	e, err := erasures.Get(ctx, tx, id)
	if err != nil || !e.Pending {
		return false, err
	}
	if e.Pending, err = parts.erase(ctx, tx, Person{ID: e.ID, Event: e.Event}); err != nil {
		return e.Pending, err
	}
	return e.Pending, erasures.Put(tx, e)
}

func (parts Registry) erase(ctx context.Context, tx *store.Tx, p Person) (more bool, err error) {
	for _, part := range parts {
		left, err := part.Erase(ctx, tx, p)
		if err != nil {
			return more, fmt.Errorf("personal: erasing %s: %w", part.Name, err)
		}
		more = more || left
	}
	return more, nil
}

// Erasure says that a person was erased. It holds nothing of them: their id leads
// nowhere any more.
type Erasure struct {
	ID      string    `json:"id"` // of the registration that was
	Event   string    `json:"event"`
	At      time.Time `json:"at"`
	Pending bool      `json:"pending"` // some has still to go
}

var erasures = store.NewCollection("erasures", func(e Erasure) string { return e.ID }, store.On("pending", "pending"))

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{erasures.Schema()} }

// Gone reports whether the person was erased. Asked in the transaction that is to
// write about them it holds under any race: that transaction and the one that
// erases cannot both be committed without the second having seen the first.
func Gone(ctx context.Context, r store.Reader, id string) (bool, error) {
	_, err := erasures.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Pending lists the people of whom some has still to go, a hundred at most.
func Pending(ctx context.Context, r store.Reader) ([]Erasure, error) {
	page, err := erasures.Find(ctx, r, store.By("pending", true).Limit(100))
	return page.Items, err
}
