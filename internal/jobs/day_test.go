package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"convene/internal/jobs"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// These tests let four instances live through a day. They share one SQLite file,
// each with connections and a clock of its own. Time is that of a synctest
// bubble: it stands still while anybody works, and leaps when all wait.

// network is a number of instances with the same jobs on one file.
type network struct {
	t      *testing.T
	path   string
	work   []work
	ledger ledger

	// Hours of looking once a second, and at a lease three times in its span,
	// are dear under the race detector. With a beat set, instances look that
	// often instead of being started. A lease is a minute unless it is set.
	beat, lease time.Duration
}

// work is a job of which each run takes a while.
type work struct {
	name, schedule string
	missed         jobs.Missed
	takes          time.Duration
}

// ledger is what the jobs really did. It complains about a job that runs twice
// at a time, and about a fencing number that does not grow.
type ledger struct {
	mu    sync.Mutex
	busy  map[string]string // job → the instance that runs it
	fence map[string]int64
	done  map[string][]string // job → the ticks whose runs came to their end
}

// instance is one program of the network.
type instance struct {
	*jobs.Runner
	t    *testing.T
	name string
	db   *store.DB
}

// simulate runs fn in a bubble whose time begins at an instant.
func simulate(t *testing.T, from string, fn func(t *testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(instant(t, from)))
		fn(t)
	})
}

func newNetwork(t *testing.T, list ...work) *network {
	return &network{
		t: t, path: filepath.Join(t.TempDir(), "jobs.db"), work: list,
		ledger: ledger{busy: map[string]string{}, fence: map[string]int64{}, done: map[string][]string{}},
	}
}

// up starts an instance whose clock is ahead of the true time.
func (n *network) up(name string, ahead time.Duration) *instance {
	n.t.Helper()
	engine, err := sqlite.Open(n.path)
	if err != nil {
		n.t.Fatal(err)
	}
	db, err := store.Open(n.t.Context(), engine, jobs.Collections()...)
	if err != nil {
		n.t.Fatal(err)
	}
	i := &instance{t: n.t, name: name, db: db, Runner: jobs.New(db, jobs.Options{
		Instance: name, Lease: n.lease, Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Now().Add(ahead) },
	})}
	for _, w := range n.work {
		if err := i.Add(n.ledger.job(n.t, w, name)); err != nil {
			n.t.Fatal(err)
		}
	}
	n.t.Cleanup(i.kill)
	if n.beat > 0 {
		go i.lookEvery(n.t.Context(), n.beat)
	} else {
		i.Start(n.t.Context())
	}
	return i
}

// four starts a, b, c and d. The clock of d is the fastest, so as long as it is up
// it is the first to see a tick.
func (n *network) four() (a, b, c, d *instance) {
	n.t.Helper()
	return n.up("a", -2*time.Minute), n.up("b", -time.Minute), n.up("c", time.Minute), n.up("d", 2*time.Minute)
}

func (i *instance) lookEvery(ctx context.Context, beat time.Duration) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		i.Tick(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// stop ends the instance as the program does, whose patience with runs in
// progress is limited. It tells whether they all came to their end.
func (i *instance) stop(patience time.Duration) bool {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := i.Stop(ctx)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		i.t.Error(err)
	}
	i.kill()
	return err == nil
}

// kill ends the instance without a word to anybody: it has lost its database
// before it could say that its runs are over.
func (i *instance) kill() {
	if err := i.db.Close(); err != nil {
		i.t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = i.Stop(ctx) // a kill does not ask
}

func (l *ledger) job(t *testing.T, w work, by string) jobs.Job {
	run := func(ctx context.Context, run jobs.Run) (map[string]int, error) {
		l.begin(t, w.name, by, run)
		defer l.end(w.name)
		select {
		case <-time.After(w.takes):
			l.finish(w.name, run)
			return map[string]int{"done": 1}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return jobs.Job{Name: w.name, Schedule: w.schedule, Missed: w.missed, Run: run}
}

func (l *ledger) begin(t *testing.T, job, by string, run jobs.Run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if other := l.busy[job]; other != "" {
		t.Errorf("%s: %s began %s while %s ran", job, by, short(run.Tick), other)
	}
	if run.Fence <= l.fence[job] {
		t.Errorf("%s: fencing number %d follows %d", job, run.Fence, l.fence[job])
	}
	l.busy[job], l.fence[job] = by, run.Fence
}

func (l *ledger) end(job string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy[job] = ""
}

func (l *ledger) finish(job string, run jobs.Run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[job] = append(l.done[job], short(run.Tick))
}

// busyWith returns who runs the job.
func (l *ledger) busyWith(job string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.busy[job]
}

// wantDone checks which runs of a job came to their end, in order.
func (n *network) wantDone(job string, ticks ...string) {
	n.t.Helper()
	n.ledger.mu.Lock()
	defer n.ledger.mu.Unlock()
	if got := n.ledger.done[job]; !slices.Equal(got, ticks) {
		n.t.Errorf("%s: came to their end\n %q\nwant\n %q", job, got, ticks)
	}
}

// wantHistory checks what the store tells of a job's runs, the first one first.
func (n *network) wantHistory(from *instance, job string, lines ...string) {
	n.t.Helper()
	var got []string
	for _, p := range n.past(from, job) {
		line := fmt.Sprintf("%d %s %s %s %s", p.Fence, short(p.Tick), p.Holder, p.Cause, p.Outcome)
		if p.Missed > 0 {
			line += fmt.Sprintf(", %d missed", p.Missed)
		}
		if p.Skipped > 0 {
			line += fmt.Sprintf(", %d skipped", p.Skipped)
		}
		got = append(got, line)
	}
	if !slices.Equal(got, lines) {
		n.t.Errorf("%s: history\n %q\nwant\n %q", job, got, lines)
	}
}

func (n *network) past(from *instance, job string) []jobs.Past {
	n.t.Helper()
	var list []jobs.Past
	for cursor := ""; ; {
		page, err := from.History(n.t.Context(), job, cursor)
		if err != nil {
			n.t.Fatal(err)
		}
		list = append(list, page.Items...)
		if cursor = page.Next; cursor == "" {
			slices.Reverse(list)
			return list
		}
	}
}

// refused checks that none of the instances runs the job when asked.
func (n *network) refused(job string, list ...*instance) {
	n.t.Helper()
	for _, i := range list {
		if err := i.RunNow(n.t.Context(), job); !errors.Is(err, jobs.ErrRunning) {
			n.t.Errorf("%s asked to run %s: got %v, want ErrRunning", i.name, job, err)
		}
	}
}

// ask runs the job outside its schedule.
func (n *network) ask(i *instance, job string) {
	n.t.Helper()
	if err := i.RunNow(n.t.Context(), job); err != nil {
		n.t.Errorf("%s asked to run %s: %v", i.name, job, err)
	}
}

// until lets the true time pass.
func until(t *testing.T, text string) {
	t.Helper()
	time.Sleep(time.Until(instant(t, text)))
	synctest.Wait()
}

func short(tick time.Time) string { return tick.Format("01-02 15:04") }

// every lists the multiples of a step in [from, to).
func every(t *testing.T, step time.Duration, from, to string) []string {
	t.Helper()
	var list []string
	for at := instant(t, from); at.Before(instant(t, to)); at = at.Add(step) {
		list = append(list, short(at))
	}
	return list
}

// The days on which clocks change, from one local midnight to the next. The
// instants are UTC and were worked out by hand from the zones' rules.
var days = []struct {
	name, zone       string
	midnight, next   string
	clocks           [4]time.Duration // minutes ahead
	oneThirty        string
	twoThirty        string
	eighteen         string
	everyTwenty      []string // between one and three o'clock
	quarters, hourly int
}{
	{
		name: "Mexico City goes from 02:00 back to 01:00", zone: "America/Mexico_City",
		midnight: "2021-10-31T05:00:00Z", next: "2021-11-01T06:00:00Z", clocks: [4]time.Duration{-2, -1, 1, 2},
		oneThirty: "10-31 06:30", twoThirty: "10-31 08:30", eighteen: "11-01 00:00",
		everyTwenty: []string{"10-31 06:00", "10-31 06:20", "10-31 06:40", "10-31 08:00", "10-31 08:20", "10-31 08:40"},
		quarters:    100, hourly: 25,
	},
	{
		name: "Dublin goes from 02:00 back to 01:00", zone: "Europe/Dublin",
		midnight: "2021-10-30T23:00:00Z", next: "2021-11-01T00:00:00Z", clocks: [4]time.Duration{-2, -1, 1, 2},
		oneThirty: "10-31 00:30", twoThirty: "10-31 02:30", eighteen: "10-31 18:00",
		everyTwenty: []string{"10-31 00:00", "10-31 00:20", "10-31 00:40", "10-31 02:00", "10-31 02:20", "10-31 02:40"},
		quarters:    100, hourly: 25,
	},
	{
		name: "Mexico City goes from 02:00 on to 03:00", zone: "America/Mexico_City",
		midnight: "2021-04-04T06:00:00Z", next: "2021-04-05T05:00:00Z", clocks: [4]time.Duration{-1, -1, 1, 1},
		oneThirty: "04-04 07:30", twoThirty: "04-04 08:00", eighteen: "04-04 23:00",
		everyTwenty: []string{"04-04 07:00", "04-04 07:20", "04-04 07:40", "04-04 08:00"},
		quarters:    92, hourly: 23,
	},
	{
		name: "Dublin goes from 01:00 on to 02:00", zone: "Europe/Dublin",
		midnight: "2021-03-28T00:00:00Z", next: "2021-03-28T23:00:00Z", clocks: [4]time.Duration{-1, -1, 1, 1},
		oneThirty: "03-28 01:00", twoThirty: "03-28 01:30", eighteen: "03-28 17:00",
		everyTwenty: []string{"03-28 01:00", "03-28 01:20", "03-28 01:40"},
		quarters:    92, hourly: 23,
	},
}

// Each tick of a day is run once, whichever way the clocks of the zone are moved
// and however far those of the instances are apart.
func TestDay(t *testing.T) {
	for _, day := range days {
		t.Run(day.name, func(t *testing.T) {
			t.Parallel()
			// No tick lies around the beginning and the end.
			early := instant(t, day.midnight).Add(-450 * time.Second).Format(time.RFC3339)
			end := instant(t, day.next).Add(-450 * time.Second).Format(time.RFC3339)
			simulate(t, early, func(t *testing.T) {
				in := "CRON_TZ=" + day.zone + " "
				n := newNetwork(t,
					work{name: "quarters", schedule: "*/15 * * * *", missed: jobs.MakeUp},
					work{name: "hourly", schedule: in + "5 * * * *", missed: jobs.Drop},
					work{name: "01:30", schedule: in + "30 1 * * *", missed: jobs.MakeUp},
					work{name: "02:30", schedule: in + "30 2 * * *", missed: jobs.Drop},
					work{name: "18:00", schedule: in + "0 18 * * *", missed: jobs.MakeUp},
					work{name: "twenties", schedule: in + "*/20 1-2 * * *", missed: jobs.Drop})
				n.beat, n.lease = 20*time.Second, time.Hour
				var some *instance
				for i, ahead := range day.clocks {
					some = n.up(fmt.Sprint("i", i), ahead*time.Minute)
				}
				until(t, end)

				quarters := every(t, 15*time.Minute, day.midnight, day.next)
				hours := every(t, time.Hour, instant(t, day.midnight).Add(5*time.Minute).Format(time.RFC3339), day.next)
				if len(quarters) != day.quarters || len(hours) != day.hourly {
					t.Fatalf("the day has %d quarters and %d hours", len(quarters), len(hours))
				}
				n.wantDone("quarters", quarters...)
				n.wantDone("hourly", hours...)
				n.wantDone("01:30", day.oneThirty)
				n.wantDone("02:30", day.twoThirty)
				n.wantDone("18:00", day.eighteen)
				n.wantDone("twenties", day.everyTwenty...)
				n.checkUneventful(some)
			})
		})
	}
}

// checkUneventful checks that the history has each run, begun when it was due on
// its holder's clock and ended well, with fencing numbers that leave no gap.
func (n *network) checkUneventful(from *instance) {
	n.t.Helper()
	for _, w := range n.work {
		list := n.past(from, w.name)
		if len(list) != len(n.ledger.done[w.name]) {
			n.t.Errorf("%s: the history has %d lines for %d runs", w.name, len(list), len(n.ledger.done[w.name]))
		}
		for i, p := range list {
			late := p.Started.Sub(p.Tick)
			if late < 0 || late > 30*time.Second || p.Ended.Before(p.Started) {
				n.t.Errorf("%s: the run of %s took from %s to %s", w.name, short(p.Tick), p.Started, p.Ended)
			}
			if p.Fence != int64(i+1) || p.Outcome != jobs.Done || p.Cause != jobs.Scheduled || p.Counts["done"] != 1 {
				n.t.Errorf("%s: line %d is %+v", w.name, i+1, p)
			}
		}
	}
}

// The troubles happen in the night in which Mexico City has 01:30 twice, at
// 06:30 and 07:30 UTC.
var night = []work{
	{name: "night", schedule: "CRON_TZ=America/Mexico_City 30 1 * * *", missed: jobs.MakeUp, takes: 10 * time.Minute},
	{name: "night dropped", schedule: "CRON_TZ=America/Mexico_City 30 1 * * *", missed: jobs.Drop, takes: 10 * time.Minute},
	{name: "often", schedule: "*/5 * * * *", missed: jobs.MakeUp},
}

func TestDayHolderDies(t *testing.T) {
	t.Parallel()
	simulate(t, "2021-10-31T06:22:30Z", func(t *testing.T) {
		n := newNetwork(t, night...)
		n.beat = 5 * time.Second
		a, b, c, d := n.four()
		until(t, "2021-10-31T06:31:00Z")
		if by := n.ledger.busyWith("night"); by != "d" {
			t.Fatalf("run by %q", by)
		}
		n.refused("night", a, b, c, d)
		d.kill()
		n.refused("night", a, b, c) // nobody knows yet

		// A minute's lease, and a look at it every twenty seconds.
		until(t, "2021-10-31T06:32:30Z")
		heir := n.ledger.busyWith("night")
		if heir == "" || heir == "d" {
			t.Fatalf("taken over by %q", heir)
		}
		n.refused("night", a, b, c)
		d = n.up("d", 2*time.Minute)
		n.refused("night", d)

		until(t, "2021-10-31T07:37:00Z") // past the second 01:30
		n.wantDone("night", "10-31 06:30")
		n.wantHistory(d, "night", "1 10-31 06:30 d scheduled interrupted", "2 10-31 06:30 "+heir+" again done")
		n.wantDone("night dropped")
		n.wantHistory(d, "night dropped", "1 10-31 06:30 d scheduled interrupted")
		n.wantDone("often", every(t, 5*time.Minute, "2021-10-31T06:25:00Z", "2021-10-31T07:40:00Z")...)
	})
}

func TestDayHolderIsStopped(t *testing.T) {
	t.Parallel()
	simulate(t, "2021-10-31T06:22:30Z", func(t *testing.T) {
		n := newNetwork(t, slices.Concat(night, []work{{name: "asked", schedule: "@yearly"}})...)
		_, _, c, d := n.four()
		until(t, "2021-10-31T06:31:00Z")
		go func() {
			time.Sleep(time.Minute)
			if err := d.RunNow(t.Context(), "asked"); err == nil {
				t.Error("an instance that is being stopped ran a job")
			}
		}()
		if !d.stop(time.Hour) {
			t.Error("the run did not come to its end")
		}
		if at := time.Now().UTC(); at.Sub(instant(t, "2021-10-31T06:38:00Z")).Abs() > 2*time.Second {
			t.Errorf("stopped at %s", at)
		}
		until(t, "2021-10-31T07:37:00Z")
		n.wantDone("night", "10-31 06:30")
		n.wantHistory(c, "night", "1 10-31 06:30 d scheduled done")
		n.wantDone("night dropped", "10-31 06:30")
		n.wantHistory(c, "asked")
		n.wantDone("often", every(t, 5*time.Minute, "2021-10-31T06:25:00Z", "2021-10-31T07:40:00Z")...)
	})
}

func TestDayHolderHandsBack(t *testing.T) {
	t.Parallel()
	simulate(t, "2021-10-31T06:22:30Z", func(t *testing.T) {
		n := newNetwork(t, night...)
		a, b, c, d := n.four()
		until(t, "2021-10-31T06:31:00Z")
		if d.stop(10 * time.Second) {
			t.Error("the run came to its end")
		}
		until(t, "2021-10-31T06:31:32Z") // a third of a lease later
		heir := n.ledger.busyWith("night")
		if heir == "" || heir == "d" {
			t.Fatalf("taken over by %q", heir)
		}
		n.refused("night", a, b, c)
		until(t, "2021-10-31T07:37:00Z")
		n.wantDone("night", "10-31 06:30")
		n.wantHistory(c, "night", "1 10-31 06:30 d scheduled interrupted", "2 10-31 06:30 "+heir+" again done")
		n.wantDone("night dropped")
		n.wantHistory(c, "night dropped", "1 10-31 06:30 d scheduled interrupted")
	})
}

func TestDayAllAreDownForThreeHours(t *testing.T) {
	t.Parallel()
	const in = "CRON_TZ=America/Mexico_City "
	simulate(t, "2021-10-31T05:51:00Z", func(t *testing.T) {
		n := newNetwork(t,
			work{name: "made up", schedule: "*/15 * * * *", missed: jobs.MakeUp},
			work{name: "dropped", schedule: "*/15 * * * *", missed: jobs.Drop},
			work{name: "hourly", schedule: in + "5 * * * *", missed: jobs.MakeUp},
			work{name: "night", schedule: in + "30 1 * * *", missed: jobs.MakeUp},
			work{name: "night dropped", schedule: in + "30 1 * * *", missed: jobs.Drop})
		a, b, c, d := n.four()
		until(t, "2021-10-31T06:08:00Z")
		for _, i := range []*instance{a, b, c, d} {
			i.stop(time.Minute)
		}
		until(t, "2021-10-31T09:08:00Z")
		a, _, _, _ = n.four()
		until(t, "2021-10-31T09:10:00Z")
		n.ask(a, "dropped")
		until(t, "2021-10-31T09:38:00Z")

		n.wantDone("made up", "10-31 06:00", "10-31 09:00", "10-31 09:15", "10-31 09:30")
		n.wantDone("dropped", "10-31 06:00", "10-31 09:08", "10-31 09:15", "10-31 09:30") // the second was asked for
		n.wantDone("hourly", "10-31 06:05", "10-31 09:05")
		n.wantDone("night", "10-31 06:30")
		n.wantDone("night dropped")
		for job, missed := range map[string]int{"made up": 11, "hourly": 2, "night": 0} {
			list := n.past(a, job)
			i := slices.IndexFunc(list, func(p jobs.Past) bool { return p.Started.After(instant(t, "2021-10-31T09:00:00Z")) })
			if i < 0 || list[i].Missed != missed {
				t.Errorf("%s: history %+v", job, list)
			}
		}
	})
}

func TestDayOverrun(t *testing.T) {
	t.Parallel()
	simulate(t, "2021-10-31T05:51:00Z", func(t *testing.T) {
		n := newNetwork(t, work{name: "long", schedule: "*/15 * * * *", missed: jobs.MakeUp, takes: 40 * time.Minute})
		n.beat = 5 * time.Second
		a, b, c, d := n.four()
		for range 10 {
			time.Sleep(11 * time.Minute)
			if n.ledger.busyWith("long") != "" {
				n.refused("long", a, b, c, d)
			}
		}
		until(t, "2021-10-31T08:11:00Z")
		n.wantDone("long", "10-31 06:00", "10-31 06:45", "10-31 07:30")
		n.wantHistory(a, "long", "1 10-31 06:00 d scheduled done, 2 skipped",
			"2 10-31 06:45 d scheduled done, 2 skipped", "3 10-31 07:30 d scheduled done, 2 skipped")
	})
}

// The slowest of the clocks holds the lease, which on the fastest has long ended.
func TestDaySlowClockKeepsItsLease(t *testing.T) {
	t.Parallel()
	simulate(t, "2021-10-31T05:51:00Z", func(t *testing.T) {
		n := newNetwork(t, work{name: "long", schedule: "0 * * * *", missed: jobs.MakeUp, takes: 40 * time.Minute})
		a, b, c, d := n.four()
		d.kill()
		c.kill()
		b.kill()
		until(t, "2021-10-31T06:05:00Z")
		n.up("d", 2*time.Minute)
		until(t, "2021-10-31T06:50:00Z")
		n.wantDone("long", "10-31 06:00")
		n.wantHistory(a, "long", "1 10-31 06:00 a scheduled done")
	})
}

// A run that is asked for takes nothing from the schedule: ticks that come before
// it or while it goes on are run when it is over.
func TestDayAskedRunLeavesTheSchedule(t *testing.T) {
	t.Parallel()
	simulate(t, "2021-10-31T06:22:30Z", func(t *testing.T) {
		n := newNetwork(t, night...)
		n.beat = 5 * time.Second
		a, _, _, d := n.four()
		until(t, "2021-10-31T06:26:00Z")
		n.ask(d, "night") // until 06:36, when 01:30 was on all clocks but one
		until(t, "2021-10-31T06:51:00Z")
		n.wantDone("night", "10-31 06:28", "10-31 06:30")
		n.ask(a, "night")
		until(t, "2021-10-31T07:37:00Z")
		n.wantDone("night", "10-31 06:28", "10-31 06:30", "10-31 06:49")
		n.wantDone("often", every(t, 5*time.Minute, "2021-10-31T06:25:00Z", "2021-10-31T07:40:00Z")...)
	})
}

// A tick that has come on the fastest clock only was not missed.
func TestDayFastClockDropsNothing(t *testing.T) {
	t.Parallel()
	simulate(t, "2021-10-31T05:51:00Z", func(t *testing.T) {
		n := newNetwork(t, work{name: "j", schedule: "0 * * * *", missed: jobs.Drop})
		a := n.up("a", -2*time.Minute)
		until(t, "2021-10-31T05:59:30Z")
		n.up("d", 2*time.Minute)
		until(t, "2021-10-31T06:10:00Z")
		n.wantDone("j", "10-31 06:00")
		n.wantHistory(a, "j", "1 10-31 06:00 d scheduled done")
	})
}

// Through the whole day instances are stopped, die and come back. No tick is run
// twice, none is lost, and the history tells what became of each.
func TestDayOfTroubles(t *testing.T) {
	t.Parallel()
	simulate(t, "2021-10-31T04:52:30Z", func(t *testing.T) {
		const in = "CRON_TZ=America/Mexico_City "
		n := newNetwork(t,
			work{name: "quarters", schedule: "*/15 * * * *", missed: jobs.MakeUp, takes: 9 * time.Minute},
			work{name: "long", schedule: "*/30 * * * *", missed: jobs.MakeUp, takes: 40 * time.Minute},
			work{name: "01:30", schedule: in + "30 1 * * *", missed: jobs.MakeUp, takes: 20 * time.Minute},
			work{name: "18:00", schedule: in + "0 18 * * *", missed: jobs.MakeUp, takes: 20 * time.Minute})
		n.beat, n.lease = 30*time.Second, 15*time.Minute
		last := n.trouble(rand.New(rand.NewPCG(2021, 10)), instant(t, "2021-11-01T04:45:00Z"))
		until(t, "2021-11-01T06:52:30Z") // what was begun before the next midnight is over

		n.wantDone("01:30", "10-31 06:30")
		n.wantDone("18:00", "11-01 00:00")
		n.checkAccounts(last, "quarters", every(t, 15*time.Minute, "2021-10-31T05:00:00Z", "2021-11-01T07:00:00Z"))
		n.checkAccounts(last, "long", every(t, 30*time.Minute, "2021-10-31T05:00:00Z", "2021-11-01T07:00:00Z"))
	})
}

// trouble starts four instances and, every few minutes until the end, stops or
// kills one or starts it again. Then all are up; it returns one of them.
func (n *network) trouble(chance *rand.Rand, end time.Time) *instance {
	n.t.Helper()
	a, b, c, d := n.four()
	list, ahead := []*instance{a, b, c, d}, []time.Duration{-2, -1, 1, 2}
	start := func(i int) { list[i] = n.up(string("abcd"[i]), ahead[i]*time.Minute) }
	for time.Now().Before(end) {
		// Half a second beside the instances: one that dies between the end of
		// its work and the note of it would rightly see the work done again.
		time.Sleep(time.Duration(10+chance.IntN(20))*time.Minute + time.Second/2)
		i := chance.IntN(len(list))
		switch gone, dies := list[i] == nil, chance.IntN(2) == 0; {
		case gone:
			time.Sleep(time.Second / 2)
			start(i)
			time.Sleep(time.Second / 2)
		case dies:
			list[i].kill()
			list[i] = nil
		default:
			list[i].stop(time.Duration(chance.IntN(6)) * time.Minute)
			list[i] = nil
		}
		time.Sleep(time.Second / 2)
	}
	for i := range list {
		if list[i] == nil {
			start(i)
		}
	}
	return list[0]
}

// checkAccounts checks that each tick came to its end once at most, that an
// interrupted one was made good, and that the history has every tick once: as
// one that was run, was missed, or came while the job ran.
func (n *network) checkAccounts(from *instance, job string, ticks []string) {
	n.t.Helper()
	told, interrupted := 0, 0
	var until, owed time.Time // the last instant that is told of; the tick that is to be run again
	list := n.past(from, job)
	for _, p := range list {
		if p.Tick.Before(owed) {
			n.t.Errorf("%s: %s was interrupted, and %s came next", job, short(owed), short(p.Tick))
		}
		told += p.Skipped
		if p.Cause == jobs.Scheduled || p.Cause == jobs.MadeUp {
			told += 1 + p.Missed
		}
		until, owed = latest(until, p.Tick), time.Time{}
		if p.Outcome == jobs.Interrupted {
			owed = p.Tick
			interrupted++
		} else {
			until = latest(until, p.Ended)
		}
	}
	due, _ := slices.BinarySearch(ticks, short(until.Add(time.Minute)))
	if told != due {
		n.t.Errorf("%s: %d of %d ticks until %s are told of: %+v", job, told, due, until, list)
	}
	if !owed.IsZero() || interrupted < 3 {
		n.t.Errorf("%s: %d runs were interrupted; still owed: %s", job, interrupted, owed)
	}
	n.checkRising(job, ticks, len(list)-interrupted)
}

// checkRising checks that as many runs came to their end as the history says, each
// for a later tick than the one before.
func (n *network) checkRising(job string, ticks []string, ended int) {
	n.t.Helper()
	done := n.ledger.done[job]
	if len(done) != ended {
		n.t.Errorf("%s: %d runs ended, the history has %d", job, len(done), ended)
	}
	last := -1
	for _, tick := range done {
		i := slices.Index(ticks, tick)
		if i <= last {
			n.t.Errorf("%s: %s is no later tick than the one before", job, tick)
		}
		last = i
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
