package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Job is something that happens on a schedule.
type Job struct {
	// Name identifies the job among all instances and in the history. It does
	// not change when the program does.
	Name string

	// Title says what the job does, for the desk.
	Title string

	// Schedule is a standard five-field cron specification or a descriptor
	// (@hourly, @daily, @every 5s), optionally behind "CRON_TZ=Europe/Dublin ".
	// Fields without a zone are UTC.
	Schedule string

	// Missed says what becomes of ticks that came while nothing was up.
	Missed Missed

	// Run does the work. It may be called again for a tick whose run was
	// interrupted. What it counts is kept in the history; a run that counts
	// nothing but zeros and has no error leaves no line there. An error is
	// shown on the desk as it is, so it names no person. The context ends when
	// the instance stops or has lost the job's lease; Run then returns soon.
	Run func(ctx context.Context, run Run) (counts map[string]int, err error)
}

// Run is one run of a job.
type Run struct {
	// Tick is the nominal instant, in UTC: when the schedule says, not when
	// the run began. For a run that was asked for it is the instant of asking.
	Tick time.Time

	// Fence grows with every run of the job. A write that carries it can tell
	// a holder that lost its lease from its successor.
	Fence int64
}

// Missed is the rule for ticks that came while nothing was up.
type Missed int

const (
	// MakeUp runs the job once for all the ticks that were missed, and once
	// more when a run was interrupted.
	MakeUp Missed = iota
	// Drop forgets missed ticks and interrupted runs: the next tick will do. A
	// tick less than five minutes ago is not missed yet; clocks are not better.
	Drop
)

func (m Missed) String() string {
	if m == Drop {
		return "drop"
	}
	return "make up"
}

// entry is a job as a runner keeps it.
type entry struct {
	Job
	schedule schedule
	watch    watch

	// next is when the store is asked again: at the next tick, or earlier to
	// see whether a holder is still alive. The zero time means now.
	next time.Time
}

func newEntry(j Job) (*entry, error) {
	if j.Name == "" || j.Run == nil {
		return nil, errors.New("jobs: a job needs a name and a function")
	}
	s, err := parseSchedule(j.Schedule)
	if err != nil {
		return nil, fmt.Errorf("jobs: %s: schedule %q: %w", j.Name, j.Schedule, err)
	}
	return &entry{Job: j, schedule: s}, nil
}

// onTime is how late a dropping job may still be run. A tick that is this late on
// the fastest clock may not have come yet on the clocks of those that were up all
// the time, so it was not missed.
const onTime = clockSkew
