package reminder

import (
	"context"
	"slices"
	"time"

	"convene/internal/audience"
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
	// Refused is how many more fit, but do not want letters of the rule's kind.
	Refused int
	State   PlanState
	Each    bool // a day's worth of people who have an instant of their own
	Extra   bool // one more than the rule has of its own, at no instant
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
	var who *crowd
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
		if who == nil {
			if who, err = s.crowd(ctx, e, r); err != nil {
				return nil, err
			}
		}
		plan = append(plan, who.in(p, e, o))
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

// crowd is whom a rule writes to as things stand.
type crowd struct {
	people, refused int
	zones           []*time.Location // of these people, where the rule goes by their clocks
}

func (s *Service) crowd(ctx context.Context, e event.Event, r Rule) (*crowd, error) {
	c, known := &crowd{}, map[string]bool{}
	err := s.Audience.Each(ctx, e, r.Audience, func(p audience.Person) error {
		refuses, err := s.refuses(ctx, e, r, p)
		if err != nil {
			return err
		}
		if refuses {
			c.refused++
			return nil
		}
		c.people++
		if r.When.Own && !known[p.TimeZone] {
			known[p.TimeZone] = true
			c.zones = append(c.zones, p.Location(e))
		}
		return nil
	})
	return c, err
}

// in tells of a run how many it writes to, and when the first and last of them.
func (c crowd) in(p Planned, e event.Event, o occurrence) Planned {
	if p.State == Coming || p.State == Paused {
		p.People, p.Refused = c.people, c.refused
	}
	if len(c.zones) > 0 && !p.Extra {
		p.Due, p.Last = p.Rule.dueIn(e, o.mark.At, o.number, c.zones)
	}
	return p
}

// refuses reports whether the person does not want letters of the rule's kind.
func (s *Service) refuses(ctx context.Context, e event.Event, r Rule, p audience.Person) (bool, error) {
	if s.Refused == nil {
		return false, nil
	}
	l := outbox.Letter{Event: e.ID}
	p.Address(&l)
	kinds, err := s.Refused(ctx, l)
	return slices.Contains(kinds, r.Kind), err
}

// willing keeps those who do not refuse letters of the rule's kind.
func (s *Service) willing(ctx context.Context, e event.Event, r Rule, marks []audience.PersonMark) ([]audience.PersonMark, error) {
	kept := marks[:0]
	for _, m := range marks {
		refuses, err := s.refuses(ctx, e, r, m.Person)
		if err != nil {
			return nil, err
		}
		if !refuses {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

// Next tells what RunNow would do: the rule's next run, whenever that is; of a rule
// that has none to come, or whose anchor each person has, one that is extra, to those
// who fit now.
func (s *Service) Next(ctx context.Context, e event.Event, r Rule) (Planned, error) {
	o, err := s.nextOccurrence(ctx, e, r)
	if err != nil {
		return Planned{}, err
	}
	p, err := s.planned(ctx, r, o)
	if err != nil {
		return p, err
	}
	p.Extra = o.extra()
	who, err := s.crowd(ctx, e, r)
	if err != nil {
		return p, err
	}
	return who.in(p, e, o), nil
}

// Passed reports whether all that the rule counts from went by before it could run:
// it will not, unless the event moves.
func (s *Service) Passed(ctx context.Context, e event.Event, r Rule) (bool, error) {
	list, err := s.occurrences(ctx, e, r)
	for _, o := range list {
		if err != nil || o.each {
			return false, err
		}
		var p Planned
		if p, err = s.planned(ctx, r, o); p.State != Missed {
			return false, err
		}
	}
	return len(list) > 0, err
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
		if marks, err = s.willing(ctx, e, r, marks); err != nil {
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
// Who refuses its letters is left out.
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
		if marks, err = s.willing(ctx, e, r, marks); err != nil {
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
