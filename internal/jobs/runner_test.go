package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"convene/internal/jobs"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// clock is simulated time; an instance sees it with an error of its own.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) at(off time.Duration) func() time.Time {
	return func() time.Time {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.now.Add(off)
	}
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// diary notes which ticks were run, by whom.
type diary struct {
	mu   sync.Mutex
	runs map[string]int
	all  []string
}

func (d *diary) note(tick time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.runs == nil {
		d.runs = map[string]int{}
	}
	key := tick.Format("01-02T15:04:05")
	d.runs[key]++
	d.all = append(d.all, key)
}

func (d *diary) list() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.all)
}

func open(t *testing.T) *store.DB {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "jobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, jobs.Collections()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

type world struct {
	t     *testing.T
	db    *store.DB
	clock clock
}

func newWorld(t *testing.T, now string) *world {
	w := &world{t: t, db: open(t)}
	w.clock.set(instant(t, now))
	return w
}

func (w *world) runner(name string, off time.Duration, list ...jobs.Job) *jobs.Runner {
	w.t.Helper()
	r := jobs.New(w.db, jobs.Options{
		Instance: name, Lease: time.Minute, Clock: w.clock.at(off), Log: slog.New(slog.DiscardHandler),
	})
	for _, j := range list {
		if err := r.Add(j); err != nil {
			w.t.Fatal(err)
		}
	}
	return r
}

// step sets the clock and lets the runners look, all at once, until their runs
// are over.
func (w *world) step(now time.Time, runners ...*jobs.Runner) {
	w.clock.set(now)
	var wg sync.WaitGroup
	for _, r := range runners {
		wg.Go(func() {
			r.Tick(w.t.Context())
			r.Settle()
		})
	}
	wg.Wait()
}

func (w *world) stepTo(text string, runners ...*jobs.Runner) { w.step(instant(w.t, text), runners...) }

func (w *world) history(r *jobs.Runner, name string) []string {
	w.t.Helper()
	page, err := r.History(w.t.Context(), name, "")
	if err != nil {
		w.t.Fatal(err)
	}
	var list []string
	for _, p := range page.Items {
		list = append(list, fmt.Sprintf("%s %s %s %s", p.Tick.Format("15:04:05"), p.Holder, p.Cause, p.Outcome))
	}
	return list
}

func noting(d *diary, name, schedule string, missed jobs.Missed) jobs.Job {
	return jobs.Job{Name: name, Schedule: schedule, Missed: missed, Run: func(_ context.Context, run jobs.Run) (map[string]int, error) {
		d.note(run.Tick)
		return map[string]int{"done": 1}, nil
	}}
}

func want(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
}

func TestEachTickOnceAmongFourWithClocksApart(t *testing.T) {
	w := newWorld(t, "2026-03-01T00:02:00Z")
	var quarterly, minutely diary
	var runners []*jobs.Runner
	for i, off := range []time.Duration{-time.Minute, 0, 40 * time.Second, time.Minute} {
		runners = append(runners, w.runner(fmt.Sprint("i", i), off,
			noting(&quarterly, "quarterly", "*/15 * * * *", jobs.MakeUp),
			noting(&minutely, "minutely", "@every 1m", jobs.Drop)))
	}
	start := instant(t, "2026-03-01T00:02:00Z")
	for at := start; at.Before(start.Add(2 * time.Hour)); at = at.Add(10 * time.Second) {
		w.step(at, runners...)
	}
	for name, d := range map[string]*diary{"quarterly": &quarterly, "minutely": &minutely} {
		for tick, n := range d.runs {
			if n != 1 {
				t.Errorf("%s: tick %s ran %d times", name, tick, n)
			}
		}
	}
	if n := len(quarterly.runs); n != 8 {
		t.Errorf("got %d quarterly ticks: %v", n, slices.Sorted(maps.Keys(quarterly.runs)))
	}
	if n := len(minutely.runs); n < 120 || n > 122 {
		t.Errorf("got %d minutely ticks", n)
	}
}

func TestAcrossTheEndOfDaylightSaving(t *testing.T) {
	for zone, start := range map[string]string{"Europe/Dublin": "2026-10-24T12:00:00Z", "America/Mexico_City": "2022-10-29T18:00:00Z"} {
		w := newWorld(t, start)
		var night, hourly diary
		list := []jobs.Job{
			noting(&night, "night", "CRON_TZ="+zone+" 30 1 * * *", jobs.MakeUp),
			noting(&hourly, "hourly", "CRON_TZ="+zone+" 5 * * * *", jobs.MakeUp),
		}
		a, b := w.runner("a", 0, list...), w.runner("b", 2*time.Minute, list...)
		for at := instant(t, start); at.Before(instant(t, start).Add(24 * time.Hour)); at = at.Add(time.Minute) {
			w.step(at, a, b)
		}
		if len(night.list()) != 1 || len(hourly.list()) != 24 || len(hourly.runs) != 24 {
			t.Errorf("%s: got %d nights, %d hours (%d of them once)", zone, len(night.list()), len(hourly.list()), len(hourly.runs))
		}
	}
}

// stuck is a job whose runs wait to be let go, as a killed process never does.
type stuck struct {
	began chan jobs.Run
	free  chan struct{}
	ended chan error // the context's cause when a run noticed it
}

func newStuck() *stuck {
	return &stuck{began: make(chan jobs.Run, 10), free: make(chan struct{}), ended: make(chan error, 10)}
}

func (s *stuck) run(ctx context.Context, run jobs.Run) (map[string]int, error) {
	s.began <- run
	select {
	case <-s.free:
		return map[string]int{"done": 1}, nil
	case <-ctx.Done():
		s.ended <- context.Cause(ctx)
		return nil, ctx.Err()
	}
}

func TestKilledHolder(t *testing.T) {
	for _, missed := range []jobs.Missed{jobs.MakeUp, jobs.Drop} {
		t.Run(missed.String(), func(t *testing.T) {
			w := newWorld(t, "2026-03-01T11:59:00Z")
			s := newStuck()
			var d diary
			a := w.runner("a", 0, jobs.Job{Name: "j", Schedule: "0 * * * *", Missed: missed, Run: s.run})
			b := w.runner("b", 90*time.Second, noting(&d, "j", "0 * * * *", missed)) // its clock is ahead
			a.Tick(t.Context())
			w.clock.set(instant(t, "2026-03-01T12:00:00Z"))
			a.Tick(t.Context())
			first := <-s.began

			// a is alive: its lease is renewed, b leaves it alone.
			at := instant(t, "2026-03-01T12:00:00Z")
			for range 18 {
				at = at.Add(10 * time.Second)
				w.clock.set(at)
				a.Tick(t.Context())
				b.Tick(t.Context())
			}
			want(t, d.list(), nil)
			// a is dead: it no longer ticks.
			died := at
			for len(w.history(b, "j")) == 0 && at.Before(died.Add(10*time.Minute)) {
				at = at.Add(10 * time.Second)
				w.step(at, b)
			}
			if took := at.Sub(died); took < 50*time.Second || took > 2*time.Minute {
				t.Errorf("taken over after %s", took)
			}
			if missed == jobs.MakeUp {
				want(t, d.list(), []string{"03-01T12:00:00"})
				want(t, w.history(b, "j"), []string{"12:00:00 b again done", "12:00:00 a scheduled interrupted"})
			} else {
				want(t, d.list(), nil)
				want(t, w.history(b, "j"), []string{"12:00:00 a scheduled interrupted"})
			}

			// a was not dead, only slow: it notices, and records nothing.
			a.Tick(t.Context())
			if err := <-s.ended; err == nil {
				t.Error("the run that lost its lease was not told")
			}
			a.Settle()
			if list := w.history(b, "j"); len(list) > 2 {
				t.Errorf("the loser wrote history: %q", list)
			}
			status, err := b.Status(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if missed == jobs.MakeUp && status[0].Last.Fence != first.Fence+1 {
				t.Errorf("fence went from %d to %d", first.Fence, status[0].Last.Fence)
			}
		})
	}
}

func TestTakenAtOnceAfterALongSilence(t *testing.T) {
	w := newWorld(t, "2026-03-01T12:00:00Z")
	s := newStuck()
	a := w.runner("a", 0, jobs.Job{Name: "j", Schedule: "0 * * * *", Run: s.run})
	a.Tick(t.Context())
	<-s.began
	var d diary
	b := w.runner("b", 0, noting(&d, "j", "0 * * * *", jobs.MakeUp))
	w.stepTo("2026-03-01T12:30:00Z", b)
	want(t, d.list(), []string{"03-01T12:00:00"})
	close(s.free)
	a.Settle()
}

func TestOverrunIsSkippedAndSaid(t *testing.T) {
	w := newWorld(t, "2026-03-01T12:00:00Z")
	s := newStuck()
	j := jobs.Job{Name: "j", Schedule: "*/5 * * * *", Run: s.run}
	a, b := w.runner("a", 0, j), w.runner("b", 0, j)
	at := instant(t, "2026-03-01T12:00:00Z")
	for range 75 { // until 12:12:30
		w.clock.set(at)
		a.Tick(t.Context())
		b.Tick(t.Context())
		at = at.Add(10 * time.Second)
	}
	if n := len(s.began); n != 1 {
		t.Fatalf("began %d times", n)
	}
	status, err := b.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := status[0]; got.Holder != "a" || !got.RunningSince.Equal(instant(t, "2026-03-01T12:00:00Z")) {
		t.Errorf("status while running: %+v", got)
	}
	close(s.free)
	a.Settle()
	page, err := a.History(t.Context(), "j", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 1 || page.Items[0].Skipped != 2 {
		t.Errorf("history: %+v", page.Items)
	}
	w.stepTo("2026-03-01T12:15:00Z", a, b)
	if n := len(s.began); n != 2 {
		t.Errorf("the next tick began %d runs", n-1)
	}
}

func TestMissedTicks(t *testing.T) {
	w := newWorld(t, "2026-03-01T00:30:00Z")
	var made, dropped diary
	list := []jobs.Job{
		noting(&made, "made", "0 * * * *", jobs.MakeUp),
		noting(&dropped, "dropped", "0 * * * *", jobs.Drop),
	}
	w.stepTo("2026-03-01T00:30:00Z", w.runner("a", 0, list...))
	want(t, made.list(), nil)

	later := w.runner("b", 0, list...)
	w.stepTo("2026-03-01T05:30:00Z", later)
	w.stepTo("2026-03-01T05:30:30Z", later)
	want(t, made.list(), []string{"03-01T05:00:00"})
	want(t, dropped.list(), nil)
	page, err := later.History(t.Context(), "made", "")
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 1 || page.Items[0].Missed != 4 || page.Items[0].Cause != jobs.MadeUp {
		t.Errorf("history: %+v", page.Items)
	}
	w.stepTo("2026-03-01T06:00:20Z", later)
	want(t, made.list(), []string{"03-01T05:00:00", "03-01T06:00:00"})
	want(t, dropped.list(), []string{"03-01T06:00:00"})
}

func TestRunNow(t *testing.T) {
	w := newWorld(t, "2026-03-01T12:10:00Z")
	var d diary
	a := w.runner("a", 0, noting(&d, "j", "0 * * * *", jobs.MakeUp))
	if err := a.RunNow(t.Context(), "j"); err != nil {
		t.Fatal(err)
	}
	want(t, d.list(), []string{"03-01T12:10:00"})
	want(t, w.history(a, "j"), []string{"12:10:00 a asked done"})
	if err := a.RunNow(t.Context(), "k"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("unknown job: %v", err)
	}
	w.stepTo("2026-03-01T13:00:00Z", a)
	want(t, d.list(), []string{"03-01T12:10:00", "03-01T13:00:00"})
}

func TestRunNowTellsTheErrorAndWhoIsFirst(t *testing.T) {
	w := newWorld(t, "2026-03-01T12:10:00Z")
	s := newStuck()
	a := w.runner("a", 0, jobs.Job{Name: "j", Schedule: "0 * * * *", Run: s.run},
		jobs.Job{Name: "bad", Schedule: "@daily", Run: func(context.Context, jobs.Run) (map[string]int, error) { panic("no paper") }})
	b := w.runner("b", 0, jobs.Job{Name: "j", Schedule: "0 * * * *", Run: s.run})
	if err := a.RunNow(t.Context(), "bad"); err == nil || err.Error() != "panic: no paper" {
		t.Errorf("got %v", err)
	}
	want(t, w.history(a, "bad"), []string{"12:10:00 a asked failed"})

	short, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.RunNow(short, "j"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	waiting := make(chan error, 1)
	go func() { waiting <- a.RunNow(t.Context(), "j") }()
	<-s.began
	for _, r := range []*jobs.Runner{a, b} {
		if err := r.RunNow(t.Context(), "j"); !errors.Is(err, jobs.ErrRunning) {
			t.Errorf("got %v, want ErrRunning", err)
		}
	}
	close(s.free)
	if err := <-waiting; err != nil {
		t.Error(err)
	}
}

func TestStopWaitsThenHandsBack(t *testing.T) {
	w := newWorld(t, "2026-03-01T12:00:00Z")
	s := newStuck()
	a := w.runner("a", 0, jobs.Job{Name: "j", Schedule: "0 * * * *", Run: s.run})
	a.Tick(t.Context())
	<-s.began
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := a.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	a.Tick(t.Context()) // begins nothing
	want(t, w.history(a, "j"), []string{"12:00:00 a scheduled interrupted"})

	var d diary
	b := w.runner("b", 0, noting(&d, "j", "0 * * * *", jobs.MakeUp))
	w.stepTo("2026-03-01T12:00:30Z", b)
	want(t, d.list(), []string{"03-01T12:00:00"})
	if err := b.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestQuietRunsLeaveNoLineAndOldLinesGo(t *testing.T) {
	w := newWorld(t, "2026-03-01T12:00:00Z")
	n := 0
	a := w.runner("a", 0, jobs.Job{Name: "j", Schedule: "@every 5s", Run: func(context.Context, jobs.Run) (map[string]int, error) {
		return map[string]int{"sent": n, "failed": 0}, nil
	}})
	at := instant(t, "2026-03-01T12:00:00Z")
	step := func() { w.step(at, a); at = at.Add(5 * time.Second) }
	for range 3 {
		step()
	}
	want(t, w.history(a, "j"), nil)
	status, err := a.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if last := status[0].Last; last == nil || last.Outcome != jobs.Done || !status[0].Next.Equal(at) {
		t.Errorf("status: %+v", status[0])
	}
	n = 1
	for range 230 {
		step()
	}
	lines, cursor := 0, ""
	for {
		page, err := a.History(t.Context(), "j", cursor)
		if err != nil {
			t.Fatal(err)
		}
		lines += len(page.Items)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if lines < 200 || lines > 220 {
		t.Errorf("%d lines kept", lines)
	}
}

func TestStartedRunnersShareRealTime(t *testing.T) {
	db := open(t)
	var d diary
	var runners []*jobs.Runner
	for range 3 {
		r := jobs.New(db, jobs.Options{Instance: "same name", Log: slog.New(slog.DiscardHandler)})
		if err := r.Add(noting(&d, "j", "@every 1s", jobs.Drop)); err != nil {
			t.Fatal(err)
		}
		r.Start(t.Context())
		runners = append(runners, r)
	}
	time.Sleep(3500 * time.Millisecond)
	for _, r := range runners {
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := len(d.list()); n < 1 || n > 4 || n != len(d.runs) {
		t.Errorf("got ticks %q", d.list())
	}
}

func TestAddRefuses(t *testing.T) {
	r := newWorld(t, "2026-03-01T12:00:00Z").runner("a", 0)
	run := func(context.Context, jobs.Run) (map[string]int, error) { return nil, nil }
	if err := r.Add(jobs.Job{Name: "j", Schedule: "0 3 * * *", Run: run}); err != nil {
		t.Fatal(err)
	}
	for _, j := range []jobs.Job{
		{Name: "j", Schedule: "0 3 * * *", Run: run},
		{Name: "", Schedule: "0 3 * * *", Run: run},
		{Name: "k", Schedule: "0 3 * * *"},
		{Name: "k", Schedule: "0 25 * * *", Run: run},
	} {
		if err := r.Add(j); err == nil {
			t.Errorf("%+v was added", j)
		}
	}
}
