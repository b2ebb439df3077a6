package city_test

import (
	"path/filepath"
	"slices"
	"testing"

	"convene/internal/city"
	"convene/internal/fact"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

func open(t *testing.T) *city.Service {
	t.Helper()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "convene.db"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), engine, city.Collections()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &city.Service{DB: db}
}

func update(t *testing.T, s *city.Service, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.DB.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func ids(list []city.City) []string {
	var all []string
	for _, c := range list {
		all = append(all, c.ID)
	}
	return all
}

func TestCitiesAreSortedWithoutAccents(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	update(t, s, func(tx *store.Tx) error {
		for id, name := range map[string]string{"ybycui": "Ybycuí", "eskisehir": "Eskişehir", "espoo": "Espoo", "sonderborg": "Sønderborg", "amman": "Amman"} {
			if err := s.Save(ctx, tx, city.City{ID: id, Name: i18n.English(name)}); err != nil {
				return err
			}
		}
		return nil
	})
	list, err := s.List(ctx)
	if want := []string{"amman", "eskisehir", "espoo", "sonderborg", "ybycui"}; err != nil || !slices.Equal(ids(list), want) {
		t.Errorf("%v, %v", ids(list), err)
	}
	update(t, s, func(tx *store.Tx) error {
		return s.Save(ctx, tx, city.City{ID: "amman", Name: i18n.English("Zarqa")})
	})
	if list, err = s.List(ctx); err != nil || len(list) != 5 || list[4].ID != "amman" {
		t.Errorf("after a change of name: %v, %v", ids(list), err)
	}
	if _, err := s.Get(ctx, "atlantis"); problem.KindOf(err) != problem.NotFound {
		t.Errorf("an unknown city: %v", err)
	}
}

func TestParticipations(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	update(t, s, func(tx *store.Tx) error {
		for _, id := range []string{"cork", "amman", "osan"} {
			if err := s.Save(ctx, tx, city.City{ID: id, Name: i18n.English(id)}); err != nil {
				return err
			}
		}
		for _, p := range [][2]string{{"event-1", "cork"}, {"event-1", "amman"}, {"event-2", "cork"}, {"event-1", "cork"}} {
			if err := s.Join(ctx, tx, p[0], p[1]); err != nil {
				return err
			}
		}
		return nil
	})
	for event, want := range map[string][]string{"event-1": {"amman", "cork"}, "event-2": {"cork"}, "event-3": nil} {
		if list, err := s.Of(ctx, event); err != nil || !slices.Equal(ids(list), want) {
			t.Errorf("%s: %v, %v", event, ids(list), err)
		}
	}
	if events, err := s.Events(ctx, "cork"); err != nil || !slices.Equal(events, []string{"event-1", "event-2"}) {
		t.Errorf("cork: %v, %v", events, err)
	}
}

func TestAwardsAreKeptByYear(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	if list, err := s.Awards(ctx); err != nil || len(list) != 0 {
		t.Errorf("nothing saved: %v, %v", list, err)
	}
	cork := []city.Awardee{{Name: "Cork", Country: "IE", Member: "cork"}}
	update(t, s, func(tx *store.Tx) error {
		for _, year := range []int{2024, 2015, 2019} {
			if err := s.SaveAward(ctx, tx, city.Award{Year: year, Awardees: cork}); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx *store.Tx) error {
		return s.SaveAward(ctx, tx, city.Award{Year: 2019, Event: "event-4", Source: fact.Source{Title: "A report"}})
	})
	list, err := s.Awards(ctx)
	if err != nil || len(list) != 3 || list[0].Year != 2015 || list[1].Year != 2019 || list[2].Year != 2024 {
		t.Fatalf("%+v, %v", list, err)
	}
	if list[1].Event != "event-4" || len(list[1].Awardees) != 0 || !slices.Equal(list[0].Awardees, cork) {
		t.Errorf("%+v", list)
	}
}

func TestMilestonesAreSortedByDatesOfAnyExactness(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	want := []string{"2016-08-23", "2016-11", "2019", "2019-03", "2019-03-01", "2023"}
	update(t, s, func(tx *store.Tx) error {
		for i, date := range slices.Backward(want) {
			if err := s.SaveMilestone(ctx, tx, city.Milestone{Date: date, Cities: 100 + i}); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx *store.Tx) error {
		return s.SaveMilestone(ctx, tx, city.Milestone{Date: "2023", Cities: 292, Countries: 76})
	})
	list, err := s.Milestones(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range list {
		got = append(got, m.Date)
	}
	if !slices.Equal(got, want) || list[5].Cities != 292 || list[5].Countries != 76 {
		t.Errorf("%+v", list)
	}
}

func TestFeaturesAreOneDocument(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	if f, err := s.Features(ctx); err != nil || f.Count != 0 || len(f.Areas()) != 0 {
		t.Errorf("nothing saved: %+v, %v", f, err)
	}
	want := city.Features{Count: 42, Parts: []city.FeaturePart{
		{ID: "wider-benefits", Image: "pediment", Areas: []city.FocalArea{{ID: "b"}, {ID: "a"}}},
		{ID: "building-blocks", Image: "columns", Areas: []city.FocalArea{{ID: "c"}}},
	}}
	for range 2 {
		update(t, s, func(tx *store.Tx) error { return s.SaveFeatures(ctx, tx, want) })
	}
	f, err := s.Features(ctx)
	var areas []string
	for _, a := range f.Areas() {
		areas = append(areas, a.ID)
	}
	if err != nil || f.Count != 42 || len(f.Parts) != 2 || !slices.Equal(areas, []string{"b", "a", "c"}) {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestChallengesAreSortedByTag(t *testing.T) {
	t.Parallel()
	s := open(t)
	ctx := t.Context()
	update(t, s, func(tx *store.Tx) error {
		for _, tag := range []string{"poverty", "ageing", "poverty"} {
			if err := s.SaveChallenge(ctx, tx, city.Challenge{Tag: tag, Label: i18n.English(tag)}); err != nil {
				return err
			}
		}
		return nil
	})
	list, err := s.Challenges(ctx)
	if err != nil || len(list) != 2 || list[0].Tag != "ageing" || list[1].Tag != "poverty" {
		t.Errorf("%+v, %v", list, err)
	}
}
