package limit_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"convene/internal/app/apptest"
	"convene/internal/limit"
	"convene/internal/problem"
)

var rule = limit.Rule{Count: 3, Per: 15 * time.Minute}

func try(who string) limit.Try { return limit.Try{What: "sign-in", Who: who, Rule: rule} }

func TestAllowWithinTheWindow(t *testing.T) {
	t.Parallel()
	clock := &apptest.Clock{}
	clock.Set(apptest.Now)
	db := apptest.DB(t)
	one, two := limit.New(db, clock.Now), limit.New(db, clock.Now) // two instances on one store
	for i, l := range []*limit.Limiter{one, two, one} {
		if err := l.Allow(t.Context(), try("Amina@example.org")); err != nil {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	clock.Add(14*time.Minute + 30*time.Second)
	err := two.Allow(t.Context(), try("amina@example.org"))
	var told *problem.Error
	if !errors.As(err, &told) || told.Kind != problem.TooMany || told.Args[1] != 1 {
		t.Fatalf("the fourth try: %v; want it refused for one more minute", err)
	}
	if err := one.Allow(t.Context(), try("li@example.org")); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	clock.Add(30 * time.Second)
	if err := one.Allow(t.Context(), try("amina@example.org")); err != nil {
		t.Errorf("in the next window: %v", err)
	}
}

func TestARefusedTryCountsNothing(t *testing.T) {
	t.Parallel()
	l := limit.New(apptest.DB(t), func() time.Time { return apptest.Now })
	used := limit.Try{What: "register", Who: "address", Rule: limit.Rule{Count: 1, Per: time.Hour}}
	if err := l.Allow(t.Context(), used); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := l.Allow(t.Context(), try("amina@example.org"), used); problem.KindOf(err) != problem.TooMany {
			t.Fatalf("a used up window: %v", err)
		}
	}
	for range rule.Count {
		if err := l.Allow(t.Context(), try("amina@example.org")); err != nil {
			t.Fatalf("the other window was counted: %v", err)
		}
	}
}

func TestOnlyFailuresUseAWindowUp(t *testing.T) {
	t.Parallel()
	l := limit.New(apptest.DB(t), func() time.Time { return apptest.Now })
	for range 5 * rule.Count {
		if err := l.Allow(t.Context(), try("amina@example.org")); err != nil {
			t.Fatal(err)
		}
		if err := l.Forgive(t.Context(), try("amina@example.org"), try("nobody@example.org")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARushIsCountedExactly(t *testing.T) {
	t.Parallel()
	l := limit.New(apptest.DB(t), func() time.Time { return apptest.Now })
	var allowed atomic.Int32
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if l.Allow(t.Context(), try("amina@example.org")) == nil {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := allowed.Load(); int(n) != rule.Count {
		t.Errorf("%d of 40 tries at once were allowed; want %d", n, rule.Count)
	}
}

func TestNothingPersonalIsKeptAndWindowsAreRemoved(t *testing.T) {
	t.Parallel()
	clock := &apptest.Clock{}
	clock.Set(apptest.Now)
	db := apptest.DB(t)
	l := limit.New(db, clock.Now)
	if err := l.Allow(t.Context(), try("amina@example.org")); err != nil {
		t.Fatal(err)
	}
	var dump strings.Builder
	if n, err := db.Export(t.Context(), &dump); err != nil || n != 1 || strings.Contains(dump.String(), "amina") {
		t.Errorf("%d records, %v: %s", n, err, dump.String())
	}
	if n, err := l.Purge(t.Context()); err != nil || n != 0 {
		t.Errorf("Purge of an open window: %d, %v", n, err)
	}
	clock.Add(rule.Per + time.Second)
	if n, err := l.Purge(t.Context()); err != nil || n != 1 {
		t.Errorf("Purge of a past window: %d, %v", n, err)
	}
}
