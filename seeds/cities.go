package seeds

import (
	"errors"
	"io/fs"
	"iter"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// City is the portrait of one member of the network.
type City struct {
	Slug       string   `yaml:"slug"` // also the name of its file
	Name       Text     `yaml:"name"`
	Kind       Kind     `yaml:"kind"`
	Country    string   `yaml:"country"` // ISO 3166-1 alpha-2
	Region     Region   `yaml:"region"`
	Joined     *Dated   `yaml:"joined,omitempty"` // when it joined the network
	Awards     []int    `yaml:"awards,omitempty"` // years of its UNESCO Learning City Awards
	Headline   Text     `yaml:"headline"`
	Figures    Figures  `yaml:"figures"`
	Challenges []string `yaml:"challenges"` // tags, see Challenges
	Vision     Text     `yaml:"vision"`
	Plan       Text     `yaml:"plan"`
	Mayor      *Person  `yaml:"mayor,omitempty"`
	Voice      *Person  `yaml:"voice,omitempty"` // who speaks for a portrait that names no mayor
	Contact    Person   `yaml:"contact"`
	Source     string   `yaml:"source"` // id, see Sources
	Doubts     []string `yaml:"doubts"` // about the portrait as a whole
}

// Kind tells what a member is; not every one is a city.
type Kind string

// The kinds of members.
const (
	KindCity         Kind = "city"
	KindState        Kind = "state"
	KindDistrict     Kind = "district"
	KindMunicipality Kind = "municipality"
	KindConsortium   Kind = "consortium"
)

var kinds = []Kind{KindCity, KindState, KindDistrict, KindMunicipality, KindConsortium}

func (k Kind) check() []problem { return oneOf(k, kinds) }

// Region is one of the five regions in which UNESCO groups its members.
type Region string

// The regions.
const (
	Africa             Region = "africa"
	ArabStates         Region = "arab-states"
	AsiaPacific        Region = "asia-pacific"
	EuropeNorthAmerica Region = "europe-north-america"
	LatinAmerica       Region = "latin-america-caribbean"
)

var regions = []Region{Africa, ArabStates, AsiaPacific, EuropeNorthAmerica, LatinAmerica}

func (r Region) check() []problem { return oneOf(r, regions) }

// oneOf demands a value of a closed list.
func oneOf[T ~string](value T, list []T) []problem {
	if slices.Contains(list, value) {
		return nil
	}
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = string(v)
	}
	return []problem{at("", "%q is none of %s", value, strings.Join(names, ", "))}
}

// Dated is a date as exact as its source gives it: a year, a month or a day.
type Dated struct {
	Value  string `yaml:"value"` // 2016, 2016-08 or 2016-08-31
	Source string `yaml:"source"`
}

func (d Dated) check() []problem {
	for _, layout := range []string{"2006", "2006-01", time.DateOnly} {
		if _, err := time.Parse(layout, d.Value); err == nil {
			return nil
		}
	}
	return []problem{at("value", "%q is no date like 2016, 2016-08 or 2016-08-31", d.Value)}
}

// Person is someone named in a portrait. Portraits hold no addresses.
type Person struct {
	Name string `yaml:"name"`
	Role Text   `yaml:"role"`
}

// Figures are the numbers of a portrait; those that its source lacks are nil.
type Figures struct {
	Population          *Figure `yaml:"population,omitempty"`
	AreaKM2             *Figure `yaml:"area_km2,omitempty"`
	GDPCityUSD          *Figure `yaml:"gdp_city_usd,omitempty"` // per head
	GDPCountryUSD       *Figure `yaml:"gdp_country_usd,omitempty"`
	SchoolingYears      *Figure `yaml:"schooling_years,omitempty"` // mean, of adults
	SchoolingYearsMen   *Figure `yaml:"schooling_years_men,omitempty"`
	SchoolingYearsWomen *Figure `yaml:"schooling_years_women,omitempty"`
}

// All yields the figures that are known, under the keys they have in the files.
func (f Figures) All() iter.Seq2[string, Figure] {
	return func(yield func(string, Figure) bool) {
		for _, entry := range []struct {
			key    string
			figure *Figure
		}{
			{"population", f.Population},
			{"area_km2", f.AreaKM2},
			{"gdp_city_usd", f.GDPCityUSD},
			{"gdp_country_usd", f.GDPCountryUSD},
			{"schooling_years", f.SchoolingYears},
			{"schooling_years_men", f.SchoolingYearsMen},
			{"schooling_years_women", f.SchoolingYearsWomen},
		} {
			if entry.figure != nil && !yield(entry.key, *entry.figure) {
				return
			}
		}
	}
}

// Figure is a number as its source prints it, right or wrong.
type Figure struct {
	Value  float64 `yaml:"value"`
	Year   int     `yaml:"year,omitempty"`  // 0 where the source gives none
	Raw    string  `yaml:"raw,omitempty"`   // as printed, where that matters
	Doubt  string  `yaml:"doubt,omitempty"` // why it looks wrong, in one sentence
	Source string  `yaml:"source"`
}

// The years that a figure of the portraits of 2016 may speak of.
const firstYear, lastYear = 1990, 2016

func (f Figure) check() []problem {
	var found []problem
	if f.Value <= 0 {
		found = append(found, at("value", "%v is not above zero", f.Value))
	}
	if f.Year != 0 && (f.Year < firstYear || f.Year > lastYear) {
		found = append(found, at("year", "%d lies outside %d to %d", f.Year, firstYear, lastYear))
	}
	return found
}

// Bounds of the texts, in words, so that portraits stand well side by side.
const (
	maxHeadline          = 12
	minProse, maxProse   = 40, 80
	maxChallengesOfACity = 10
)

var (
	slugForm   = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	awardYears = []int{2015, 2017, 2019, 2021, 2024}
)

func (c City) check() []problem {
	var found []problem
	if !slugForm.MatchString(c.Slug) {
		found = append(found, at("slug", "%q is not made of small letters and single hyphens", c.Slug))
	}
	if r, err := language.ParseRegion(c.Country); err != nil || !r.IsCountry() || r.Canonicalize().String() != c.Country {
		found = append(found, at("country", "%q is not a two-letter country code (ISO 3166-1)", c.Country))
	}
	for _, year := range c.Awards {
		if !slices.Contains(awardYears, year) {
			found = append(found, at("awards", "no Learning City Award was given in %d", year))
		}
	}
	if c.Mayor != nil && c.Voice != nil {
		found = append(found, at("voice", "a portrait with a mayor needs no other voice"))
	}
	found = append(found, wordsBetween("headline", c.Headline, 1, maxHeadline)...)
	found = append(found, wordsBetween("vision", c.Vision, minProse, maxProse)...)
	found = append(found, wordsBetween("plan", c.Plan, minProse, maxProse)...)
	if n := len(c.Challenges); n < 1 || n > maxChallengesOfACity {
		found = append(found, at("challenges", "%d challenges; a portrait names 1 to %d", n, maxChallengesOfACity))
	}
	return found
}

// wordsBetween demands that a text has at least least and at most most words in
// each of its languages.
func wordsBetween(key string, t Text, least, most int) []problem {
	var found []problem
	for tag := range t {
		if n := t.words(tag); n < least || n > most {
			found = append(found, at(key+"."+tag, "%d words; it should be %d to %d", n, least, most))
		}
	}
	return found
}

// sources lists the ids of the sources a portrait names, by their paths.
func (c City) sources() map[string]string {
	ids := map[string]string{"source": c.Source}
	if c.Joined != nil {
		ids["joined.source"] = c.Joined.Source
	}
	for key, figure := range c.Figures.All() {
		ids["figures."+key+".source"] = figure.Source
	}
	return ids
}

// Cities reads the portraits under cities/, sorted by slug and so by name, but
// without accents. An error joins the faults of all files; no cities are
// returned then.
func Cities(fsys fs.FS) ([]City, error) {
	challenges, err := Challenges(fsys)
	if err != nil {
		return nil, err
	}
	sources, err := Sources(fsys)
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(fsys, "cities/*.yaml")
	if err != nil {
		return nil, err
	}
	cities := make([]City, len(names))
	errs := make([]error, len(names))
	for i, name := range names {
		cities[i], errs[i] = decode(fsys, name, references(name, challenges, sources))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return cities, nil
}

// references makes the check of what a portrait says of other files: its own
// name, its tags and its sources.
func references(name string, challenges []Challenge, sources map[string]Source) func(City) []problem {
	return func(c City) []problem {
		var found []problem
		if want := strings.TrimSuffix(path.Base(name), ".yaml"); c.Slug != want {
			found = append(found, at("slug", "%q should be %q, as the file is named", c.Slug, want))
		}
		for i, tag := range c.Challenges {
			key := "challenges." + strconv.Itoa(i)
			if !slices.ContainsFunc(challenges, func(known Challenge) bool { return known.Tag == tag }) {
				found = append(found, at(key, "%q is not a tag of challenges.yaml", tag))
			}
			if slices.Contains(c.Challenges[:i], tag) {
				found = append(found, at(key, "%q is listed twice", tag))
			}
		}
		for key, id := range c.sources() {
			if _, known := sources[id]; !known {
				found = append(found, at(key, "%q is not a source of sources.yaml", id))
			}
		}
		return found
	}
}

// Challenge is one tag of the vocabulary in which cities name what they want to
// master, so that cities with the same challenge find each other.
type Challenge struct {
	Tag   string `yaml:"tag"`
	Label Text   `yaml:"label"` // English, French and Spanish
}

func (c Challenge) check() []problem {
	var found []problem
	if !slugForm.MatchString(c.Tag) {
		found = append(found, at("tag", "%q is not made of small letters and single hyphens", c.Tag))
	}
	for _, tag := range []string{"fr", "es"} {
		if c.Label[tag] == "" {
			found = append(found, at("label", "the label has no %q", tag))
		}
	}
	return found
}

// Challenges reads the vocabulary from challenges.yaml, sorted by tag.
func Challenges(fsys fs.FS) ([]Challenge, error) {
	return decode(fsys, "challenges.yaml", func(list []Challenge) []problem {
		var found []problem
		for i, c := range list {
			if i > 0 && c.Tag <= list[i-1].Tag {
				found = append(found, at(strconv.Itoa(i)+".tag", "%q must not follow %q; the list is sorted", c.Tag, list[i-1].Tag))
			}
		}
		return found
	})
}
