package jobs

import (
	"context"
	"errors"
	"time"

	"convene/internal/problem"
	"convene/internal/store"
)

// clockSkew is how far the clocks of two instances may lie apart, with room to
// spare: each is promised to be within two minutes of the true time, so one may
// be two minutes behind and another two ahead.
const clockSkew = 5 * time.Minute

var (
	// ErrRunning says that a job is being run already, here or elsewhere.
	ErrRunning = errors.New("jobs: the job is running")

	// errLost is why a run's context ends when its lease is gone.
	errLost = errors.New("jobs: the lease was lost")

	// errStopped is why a run's context ends when the runner is stopped.
	errStopped = errors.New("jobs: the instance stopped")
)

// watch remembers when a holder's record was last seen to change, on this
// instance's clock.
type watch struct {
	fence    int64
	leaseEnd time.Time
	since    time.Time
}

// see takes note of the record as it is now.
func (w *watch) see(rec record, now time.Time) {
	if rec.Running == nil {
		*w = watch{}
		return
	}
	if w.fence != rec.Fence || !w.leaseEnd.Equal(rec.Running.LeaseEnd) {
		*w = watch{fence: rec.Fence, leaseEnd: rec.Running.LeaseEnd, since: now}
	}
}

// expired reports whether the record's holder has stopped renewing: its record
// stayed as it was for a whole lease, or the lease ended so long ago that no
// difference of clocks explains it.
func (w *watch) expired(rec record, lease time.Duration, now time.Time) bool {
	if now.Sub(rec.Running.LeaseEnd) > clockSkew {
		return true
	}
	same := w.fence == rec.Fence && w.leaseEnd.Equal(rec.Running.LeaseEnd)
	return same && now.Sub(w.since) >= lease
}

// taking is what becomes of a record when this instance looks at it: what to
// write, and the run to begin.
type taking struct {
	rec         record
	changed     bool
	begin       bool
	interrupted *Past
	dropped     int
}

// look decides what to do about a job. It changes nothing.
func (r *Runner) look(e *entry, rec record, now time.Time) taking {
	t := taking{rec: rec}
	if rec.Running != nil {
		if !e.watch.expired(rec, r.lease, now) {
			return t
		}
		t.interrupt(e, now)
	}
	tick, count := latest(e.schedule, t.rec.LastTick, now)
	if count > 0 && e.Missed == Drop && now.Sub(tick) > onTime {
		t.rec.LastTick, t.dropped, t.changed = tick, count, true
		count = 0
	}
	switch {
	case count > 1:
		t.take(r, run{tick: tick, cause: MadeUp, missed: count - 1}, now)
	case count == 1:
		t.take(r, run{tick: tick, cause: Scheduled}, now)
	case !t.rec.Again.IsZero():
		t.take(r, run{tick: t.rec.Again, cause: Again}, now)
	}
	return t
}

// interrupt closes the run of a holder that is gone.
func (t *taking) interrupt(e *entry, now time.Time) {
	gone := t.rec.Running
	past := t.rec.past(gone, now)
	past.Outcome = Interrupted
	t.interrupted, t.changed = &past, true
	t.rec.Running, t.rec.Last = nil, &past
	if e.Missed == MakeUp {
		t.rec.Again = gone.Tick
	}
}

// run is what a taking begins.
type run struct {
	tick   time.Time
	cause  Cause
	missed int
}

func (t *taking) take(r *Runner, next run, now time.Time) {
	if next.cause == Scheduled || next.cause == MadeUp {
		t.rec.LastTick = next.tick
	}
	t.rec.Again = time.Time{}
	t.rec.Fence++
	t.rec.Running = &running{
		Holder: r.instance, Token: r.token, Tick: next.tick, Cause: next.cause,
		Missed: next.missed, Started: now, LeaseEnd: now.Add(r.lease),
	}
	t.changed, t.begin = true, true
}

// past is the run as its holder would record it, without its end.
func (rec record) past(run *running, now time.Time) Past {
	return Past{
		Job: rec.ID, Fence: rec.Fence, Tick: run.Tick, Cause: run.Cause, Holder: run.Holder,
		Started: run.Started, Ended: now, Missed: run.Missed,
	}
}

// claim takes what is due of a job, if this instance is the first to.
func (r *Runner) claim(ctx context.Context, e *entry, now time.Time) (taking, error) {
	var t taking
	err := r.db.Update(ctx, func(tx *store.Tx) error {
		rec, err := r.read(ctx, tx, e, now)
		if err != nil {
			return err
		}
		t = r.look(e, rec, now)
		return t.write(tx)
	})
	return t, err
}

// claimAsked takes a run outside the schedule. An ErrRunning says that another
// is in progress.
func (r *Runner) claimAsked(ctx context.Context, e *entry, now time.Time) (taking, error) {
	var t taking
	err := r.db.Update(ctx, func(tx *store.Tx) error {
		rec, err := r.read(ctx, tx, e, now)
		if err != nil {
			return err
		}
		t = taking{rec: rec}
		if rec.Running != nil {
			if !e.watch.expired(rec, r.lease, now) {
				return problem.Wrap(ErrRunning, problem.Conflict, "problem.job_running")
			}
			t.interrupt(e, now)
		}
		again := t.rec.Again // asked for or not, an interrupted tick stays due
		t.take(r, run{tick: now.Truncate(time.Millisecond), cause: Asked}, now)
		t.rec.Again = again
		return t.write(tx)
	})
	return t, err
}

// read returns the job's record. One that does not exist yet begins with the
// ticks from now on.
func (r *Runner) read(ctx context.Context, from store.Reader, e *entry, now time.Time) (record, error) {
	rec, err := records.Get(ctx, from, e.Name)
	if errors.Is(err, store.ErrNotFound) {
		return record{ID: e.Name, LastTick: now.Add(-time.Millisecond), unknown: true}, nil
	}
	return rec, err
}

func (t *taking) write(tx *store.Tx) error {
	if !t.changed && !t.rec.unknown {
		return nil
	}
	if t.interrupted != nil {
		if err := history.Create(tx, *t.interrupted); err != nil {
			return err
		}
	}
	return records.Put(tx, t.rec)
}

// renew prolongs the lease of a run in progress. An errLost says that another
// instance has taken over.
func (r *Runner) renew(ctx context.Context, name string, fence int64, now time.Time) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		rec, err := r.held(ctx, tx, name, fence)
		if err != nil {
			return err
		}
		rec.Running.LeaseEnd = now.Add(r.lease)
		return records.Put(tx, rec)
	})
}

// held returns the job's record if the run with the fencing number still has it.
func (r *Runner) held(ctx context.Context, tx *store.Tx, name string, fence int64) (record, error) {
	rec, err := records.Get(ctx, tx, name)
	if err != nil {
		return rec, err
	}
	if rec.Running == nil || rec.Fence != fence || rec.Running.Token != r.token {
		return rec, errLost
	}
	return rec, nil
}
