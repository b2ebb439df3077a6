package seed

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"convene/internal/audit"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/problem"
	"convene/internal/signup"
	"convene/seeds"
)

// Past lets a rehearsal have a past: what its office and those who write to it have
// done since registration opened, each thing at its time and by the program's own
// rules, so that letters, the audit trail and the places are as they would be. Its
// services are made with its Clock; nothing else uses them. Every field is needed.
type Past struct {
	Clock     *Clock
	Events    *event.Service
	Cities    *city.Service
	Forms     *form.Service
	Delegates *delegate.Service
	Signups   *signup.Service

	// Deliver sends the letters that are due by Clock. They belong to the past, so
	// whoever looks for what comes now must not find them there.
	Deliver func(context.Context) error

	Organiser audit.Actor // who did what the office did
}

// Clock is a clock that stands where it is set. It is safe for concurrent use.
type Clock struct{ at atomic.Pointer[time.Time] }

// Now is where it was set last, and now until then.
func (c *Clock) Now() time.Time {
	if at := c.at.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// Set sets it.
func (c *Clock) Set(at time.Time) { c.at.Store(&at) }

// past is one run: it gathers what happened, then plays it.
type past struct {
	*Past
	event     event.Event
	now       time.Time
	there     map[string]bool     // addresses that are registered already
	confirmed []delegate.Delegate // by name
	comers    []*comer
	acts      []act
}

// act is something that happened.
type act struct {
	at time.Time
	do func(context.Context) error
}

// comer is somebody beside those who are confirmed.
type comer struct {
	seeds.Delegate
	wanted seeds.Wanted
	id     string // of their registration, once there is one
}

// relive lets happen what a rehearsal's past holds, and makes the edition before it.
// What a run that was cut short has done is not done again.
func (s *Service) relive(ctx context.Context, e event.Event, sum *Summary) error {
	if s.Past == nil {
		return nil
	}
	p := &past{Past: s.Past, event: e, now: s.Clock(), there: map[string]bool{}}
	err := s.Delegates.Each(ctx, e.ID, delegate.Filter{}, func(d delegate.Delegate) error {
		p.there[d.EmailKey] = true
		if d.State == delegate.Confirmed {
			p.confirmed = append(p.confirmed, d)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := p.plan(ctx); err != nil {
		return err
	}
	if err := p.play(ctx); err != nil {
		return fmt.Errorf("the past: %w", err)
	}
	all, err := s.Delegates.Count(ctx, e.ID, delegate.Filter{})
	if err != nil {
		return err
	}
	sum.Others = Count{Added: all - len(p.there), There: len(p.there) - len(p.confirmed)}
	return s.editionBefore(ctx, e, p.confirmed, sum)
}

// plan gathers what happened.
func (p *past) plan(ctx context.Context) error {
	p.settle()
	p.register()
	p.invite()
	if err := p.nominate(ctx); err != nil {
		return err
	}
	p.double()
	p.answer()
	p.signUp()
	p.remember()
	p.invent()
	return nil
}

// invent makes the people whom the plan wants.
func (p *past) invent() {
	wanted := make([]seeds.Wanted, len(p.comers))
	for i, c := range p.comers {
		wanted[i] = c.wanted
	}
	for i, d := range seeds.Others(seeds.DefaultSeed, wanted) {
		p.comers[i].Delegate = d
	}
}

// want has somebody invented.
func (p *past) want(category seeds.Category, country string) *comer {
	c := &comer{wanted: seeds.Wanted{Category: category, Country: country}}
	p.comers = append(p.comers, c)
	return c
}

// on plans something for a day so many days before today, at a time of day by the
// event's clock.
func (p *past) on(daysAgo int, clock string, do func(context.Context) error) {
	local := p.now.In(p.event.Location())
	hours, err := time.Parse("15:04", clock)
	if err != nil {
		panic("seed: " + err.Error()) // a fault in the plan, which any run finds
	}
	at := time.Date(local.Year(), local.Month(), local.Day()-daysAgo, hours.Hour(), hours.Minute(), 0, 0, local.Location())
	p.acts = append(p.acts, act{at, do})
}

// of plans something about somebody.
func (p *past) of(c *comer, daysAgo int, clock string, do func(context.Context, *comer) error) {
	p.on(daysAgo, clock, func(ctx context.Context) error { return p.let(ctx, c, do) })
}

// let has somebody do something. What cannot be done with who was there before this
// run has been done in the run that was cut short.
func (p *past) let(ctx context.Context, c *comer, do func(context.Context, *comer) error) (err error) {
	there := p.there[c.Email]
	if there && c.id == "" {
		if c.id, err = p.registered(ctx, c.Email); err != nil {
			return err
		}
	}
	err = do(ctx, c)
	if there {
		return unlessDone(err)
	}
	return err
}

// office plans something that the organisers do.
func (p *past) office(daysAgo int, clock string, do func(context.Context) error) {
	p.on(daysAgo, clock, func(ctx context.Context) error { return do(p.asOffice(ctx)) })
}

func (p *past) asOffice(ctx context.Context) context.Context { return audit.As(ctx, p.Organiser) }

// play lets everything happen in its order. The letters of a day go out at its end.
func (p *past) play(ctx context.Context) error {
	slices.SortStableFunc(p.acts, func(a, b act) int { return a.at.Compare(b.at) })
	p.Clock.Set(p.now) // letters that a run which was cut short has left go out late
	day := ""
	for _, a := range p.acts {
		if on := p.event.DayOf(a.at); on != day {
			if err := p.Deliver(ctx); err != nil {
				return err
			}
			day = on
		}
		p.Clock.Set(a.at)
		if err := a.do(ctx); err != nil {
			return fmt.Errorf("at %s: %w", a.at.Format(time.DateTime), err)
		}
	}
	return p.Deliver(ctx)
}

// atOnce is how many people do something at the same time.
const atOnce = 12

// together has each of the people do something, side by side: the store puts commits
// that arrive together into one.
func together(ctx context.Context, people []delegate.Delegate, do func(context.Context, delegate.Delegate) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, d := range people {
		group.Go(func() error { return do(ctx, d) })
	}
	return group.Wait()
}

// here is the event as it is at this point of the past.
func (p *past) here(ctx context.Context) (event.Event, error) {
	return p.Events.Find(ctx, p.event.Slug)
}

// unlessDone takes for done what the state of things forbids to do again.
func unlessDone(err error) error {
	if err != nil && (problem.KindOf(err) == problem.Conflict || problem.KindOf(err) == problem.Gone) {
		return nil
	}
	return err
}
