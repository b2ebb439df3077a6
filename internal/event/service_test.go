package event_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

func open(t *testing.T) *event.Service {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, slices.Concat(event.Collections(), audit.Collections())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &event.Service{DB: db, Clock: func() time.Time { return time.Date(2026, 11, 9, 12, 0, 0, 0, time.UTC) }}
}

func save(t *testing.T, s *event.Service, e event.Event) (event.Event, error) {
	t.Helper()
	var saved event.Event
	err := s.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		saved, err = s.Save(t.Context(), tx, e)
		return err
	})
	return saved, err
}

func TestSaveRefusesFaults(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, test := range map[string]struct {
		change func(*event.Event)
		says   string
	}{
		"slug in capitals":   {func(e *event.Event) { e.Slug = "ICLC-2015" }, "slug"},
		"slug with a space":  {func(e *event.Event) { e.Slug = "iclc 2015" }, "slug"},
		"slug ends in -":     {func(e *event.Event) { e.Slug = "iclc-" }, "slug"},
		"no slug":            {func(e *event.Event) { e.Slug = "" }, "slug"},
		"short acronym":      {func(e *event.Event) { e.Acronym = "icl" }, "acronym"},
		"acronym with -":     {func(e *event.Event) { e.Acronym = "iclc-2015" }, "acronym"},
		"accent by name":     {func(e *event.Event) { e.Accent = "teal" }, "accent"},
		"accent in capitals": {func(e *event.Event) { e.Accent = "#00695C" }, "accent"},
		"no title":           {func(e *event.Event) { e.Title = nil }, "title"},
		"empty title":        {func(e *event.Event) { e.Title = map[string]string{"en": ""} }, "title"},
		"no zone":            {func(e *event.Event) { e.TimeZone = "" }, "time zone"},
		"unknown zone":       {func(e *event.Event) { e.TimeZone = "America/Mexico" }, "time zone"},
		"no such day":        {func(e *event.Event) { e.Starts = "2015-09-31" }, "2015-09-31"},
		"a month for a day":  {func(e *event.Event) { e.Ends = "2015-10" }, "2015-10"},
		"ends before":        {func(e *event.Event) { e.Ends = "2015-09-27" }, "before it starts"},
		"unknown country":    {func(e *event.Event) { e.Country = "Mexico" }, "country"},
		"no address":         {func(e *event.Event) { e.ReplyTo = "the desk" }, "reply_to"},
		"no survey":          {func(e *event.Event) { e.SurveyLink = "javascript:alert(1)" }, "survey_link"},
		"no admission":       {func(e *event.Event) { e.Admission = "" }, "admission"},
	} {
		e := conference()
		test.change(&e)
		if _, err := save(t, s, e); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := s.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%d events were kept (%v)", len(list), err)
	}
	all := event.Event{}
	_, err := save(t, s, all)
	for _, word := range []string{"slug", "acronym", "accent", "title", "time zone", "admission"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("not every fault is told at once: %v", err)
		}
	}
}

func TestSaveTakesAnEventWithoutAPlace(t *testing.T) {
	t.Parallel()
	s := open(t)
	e := in("UTC", "2027-06-01", "2027-06-30")
	e.City, e.Country, e.MonthOnly = "", "", true
	if _, err := save(t, s, e); err != nil {
		t.Error(err)
	}
}

func TestSaveFindListTouch(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	first, err := save(t, s, conference())
	if err != nil || first.ID == "" || first.Revision != 1 || !first.Changed.Equal(s.Clock()) {
		t.Fatalf("%+v, %v", first, err)
	}
	later := conference()
	later.Slug, later.Starts, later.Ends = "iclc-2017", "2017-09-18", "2017-09-20"
	if _, err := save(t, s, later); err != nil {
		t.Fatal(err)
	}
	if _, err := save(t, s, conference()); !store.IsDuplicate(err, "slug") {
		t.Errorf("a second event of the slug: %v", err)
	}

	found, err := s.Find(ctx, "iclc-2015")
	if err != nil || found.ID != first.ID || found.Starts != "2015-09-28" {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := s.Find(ctx, "iclc-2099"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("an unknown slug: %v", err)
	}
	if _, err := s.Get(ctx, s.DB, "nothing"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("an unknown id: %v", err)
	}
	list, err := s.List(ctx)
	if err != nil || len(list) != 2 || list[0].Slug != "iclc-2017" {
		t.Errorf("the latest is not the first: %v, %v", list, err)
	}

	found.Venue = "Historic centre"
	if found, err = save(t, s, found); err != nil || found.Revision != 2 {
		t.Errorf("revision %d, %v", found.Revision, err)
	}
	if err := s.DB.Update(ctx, func(tx *store.Tx) error { return s.Touch(ctx, tx, found.ID) }); err != nil {
		t.Fatal(err)
	}
	touched, err := s.Get(ctx, s.DB, found.ID)
	if err != nil || touched.Revision != 3 || touched.Venue != "Historic centre" || !touched.Changed.Equal(s.Clock()) {
		t.Errorf("%+v, %v", touched, err)
	}

	trail, err := audit.Of(ctx, s.DB, "event/"+first.ID)
	var actions []string
	for _, entry := range trail {
		actions = append(actions, entry.Action)
	}
	slices.Sort(actions)
	if err != nil || !slices.Equal(actions, []string{"event.change", "event.create"}) {
		t.Errorf("trail: %v, %v", actions, err)
	}
}
