// Package message writes to a selection of people once: organisers draft a text,
// see what each person will read, have a second organiser approve it where the
// event asks for that, and send it at once or at an instant. A job queues the
// letters; sending can be stopped in the middle.
//
//	draft ─→ submitted ─→ scheduled ─→ sending ─→ sent
//	  ↑          │            │           │
//	  └──────────┴────────────┘           └─→ stopped
//
// The text is a template of the occasion that Occasion names.
package message

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/audience"
	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

// Message is a letter to many. Instants are UTC.
type Message struct {
	ID       string             `json:"id"`
	Event    string             `json:"event"`
	Name     string             `json:"name"` // as the organisers call it
	Kind     outbox.Kind        `json:"kind"`
	Audience audience.Selection `json:"audience"`

	State   State     `json:"state"`
	At      time.Time `json:"at,omitzero"`       // not to be sent before; zero: at once
	Allowed int       `json:"allowed,omitzero"`  // how many it may go to though the event has fewer
	Author  Actor     `json:"author"`            // who changed it last, or released it
	Writers []Writer  `json:"writers,omitempty"` // who wrote its text
	Second  Actor     `json:"second,omitzero"`   // who approved it
	Changed time.Time `json:"changed"`           // by whatever staff did with it or its text
	Began   time.Time `json:"began,omitzero"`    // of sending
	Ended   time.Time `json:"ended,omitzero"`    // all queued, or stopped
	Total   int       `json:"total,omitzero"`    // how many were chosen when it was released
	Queued  int       `json:"queued,omitzero"`   // letters made so far
	Cursor  string    `json:"cursor,omitempty"`  // how far queueing has come
	Problem string    `json:"problem,omitempty"` // why sending stopped by itself
}

// Actor is a member of staff.
type Actor struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Writer is somebody who changed the message's text in a language, or what is
// attached to it.
type Writer struct {
	Actor
	Language string `json:"language"`
	Earlier  bool   `json:"earlier,omitzero"` // before it was taken back to draft
}

// State is how far a message has come.
type State string

// The states of a message.
const (
	Draft     State = "draft"
	Submitted State = "submitted" // waits for a second organiser
	Scheduled State = "scheduled" // released; its instant has to come
	Sending   State = "sending"
	Sent      State = "sent" // every letter is queued
	Stopped   State = "stopped"
)

// String returns the state as it is stored.
func (s State) String() string { return string(s) }

// Occasion is that of the message's letters, under which its text is kept.
func (m Message) Occasion() string { return "message." + m.ID }

// Origin is what the message's letters are counted by.
func (m Message) Origin() string { return "message/" + m.ID }

// Open reports whether the message and its text can still be changed.
func (m Message) Open() bool { return m.State == Draft }

// By reports whether the member of staff changed or released the message, or wrote
// any of its text: then another one has to approve it.
func (m Message) By(id string) bool {
	return m.Author.ID == id || slices.ContainsFunc(m.Writers, func(w Writer) bool { return w.ID == id })
}

// Locked is nil for a draft. Else it is a problem of kind Conflict, which says why
// the text can no longer be changed.
func (m Message) Locked() error {
	switch m.State {
	case Draft:
		return nil
	case Submitted, Scheduled:
		return problem.New(problem.Conflict, "problem.message_locked")
	}
	return problem.New(problem.Conflict, "problem.message_on_its_way")
}

// MaxName is the longest name of a message, in characters.
const MaxName = 100

var messages = store.NewCollection("messages", func(m Message) string { return m.ID },
	store.On("event", "event", "changed"),
	store.On("state", "state"))

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{messages.Schema()} }

// Service keeps messages and queues their letters.
type Service struct {
	DB       *store.DB
	Clock    func() time.Time
	Events   *event.Service
	Audience *audience.Registry
	Outbox   *outbox.Outbox

	// Try composes a letter without sending it. Its error keeps a message from
	// being released. Nil: nothing is tried.
	Try func(ctx context.Context, l outbox.Letter) error
}

// Of lists an event's messages, the latest first.
func (s *Service) Of(ctx context.Context, e event.Event) ([]Message, error) {
	return messages.List(ctx, s.DB, store.By("event", e.ID).Backwards())
}

// Get returns the event's message with the id, or a problem of kind NotFound.
func (s *Service) Get(ctx context.Context, e event.Event, id string) (Message, error) {
	return get(ctx, s.DB, e, id)
}

func get(ctx context.Context, r store.Reader, e event.Event, id string) (Message, error) {
	m, err := messages.Get(ctx, r, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && m.Event != e.ID {
		return m, problem.Wrap(err, problem.NotFound, "problem.message_not_found")
	}
	return m, err
}

// Save makes a draft or changes its name, kind and audience. Faults come back as
// a problem of kind Invalid; a message that is no draft any more as a Conflict.
func (s *Service) Save(ctx context.Context, e event.Event, typed Message) (Message, error) {
	return s.SaveWithView(ctx, e, typed, "")
}

// SaveWithView is Save, and keeps the audience as a view of the name unless that is
// empty: both or neither. Faults of the view's name are under the field "view".
func (s *Service) SaveWithView(ctx context.Context, e event.Event, typed Message, view string) (Message, error) {
	var faults problem.Form
	typed.check(&faults)
	if err := s.Audience.CheckFor(ctx, e, typed.Audience, &faults); err != nil {
		return typed, err
	}
	if err := faults.Err(); err != nil {
		return typed, err
	}
	var m Message
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := s.keepView(ctx, tx, audience.View{Event: e.ID, Name: view, Selection: typed.Audience}); err != nil {
			return err
		}
		if typed.ID == "" {
			m = typed
			m.ID, m.Event, m.State, m.Author, m.Changed = store.NewID(), e.ID, Draft, actor(ctx), s.now()
			return errors.Join(messages.Create(tx, m), s.record(ctx, tx, m, "message.create"))
		}
		var err error
		m, err = s.changeIn(ctx, tx, e, typed.ID, "message.change", func(m *Message) error {
			m.Name, m.Kind, m.Audience = typed.Name, typed.Kind, typed.Audience
			m.Author = actor(ctx)
			return m.only(Draft)
		})
		return err
	})
	return m, err
}

// keepView saves the view if it has a name. The message's form has a name of its
// own, so the fault of a view's is moved.
func (s *Service) keepView(ctx context.Context, tx *store.Tx, v audience.View) error {
	if v.Name == "" {
		return nil
	}
	_, err := audience.SaveView(ctx, tx, s.Clock(), v)
	var told *problem.Error
	if !errors.As(err, &told) {
		return err
	}
	for i, f := range told.Fields {
		if f.Name == "name" {
			told.Fields[i].Name = "view"
		}
	}
	return told
}

// Wrote notes, in the transaction that saves the message's text in the language,
// that the context's actor wrote it. For a message that is no draft it is the
// problem of Locked, and the text must not be saved.
func (s *Service) Wrote(ctx context.Context, tx *store.Tx, e event.Event, id, lang string) error {
	m, err := get(ctx, tx, e, id)
	if err != nil {
		return err
	}
	if err := m.Locked(); err != nil {
		return err
	}
	m.wrote(lang, actor(ctx))
	m.Author, m.Changed = actor(ctx), s.now()
	return messages.Put(tx, m)
}

// wrote adds the writer of a language. Whoever wrote it before the message was
// taken back is no longer the last to have done so.
func (m *Message) wrote(lang string, by Actor) {
	m.Writers = slices.DeleteFunc(slices.Clone(m.Writers), func(w Writer) bool {
		return w.Language == lang && (w.Earlier || w.Actor == by)
	})
	m.Writers = append(m.Writers, Writer{Actor: by, Language: lang})
}

// takenBack keeps the last writer of each language: their words still stand. The
// others' have been read since by whoever wrote after them.
func (m *Message) takenBack() {
	last := map[string]int{}
	for i, w := range m.Writers {
		last[w.Language] = i
	}
	var kept []Writer
	for i, w := range m.Writers {
		if last[w.Language] == i {
			w.Earlier = true
			kept = append(kept, w)
		}
	}
	m.Writers = kept
}

func (m *Message) check(form *problem.Form) {
	m.Name = strings.Join(strings.Fields(m.Name), " ")
	switch n := utf8.RuneCountInString(m.Name); {
	case n == 0:
		form.Add("name", "problem.field.required")
	case n > MaxName:
		form.Add("name", "problem.field.too_long", "Max", MaxName, "Length", n)
	}
	if !slices.Contains(outbox.Kinds, m.Kind) {
		form.Add("kind", "problem.field.choice")
	}
}

// only refuses what the message's state does not allow.
func (m Message) only(states ...State) error {
	if slices.Contains(states, m.State) {
		return nil
	}
	return problem.New(problem.Conflict, "problem.message_state")
}

// change reads a message, lets fn change it and saves it with an audit entry.
func (s *Service) change(ctx context.Context, e event.Event, id, action string, fn func(*Message) error) (Message, error) {
	var m Message
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		var err error
		m, err = s.changeIn(ctx, tx, e, id, action, fn)
		return err
	})
	return m, err
}

func (s *Service) changeIn(ctx context.Context, tx *store.Tx, e event.Event, id, action string, fn func(*Message) error) (Message, error) {
	m, err := get(ctx, tx, e, id)
	if err != nil {
		return m, err
	}
	if err := fn(&m); err != nil {
		return m, err
	}
	m.Changed = s.now()
	return m, errors.Join(messages.Put(tx, m), s.record(ctx, tx, m, action))
}

func (s *Service) record(ctx context.Context, tx *store.Tx, m Message, action string) error {
	return audit.Record(ctx, tx, audit.Entry{
		At: s.now(), Action: action, Event: m.Event, Subject: "message/" + m.ID, To: string(m.State),
	})
}

func actor(ctx context.Context) Actor {
	by := audit.By(ctx)
	return Actor{ID: by.ID, Name: by.Name}
}

func (s *Service) now() time.Time { return s.Clock().UTC().Truncate(time.Millisecond) }
