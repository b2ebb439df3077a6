package outbox

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"convene/internal/link"
	"convene/internal/person"
	"convene/internal/store"
)

// Bounce is what a mail server further on said about a letter that ours had taken.
type Bounce struct {
	Report string    `json:"report"` // names what told of it, so that it is kept once
	At     time.Time `json:"at"`     // when we learnt of it
	Status string    `json:"status"` // "5.1.1" (RFC 3463), or empty
	Answer string    `json:"answer"` // the server's words, without addresses
	Server string    `json:"server,omitempty"`
	Hard   bool      `json:"hard"` // the address gets no more letters
}

// keptBounces is how many a letter keeps, the last ones. Servers report a delay
// more than once.
const keptBounces = 20

// Suppression says why an address gets no letters. It stands under a hash: the
// list holds no address.
type Suppression struct {
	ID     string    `json:"id"`
	Since  time.Time `json:"since"`
	Status string    `json:"status"`
	Answer string    `json:"answer"` // the server's words, without addresses
	Letter string    `json:"letter"` // the id of the letter that came back
}

var suppressions = store.NewCollection("letter_suppressions", func(s Suppression) string { return s.ID })

// addressKey is the same for all ways to write one address.
func addressKey(email string) string {
	if parsed, ok := person.ParseEmail(email); ok {
		return parsed.Key
	}
	return strings.ToLower(email)
}

func suppressionID(email string) string { return link.Hash(addressKey(email)) }

// Notice is what a report says about one recipient.
type Notice struct {
	Report    string   // names the report: the same one may come twice
	MessageID string   // of the letter, with angle brackets
	Addresses []string // the recipient, as the server and as the sender wrote it
	Hard      bool     // the address takes no letters
	Status    string
	Answer    string
	Server    string
}

// Heard is what became of a notice.
type Heard string

// What may become of a notice.
const (
	HeardHard    Heard = "hard"    // kept, and the address gets no more letters
	HeardSoft    Heard = "soft"    // kept
	HeardKnown   Heard = "known"   // it was kept already
	HeardForeign Heard = "foreign" // no letter of ours went to that address under that Message-ID
)

// Bounced keeps the notice with the letter that it is about, and has the letter's
// address get no more letters if it is a hard one. Nobody can silence somebody
// else by an invented report: the Message-ID, which only the recipient has seen,
// must be that of a letter, and the letter's own address one of the notice's.
func (o *Outbox) Bounced(ctx context.Context, n Notice) (heard Heard, err error) {
	if n.MessageID == "" {
		return HeardForeign, nil
	}
	err = o.db.Update(ctx, func(tx *store.Tx) error {
		l, err := letters.First(ctx, tx, store.By("message_id", n.MessageID))
		if errors.Is(err, store.ErrNotFound) || err == nil && (l.Erased || !n.about(l)) {
			heard = HeardForeign
			return nil
		}
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(l.Bounces, func(b Bounce) bool { return b.Report == n.Report }); i >= 0 {
			if !n.Hard || l.Bounces[i].Hard {
				heard = HeardKnown
				return nil
			}
			l.Bounces = slices.Delete(l.Bounces, i, i+1) // it was read before it was whole
		}
		b := n.bounce(o.Clock())
		l.Bounces = append(l.Bounces, b)
		l.Bounces = l.Bounces[max(0, len(l.Bounces)-keptBounces):]
		if err := letters.Put(tx, l); err != nil {
			return err
		}
		if heard = HeardSoft; !n.Hard {
			return nil
		}
		heard = HeardHard
		return suppress(ctx, tx, l, b)
	})
	return heard, err
}

func (n Notice) about(l Letter) bool {
	key := addressKey(l.To.Email)
	return slices.ContainsFunc(n.Addresses, func(email string) bool { return addressKey(email) == key })
}

func (n Notice) bounce(now time.Time) Bounce {
	return Bounce{
		Report: n.Report, At: now.UTC().Truncate(time.Millisecond), Status: n.Status, Hard: n.Hard,
		Answer: withoutAddresses(n.Answer), Server: withoutAddresses(n.Server),
	}
}

// suppress has the letter's address get no more letters. The first reason stays.
func suppress(ctx context.Context, tx *store.Tx, l Letter, b Bounce) error {
	_, err := suppressions.Get(ctx, tx, suppressionID(l.To.Email))
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return suppressions.Put(tx, Suppression{
		ID: suppressionID(l.To.Email), Since: b.At, Status: b.Status, Answer: b.Answer, Letter: l.ID,
	})
}

// SuppressionOf tells why the address gets no letters; ok is false when it does.
func (o *Outbox) SuppressionOf(ctx context.Context, email string) (s Suppression, ok bool, err error) {
	s, err = suppressions.Get(ctx, o.db, suppressionID(email))
	if errors.Is(err, store.ErrNotFound) {
		return s, false, nil
	}
	return s, err == nil, err
}

// Lift has the address get letters again. lifted is false when it does already.
func Lift(ctx context.Context, tx *store.Tx, email string) (lifted bool, err error) {
	err = suppressions.Delete(ctx, tx, suppressionID(email))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// comesBack returns why letters to the address would come back; nil when they do
// not. An address that was given anew is tried again.
func (o *Outbox) comesBack(ctx context.Context, l Letter) (*Suppression, error) {
	all, err := o.suppressed.Get(o.db, "", func() (map[string]Suppression, error) {
		all := map[string]Suppression{}
		for one, err := range suppressions.All(ctx, o.db, store.Query{}) {
			if err != nil {
				return nil, err
			}
			all[one.ID] = one
		}
		return all, nil
	}, suppressions.Schema().Name)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	s, ok := all[suppressionID(l.To.Email)]
	if !ok {
		return nil, nil
	}
	if o.GivenAnew != nil {
		anew, err := o.GivenAnew(ctx, l, s.Since)
		if err != nil {
			return nil, err
		}
		if anew {
			return nil, o.lift(ctx, l.To.Email)
		}
	}
	return &s, nil
}

func (o *Outbox) lift(ctx context.Context, email string) error {
	return o.db.Update(ctx, func(tx *store.Tx) error {
		_, err := Lift(ctx, tx, email)
		return err
	})
}

// suppressRefused is suppress for an address that our own mail server refused as
// one that is not there (5.1.x). Its other refusals may be about its settings.
func suppressRefused(ctx context.Context, tx *store.Tx, r result) error {
	a := r.attempt
	if a == nil || a.Outcome != Failed || a.Code == 0 {
		return nil
	}
	status := enhanced.FindString(a.Answer)
	if !strings.HasPrefix(status, "5.1.") || !Hard(status) {
		return nil
	}
	return suppress(ctx, tx, r.letter.Letter, Bounce{At: a.At, Status: status, Answer: withoutAddresses(a.Answer)})
}

// enhanced is the status code that a server's words begin with (RFC 2034).
var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// hardStatuses are the permanent failures that are about the address, so that
// every letter would come back. All other subjects of RFC 3463 are about this
// message, these servers or the sender: 5.2.2 is a full mailbox, 5.3.4 a message
// too large, 5.6.x its content, 5.7.x a policy, such as a block list that we
// stand on.
var hardStatuses = map[string]bool{
	"5.0.0": true, // nothing more is known; Exim says so of all that it gives up

	"5.1.0":  true, // something about the address
	"5.1.1":  true, // no such mailbox
	"5.1.2":  true, // no such domain
	"5.1.3":  true, // not an address
	"5.1.4":  true, // the address fits several mailboxes
	"5.1.6":  true, // moved, nobody knows where to
	"5.1.10": true, // the domain takes no mail (RFC 7505)
	// 5.1.5 says that the address is valid; 5.1.7 and 5.1.8 are about the
	// sender's address; 5.1.9 is about the next server (RFC 3886).

	"5.2.1": true, // the mailbox is disabled; the rest of 5.2 is about one that exists

	// By RFC 3463 no server answered, which does not last; as a permanent answer
	// it is how Exchange Online refuses recipients that it does not know.
	"5.4.1":   true,
	"5.4.4":   true, // no route: the domain is not there (Postfix)
	"5.4.310": true, // the same, from Exchange Online
}

// Hard reports whether a status (RFC 3463) says that no letter to the address will
// ever arrive.
func Hard(status string) bool { return hardStatuses[status] }

// withoutAddresses makes one line of a server's words, without what looks like an
// address: it may be one that letters were forwarded to.
func withoutAddresses(text string) string {
	words := strings.Fields(clip(text))
	for i, word := range words {
		if strings.Contains(word, "@") {
			words[i] = "…"
		}
	}
	return strings.Join(words, " ")
}
