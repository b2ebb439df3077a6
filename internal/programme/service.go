package programme

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
)

// Service keeps programmes.
type Service struct {
	DB     *store.DB
	Clock  func() time.Time
	Events *event.Service

	moves  []Moves
	copies []Copies
}

// Moves takes what a package keeps along when an event has moved, in the transaction of
// the move. It may be called several times.
type Moves func(ctx context.Context, tx *store.Tx, from, to event.Event) error

// OnMove has the function called whenever an event moves. It is for the start of the
// program.
func (s *Service) OnMove(fn Moves) { s.moves = append(s.moves, fn) }

// Copies takes what a package keeps of an event along to a copy of it, in the transaction
// that makes the copy; sessions are the ids of the copy's by those of the event's. It may
// be called several times.
type Copies func(ctx context.Context, tx *store.Tx, from, to event.Event, sessions map[string]string) error

// OnCopy has the function called whenever an event is copied. It is for the start of the
// program.
func (s *Service) OnCopy(fn Copies) { s.copies = append(s.copies, fn) }

// Sessions returns an event's sessions by start.
func (s *Service) Sessions(ctx context.Context, event string) ([]Session, error) {
	list, err := sessions.List(ctx, s.DB, store.By("start", event))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, compareSessions)
	return list, nil
}

// compareSessions sorts by start, then by room, so that parallel sessions have
// one order everywhere.
func compareSessions(a, b Session) int {
	if c := a.Start.Compare(b.Start); c != 0 {
		return c
	}
	if a.Room != b.Room {
		if a.Room < b.Room {
			return -1
		}
		return 1
	}
	return 0
}

// Session returns the event's session with the slug, or a problem of kind
// NotFound.
func (s *Service) Session(ctx context.Context, event, slug string) (Session, error) {
	found, err := sessions.First(ctx, s.DB, store.By("slug", event, slug))
	if errors.Is(err, store.ErrNotFound) {
		return found, problem.Wrap(err, problem.NotFound, "problem.session_not_found")
	}
	return found, err
}

// SessionByID returns the session with the id, or a problem of kind NotFound.
func (s *Service) SessionByID(ctx context.Context, id string) (Session, error) {
	found, err := sessions.Get(ctx, s.DB, id)
	if errors.Is(err, store.ErrNotFound) {
		return found, problem.Wrap(err, problem.NotFound, "problem.session_not_found")
	}
	return found, err
}

// People returns an event's roster by name.
func (s *Service) People(ctx context.Context, event string) ([]Person, error) {
	return people.List(ctx, s.DB, store.By("name", event))
}

// Person returns the person of the event's roster with the slug, or a problem of
// kind NotFound.
func (s *Service) Person(ctx context.Context, event, slug string) (Person, error) {
	p, err := people.First(ctx, s.DB, store.By("slug", event, slug))
	if errors.Is(err, store.ErrNotFound) {
		return p, problem.Wrap(err, problem.NotFound, "problem.speaker_not_found")
	}
	return p, err
}

// SaveSession creates or replaces a session in the transaction.
func (s *Service) SaveSession(ctx context.Context, tx *store.Tx, e event.Event, session Session) (Session, error) {
	if err := session.check(e); err != nil {
		return session, err
	}
	session.Event = e.ID
	if session.ID == "" {
		session.ID = store.NewID()
	}
	if _, err := sessions.Get(ctx, tx, session.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return session, err
	}
	if err := sessions.Put(tx, session); err != nil {
		return session, err
	}
	return session, audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "session.save", Event: e.ID, Subject: "session/" + session.ID})
}

func (session Session) check(e event.Event) error {
	var errs []error
	fault := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("session %s: "+format, append([]any{session.Slug}, args...)...))
	}
	if session.Minutes <= 0 || session.Minutes >= 24*60 {
		fault("%d minutes is not a length", session.Minutes)
	}
	if !slices.Contains(Kinds, session.Kind) {
		fault("there is no kind %q", session.Kind)
	}
	if _, ok := e.Room(session.Room); session.Room != "" && !ok {
		fault("the event has no room %q", session.Room)
	}
	if session.Start.Before(e.FirstDay()) || session.End().After(e.Over()) {
		fault("%s is outside the event's days", session.Start.In(e.Location()).Format(time.DateTime))
	}
	if session.Title.Empty() {
		fault("the title is missing")
	}
	return errors.Join(errs...)
}

// SavePerson creates or replaces a person of the roster in the transaction.
func (s *Service) SavePerson(ctx context.Context, tx *store.Tx, p Person) (Person, error) {
	if p.ID == "" {
		p.ID = store.NewID()
	}
	p.Sort = i18n.Fold(p.SortName())
	if _, err := people.Get(ctx, tx, p.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
		return p, err
	}
	if err := people.Put(tx, p); err != nil {
		return p, err
	}
	return p, audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "speaker.save", Event: p.Event, Subject: "speaker/" + p.ID})
}

// SortName is the name in Latin letters where the person gave one.
func (p Person) SortName() string {
	if p.LatinName != "" {
		return p.LatinName
	}
	return p.Name
}
