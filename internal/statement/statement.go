// Package statement follows the statement of an event from its mandate to its
// adoption and publication, and tells those who want to know.
package statement

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/link"
	"convene/internal/outbox"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// State is where a statement stands. The states are a list for now: a statement
// may go to any of them.
type State string

// The states of a statement, in the order of its life.
const (
	Mandated     State = "mandated"
	Drafting     State = "drafting"
	Consultation State = "consultation"
	Tabled       State = "tabled"
	Amendments   State = "amendments"
	Silence      State = "silence"
	Plenary      State = "plenary"
	Adopted      State = "adopted"
	Published    State = "published"
	Endorsement  State = "endorsement"
	FollowUp     State = "follow-up"
	Withdrawn    State = "withdrawn"
)

// States lists every state in its order.
var States = []State{
	Mandated, Drafting, Consultation, Tabled, Amendments, Silence,
	Plenary, Adopted, Published, Endorsement, FollowUp, Withdrawn,
}

// Statement is what an event's participants say together.
type Statement struct {
	ID      string       `json:"id"`
	Event   string       `json:"event"`
	Slug    string       `json:"slug"` // unique within the event
	Title   i18n.Text    `json:"title"`
	Kind    string       `json:"kind"` // statement, declaration, youth-statement …
	State   State        `json:"state"`
	History []Step       `json:"history"`
	Parts   []event.Part `json:"parts,omitempty"` // what is known of its structure
}

// MaxNote is the longest note to a step, in characters.
const MaxNote = 1000

// Step is one change of state.
type Step struct {
	State State     `json:"state"`
	At    time.Time `json:"at"`
	Note  string    `json:"note,omitempty"`
}

// Subscription is somebody who wants to be told of each change of an event's
// statements.
type Subscription struct {
	ID        string    `json:"id"`
	Event     string    `json:"event"`
	Email     string    `json:"email"`
	EmailKey  string    `json:"email_key"`
	Language  string    `json:"language"`
	Hash      string    `json:"hash"` // of the token that confirms and ends it
	Confirmed bool      `json:"confirmed"`
	Asked     time.Time `json:"asked"`
}

var (
	statements = store.NewCollection("statements", func(s Statement) string { return s.ID },
		store.Unique("slug", "event", "slug"))
	subscriptions = store.NewCollection("subscriptions", func(s Subscription) string { return s.ID },
		store.Unique("email", "event", "email_key"),
		store.Unique("hash", "hash"),
		store.On("confirmed", "event", "confirmed"))
	announcements = store.NewCollection("announcements", func(a announcement) string { return a.ID },
		store.On("done", "done"))
)

// Collections lists the package's schemas.
func Collections() []store.Schema {
	return []store.Schema{statements.Schema(), subscriptions.Schema(), announcements.Schema()}
}

// Occasions of letters about statements.
const (
	OccasionChanged   = "statement.changed"
	OccasionSubscribe = "statement.subscribe" // confirm the address
)

// Service keeps statements and who follows them.
type Service struct {
	DB     *store.DB
	Clock  func() time.Time
	Secret string // makes the subscriptions' links
}

// Of returns an event's statements.
func (s *Service) Of(ctx context.Context, eventID string) ([]Statement, error) {
	return statements.List(ctx, s.DB, store.By("slug", eventID))
}

// Get returns the statement, or a problem of kind NotFound.
func (s *Service) Get(ctx context.Context, r store.Reader, id string) (Statement, error) {
	found, err := statements.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) {
		return found, problem.Wrap(err, problem.NotFound, "problem.statement_not_found")
	}
	return found, err
}

// Save creates or replaces a statement in the transaction, as it is: without
// telling anybody.
func (s *Service) Save(ctx context.Context, tx *store.Tx, st Statement) (Statement, error) {
	if st.ID == "" {
		st.ID = store.NewID()
	}
	if _, err := statements.Get(ctx, tx, st.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return st, err
	}
	return st, statements.Put(tx, st)
}

// Change brings a statement into a state. Subscribers are told by the job that
// calls Announce, however many they are. The state it is in already is a problem
// of kind Conflict.
func (s *Service) Change(ctx context.Context, id string, to State, note string) (Statement, error) {
	var st Statement
	note = strings.TrimSpace(note)
	if n := utf8.RuneCountInString(note); n > MaxNote {
		var faults problem.Form
		faults.Add("note", "problem.field.too_long", "Max", MaxNote, "Length", n)
		return st, faults.Err()
	}
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		var err error
		if st, err = s.Get(ctx, tx, id); err != nil {
			return err
		}
		if !slices.Contains(States, to) {
			var faults problem.Form
			faults.Add("state", "problem.field.choice")
			return faults.Err()
		}
		if st.State == to {
			return problem.New(problem.Conflict, "problem.statement_same")
		}
		from := st.State
		st.State = to
		st.History = append(st.History, Step{State: to, At: s.Clock().UTC().Truncate(time.Millisecond), Note: note})
		if err := statements.Put(tx, st); err != nil {
			return err
		}
		if err := s.announce(tx, st); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.Clock(), Action: "statement.change", Event: st.Event, Subject: "statement/" + st.ID,
			From: string(from), To: string(to),
		})
	})
	return st, err
}

// Subscribe asks the address to confirm that it wants to be told. The answer is
// the same whoever asks.
func (s *Service) Subscribe(ctx context.Context, eventID, typed, language string) error {
	email, ok := person.ParseEmail(typed)
	if !ok {
		var faults problem.Form
		faults.Add("email", "problem.field.email")
		return faults.Err()
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		sub, err := subscriptions.First(ctx, tx, store.By("email", eventID, email.Key))
		if errors.Is(err, store.ErrNotFound) {
			sub = Subscription{ID: store.NewID(), Event: eventID, Email: email.Text, EmailKey: email.Key, Asked: s.Clock()}
			sub.Hash = link.Hash(s.Token(sub))
		} else if err != nil {
			return err
		}
		if sub.Confirmed {
			return nil
		}
		sub.Language = language
		if err := s.put(ctx, tx, sub); err != nil {
			return err
		}
		reason := s.Clock().UTC().Format("20060102T150405.000")
		_, err = outbox.Queue(ctx, tx, s.Clock(), outbox.Letter{
			ID: outbox.ID(OccasionSubscribe, sub.ID, reason), Occasion: OccasionSubscribe, Event: eventID,
			To: outbox.Address{Email: sub.Email}, Language: language, Data: map[string]string{"subscription": sub.ID}, Urgent: true,
		})
		return err
	})
}

// Token is the token of the links that confirm and end a subscription.
func (s *Service) Token(sub Subscription) string {
	return link.Token(s.Secret, "subscription", sub.ID, 0)
}

// Confirm makes the subscription of the token hold; a second time changes
// nothing.
func (s *Service) Confirm(ctx context.Context, token string) (Subscription, error) {
	var sub Subscription
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		var err error
		if sub, err = byToken(ctx, tx, token); err != nil || sub.Confirmed {
			return err
		}
		sub.Confirmed = true
		return subscriptions.Put(tx, sub)
	})
	return sub, err
}

// Unsubscribe ends the subscription of the token.
func (s *Service) Unsubscribe(ctx context.Context, token string) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		sub, err := byToken(ctx, tx, token)
		if err != nil {
			return err
		}
		return subscriptions.Delete(ctx, tx, sub.ID)
	})
}

// ByToken returns the subscription that the token names, or a problem of kind
// NotFound.
func (s *Service) ByToken(ctx context.Context, token string) (Subscription, error) {
	return byToken(ctx, s.DB, token)
}

// Subscription returns the subscription with the id.
func (s *Service) Subscription(ctx context.Context, id string) (Subscription, error) {
	return subscriptions.Get(ctx, s.DB, id)
}

func byToken(ctx context.Context, r store.Reader, token string) (Subscription, error) {
	sub, err := subscriptions.First(ctx, r, store.By("hash", link.Hash(token)))
	if errors.Is(err, store.ErrNotFound) {
		return sub, problem.Wrap(err, problem.NotFound, "problem.link_unknown")
	}
	return sub, err
}

func (s *Service) put(ctx context.Context, tx *store.Tx, sub Subscription) error {
	if _, err := subscriptions.Get(ctx, tx, sub.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return subscriptions.Put(tx, sub)
}
