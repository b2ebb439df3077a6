package report_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/audit"
	"convene/internal/badge"
	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/personal"
	"convene/internal/programme"
	"convene/internal/report"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

var now = time.Date(2026, time.November, 9, 12, 0, 0, 0, time.UTC)

type fixture struct {
	db        *store.DB
	cities    *city.Service
	delegates *delegate.Service
	programme *programme.Service
	report    *report.Service
	event     event.Event
}

func open(t *testing.T) fixture {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, slices.Concat(
		audit.Collections(), badge.Collections(), city.Collections(), delegate.Collections(),
		event.Collections(), form.Collections(), outbox.Collections(), personal.Collections(), programme.Collections(),
	)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	clock := func() time.Time { return now }
	events := &event.Service{DB: db, Clock: clock}
	f := fixture{db: db, cities: &city.Service{DB: db}, programme: &programme.Service{DB: db, Clock: clock, Events: events}}
	f.delegates = delegate.New(db, clock, "secret", []string{"en"}, events, f.cities, badge.New(db, clock, "secret"), &form.Service{DB: db, Clock: clock}, nil)
	f.report = &report.Service{Delegates: f.delegates, Programme: f.programme}
	f.update(t, func(tx *store.Tx) (err error) {
		f.event, err = events.Save(t.Context(), tx, event.Event{
			Slug: "iclc-2027", Acronym: "iclc2027", Title: i18n.English("Conference"), Starts: "2027-06-01", Ends: "2027-06-03",
			TimeZone: "Europe/Dublin", Accent: "#4338a8", Admission: event.Daily,
		})
		if err != nil {
			return err
		}
		return f.cities.Save(t.Context(), tx, city.City{ID: "cork", Name: i18n.English("Cork"), Country: "IE"})
	})
	return f
}

func (f fixture) update(t *testing.T, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := f.db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// add registers somebody from a country, or from the city of Cork.
func (f fixture) add(t *testing.T, name, from string) delegate.Delegate {
	t.Helper()
	form := delegate.Form{
		Name: name, Organisation: "An office", Country: from, Category: "observer", Language: "en",
		Email: strings.ToLower(name) + "@example.org",
	}
	if from == "cork" {
		form.City, form.Country = "cork", ""
	}
	var d delegate.Delegate
	f.update(t, func(tx *store.Tx) (err error) {
		d, err = f.delegates.Add(t.Context(), tx, f.event, form, now)
		return err
	})
	return d
}

func (f fixture) numbers(t *testing.T) report.Numbers {
	t.Helper()
	n, err := f.report.Numbers(t.Context(), f.event)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNumbersOfNothing(t *testing.T) {
	t.Parallel()
	n := open(t).numbers(t)
	if n.Participants+n.Countries+n.Cities+n.Speakers+n.SpeakerCountries+n.Arrived+n.ContentSessions() != 0 {
		t.Errorf("%+v", n)
	}
	if len(n.DelegatesByRegion) != 5 || n.DelegatesByRegion[0] != (report.Bar{Key: "africa"}) {
		t.Errorf("regions: %+v", n.DelegatesByRegion)
	}
}

func TestNumbersCountTheConfirmed(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx := t.Context()
	f.add(t, "Ana", "MX")
	f.add(t, "Ben", "MX")
	f.add(t, "Cian", "cork")
	f.add(t, "Dara", "IE")
	f.add(t, "Eda", "TR")
	gone := f.add(t, "Farid", "EG")
	if _, err := f.delegates.Cancel(ctx, gone.ID, ""); err != nil {
		t.Fatal(err)
	}
	here := f.add(t, "Gita", "IN")
	f.update(t, func(tx *store.Tx) error {
		d, err := f.delegates.AtDoor(ctx, tx, here.ID)
		if err != nil {
			return err
		}
		return f.delegates.Arrive(tx, f.event, d, "main", now)
	})
	n := f.numbers(t)
	if n.Participants != 6 || n.Countries != 4 || n.Cities != 1 || n.Arrived != 1 {
		t.Errorf("%+v", n)
	}
	want := []report.Bar{
		{Key: "africa"}, {Key: "arab-states"}, {Key: "asia-pacific", Count: 1},
		{Key: "europe-north-america", Count: 3}, {Key: "latin-america-caribbean", Count: 2},
	}
	if !slices.Equal(n.DelegatesByRegion, want) {
		t.Errorf("regions: %+v", n.DelegatesByRegion)
	}
}

func TestNumbersCountSpeakersWithAPart(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx := t.Context()
	f.update(t, func(tx *store.Tx) error {
		ids := map[string]string{}
		for slug, p := range map[string]programme.Person{
			"ana": {Country: "MX", Category: "mayor"}, "ben": {Country: "MX", Category: "mayor"},
			"cian": {Country: "IE", Category: "academia"}, "unknown": {}, "listener": {Country: "FI", Category: "youth"},
		} {
			p.Event, p.Slug, p.Name = f.event.ID, slug, slug
			p, err := f.programme.SavePerson(ctx, tx, p)
			if err != nil {
				return err
			}
			ids[slug] = p.ID
		}
		for i, s := range []struct {
			kind   programme.Kind
			people []string
		}{
			{programme.Plenary, []string{"ana", "ben", "ana"}}, {programme.MayorsForum, []string{"ana", "unknown"}},
			{programme.Ceremony, []string{"cian"}}, {programme.Break, nil}, {programme.Plenary, nil},
		} {
			session := programme.Session{
				Slug: "session-" + string(rune('a'+i)), Kind: s.kind, Title: i18n.English("Session"),
				Start: f.event.FirstDay().Add(time.Duration(9+i) * time.Hour), Minutes: 60,
			}
			for _, who := range s.people {
				session.Roles = append(session.Roles, programme.Role{Person: ids[who], Duty: programme.Speaker})
			}
			if _, err := f.programme.SaveSession(ctx, tx, f.event, session); err != nil {
				return err
			}
		}
		return nil
	})
	n := f.numbers(t)
	if n.Speakers != 4 || n.SpeakerCountries != 2 || n.ContentSessions() != 3 {
		t.Errorf("%+v", n)
	}
	kinds := map[programme.Kind]int{programme.Plenary: 2, programme.MayorsForum: 1, programme.Ceremony: 1, programme.Break: 1}
	if !maps.Equal(n.Sessions, kinds) {
		t.Errorf("sessions: %v", n.Sessions)
	}
	if want := []report.Bar{{Key: "mayor", Count: 2}, {Key: "academia", Count: 1}}; !slices.Equal(n.SpeakersByCategory, want) {
		t.Errorf("speakers: %v", n.SpeakersByCategory)
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	tally := map[string]int{"2026-11-02": 3, "2026-10-31": 7, "2026-11-01": 3}
	if want := []report.Bar{{"2026-10-31", 7}, {"2026-11-01", 3}, {"2026-11-02", 3}}; !slices.Equal(report.ByKey(tally), want) ||
		!slices.Equal(report.Ranked(tally), want) {
		t.Errorf("by key %v, ranked %v", report.ByKey(tally), report.Ranked(tally))
	}
	ranked := report.Ranked(map[string]int{"a": 1, "b": 2, "c": 1})
	if want := []report.Bar{{"b", 2}, {"a", 1}, {"c", 1}}; !slices.Equal(ranked, want) {
		t.Errorf("%v", ranked)
	}
	if len(report.Ranked(nil)) != 0 || len(report.ByKey(nil)) != 0 {
		t.Error("nothing makes bars")
	}
}
