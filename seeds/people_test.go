package seeds

import (
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestRehearsalHasTheSizeOf2015(t *testing.T) {
	t.Parallel()
	people := Rehearsal(DefaultSeed)
	countries, speakerCountries := map[string]bool{}, map[string]bool{}
	categories, members := map[Category]int{}, 0
	for _, d := range people.Delegates {
		countries[d.Country] = true
		categories[d.Category]++
		if d.City != "" {
			members++
		}
	}
	for _, s := range people.Speakers {
		speakerCountries[s.Country] = true
	}
	e := event(t, "iclc-2015")
	for key, got := range map[string]int{
		"participants":      len(people.Delegates),
		"countries":         len(countries),
		"speakers":          len(people.Speakers),
		"speaker_countries": len(speakerCountries),
		"youth_delegates":   categories[CategoryYouth],
	} {
		if want, _ := e.Figure(key); got != want.Value {
			t.Errorf("%s: %d, want %d", key, got, want.Value)
		}
	}
	if len(categories) != 13 {
		t.Errorf("%d categories, want 13", len(categories))
	}
	if members < 130 || members > 170 {
		t.Errorf("%d people from cities with a portrait, want about 150", members)
	}
}

func TestRehearsalIsDeterministic(t *testing.T) {
	t.Parallel()
	if !reflect.DeepEqual(Rehearsal(7), Rehearsal(7)) {
		t.Error("the same seed made other people")
	}
	if reflect.DeepEqual(Rehearsal(7), Rehearsal(8)) {
		t.Error("another seed made the same people")
	}
}

var inventedAddress = regexp.MustCompile(`^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?\.[1-9][0-9]*@example\.org$`)

func TestRehearsalReachesNobody(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{0, 1, DefaultSeed} {
		seen := map[string]bool{}
		for _, d := range Rehearsal(seed).Delegates {
			if !inventedAddress.MatchString(d.Email) {
				t.Errorf("%s: address %q", d.FullName, d.Email)
			}
			if seen[d.Email] {
				t.Errorf("%s: address %q is given twice", d.FullName, d.Email)
			}
			seen[d.Email] = true
		}
	}
}

func TestOthersAreNobodyOfTheRehearsal(t *testing.T) {
	t.Parallel()
	wanted := []Wanted{{Category: CategoryMayor, Country: "ET"}}
	for range 150 {
		wanted = append(wanted, Wanted{Category: CategoryObserver})
	}
	others := Others(DefaultSeed, wanted)
	if len(others) != len(wanted) || others[0].Country != "ET" || others[0].Category != CategoryMayor || others[1].Category != CategoryObserver {
		t.Fatalf("%d others, the first one %+v", len(others), others[0])
	}
	if !reflect.DeepEqual(others, Others(DefaultSeed, wanted)) {
		t.Error("the same wishes made other people")
	}
	seen := map[string]bool{}
	countries := map[string]bool{}
	for _, d := range slices.Concat(Rehearsal(DefaultSeed).Delegates, others) {
		if seen[d.Email] || seen[d.LatinName] {
			t.Errorf("%s is there twice", d.LatinName)
		}
		seen[d.Email], seen[d.LatinName] = true, true
	}
	for _, d := range others {
		if !inventedAddress.MatchString(d.Email) || d.Organisation == "" || d.JobTitle == "" || d.Language == "" {
			t.Errorf("%+v is not whole", d)
		}
		countries[d.Country] = true
	}
	if len(countries) < 30 {
		t.Errorf("the others come from %d countries only", len(countries))
	}
}

// tables maps the scripts of the names to Unicode's tables.
var tables = map[string][]*unicode.RangeTable{
	"Latn": {unicode.Latin}, "Arab": {unicode.Arabic}, "Hebr": {unicode.Hebrew}, "Hans": {unicode.Han},
	"Jpan": {unicode.Han, unicode.Hiragana, unicode.Katakana}, "Kore": {unicode.Hangul},
	"Deva": {unicode.Devanagari}, "Beng": {unicode.Bengali}, "Sinh": {unicode.Sinhala}, "Thai": {unicode.Thai},
	"Khmr": {unicode.Khmer}, "Ethi": {unicode.Ethiopic}, "Armn": {unicode.Armenian}, "Geor": {unicode.Georgian},
	"Grek": {unicode.Greek}, "Cyrl": {unicode.Cyrillic},
}

func inScript(name string, script []*unicode.RangeTable) bool {
	for _, r := range name {
		if unicode.IsLetter(r) && !unicode.IsOneOf(script, r) && r != 'ʻ' {
			return false
		}
	}
	return name != ""
}

func TestRehearsalWritesManyScripts(t *testing.T) {
	t.Parallel()
	scripts := map[string]bool{}
	for _, d := range Rehearsal(DefaultSeed).Delegates {
		scripts[d.Script] = true
		if !inScript(d.FullName, tables[d.Script]) {
			t.Errorf("%q is not in %s", d.FullName, d.Script)
		}
		if !inScript(d.LatinName, tables["Latn"]) {
			t.Errorf("%q is not in Latin letters", d.LatinName)
		}
		if d.GivenName == "" || !strings.Contains(d.FullName, d.GivenName) || !strings.Contains(d.FullName, d.FamilyName) {
			t.Errorf("%q is not made of %q and %q", d.FullName, d.GivenName, d.FamilyName)
		}
	}
	if len(scripts) < 10 {
		t.Errorf("%d scripts, want at least 10", len(scripts))
	}
}

func TestRehearsalPeopleAreWhole(t *testing.T) {
	t.Parallel()
	cities := portraits(t)
	mayors := map[string]bool{}
	for _, d := range Rehearsal(DefaultSeed).Delegates {
		if d.Organisation == "" || strings.ContainsAny(d.Organisation, "{}") || d.JobTitle == "" {
			t.Errorf("%s: %q, %q", d.LatinName, d.JobTitle, d.Organisation)
		}
		if city, known := cities[d.City]; d.City != "" && (!known || city.Country != d.Country || city.Name["en"] != d.CityName) {
			t.Errorf("%s from %s comes from %q (%s)", d.LatinName, d.Country, d.City, d.CityName)
		}
		if d.Category == CategoryHostCityStaff && d.City != "mexico-city" {
			t.Errorf("%s of the host city's staff comes from %q", d.LatinName, d.City)
		}
		if d.JobTitle == "Mayor" && mayors[d.CityName] {
			t.Errorf("%s has two mayors", d.CityName)
		}
		if d.JobTitle == "Mayor" {
			mayors[d.CityName] = true
		}
	}
}

func TestRehearsalNamesNoRealPerson(t *testing.T) {
	t.Parallel()
	real := map[string]bool{}
	for _, c := range must(t, Cities) {
		real[c.Contact.Name] = true
		for _, p := range []*Person{c.Mayor, c.Voice} {
			if p != nil {
				real[p.Name] = true
			}
		}
	}
	for _, p := range programme(t, "iclc-2015").People {
		real[p.Name] = true
	}
	for seed := range uint64(5) {
		for _, d := range Rehearsal(seed).Delegates {
			if real[d.FullName] || real[d.LatinName] {
				t.Errorf("seed %d: %s is a real person", seed, d.LatinName)
			}
		}
	}
}

func TestRehearsalCastsEverySession(t *testing.T) {
	t.Parallel()
	p := programme(t, "iclc-2015")
	for seed := range uint64(10) {
		people := Rehearsal(seed)
		for _, s := range p.Content() {
			roles := map[Role]int{}
			for _, c := range people.Cast(s.Slug) {
				roles[c.Role]++
			}
			if roles[RoleModerator] < 1 || roles[RoleRapporteur] < 1 || roles[RoleSpeaker]+roles[RolePanellist] < 2 {
				t.Errorf("seed %d: %s has the roles %v", seed, s.Slug, roles)
			}
			if s.Kind == KindMayorsForum && roles[RoleHost] != 1 {
				t.Errorf("seed %d: the mayors' forum has %d hosts", seed, roles[RoleHost])
			}
		}
		for _, s := range people.Speakers {
			checkAssignments(t, p, s)
		}
	}
}

// checkAssignments demands parts in known sessions, none at the same time.
func checkAssignments(t *testing.T, p Programme, s Speaker) {
	t.Helper()
	if len(s.Assignments) == 0 || s.Bio["en"] == "" {
		t.Errorf("%s has no part or no bio", s.LatinName)
	}
	var before []Session
	for _, a := range s.Assignments {
		session, known := p.Session(a.Session)
		if !known {
			t.Errorf("%s: there is no session %q", s.LatinName, a.Session)
		}
		for _, other := range before {
			if session.Overlaps(other) {
				t.Errorf("%s is in %s and %s at once", s.LatinName, session.Slug, other.Slug)
			}
		}
		before = append(before, session)
	}
}

func TestSpeakersAreDelegates(t *testing.T) {
	t.Parallel()
	people := Rehearsal(DefaultSeed)
	byEmail := map[string]Delegate{}
	for _, d := range people.Delegates {
		byEmail[d.Email] = d
	}
	for _, s := range people.Speakers {
		if !reflect.DeepEqual(byEmail[s.Email], s.Delegate) {
			t.Errorf("%s is not among the delegates", s.LatinName)
		}
	}
}

func TestMailNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"María José":  "maria-jose",
		"O'Mahony":    "omahony",
		"in 't Veld":  "in-t-veld",
		"Weißhaupt":   "weisshaupt",
		"Łukasz":      "lukasz",
		"Nguyễn":      "nguyen",
		"Đặng":        "dang",
		"Cœurdacier":  "coeurdacier",
		"Işıksoluğu":  "isiksolugu",
		"Yoʻldosheva": "yoldosheva",
		"Ogunlẹyẹ":    "ogunleye",
		"":            "",
	} {
		if got := mailName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestFaultsOfTheNameBook(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, text, want string }{
		"pool":       {"pools: [amharic]", "pools: [klingon]", `there is no pool "klingon"`},
		"no Latin":   {"[יעל / Yael", "[יעל", "has a Latin form after it"},
		"name twice": {"[Matti, Aino", "[Aino, Aino", `"Aino" is listed twice`},
		"category":   {"category: observer", "category: spy", `"spy" is none of`},
		"sum":        {"delegates: 48", "delegates: 47", "+1 delegates"},
		"country":    {"code: FJ", "code: FI", `"FI" is listed twice`},
		"language":   {"language: fr", "language: de", `"de" is none of en, fr, es`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, _ := edited(t, "names.yaml", test.old, test.text)
			_, err := RehearsalFrom(files, DefaultSeed)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "names.yaml:") {
				t.Errorf("got %v, want %q in names.yaml", err, test.want)
			}
		})
	}
}

func TestRehearsalFromNothing(t *testing.T) {
	t.Parallel()
	empty, err := fs.Sub(Files, "nowhere")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := RehearsalFrom(empty, DefaultSeed); err == nil {
		t.Error("people were made of nothing")
	}
}
