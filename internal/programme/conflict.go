package programme

// ConflictKind is what is wrong with two sessions at the same time.
type ConflictKind string

// The kinds of conflict.
const (
	RoomTwice   ConflictKind = "room"   // one room, two sessions
	PersonTwice ConflictKind = "person" // one person in two sessions
)

// Conflict is a pair of sessions that cannot both be as planned.
type Conflict struct {
	Kind   ConflictKind
	A, B   Session
	Person string // whom it concerns, for PersonTwice
}

// Conflicts finds what overlaps among an event's sessions. Breaks share rooms
// with nobody's harm.
func Conflicts(list []Session) []Conflict {
	var conflicts []Conflict
	for i, a := range list {
		for _, b := range list[i+1:] {
			if !a.Overlaps(b) || a.Kind == Break || b.Kind == Break {
				continue
			}
			if a.Room != "" && a.Room == b.Room {
				conflicts = append(conflicts, Conflict{Kind: RoomTwice, A: a, B: b})
			}
			for _, person := range shared(a, b) {
				conflicts = append(conflicts, Conflict{Kind: PersonTwice, A: a, B: b, Person: person})
			}
		}
	}
	return conflicts
}

func shared(a, b Session) []string {
	in := map[string]bool{}
	for _, r := range a.Roles {
		in[r.Person] = true
	}
	var both []string
	for _, r := range b.Roles {
		if in[r.Person] {
			both = append(both, r.Person)
			delete(in, r.Person)
		}
	}
	return both
}
