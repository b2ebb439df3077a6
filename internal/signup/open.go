package signup

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/store"
)

// Typed is how organisers open a session, as they type it. Faults name the fields.
type Typed struct {
	Places     string   // places: empty for no limit
	Categories []string // category: none for all
	Opens      string   // opens: MomentLayout in the event's zone; empty for at once
	Closes     string   // closes: likewise; empty for the session's beginning
	Group      string   // group: empty for none
	Most       string   // most: needed with a group
}

// MomentLayout is how instants are typed, as browsers send them.
const MomentLayout = "2006-01-02T15:04"

// The largest values.
const (
	MaxPlaces = 100_000
	MaxGroup  = 100 // characters
	MaxMost   = 50
)

// Always is for Open: what was typed holds, however the session is open.
func (typed Typed) Always(Opening) (Typed, error) { return typed, nil }

// Open opens the session as typed, or changes how it is. What is typed is told by
// typing, which is called within the transaction with the opening as it is now, the
// zero one if there is none, perhaps several times; its error ends the change. Who has
// a place keeps it, and places that there are now go to who waits. All openings of the
// group get its Most. Faults come back as a problem of kind Invalid.
func (s *Service) Open(ctx context.Context, e event.Event, session programme.Session, typing func(now Opening) (Typed, error)) (o Opening, err error) {
	t, err := s.Timetable(ctx, e.ID)
	if err != nil {
		return o, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		now, err := openings.Get(ctx, tx, session.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		typed, err := typing(now)
		if err != nil {
			return err
		}
		if o, err = typed.opening(e, session); err != nil {
			return err
		}
		if err := openings.Put(tx, o); err != nil {
			return err
		}
		if err := s.alignGroup(ctx, tx, o); err != nil {
			return err
		}
		l, err := ledgerOf(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if _, err := s.moveUp(ctx, tx, o, &l, t); err != nil {
			return err
		}
		if err := ledgers.Put(tx, l); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "signup.open", Event: e.ID, Subject: "session/" + o.ID})
	})
	return o, err
}

// alignGroup gives the other openings of the group the same limit.
func (s *Service) alignGroup(ctx context.Context, tx *store.Tx, o Opening) error {
	if o.Group == "" {
		return nil
	}
	all, err := openings.List(ctx, tx, store.By("event", o.Event))
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID == o.ID || !sameGroup(other.Group, o.Group) || other.Most == o.Most && other.Group == o.Group {
			continue
		}
		other.Group, other.Most = o.Group, o.Most
		if err := openings.Put(tx, other); err != nil {
			return err
		}
	}
	return nil
}

func sameGroup(a, b string) bool { return i18n.Fold(a) == i18n.Fold(b) }

// opening checks what was typed.
func (typed Typed) opening(e event.Event, session programme.Session) (Opening, error) {
	o := Opening{ID: session.ID, Event: e.ID}
	var faults problem.Form
	number := func(field, text string, most int) int {
		if text = strings.TrimSpace(text); text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			faults.Add(field, "problem.field.between", "Min", 1, "Max", most)
		}
		return n
	}
	moment := func(field, text string) time.Time {
		if text = strings.TrimSpace(text); text == "" {
			return time.Time{}
		}
		at, err := time.ParseInLocation(MomentLayout, text, e.Location())
		switch {
		case err != nil:
			faults.Add(field, "problem.field.moment")
		case at.After(session.Start):
			faults.Add(field, "problem.field.before_session")
		}
		return at.UTC()
	}
	o.Places = number("places", typed.Places, MaxPlaces)
	o.Opens, o.Closes = moment("opens", typed.Opens), moment("closes", typed.Closes)
	if !o.Closes.IsZero() && !o.Closes.After(o.Opens) {
		faults.Add("closes", "problem.field.after_opening")
	}
	for _, category := range typed.Categories {
		if _, ok := e.Category(category); !ok {
			faults.Add("category", "problem.field.choice")
			break
		}
		o.Categories = append(o.Categories, category)
	}
	if len(o.Categories) == len(e.Categories()) {
		o.Categories = nil // all of them, and those that come later
	}
	o.Group, o.Most = strings.Join(strings.Fields(typed.Group), " "), number("most", typed.Most, MaxMost)
	switch n := utf8.RuneCountInString(o.Group); {
	case n > MaxGroup:
		faults.Add("group", "problem.field.too_long", "Max", MaxGroup, "Length", n)
	case n == 0 && o.Most > 0:
		faults.Add("group", "problem.field.required")
	case n > 0 && strings.TrimSpace(typed.Most) == "":
		faults.Add("most", "problem.field.required")
	}
	return o, faults.Err()
}

// End takes the session back from sign-up for a reason that the letters tell and that
// may be empty. Whoever has a place or waits is let go and told, one by one; Fill goes
// on where that is cut short. It returns how many were told by now.
func (s *Service) End(ctx context.Context, e event.Event, sessionID, reason string) (n int, err error) {
	if reason, err = checkReason(reason); err != nil {
		return 0, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		o, err := s.get(ctx, tx, sessionID)
		if err != nil {
			return err
		}
		o.Ended, o.Reason = s.now(), reason
		if err := openings.Put(tx, o); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: "signup.end", Event: e.ID, Subject: "session/" + o.ID, Reason: reason})
	})
	if err != nil {
		return 0, err
	}
	return s.letGo(ctx, e, sessionID)
}

// letGo takes everybody out of a session that is taken back.
func (s *Service) letGo(ctx context.Context, e event.Event, sessionID string) (n int, err error) {
	t, err := s.Timetable(ctx, e.ID)
	if err != nil {
		return 0, err
	}
	for entry, err := range entries.All(ctx, s.DB, store.By("session", sessionID)) {
		if err != nil {
			return n, err
		}
		if err := s.letGoOne(ctx, entry, t); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s *Service) letGoOne(ctx context.Context, found Entry, t Timetable) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		o, err := openings.Get(ctx, tx, found.Session)
		if err != nil || o.Ended.IsZero() { // opened again meanwhile
			return err
		}
		entry, err := entries.Get(ctx, tx, found.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		d, err := s.Delegates.Read(ctx, tx, entry.Delegate)
		if err != nil {
			return err
		}
		l, err := ledgerOf(ctx, tx, entry.Session)
		if err != nil {
			return err
		}
		if err := s.drop(ctx, tx, entry, &l); err != nil {
			return err
		}
		if session, ok := t.session(entry.Session); ok {
			if err := s.letter(ctx, tx, d, session, OccasionCancelled, o.Reason); err != nil {
				return err
			}
		}
		return errors.Join(
			ledgers.Put(tx, l), s.Delegates.KeepSessions(tx, d, without(d.Sessions, entry.Session)),
			s.record(ctx, tx, d, "signup.cancel", slugOf(t, entry.Session), ""),
		)
	})
}

// checkReason trims a reason. One beyond delegate.MaxReason is a problem of kind
// Invalid.
func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	var faults problem.Form
	if n := utf8.RuneCountInString(reason); n > delegate.MaxReason {
		faults.Add("reason", "problem.field.too_long", "Max", delegate.MaxReason, "Length", n)
	}
	return reason, faults.Err()
}

// Openings lists an event's that hold, by session.
func (s *Service) Openings(ctx context.Context, eventID string) (map[string]Opening, error) {
	all, err := openings.List(ctx, s.DB, store.By("event", eventID))
	held := map[string]Opening{}
	for _, o := range all {
		if o.Ended.IsZero() {
			held[o.ID] = o
		}
	}
	return held, err
}

// Groups are the names of the event's groups, in alphabetical order.
func Groups(held map[string]Opening) []string {
	var names []string
	for _, o := range held {
		if o.Group != "" && !slices.Contains(names, o.Group) {
			names = append(names, o.Group)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(i18n.Fold(a), i18n.Fold(b)) })
	return names
}
