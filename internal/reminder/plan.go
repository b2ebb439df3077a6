package reminder

import (
	"context"
	"slices"
	"time"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
)

// Planned is a run as it stands: past, coming, or under way.
type Planned struct {
	Run    string // its id, for Skip
	Rule   Rule
	Name   i18n.Text // of what it counts from, such as a session; may be empty
	Number int       // the repetition, from 0
	Due    time.Time // the first of its people's, UTC
	Last   time.Time // the last of its people's, UTC
	People int       // who fit as things stand; of a past run, who were written to
	State  PlanState
	Each   bool // a day's worth of people who have an instant of their own
}

// PlanState is how a planned run stands.
type PlanState string

// The states of planned runs.
const (
	Coming  PlanState = "coming"
	Paused  PlanState = "paused" // the rule is, or it was stopped
	Skipped PlanState = "skipped"
	Missed  PlanState = "missed"
	Begun   PlanState = "begun"
	Done    PlanState = "done"
)

// Plan lists the rule's runs that are due at from or later and before to, in
// their order. How many people a coming run writes to is counted as things stand
// now: those who register later come too.
func (s *Service) Plan(ctx context.Context, e event.Event, r Rule, from, to time.Time) ([]Planned, error) {
	list, err := s.occurrences(ctx, e, r)
	if err != nil {
		return nil, err
	}
	var plan []Planned
	people := -1
	for _, o := range list {
		if o.each {
			days, err := s.planEach(ctx, e, r, o, from, to)
			if err != nil {
				return nil, err
			}
			plan = append(plan, days...)
			continue
		}
		if o.last.Before(from) || !o.due.Before(to) {
			continue
		}
		p, err := s.planned(ctx, r, o)
		if err != nil {
			return nil, err
		}
		if p.State == Coming || p.State == Paused {
			if people < 0 {
				if people, err = s.Audience.Count(ctx, e, r.Audience); err != nil {
					return nil, err
				}
			}
			p.People = people
		}
		plan = append(plan, p)
	}
	slices.SortStableFunc(plan, func(a, b Planned) int { return a.Due.Compare(b.Due) })
	return plan, nil
}

func (s *Service) planned(ctx context.Context, r Rule, o occurrence) (Planned, error) {
	p := Planned{Run: o.id(r), Rule: r, Name: o.mark.Name, Number: o.number, Due: o.due, Last: o.last, State: Coming}
	run, err := read(ctx, s.DB, r, o)
	p.People = run.Queued
	_, possible := s.window(r, o)
	switch {
	case run.Skipped:
		p.State = Skipped
	case run.Done:
		p.State = Done
	case !run.Began.IsZero():
		p.State = Begun
	case !o.due.After(s.now()) && !possible:
		p.State = Missed
	case !r.Runs():
		p.State = Paused
	}
	return p, err
}

// planEach counts, day by day, the people known now who are due.
func (s *Service) planEach(ctx context.Context, e event.Event, r Rule, o occurrence, from, to time.Time) ([]Planned, error) {
	if from.Before(s.now()) {
		from = s.now()
	}
	byDay := map[string]*Planned{}
	for cursor := ""; ; {
		marks, next, err := s.peopleBetween(ctx, e, r, o, from, to, cursor)
		if err != nil {
			return nil, err
		}
		for _, m := range marks {
			due := r.due(e, m.At, o.number, s.location(e, r, m.Person))
			if due.Before(from) || !due.Before(to) {
				continue
			}
			day := e.DayOf(due)
			p, ok := byDay[day]
			if !ok {
				p = &Planned{Run: o.id(r), Rule: r, Number: o.number, Due: due, Last: due, State: Coming, Each: true}
				if !r.Runs() {
					p.State = Paused
				}
				byDay[day] = p
			}
			p.People++
			p.Due, p.Last = earlier(p.Due, due), later(p.Last, due)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	plan := make([]Planned, 0, len(byDay))
	for _, p := range byDay {
		plan = append(plan, *p)
	}
	return plan, nil
}

func earlier(a, b time.Time) time.Time { return slices.MinFunc([]time.Time{a, b}, time.Time.Compare) }

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

// Recipient is somebody whom a coming run writes to.
type Recipient struct {
	Letter outbox.Letter // as it would be queued
	Due    time.Time     // UTC; zero when the rule has no run to come
}

// Recipients lists up to limit of those whom the rule's next run writes to, each
// with their letter and its instant; of an anchor that each person has, those who
// fit and are due within 60 days; of a rule without a run to come, those who fit.
func (s *Service) Recipients(ctx context.Context, e event.Event, r Rule, limit int) ([]Recipient, error) {
	o, err := s.nextOccurrence(ctx, e, r)
	if err != nil {
		return nil, err
	}
	anchor, _ := s.Audience.Anchor(r.When.Anchor)
	from, to := s.now(), s.now().Add(60*24*time.Hour)
	o.now = false
	if anchor.Personal() {
		o.each, o.mark.Key = true, everyone
	}
	var list []Recipient
	for cursor := ""; ; {
		marks, next, err := s.people(ctx, e, r, o, from, to, cursor)
		if err != nil {
			return nil, err
		}
		for _, m := range marks {
			due := r.due(e, m.At, o.number, s.location(e, r, m.Person))
			if o.each && due.Before(from) {
				continue
			}
			if o.extra() {
				due = time.Time{}
			}
			list = append(list, Recipient{Due: due, Letter: letter(e, r, o, o.id(r), recipient{m.Person, m.At, due})})
			if len(list) == limit {
				return list, nil
			}
		}
		if cursor = next; cursor == "" {
			return list, nil
		}
	}
}

// Calendar lists the runs of all the event's rules that are due within the days
// that begin at from.
func (s *Service) Calendar(ctx context.Context, e event.Event, from time.Time, days int) ([]Planned, error) {
	list, err := s.Rules(ctx, e)
	if err != nil {
		return nil, err
	}
	var all []Planned
	for _, r := range list {
		plan, err := s.Plan(ctx, e, r, from, from.AddDate(0, 0, days))
		if err != nil {
			return nil, err
		}
		all = append(all, plan...)
	}
	slices.SortStableFunc(all, func(a, b Planned) int { return a.Due.Compare(b.Due) })
	return all, nil
}
