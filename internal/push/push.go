// Package push shows letters as notifications in browsers whose owners allowed it
// (RFC 8030, RFC 8291, RFC 8292). Each letter that was sent is shown once more; a
// letter that is held back, for whatever reason, is not. The letter stays: what
// does not arrive here is no loss.
//
// A notification is queued with the record that its letter was sent. If the program
// is killed between sending one and noting it, it is sent again; browsers replace
// the first by the second.
package push

import (
	"context"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"convene/internal/link"
	"convene/internal/outbox"
	"convene/internal/personal"
	"convene/internal/problem"
	"convene/internal/store"
)

// Subscription is a browser in which somebody gets notifications.
type Subscription struct {
	ID       string    `json:"id"`
	Person   string    `json:"person"`   // the delegate's id
	Endpoint string    `json:"endpoint"` // the address at the browser's push service
	Key      string    `json:"key"`      // the browser's public key (P-256), base64url
	Auth     string    `json:"auth"`     // its secret, base64url
	Since    time.Time `json:"since"`
}

// task is a notification that has to be sent.
type task struct {
	ID           string    `json:"id"`
	Letter       string    `json:"letter"`
	Person       string    `json:"person"`
	Subscription string    `json:"subscription"`
	Due          time.Time `json:"due"`
	Until        time.Time `json:"until"` // pointless from then on
	Tries        int       `json:"tries,omitzero"`
}

var (
	subscriptions = store.NewCollection("push_subscriptions", func(s Subscription) string { return s.ID },
		store.On("person", "person", "since"), store.On("since", "since"))
	tasks = store.NewCollection("push_tasks", func(t task) string { return t.ID }, store.On("due", "due"))
)

// Collections lists the package's schemas.
func Collections() []store.Schema {
	return []store.Schema{subscriptions.Schema(), tasks.Schema()}
}

const (
	// mostBrowsers is how many of one person are kept, the latest ones.
	mostBrowsers = 10

	// freshFor is how long a notification is worth showing if its letter does not
	// say otherwise.
	freshFor = 24 * time.Hour

	// keptFor is how long a browser is written to before its owner is asked again.
	keptFor = 400 * 24 * time.Hour
)

// Note is what a notification says.
type Note struct {
	Title     string `json:"title"`
	Body      string `json:"body"`
	URL       string `json:"url"` // the page that opens
	Tag       string `json:"tag"` // a later notification with the same one replaces it
	Language  string `json:"lang"`
	Direction string `json:"dir"`
}

// Client does requests.
type Client interface {
	Do(*http.Request) (*http.Response, error)
}

// Options are what a service needs.
type Options struct {
	DB     *store.DB
	Clock  func() time.Time
	Log    *slog.Logger
	Secret string // of the installation; the key that signs is made from it

	// Client reaches push services, see NewClient. Nil: there are no notifications.
	Client Client

	// Contact is an e-mail address or a page that push services may turn to.
	Contact string

	// Write says what a person is told of a letter.
	Write func(ctx context.Context, person, letter string) (Note, error)
}

// Service keeps subscriptions and sends notifications.
type Service struct {
	Options
	private, public string
	people          store.Memo[string, map[string]bool]
}

// New returns a service.
func New(o Options) (*Service, error) {
	key, err := signingKey(o.Secret)
	if err != nil {
		return nil, err
	}
	return &Service{
		Options: o,
		private: base64.RawURLEncoding.EncodeToString(key.Bytes()),
		public:  base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
	}, nil
}

// signingKey makes the key by which push services know the installation (RFC 8292).
// It is always the same: browsers subscribe to one key.
func signingKey(secret string) (*ecdh.PrivateKey, error) {
	for salt := byte(0); ; salt++ { // one number in four billion is no key
		scalar, err := hkdf.Key(sha256.New, []byte(secret), []byte{salt}, "convene web push", 32)
		if err != nil {
			return nil, err
		}
		if key, err := ecdh.P256().NewPrivateKey(scalar); err == nil {
			return key, nil
		}
	}
}

// On reports whether there are notifications at all.
func (s *Service) On() bool { return s.Client != nil }

// PublicKey is what a browser subscribes to, in base64url.
func (s *Service) PublicKey() string { return s.public }

// Subscribe has the person get notifications in a browser from now on. A problem
// of kind Invalid says that it is not what browsers send.
func (s *Service) Subscribe(ctx context.Context, person, endpoint, key, auth string) error {
	if !s.On() {
		return problem.New(problem.Unavailable, "problem.push_off")
	}
	if !validEndpoint(endpoint) || !validKeys(key, auth) {
		return problem.New(problem.Invalid, "problem.push_subscription")
	}
	sub := Subscription{
		ID: subscriptionID(person, endpoint), Person: person, Endpoint: endpoint, Key: key, Auth: auth,
		Since: s.Clock().UTC().Truncate(time.Millisecond),
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		if gone, err := personal.Gone(ctx, tx, person); err != nil || gone {
			return err
		}
		if _, err := subscriptions.Get(ctx, tx, sub.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := subscriptions.Put(tx, sub); err != nil {
			return err
		}
		return s.forgetOldest(ctx, tx, sub)
	})
}

func subscriptionID(person, endpoint string) string { return link.Hash(person + " " + endpoint) }

// forgetOldest keeps the number of one person's browsers within bounds.
func (s *Service) forgetOldest(ctx context.Context, tx *store.Tx, added Subscription) error {
	n := 1
	for old, err := range subscriptions.All(ctx, tx, store.By("person", added.Person).Backwards()) {
		if err != nil {
			return err
		}
		if old.ID == added.ID {
			continue
		}
		if n++; n <= mostBrowsers {
			continue
		}
		if err := subscriptions.Delete(ctx, tx, old.ID); err != nil {
			return err
		}
	}
	return nil
}

// Unsubscribe ends the notifications in a browser. One that gets none is no error.
func (s *Service) Unsubscribe(ctx context.Context, person, endpoint string) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error { return forget(ctx, tx, subscriptionID(person, endpoint)) })
}

func forget(ctx context.Context, tx *store.Tx, id string) error {
	if err := subscriptions.Delete(ctx, tx, id); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return nil
}

// Queue queues the notifications of a letter in the transaction that records it
// as sent; an error undoes that record. It does nothing while the service is off,
// and for letters to nobody in particular.
func (s *Service) Queue(ctx context.Context, tx *store.Tx, l outbox.Letter) error {
	if !s.On() || l.Person == "" {
		return nil
	}
	people, err := s.subscribed(ctx)
	if err != nil || !people[l.Person] {
		return err
	}
	now := s.Clock()
	t := task{Letter: l.ID, Person: l.Person, Due: now, Until: now.Add(freshFor)}
	if !l.Deadline.IsZero() && l.Deadline.Before(t.Until) {
		t.Until = l.Deadline
	}
	for sub, err := range subscriptions.All(ctx, tx, store.By("person", l.Person)) {
		if err != nil {
			return err
		}
		t.ID, t.Subscription = outbox.ID(sub.ID, l.ID), sub.ID
		if _, err := tasks.Get(ctx, tx, t.ID); err == nil {
			continue
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := tasks.Put(tx, t); err != nil {
			return err
		}
	}
	return nil
}

// subscribed lists who has a browser. Every letter asks for it, and most people
// have none.
func (s *Service) subscribed(ctx context.Context) (map[string]bool, error) {
	return s.people.Get(s.DB, "", func() (map[string]bool, error) {
		people := map[string]bool{}
		for sub, err := range subscriptions.All(ctx, s.DB, store.Query{}) {
			if err != nil {
				return nil, err
			}
			people[sub.Person] = true
		}
		return people, nil
	}, subscriptions.Schema().Name)
}

// Purge forgets browsers that were allowed long ago and returns how many.
func (s *Service) Purge(ctx context.Context) (n int, err error) {
	before := s.Clock().Add(-keptFor)
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		n = 0
		for sub, err := range subscriptions.All(ctx, tx, store.By("since").Between(nil, before)) {
			if err != nil {
				return err
			}
			if err := forget(ctx, tx, sub.ID); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}
