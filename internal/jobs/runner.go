package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"convene/internal/store"
)

// Options are a runner's settings.
type Options struct {
	// Instance names this instance in the history, such as the host's name.
	Instance string

	// Lease is how long a holder may be silent before another takes over: a
	// minute unless set. It is renewed three times in that span.
	Lease time.Duration

	// Clock tells the time: time.Now unless set.
	Clock func() time.Time

	// Log gets what the history cannot tell: slog.Default() unless set.
	Log *slog.Logger
}

// Runner runs jobs. All instances on one store have a runner with the same
// jobs. It is safe for concurrent use.
type Runner struct {
	db       *store.DB
	instance string
	token    string
	lease    time.Duration
	clock    func() time.Time
	log      *slog.Logger

	ticking sync.Mutex // one tick at a time; guards the entries' next and watch

	mu      sync.Mutex
	jobs    []*entry
	active  map[string]*active
	cron    *cron.Cron
	stopped bool

	runs   sync.WaitGroup
	life   context.Context // ends when the runs must
	cancel context.CancelCauseFunc
}

// New returns a runner without jobs.
func New(db *store.DB, o Options) *Runner {
	if o.Lease <= 0 {
		o.Lease = time.Minute
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	r := &Runner{
		db: db, instance: o.Instance, token: rand.Text(), lease: o.Lease, clock: o.Clock, log: o.Log,
		active: map[string]*active{},
	}
	r.life, r.cancel = context.WithCancelCause(context.Background())
	return r
}

// Add adds a job. It refuses a name that is taken and a schedule that cannot be
// read or never comes.
func (r *Runner) Add(j Job) error {
	e, err := newEntry(j)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range r.jobs {
		if other.Name == j.Name {
			return fmt.Errorf("jobs: %s is added twice", j.Name)
		}
	}
	r.jobs = append(r.jobs, e)
	return nil
}

// Start runs the jobs at their ticks. When ctx ends no more runs begin; those in
// progress go on until Stop.
func (r *Runner) Start(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cron != nil || r.stopped {
		return
	}
	context.AfterFunc(ctx, r.beginNoMore)
	r.cron = cron.New(cron.WithLocation(time.UTC))
	// One tick a second for all jobs, rather than cron's own entry for each: it
	// follows a clock that is set or simulated, and renews the leases as well.
	r.cron.Schedule(cron.Every(time.Second), cron.FuncJob(r.beat))
	r.cron.Start()
}

// beat is one second of a started runner. A beat that finds the one before it
// still at work leaves it alone.
func (r *Runner) beat() {
	if !r.ticking.TryLock() {
		return
	}
	defer r.ticking.Unlock()
	if r.life.Err() == nil {
		r.tick(r.life, r.clock())
	}
}

// tick does all that is due at an instant: it renews the leases of the runs in
// progress here and begins what the schedules ask for. The caller holds
// r.ticking.
func (r *Runner) tick(ctx context.Context, now time.Time) {
	r.renewAll(ctx, now)
	for _, e := range r.entries() {
		if r.isStopped() {
			return
		}
		if err := r.attend(ctx, e, now); err != nil {
			r.log.Error("job not looked at", "job", e.Name, "error", err)
		}
	}
}

// attend looks at one job. The store is asked only when a tick is due, or to
// see whether another instance's run is still alive.
func (r *Runner) attend(ctx context.Context, e *entry, now time.Time) error {
	if now.Before(e.next) || r.running(e.Name) != nil {
		return nil
	}
	rec, err := r.read(ctx, r.db, e, now)
	if err != nil {
		return err
	}
	e.watch.see(rec, now)
	if t := r.look(e, rec, now); t.changed || rec.unknown {
		if t, err = r.claim(ctx, e, now); err != nil {
			return err
		}
		rec = t.rec
		r.begin(e, t)
	}
	e.next = e.schedule.Next(later(rec.LastTick, now))
	if soon := now.Add(r.lease / 3); e.next.IsZero() || soon.Before(e.next) {
		e.next = soon
	}
	return nil
}

// begin tells the log what was found and starts the run that was taken.
func (r *Runner) begin(e *entry, t taking) {
	if t.interrupted != nil {
		r.log.Warn("job was interrupted", "job", e.Name, "tick", t.interrupted.Tick, "holder", t.interrupted.Holder)
	}
	if t.dropped > 0 {
		r.log.Info("job missed ticks, dropped", "job", e.Name, "ticks", t.dropped)
	}
	if t.begin {
		r.start(e, t.rec)
	}
}

// RunNow runs a job at once, outside its schedule, and returns its error when
// it has ended. When ctx ends first it returns ctx's error and the run goes on.
// ErrRunning says that a run is in progress, here or elsewhere.
func (r *Runner) RunNow(ctx context.Context, name string) error {
	e := r.entry(name)
	if e == nil {
		return unknown(name)
	}
	a, err := r.ask(ctx, e)
	if err != nil {
		return err
	}
	select {
	case <-a.done:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Runner) ask(ctx context.Context, e *entry) (*active, error) {
	r.ticking.Lock()
	defer r.ticking.Unlock()
	if r.isStopped() {
		return nil, errStopped // before it is claimed, and handed to others as interrupted
	}
	t, err := r.claimAsked(ctx, e, r.clock())
	if err != nil {
		return nil, err
	}
	a := r.start(e, t.rec)
	if a == nil {
		return nil, errStopped
	}
	return a, nil
}

// Stop begins no more runs and waits for those in progress. When ctx ends first
// their contexts end, they get a few seconds to return, and what did not finish
// is handed back for another instance to run. Stop then returns ctx's error.
func (r *Runner) Stop(ctx context.Context) error {
	r.beginNoMore()
	ended := make(chan struct{})
	go func() {
		r.runs.Wait()
		close(ended)
	}()
	defer r.stopCron()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	r.cancel(errStopped)
	select {
	case <-ended:
	case <-time.After(stopGrace):
		return errors.Join(ctx.Err(), errors.New("jobs: a run does not end"))
	}
	return ctx.Err()
}

func (r *Runner) beginNoMore() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
}

// stopGrace is how long a run may take to notice that its context has ended.
const stopGrace = 5 * time.Second

// stopCron ends the beats; until then they renew the leases of the last runs.
func (r *Runner) stopCron() {
	r.cancel(errStopped)
	r.mu.Lock()
	c := r.cron
	r.mu.Unlock()
	if c != nil {
		<-c.Stop().Done()
	}
}

func (r *Runner) isStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

func (r *Runner) entries() []*entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*entry{}, r.jobs...)
}

func (r *Runner) entry(name string) *entry {
	for _, e := range r.entries() {
		if e.Name == name {
			return e
		}
	}
	return nil
}
