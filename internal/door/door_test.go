package door_test

import (
	"sync"
	"testing"
	"time"

	"convene/internal/app"
	"convene/internal/app/apptest"
	"convene/internal/door"
	"convene/internal/event"
	"convene/internal/store"
)

func scan(t *testing.T, a *app.App, e event.Event, gate, code string) door.Result {
	t.Helper()
	r, err := a.Door.Scan(t.Context(), e, door.Request{Gate: gate, Code: code, Staff: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func want(t *testing.T, got door.Result, verdict door.Verdict, reason door.Reason) {
	t.Helper()
	if got.Verdict != verdict || got.Reason != reason {
		t.Errorf("got %s; want %s (%s)", got, verdict, reason)
	}
}

// opening is the first morning of the fixture's event.
func opening(e event.Event) time.Time { return e.FirstDay().Add(9 * time.Hour) }

func TestSecondScanIsRefusedWithTimeAndGate(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	d := apptest.Confirmed(t, a, e, "Amina Haddad")
	clock.Set(opening(e))
	code := apptest.Code(t, a, d)

	first := scan(t, a, e, "main", code)
	want(t, first, door.Admit, door.Welcome)
	if first.Delegate.Name != "Amina Haddad" {
		t.Errorf("the verdict names %q", first.Delegate.Name)
	}
	clock.Add(time.Hour)
	second := scan(t, a, e, "side", code)
	want(t, second, door.Stop, door.AlreadyIn)
	if second.First == nil || second.First.Gate != "main" || !second.First.At.Equal(opening(e)) {
		t.Errorf("first admission = %+v; want main at %s", second.First, opening(e))
	}
	counts, err := a.Delegates.Tally(t.Context(), e.ID)
	if err != nil || counts.Arrived != 1 {
		t.Errorf("arrived = %d, %v; want 1", counts.Arrived, err)
	}
}

func TestAnotherDayAdmitsAgainUnlessOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		admission event.Admission
		verdict   door.Verdict
		reason    door.Reason
	}{
		{event.Daily, door.Admit, door.WelcomeBack},
		{event.Once, door.Stop, door.AlreadyIn},
	} {
		t.Run(string(tt.admission), func(t *testing.T) {
			t.Parallel()
			a, clock := apptest.New(t)
			e := apptest.Event(t, a, func(e *event.Event) { e.Admission = tt.admission })
			code := apptest.Code(t, a, apptest.Confirmed(t, a, e, "Jun Park"))
			clock.Set(opening(e))
			want(t, scan(t, a, e, "main", code), door.Admit, door.Welcome)
			clock.Set(opening(e).AddDate(0, 0, 1))
			want(t, scan(t, a, e, "main", code), tt.verdict, tt.reason)
		})
	}
}

func TestTheDayIsTheEventsOwn(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	code := apptest.Code(t, a, apptest.Confirmed(t, a, e, "Ana Ruiz"))
	evening := e.FirstDay().Add(17 * time.Hour) // 23:00 UTC, so an hour later is the next day in UTC only
	clock.Set(evening)
	want(t, scan(t, a, e, "main", code), door.Admit, door.Welcome)
	clock.Set(evening.Add(2 * time.Hour))
	want(t, scan(t, a, e, "main", code), door.Stop, door.AlreadyIn)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	other := apptest.Event(t, a, func(e *event.Event) { e.Slug, e.Acronym = "other", "other" })
	elsewhere := apptest.Confirmed(t, a, other, "Li Wei")
	cancelled := apptest.Confirmed(t, a, e, "Petra Novak")
	cancelledCode := apptest.Code(t, a, cancelled)
	if _, err := a.Delegates.Cancel(t.Context(), cancelled.ID, "ill"); err != nil {
		t.Fatal(err)
	}
	back := apptest.Confirmed(t, a, e, "Sara Berg")
	oldCode := apptest.Code(t, a, back)
	if _, err := a.Delegates.Cancel(t.Context(), back.ID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Delegates.Approve(t.Context(), back.ID, ""); err != nil {
		t.Fatal(err)
	}
	early := apptest.Code(t, a, apptest.Confirmed(t, a, e, "Too Early"))
	want(t, scan(t, a, e, "main", early), door.Attention, door.WrongDay)
	clock.Set(opening(e))

	for name, tt := range map[string]struct {
		code    string
		verdict door.Verdict
		reason  door.Reason
	}{
		"another event's badge":    {apptest.Code(t, a, elsewhere), door.Stop, door.OtherEvent},
		"a cancelled delegate":     {cancelledCode, door.Attention, door.NotConfirmed},
		"a replaced badge":         {oldCode, door.Stop, door.Revoked},
		"a poster's web address":   {"https://example.org", door.Attention, door.NotABadge},
		"nothing":                  {"", door.Attention, door.NotABadge},
		"a code changed somewhere": {flip(cancelledCode), door.Stop, door.Forged},
	} {
		t.Run(name, func(t *testing.T) { want(t, scan(t, a, e, "main", tt.code), tt.verdict, tt.reason) })
	}
	scans, err := a.Door.Latest(t.Context(), e.ID, "main", 100)
	if err != nil || len(scans) != 7 {
		t.Errorf("%d scans on record, %v; want 7: refused ones too", len(scans), err)
	}
}

// flip changes one sign in the middle of the signature.
func flip(code string) string {
	b := []byte(code)
	if b[80] = 'A'; code[80] == 'A' {
		b[80] = 'B'
	}
	return string(b)
}

func TestTwoScansAtOnceAdmitOne(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	clock.Set(opening(e))
	for i := range 20 {
		code := apptest.Code(t, a, apptest.Confirmed(t, a, e, "Racer "+string(rune('A'+i))))
		var wg sync.WaitGroup
		results := make([]door.Result, 8)
		for j := range results {
			wg.Go(func() {
				gate := []string{"main", "side"}[j%2]
				r, err := a.Door.Scan(t.Context(), e, door.Request{Gate: gate, Code: code})
				if err != nil {
					t.Error(err)
				}
				results[j] = r
			})
		}
		wg.Wait()
		admitted := 0
		for _, r := range results {
			if r.Verdict == door.Admit {
				admitted++
			} else {
				want(t, r, door.Stop, door.AlreadyIn)
			}
		}
		if admitted != 1 {
			t.Fatalf("%d of 8 scans at once admitted; want 1", admitted)
		}
	}
}

func TestTheSameScanSentTwiceHasOneAnswer(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	clock.Set(opening(e))
	d := apptest.Confirmed(t, a, e, "Noor Khan")
	r := door.Request{ID: store.NewID(), Gate: "main", Code: apptest.Code(t, a, d)}
	for range 3 { // the answer was lost on the way, so the device asks again
		got, err := a.Door.Scan(t.Context(), e, r)
		if err != nil {
			t.Fatal(err)
		}
		want(t, got, door.Admit, door.Welcome)
		clock.Add(time.Second)
	}
	again := r
	again.ID = store.NewID()
	for range 2 {
		got, err := a.Door.Scan(t.Context(), e, again)
		if err != nil {
			t.Fatal(err)
		}
		want(t, got, door.Stop, door.AlreadyIn)
		if got.First == nil {
			t.Error("the repeated answer lost the first admission")
		}
	}
	if scans, _ := a.Door.Latest(t.Context(), e.ID, "", 10); len(scans) != 2 {
		t.Errorf("%d scans on record; want 2", len(scans))
	}
}

func TestTallyByGate(t *testing.T) {
	t.Parallel()
	a, clock := apptest.New(t)
	e := apptest.Event(t, a, nil)
	clock.Set(opening(e))
	for i, gate := range []string{"main", "main", "side"} {
		code := apptest.Code(t, a, apptest.Confirmed(t, a, e, "Guest "+string(rune('A'+i))))
		scan(t, a, e, gate, code)
	}
	tally, err := a.Door.Tally(t.Context(), e.ID, e.Starts)
	if err != nil || tally["main"] != 2 || tally["side"] != 1 {
		t.Errorf("tally = %v, %v; want main 2, side 1", tally, err)
	}
}
