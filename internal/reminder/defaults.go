package reminder

import (
	"context"
	"errors"
	"slices"
	"time"

	"convene/internal/audience"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/programme"
	"convene/internal/store"
)

// Occasions of the letters of the program's rules.
const (
	OccasionWeek      = "event.week"
	OccasionDay       = "event.day"
	OccasionPractical = "event.practical"
	OccasionSession   = "session.soon"
	OccasionThanks    = "event.thanks"
	OccasionSurvey    = "event.survey"
)

// set says that an event has been given the program's rules.
type set struct {
	ID string    `json:"id"` // the event's
	At time.Time `json:"at"`
}

var sets = store.NewCollection("rule_sets", func(s set) string { return s.ID })

// defaults are the rules that a new event has, switched on. Beside them go the
// letters that registering brings by itself: confirm your address, confirmation
// with badge, approval, declined, cancelled; and those of a statement's states.
func defaults() []Rule {
	confirmed := audience.Selection{Group: delegate.AudienceGroup}.With(delegate.FactState, string(delegate.Confirmed))
	came := confirmed.With(delegate.FactArrived, "yes")
	before := func(days int, hour string) When {
		return When{Anchor: audience.EventStart, Offset: days, Unit: Days, Before: true, Hour: hour}
	}
	afterwards := func(days int) When {
		return When{Anchor: audience.EventEnd, Offset: days, Unit: Days, Hour: "10:00"}
	}
	return []Rule{
		{Builtin: "practical", Letter: OccasionPractical, Kind: outbox.KindPractical, When: before(14, "09:00"), Audience: confirmed},
		{Builtin: "week", Letter: OccasionWeek, Kind: outbox.KindReminder, When: before(7, "09:00"), Audience: confirmed},
		{Builtin: "day", Letter: OccasionDay, Kind: outbox.KindReminder, When: before(1, "09:00"), Audience: confirmed},
		{
			Builtin: "session", Letter: OccasionSession, Kind: outbox.KindProgramme, Audience: came,
			When: When{Anchor: programme.AnchorSession, Option: programme.EveryOf(programme.Plenary), Offset: 30, Unit: Minutes, Before: true},
		},
		{Builtin: "thanks", Letter: OccasionThanks, Kind: outbox.KindSurvey, When: afterwards(0), Audience: came},
		{Builtin: "survey", Letter: OccasionSurvey, Kind: outbox.KindSurvey, When: afterwards(3), Audience: came},
	}
}

// order puts the program's rules before the organisers' own.
func order(r Rule) int {
	i := slices.IndexFunc(defaults(), func(d Rule) bool { return d.Builtin == r.Builtin })
	if r.Builtin == "" || i < 0 {
		return len(defaults())
	}
	return i
}

// ensureDefaults gives an event that is to come the program's rules, once. What
// was due before is not made up.
func (s *Service) ensureDefaults(ctx context.Context, e event.Event) error {
	_, err := sets.Get(ctx, s.DB, e.ID)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if e.Phase(s.now()) == event.Past {
		return nil
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := sets.Get(ctx, tx, e.ID)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := sets.Put(tx, set{ID: e.ID, At: s.now()}); err != nil {
			return err
		}
		for _, r := range defaults() {
			r.ID, r.Event, r.Since, r.Changed = e.ID+"-"+r.Builtin, e.ID, s.now(), s.now()
			if err := rules.Create(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// Prepare gives the event the program's rules if it has none yet, for whoever
// looks at them before the job does.
func (s *Service) Prepare(ctx context.Context, e event.Event) error { return s.ensureDefaults(ctx, e) }
