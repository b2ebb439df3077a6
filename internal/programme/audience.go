package programme

import (
	"context"
	"errors"
	"slices"
	"strings"

	"convene/internal/audience"
	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
)

// AudienceGroup is the group that the people of the speaker roster are in.
const AudienceGroup = "speakers"

// AnchorSession is the start of a session: of one, of those of a kind, or of
// each.
const AnchorSession = "session.start"

// Facts by which speakers are chosen.
const (
	factDuty     = "duty"
	factKind     = "session_kind"
	factCountry  = "country"
	factRegion   = "region"
	factLanguage = "language"
)

// kindOption is the anchor's option for all sessions of a kind.
const kindOption = "kind:"

// Audience is what the programme contributes to rules and messages.
func (s *Service) Audience() audience.Part {
	return audience.Part{
		Groups: []audience.Group{{
			Name: AudienceGroup, Facts: s.audienceFacts(),
			Find: s.findAudience, Get: s.audiencePerson, Size: s.audienceSize,
		}},
		Anchors: []audience.Anchor{{Name: AnchorSession, Options: s.sessionOptions, Marks: s.sessionMarks}},
	}
}

func (s *Service) audienceFacts() []audience.Fact {
	return []audience.Fact{
		{Name: factDuty, Options: func(_ context.Context, p *i18n.Printer, _ event.Event) ([]audience.Option, error) {
			list := make([]audience.Option, len(Duties))
			for i, duty := range Duties {
				list[i] = audience.Option{Value: string(duty), Label: p.N("site.duty."+string(duty), 1)}
			}
			return list, nil
		}},
		{Name: factKind, Options: func(_ context.Context, p *i18n.Printer, _ event.Event) ([]audience.Option, error) {
			return labelled(p, "site.kind.", Kinds), nil
		}},
		{Name: factRegion, Options: func(_ context.Context, p *i18n.Printer, _ event.Event) ([]audience.Option, error) {
			return labelled(p, "site.region.", city.Regions), nil
		}},
		{Name: factCountry, Options: s.countryOptions},
	}
}

func labelled[T ~string](p *i18n.Printer, prefix string, values []T) []audience.Option {
	list := make([]audience.Option, len(values))
	for i, v := range values {
		list[i] = audience.Option{Value: string(v), Label: p.T(prefix + string(v))}
	}
	return list
}

func (s *Service) countryOptions(ctx context.Context, p *i18n.Printer, e event.Event) ([]audience.Option, error) {
	roster, err := s.People(ctx, e.ID)
	var list []audience.Option
	for _, who := range roster {
		o := audience.Option{Value: who.Country, Label: p.Country(who.Country)}
		if who.Country != "" && !slices.Contains(list, o) {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b audience.Option) int { return strings.Compare(i18n.Fold(a.Label), i18n.Fold(b.Label)) })
	return list, err
}

// findAudience returns all at once: a roster is small. Who has no address cannot
// be written to.
func (s *Service) findAudience(ctx context.Context, e event.Event, sel audience.Selection, _ string, _ int) ([]audience.Person, string, error) {
	roster, err := s.People(ctx, e.ID)
	if err != nil {
		return nil, "", err
	}
	sessions, err := s.Sessions(ctx, e.ID)
	var people []audience.Person
	for _, who := range roster {
		p := who.person(sessions)
		if p.Email != "" && sel.Match(p) {
			people = append(people, p)
		}
	}
	return people, "", err
}

// named reports whether each of the text's words begins one of the person's name,
// organisation or address.
func (p Person) named(text string) bool {
	own := i18n.Words(p.Name + " " + p.LatinName + " " + p.Organisation + " " + p.Email)
	for _, w := range i18n.Tokens(text) {
		if !slices.ContainsFunc(own, func(o string) bool { return strings.HasPrefix(o, w) }) {
			return false
		}
	}
	return true
}

func (s *Service) audiencePerson(ctx context.Context, id string) (audience.Person, error) {
	who, err := people.Get(ctx, s.DB, id)
	if errors.Is(err, store.ErrNotFound) {
		return audience.Person{}, problem.Wrap(err, problem.NotFound, "problem.speaker_not_found")
	}
	if err != nil {
		return audience.Person{}, err
	}
	sessions, err := s.Sessions(ctx, who.Event)
	return who.person(sessions), err
}

func (s *Service) audienceSize(ctx context.Context, e event.Event) (int, error) {
	return people.Count(ctx, s.DB, store.By("name", e.ID))
}

// person is somebody of the roster as rules and messages see them.
func (p Person) person(sessions []Session) audience.Person {
	facts := map[string][]string{
		factCountry: {p.Country}, factRegion: {city.RegionOf(p.Country)}, factLanguage: {p.Language},
	}
	for _, session := range sessions {
		for _, role := range session.Roles {
			if role.Person == p.ID {
				facts[factDuty] = append(facts[factDuty], string(role.Duty))
				facts[factKind] = append(facts[factKind], string(session.Kind))
			}
		}
	}
	return audience.Person{Group: AudienceGroup, ID: p.ID, Name: p.Name, Email: p.Email, Language: p.Language, Facts: facts, Named: p.named}
}

// sessionOptions are the kinds of sessions, then each session.
func (s *Service) sessionOptions(ctx context.Context, p *i18n.Printer, e event.Event) ([]audience.Option, error) {
	sessions, err := s.Sessions(ctx, e.ID)
	var list []audience.Option
	for _, kind := range Kinds {
		if slices.ContainsFunc(sessions, func(one Session) bool { return one.Kind == kind }) {
			list = append(list, audience.Option{Value: kindOption + string(kind), Label: p.T("audience.every_session", "Kind", p.T("site.kind."+string(kind)))})
		}
	}
	for _, one := range sessions {
		start := one.Start.In(e.Location())
		list = append(list, audience.Option{Value: one.ID, Label: p.ShortDate(start) + " " + p.Clock(start) + " " + p.Text(one.Title)})
	}
	return list, err
}

func (s *Service) sessionMarks(ctx context.Context, e event.Event, option string) ([]audience.Mark, error) {
	sessions, err := s.Sessions(ctx, e.ID)
	var marks []audience.Mark
	for _, one := range sessions {
		if option != "" && option != one.ID && option != kindOption+string(one.Kind) {
			continue
		}
		m := audience.MarkAt(one.ID, one.Start)
		m.Data, m.Name = map[string]string{"session": one.ID}, one.Title
		marks = append(marks, m)
	}
	return marks, err
}

// EveryOf is the option of AnchorSession that stands for all sessions of a kind.
func EveryOf(kind Kind) string { return kindOption + string(kind) }
