package programme_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

func open(t *testing.T) *programme.Service {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, slices.Concat(event.Collections(), programme.Collections(), audit.Collections())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	clock := func() time.Time { return ten }
	return &programme.Service{DB: db, Clock: clock, Events: &event.Service{DB: db, Clock: clock}}
}

func update(t *testing.T, s *programme.Service, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.DB.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// conference saves an event of three days in a zone, with two people and a
// session of both on each day's morning, and one late on the last.
func conference(t *testing.T, s *programme.Service, zone, starts, ends string) event.Event {
	t.Helper()
	ctx := t.Context()
	var e event.Event
	update(t, s, func(tx *store.Tx) (err error) {
		e, err = s.Events.Save(ctx, tx, event.Event{
			Slug: "iclc-2017", Series: event.SeriesConference, Number: 3, Acronym: "iclc2017", Title: i18n.English("Third"),
			Starts: starts, Ends: ends, TimeZone: zone, Accent: "#1b5e9b", Admission: event.Daily,
			Rooms:        []event.Room{{ID: "hall", Name: i18n.English("Hall")}},
			Documents:    []event.Document{{Slug: "call"}},
			Rescheduled:  &event.Rescheduling{FromStarts: "2017-05-01"},
			Registration: event.Registration{Enabled: true},
		})
		if err != nil {
			return err
		}
		ana, err := s.SavePerson(ctx, tx, programme.Person{Event: e.ID, Slug: "ana", Name: "Ana Ĝis"})
		if err != nil {
			return err
		}
		ben, err := s.SavePerson(ctx, tx, programme.Person{Event: e.ID, Slug: "ben", Name: "Бен", LatinName: "Ben"})
		if err != nil {
			return err
		}
		for day, at := range []string{"09:00", "00:00", "22:30"} {
			clock, err := time.Parse("15:04", at)
			if err != nil {
				return err
			}
			first := e.FirstDay()
			start := time.Date(first.Year(), first.Month(), first.Day()+day, clock.Hour(), clock.Minute(), 0, 0, e.Location())
			_, err = s.SaveSession(ctx, tx, e, programme.Session{
				Slug: "day-" + string(rune('1'+day)), Kind: programme.Plenary, Title: i18n.English("Plenary"),
				Start: start.UTC(), Minutes: 90, Room: "hall",
				Roles: []programme.Role{{Person: ana.ID, Duty: programme.Moderator}, {Person: ben.ID, Duty: programme.Speaker}},
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return e
}

func walls(t *testing.T, s *programme.Service, e event.Event) []string {
	t.Helper()
	list, err := s.Sessions(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, session := range list {
		all = append(all, session.Slug+" "+session.Start.In(e.Location()).Format("2006-01-02 15:04"))
	}
	return all
}

func TestCloneKeepsTheTimeOnTheWall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		zone, starts, ends, to string
		want                   []string
	}{
		"no change": {"America/Bogota", "2019-10-01", "2019-10-03", "2026-02-27",
			[]string{"day-1 2026-02-27 09:00", "day-2 2026-02-28 00:00", "day-3 2026-03-01 22:30"}},
		"from summer to winter": {"Europe/Dublin", "2017-09-18", "2017-09-20", "2026-12-30",
			[]string{"day-1 2026-12-30 09:00", "day-2 2026-12-31 00:00", "day-3 2027-01-01 22:30"}},
		"over the hour that is missing": {"Europe/Dublin", "2017-09-18", "2017-09-20", "2026-03-28",
			[]string{"day-1 2026-03-28 09:00", "day-2 2026-03-29 00:00", "day-3 2026-03-30 22:30"}},
		"over the hour that comes twice": {"Europe/Dublin", "2017-09-18", "2017-09-20", "2026-10-24",
			[]string{"day-1 2026-10-24 09:00", "day-2 2026-10-25 00:00", "day-3 2026-10-26 22:30"}},
		"from a change to none": {"Europe/Dublin", "2017-10-28", "2017-10-30", "2026-07-01",
			[]string{"day-1 2026-07-01 09:00", "day-2 2026-07-02 00:00", "day-3 2026-07-03 22:30"}},
		"into a year without summer time": {"America/Mexico_City", "2015-09-28", "2015-09-30", "2026-09-28",
			[]string{"day-1 2026-09-28 09:00", "day-2 2026-09-29 00:00", "day-3 2026-09-30 22:30"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			from := conference(t, s, test.zone, test.starts, test.ends)
			to, err := s.Clone(t.Context(), from, programme.Copy{Slug: "copy", Acronym: "copy", Starts: test.to})
			if err != nil {
				t.Fatal(err)
			}
			if got := walls(t, s, to); !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			if to.Starts != test.to || !strings.HasPrefix(test.want[2], "day-3 "+to.Ends) {
				t.Errorf("the copy is from %s to %s", to.Starts, to.Ends)
			}
		})
	}
}

func TestCloneLeavesHistoryBehind(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	from := conference(t, s, "Europe/Dublin", "2017-09-18", "2017-09-20")
	from.Registration = event.Registration{
		Enabled: true, Closes: s.Clock(), Approval: true, Capacity: 7,
		Categories: []event.Category{{ID: "donor", Name: i18n.English("Donor"), Mode: event.ModeInvitation, Closes: s.Clock()}},
	}
	from.Listing = event.Listing{For: event.ListedForAll, Fields: []event.ListedField{event.ListedCity}}
	to, err := s.Clone(ctx, from, programme.Copy{
		Slug: "copy", Acronym: "copy", Starts: "2026-09-18",
		Change: func(e *event.Event) { e.Rehearsal = true },
	})
	if err != nil {
		t.Fatal(err)
	}
	if to.ID == from.ID || to.ClonedFrom != from.ID || !to.Rehearsal || to.Documents != nil || to.Rescheduled != nil || to.Registration.Enabled {
		t.Errorf("%+v", to)
	}
	if r := to.Registration; !r.Closes.IsZero() || !r.Approval || r.Capacity != 7 || len(r.Categories) != 1 || r.Categories[0].Mode != event.ModeInvitation || !r.Categories[0].Closes.IsZero() {
		t.Errorf("registration: %+v", r)
	}
	if to.Listing.For != event.ListedForNobody || !to.Listing.Has(event.ListedCity) {
		t.Errorf("the list: %+v", to.Listing)
	}
	if to.Title["en"] != "Third" || len(to.Rooms) != 1 || to.Revision != 1 {
		t.Errorf("%+v", to)
	}
	if people, err := s.People(ctx, to.ID); err != nil || len(people) != 0 {
		t.Errorf("the roster came along unasked: %v, %v", people, err)
	}
	list, err := s.Sessions(ctx, to.ID)
	if err != nil || len(list) != 3 || len(list[0].Roles) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := s.Clone(ctx, from, programme.Copy{Slug: "copy", Acronym: "copy", Starts: "2026-09-18"}); !store.IsDuplicate(err, "slug") {
		t.Errorf("a second copy of the slug: %v", err)
	}
	if _, err := s.Clone(ctx, from, programme.Copy{Slug: "other", Acronym: "other", Starts: "soon"}); err == nil {
		t.Error("a copy that starts on no day is made")
	}
	same, err := s.Sessions(ctx, from.ID)
	if err != nil || len(same) != 3 || len(same[0].Roles) != 2 {
		t.Errorf("the conference was changed: %+v, %v", same, err)
	}
}

func TestCloneTakesPeopleAlong(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	from := conference(t, s, "Europe/Dublin", "2017-09-18", "2017-09-20")
	to, err := s.Clone(ctx, from, programme.Copy{Slug: "copy", Acronym: "copy", Starts: "2026-09-18", People: true})
	if err != nil {
		t.Fatal(err)
	}
	people, err := s.People(ctx, to.ID)
	if err != nil || len(people) != 2 || people[0].Slug != "ana" || people[0].Event != to.ID {
		t.Fatalf("%+v, %v", people, err)
	}
	old, err := s.Person(ctx, from.ID, "ana")
	if err != nil || old.ID == people[0].ID {
		t.Errorf("the copy shares a person with the conference: %v", err)
	}
	list, err := s.Sessions(ctx, to.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []programme.Role{{Person: people[0].ID, Duty: programme.Moderator}, {Person: people[1].ID, Duty: programme.Speaker}}
	for _, session := range list {
		if !slices.Equal(session.Roles, want) {
			t.Errorf("%s: %+v", session.Slug, session.Roles)
		}
	}
}

func TestSaveSessionRefusesFaults(t *testing.T) {
	t.Parallel()
	s := open(t)
	e := conference(t, s, "Europe/Dublin", "2017-09-18", "2017-09-20")
	for name, test := range map[string]struct {
		change func(*programme.Session)
		says   string
	}{
		"no length":         {func(s *programme.Session) { s.Minutes = 0 }, "length"},
		"a day long":        {func(s *programme.Session) { s.Minutes = 24 * 60 }, "length"},
		"unknown kind":      {func(s *programme.Session) { s.Kind = "party" }, "kind"},
		"unknown room":      {func(s *programme.Session) { s.Room = "cellar" }, "room"},
		"the day before":    {func(s *programme.Session) { s.Start = e.FirstDay().Add(-time.Minute) }, "outside"},
		"over midnight":     {func(s *programme.Session) { s.Start = e.Over().Add(-time.Hour) }, "outside"},
		"without a title":   {func(s *programme.Session) { s.Title = nil }, "title"},
		"the slug is taken": {func(s *programme.Session) { s.Slug = "day-1" }, "slug"},
	} {
		session := programme.Session{
			Slug: "new", Kind: programme.Ceremony, Title: i18n.English("Opening"), Start: e.FirstDay(), Minutes: 90, Room: "hall",
		}
		test.change(&session)
		err := s.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := s.SaveSession(t.Context(), tx, e, session)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Session(t.Context(), e.ID, "new"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a session with a fault was kept: %v", err)
	}
	if _, err := s.Person(t.Context(), e.ID, "nobody"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("an unknown person: %v", err)
	}
}

func TestPeopleAreSortedByLatinName(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	update(t, s, func(tx *store.Tx) error {
		for slug, p := range map[string]programme.Person{
			"oh": {Name: "오미경", LatinName: "Oh Mi-kyung"}, "anas": {Name: "أنس بن سالم", LatinName: "Anas Ben Salem"},
			"emile": {Name: "Émile"}, "erdene": {Name: "Эрдэнэ", LatinName: "Erdene"},
		} {
			p.Event, p.Slug = "event-1", slug
			if _, err := s.SavePerson(ctx, tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	people, err := s.People(ctx, "event-1")
	var slugs []string
	for _, p := range people {
		slugs = append(slugs, p.Slug)
	}
	if err != nil || !slices.Equal(slugs, []string{"anas", "emile", "erdene", "oh"}) {
		t.Errorf("%v, %v", slugs, err)
	}
}
