package outbox_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/personal"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// crashLetters is how many letters TestMailCrash has delivered.
var crashLetters = flag.Int("crash-letters", crashDefault, "how many letters TestMailCrash delivers")

// What the child process of TestMailCrash is told; the parent leaves it empty.
const (
	crashFile  = "CONVENE_TEST_MAIL_CRASH_FILE"
	crashPort  = "CONVENE_TEST_MAIL_CRASH_PORT"
	crashClock = "CONVENE_TEST_MAIL_CRASH_CLOCK"
)

const (
	crashKills       = 20
	crashConnections = 4
)

// faulty is a mail server with a script of faults. It notes what it took and
// when it was in trouble, or the child was killed.
type faulty struct {
	mu      sync.Mutex
	rng     *rand.Rand
	total   int
	taken   []string             // addresses, in the order in which their letters came
	dropped map[int]bool         // places in taken after which the answer was lost
	kills   []int                // lengths of taken when the child was killed
	ids     map[string][2]string // by address: the Message-ID, and another one if there was
	silent  int                  // refusals of the sender that are still to come
}

// answer refuses 30 of 100 recipients for now, drops every hundredth connection
// after the message, is slow with every fiftieth recipient, and refuses to be
// spoken to for a while in the middle.
func (f *faulty) answer(stage catcher.Stage, m catcher.Message) error {
	f.mu.Lock()
	slow, err := false, error(nil)
	switch stage {
	case catcher.Mail:
		if f.silent > 0 && len(f.taken) > f.total/2 {
			f.silent--
			err = catcher.ErrDrop
		}
	case catcher.Rcpt:
		slow = f.rng.IntN(50) == 0
		if f.rng.IntN(100) < 30 {
			err = catcher.Refuse(451, "come back later")
		}
	case catcher.Data:
		err = f.take(m)
	}
	f.mu.Unlock()
	if slow {
		time.Sleep(2 * time.Millisecond) // a slow line; nothing waits for it
	}
	return err
}

func (f *faulty) take(m catcher.Message) error {
	id := ""
	for line := range strings.Lines(string(m.Raw)) {
		if value, ok := strings.CutPrefix(line, "Message-ID: "); ok {
			id = strings.TrimSpace(value)
			break
		}
	}
	to := m.To[0]
	switch seen := f.ids[to]; {
	case seen[0] == "":
		f.ids[to] = [2]string{id}
	case seen[0] != id:
		f.ids[to] = [2]string{seen[0], id}
	}
	f.taken = append(f.taken, to)
	if f.rng.IntN(100) == 0 {
		f.dropped[len(f.taken)-1] = true
		return catcher.ErrDrop
	}
	return nil
}

func (f *faulty) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.taken)
}

// TestMailCrash has a child process deliver letters to a mail server full of
// faults, and kills it again and again with SIGKILL. Each letter arrives; one
// that arrives twice was in flight at a kill or at a lost answer, and bears the
// same Message-ID.
func TestMailCrash(t *testing.T) {
	if path := os.Getenv(crashFile); path != "" {
		deliverUntilKilled(t, path)
		return
	}
	n := *crashLetters
	if testing.Short() {
		n = min(n, 1000)
	}
	f := &faulty{rng: rand.New(rand.NewPCG(1, 2)), total: n, dropped: map[int]bool{}, ids: map[string][2]string{}, silent: 40}
	server, err := catcher.Start("127.0.0.1:0", catcher.Options{Keep: 1, Answer: f.answer})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	path := filepath.Join(t.TempDir(), "mail.db")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	queueForCrash(t, path, n, now)
	for run := range crashKills {
		now = f.deliverAndKill(t, path, server.Addr().Port, now, n*(run+1)/(crashKills+2))
	}
	now = f.deliverAndKill(t, path, server.Addr().Port, now, 0)
	f.check(t, n)
	wantAllSent(t, path, n)
	t.Logf("%d letters arrived %d times over %d kills and %d lost answers, in %s of the simulated clock",
		n, len(f.taken), len(f.kills), len(f.dropped), now.Sub(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)).Round(time.Minute))
}

func openMail(t *testing.T, path string) *store.DB {
	t.Helper()
	engine, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, append(outbox.Collections(), personal.Collections()...)...)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func queueForCrash(t *testing.T, path string, n int, now time.Time) {
	t.Helper()
	db := openMail(t, path)
	for first := 0; first < n; first += 500 {
		var list []outbox.Letter
		for i := first; i < min(first+500, n); i++ {
			list = append(list, outbox.Letter{ID: fmt.Sprint("l", i), Occasion: "test", To: outbox.Address{Email: fmt.Sprintf("p%d@example.org", i)}})
		}
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			made, err := outbox.QueueAll(t.Context(), tx, now, list)
			if err == nil && made != len(list) {
				t.Errorf("%d of %d letters were made", made, len(list))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// deliverAndKill runs the child until the server has taken so many letters and a
// random moment longer, or until nothing is left to send when that is 0. It
// returns what the child's clock said last.
func (f *faulty) deliverAndKill(t *testing.T, path string, port int, now time.Time, letters int) time.Time {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestMailCrash$")
	child.Env = append(os.Environ(), crashFile+"="+path, crashPort+"="+strconv.Itoa(port), crashClock+"="+now.Format(time.RFC3339Nano))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var killing sync.WaitGroup
	if letters > 0 {
		killing.Go(func() { f.kill(t, child, letters, ended) })
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if at, err := time.Parse(time.RFC3339Nano, strings.TrimPrefix(lines.Text(), "clock ")); err == nil {
			now = at
		}
	}
	close(ended)
	killing.Wait()
	err = child.Wait()
	var exit *exec.ExitError
	switch killed := errors.As(err, &exit) && exit.ExitCode() == -1; {
	case letters > 0 && !killed:
		t.Fatalf("the child ended with %v; want it killed", err)
	case letters == 0 && err != nil:
		t.Fatal(err)
	}
	return now
}

func (f *faulty) kill(t *testing.T, child *exec.Cmd, letters int, ended <-chan struct{}) {
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	for f.count() < letters {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
	if err := child.Process.Kill(); err != nil { // SIGKILL: nothing in the process can answer it
		t.Error(err)
	}
	<-ended // its last lines were read, so it is gone
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kills = append(f.kills, len(f.taken))
}

// deliverUntilKilled is the child. When nothing is due its clock leaps ahead, so
// that hours of pauses pass in a moment.
func deliverUntilKilled(t *testing.T, path string) {
	start, err := time.Parse(time.RFC3339Nano, os.Getenv(crashClock))
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(os.Getenv(crashPort))
	if err != nil {
		t.Fatal(err)
	}
	db := openMail(t, path)
	c := &clock{now: start}
	sender, err := outbox.NewSender(outbox.SMTP{
		Host: "127.0.0.1", Port: port, TLS: outbox.NoTLS, From: outbox.Address{Email: "office@example.org"}, Guard: outbox.Reserved,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := outbox.New(db, outbox.Options{
		Sender: sender, Composer: plain, Clock: c.Now, Log: slog.New(slog.DiscardHandler), Connections: crashConnections, Attempts: 100,
	})
	for leap := 10 * time.Second; ; {
		counts, err := o.Deliver(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(counts) > 0 {
			leap = 10 * time.Second
			continue
		}
		c.pass(leap)
		leap = min(2*leap, 10*time.Minute)
		os.Stdout.WriteString("clock " + c.Now().Format(time.RFC3339Nano) + "\n")
		tally, err := o.Tally(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if tally[outbox.Waiting]+tally[outbox.Retrying]+tally[outbox.Leased] == 0 {
			break
		}
	}
	if err := errors.Join(sender.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// check looks at what the server took.
func (f *faulty) check(t *testing.T, n int) {
	t.Helper()
	if len(f.ids) != n {
		t.Errorf("letters to %d people arrived, want %d", len(f.ids), n)
	}
	if len(f.kills) != crashKills {
		t.Errorf("killed %d times, want %d", len(f.kills), crashKills)
	}
	for to, id := range f.ids {
		if id[0] == "" || id[1] != "" {
			t.Errorf("%s got the Message-IDs %q", to, id)
		}
	}
	places, again := map[string]int{}, 0
	for i, to := range f.taken {
		if before, ok := places[to]; ok {
			again++
			if !f.excused(before) {
				t.Errorf("the letter to %s came again without need: at %d, and before at %d", to, i, before)
			}
		}
		places[to] = i
	}
	t.Logf("%d letters came again", again)
}

// excused reports whether what was taken at the place may come again: its answer
// was lost, or it was in flight when the child was killed.
func (f *faulty) excused(place int) bool {
	if f.dropped[place] {
		return true
	}
	for _, at := range f.kills {
		if place < at && place >= at-outbox.InFlight(crashConnections) {
			return true
		}
	}
	return false
}

func wantAllSent(t *testing.T, path string, n int) {
	t.Helper()
	db := openMail(t, path)
	o := outbox.New(db, outbox.Options{Composer: plain})
	tally, err := o.Tally(t.Context(), "")
	if err != nil || tally[outbox.Sent] != n || len(tally) != 1 {
		t.Errorf("tally: %v, %v", tally, err)
	}
	if a, err := o.Alarm(t.Context()); err != nil || a != (outbox.Alarm{}) {
		t.Errorf("alarm: %+v, %v", a, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
