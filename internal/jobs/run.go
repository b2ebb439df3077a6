package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"convene/internal/store"
)

// active is a run in progress in this instance.
type active struct {
	entry   *entry
	rec     record // as taken
	renewed time.Time
	cancel  context.CancelCauseFunc
	done    chan struct{}
	err     error // the job's, once done is closed
}

// start runs what was taken. It returns nil when the runner has stopped
// meanwhile; the run is then handed back.
func (r *Runner) start(e *entry, rec record) *active {
	ctx, cancel := context.WithCancelCause(r.life)
	a := &active{entry: e, rec: rec, renewed: rec.Running.Started, cancel: cancel, done: make(chan struct{})}
	r.mu.Lock()
	stopped := r.stopped
	if !stopped {
		r.active[e.Name] = a
		r.runs.Add(1)
	}
	r.mu.Unlock()
	if stopped {
		cancel(errStopped)
		a.err = errStopped
		r.finish(ctx, a, nil)
		return nil
	}
	go r.run(ctx, a)
	return a
}

func (r *Runner) run(ctx context.Context, a *active) {
	defer r.runs.Done()
	defer close(a.done)
	defer a.cancel(nil)
	var counts map[string]int
	counts, a.err = r.call(ctx, a)
	r.finish(ctx, a, counts)
	r.mu.Lock()
	delete(r.active, a.entry.Name)
	r.mu.Unlock()
}

// call runs the job's function; a panic becomes its error.
func (r *Runner) call(ctx context.Context, a *active) (counts map[string]int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			r.log.Error("job panicked", "job", a.entry.Name, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return a.entry.Run(ctx, Run{Tick: a.rec.Running.Tick, Fence: a.rec.Fence})
}

// finish records the end of a run, unless its lease was lost: then the instance
// that took over has recorded it.
func (r *Runner) finish(ctx context.Context, a *active, counts map[string]int) {
	// What is stopped is recorded all the same.
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	past, err := r.recordEnd(recording, a, counts, context.Cause(ctx))
	if errors.Is(err, errLost) {
		r.log.Warn("job lost its lease while it ran", "job", a.entry.Name, "tick", a.rec.Running.Tick)
		return
	}
	if err != nil {
		r.log.Error("end of job not recorded", "job", a.entry.Name, "error", err)
		return
	}
	r.report(a.entry.Job, past)
	if past.quiet() {
		return
	}
	if err := r.prune(recording, a.entry.Name); err != nil && !errors.Is(err, store.ErrNotFound) {
		r.log.Error("job history not pruned", "job", a.entry.Name, "error", err)
	}
}

const recordTimeout = 10 * time.Second

func (r *Runner) report(j Job, past Past) {
	if past.Outcome == Failed {
		r.log.Error("job failed", "job", past.Job, "tick", past.Tick, "error", past.Error)
	}
	if past.Skipped > 0 {
		level := slog.LevelWarn
		if strings.HasPrefix(j.Schedule, "@every") { // it looks for work often, and has found much
			level = slog.LevelDebug
		}
		r.log.Log(context.Background(), level, "job overran, ticks skipped", "job", past.Job, "tick", past.Tick, "ticks", past.Skipped,
			"took", past.Ended.Sub(past.Started))
	}
}

func (r *Runner) recordEnd(ctx context.Context, a *active, counts map[string]int, cause error) (past Past, err error) {
	now := r.clock()
	err = r.db.Update(ctx, func(tx *store.Tx) error {
		rec, err := r.held(ctx, tx, a.entry.Name, a.rec.Fence)
		if err != nil {
			return err
		}
		past = rec.past(rec.Running, now)
		past.Counts = counts
		past.conclude(a.err, cause)
		if past.Outcome == Interrupted {
			rec.handBack(a.entry)
		} else {
			past.Skipped = rec.skipOverrun(a.entry, now)
		}
		rec.Running, rec.Last = nil, &past
		if !past.quiet() {
			if err := history.Create(tx, past); err != nil {
				return err
			}
		}
		return records.Put(tx, rec)
	})
	return past, err
}

// conclude tells the outcome: an error after the context was ended from outside
// is an interruption, not a failure.
func (p *Past) conclude(err, cause error) {
	switch {
	case err == nil:
		p.Outcome = Done
		return
	case cause != nil:
		p.Outcome = Interrupted
	default:
		p.Outcome = Failed
	}
	p.Error = clip(err.Error())
}

// handBack leaves the tick of an interrupted run to another instance.
func (rec *record) handBack(e *entry) {
	if e.Missed == MakeUp {
		rec.Again = rec.Running.Tick
	}
}

// skipOverrun passes over the ticks that came while the schedule's own run went
// on, and returns how many. A run that was asked for stands for no tick: those
// that came meanwhile, or were due when it began, stay due.
func (rec *record) skipOverrun(e *entry, now time.Time) int {
	if rec.Running.Cause == Asked {
		return 0
	}
	tick, skipped := latest(e.schedule, rec.LastTick, now)
	if skipped > 0 {
		rec.LastTick = tick
	}
	return skipped
}

// clip bounds an error's text.
func clip(text string) string {
	const most = 2000
	text = strings.ToValidUTF8(text, "\uFFFD") // the store takes nothing else
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// renewAll prolongs the leases of the runs in progress here. A run whose lease
// is gone, or could not be renewed before it ended, loses its context.
func (r *Runner) renewAll(ctx context.Context, now time.Time) {
	for _, a := range r.activeRuns() {
		if now.Sub(a.renewed) < r.lease/3 {
			continue
		}
		err := r.renew(ctx, a.entry.Name, a.rec.Fence, now)
		switch {
		case err == nil:
			a.renewed = now
		case errors.Is(err, errLost):
			a.cancel(errLost)
		default:
			r.log.Error("lease not renewed", "job", a.entry.Name, "error", err)
			if now.Sub(a.renewed) >= r.lease {
				a.cancel(errLost)
			}
		}
	}
}

func (r *Runner) activeRuns() []*active {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*active, 0, len(r.active))
	for _, a := range r.active {
		list = append(list, a)
	}
	return list
}

func (r *Runner) running(name string) *active {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.active[name]
}
