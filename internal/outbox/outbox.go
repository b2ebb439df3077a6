package outbox

import (
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

	// Batch is how many letters are leased at once: 200 unless set.
	Batch int

	// Lease is how long a letter belongs to an instance that does not answer
	// for it: three minutes unless set. Clocks of instances may differ by a
	// good deal less.
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
	if o.PerMinute > 0 { // no more than can go out while the lease lasts
		o.Batch = min(o.Batch, max(o.PerMinute/4, o.Connections))
	}
	o.Lease = orElse(o.Lease, 3*time.Minute)
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
	token string
	pace  pace
	rest  rest
}

// New returns an outbox over the letters of the database.
func New(db *store.DB, o Options) *Outbox {
	o = o.withDefaults()
	return &Outbox{db: db, Options: o, token: rand.Text(), pace: newPace(o.PerMinute)}
}

// rest keeps a mail server that cannot be reached from being asked by every
// letter: one letter tries, the others wait as long as it does.
type rest struct {
	mu    sync.Mutex
	fails int
	until time.Time
}

func (r *rest) resting(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.until)
}

func (r *rest) failed(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails++
	r.until = now.Add(min(pauseAfter(r.fails), longestRest))
}

func (r *rest) reached() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails, r.until = 0, time.Time{}
}

// longestRest bounds how late letters are once the server is back.
const longestRest = 5 * time.Minute
