package seed_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"convene/internal/city"
	"convene/internal/event"
	"convene/internal/fact"
	"convene/internal/i18n"
	"convene/internal/programme"
	"convene/internal/seed"
	"convene/internal/statement"
	"convene/internal/store"
)

func TestNetworkBringsEverythingOnce(t *testing.T) {
	t.Parallel()
	want := seed.Summary{
		Events: seed.Count{Added: 8}, Sessions: seed.Count{Added: 29}, Speakers: seed.Count{Added: 20},
		Statements: seed.Count{Added: 3}, Challenges: seed.Count{Added: 39}, Cities: seed.Count{Added: 37},
		Participations: seed.Count{Added: 37 + 21}, Awards: seed.Count{Added: 5}, Milestones: seed.Count{Added: 9},
		Features: seed.Count{Added: 12},
	}
	if sum := furnished.network; sum != want {
		t.Errorf("the first run says:\n%+v, want\n%+v", sum, want)
	}

	h := furnished.house
	before := h.export(t)
	again := h.bringNetwork(t)
	if again.Added() != 0 || again.Events.There != 8 || again.Cities.There != 37 || again.Features.There != 12 {
		t.Errorf("the second run says %s", again)
	}
	if !bytes.Equal(before, h.export(t)) {
		t.Error("the second run changed the database")
	}
}

func TestNetworkLeavesTheStaffsChangesAlone(t *testing.T) {
	t.Parallel()
	h := open(t, today)
	h.bringNetwork(t)
	ctx := t.Context()
	cork, err := h.Cities.Get(ctx, "cork")
	if err != nil {
		t.Fatal(err)
	}
	conference := h.find(t, "iclc-2017")
	err = h.DB.Update(ctx, func(tx *store.Tx) error {
		cork.Headline = i18n.English("Changed by the staff")
		conference.Venue = "Another hall"
		if _, err := h.Events.Save(ctx, tx, conference); err != nil {
			return err
		}
		if err := h.Cities.SaveAward(ctx, tx, city.Award{Year: 2017}); err != nil {
			return err
		}
		return h.Cities.Save(ctx, tx, cork)
	})
	if err != nil {
		t.Fatal(err)
	}
	before := h.export(t)
	h.bringNetwork(t)
	if !bytes.Equal(before, h.export(t)) {
		t.Error("seeding again changed what the staff had changed")
	}
}

// An event that the staff gave the rehearsal's name is theirs.
func TestRehearsalLeavesTheStaffsEventAlone(t *testing.T) {
	t.Parallel()
	h := open(t, today)
	h.bringNetwork(t)
	_, err := h.Programme.Clone(t.Context(), h.find(t, "iclc-2017"), programme.Copy{
		Slug: "rehearsal", Acronym: "our_own", Starts: "2026-12-01",
	})
	if err != nil {
		t.Fatal(err)
	}
	before := h.export(t)
	if _, sum := h.bringRehearsal(t); sum.Added() != 0 || !bytes.Equal(before, h.export(t)) {
		t.Errorf("the staff's event was filled: %s", sum)
	}
}

func TestEditions(t *testing.T) {
	t.Parallel()
	h := furnished.house
	for _, want := range []struct {
		slug, starts, ends, city, country, zone string
		number                                  int
	}{
		{"iclc-2013", "2013-10-21", "2013-10-23", "Beijing", "CN", "Asia/Shanghai", 1},
		{"iclc-2015", "2015-09-28", "2015-09-30", "Mexico City", "MX", "America/Mexico_City", 2},
		{"members-meeting-2016", "2016-11-15", "2016-11-16", "Hangzhou", "CN", "Asia/Shanghai", 1},
		{"iclc-2017", "2017-09-18", "2017-09-20", "Cork", "IE", "Europe/Dublin", 3},
		{"iclc-2019", "2019-10-01", "2019-10-03", "Medellín", "CO", "America/Bogota", 4},
		{"iclc-2021", "2021-10-27", "2021-10-30", "Yeonsu-gu, Incheon", "KR", "Asia/Seoul", 5},
		{"iclc-2024", "2024-12-03", "2024-12-05", "Jubail Industrial City", "SA", "Asia/Riyadh", 6},
		{"iclc-2027", "2027-06-01", "2027-06-30", "", "", "UTC", 7},
	} {
		e := h.find(t, want.slug)
		if e.Starts != want.starts || e.Ends != want.ends || e.City != want.city || e.Country != want.country ||
			e.TimeZone != want.zone || e.Number != want.number {
			t.Errorf("%s: number %d, %s to %s in %s (%s), %s", e.Slug, e.Number, e.Starts, e.Ends, e.City, e.Country, e.TimeZone)
		}
		if e.RegistrationState(today) != event.RegistrationNone {
			t.Errorf("%s: registration is %s", e.Slug, e.RegistrationState(today))
		}
		if past := e.Phase(today) == event.Past; past != (e.Number != 7) {
			t.Errorf("%s: the phase is %s", e.Slug, e.Phase(today))
		}
		if e.MonthOnly != (e.Number == 7) || e.Hybrid != (e.Number == 5) {
			t.Errorf("%s: month only %t, hybrid %t", e.Slug, e.MonthOnly, e.Hybrid)
		}
		for _, key := range []string{"dates", "theme", "organisers", "languages"} {
			p, known := e.Provenance[key]
			if !known || p.Source.Title == "" && !p.Assumed {
				t.Errorf("%s: the source of %s is missing", e.Slug, key)
			}
		}
		for lang, title := range e.Title {
			if title == "" || e.Theme[lang] == "" {
				t.Errorf("%s: no title or theme in %s", e.Slug, lang)
			}
		}
	}
	if zone := h.find(t, "iclc-2027").Provenance["time_zone"]; !zone.Assumed || zone.Note == "" {
		t.Errorf("iclc-2027: the time zone is not told to be assumed: %+v", zone)
	}
	if dates := h.find(t, "iclc-2024").Provenance["dates"]; len(dates.Disputed) != 2 || dates.Disputed[0].Value != "2024-12-02" {
		t.Errorf("iclc-2024: the dispute about the first day is missing: %+v", dates)
	}
}

func figure(e event.Event, key string) fact.Count {
	i := slices.IndexFunc(e.Figures, func(c fact.Count) bool { return c.Key == key })
	if i < 0 {
		return fact.Count{}
	}
	return e.Figures[i]
}

func TestSecondConferenceIsKnownInDetail(t *testing.T) {
	t.Parallel()
	h := furnished.house
	e := h.find(t, "iclc-2015")

	if r := e.Rescheduled; r == nil || r.FromStarts != "2015-05-07" || r.FromEnds != "2015-05-09" ||
		r.Source.Title == "" || r.Reason["en"] == "" || r.Reason["fr"] == "" || r.Reason["es"] == "" {
		t.Errorf("rescheduled: %+v", r)
	}
	for key, want := range map[string]struct {
		value   int
		atLeast bool
	}{
		"participants": {650, true}, "countries": {95, false}, "speakers": {64, false}, "speaker_countries": {36, false},
		"media_contributions": {80, false}, "social_posts": {1400, true}, "youth_delegates": {20, false},
	} {
		got := figure(e, key)
		if got.Value != want.value || got.AtLeast != want.atLeast || got.Source.Title == "" || got.Grade != fact.Certain {
			t.Errorf("%s: %+v", key, got)
		}
	}
	claims := figure(e, "participants").Disputed
	if len(claims) != 1 || claims[0].Value != "600" || !claims[0].AtLeast || claims[0].Source.Title == "" {
		t.Errorf("what else is said of the participants: %+v", claims)
	}
	if len(e.Announced) != 4 || e.Provenance["announced"].Note == "" || e.Provenance["hours"].Note == "" {
		t.Errorf("%d announced themes, provenance %+v", len(e.Announced), e.Provenance)
	}
	if len(e.Rooms) != 6 || e.Rooms[0].Name["es"] == "" || !e.Rooms[0].Assumed {
		t.Errorf("rooms: %+v", e.Rooms)
	}
	if n := strings.Count(figure(e, "countries").Source.Title, "nutshell"); n != 1 {
		t.Errorf("the source is told as %q", figure(e, "countries").Source.Title)
	}
}

func TestProgrammeOfTheSecondConference(t *testing.T) {
	t.Parallel()
	h := furnished.house
	e := h.find(t, "iclc-2015")
	sessions := h.sessions(t, e.ID)
	kinds, content := map[programme.Kind]int{}, 0
	for _, s := range sessions {
		kinds[s.Kind]++
		if s.Kind.Content() {
			content++
			if s.Source.Title == "" || !s.Assumed {
				t.Errorf("%s: source %q, assumed %t", s.Slug, s.Source.Title, s.Assumed)
			}
		}
	}
	want := map[programme.Kind]int{
		programme.Plenary: 3, programme.MayorsForum: 1, programme.ThematicForum: 3, programme.RegionalForum: 5,
		programme.Ceremony: 3, programme.Break: 6,
	}
	if content != 12 || !maps.Equal(kinds, want) {
		t.Errorf("%d sessions, %v", content, kinds)
	}
	if conflicts := programme.Conflicts(sessions); len(conflicts) > 0 {
		t.Errorf("conflicts: %+v", conflicts)
	}
	opening := sessions[0]
	if got := opening.Start.In(e.Location()).Format("2006-01-02 15:04"); got != "2015-09-28 09:00" || opening.Room != "plenary-hall" {
		t.Errorf("the opening is at %s in %q", got, opening.Room)
	}

	people := h.people(t, e.ID)
	if len(people) != 19 {
		t.Errorf("%d people, want 19", len(people))
	}
	ids := map[string]programme.Person{}
	for _, p := range people {
		ids[p.ID] = p
		if p.Source.Title == "" || p.Slug == "" {
			t.Errorf("%s: source %q, slug %q", p.Name, p.Source.Title, p.Slug)
		}
	}
	citizenship, err := h.Programme.Session(t.Context(), e.ID, "thematic-citizenship")
	if err != nil {
		t.Fatal(err)
	}
	if len(citizenship.Roles) != 5 || citizenship.KeyQuestion["en"] == "" {
		t.Fatalf("the forum on citizenship: %+v", citizenship)
	}
	first := citizenship.Roles[0]
	if p := ids[first.Person]; p.Name != "José Carlos Tenorio" || p.Slug != "jose-carlos-tenorio" || first.Duty != programme.Speaker || !first.Assumed {
		t.Errorf("the first speaker is %+v as %+v", p, first)
	}
	mayor, err := h.Programme.Person(t.Context(), e.ID, "miguel-angel-mancera")
	if err != nil || mayor.JobTitle != "Head of Government" || mayor.Country != "MX" || mayor.Note == "" {
		t.Errorf("%+v, %v", mayor, err)
	}
}

func TestStatementsTellOnlyWhatSourcesGive(t *testing.T) {
	t.Parallel()
	h := furnished.house
	type step struct {
		state statement.State
		day   string
	}
	for _, want := range []struct {
		event, slug, kind string
		state             statement.State
		history           []step
		counts            []int // of the parts
	}{
		{"iclc-2015", "mexico-city-statement", "statement", statement.Published, []step{{statement.Adopted, "2015-09-30"}}, []int{0, 8}},
		{"iclc-2015", "youth-statement", "youth-statement", statement.Published,
			[]step{{statement.Published, "2015-10-21"}, {statement.Published, "2015-12-31"}}, []int{3, 3, 3, 3}},
		{"members-meeting-2016", "hangzhou-statement", "statement", statement.Adopted, []step{{statement.Adopted, "2016-11-16"}}, nil},
	} {
		e := h.find(t, want.event)
		list, err := h.Statements.Of(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(s statement.Statement) bool { return s.Slug == want.slug })
		if i < 0 {
			t.Errorf("%s is missing", want.slug)
			continue
		}
		got := list[i]
		var history []step
		for _, s := range got.History {
			history = append(history, step{s.State, e.DayOf(s.At)})
			if s.State == statement.Adopted && !strings.Contains(s.Note, "assumed") {
				t.Errorf("%s: the day of adoption is not told to be assumed: %q", want.slug, s.Note)
			}
		}
		var counts []int
		for _, p := range got.Parts {
			counts = append(counts, p.Count)
		}
		if got.State != want.state || got.Kind != want.kind || !slices.Equal(history, want.history) || !slices.Equal(counts, want.counts) {
			t.Errorf("%s: %s, %s, %v, %v", want.slug, got.Kind, got.State, history, counts)
		}
	}
}

func TestEveryStateIsOneOfThePrograms(t *testing.T) {
	t.Parallel()
	h := furnished.house
	for _, slug := range []string{"iclc-2015", "members-meeting-2016"} {
		list, err := h.Statements.Of(t.Context(), h.find(t, slug).ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range list {
			if !slices.Contains(statement.States, st.State) {
				t.Errorf("%s: there is no state %q", st.Slug, st.State)
			}
		}
	}
}

func TestAwards(t *testing.T) {
	t.Parallel()
	h := furnished.house
	awards, err := h.Cities.Awards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	members := map[string][]int{}
	got := map[int]int{}
	for _, a := range awards {
		got[a.Year] = len(a.Awardees)
		if e, err := h.Events.Get(t.Context(), h.DB, a.Event); err != nil || e.Starts[:4] != e.Slug[5:] || a.Source.Title == "" {
			t.Errorf("%d: conferred at %s (%v), told by %q", a.Year, e.Slug, err, a.Source.Title)
		}
		for _, who := range a.Awardees {
			if who.Member != "" {
				members[who.Member] = append(members[who.Member], a.Year)
			}
		}
	}
	if want := map[int]int{2015: 12, 2017: 16, 2019: 10, 2021: 10, 2024: 10}; !maps.Equal(got, want) {
		t.Errorf("awardees by year: %v, want %v", got, want)
	}
	if !slices.IsSortedFunc(awards, func(a, b city.Award) int { return a.Year - b.Year }) {
		t.Error("the editions are not in order")
	}
	cities, err := h.Cities.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cities {
		if !slices.Equal(c.Awards, members[c.ID]) {
			t.Errorf("%s: the portrait tells of the awards %v, the award of %v", c.ID, c.Awards, members[c.ID])
		}
	}
}

func TestKeyFeaturesAndMilestones(t *testing.T) {
	t.Parallel()
	h := furnished.house
	f, err := h.Cities.Features(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var images []string
	for _, p := range f.Parts {
		images = append(images, p.Image)
	}
	if f.Count != 42 || len(f.Areas()) != 12 || !slices.Equal(images, []string{"pediment", "columns", "steps"}) || f.Source.URL == "" {
		t.Errorf("%d features in %d areas, parts %v, told by %v", f.Count, len(f.Areas()), images, f.Source)
	}
	if first := f.Areas()[0]; first.ID != "empowerment-and-cohesion" || first.Title["fr"] == "" {
		t.Errorf("the first area is %+v", first)
	}

	list, err := h.Cities.Milestones(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var dates []string
	for _, m := range list {
		dates = append(dates, m.Date)
	}
	if len(list) != 9 || !slices.IsSorted(dates) {
		t.Fatalf("milestones of %v", dates)
	}
	if first := list[0]; first.Date != "2016-08-23" || first.Cities != 115 || first.Countries != 28 {
		t.Errorf("the first milestone is %+v", first)
	}
	if last := list[8]; last.Cities != 425 || last.Countries != 91 || last.Joined != 72 || last.JoinedCountries != 46 {
		t.Errorf("the last milestone is %+v", last)
	}
	if second := list[1]; second.Cities != 146 || second.Grade != fact.Press || len(second.Disputed) != 1 || second.Disputed[0].Value != "150" {
		t.Errorf("the second milestone is %+v", second)
	}
}

func TestPortraits(t *testing.T) {
	t.Parallel()
	h := furnished.house
	cities, err := h.Cities.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	challenges, err := h.Cities.Challenges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, c := range challenges {
		words[c.Tag] = true
	}
	regions := map[string]int{}
	for _, c := range cities {
		regions[c.Region]++
		if got := city.RegionOf(c.Country); got != c.Region {
			t.Errorf("%s: %s is in %s, and the portrait says %s", c.ID, c.Country, got, c.Region)
		}
		if c.Contact == nil || c.Source.Title == "" || c.Headline["en"] == "" {
			t.Errorf("%s: contact %v, source %q, headline %q", c.ID, c.Contact, c.Source.Title, c.Headline["en"])
		}
		for key, f := range c.Figures {
			if !slices.Contains(city.FigureKeys, key) || f.Source.Title == "" {
				t.Errorf("%s: figure %q is told by %q", c.ID, key, f.Source.Title)
			}
		}
		for _, tag := range c.Challenges {
			if !words[tag] {
				t.Errorf("%s: the vocabulary lacks %q", c.ID, tag)
			}
		}
	}
	want := map[string]int{
		"africa": 2, "arab-states": 1, "asia-pacific": 13, "europe-north-america": 13, "latin-america-caribbean": 8,
	}
	if !maps.Equal(regions, want) {
		t.Errorf("cities by region: %v, want %v", regions, want)
	}
}

func TestFiguresKeepTheirDoubts(t *testing.T) {
	t.Parallel()
	h := furnished.house
	for _, want := range []struct {
		city, key string
		value     float64
		year      int
		doubted   bool
	}{
		{"kano-state", "population", 2163225, 2016, true},
		{"kano-state", "area_km2", 137, 2016, true},
		{"osan", "population", 207122, 2016, false},
		{"osan", "area_km2", 42.73, 0, false},
		{"osan", "gdp_country_usd", 27195, 2016, true},
		{"osan", "schooling_years", 11.4, 0, false},
	} {
		c, err := h.Cities.Get(t.Context(), want.city)
		if err != nil {
			t.Fatal(err)
		}
		f := c.Figures[want.key]
		if f.Value != want.value || f.Year != want.year || (f.Doubt != "") != want.doubted {
			t.Errorf("%s: %s is %+v", want.city, want.key, f)
		}
	}
	osan, err := h.Cities.Get(t.Context(), "osan")
	if err != nil {
		t.Fatal(err)
	}
	if _, known := osan.Figures["schooling_years_men"]; known {
		t.Error("osan: a figure that no source gives is kept")
	}
	sorocaba, err := h.Cities.Get(t.Context(), "sorocaba")
	if err != nil || sorocaba.Joined != "2016-08" || sorocaba.JoinedSource.Title == "" || len(sorocaba.Doubts) != 1 {
		t.Errorf("sorocaba: %+v, %v", sorocaba, err)
	}
}

func TestCitiesTakePart(t *testing.T) {
	t.Parallel()
	h := furnished.house
	for slug, want := range map[string]int{
		"members-meeting-2016": 37, "iclc-2013": 0, "iclc-2015": 9, "iclc-2017": 7, "iclc-2019": 3, "iclc-2021": 1, "iclc-2024": 1,
	} {
		list, err := h.Cities.Of(t.Context(), h.find(t, slug).ID)
		if err != nil || len(list) != want {
			t.Errorf("%s: %d cities, want %d (%v)", slug, len(list), want, err)
		}
	}
	events, err := h.Cities.Events(t.Context(), "cork")
	if err != nil || len(events) != 4 {
		t.Errorf("cork takes part in %v (%v), want three events and the rehearsal", events, err)
	}
}
