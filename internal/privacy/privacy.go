// Package privacy hands out what is kept of a person, erases it when they or the
// organisers want that, and when its time is over.
package privacy

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/account"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/personal"
	"convene/internal/problem"
	"convene/internal/store"
)

// Service hands out and erases.
type Service struct {
	DB        *store.DB
	Clock     func() time.Time
	Events    *event.Service
	Delegates *delegate.Service
	Forms     *form.Service
	Parts     personal.Registry

	// Organisers lists who is told before anything is erased for its age.
	Organisers func(context.Context) ([]account.Staff, error)
}

// ActionErase is what the audit trail calls an erasure.
const ActionErase = "delegate.erase"

// MaxReason is the longest reason, in characters.
const MaxReason = 1000

// Document is what a person is handed out: all that is kept of them.
type Document struct {
	About   string          `json:"about"`
	Event   string          `json:"event"`
	Made    time.Time       `json:"made"`
	Content personal.Export `json:"content"`
}

// Export collects everything that is kept of the delegate. about is a sentence
// that says what the document is, event the event's name.
func (s *Service) Export(ctx context.Context, d delegate.Delegate, about, event string) (Document, error) {
	made := s.Clock().UTC().Truncate(time.Millisecond)
	people, err := s.Delegates.People(ctx, s.DB, d)
	if err != nil {
		return Document{}, err
	}
	content, err := s.Parts.Export(ctx, s.DB, people[0])
	for i, p := range people[1:] { // what was merged into the registration stands there
		more, err := s.Parts.Export(ctx, s.DB, p)
		if err != nil {
			return Document{}, err
		}
		for _, section := range more {
			if section.Name != "registration" && section.Name != "desk" {
				section.Name += "_merged_" + strconv.Itoa(i+1)
				content = append(content, section)
			}
		}
	}
	return Document{about, event, made, content}, err
}

// Erase removes what is kept of a delegate: their badge admits nobody, their place
// is free, letters to them are stopped, and only numbers stay. One last letter
// tells them. reason is an organiser's, and stays in the audit trail; delegates
// give none. A problem of kind NotFound says that there is no such delegate, or
// none any more.
func (s *Service) Erase(ctx context.Context, id, reason string) error {
	reason, err := checkReason(reason, audit.By(ctx).Kind == "staff")
	if err != nil {
		return err
	}
	return s.erase(ctx, id, reason, true)
}

// checkReason tidies a reason. A problem of kind Invalid names the field reason.
func checkReason(reason string, required bool) (string, error) {
	var faults problem.Form
	reason = strings.TrimSpace(reason)
	switch n := utf8.RuneCountInString(reason); {
	case n == 0 && required:
		faults.Add("reason", "problem.field.required")
	case n > MaxReason:
		faults.Add("reason", "problem.field.too_long", "Max", MaxReason, "Length", n)
	}
	return reason, faults.Err()
}

func (s *Service) erase(ctx context.Context, id, reason string, farewell bool) error {
	var people []personal.Person
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		d, err := s.Delegates.AtDoor(ctx, tx, id)
		if err != nil {
			return err
		}
		if people, err = s.Delegates.People(ctx, tx, d); err != nil {
			return err
		}
		for _, p := range people { // themselves, and what was merged into them
			if err := s.Parts.Erase(ctx, tx, p, s.Clock()); err != nil {
				return err
			}
		}
		if farewell {
			if err := s.Delegates.Farewell(ctx, tx, d); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.Clock(), Action: ActionErase, Event: d.Event, Subject: delegate.Subject(d.ID), Reason: reason,
		})
	})
	if err != nil {
		return err
	}
	for _, p := range people {
		if err := s.rest(ctx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// rest erases what one commit did not hold, or could not know of.
func (s *Service) rest(ctx context.Context, id string) error {
	for more := true; more; {
		err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
			more, err = s.Parts.Rest(ctx, tx, id)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Finish ends erasures that were cut short and returns how many there were.
func (s *Service) Finish(ctx context.Context) (n int, err error) {
	for {
		list, err := personal.Pending(ctx, s.DB)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, e := range list {
			if err := s.rest(ctx, e.ID); err != nil {
				return n, err
			}
			n++
		}
	}
}
