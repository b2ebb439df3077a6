package seed

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/statement"
	"convene/internal/store"
	"convene/seeds"
)

const (
	// RehearsalSlug is the slug of the rehearsal.
	RehearsalSlug = "rehearsal"

	// RehearsalAhead is how many days ahead a demonstration's rehearsal begins.
	RehearsalAhead = 21

	// rehearsalOf is the event whose structure the rehearsal takes.
	rehearsalOf = "iclc-2015"

	// registered is how many days before the seeding the first invented
	// delegates registered: ten weeks.
	registered = 70

	rehearsalStatement = "rehearsal-statement"
)

// Rehearsal makes a copy of the second conference that begins so many days from
// today, by the calendar of its place, and fills it with invented people: 650
// delegates with badges, 64 of them speakers, whose addresses reach nobody. Without
// a Past no letter is written. It needs what Network brings in.
//
// A rehearsal that is there stays as it is, but for one that a run cut short
// left unfinished: that is finished. The speakers and the statement come last, in
// one transaction, so that their presence tells the one from the other.
func (s *Service) Rehearsal(ctx context.Context, ahead int) (event.Event, Summary, error) {
	var sum Summary
	e, err := s.Events.Find(ctx, RehearsalSlug)
	switch {
	case problem.KindOf(err) == problem.NotFound:
		if e, err = s.cloneRehearsal(ctx, ahead, &sum); err != nil {
			return e, sum, fmt.Errorf("seed: rehearsal: %w", err)
		}
	case err != nil:
		return e, sum, err
	default:
		sum.Events.There = 1
		finished, err := s.finished(ctx, e)
		if err != nil || finished {
			return e, sum, err
		}
	}
	if err := s.fill(ctx, e, &sum); err != nil {
		return e, sum, fmt.Errorf("seed: rehearsal: %w", err)
	}
	e, err = s.Events.Find(ctx, RehearsalSlug)
	return e, sum, err
}

// finished tells whether nothing is left to do: the event has its statement, or
// it is one that the staff made under the same name.
func (s *Service) finished(ctx context.Context, e event.Event) (bool, error) {
	if !e.Rehearsal || e.ClonedFrom == "" {
		return true, nil
	}
	statements, err := s.Statements.Of(ctx, e.ID)
	return len(statements) > 0, err
}

func (s *Service) cloneRehearsal(ctx context.Context, ahead int, sum *Summary) (event.Event, error) {
	from, err := s.Events.Find(ctx, rehearsalOf)
	if err != nil {
		return from, err
	}
	now := s.Clock()
	made, err := s.Programme.Clone(ctx, from, programme.Copy{
		Slug: RehearsalSlug, Acronym: "rehearsal",
		Starts: now.In(from.Location()).AddDate(0, 0, ahead).Format(time.DateOnly),
		Change: func(e *event.Event) { dressRehearsal(e, now) },
	})
	if store.IsDuplicate(err, "slug") { // another instance was faster
		sum.Events.There = 1
		return s.Events.Find(ctx, RehearsalSlug)
	}
	if err != nil {
		return made, err
	}
	sum.Events.Added = 1
	sessions, err := s.Programme.Sessions(ctx, made.ID)
	sum.Sessions.Added = len(sessions)
	return made, err
}

// dressRehearsal sets what the rehearsal does not take from the conference.
// There are gates at the entrances alone: a badge admits once a day, wherever it
// is scanned first.
func dressRehearsal(e *event.Event, now time.Time) {
	e.Rehearsal = true
	e.Title = i18n.Text{
		"en": "Rehearsal of the 2nd International Conference on Learning Cities",
		"fr": "Répétition de la 2e Conférence internationale sur les villes apprenantes",
		"es": "Ensayo de la 2.ª Conferencia Internacional sobre Ciudades del Aprendizaje",
	}
	e.Number = 0
	e.Admission = event.Daily
	e.Gates = []event.Gate{{ID: "main", Name: "Main entrance"}, {ID: "side", Name: "Side entrance"}}
	local := now.In(e.Location())
	e.Registration = event.Registration{
		Enabled: true,
		Opens:   time.Date(local.Year(), local.Month(), local.Day()-registered, 0, 0, 0, 0, e.Location()).UTC(),
		Closes:  e.FirstDay().UTC(),

		Delegation: rehearsedQuota,
	}
}

func (s *Service) fill(ctx context.Context, e event.Event, sum *Summary) error {
	people := seeds.Rehearsal(seeds.DefaultSeed)
	if err := s.addDelegates(ctx, e, people.Delegates, sum); err != nil {
		return err
	}
	if err := s.furnish(ctx, e, people.Delegates); err != nil {
		return err
	}
	if err := s.relive(ctx, e, sum); err != nil {
		return err
	}
	parts, err := s.knownParts(ctx)
	if err != nil {
		return err
	}
	sessions, err := s.Programme.Sessions(ctx, e.ID)
	if err != nil {
		return err
	}
	members := setOf(people.Delegates, func(d seeds.Delegate) string { return d.City })
	delete(members, "")
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if err := s.cast(ctx, tx, e, sessions, people); err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(members)) {
			if err := s.Cities.Join(ctx, tx, e.ID, id); err != nil {
				return err
			}
		}
		if _, err := s.Statements.Save(ctx, tx, rehearsedStatement(e, s.Clock(), parts)); err != nil {
			return err
		}
		return s.Events.Touch(ctx, tx, e.ID)
	})
	if err != nil {
		return err
	}
	sum.Speakers.Added, sum.Participations.Added, sum.Statements.Added = len(people.Speakers), len(members), 1
	return nil
}

// registration is an invented delegate and when they registered.
type registration struct {
	seeds.Delegate
	at time.Time
}

// addDelegates registers those who are not registered yet. When each one does
// depends on nothing but the clock.
func (s *Service) addDelegates(ctx context.Context, e event.Event, people []seeds.Delegate, sum *Summary) error {
	there := map[string]bool{}
	err := s.Delegates.Each(ctx, e.ID, delegate.Filter{}, func(d delegate.Delegate) error {
		there[d.EmailKey] = true
		return nil
	})
	if err != nil {
		return err
	}
	list := registrations(people, s.Clock())
	added, err := add(ctx, s.DB, list,
		func(r registration) bool { return there[r.Email] },
		func(tx *store.Tx, r registration) error {
			_, err := s.Delegates.Add(ctx, tx, e, typed(r.Delegate), r.at)
			return err
		})
	sum.Delegates = countOf(list, added)
	return err
}

// registrations spreads people over the ten weeks before now, more of them
// towards the end, as it happens.
func registrations(people []seeds.Delegate, now time.Time) []registration {
	rng := rand.New(rand.NewPCG(seeds.DefaultSeed, uint64(len(people))))
	list := make([]registration, len(people))
	for i, d := range people {
		before := registered * (1 - math.Sqrt(rng.Float64())) // in days
		list[i] = registration{d, now.Add(-time.Duration(before * float64(24*time.Hour)))}
	}
	slices.SortStableFunc(list, func(a, b registration) int { return a.at.Compare(b.at) })
	return list
}

// typed is what an invented delegate would have typed.
func typed(d seeds.Delegate) delegate.Form {
	return delegate.Form{
		Name: d.FullName, LatinName: latin(d), Organisation: d.Organisation, JobTitle: d.JobTitle,
		City: d.City, Country: d.Country, Category: string(d.Category), Email: d.Email, Language: d.Language,
		Needs: strings.Join(d.Needs, "; "),
	}
}

// latin is a name in Latin letters where it is not written in them.
func latin(d seeds.Delegate) string {
	if d.LatinName == d.FullName {
		return ""
	}
	return d.LatinName
}

// cast puts the speakers on the roster and gives them their parts. A session
// that the staff have taken out of the conference, and so out of its copy, is
// left out.
func (s *Service) cast(ctx context.Context, tx *store.Tx, e event.Event, sessions []programme.Session, people seeds.People) error {
	ids := map[string]string{} // by address, which no two have in common
	slugs := slugger{}
	for _, who := range people.Speakers {
		p, err := s.Programme.SavePerson(ctx, tx, programme.Person{
			Event: e.ID, Slug: slugs.slug(who.LatinName), Name: who.FullName, LatinName: latin(who.Delegate),
			JobTitle: who.JobTitle, Organisation: who.Organisation, Country: who.Country,
			Category: string(who.Category), Biography: text(who.Bio), Email: who.Email, Language: who.Language,
		})
		if err != nil {
			return err
		}
		ids[who.Email] = p.ID
	}
	for _, session := range sessions {
		roles := slices.Clone(session.Roles)
		for _, part := range people.Cast(session.Slug) {
			roles = append(roles, programme.Role{Person: ids[part.Speaker.Email], Duty: programme.Duty(part.Role)})
		}
		if len(roles) == len(session.Roles) {
			continue
		}
		session.Roles = roles
		if _, err := s.Programme.SaveSession(ctx, tx, e, session); err != nil {
			return err
		}
	}
	return nil
}

// knownParts is the structure of the statement that the rehearsed conference
// adopted: something to practise with whose parts a source gives.
func (s *Service) knownParts(ctx context.Context) ([]event.Part, error) {
	from, err := s.Events.Find(ctx, rehearsalOf)
	if err != nil {
		return nil, err
	}
	for _, d := range from.Documents {
		if d.Kind == string(seeds.KindStatement) {
			return d.Structure, nil
		}
	}
	return nil, nil
}

func rehearsedStatement(e event.Event, now time.Time, parts []event.Part) statement.Statement {
	return statement.Statement{
		Event: e.ID, Slug: rehearsalStatement, Kind: string(seeds.KindStatement),
		Title: i18n.Text{"en": "Rehearsal statement", "fr": "Déclaration de la répétition", "es": "Declaración de ensayo"},
		State: statement.Drafting,
		History: []statement.Step{
			{State: statement.Mandated, At: e.Registration.Opens},
			{State: statement.Drafting, At: now.UTC().Truncate(time.Millisecond)},
		},
		Parts: parts,
	}
}
