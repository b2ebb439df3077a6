package outbox

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"convene/internal/personal"
	"convene/internal/problem"
	"convene/internal/store"
)

// Letter is one e-mail to one person. Instants are UTC.
type Letter struct {
	ID       string            `json:"id"`       // deterministic, see ID
	Occasion string            `json:"occasion"` // what it is about: "registration.confirm"
	Event    string            `json:"event"`    // the event's id, or empty
	Person   string            `json:"person"`   // the delegate's id, or empty
	To       Address           `json:"to"`
	Language string            `json:"language"`
	Data     map[string]string `json:"data,omitempty"` // what its template needs beyond the person and the event

	// Kind is the sort of informational letters that it belongs to, which the
	// reader may refuse. Empty: it is necessary.
	Kind Kind `json:"kind,omitempty"`

	// Origin names what made it together with others, a rule's run or a
	// message, so that they can be counted and stopped as one. May be empty.
	Origin string `json:"origin"`

	NotBefore time.Time `json:"not_before,omitzero"` // zero: at once
	Deadline  time.Time `json:"deadline,omitzero"`   // from then on it is pointless; zero: never
	Urgent    bool      `json:"urgent,omitempty"`    // somebody sits and waits for it: it goes before the others

	// Unkept has no copy of it kept: it shows what is somebody else's.
	Unkept bool `json:"unkept,omitzero"`

	// Farewell has the letter forget whom it was to as soon as it is over, and
	// keeps no copy: it tells somebody that nothing is kept of them.
	Farewell bool `json:"farewell,omitzero"`

	// The rest is the outbox's own.

	State     State     `json:"state"`
	Due       time.Time `json:"due"` // when delivery looks at it next
	Queued    time.Time `json:"queued"`
	SentAt    time.Time `json:"sent_at,omitzero"`
	MessageID string    `json:"message_id"` // with angle brackets; empty before the first attempt
	Attempts  []Attempt `json:"attempts,omitempty"`
	Bounces   []Bounce  `json:"bounces,omitempty"`   // what servers further on said of it
	PutOff    bool      `json:"put_off,omitempty"`   // Due is its slot within the limit of its domain
	CopyIn    string    `json:"copy_in,omitempty"`   // the record that has its copy
	ResendOf  string    `json:"resend_of,omitempty"` // the letter that this one repeats
	Resent    int       `json:"resent,omitempty"`    // how often it was repeated
	By        string    `json:"by,omitempty"`        // who asked to resend or cancel it
	Erased    bool      `json:"erased,omitzero"`     // whom it was to is forgotten

	// Copy is what was sent, without personal links. Get fills it in.
	Copy *Copy `json:"-"`
}

// Address is a mailbox. Name may be empty.
type Address struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Kind is a sort of informational letters. Who refuses one gets none of them.
type Kind string

// The kinds of letters that a reader may refuse.
const (
	KindReminder  Kind = "reminder"  // of the event's dates
	KindPractical Kind = "practical" // getting there, what to bring
	KindProgramme Kind = "programme" // sessions
	KindStatement Kind = "statement" // how the statement fares
	KindNews      Kind = "news"      // messages of the organisers
	KindSurvey    Kind = "survey"    // thanks and questions afterwards
)

// Kinds lists every kind in the order in which people are asked.
var Kinds = []Kind{KindReminder, KindPractical, KindProgramme, KindStatement, KindNews, KindSurvey}

// State is how far a letter has come.
type State string

const (
	Waiting    State = "waiting"
	Leased     State = "leased" // being sent; never stored: the turn names these letters
	Sent       State = "sent"   // the server has taken it
	Retrying   State = "retrying"
	Failed     State = "failed"
	Cancelled  State = "cancelled"
	Expired    State = "expired"    // its deadline came before it could be sent
	Suppressed State = "suppressed" // the reader refuses its kind, or the address bounces
)

// States lists all states in the order of a letter's life.
var States = []State{Waiting, Leased, Retrying, Sent, Failed, Expired, Suppressed, Cancelled}

// String returns the state as it is stored.
func (s State) String() string { return string(s) }

// Over reports whether nothing more happens to the letter by itself.
func (s State) Over() bool {
	return s == Sent || s == Failed || s == Cancelled || s == Expired || s == Suppressed
}

// Attempt is one try to send a letter.
type Attempt struct {
	At      time.Time `json:"at"`
	Code    int       `json:"code,omitempty"` // the server's answer, when it gave one
	Answer  string    `json:"answer"`         // the server's words, or what went wrong before it had any
	Outcome State     `json:"outcome"`        // what the attempt made of the letter

	// Reason is why no server was asked; empty when one was, or when the letter
	// could not be written. Answer is then what is known beyond it.
	Reason Reason `json:"reason,omitempty"`
}

// Reason is why a letter did not go out.
type Reason string

// The reasons of the outbox itself.
const (
	ReasonDeadline  Reason = "deadline"   // it would come too late
	ReasonComesBack Reason = "comes_back" // its address takes no letters
	ReasonRefused   Reason = "refused"    // the reader does not want letters of its kind
	ReasonPointless Reason = "pointless"  // it no longer applies
)

// Copy is a letter as the desk reads it.
type Copy struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`

	Files []string `json:"files,omitempty"` // the names of what was attached
}

var (
	letters = store.NewCollection("letters", func(l Letter) string { return l.ID },
		store.On("state", "state", "due"),
		store.On("event", "event", "queued"),
		store.On("event_state", "event", "state", "due"),
		store.On("person", "person", "queued"),
		store.On("origin", "origin", "state"),
		store.On("message_id", "message_id"),
	)
	copies = store.NewCollection("letter_copies", func(c bundle) string { return c.ID })
	turns  = store.NewCollection("letter_turns", func(t turn) string { return t.ID })
	alarms = store.NewCollection("letter_alarms", func(a alarmRecord) string { return a.ID })
)

// Collections lists the package's schemas.
func Collections() []store.Schema {
	return []store.Schema{
		preferences.Schema(), suppressions.Schema(), letters.Schema(), copies.Schema(), turns.Schema(), alarms.Schema(),
	}
}

// ID joins what makes a letter the one it is, such as its occasion, the person
// and a number: "registration.confirm/d42/1".
func ID(parts ...string) string { return strings.Join(parts, "/") }

// Key is a letter's id as it stands in addresses: ids hold slashes, which servers on
// the way might unfold.
func Key(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

// FromKey returns the id that Key was given. A problem of kind NotFound says that
// the key is none.
func FromKey(key string) (string, error) {
	id, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return "", problem.Wrap(err, problem.NotFound, "problem.letter_not_found")
	}
	return string(id), nil
}

// Queue adds a letter to the caller's transaction. made is false when there is
// one with the id already, in whatever state, and when the person was erased;
// then nothing happens.
func Queue(ctx context.Context, tx *store.Tx, now time.Time, l Letter) (made bool, err error) {
	if l.ID == "" || l.Occasion == "" || l.To.Email == "" {
		return false, fmt.Errorf("outbox: letter %q needs an id, an occasion and an address", l.ID)
	}
	_, err = letters.Get(ctx, tx, l.ID)
	if !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	if l.Person != "" { // who queues many has read their addresses some time ago
		gone, err := personal.Gone(ctx, tx, l.Person)
		if err != nil || gone {
			return false, err
		}
	}
	return true, letters.Put(tx, queued(l, now))
}

// queued returns the letter at the beginning of its life.
func queued(l Letter, now time.Time) Letter {
	return Letter{
		ID: l.ID, Occasion: l.Occasion, Event: l.Event, Person: l.Person, To: l.To, Language: l.Language, Data: l.Data,
		NotBefore: l.NotBefore, Deadline: l.Deadline, Urgent: l.Urgent, ResendOf: l.ResendOf, By: l.By,
		Kind: l.Kind, Origin: l.Origin, Unkept: l.Unkept, Farewell: l.Farewell,
		State: Waiting, Queued: now, Due: firstDue(l, now),
	}
}

// precedes reports whether a goes out before b when both are to one address:
// urgent ones first, then in the order in which they became due at first.
func precedes(a, b Letter) bool {
	if x, y := firstDue(a, a.Queued), firstDue(b, b.Queued); !x.Equal(y) {
		return x.Before(y)
	}
	return a.Queued.Before(b.Queued)
}

// urgentDue is before every other letter's instant.
var urgentDue = time.Unix(0, 0).UTC()

// firstDue is what letters are sent by. An urgent one comes before all that
// wait already.
func firstDue(l Letter, now time.Time) time.Time {
	switch {
	case l.NotBefore.After(now):
		return l.NotBefore
	case l.Urgent:
		return urgentDue
	}
	return now
}

// messageID is the same whenever and wherever the letter is sent. The id is
// hashed since it may tell who the person is.
func messageID(id, domain string) string {
	sum := sha256.Sum256([]byte(id))
	return "<" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:20])) + "@" + domain + ">"
}
