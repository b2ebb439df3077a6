package jobs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"convene/internal/problem"
	"convene/internal/store"
)

// How many lines of history a job keeps, and how many more it may have before
// the oldest are removed.
const (
	keptRuns  = 200
	pruneStep = 20
)

// pastID sorts as the fencing numbers do.
func pastID(p Past) string { return fmt.Sprintf("%s/%012d", p.Job, p.Fence) }

// prune removes the lines that are too old.
func (r *Runner) prune(ctx context.Context, name string) error {
	n, err := history.Count(ctx, r.db, store.By("job", name))
	if err != nil || n <= keptRuns+pruneStep {
		return err
	}
	oldest, err := history.Find(ctx, r.db, store.By("job", name).Limit(n-keptRuns))
	if err != nil {
		return err
	}
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, p := range oldest.Items {
			if err := history.Delete(ctx, tx, pastID(p)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Status is a job as it stands in the store. Instants are UTC.
type Status struct {
	Name     string
	Title    string
	Schedule string
	Missed   Missed
	Next     time.Time // the next tick; zero when there is none

	// While a run is in progress:
	RunningSince time.Time // zero when it is not
	Holder       string    // the instance that runs it

	Last *Past // the last run, with its counts or error; nil before the first
}

// Status returns all jobs of this runner, in the order they were added.
func (r *Runner) Status(ctx context.Context) ([]Status, error) {
	now := r.clock()
	var list []Status
	for _, e := range r.entries() {
		rec, err := r.read(ctx, r.db, e, now)
		if err != nil {
			return nil, err
		}
		s := Status{Name: e.Name, Title: e.Title, Schedule: e.Schedule, Missed: e.Missed, Last: rec.Last}
		s.Next = e.schedule.Next(later(rec.LastTick, now))
		if rec.Running != nil {
			s.RunningSince, s.Holder = rec.Running.Started, rec.Running.Holder
		}
		list = append(list, s)
	}
	return list, nil
}

// History returns the runs of a job, the newest first: the last 200 that did
// something or failed. cursor is an earlier page's Next.
func (r *Runner) History(ctx context.Context, name, cursor string) (store.Page[Past], error) {
	if r.entry(name) == nil {
		return store.Page[Past]{}, unknown(name)
	}
	return history.Find(ctx, r.db, store.By("job", name).Backwards().After(cursor).Limit(50))
}

func unknown(name string) error {
	return problem.Wrap(fmt.Errorf("jobs: no job %q", name), problem.NotFound, "problem.job_not_found")
}

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }
