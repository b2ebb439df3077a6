package outbox

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"crypto/hmac"

	"convene/internal/link"
	"convene/internal/problem"
	"convene/internal/store"
)

// preference is which letters of an event somebody does not want.
type preference struct {
	ID      string    `json:"id"` // event/address
	Refused []Kind    `json:"refused"`
	At      time.Time `json:"at"`
}

var preferences = store.NewCollection("letter_preferences", func(p preference) string { return p.ID })

func preferenceID(l Letter) string { return preferenceOf(l.Event, addressKey(l.To.Email)) }

func preferenceOf(event, emailKey string) string { return event + "/" + emailKey }

// Preferences keeps who refuses which kinds of letters of an event. Necessary
// letters, those without a kind, cannot be refused. It is safe for concurrent use.
type Preferences struct {
	DB     *store.DB
	Clock  func() time.Time
	Secret string // makes the links

	refused store.Memo[string, map[string][]Kind]
}

// Token is that of the page where a letter's reader chooses what they get. It
// names the letter, and through it the reader, without telling the address.
func (p *Preferences) Token(l Letter) string {
	return base64.RawURLEncoding.EncodeToString([]byte(l.ID)) + "." + p.seal(l.ID)
}

func (p *Preferences) seal(id string) string { return link.Token(p.Secret, "letters", id, 0) }

// ByToken returns the letter that the token names, or a problem of kind NotFound.
func (p *Preferences) ByToken(ctx context.Context, token string) (Letter, error) {
	encoded, seal, _ := strings.Cut(token, ".")
	id, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || !hmac.Equal([]byte(seal), []byte(p.seal(string(id)))) {
		return Letter{}, problem.New(problem.NotFound, "problem.link_unknown")
	}
	l, err := letters.Get(ctx, p.DB, string(id))
	if errors.Is(err, store.ErrNotFound) {
		return l, problem.Wrap(err, problem.NotFound, "problem.link_unknown")
	}
	if err == nil && l.Erased { // it was somebody's
		return l, problem.New(problem.NotFound, "problem.link_unknown")
	}
	return l, err
}

// Refused lists the kinds that the letter's reader does not want of its event.
func (p *Preferences) Refused(ctx context.Context, l Letter) ([]Kind, error) {
	all, err := p.refused.Get(p.DB, "", func() (map[string][]Kind, error) {
		all := map[string][]Kind{}
		for one, err := range preferences.All(ctx, p.DB, store.Query{}) {
			if err != nil {
				return nil, err
			}
			all[one.ID] = one.Refused
		}
		return all, nil
	}, preferences.Schema().Name)
	return all[preferenceID(l)], err
}

// Choose makes the kinds the ones that the letter's reader refuses from now on.
func (p *Preferences) Choose(ctx context.Context, l Letter, refused []Kind) error {
	return p.change(ctx, l, func([]Kind) []Kind {
		return slices.DeleteFunc(slices.Clone(refused), func(k Kind) bool { return !slices.Contains(Kinds, k) })
	})
}

// Refuse adds the letter's own kind to those that its reader refuses: what one
// click in a mail program does (RFC 8058).
func (p *Preferences) Refuse(ctx context.Context, l Letter) error {
	if l.Kind == "" {
		return nil
	}
	return p.change(ctx, l, func(refused []Kind) []Kind {
		if slices.Contains(refused, l.Kind) {
			return refused
		}
		return append(refused, l.Kind)
	})
}

func (p *Preferences) change(ctx context.Context, l Letter, fn func([]Kind) []Kind) error {
	return p.DB.Update(ctx, func(tx *store.Tx) error {
		now, err := preferences.Get(ctx, tx, preferenceID(l))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		now.ID, now.At = preferenceID(l), p.Clock().UTC().Truncate(time.Millisecond)
		now.Refused = fn(now.Refused)
		return preferences.Put(tx, now)
	})
}

// heldBack says why a letter must not go out, "" when it may, and what a server
// had to say about its address.
func (o *Outbox) heldBack(ctx context.Context, l Letter) (reason Reason, answer string, err error) {
	s, err := o.comesBack(ctx, l)
	if err != nil {
		return "", "", err
	}
	if s != nil {
		return ReasonComesBack, s.Answer, nil
	}
	if l.Kind == "" || o.Preferences == nil {
		return "", "", nil
	}
	refused, err := o.Preferences.Refused(ctx, l)
	if err == nil && slices.Contains(refused, l.Kind) {
		reason = ReasonRefused
	}
	return reason, "", err
}
