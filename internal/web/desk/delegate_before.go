package desk

import (
	"context"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/web/kit"
)

// before compares how many a filter meets with the edition before; empty where it
// cannot.
type before struct{ Href, Text string }

// before tells how many more, or fewer, the filter meets than in the edition before, in
// the end. It asks little: the list stays quick.
func (s *Pages) before(ctx context.Context, f kit.Frame, e event.Event, filter delegate.Filter, count int) (before, error) {
	if !meansTheSame(filter) {
		return before{}, nil
	}
	last, ok, err := s.lastEdition(ctx, e)
	if err != nil || !ok {
		return before{}, err
	}
	if _, has := last.Category(filter.Category); filter.Category != "" && !has {
		return before{}, nil
	}
	then, err := s.app.Delegates.Count(ctx, last.ID, filter)
	if err != nil {
		return before{}, err
	}
	key, by := "roster.before.same", count-then
	switch {
	case by > 0:
		key = "roster.before.more"
	case by < 0:
		key, by = "roster.before.fewer", -by
	}
	text := f.T(key, "Event", f.Text(last.Title), "By", f.Number(by), "Count", f.Number(then))
	return before{Href: listHref(last, filter), Text: text}, nil
}

// meansTheSame reports whether the filter means the same in another edition: it narrows
// something, and asks for nobody by name and for nothing that belongs to one event.
func meansTheSame(f delegate.Filter) bool {
	own := f.Text != "" || f.Tag != "" || f.Session != "" || f.Invitation != "" || f.Invited != "" || f.From != "" || f.To != ""
	return !f.Empty() && !own
}

// lastEdition is the latest event of the series before this one for which anybody
// registered here.
func (s *Pages) lastEdition(ctx context.Context, e event.Event) (last event.Event, ok bool, err error) {
	all, err := s.app.Events.List(ctx) // the latest first
	if err != nil {
		return last, false, err
	}
	for _, other := range all {
		if other.Series != e.Series || other.Starts >= e.Starts {
			continue
		}
		found, err := s.app.Delegates.Find(ctx, other.ID, delegate.Filter{}, "", 1)
		if err != nil || len(found.Items) > 0 {
			return other, err == nil, err
		}
	}
	return last, false, nil
}
