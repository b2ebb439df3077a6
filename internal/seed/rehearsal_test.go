package seed_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"convene/internal/badge"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/seed"
	"convene/internal/statement"
	"convene/internal/store"
)

// rehearsed opens a house with the network and its rehearsal.
func rehearsed(t testing.TB, now time.Time) (house, event.Event) {
	t.Helper()
	h := open(t, now)
	h.bringNetwork(t)
	e, _ := h.bringRehearsal(t)
	return h, e
}

func (h house) delegates(t testing.TB, eventID string) []delegate.Delegate {
	t.Helper()
	var list []delegate.Delegate
	err := h.Delegates.Each(t.Context(), eventID, delegate.Filter{}, func(d delegate.Delegate) error {
		list = append(list, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRehearsalHasTheConferencesNumbers(t *testing.T) {
	t.Parallel()
	want := seed.Summary{
		Events: seed.Count{Added: 1}, Sessions: seed.Count{Added: 21}, Speakers: seed.Count{Added: 64},
		Statements: seed.Count{Added: 1}, Participations: furnished.rehearsal.Participations, Delegates: seed.Count{Added: 650},
	}
	if furnished.rehearsal != want {
		t.Errorf("the run says %+v, want %+v", furnished.rehearsal, want)
	}
	h, e := furnished.house, furnished.event
	n, err := h.Reports.Numbers(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if n.Participants != 650 || n.Countries != 95 || n.Speakers != 64 || n.SpeakerCountries != 36 || n.ContentSessions() != 12 {
		t.Errorf("%d participants from %d countries, %d speakers from %d, %d sessions",
			n.Participants, n.Countries, n.Speakers, n.SpeakerCountries, n.ContentSessions())
	}
	if n.Arrived != 0 {
		t.Errorf("%d have arrived before the first day", n.Arrived)
	}
	cities, err := h.Cities.Of(t.Context(), e.ID)
	if err != nil || len(cities) != n.Cities || n.Cities == 0 {
		t.Errorf("%d cities take part, delegates come from %d (%v)", len(cities), n.Cities, err)
	}
	// The conference itself has real people alone.
	if real := h.people(t, h.find(t, "iclc-2015").ID); len(real) != 19 {
		t.Errorf("iclc-2015 has %d people on its roster, want 19", len(real))
	}
}

func TestRehearsalIsMarkedAndOpen(t *testing.T) {
	t.Parallel()
	h, e := furnished.house, furnished.event
	if !e.Rehearsal || e.Slug != "rehearsal" || e.Acronym != "rehearsal" || e.ClonedFrom != h.find(t, "iclc-2015").ID {
		t.Errorf("%+v", e)
	}
	for _, lang := range []string{"en", "fr", "es"} {
		if e.Title[lang] == "" {
			t.Errorf("no title in %s", lang)
		}
	}
	if e.DaysLeft(today) != 21 || e.Starts != "2026-11-30" || e.Ends != "2026-12-02" {
		t.Errorf("%d days left, %s to %s", e.DaysLeft(today), e.Starts, e.Ends)
	}
	if _, ok := e.Gate("main"); !ok || len(e.Gates) != 2 || e.Admission != event.Daily {
		t.Errorf("gates %v, admission %s", e.Gates, e.Admission)
	}
	for at, want := range map[time.Time]event.RegistrationState{
		today:                                 event.RegistrationOpen,
		e.FirstDay().Add(-time.Second):        event.RegistrationOpen, // the last second of the day before
		e.FirstDay():                          event.RegistrationClosed,
		today.AddDate(0, 0, -72):              event.RegistrationNotYet,
		today.AddDate(0, 0, -69):              event.RegistrationOpen,
		e.FirstDay().AddDate(0, 0, 1).Local(): event.RegistrationClosed,
	} {
		if got := e.RegistrationState(at); got != want {
			t.Errorf("registration at %s is %s, want %s", at, got, want)
		}
	}
	if len(e.Documents)+len(e.Figures)+len(e.Highlights) > 0 || e.Rescheduled != nil || e.Registration.Approval {
		t.Error("the rehearsal has the conference's history, or asks for approval")
	}
	list, err := h.Statements.Of(t.Context(), e.ID)
	if err != nil || len(list) != 1 || list[0].State != statement.Drafting || len(list[0].Parts) != 2 || list[0].Title["en"] != "Rehearsal statement" {
		t.Errorf("statements: %+v (%v)", list, err)
	}
}

// wall tells when a session is by the clocks on the wall: which day of the
// event, and at what time.
func wall(t testing.TB, e event.Event, s programme.Session) string {
	t.Helper()
	day := slices.IndexFunc(e.Days(), func(d time.Time) bool { return d.Format(time.DateOnly) == e.DayOf(s.Start) })
	if day < 0 {
		t.Fatalf("%s is on no day of %s", s.Slug, e.Slug)
	}
	return string(rune('1'+day)) + " " + s.Start.In(e.Location()).Format("15:04")
}

func keepsTheTimeOfDay(t *testing.T, h house, e event.Event, now time.Time) {
	t.Helper()
	if e.DaysLeft(now) != 21 || len(e.Days()) != 3 {
		t.Errorf("%d days left, %d days long", e.DaysLeft(now), len(e.Days()))
	}
	from := h.find(t, "iclc-2015")
	copies := map[string]string{}
	for _, s := range h.sessions(t, e.ID) {
		copies[s.Slug] = wall(t, e, s)
	}
	for _, s := range h.sessions(t, from.ID) {
		if want := wall(t, from, s); copies[s.Slug] != want {
			t.Errorf("%s is on day %s, want %s", s.Slug, copies[s.Slug], want)
		}
	}
}

// The conference of 2015 was in summer time, and a rehearsal of today is not.
func TestRehearsalKeepsTheTimeOfDay(t *testing.T) {
	t.Parallel()
	keepsTheTimeOfDay(t, furnished.house, furnished.event, today)
}

// Mexico City's clocks went back on 30 October 2022, the second day of a
// rehearsal that was made on 8 October.
func TestRehearsalKeepsTheTimeOfDayWhileClocksChange(t *testing.T) {
	t.Parallel()
	now := time.Date(2022, time.October, 9, 3, 0, 0, 0, time.UTC) // still the 8th in Mexico City
	h, e := rehearsed(t, now)
	if e.Starts != "2022-10-29" {
		t.Errorf("it starts on %s", e.Starts)
	}
	keepsTheTimeOfDay(t, h, e, now)
}

func TestDelegatesAreInventedAndConfirmed(t *testing.T) {
	t.Parallel()
	h, e := furnished.house, furnished.event
	fresh := badge.New(h.DB, time.Now, secret) // knows nothing but what is stored
	days := map[string]int{}
	first, last := e.DayOf(today.AddDate(0, 0, -70)), e.DayOf(today)
	for _, d := range h.delegates(t, e.ID) {
		if !strings.HasSuffix(d.Email, "@example.org") {
			t.Errorf("an address reaches somebody: %s", d.Email)
		}
		if d.State != delegate.Confirmed || len(d.Steps) != 1 || e.DayOf(d.Steps[0].At) != d.Day {
			t.Errorf("%s is %s, by %+v", d.ID, d.State, d.Steps)
		}
		if d.Day < first || d.Day > last {
			t.Errorf("registered on %s, outside %s to %s", d.Day, first, last)
		}
		days[d.Day]++
		b, err := fresh.Get(t.Context(), h.DB, d.Badge)
		if err != nil {
			t.Fatal(err)
		}
		text, err := fresh.Code(b)
		if err != nil {
			t.Fatal(err)
		}
		code, of, err := fresh.Check(t.Context(), text)
		if err != nil || of != e.ID || code.ID != d.Badge || b.Delegate != d.ID || !b.Revoked.IsZero() {
			t.Fatalf("the badge of %s: %+v of %s, %v", d.ID, code, of, err)
		}
	}
	if len(days) < 60 {
		t.Errorf("people registered on %d days only", len(days))
	}
	if strings.Contains(string(h.export(t)), `{"collection":"letter`) {
		t.Error("a letter was queued")
	}
}

func TestSpeakersHaveOneSessionAtATime(t *testing.T) {
	t.Parallel()
	h, e := furnished.house, furnished.event
	sessions := h.sessions(t, e.ID)
	if conflicts := programme.Conflicts(sessions); len(conflicts) > 0 {
		t.Errorf("%d conflicts, the first one: %+v", len(conflicts), conflicts[0])
	}
	parts := map[string]int{}
	for _, s := range sessions {
		if s.Kind.Content() && len(s.Roles) < 4 {
			t.Errorf("%s has %d people", s.Slug, len(s.Roles))
		}
		for _, r := range s.Roles {
			if !slices.Contains(programme.Duties, r.Duty) {
				t.Errorf("%s: there is no duty %q", s.Slug, r.Duty)
			}
			parts[r.Person]++
		}
	}
	registered := map[string]bool{}
	for _, d := range h.delegates(t, e.ID) {
		registered[d.Name+d.Country] = true
	}
	people := h.people(t, e.ID)
	for _, p := range people {
		if parts[p.ID] == 0 || !registered[p.Name+p.Country] || p.Biography["en"] == "" || p.Category == "" {
			t.Errorf("%s: %d parts, registered %t", p.Slug, parts[p.ID], registered[p.Name+p.Country])
		}
	}
	if len(people) != 64 || len(parts) != 64 {
		t.Errorf("%d people on the roster, %d with a part", len(people), len(parts))
	}
}

func TestRehearsalIsThereOnce(t *testing.T) {
	t.Parallel()
	h, first := furnished.house, furnished.event
	before := h.export(t)
	second, sum := h.bringRehearsal(t)
	if second.ID != first.ID || sum.Added() != 0 || sum.Events.There != 1 {
		t.Errorf("the second run says %s", sum)
	}
	if !bytes.Equal(before, h.export(t)) {
		t.Error("the second run changed the database")
	}
}

// A program that was stopped in the middle of its first start must not leave
// half a rehearsal behind for good. What is finished on the same day is the same.
func TestRehearsalCutShortIsFinished(t *testing.T) {
	t.Parallel()
	h := open(t, today)
	h.bringNetwork(t)
	whole := furnished.delegates(t, furnished.event.ID)
	e := h.begin(t, whole[0])
	_, sum := h.bringRehearsal(t)
	if sum.Events.There != 1 || sum.Delegates.Added != 649 || sum.Delegates.There != 1 || sum.Speakers.Added != 64 {
		t.Errorf("the second run says %s", sum)
	}
	n, err := h.Reports.Numbers(t.Context(), e)
	if err != nil || n.Participants != 650 || n.Speakers != 64 {
		t.Errorf("%+v, %v", n, err)
	}
	days := map[string]string{}
	for _, d := range h.delegates(t, e.ID) {
		days[d.Email] = d.Day
	}
	for _, d := range whole[1:] {
		if days[d.Email] != d.Day {
			t.Errorf("%s registered on %q here and on %q elsewhere", d.Email, days[d.Email], d.Day)
		}
	}
	if _, sum := h.bringRehearsal(t); sum.Added() != 0 {
		t.Errorf("the third run says %s", sum)
	}
}

// begin makes the rehearsal as a run leaves it that ends after one delegate.
func (h house) begin(t *testing.T, who delegate.Delegate) event.Event {
	t.Helper()
	e, err := h.Programme.Clone(t.Context(), h.find(t, "iclc-2015"), programme.Copy{
		Slug: "rehearsal", Acronym: "rehearsal", Starts: furnished.event.Starts,
		Change: func(e *event.Event) { e.Rehearsal, e.Registration = true, furnished.event.Registration },
	})
	if err != nil {
		t.Fatal(err)
	}
	err = h.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := h.Delegates.Add(t.Context(), tx, e, delegate.FormOf(who), today)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRehearsalNeedsTheNetwork(t *testing.T) {
	t.Parallel()
	h := open(t, today)
	if _, _, err := h.Rehearsal(t.Context(), 21); problem.KindOf(err) != problem.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestDelegatesAreFoundInTheirScripts(t *testing.T) {
	t.Parallel()
	h, e := furnished.house, furnished.event
	list := h.delegates(t, e.ID)
	finds := func(typed, id string) bool {
		found := false
		err := h.Delegates.Each(t.Context(), e.ID, delegate.Filter{Text: typed}, func(d delegate.Delegate) error {
			found = found || d.ID == id
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	start := func(s string, runes int) string { return string([]rune(s)[:runes]) }
	for name, script := range map[string]*unicode.RangeTable{
		"Arabic": unicode.Arabic, "Chinese": unicode.Han, "Cyrillic": unicode.Cyrillic, "Greek": unicode.Greek,
		"Korean": unicode.Hangul, "Thai": unicode.Thai, "Hebrew": unicode.Hebrew, "Devanagari": unicode.Devanagari,
	} {
		i := slices.IndexFunc(list, func(d delegate.Delegate) bool { return unicode.Is(script, []rune(d.Name)[0]) })
		if i < 0 {
			t.Errorf("nobody's name is written in %s", name)
			continue
		}
		d := list[i]
		letters := 2
		words := strings.Fields(d.Name)
		if len(words) == 1 { // family and given name are one word
			words = append(words, string([]rune(d.Name)[1:]))
		}
		for _, typed := range []string{
			d.Name, start(d.Name, letters), words[len(words)-1], // in the person's script
			d.LatinName, i18n.Fold(d.LatinName), strings.ToUpper(d.LatinName), start(d.LatinName, letters), // in Latin letters
			d.Email, start(d.Email, strings.Index(d.Email, "@")+1),
			d.Organisation,
		} {
			if !finds(typed, d.ID) {
				t.Errorf("%s: %q does not find %s", name, typed, d.Name)
			}
		}
	}
	i := slices.IndexFunc(list, func(d delegate.Delegate) bool {
		return d.LatinName == "" && i18n.Fold(d.Name) != strings.ToLower(d.Name)
	})
	if i < 0 {
		t.Fatal("nobody's Latin name has an accent")
	}
	for _, typed := range []string{list[i].Name, i18n.Fold(list[i].Name), strings.ToUpper(i18n.Fold(list[i].Name))} {
		if !finds(typed, list[i].ID) {
			t.Errorf("%q does not find %s", typed, list[i].Name)
		}
	}
}

func BenchmarkSeed(b *testing.B) {
	for b.Loop() {
		rehearsed(b, today)
	}
}
