package programme_test

import (
	"testing"
	"time"

	"convene/internal/programme"
)

var ten = time.Date(2026, time.November, 30, 10, 0, 0, 0, time.UTC)

// session is a plenary so many minutes after ten.
func session(slug, room string, after, minutes int, people ...string) programme.Session {
	s := programme.Session{
		Slug: slug, Kind: programme.Plenary, Room: room, Minutes: minutes,
		Start: ten.Add(time.Duration(after) * time.Minute),
	}
	for _, p := range people {
		s.Roles = append(s.Roles, programme.Role{Person: p, Duty: programme.Speaker})
	}
	return s
}

// Allen's thirteen relations between two intervals: they conflict in nine.
func TestOverlapsInEveryRelation(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		aAfter, aMinutes, bAfter, bMinutes int
		want                               bool
	}{
		"before":        {0, 30, 60, 30, false},
		"after":         {60, 30, 0, 30, false},
		"meets":         {0, 30, 30, 30, false},
		"met by":        {30, 30, 0, 30, false},
		"overlaps":      {0, 45, 30, 45, true},
		"overlapped by": {30, 45, 0, 45, true},
		"starts":        {0, 30, 0, 60, true},
		"started by":    {0, 60, 0, 30, true},
		"during":        {15, 30, 0, 60, true},
		"contains":      {0, 60, 15, 30, true},
		"finishes":      {30, 30, 0, 60, true},
		"finished by":   {0, 60, 30, 30, true},
		"equals":        {0, 60, 0, 60, true},
		"by a minute":   {0, 31, 30, 30, true},
	} {
		a, b := session("a", "hall", test.aAfter, test.aMinutes, "ana"), session("b", "hall", test.bAfter, test.bMinutes, "ana")
		if got := a.Overlaps(b); got != test.want {
			t.Errorf("%s: overlaps is %t", name, got)
		}
		want := 0
		if test.want {
			want = 2 // of the room and of the person
		}
		if got := programme.Conflicts([]programme.Session{a, b}); len(got) != want {
			t.Errorf("%s: %d conflicts, want %d", name, len(got), want)
		}
	}
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	pause := func(s programme.Session) programme.Session { s.Kind = programme.Break; return s }
	for name, test := range map[string]struct {
		sessions []programme.Session
		want     []programme.Conflict
	}{
		"none":          {nil, nil},
		"two rooms":     {[]programme.Session{session("a", "hall", 0, 60, "ana"), session("b", "room-1", 0, 60, "ben")}, nil},
		"no rooms":      {[]programme.Session{session("a", "", 0, 60), session("b", "", 0, 60)}, nil},
		"breaks do not": {[]programme.Session{session("a", "hall", 0, 60, "ana"), pause(session("b", "hall", 0, 60, "ana"))}, nil},
		"one room": {
			[]programme.Session{session("a", "hall", 0, 60), session("b", "hall", 30, 60)},
			[]programme.Conflict{{Kind: programme.RoomTwice, A: session("a", "", 0, 0), B: session("b", "", 0, 0)}},
		},
		"one person, in two roles of one session": {
			[]programme.Session{session("a", "hall", 0, 60, "ana", "ana"), session("b", "room-1", 0, 60, "ben", "ana", "ana")},
			[]programme.Conflict{{Kind: programme.PersonTwice, A: session("a", "", 0, 0), B: session("b", "", 0, 0), Person: "ana"}},
		},
		"two people": {
			[]programme.Session{session("a", "hall", 0, 60, "ana", "ben"), session("b", "room-1", 0, 60, "ben", "ana")},
			[]programme.Conflict{
				{Kind: programme.PersonTwice, A: session("a", "", 0, 0), B: session("b", "", 0, 0), Person: "ben"},
				{Kind: programme.PersonTwice, A: session("a", "", 0, 0), B: session("b", "", 0, 0), Person: "ana"},
			},
		},
		"the third with both": {
			[]programme.Session{session("a", "hall", 0, 30), session("b", "hall", 30, 30), session("c", "hall", 15, 30)},
			[]programme.Conflict{
				{Kind: programme.RoomTwice, A: session("a", "", 0, 0), B: session("c", "", 0, 0)},
				{Kind: programme.RoomTwice, A: session("b", "", 0, 0), B: session("c", "", 0, 0)},
			},
		},
	} {
		got := programme.Conflicts(test.sessions)
		if len(got) != len(test.want) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i, c := range got {
			w := test.want[i]
			if c.Kind != w.Kind || c.A.Slug != w.A.Slug || c.B.Slug != w.B.Slug || c.Person != w.Person {
				t.Errorf("%s: conflict %d is %s of %s and %s, %q", name, i, c.Kind, c.A.Slug, c.B.Slug, c.Person)
			}
		}
	}
}
