package delegate

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"convene/internal/audience"
	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/store"
)

// AudienceGroup is the group that delegates are in rules and messages.
const AudienceGroup = "delegates"

// Facts by which delegates are chosen.
const (
	FactState    = "state"
	FactCategory = "category"
	FactCity     = "city"
	FactRegion   = "region"
	FactCountry  = "country"
	FactLanguage = "language"
	FactArrived  = "arrived" // yes or no
	FactGate     = "gate"    // of the first arrival
	FactBadge    = "badge"   // opened or unopened, on the delegate's page
	FactAnswers  = "answers" // missing where a required question is not answered, or complete
	FactTag      = "tag"     // one of the desk's own words
	FactWay      = "way"     // how they came to be registered
	FactRole     = "role"    // in the delegation of their city
	FactSession  = "session" // one that they signed up for; package signup says which there are
)

// Anchors that delegates have.
const (
	AnchorRegistered = "registration.made"
	AnchorArrived    = "arrival"
	AnchorInvited    = "invitation.sent"
)

// Audience is what delegates contribute to rules and messages.
func (s *Service) Audience() audience.Part {
	return audience.Part{
		Groups: []audience.Group{{
			Name: AudienceGroup, Delegates: true, Facts: s.audienceFacts(),
			Find: s.findAudience, Get: s.audiencePerson, Size: s.audienceSize,
		}},
		Anchors: []audience.Anchor{
			{Name: AnchorRegistered, Group: AudienceGroup, Between: s.registeredBetween},
			{Name: AnchorArrived, Group: AudienceGroup, Options: gateOptions, Between: s.arrivedBetween},
			{Name: AnchorInvited, Group: AudienceGroup, Between: s.invitedBetween},
		},
	}
}

func (s *Service) audienceFacts() []audience.Fact {
	return []audience.Fact{
		{Name: FactState, Options: codes("board.state.", asText(States)...)},
		{Name: FactCategory, Options: categoryOptions},
		{Name: FactCity, Options: s.cityOptions},
		{Name: FactRegion, Options: codes("site.region.", city.Regions...)},
		{Name: FactCountry, Options: s.countryOptions},
		{Name: FactLanguage, Options: s.languageOptions},
		{Name: FactArrived, Options: codes("audience.arrived.", "yes", "no")},
		{Name: FactGate, Options: gateOptions},
		{Name: FactBadge, Options: codes("audience.badge.", "opened", "unopened")},
		{Name: FactAnswers, Options: codes("audience.answers.", "missing", "complete")},
		{Name: FactTag, Options: s.tagOptions},
		{Name: FactWay, Options: codes("roster.way.", asText(Ways)...)},
		{Name: FactRole, Options: codes("delegation.role.", asText(Roles)...)},
	}
}

// asText are codes as the texts that they are.
func asText[T ~string](codes []T) []string {
	list := make([]string, len(codes))
	for i, code := range codes {
		list[i] = string(code)
	}
	return list
}

// tagOptions are the tags that the event uses.
func (s *Service) tagOptions(ctx context.Context, _ *i18n.Printer, e event.Event) ([]audience.Option, error) {
	used, err := s.EventTags(ctx, e.ID)
	list := make([]audience.Option, len(used))
	for i, tag := range used {
		list[i] = audience.Option{Value: tag, Label: tag}
	}
	return list, err
}

func categoryOptions(_ context.Context, p *i18n.Printer, e event.Event) ([]audience.Option, error) {
	var list []audience.Option
	for _, c := range e.Categories() {
		list = append(list, audience.Option{Value: c.ID, Label: e.CategoryLabel(p, c.ID)})
	}
	return list, nil
}

// codes makes options of codes whose messages have a key that begins alike.
func codes(prefix string, values ...string) func(context.Context, *i18n.Printer, event.Event) ([]audience.Option, error) {
	return func(_ context.Context, p *i18n.Printer, _ event.Event) ([]audience.Option, error) {
		list := make([]audience.Option, len(values))
		for i, v := range values {
			list[i] = audience.Option{Value: v, Label: p.T(prefix + v)}
		}
		return list, nil
	}
}

// cityOptions are the member cities that sent somebody.
func (s *Service) cityOptions(ctx context.Context, p *i18n.Printer, e event.Event) ([]audience.Option, error) {
	counts, err := s.Tally(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	members, err := s.cities.List(ctx)
	var list []audience.Option
	for _, c := range members {
		if counts.Cities[c.ID] > 0 {
			list = append(list, audience.Option{Value: c.ID, Label: p.Text(c.Name)})
		}
	}
	return list, err
}

// countryOptions are the countries that confirmed delegates come from.
func (s *Service) countryOptions(ctx context.Context, p *i18n.Printer, e event.Event) ([]audience.Option, error) {
	counts, err := s.Tally(ctx, e.ID)
	var list []audience.Option
	for code := range maps.Keys(counts.Countries) {
		list = append(list, audience.Option{Value: code, Label: p.Country(code)})
	}
	slices.SortFunc(list, func(a, b audience.Option) int { return strings.Compare(i18n.Fold(a.Label), i18n.Fold(b.Label)) })
	return list, err
}

func (s *Service) languageOptions(_ context.Context, p *i18n.Printer, _ event.Event) ([]audience.Option, error) {
	list := make([]audience.Option, len(s.languages))
	for i, lang := range s.languages {
		list[i] = audience.Option{Value: lang, Label: p.LanguageName(lang)}
	}
	return list, nil
}

func gateOptions(_ context.Context, _ *i18n.Printer, e event.Event) ([]audience.Option, error) {
	list := make([]audience.Option, len(e.Gates))
	for i, g := range e.Gates {
		list[i] = audience.Option{Value: g.ID, Label: g.Name}
	}
	return list, nil
}

// findAudience lets the index narrow what it can, and looks at the rest here.
func (s *Service) findAudience(ctx context.Context, e event.Event, sel audience.Selection, cursor string, limit int) ([]audience.Person, string, error) {
	narrowed := Filter{
		Text: sel.Text, State: State(sel.Only(FactState)), Category: sel.Only(FactCategory),
		City: sel.Only(FactCity), Country: sel.Only(FactCountry), Arrived: sel.Only(FactArrived),
		Session: sel.Only(FactSession), Tag: sel.Only(FactTag), Region: sel.Only(FactRegion), Language: sel.Only(FactLanguage),
		Way: Way(sel.Only(FactWay)), Role: Role(sel.Only(FactRole)),
	}
	page, err := s.Find(ctx, e.ID, narrowed, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	people := make([]audience.Person, 0, len(page.Items))
	for _, d := range page.Items {
		if p := d.person(); d.Email != "" && sel.Match(p) {
			people = append(people, p)
		}
	}
	return people, page.Next, nil
}

func (s *Service) audiencePerson(ctx context.Context, id string) (audience.Person, error) {
	d, err := s.Get(ctx, id)
	return d.person(), err
}

func (s *Service) audienceSize(ctx context.Context, e event.Event) (int, error) {
	return s.Count(ctx, e.ID, Filter{})
}

// person is the delegate as rules and messages see one.
func (d Delegate) person() audience.Person {
	arrived, opened := "no", "unopened"
	if !d.Arrived.IsZero() {
		arrived = "yes"
	}
	if !d.BadgeOpened.IsZero() {
		opened = "opened"
	}
	answers := "complete"
	if d.Unanswered > 0 {
		answers = "missing"
	}
	return audience.Person{
		Group: AudienceGroup, ID: d.ID, Delegate: d.ID, Name: d.Name, Email: d.Email, Language: d.Language, TimeZone: d.TimeZone,
		Facts: map[string][]string{
			FactState: {string(d.State)}, FactCategory: {d.Category}, FactCity: {d.City}, FactCountry: {d.Country},
			FactRegion: {city.RegionOf(d.Country)}, FactLanguage: {d.Language},
			FactArrived: {arrived}, FactGate: {d.ArrivedGate}, FactBadge: {opened}, FactAnswers: {answers},
			FactSession: d.Sessions, FactTag: d.Tags, FactWay: {string(d.Way())}, FactRole: {string(d.Role)},
		},
		Named: func(text string) bool { return Filter{Text: text}.met(d.Terms) },
	}
}

// registeredBetween goes through the days of registration that the window
// touches.
func (s *Service) registeredBetween(ctx context.Context, e event.Event, _ string, from, to time.Time, cursor string, limit int) ([]audience.PersonMark, string, error) {
	return s.marksBetween(ctx, e, "day", from, to, cursor, limit, func(d Delegate) (time.Time, bool) {
		return d.Registered(), len(d.Steps) > 0
	})
}

func (s *Service) arrivedBetween(ctx context.Context, e event.Event, gate string, from, to time.Time, cursor string, limit int) ([]audience.PersonMark, string, error) {
	return s.marksBetween(ctx, e, "arrived", from, to, cursor, limit, func(d Delegate) (time.Time, bool) {
		return d.Arrived, gate == "" || d.ArrivedGate == gate
	})
}

func (s *Service) invitedBetween(ctx context.Context, e event.Event, _ string, from, to time.Time, cursor string, limit int) ([]audience.PersonMark, string, error) {
	return s.marksBetween(ctx, e, "invited", from, to, cursor, limit, func(d Delegate) (time.Time, bool) {
		if d.Invited == nil {
			return time.Time{}, false
		}
		return d.Invited.Sent, true
	})
}

func (s *Service) marksBetween(ctx context.Context, e event.Event, index string, from, to time.Time, cursor string, limit int,
	at func(Delegate) (time.Time, bool)) ([]audience.PersonMark, string, error) {
	days := store.By(index, e.ID).Between(e.DayOf(from), e.DayOf(to)+"~") // the last day whole: "~" sorts behind it
	page, err := delegates.Find(ctx, s.db, days.After(cursor).Limit(limit))
	if err != nil {
		return nil, "", err
	}
	var marks []audience.PersonMark
	for _, d := range page.Items {
		if t, ok := at(d); ok && d.Email != "" && !t.Before(from) && t.Before(to) {
			marks = append(marks, audience.PersonMark{Person: d.person(), At: t})
		}
	}
	return marks, page.Next, nil
}
