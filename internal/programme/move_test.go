package programme_test

import (
	"slices"
	"testing"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

func TestMoveTakesTheProgrammeAlong(t *testing.T) {
	t.Parallel()
	s := open(t)
	from := conference(t, s, "Europe/Dublin", "2027-09-18", "2027-09-20")
	if got := walls(t, s, from); got[0] != "day-1 2027-09-18 09:00" {
		t.Fatalf("it begins with %q", got[0])
	}
	to, err := s.Move(t.Context(), from.ID, "2028-03-25") // a clock change lies within
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"day-1 2028-03-25 09:00", "day-2 2028-03-26 00:00", "day-3 2028-03-27 22:30"}
	if got := walls(t, s, to); !slices.Equal(got, want) || to.Ends != "2028-03-27" || to.Revision <= from.Revision {
		t.Errorf("%v until %s; want %v", got, to.Ends, want)
	}
	again, err := s.Move(t.Context(), from.ID, to.Starts)
	if err != nil || again.Revision != to.Revision {
		t.Errorf("moving it to where it is: revision %d, %v", again.Revision, err)
	}
	trail, err := audit.Of(t.Context(), s.DB, "event/"+from.ID)
	moves := slices.DeleteFunc(trail, func(e audit.Entry) bool { return e.Action != "event.move" })
	if err != nil || len(moves) != 1 || moves[0].From != "2027-09-18" || moves[0].To != "2028-03-25" {
		t.Errorf("the trail says %+v, %v", moves, err)
	}
}

// Registration that is open stays so, and closes as long before the event as it did.
func TestMoveTakesTheEndOfRegistrationAlong(t *testing.T) {
	t.Parallel()
	s := open(t)
	e := conference(t, s, "Europe/Dublin", "2027-09-18", "2027-09-20")
	opens, closes := s.Clock().AddDate(0, 0, -10), time.Date(2027, 9, 17, 17, 0, 0, 0, time.UTC) // 18:00 in Dublin
	e.Registration = event.Registration{Enabled: true, Opens: opens, Closes: closes}
	err := s.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		e, err = s.Events.Save(t.Context(), tx, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	to, err := s.Move(t.Context(), e.ID, "2027-12-18")
	if want := time.Date(2027, 12, 17, 18, 0, 0, 0, time.UTC); err != nil || !to.Registration.Closes.Equal(want) || !to.Registration.Opens.Equal(opens) {
		t.Errorf("it is open from %s to %s, %v", to.Registration.Opens, to.Registration.Closes, err)
	}
}

func TestMovesThatAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	coming := conference(t, s, "Europe/Dublin", "2027-09-18", "2027-09-20")
	for starts, kind := range map[string]problem.Kind{
		"": problem.Invalid, "soon": problem.Invalid, "2027-02-30": problem.Invalid, "2015-01-01": problem.Invalid, "9999-01-01": problem.Invalid,
	} {
		if _, err := s.Move(t.Context(), coming.ID, starts); problem.KindOf(err) != kind {
			t.Errorf("to %q: %v", starts, err)
		}
	}
	if e, err := s.Events.Get(t.Context(), s.DB, coming.ID); err != nil || e.Starts != "2027-09-18" {
		t.Errorf("it is on %s now, %v", e.Starts, err)
	}
}

func TestAnEventThatHasBegunStays(t *testing.T) {
	t.Parallel()
	s := open(t)
	past := conference(t, s, "Europe/Dublin", "2017-09-18", "2017-09-20")
	if _, err := s.Move(t.Context(), past.ID, "2028-03-25"); problem.KindOf(err) != problem.Conflict {
		t.Errorf("moving the past: %v", err)
	}
}
