package signup

import (
	"context"

	"convene/internal/audience"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
)

// Audience is what sign-ups contribute to rules and messages: delegates can be chosen
// by the sessions that they have a place in.
func (s *Service) Audience() audience.Part {
	return audience.Part{Facts: map[string][]audience.Fact{
		delegate.AudienceGroup: {{Name: delegate.FactSession, Options: s.sessionOptions}},
	}}
}

func (s *Service) sessionOptions(ctx context.Context, p *i18n.Printer, e event.Event) ([]audience.Option, error) {
	held, err := s.Openings(ctx, e.ID)
	if err != nil || len(held) == 0 {
		return nil, err
	}
	sessions, err := s.Programme.Sessions(ctx, e.ID)
	var list []audience.Option
	for _, session := range sessions {
		if _, ok := held[session.ID]; ok {
			start := session.Start.In(e.Location())
			list = append(list, audience.Option{Value: session.ID, Label: p.ShortDate(start) + " " + p.Clock(start) + " " + p.Text(session.Title)})
		}
	}
	return list, err
}
