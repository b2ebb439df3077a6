package badge

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"sync"
	"time"

	"convene/internal/store"
)

// Badge is one badge of one delegate.
type Badge struct {
	ID       string    `json:"id"`
	Event    string    `json:"event"`
	Delegate string    `json:"delegate"`
	Issued   time.Time `json:"issued"`
	Revoked  time.Time `json:"revoked,omitzero"` // zero: it holds
}

// Key is a public key that an event's badges were signed with. Old ones stay, so
// that badges outlive a change of the secret.
type Key struct {
	ID      string    `json:"id"`
	Event   string    `json:"event"`
	Public  []byte    `json:"public"`
	Created time.Time `json:"created"`
}

var (
	badges = store.NewCollection("badges", func(b Badge) string { return b.ID }, store.On("delegate", "delegate", "issued"))
	keys   = store.NewCollection("badge_keys", func(k Key) string { return k.ID }, store.On("event", "event", "created"))
)

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{badges.Schema(), keys.Schema()} }

// Service issues and checks badges. Secret is the installation's; every
// instance has the same.
type Service struct {
	db     *store.DB
	clock  func() time.Time
	secret string

	private sync.Map // event id → ed25519.PrivateKey
	public  sync.Map // key id → Key; keys never change
}

// New makes the service.
func New(db *store.DB, clock func() time.Time, secret string) *Service {
	return &Service{db: db, clock: clock, secret: secret}
}

// Issue makes a badge for a delegate in the transaction and sees to it that the
// event's public key is on record.
func (s *Service) Issue(ctx context.Context, tx *store.Tx, event, delegate string) (Badge, error) {
	if err := s.recordKey(ctx, tx, event); err != nil {
		return Badge{}, err
	}
	b := Badge{ID: newID(), Event: event, Delegate: delegate, Issued: s.clock()}
	return b, badges.Create(tx, b)
}

// Revoke makes a badge worthless in the transaction. One that is revoked already
// stays as it is.
func (s *Service) Revoke(ctx context.Context, tx *store.Tx, id string) error {
	b, err := badges.Get(ctx, tx, id)
	if err != nil || !b.Revoked.IsZero() {
		return err
	}
	b.Revoked = s.clock()
	return badges.Put(tx, b)
}

// Remove takes a badge out in the transaction, as if it had never been issued.
func (s *Service) Remove(ctx context.Context, tx *store.Tx, id string) error {
	return badges.Delete(ctx, tx, id)
}

// Get returns the badge, or store.ErrNotFound.
func (s *Service) Get(ctx context.Context, r store.Reader, id string) (Badge, error) {
	return badges.Get(ctx, r, id)
}

// Code returns the text that goes into the badge's QR code.
func (s *Service) Code(b Badge) (string, error) {
	private, err := s.privateKey(b.Event)
	if err != nil {
		return "", err
	}
	return Sign(private, b.ID)
}

// Check tells which event's badge the code is, by signature alone: ErrNotACode
// when it is no badge's, ErrForged when no event's key signed it.
func (s *Service) Check(ctx context.Context, code string) (c Code, event string, err error) {
	c, err = Parse(code)
	if err != nil {
		return c, "", err
	}
	key, err := s.key(ctx, c.KeyID)
	if errors.Is(err, store.ErrNotFound) {
		return c, "", ErrForged
	}
	if err != nil {
		return c, "", err
	}
	return c, key.Event, c.Verify(key.Public)
}

// Keys returns the public keys that verify an event's badges, the oldest first.
func (s *Service) Keys(ctx context.Context, event string) ([]Key, error) {
	return keys.List(ctx, s.db, store.By("event", event))
}

func (s *Service) key(ctx context.Context, id string) (Key, error) {
	if k, ok := s.public.Load(id); ok {
		return k.(Key), nil
	}
	k, err := keys.Get(ctx, s.db, id)
	if err != nil {
		return k, err
	}
	s.public.Store(id, k)
	return k, nil
}

func (s *Service) privateKey(event string) (ed25519.PrivateKey, error) {
	if key, ok := s.private.Load(event); ok {
		return key.(ed25519.PrivateKey), nil
	}
	if s.secret == "" {
		return nil, fmt.Errorf("badge: no secret is configured, so no badge can be signed")
	}
	key, err := deriveKey(s.secret, event)
	if err != nil {
		return nil, err
	}
	s.private.Store(event, key)
	return key, nil
}

// recordKey writes the event's public key unless it is on record. What is
// cached was read outside the transaction: a transaction's own write may come to
// nothing.
func (s *Service) recordKey(ctx context.Context, tx *store.Tx, event string) error {
	private, err := s.privateKey(event)
	if err != nil {
		return err
	}
	public := private.Public().(ed25519.PublicKey)
	id := KeyID(public)
	if _, err := s.key(ctx, id); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if _, err := keys.Get(ctx, tx, id); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return keys.Put(tx, Key{ID: id, Event: event, Public: public, Created: s.clock()})
}

// CurrentKey is the id of the key that an event's new badges are signed with.
func (s *Service) CurrentKey(event string) (string, error) {
	private, err := s.privateKey(event)
	if err != nil {
		return "", err
	}
	return KeyID(private.Public().(ed25519.PublicKey)), nil
}
