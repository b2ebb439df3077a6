package seeds

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// must returns a function that unwraps what a reader of this package returns.
func must[T any](t *testing.T, read func(fs.FS) (T, error)) T {
	t.Helper()
	value, err := read(Files)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// event returns the real event of a slug.
func event(t *testing.T, slug string) Event {
	t.Helper()
	e, ok := find(must(t, Events), func(e Event) bool { return e.Slug == slug })
	if !ok {
		t.Fatalf("there is no event %q", slug)
	}
	return e
}

func TestEventsHoldEveryEdition(t *testing.T) {
	t.Parallel()
	var conferences []string
	for _, e := range must(t, Events) {
		if e.Series == SeriesICLC {
			conferences = append(conferences, fmt.Sprintf("%d %s %s%s %s", e.Number, e.Acronym, e.Start, e.Month, e.Country))
		}
		for _, tag := range []string{"en", "fr", "es"} {
			if e.Title[tag] == "" || e.Theme[tag] == "" {
				t.Errorf("%s: title or theme has no %q", e.Slug, tag)
			}
		}
	}
	want := []string{
		"1 iclc2013 2013-10-21 CN",
		"2 iclc2015 2015-09-28 MX",
		"3 iclc2017 2017-09-18 IE",
		"4 iclc2019 2019-10-01 CO",
		"5 iclc2021 2021-10-27 KR",
		"6 iclc2024 2024-12-03 SA",
		"7 iclc2027 2027-06 ",
	}
	if !slices.Equal(conferences, want) {
		t.Errorf("got  %q\nwant %q", conferences, want)
	}
}

func TestEventOf2015(t *testing.T) {
	t.Parallel()
	e := event(t, "iclc-2015")
	if e.Rescheduled == nil || e.Rescheduled.FromStart != "2015-05-07" || e.Rescheduled.FromEnd != "2015-05-09" {
		t.Errorf("rescheduled: %+v, want from 7 to 9 May 2015", e.Rescheduled)
	}
	if e.Days() != 3 {
		t.Errorf("%d days, want 3", e.Days())
	}
	for key, want := range map[string]Count{
		"participants":        {Value: 650, AtLeast: true},
		"countries":           {Value: 95},
		"speakers":            {Value: 64},
		"speaker_countries":   {Value: 36},
		"media_contributions": {Value: 80},
		"social_posts":        {Value: 1400, AtLeast: true},
		"youth_delegates":     {Value: 20},
	} {
		got, ok := e.Figure(key)
		if !ok || got.Value != want.Value || got.AtLeast != want.AtLeast || got.Certainty != Certain {
			t.Errorf("%s: got %+v, want %d, at least: %v, certain", key, got, want.Value, want.AtLeast)
		}
	}
}

func TestStatementsOf2015KeepTheirStructure(t *testing.T) {
	t.Parallel()
	e := event(t, "iclc-2015")
	statement, _ := e.Document("mexico-city-statement")
	points, _ := find(statement.Structure, func(p DocumentPart) bool { return p.Part == "action-points" })
	if points.Count != 8 {
		t.Errorf("%d action points, want 8", points.Count)
	}
	youth, _ := e.Document("youth-statement")
	var got []string
	for _, p := range youth.Structure {
		got = append(got, fmt.Sprintf("%d %s: %s", p.Count, p.Part, p.Addressee["en"]))
	}
	want := []string{
		"3 recognitions: ",
		"3 calls-for-action: UNESCO",
		"3 encouragements: local and national governments",
		"3 commitments: ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDisputesAreKept(t *testing.T) {
	t.Parallel()
	if d := event(t, "iclc-2024").Disputed; len(d) == 0 || d[0].Field != "start" || d[0].Value != "2024-12-02" {
		t.Errorf("Jubail: %+v, want the host's first day", d)
	}
	for slug, want := range map[string][]int{"iclc-2017": {600, 650}, "iclc-2021": {1000, 2000}} {
		participants, _ := event(t, slug).Figure("participants")
		var got []int
		for _, d := range participants.Disputed {
			got = append(got, d.Value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: disputed by %v, want %v", slug, got, want)
		}
	}
}

// programme returns the real programme of an event.
func programme(t *testing.T, slug string) Programme {
	t.Helper()
	p, ok := find(must(t, Programmes), func(p Programme) bool { return p.Event == slug })
	if !ok {
		t.Fatalf("there is no programme of %q", slug)
	}
	return p
}

func TestProgrammeOf2015(t *testing.T) {
	t.Parallel()
	p := programme(t, "iclc-2015")
	got := map[SessionKind]int{}
	for _, s := range p.Content() {
		got[s.Kind]++
		if s.Source == "" || !s.Assumed {
			t.Errorf("%s: that the session was held has a source, and its time is assumed", s.Slug)
		}
	}
	for kind, want := range map[SessionKind]int{
		KindPlenary: 3, KindMayorsForum: 1, KindThematicForum: 3, KindRegionalForum: 5,
	} {
		if got[kind] != want {
			t.Errorf("%d sessions of kind %s, want %d", got[kind], kind, want)
		}
	}
	if n := len(p.Content()); n != 12 {
		t.Errorf("%d sessions with a subject, want 12", n)
	}
	if n := len(p.AnnouncedThemes.Themes); n != 4 {
		t.Errorf("%d announced themes, want 4", n)
	}
	for _, kind := range []SessionKind{KindThematicForum, KindRegionalForum} {
		forums := slices.DeleteFunc(p.Content(), func(s Session) bool { return s.Kind != kind })
		for _, s := range forums[1:] {
			if !s.Overlaps(forums[0]) {
				t.Errorf("%s is not parallel to %s", s.Slug, forums[0].Slug)
			}
		}
	}
}

func TestAwardsAgreeWithThePortraits(t *testing.T) {
	t.Parallel()
	awards := must(t, Awards)
	got := map[int]int{}
	holders := map[string][]int{}
	for _, a := range awards {
		got[a.Year] = len(a.Awardees)
		for _, c := range a.Awardees {
			holders[c.City+" "+c.Country] = append(holders[c.City+" "+c.Country], a.Year)
		}
	}
	for year, want := range map[int]int{2015: 12, 2017: 16, 2019: 10, 2021: 10, 2024: 10} {
		if got[year] != want {
			t.Errorf("%d awardees in %d, want %d", got[year], year, want)
		}
	}
	for _, c := range must(t, Cities) {
		if years := holders[c.Name["en"]+" "+c.Country]; !slices.Equal(years, c.Awards) {
			t.Errorf("%s: awarded in %v, the portrait says %v", c.Slug, years, c.Awards)
		}
	}
}

func TestKeyFeatures(t *testing.T) {
	t.Parallel()
	list := must(t, KeyFeatures)
	if len(list.Parts) != 3 || len(list.Areas()) != 12 || list.Count != 42 {
		t.Errorf("%d parts, %d areas, %d features, want 3, 12, 42", len(list.Parts), len(list.Areas()), list.Count)
	}
	for _, a := range list.Areas() {
		if a.Title["fr"] == "" || a.Title["es"] == "" {
			t.Errorf("%s: French or Spanish is missing", a.Slug)
		}
	}
}

func TestMembership(t *testing.T) {
	t.Parallel()
	list := must(t, Membership)
	first, last := list[0], list[len(list)-1]
	if first.Cities != 115 || first.Countries != 28 {
		t.Errorf("first: %+v, want 115 cities in 28 countries", first)
	}
	if last.Date != "2025-12-04" || last.Cities != 425 || last.Countries != 91 {
		t.Errorf("last: %+v, want 425 cities in 91 countries on 4 December 2025", last)
	}
}

func TestSessionsOverlap(t *testing.T) {
	t.Parallel()
	at := func(day int, start string, minutes int) Session {
		return Session{Day: day, Start: start, Minutes: minutes}
	}
	for _, test := range []struct {
		a, b Session
		want bool
	}{
		{at(1, "09:00", 90), at(1, "10:30", 30), false},
		{at(1, "09:00", 91), at(1, "10:30", 30), true},
		{at(1, "09:00", 90), at(1, "09:30", 10), true},
		{at(1, "09:00", 90), at(2, "09:00", 90), false},
	} {
		if test.a.Overlaps(test.b) != test.want || test.b.Overlaps(test.a) != test.want {
			t.Errorf("%+v and %+v: overlap should be %v", test.a, test.b, test.want)
		}
	}
}

func TestContrastWithWhite(t *testing.T) {
	t.Parallel()
	for colour, want := range map[string]string{"#000000": "21.00", "#ffffff": "1.00", "#767676": "4.54", "#0000ff": "8.59"} {
		if got := fmt.Sprintf("%.2f", contrastWithWhite(colour)); got != want {
			t.Errorf("%s: %s, want %s", colour, got, want)
		}
	}
}

// edited returns the seed files with one piece of text replaced in one of them,
// and the line on which the new text begins.
func edited(t *testing.T, file, old, text string) (fs.FS, int) {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(Files, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(files[file].Data), old)
	if !found {
		t.Fatalf("%s does not hold %q", file, old)
	}
	files[file].Data = []byte(before + text + after)
	return files, strings.Count(before, "\n") + 1
}

func TestFaultsOfEventsAndProgrammes(t *testing.T) {
	t.Parallel()
	discard := func(_ any, err error) error { return err }
	events := func(f fs.FS) error { return discard(Events(f)) }
	programmes := func(f fs.FS) error { return discard(Programmes(f)) }
	awards := func(f fs.FS) error { return discard(Awards(f)) }
	features := func(f fs.FS) error { return discard(KeyFeatures(f)) }
	membership := func(f fs.FS) error { return discard(Membership(f)) }
	const event, sessions = "events/iclc-2015.yaml", "programme/iclc-2015.yaml"
	for name, test := range map[string]struct {
		read      func(fs.FS) error
		file      string
		old, text string
		want      string
	}{
		"unknown key":      {events, event, "theme:", "topic:", "topic: this key is not known"},
		"series":           {events, event, "series: iclc", "series: summit", `series: "summit" is none of`},
		"slug":             {events, event, "slug: iclc-2015", "slug: iclc-2016", `should be "iclc-2015", as the file is named`},
		"acronym":          {events, event, "acronym: iclc2015", "acronym: ICLC-2015", "acronym"},
		"impossible day":   {events, event, `end: "2015-09-30"`, `end: "2015-09-31"`, `"2015-09-31" is no day`},
		"days reversed":    {events, event, `end: "2015-09-30"`, `end: "2015-09-27"`, "2015-09-27 is before 2015-09-28"},
		"month when held":  {events, event, "time_zone: ", "month: \"2015-09\"\ntime_zone: ", "a month is for a planned event"},
		"time zone":        {events, event, "time_zone: America/Mexico_City", "time_zone: America/Mexico", "IANA"},
		"country":          {events, event, "country: MX", "country: XX", `"XX" is not a two-letter country code`},
		"language":         {events, event, "languages: [en, es, fr]", "languages: [en, es, francais]", `"francais" is not a language tag`},
		"pale accent":      {events, event, `accent: "#00695c"`, `accent: "#66ccbb"`, "contrast of 1.9"},
		"no colour":        {events, event, `accent: "#00695c"`, `accent: "teal"`, "is no colour"},
		"unknown source":   {events, event, "source: pascal-rescheduling", "source: hearsay", `"hearsay" is not a source`},
		"figure twice":     {events, event, "- {key: speakers,", "- {key: countries, value: 1, source: uil-iclc2, certainty: press}\n  - {key: speakers,", `"countries" is listed twice`},
		"certainty":        {events, event, "certainty: certain", "certainty: sure", `"sure" is none of`},
		"missing source":   {events, event, "  venue: {source: uil-iclc2, certainty: certain}\n", "", `the source of "venue" is missing`},
		"superfluous":      {events, event, "  venue: {source", "  weather: {assumed: true}\n  venue: {source", `no fact "weather"`},
		"document kind":    {events, event, "kind: book", "kind: film", `"film" is none of`},
		"no certainty":     {events, event, "venue: {source: uil-iclc2, certainty: certain}", "venue: {source: uil-iclc2}", "a fact with a source needs its certainty"},
		"no day adopted":   {events, event, "adopted: \"2015-09-30\"\n    adopted_assumed: true", "adopted_assumed: true", "no day of adoption to assume"},
		"nobody came":      {events, event, "value: 64,", "value: 0,", "0 is not above zero"},
		"bound and guess":  {events, event, "value: 64,", "value: 64, at_least: true, approximate: true,", "not both"},
		"figure key":       {events, event, "key: social_posts", "key: social-posts", "single underscores"},
		"edition":          {events, event, "number: 2", "number: 0", "editions are counted from 1"},
		"disputed field":   {events, "events/iclc-2024.yaml", "field: start", "field: beginning", `no key "beginning"`},
		"month":            {events, "events/iclc-2027.yaml", `month: "2027-06"`, `month: "June 2027"`, "is no month"},
		"break in a room":  {programmes, sessions, "start: \"10:30\", minutes: 30,", "start: \"10:30\", minutes: 30, room: room-1,", "a break has none"},
		"region of all":    {programmes, sessions, "announced_themes: [around-the-world]", "region: africa", "a regional forum has a region"},
		"length":           {programmes, sessions, "minutes: 120", "minutes: 0", "a session has 1 to 480"},
		"break disturbed":  {programmes, sessions, `start: "10:30", minutes: 30`, `start: "10:20", minutes: 30`, "a break and a session are at the same time"},
		"room of nobody":   {programmes, sessions, "capacity: 750", "capacity: 0", "0 is not above zero"},
		"hours reversed":   {programmes, sessions, `to: "17:00"`, `to: "07:00"`, "07:00 is not after 09:00"},
		"state":            {programmes, sessions, "state: translated", "state: lost", `"lost" is none of`},
		"room":             {programmes, sessions, "room: room-1", "room: attic", `there is no room "attic"`},
		"room taken":       {programmes, sessions, "room: room-2", "room: room-1", `"thematic-citizenship" is in room "room-1" at the same time`},
		"person taken":     {programmes, sessions, "name: Gabriel Chalita,", "name: Ana Puhac,", `Ana Puhac is in "thematic-citizenship" at the same time`},
		"clock":            {programmes, sessions, `start: "09:00"`, `start: "9:00"`, `"9:00" is no time`},
		"after hours":      {programmes, sessions, "start: \"14:00\"\n    minutes: 60", "start: \"16:30\"\n    minutes: 60", "leaves the hours 09:00 to 17:00"},
		"day":              {programmes, sessions, "day: 3", "day: 4", "the event has no day 4"},
		"region":           {programmes, sessions, "region: africa", "region: antarctica", `"antarctica" is none of`},
		"session twice":    {programmes, sessions, "slug: plenary-2", "slug: plenary-1", `"plenary-1" is listed twice`},
		"role":             {programmes, sessions, "role: speaker", "role: star", `"star" is none of`},
		"theme":            {programmes, sessions, "announced_themes: [around-the-world]", "announced_themes: [space]", `no theme "space" was announced`},
		"document":         {programmes, sessions, "document: youth-statement", "document: poem", `no outcome document "poem"`},
		"address":          {programmes, sessions, "name: Arne Carlsen", "name: someone@unesco.org", "addresses of real people"},
		"award country":    {awards, "awards.yaml", "country: PT", "country: PO", `"PO" is not a two-letter country code`},
		"award event":      {awards, "awards.yaml", "event: iclc-2017", "event: iclc-2016", `no event "iclc-2016"`},
		"area twice":       {features, "key-features.yaml", "slug: quality", "slug: workplace", `"workplace" is listed twice`},
		"membership date":  {membership, "membership.yaml", `date: "2020-03"`, `date: "March 2020"`, "is no date like"},
		"number certainty": {membership, "membership.yaml", "source: uil-77-new-members, ", "", "a number without a source is unverified"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, line := edited(t, test.file, test.old, test.text)
			err := test.read(files)
			if err == nil {
				t.Fatal("the fault was not found")
			}
			got := err.Error()
			if !strings.Contains(got, test.want) || !strings.Contains(got, test.file+":") {
				t.Errorf("got %q, want %q in %s", got, test.want, test.file)
			}
			// A key that is gone is missed in the mapping that held it.
			if test.text != "" && !strings.Contains(got, fmt.Sprintf("%s:%d: ", test.file, line)) {
				t.Errorf("got %q, want a fault on line %d", got, line)
			}
		})
	}
}

func TestAllFaultsComeAtOnce(t *testing.T) {
	t.Parallel()
	files, line := edited(t, "events/iclc-2017.yaml", "time_zone: Europe/Dublin\ncity: Cork\ncountry: IE",
		"time_zone: Europe/Cork\ncity: Cork\ncountry: EI")
	_, err := Events(files)
	if err == nil {
		t.Fatal("no fault was found")
	}
	for _, want := range []int{line, line + 2} {
		if !strings.Contains(err.Error(), fmt.Sprintf("events/iclc-2017.yaml:%d: ", want)) {
			t.Errorf("got %q, want a fault on line %d", err, want)
		}
	}
}

func TestEventTimesAreReal(t *testing.T) {
	t.Parallel()
	for _, e := range must(t, Events) {
		if e.Status == StatusPlanned {
			continue
		}
		zone, err := time.LoadLocation(e.TimeZone)
		if err != nil {
			t.Errorf("%s: %v", e.Slug, err)
			continue
		}
		if _, err := time.ParseInLocation(time.DateOnly, e.Start, zone); err != nil {
			t.Errorf("%s: %v", e.Slug, err)
		}
	}
}
