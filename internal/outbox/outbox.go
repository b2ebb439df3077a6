package outbox

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"convene/internal/store"
)

// Options are an outbox's settings.
type Options struct {
	// Sender hands letters to the mail server. Without one they wait.
	Sender *Sender

	// Composer writes the letters.
	Composer Composer

	// Preferences tell who refuses which kinds of letters. Nil: nobody does.
	Preferences *Preferences

	// GivenAnew tells whether the letter's address was typed or proved once more
	// since the instant: then it is tried although letters to it came back. Nil:
	// only Lift does that.
	GivenAnew func(ctx context.Context, l Letter, since time.Time) (bool, error)

	// Sent is called for each letter in the transaction that records it as sent,
	// which may be tried several times. Nil: nobody wants to know.
	Sent func(ctx context.Context, tx *store.Tx, l Letter) error

	// ReturnPath is the address that servers report failures to, the sender of
	// the envelope. Empty: the sender's own.
	ReturnPath string

	// Clock tells when letters are due: time.Now unless set. Connections and
	// the pace are timed by the real clock.
	Clock func() time.Time

	// Log gets what the desk is not told: slog.Default() unless set.
	Log *slog.Logger

	// Instance names this instance in leases.
	Instance string

	// Connections is how many the mail server is given at once: 4 unless set.
	Connections int

	// PerMinute is how many letters go out in a minute at most; 0 means no
	// limit.
	PerMinute int

	// PerDomain is how many letters go out to one domain in a minute at most; 0
	// means no limit.
	PerDomain int

	// Batch is how many letters are leased at once: 200 unless set.
	Batch int

	// Lease is how long an instance that does not answer for it has the turn to
	// deliver: a minute unless set. It is renewed. Clocks of instances may differ
	// by a good deal less.
	Lease time.Duration

	// Attempts is how often a letter is tried: 20 times unless set, which
	// takes more than a day.
	Attempts int
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Connections = orElse(o.Connections, 4)
	o.Batch = min(orElse(o.Batch, 200), store.MaxLimit)
	if o.PerMinute > 0 { // what is in hand cannot be cancelled
		o.Batch = min(o.Batch, max(o.PerMinute/4, o.Connections))
	}
	o.Lease = orElse(o.Lease, time.Minute)
	o.Attempts = orElse(o.Attempts, 20)
	return o
}

func orElse[N int | time.Duration](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

// Outbox delivers letters and shows them. It is safe for concurrent use.
type Outbox struct {
	db *store.DB
	Options
	token   string
	pace    pace
	rest    rest
	domains *domains
	line    *line

	returnPath string // as it goes over the wire; empty: the sender's own
	suppressed store.Memo[string, map[string]Suppression]

	delivering sync.Mutex // held by Deliver
}

// New returns an outbox over the letters of the database.
func New(db *store.DB, o Options) *Outbox {
	o = o.withDefaults()
	out := &Outbox{
		db: db, Options: o, token: rand.Text(), pace: newPace(o.PerMinute), domains: newDomains(o.PerDomain), line: newLine(),
	}
	if o.ReturnPath == "" {
		return out
	}
	path, err := parseAddress(Address{Email: o.ReturnPath})
	if err != nil { // better a bounce too few than no letters
		o.Log.Error("bounces go to the sender", "error", err)
	}
	out.returnPath = path.Email
	return out
}
