package audit

import (
	"context"
	"time"

	"convene/internal/personal"
	"convene/internal/store"
)

// eraseBatch is how many entries about one person a commit empties.
const eraseBatch = 500

// Personal is what the trail holds of a person: the entries about them. subject
// names one in the trail. Entries of the action, by which people are erased, stay
// as they are.
func Personal(subject func(id string) string, action string) personal.Part {
	return personal.Part{
		Name:  "audit",
		Holds: []string{entries.Schema().Name},
		Export: func(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
			return export(ctx, r, subject(p.ID))
		},
		Erase: func(ctx context.Context, tx *store.Tx, p personal.Person) (bool, error) {
			return empty(ctx, tx, subject(p.ID), action)
		},
	}
}

// exported is an entry as the person that it is about gets it: without the names
// of others.
type exported struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Action string    `json:"action"`
	From   string    `json:"from,omitempty"`
	To     string    `json:"to,omitempty"`
	Fields []string  `json:"fields,omitempty"`
	Reason string    `json:"reason,omitempty"`
}

func export(ctx context.Context, r store.Reader, subject string) (any, error) {
	list := []exported{}
	for e, err := range entries.All(ctx, r, store.By("subject", subject)) {
		if err != nil {
			return nil, err
		}
		list = append(list, exported{e.At, e.Actor.Kind, e.Action, e.From, e.To, e.Fields, e.Reason})
	}
	return list, nil
}

// empty leaves what happened when, and what kind of person did it. What went from
// one value to another and why, and who it was by name, goes.
func empty(ctx context.Context, tx *store.Tx, subject, except string) (more bool, err error) {
	n := 0
	for e, err := range entries.All(ctx, tx, store.By("subject", subject)) {
		if err != nil {
			return false, err
		}
		if e.Action == except || e.From == "" && e.To == "" && e.Reason == "" && e.Actor.Name == "" {
			continue
		}
		if n++; n > eraseBatch {
			return true, nil
		}
		e.From, e.To, e.Reason, e.Actor.Name = "", "", "", ""
		if err := entries.Put(tx, e); err != nil {
			return false, err
		}
	}
	return false, nil
}
