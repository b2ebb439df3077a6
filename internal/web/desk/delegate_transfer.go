package desk

import (
	"context"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
)

// placeLine tells whom a delegate gives their place to, or has it from.
type placeLine struct {
	Label, Name string
	Href        string // the other's page; empty: they are registered already under the name
	Note        string
}

func (s *Pages) placeLines(ctx context.Context, p *i18n.Printer, e event.Event, d delegate.Delegate) ([]placeLine, error) {
	var list []placeLine
	if t := d.Passing; t != nil && t.Over.IsZero() {
		line := placeLine{Label: p.T("transfer.gives"), Name: t.Name}
		if t.Taken.IsZero() {
			line.Note = p.T("transfer.kept", "When", p.DateTime(t.Ends.In(e.Location())))
		}
		if t.To != "" {
			line.Href = deskPath(e, "delegates", t.To)
		}
		list = append(list, line)
	}
	if d.PlaceOf == "" {
		return list, nil
	}
	giver, err := s.app.Delegates.Get(ctx, d.PlaceOf)
	return append(list, placeLine{Label: p.T("transfer.has_from"), Name: giver.Name, Href: deskPath(e, "delegates", giver.ID)}), err
}
