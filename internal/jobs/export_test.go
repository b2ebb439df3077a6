package jobs

import (
	"context"
	"time"
)

// Tick is one beat at the instant of the runner's clock.
func (r *Runner) Tick(ctx context.Context) {
	r.ticking.Lock()
	defer r.ticking.Unlock()
	r.tick(ctx, r.clock())
}

// Settle waits for the runs in progress.
func (r *Runner) Settle() { r.runs.Wait() }

// Next returns the first tick of the specification after t.
func Next(spec string, t time.Time) (time.Time, error) {
	s, err := parseSchedule(spec)
	if err != nil {
		return time.Time{}, err
	}
	return s.Next(t), nil
}

// Latest is latest for a specification.
func Latest(spec string, after, now time.Time) (time.Time, int, error) {
	s, err := parseSchedule(spec)
	if err != nil {
		return time.Time{}, 0, err
	}
	tick, count := latest(s, after, now)
	return tick, count, nil
}
