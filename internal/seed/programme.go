package seed

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/programme"
	"convene/seeds"
)

// roster gathers the people of a programme, each once, in the order in which
// they are named: by the sessions first, then those of no certain session.
func (f facts) roster(p seeds.Programme) []programme.Person {
	var list []programme.Person
	known := map[string]bool{}
	slugs := slugger{}
	put := func(person programme.Person) {
		if known[person.Name] {
			return
		}
		known[person.Name] = true
		person.Slug = slugs.slug(person.Name)
		list = append(list, person)
	}
	for _, s := range p.Sessions {
		for _, who := range s.People {
			put(programme.Person{
				Name: who.Name, Organisation: who.Affiliation, Country: who.Country, Source: f.source(s.Source),
			})
		}
	}
	for _, who := range p.People {
		put(programme.Person{
			Name: who.Name, JobTitle: who.Position["en"], Organisation: who.Affiliation, Country: who.Country,
			Source: f.source(who.Source), Note: who.Note,
		})
	}
	return list
}

// session makes the record of a session; ids tells the roster's ids by name.
func (f facts) session(e event.Event, s seeds.Session, ids map[string]string) (programme.Session, error) {
	starts, err := instant(e, s.Day, s.Start)
	if err != nil {
		return programme.Session{}, fmt.Errorf("seed: session %s of %s: %w", s.Slug, e.Slug, err)
	}
	made := programme.Session{
		Event: e.ID, Slug: s.Slug, Kind: programme.Kind(s.Kind), Title: text(s.Title), Description: text(s.Description),
		Region: string(s.Region), Start: starts, Minutes: s.Minutes, Room: s.Room,
		Assumed: s.Assumed, Source: f.source(s.Source),
	}
	if s.KeyQuestion != "" {
		made.KeyQuestion = i18n.English(s.KeyQuestion)
	}
	for _, who := range s.People {
		made.Roles = append(made.Roles, programme.Role{
			Person: ids[who.Name], Duty: programme.Duty(who.Role), Assumed: who.RoleAssumed,
		})
	}
	return made, nil
}

// instant returns when the clocks of the event's place show hh:mm on its nth day.
func instant(e event.Event, day int, clock string) (time.Time, error) {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return time.Time{}, err
	}
	first := e.FirstDay()
	return time.Date(first.Year(), first.Month(), first.Day()+day-1, t.Hour(), t.Minute(), 0, 0, e.Location()).UTC(), nil
}

// slugger makes the slugs of an event's people and remembers them, for no two
// may be the same.
type slugger map[string]bool

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes the slug of a name in Latin letters.
func (taken slugger) slug(name string) string {
	words := i18n.Tokens(name)
	for i, word := range words {
		words[i] = notInSlug.ReplaceAllString(word, "")
	}
	base := strings.Trim(notInSlug.ReplaceAllString(strings.Join(words, "-"), "-"), "-")
	if base == "" {
		base = "speaker"
	}
	slug := base
	for n := 2; taken[slug]; n++ {
		slug = base + "-" + strconv.Itoa(n)
	}
	taken[slug] = true
	return slug
}
