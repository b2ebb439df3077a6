package signup

import (
	"context"
	"slices"
	"time"

	"convene/internal/delegate"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/store"
)

// Kind is what sort of thing stands in a delegate's way.
type Kind string

// What can stand in somebody's way.
const (
	None        Kind = ""
	Unconfirmed Kind = "unconfirmed" // the registration is not confirmed
	Category    Kind = "category"    // the session is for others
	NotYet      Kind = "not_yet"     // opens later
	Closed      Kind = "closed"
	Begun       Kind = "begun"
	Clash       Kind = "clash"  // has a place in another session at the same time
	Speaks      Kind = "speaks" // speaks in another session at the same time
	Enough      Kind = "enough" // has as many places of the group as one may
	Full        Kind = "full"   // for organisers: they add nobody beyond the last place
)

// Hindrance is why a delegate cannot have a place in a session now.
type Hindrance struct {
	Kind  Kind
	Other programme.Session // of Clash, Speaks and Enough
	At    time.Time         // of NotYet
	Group string            // of Enough
	Most  int               // likewise
}

// Refusal says that a hindrance stood in the way of what was asked. It is a problem
// of kind Conflict.
type Refusal struct{ Hindrance Hindrance }

func (r *Refusal) Error() string { return "signup: refused: " + string(r.Hindrance.Kind) }

// Unwrap makes it a problem.
func (r *Refusal) Unwrap() error { return problem.New(problem.Conflict, "problem.signup_refused") }

// Timetable is an event's programme, and who speaks when.
type Timetable struct {
	sessions []programme.Session
	speaks   map[string][]string // sessions, by the address's key
}

// Timetable reads the event's. It is no part of a transaction: the times of sessions
// may change before the commit as well as after it.
func (s *Service) Timetable(ctx context.Context, eventID string) (Timetable, error) {
	t := Timetable{speaks: map[string][]string{}}
	var err error
	if t.sessions, err = s.Programme.Sessions(ctx, eventID); err != nil {
		return t, err
	}
	roster, err := s.Programme.People(ctx, eventID)
	if err != nil {
		return t, err
	}
	keys := map[string]string{}
	for _, who := range roster {
		if email, ok := person.ParseEmail(who.Email); ok {
			keys[who.ID] = email.Key
		}
	}
	for _, session := range t.sessions {
		for _, role := range session.Roles {
			if key := keys[role.Person]; key != "" {
				t.speaks[key] = append(t.speaks[key], session.ID)
			}
		}
	}
	return t, nil
}

func (t Timetable) session(id string) (programme.Session, bool) {
	i := slices.IndexFunc(t.sessions, func(session programme.Session) bool { return session.ID == id })
	if i < 0 {
		return programme.Session{}, false
	}
	return t.sessions[i], true
}

// Clash finds what the delegate does at the time of the session: a place in another
// one, or a part in it. Whoever speaks in the session itself is not in their own way.
func (t Timetable) Clash(d delegate.Delegate, session programme.Session) Hindrance {
	for _, busy := range []struct {
		kind Kind
		with []string
	}{{Clash, d.Sessions}, {Speaks, t.speaks[d.EmailKey]}} {
		for _, id := range busy.with {
			if other, ok := t.session(id); ok && id != session.ID && other.Overlaps(session) {
				return Hindrance{Kind: busy.kind, Other: other}
			}
		}
	}
	return Hindrance{}
}

// inTheWay tells what keeps the delegate from a place, whenever they ask for it.
func (s *Service) inTheWay(ctx context.Context, r store.Reader, d delegate.Delegate, o Opening, session programme.Session, t Timetable) (Hindrance, error) {
	if d.State != delegate.Confirmed {
		return Hindrance{Kind: Unconfirmed}, nil
	}
	if !o.Admits(d.Category) {
		return Hindrance{Kind: Category}, nil
	}
	if h := t.Clash(d, session); h.Kind != None {
		return h, nil
	}
	return s.enough(ctx, r, d, o, t)
}

// enough tells whether the delegate has as many places of the opening's group as one
// may.
func (s *Service) enough(ctx context.Context, r store.Reader, d delegate.Delegate, o Opening, t Timetable) (Hindrance, error) {
	if o.Group == "" {
		return Hindrance{}, nil
	}
	has, h := 0, Hindrance{Kind: Enough, Group: o.Group, Most: o.Most}
	for _, id := range d.Sessions {
		other, err := openings.Get(ctx, r, id)
		if err != nil {
			return h, err
		}
		if id != o.ID && sameGroup(other.Group, o.Group) {
			has++
			h.Other, _ = t.session(id)
		}
	}
	if has < o.Most {
		return Hindrance{}, nil
	}
	return h, nil
}

// tooEarlyOrLate tells whether delegates cannot sign up now.
func (s *Service) tooEarlyOrLate(o Opening, session programme.Session) Hindrance {
	switch now := s.Clock(); {
	case !now.Before(session.Start):
		return Hindrance{Kind: Begun}
	case now.Before(o.Opens):
		return Hindrance{Kind: NotYet, At: o.Opens}
	case !o.Closes.IsZero() && !now.Before(o.Closes):
		return Hindrance{Kind: Closed}
	}
	return Hindrance{}
}
