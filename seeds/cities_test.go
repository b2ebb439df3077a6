package seeds

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// portraits reads the real cities and returns them by slug.
func portraits(t *testing.T) map[string]City {
	t.Helper()
	list, err := Cities(Files)
	if err != nil {
		t.Fatal(err)
	}
	bySlug := map[string]City{}
	for _, c := range list {
		bySlug[c.Slug] = c
	}
	return bySlug
}

func TestCitiesAreComplete(t *testing.T) {
	t.Parallel()
	list, err := Cities(Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 37 {
		t.Errorf("%d cities, want 37", len(list))
	}
	if !slices.IsSortedFunc(list, func(a, b City) int { return strings.Compare(a.Slug, b.Slug) }) {
		t.Error("the cities are not sorted")
	}
	got := map[Region]int{}
	var awarded []string
	for _, c := range list {
		got[c.Region]++
		if slices.Contains(c.Awards, 2015) {
			awarded = append(awarded, c.Slug)
		}
	}
	for region, want := range map[Region]int{
		Africa: 2, ArabStates: 1, AsiaPacific: 13, EuropeNorthAmerica: 13, LatinAmerica: 8,
	} {
		if got[region] != want {
			t.Errorf("%d cities in %s, want %d", got[region], region, want)
		}
	}
	want := []string{"amman", "bahir-dar", "beijing", "cork", "espoo", "mexico-city", "sorocaba", "swansea", "ybycui"}
	if !slices.Equal(awarded, want) {
		t.Errorf("awarded in 2015: %v, want %v", awarded, want)
	}
}

func TestCitiesKeepTheValuesOfTheirSource(t *testing.T) {
	t.Parallel()
	cities := portraits(t)
	figure := func(slug, key string) Figure {
		for k, f := range cities[slug].Figures.All() {
			if k == key {
				return f
			}
		}
		return Figure{}
	}
	for _, tc := range []struct {
		slug, key string
		value     float64
		year      int
	}{
		{"hangzhou", "population", 8890000, 2014},
		{"hangzhou", "schooling_years", 9.79, 2010},
		{"mexico-city", "population", 8851080, 2010},
		{"bahir-dar", "area_km2", 286.6, 0},
		{"dilijan", "gdp_country_usd", 3499.8, 2016},
		{"gwanak-gu", "schooling_years_men", 12.4, 2015},
		{"gwanak-gu", "schooling_years_women", 10.9, 2015},
		{"gwanak-gu", "schooling_years", 0, 0},
		{"kashan", "area_km2", 0, 0},
		{"goyang", "area_km2", 268.05, 2015},
		{"serres", "area_km2", 252973, 2011},
	} {
		if f := figure(tc.slug, tc.key); f.Value != tc.value || f.Year != tc.year {
			t.Errorf("%s %s = %v (%d), want %v (%d)", tc.slug, tc.key, f.Value, f.Year, tc.value, tc.year)
		}
	}
	if got := figure("goyang", "area_km2").Raw; got != "268,05" {
		t.Errorf("the area of Goyang is printed %q, want %q", got, "268,05")
	}
	if c := cities["sorocaba"]; c.Joined == nil || c.Joined.Value != "2016-08" {
		t.Errorf("Sorocaba joined %v, want 2016-08", c.Joined)
	}
	if got := cities["cork"].Awards; !slices.Equal(got, []int{2015, 2024}) {
		t.Errorf("Cork was awarded in %v, want 2015 and 2024", got)
	}
	if c := cities["kano-state"]; c.Kind != KindState || c.Mayor != nil || c.Voice == nil {
		t.Error("Kano State is no state with a voice instead of a mayor")
	}
	if got := cities["gwanak-gu"].Kind; got != KindDistrict {
		t.Errorf("Gwanak-gu is a %s, want a district", got)
	}
}

func TestCitiesNameTheirDoubts(t *testing.T) {
	t.Parallel()
	cities := portraits(t)
	for slug, keys := range map[string][]string{
		"cantarranas":          {"population", "area_km2", "gdp_country_usd", "schooling_years"},
		"serres":               {"area_km2", "schooling_years"},
		"sorocaba":             {"area_km2", "gdp_city_usd", "gdp_country_usd"},
		"cork":                 {"population", "area_km2", "gdp_country_usd"},
		"kano-state":           {"population", "area_km2"},
		"goyang":               {"area_km2"},
		"behbahan":             {"area_km2", "gdp_country_usd"},
		"kashan":               {"gdp_country_usd"},
		"modiin-maccabim-reut": {"gdp_country_usd"},
		"swansea":              {"population", "area_km2", "gdp_country_usd"},
		"philipsburg":          {"population", "area_km2"},
	} {
		doubted := map[string]bool{}
		for key, figure := range cities[slug].Figures.All() {
			doubted[key] = figure.Doubt != ""
		}
		for _, key := range keys {
			if !doubted[key] {
				t.Errorf("%s: %s is not doubted", slug, key)
			}
		}
	}
	for slug, word := range map[string]string{
		"eskisehir": "Bristol", "sorocaba": "August 2016", "philipsburg": "Sint Maarten", "cantarranas": "another",
	} {
		if !strings.Contains(strings.Join(cities[slug].Doubts, " "), word) {
			t.Errorf("%s: no doubt speaks of %q", slug, word)
		}
	}
}

func TestChallengesAreUsed(t *testing.T) {
	t.Parallel()
	list, err := Challenges(Files)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 25 || len(list) > 40 {
		t.Errorf("%d challenges, want 25 to 40", len(list))
	}
	used := map[string]bool{}
	for _, c := range portraits(t) {
		for _, tag := range c.Challenges {
			used[tag] = true
		}
	}
	for _, c := range list {
		if !used[c.Tag] {
			t.Errorf("no city names the challenge %q", c.Tag)
		}
	}
}

// forty is a text of forty words, the fewest that a vision may have.
var forty = strings.TrimSpace(strings.Repeat("word ", 40))

// sound is a portrait without a fault; the tests below break it.
var sound = `slug: cork
name: {en: Cork}
kind: city
country: IE
region: europe-north-america
joined: {value: "2015", source: book}
awards: [2015]
headline: {en: A short headline}
figures:
  population: {value: 289739, year: 2015, source: book}
  area_km2:
    value: 833
    year: 2015
    source: book
challenges:
  - health
  - ageing
vision: {en: ` + forty + `}
plan: {en: ` + forty + `}
mayor: {name: Ann, role: {en: Mayor}}
contact: {name: Ben, role: {en: Clerk}}
source: book
doubts: []
`

func files(city string) fstest.MapFS {
	return fstest.MapFS{
		"cities/cork.yaml": {Data: []byte(city)},
		"sources.yaml":     {Data: []byte("book: {title: A book}\n")},
		"challenges.yaml": {Data: []byte(`- tag: ageing
  label: {en: Ageing, fr: Vieillissement, es: Envejecimiento}
- tag: health
  label: {en: Health, fr: Santé, es: Salud}
`)},
	}
}

func TestCitiesAcceptASoundPortrait(t *testing.T) {
	t.Parallel()
	if _, err := Cities(files(sound)); err != nil {
		t.Error(err)
	}
}

func TestCitiesRefuse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown key": {"    value: 833", "    value: 833\n    unit: km", `13: figures.area_km2.unit: this key is not known; known here: doubt, raw, source, value, year`},
		"doubled key": {"country: IE", "country: IE\ncountry: IE", `5: the key "country" stands here again; it was given on line 4`},
		"missing key": {"source: book\ndoubts", "doubts", `1: source: this key is missing`},
		"wrong type":  {"    year: 2015", `    year: "2015"`, `13: figures.area_km2.year: expected a whole number, found the text "2015"`},
		"bad year":    {"    year: 2015", "    year: 2051", `13: figures.area_km2.year: 2051 lies outside 1990 to 2016`},
		"no value":    {"    value: 833", "    value: 0", `12: figures.area_km2.value: 0 is not above zero`},
		"bad country": {"country: IE", "country: UK", `4: country: "UK" is not a two-letter country code (ISO 3166-1)`},
		"bad region":  {"region: europe-north-america", "region: europe", `5: region: "europe" is none of africa, arab-states, asia-pacific, europe-north-america, latin-america-caribbean`},
		"bad kind":    {"kind: city", "kind: town", `3: kind: "town" is none of city, state, district, municipality, consortium`},
		"bad slug":    {"slug: cork", "slug: Cork", "1: slug: \"Cork\" is not made of small letters and single hyphens\ncities/cork.yaml:1: slug: \"Cork\" should be \"cork\", as the file is named"},
		"bad date":    {`value: "2015"`, `value: "8/2015"`, `6: joined.value: "8/2015" is no date like 2016, 2016-08 or 2016-08-31`},
		"bad award":   {"awards: [2015]", "awards: [2016]", `7: awards: no Learning City Award was given in 2016`},
		"long head":   {"A short headline", "A b c d e f g h i j k l m", `8: headline.en: 13 words; it should be 1 to 12`},
		"few words":   {"plan: {en: word ", "plan: {en: ", `19: plan.en: 39 words; it should be 40 to 80`},
		"many words":  {"plan: {en: word ", "plan: {en: " + forty + " word word ", `19: plan.en: 81 words; it should be 40 to 80`},
		"no English":  {"name: {en: Cork}", "name: {ga: Corcaigh}", `2: name: the English text (en) is missing`},
		"bad tag":     {"name: {en: Cork}", "name: {en: Cork, irish: Corcaigh}", `2: name.irish: "irish" is not a language tag`},
		"unknown tag": {"- ageing", "- aging", `17: challenges.1: "aging" is not a tag of challenges.yaml`},
		"tag twice":   {"- ageing", "- health", `17: challenges.1: "health" is listed twice`},
		"no source":   {"    source: book", "    source: hearsay", `14: figures.area_km2.source: "hearsay" is not a source of sources.yaml`},
		"two voices":  {"source: book\ndoubts", "voice: {name: Cat, role: {en: Governor}}\nsource: book\ndoubts", `22: voice: a portrait with a mayor needs no other voice`},
		"address":     {"name: Ben", "name: ben@cork.ie", `21: contact.name: a text may hold no "@": addresses of real people have no place in the seeds`},
		"several":     {"slug: cork\nname: {en: Cork}", "slug: cork\nname: Cork\nsize: big", "2: name: expected keys with values, found the text \"Cork\"\ncities/cork.yaml:3: size: this key is not known; known here: awards, challenges, contact, country, doubts, figures, headline, joined, kind, mayor, name, plan, region, slug, source, vision, voice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := strings.Replace(sound, tc.old, tc.new, 1)
			if broken == sound {
				t.Fatalf("the portrait holds no %q", tc.old)
			}
			_, err := Cities(files(broken))
			if err == nil {
				t.Fatal("Cities accepted the portrait")
			}
			if got, want := err.Error(), "cities/cork.yaml:"+tc.want; got != want {
				t.Errorf("Cities said\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestChallengesRefuse(t *testing.T) {
	t.Parallel()
	_, err := Challenges(fstest.MapFS{"challenges.yaml": {Data: []byte(`- tag: health
  label: {en: Health, fr: Santé, es: Salud}
- tag: ageing
  label: {en: Ageing, fr: Vieillissement}
`)}})
	want := `challenges.yaml:3: 1.tag: "ageing" must not follow "health"; the list is sorted
challenges.yaml:4: 1.label: the label has no "es"`
	if err == nil || err.Error() != want {
		t.Errorf("Challenges said\n%v\nwant\n%s", err, want)
	}
}
