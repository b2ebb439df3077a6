package programme

import (
	"context"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/store"
)

// Copy says what a cloned event is called and when it begins.
type Copy struct {
	Slug    string
	Acronym string
	Starts  string // YYYY-MM-DD, in the event's zone
	People  bool   // take the speaker roster and its roles along
	Change  func(*event.Event)
}

// Clone makes a new event with the structure of another: rooms, gates, languages, the
// categories and rules of registration, every session at the same time of day, as many
// days after the new start as it was after the old, and what OnCopy was told of. What
// belongs to the old event's history stays behind: figures, outcome documents, its
// rescheduling and its registrations. Change may set the rest before the event is saved.
func (s *Service) Clone(ctx context.Context, from event.Event, c Copy) (event.Event, error) {
	oldSessions, err := s.Sessions(ctx, from.ID)
	if err != nil {
		return event.Event{}, err
	}
	var roster []Person
	if c.People {
		if roster, err = s.People(ctx, from.ID); err != nil {
			return event.Event{}, err
		}
	}
	made, err := cloneEvent(from, c)
	if err != nil {
		return event.Event{}, err
	}
	saved := made
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if saved, err = s.Events.Save(ctx, tx, made); err != nil {
			return err
		}
		ids, err := s.clonePeople(ctx, tx, saved.ID, roster)
		if err != nil {
			return err
		}
		sessions, err := s.cloneSessions(ctx, tx, from, saved, oldSessions, ids)
		if err != nil {
			return err
		}
		for _, along := range s.copies {
			if err := along(ctx, tx, from, saved, sessions); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.Clock(), Action: "event.clone", Event: saved.ID, Subject: "event/" + saved.ID, From: "event/" + from.ID,
		})
	})
	return saved, err
}

func cloneEvent(from event.Event, c Copy) (event.Event, error) {
	starts, err := time.ParseInLocation(time.DateOnly, c.Starts, from.Location())
	if err != nil {
		return event.Event{}, err
	}
	e := from
	e.ID, e.Slug, e.Acronym, e.Revision = "", c.Slug, c.Acronym, 0
	e.ClonedFrom = from.ID
	e.Starts = c.Starts
	e.Ends = starts.AddDate(0, 0, len(from.Days())-1).Format(time.DateOnly)
	e.MonthOnly = false
	e.Figures, e.Documents, e.Highlights, e.Announced, e.Provenance, e.Rescheduled = nil, nil, nil, nil, nil, nil
	e.Registration = from.Registration.Anew()
	e.Listing = event.Listing{Fields: from.Listing.Fields} // who may read it is decided anew
	e.Retention = event.Retention{Months: from.Retention.Months}
	if c.Change != nil {
		c.Change(&e)
	}
	return e, nil
}

// clonePeople copies the roster and tells which new id stands for which old.
func (s *Service) clonePeople(ctx context.Context, tx *store.Tx, event string, roster []Person) (map[string]string, error) {
	ids := map[string]string{}
	for _, p := range roster {
		old := p.ID
		p.ID, p.Event = "", event
		p, err := s.SavePerson(ctx, tx, p)
		if err != nil {
			return nil, err
		}
		ids[old] = p.ID
	}
	return ids, nil
}

// cloneSessions copies the sessions and tells which new id stands for which old.
func (s *Service) cloneSessions(ctx context.Context, tx *store.Tx, from, to event.Event, list []Session, people map[string]string) (map[string]string, error) {
	ids := map[string]string{}
	for _, session := range list {
		made, err := s.SaveSession(ctx, tx, to, cloneSession(session, from, to, people))
		if err != nil {
			return nil, err
		}
		ids[session.ID] = made.ID
	}
	return ids, nil
}

func cloneSession(session Session, from, to event.Event, people map[string]string) Session {
	session.ID = ""
	session.Start = moved(session.Start, from, to)
	var roles []Role
	for _, r := range session.Roles {
		if id, ok := people[r.Person]; ok {
			r.Person = id
			roles = append(roles, r)
		}
	}
	session.Roles = roles
	return session
}

// moved keeps the time of day on the wall and the distance from the first day,
// whatever clock changes lie between.
func moved(start time.Time, from, to event.Event) time.Time {
	local := start.In(from.Location())
	day := 0
	for i, d := range from.Days() {
		if d.Format(time.DateOnly) == local.Format(time.DateOnly) {
			day = i
		}
	}
	first := to.FirstDay()
	return time.Date(first.Year(), first.Month(), first.Day()+day, local.Hour(), local.Minute(), local.Second(), 0, to.Location()).UTC()
}
