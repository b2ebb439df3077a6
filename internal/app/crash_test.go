package app_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

// kills is how often the child process is killed.
var kills = flag.Int("kills", 200, "how often TestCrash kills its child process")

// crashFile names the database for the child process; the parent leaves it
// empty.
const crashFile = "CONVENE_TEST_CRASH_FILE"

// TestCrash has a child process register delegates from several goroutines,
// each acknowledged on its standard output once the commit returned, and kills
// it with SIGKILL at random. Then every acknowledged registration is there with
// its letter and its audit entry, and whatever else is there has them too.
func TestCrash(t *testing.T) {
	if path := os.Getenv(crashFile); path != "" {
		registerUntilKilled(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "convene.db")
	db := apptest.OpenDB(t, path)
	a, _ := apptest.On(t, db)
	e := apptest.Event(t, a, nil)

	n := *kills
	if testing.Short() {
		n = 10
	}
	acknowledged := map[string]bool{}
	for run := range n {
		for _, email := range killOnce(t, path, run) {
			acknowledged[email] = true
		}
	}
	t.Logf("%d registrations acknowledged over %d kills", len(acknowledged), n)
	if len(acknowledged) < n {
		t.Errorf("fewer registrations than kills: the child hardly got to work")
	}
	checkWhole(t, a, e, acknowledged)
}

// killOnce starts the child, lets it work for a random moment after its first
// acknowledgement, kills it, and returns what it acknowledged.
func killOnce(t *testing.T, path string, run int) []string {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrash$")
	child.Env = append(os.Environ(), crashFile+"="+path, fmt.Sprintf("CONVENE_TEST_CRASH_RUN=%d", run))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	emails := readLine(t, lines, nil)
	timer := time.AfterFunc(time.Duration(rand.N(25_000))*time.Microsecond, func() {
		if err := child.Process.Kill(); err != nil { // SIGKILL: nothing in the process can answer it
			t.Error(err)
		}
	})
	defer timer.Stop()
	for {
		before := len(emails)
		if emails = readLine(t, lines, emails); len(emails) == before {
			break
		}
	}
	err = child.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("run %d: the child ended with %v; want it killed", run, err)
	}
	return emails
}

// readLine adds the next acknowledgement. A line that the kill cut off is none.
func readLine(t *testing.T, r *bufio.Reader, emails []string) []string {
	t.Helper()
	line, err := r.ReadString('\n')
	if err != nil {
		if !errors.Is(err, io.EOF) {
			t.Logf("reading: %v", err)
		}
		return emails
	}
	email, ok := strings.CutPrefix(strings.TrimSpace(line), "ack ")
	if !ok {
		t.Fatalf("the child says %q", line)
	}
	return append(emails, email)
}

// registerUntilKilled is the child.
func registerUntilKilled(t *testing.T, path string) {
	ctx := context.Background()
	engine, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, engine, app.Schemas()...)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := apptest.On(t, db)
	e, err := a.Events.Find(ctx, "iclc-test")
	if err != nil {
		t.Fatal(err)
	}
	run := os.Getenv("CONVENE_TEST_CRASH_RUN")
	var out sync.Mutex
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := 0; ; i++ {
				email := fmt.Sprintf("r%s.g%d.n%d@example.org", run, g, i)
				if err := a.Delegates.Register(ctx, e, apptest.Form("Somebody", email)); err != nil {
					panic(err)
				}
				out.Lock()
				os.Stdout.WriteString("ack " + email + "\n") // one write, so a kill leaves no half of another's
				out.Unlock()
			}
		})
	}
	all.Wait()
}

func checkWhole(t *testing.T, a *app.App, e event.Event, acknowledged map[string]bool) {
	t.Helper()
	letters := map[string]int{}
	for cursor := ""; ; {
		page, err := a.Outbox.Letters(t.Context(), outbox.Filter{Event: e.ID, Limit: store.MaxLimit}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Items {
			letters[l.Person]++
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	people := map[string]bool{}
	err := a.Delegates.Each(t.Context(), e.ID, delegate.Filter{}, func(d delegate.Delegate) error {
		people[d.ID] = true
		delete(acknowledged, d.Email)
		trail, err := audit.Of(t.Context(), a.DB, delegate.Subject(d.ID))
		if err != nil {
			return err
		}
		if letters[d.ID] != 1 || len(trail) != 1 {
			t.Errorf("%s has %d letters and %d audit entries; want one of each", d.Email, letters[d.ID], len(trail))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for email := range acknowledged {
		t.Errorf("%s was acknowledged and is lost", email)
	}
	for id := range letters {
		if !people[id] {
			t.Errorf("there is a letter to %s, who is not there", id)
		}
	}
	checkTrail(t, a, e, people)
}

// checkTrail finds audit entries without a registration.
func checkTrail(t *testing.T, a *app.App, e event.Event, people map[string]bool) {
	t.Helper()
	for cursor := ""; ; {
		page, err := audit.Latest(t.Context(), a.DB, e.ID, cursor, store.MaxLimit)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range page.Items {
			if id, ok := strings.CutPrefix(entry.Subject, "delegate/"); ok && !people[id] {
				t.Errorf("there is an audit entry of %s, who is not there", id)
			}
		}
		if cursor = page.Next; cursor == "" {
			return
		}
	}
}
