package seeds

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
)

// DefaultSeed is the seed of the people that a demonstration shows.
const DefaultSeed uint64 = 2015

// rehearsalEvent is the event whose size and sessions invented people fill.
const rehearsalEvent = "iclc-2015"

// People are the invented delegates and speakers of a rehearsal.
type People struct {
	Delegates []Delegate
	Speakers  []Speaker
}

// Delegate is an invented person. No one of the kind exists; the address is
// under example.org, which reaches nobody.
type Delegate struct {
	GivenName    string // in the person's script
	FamilyName   string // empty for those who have one name only
	FullName     string // as the person writes it, in that order
	LatinName    string // the same in Latin letters
	Script       string // of FullName, ISO 15924
	Country      string // ISO 3166-1 alpha-2
	City         string // slug of a portrait, empty when the person's city has none
	CityName     string // empty for those who do not come from a city
	Organisation string
	JobTitle     string
	Category     Category
	Email        string // unique, ASCII
	Language     string // en, fr or es
	Needs        []string
}

// Category tells in which capacity a person takes part.
type Category string

// The categories.
const (
	CategoryMinister           Category = "minister"
	CategoryMayor              Category = "mayor"
	CategoryCityExecutive      Category = "city-executive"
	CategoryNationalGovernment Category = "national-government"
	CategoryUNAgency           Category = "un-agency"
	CategoryInternational      Category = "international-organisation"
	CategoryNGO                Category = "ngo"
	CategoryPrivateSector      Category = "private-sector"
	CategoryAcademia           Category = "academia"
	CategoryYouth              Category = "youth"
	CategoryMedia              Category = "media"
	CategoryHostCityStaff      Category = "host-city-staff"
	CategoryObserver           Category = "observer"
)

func (c Category) check() []problem {
	return oneOf(c, []Category{CategoryMinister, CategoryMayor, CategoryCityExecutive, CategoryNationalGovernment,
		CategoryUNAgency, CategoryInternational, CategoryNGO, CategoryPrivateSector, CategoryAcademia,
		CategoryYouth, CategoryMedia, CategoryHostCityStaff, CategoryObserver})
}

// Speaker is one of the delegates, with what they do in the programme.
type Speaker struct {
	Delegate    // the same as in People.Delegates; Email tells which
	Bio         Text
	Assignments []Assignment // never two at the same time
}

// Assignment is a part in a session.
type Assignment struct {
	Session string // slug in the programme of iclc-2015
	Role    Role
}

// Rehearsal invents the people of a conference of the size of the second one:
// 650 delegates from 95 countries, among them 64 speakers from 36. The same seed
// always makes the same people. It panics when the files of this build are
// broken, which the tests of this package rule out.
func Rehearsal(seed uint64) People {
	people, err := RehearsalFrom(Files, seed)
	if err != nil {
		panic("seeds: no rehearsal can be made of the embedded files: " + err.Error())
	}
	return people
}

// RehearsalFrom is Rehearsal with the files of fsys.
func RehearsalFrom(fsys fs.FS, seed uint64) (People, error) {
	_, drafts, err := rehearse(fsys, seed)
	if err != nil {
		return People{}, err
	}
	return collect(drafts), nil
}

// Wanted asks for somebody to be invented beside the people of a rehearsal.
type Wanted struct {
	Category Category
	Country  string // ISO 3166-1 alpha-2, one of a rehearsal's; empty: any of them
}

// Others invents people beside those that Rehearsal makes of the seed, one for each
// that is wanted, in that order; nobody has the address of another. The same seed and
// wishes always make the same people. It panics when a country is none of a
// rehearsal's, and as Rehearsal does.
func Others(seed uint64, wanted []Wanted) []Delegate {
	c, drafts, err := rehearse(Files, seed)
	if err != nil {
		panic("seeds: nobody can be made of the embedded files: " + err.Error())
	}
	others := make([]Delegate, len(wanted))
	for i, w := range wanted {
		country := c.country(w.Country, drafts)
		d := &draft{Delegate: Delegate{Country: country.Code, Language: country.Language, Category: w.Category}, country: country}
		c.dress(d, len(drafts)+i+1)
		others[i] = d.Delegate
	}
	return others
}

// country finds one of the name book's, or draws one: those that send many the most
// often.
func (c *casting) country(code string, drafts []*draft) *nameCountry {
	if code == "" {
		return pick(c.rng, drafts).country
	}
	i := slices.IndexFunc(c.book.Countries, func(n nameCountry) bool { return n.Code == code })
	return &c.book.Countries[i]
}

// rehearse makes the drafts of a rehearsal's people, and the casting to go on with.
func rehearse(fsys fs.FS, seed uint64) (*casting, []*draft, error) {
	c := &casting{
		rng:    rand.New(rand.NewPCG(seed, seed)),
		taken:  map[string]bool{},
		mayors: map[string]bool{},
	}
	if err := c.read(fsys); err != nil {
		return nil, nil, err
	}
	drafts := c.invite()
	c.appoint(drafts)
	c.rng.Shuffle(len(drafts), func(i, j int) { drafts[i], drafts[j] = drafts[j], drafts[i] })
	for i, d := range drafts {
		c.dress(d, i+1)
	}
	return c, drafts, c.place(drafts)
}

// casting carries what is needed to invent one set of people.
type casting struct {
	rng       *rand.Rand
	book      nameBook
	event     Event
	programme Programme
	cities    []City
	taken     map[string]bool // full names that are given or to be avoided
	mayors    map[string]bool // cities that have their mayor
}

// draft is a person in the making.
type draft struct {
	Delegate
	country     *nameCountry
	speaker     bool
	bio         Text
	assignments []Assignment
}

func (c *casting) read(fsys fs.FS) error {
	book, errNames := readNames(fsys)
	cities, errCities := Cities(fsys)
	events, errEvents := Events(fsys)
	programmes, errProgrammes := Programmes(fsys)
	if err := errors.Join(errNames, errCities, errEvents, errProgrammes); err != nil {
		return err
	}
	var found bool
	if c.event, found = find(events, func(e Event) bool { return e.Slug == rehearsalEvent }); !found {
		return fmt.Errorf("there is no event %q to rehearse", rehearsalEvent)
	}
	if c.programme, found = find(programmes, func(p Programme) bool { return p.Event == rehearsalEvent }); !found {
		return fmt.Errorf("the event %q has no programme to rehearse", rehearsalEvent)
	}
	c.book, c.cities = book, cities
	c.reserve()
	return nil
}

// reserve keeps the names of well-known people, and of those who are named in
// the seeds, from being given to anybody.
func (c *casting) reserve() {
	for _, name := range c.book.Avoid {
		c.taken[name] = true
	}
	for _, city := range c.cities {
		c.taken[city.Contact.Name] = true
		for _, p := range []*Person{city.Mayor, city.Voice} {
			if p != nil {
				c.taken[p.Name] = true
			}
		}
	}
	for _, p := range c.programme.People {
		c.taken[p.Name] = true
	}
	for _, s := range c.programme.Sessions {
		for _, p := range s.People {
			c.taken[p.Name] = true
		}
	}
}

// invite makes a draft for every seat of every country, speakers first.
func (c *casting) invite() []*draft {
	var drafts []*draft
	for i := range c.book.Countries {
		country := &c.book.Countries[i]
		for n := range country.Delegates {
			drafts = append(drafts, &draft{
				Delegate: Delegate{Country: country.Code, Language: country.Language},
				country:  country,
				speaker:  n < country.Speakers,
			})
		}
	}
	return drafts
}

// appoint gives every draft a category, in the numbers of the name book.
func (c *casting) appoint(drafts []*draft) {
	var speakers, others []*draft
	for _, d := range drafts {
		if d.speaker {
			speakers = append(speakers, d)
		} else {
			others = append(others, d)
		}
	}
	seen := map[string]bool{}
	c.deal(speakers, func(n nameCategory) int { return n.Speakers }, seen)
	c.deal(others, func(n nameCategory) int { return n.Delegates - n.Speakers }, seen)
}

// deal gives out so many of each category. Host city staff come from the host
// country; no country sends two ministers or two youth delegates while there is
// another that has sent none, which seen remembers.
func (c *casting) deal(drafts []*draft, count func(nameCategory) int, seen map[string]bool) {
	c.rng.Shuffle(len(drafts), func(i, j int) { drafts[i], drafts[j] = drafts[j], drafts[i] })
	give := func(category Category, may func(*draft) bool) bool {
		d, ok := find(drafts, func(d *draft) bool { return d.Category == "" && may(d) })
		if ok {
			d.Category = category
			seen[string(category)+" "+d.Country] = true
		}
		return ok
	}
	home := func(d *draft) bool { return d.Country == c.event.Country }
	anyone := func(*draft) bool { return true }
	// Those with conditions choose first.
	for _, n := range c.book.Categories {
		fresh := func(d *draft) bool { return !seen[string(n.Category)+" "+d.Country] }
		for i := range count(n) {
			switch {
			case n.Category == CategoryHostCityStaff:
				give(n.Category, home)
			case n.Category == CategoryMayor && i == 0:
				give(n.Category, home) // somebody must host
			case n.Category == CategoryMinister, n.Category == CategoryYouth:
				give(n.Category, fresh)
			}
		}
	}
	for _, n := range c.book.Categories {
		already := 0
		for _, d := range drafts {
			if d.Category == n.Category {
				already++
			}
		}
		for range count(n) - already {
			give(n.Category, anyone)
		}
	}
}

// dress gives a draft everything but its part in the programme. The number
// makes its address unique.
func (c *casting) dress(d *draft, number int) {
	pool := c.book.Pools[pick(c.rng, d.country.Pools)]
	name := c.name(pool)
	d.GivenName, d.FamilyName = name.given.native, name.family.native
	d.FullName, d.LatinName, d.Script = name.full.native, name.full.latin, pool.Script
	d.Email = address(name, number)
	c.employ(d)
	d.Needs = c.needs()
}

// name draws a name that nobody bears yet.
func (c *casting) name(pool namePool) wholeName {
	for range 1000 {
		given := parseWord(pick(c.rng, pool.Given))
		family := c.family(pool)
		n := pool.compose(given, family)
		if key := given.latin + " " + family.latin; !c.taken[key] {
			c.taken[key] = true
			return n
		}
	}
	// A pool may be smaller than the demand; namesakes do exist.
	return pool.compose(parseWord(pick(c.rng, pool.Given)), c.family(pool))
}

// family draws the family names of one person, no name twice.
func (c *casting) family(pool namePool) word {
	if len(pool.Family) == 0 {
		return word{}
	}
	var native, latin []string
	for _, i := range c.rng.Perm(len(pool.Family))[:max(1, pool.FamilyParts)] {
		w := parseWord(pool.Family[i])
		native, latin = append(native, w.native), append(latin, w.latin)
	}
	return word{strings.Join(native, " "), strings.Join(latin, " ")}
}

// address makes a mail address that reaches nobody (RFC 2606).
func address(name wholeName, number int) string {
	parts := []string{mailName(name.given.latin)}
	if family := mailName(name.family.latin); family != "" {
		parts = append(parts, family)
	}
	return fmt.Sprintf("%s.%d@example.org", strings.Join(parts, "."), number)
}

// employ gives a draft an organisation, a city where that has one, and a title.
func (c *casting) employ(d *draft) {
	category, _ := find(c.book.Categories, func(n nameCategory) bool { return n.Category == d.Category })
	organisation := pick(c.rng, category.Organisations)
	government := ""
	if strings.Contains(organisation, "{city}") || strings.Contains(organisation, "{government}") {
		government = c.settle(d)
	}
	d.Organisation = strings.NewReplacer("{country}", d.country.Name, "{city}", d.CityName, "{government}", government).
		Replace(organisation)
	d.JobTitle = pick(c.rng, category.Titles)
	if d.Category == CategoryMayor {
		d.JobTitle = c.mayorTitle(d.CityName)
	}
}

// mayorTitle is Mayor once for each city.
func (c *casting) mayorTitle(city string) string {
	if c.mayors[city] {
		return "Deputy Mayor"
	}
	c.mayors[city] = true
	return "Mayor"
}

// settle chooses the city of a draft and returns the name of its government.
// People of city governments come from members of the network where their
// country has any; of other people one in three does.
func (c *casting) settle(d *draft) string {
	if d.Category == CategoryHostCityStaff {
		host, ok := find(c.cities, func(m City) bool { return m.Country == d.Country && m.Name["en"] == c.event.City })
		if ok {
			return d.represent(host)
		}
	}
	members := slices.DeleteFunc(slices.Clone(c.cities), func(m City) bool {
		// A state has no mayor.
		return m.Country != d.Country || m.Kind == KindState && d.Category == CategoryMayor
	})
	governs := d.Category == CategoryMayor || d.Category == CategoryCityExecutive
	if len(members) > 0 && (governs || c.rng.IntN(3) == 0) {
		return d.represent(pick(c.rng, members))
	}
	d.CityName = pick(c.rng, d.country.Cities)
	return "City of " + d.CityName
}

// represent makes a draft come from a member of the network and returns the name
// of its government.
func (d *draft) represent(m City) string {
	d.City, d.CityName = m.Slug, m.Name["en"]
	if m.Kind != KindCity || strings.HasSuffix(d.CityName, " City") {
		return "Government of " + d.CityName
	}
	return "City of " + d.CityName
}

// needs draws what a person asks for; most ask for nothing.
func (c *casting) needs() []string {
	var needs []string
	for _, n := range c.book.Needs {
		if c.rng.IntN(100) < n.Percent {
			needs = append(needs, n.Need)
		}
	}
	return needs
}

// collect turns finished drafts into people.
func collect(drafts []*draft) People {
	var people People
	for _, d := range drafts {
		people.Delegates = append(people.Delegates, d.Delegate)
		if d.speaker {
			people.Speakers = append(people.Speakers, Speaker{Delegate: d.Delegate, Bio: d.bio, Assignments: d.assignments})
		}
	}
	return people
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
