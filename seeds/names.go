package seeds

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// nameBook is what invented people are made of, as names.yaml holds it.
type nameBook struct {
	Pools      map[string]namePool `yaml:"pools"`
	Avoid      []string            `yaml:"avoid"` // whole names in Latin letters, given name first
	Countries  []nameCountry       `yaml:"countries"`
	Categories []nameCategory      `yaml:"categories"`
	Needs      []nameNeed          `yaml:"needs"`
	Topics     []string            `yaml:"topics"`
}

// namePool holds names that go together.
type namePool struct {
	Script      string   `yaml:"script"`                 // ISO 15924
	Order       string   `yaml:"order,omitempty"`        // given-first (the default) or family-first
	Joined      bool     `yaml:"joined,omitempty"`       // no space between the names
	FamilyParts int      `yaml:"family_parts,omitempty"` // how many family names a person has; 1 by default
	Given       []string `yaml:"given"`                  // "Salma" or "سلمى / Salma"
	Family      []string `yaml:"family,omitempty"`       // none: the given name is the whole name
}

// nameCountry tells who comes from a country.
type nameCountry struct {
	Code      string   `yaml:"code"` // ISO 3166-1 alpha-2
	Name      string   `yaml:"name"`
	Region    Region   `yaml:"region"`
	Language  string   `yaml:"language"`
	Pools     []string `yaml:"pools"`
	Cities    []string `yaml:"cities"` // besides its members of the network
	Delegates int      `yaml:"delegates"`
	Speakers  int      `yaml:"speakers,omitempty"` // among the delegates
}

// nameCategory tells what people of a category are called.
type nameCategory struct {
	Category      Category `yaml:"category"`
	Delegates     int      `yaml:"delegates"`
	Speakers      int      `yaml:"speakers,omitempty"` // among the delegates
	Titles        []string `yaml:"titles"`
	Organisations []string `yaml:"organisations"` // with {country}, {city} or {government}
}

// nameNeed tells how common a need is.
type nameNeed struct {
	Need    string `yaml:"need"`
	Percent int    `yaml:"percent"`
}

// separator stands between a name and its Latin form.
const separator = " / "

func (p namePool) check() []problem {
	var found []problem
	if len(p.Script) != 4 {
		found = append(found, at("script", "%q is not a code like Latn (ISO 15924)", p.Script))
	}
	if p.Order != "" {
		found = append(found, prefixed("order", oneOf(p.Order, []string{"given-first", "family-first"}))...)
	}
	for key, names := range map[string][]string{"given": p.Given, "family": p.Family} {
		for i, name := range names {
			if strings.Contains(name, separator) == (p.Script == "Latn") {
				found = append(found, at(key+"."+strconv.Itoa(i), "%q: a name in another script than Latin, and no other, has a Latin form after it", name))
			}
		}
		found = append(found, unique(key, "", names, func(n string) string { return n })...)
	}
	return found
}

func (c nameCountry) check() []problem {
	found := checkCountry("code", c.Code)
	found = append(found, prefixed("language", oneOf(c.Language, []string{"en", "fr", "es"}))...)
	if c.Speakers > c.Delegates || c.Delegates < 1 {
		found = append(found, at("delegates", "%d delegates and %d speakers; the speakers are among the delegates", c.Delegates, c.Speakers))
	}
	if len(c.Cities) == 0 || len(c.Pools) == 0 {
		found = append(found, at("", "a country needs a pool of names and a city"))
	}
	return found
}

func (c nameCategory) check() []problem {
	if c.Speakers > c.Delegates || len(c.Titles) == 0 || len(c.Organisations) == 0 {
		return []problem{at("", "a category needs titles, organisations and at least as many delegates as speakers")}
	}
	return nil
}

func (b nameBook) check() []problem {
	var found []problem
	found = append(found, unique("countries", "code", b.Countries, func(c nameCountry) string { return c.Code })...)
	found = append(found, unique("categories", "category", b.Categories, func(c nameCategory) string { return string(c.Category) })...)
	for i, c := range b.Countries {
		for j, pool := range c.Pools {
			if _, known := b.Pools[pool]; !known {
				found = append(found, at("countries."+strconv.Itoa(i)+".pools."+strconv.Itoa(j), "there is no pool %q", pool))
			}
		}
	}
	delegates, speakers := 0, 0
	for _, c := range b.Countries {
		delegates, speakers = delegates+c.Delegates, speakers+c.Speakers
	}
	for _, c := range b.Categories {
		delegates, speakers = delegates-c.Delegates, speakers-c.Speakers
	}
	if delegates != 0 || speakers != 0 {
		found = append(found, at("categories", "the countries have %+d delegates and %+d speakers more than the categories", delegates, speakers))
	}
	return found
}

// prefixed puts the problems of one value under its key.
func prefixed(key string, problems []problem) []problem {
	for i, p := range problems {
		problems[i].path = join(key, p.path)
	}
	return problems
}

// readNames reads names.yaml.
func readNames(fsys fs.FS) (nameBook, error) {
	return decode[nameBook](fsys, "names.yaml")
}

// word is a name in its own script and in Latin letters.
type word struct{ native, latin string }

func parseWord(s string) word {
	native, latin, found := strings.Cut(s, separator)
	if !found {
		latin = native
	}
	return word{native, latin}
}

// wholeName is a name as its bearer writes it.
type wholeName struct {
	given, family word
	full          word
}

// compose puts a name together in the order and manner of the pool.
func (p namePool) compose(given, family word) wholeName {
	space := " "
	if p.Joined {
		space = ""
	}
	first, second := given, family
	if p.Order == "family-first" {
		first, second = family, given
	}
	return wholeName{given: given, family: family, full: word{
		native: strings.Trim(first.native+space+second.native, " "),
		latin:  strings.Trim(first.latin+" "+second.latin, " "),
	}}
}

// latinLetters are the letters that do not fall apart into an ASCII letter and
// a mark.
var latinLetters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ı", "i",
	"'", "", "’", "", "ʻ", "")

// mailName turns a Latin name into small ASCII letters and hyphens, fit for a
// mail address. It is empty for an empty name only.
func mailName(latin string) string {
	folded := norm.NFD.String(latinLetters.Replace(strings.ToLower(latin)))
	parts := strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) })
	for i, part := range parts {
		parts[i] = strings.Map(func(r rune) rune {
			if r < 'a' || r > 'z' {
				return -1
			}
			return r
		}, part)
	}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "-")
}
