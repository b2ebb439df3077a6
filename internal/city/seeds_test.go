package city_test

import (
	"testing"

	"convene/internal/city"
	"convene/seeds"
)

// The portraits name their region, the program works it out: both must agree.
func TestRegionOfMembers(t *testing.T) {
	t.Parallel()
	cities, err := seeds.Cities(seeds.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cities {
		if got := city.RegionOf(c.Country); got != string(c.Region) {
			t.Errorf("%s (%s): %q, and the portrait says %q", c.Slug, c.Country, got, c.Region)
		}
	}
	if len(cities) != 37 {
		t.Errorf("%d portraits, want 37", len(cities))
	}
}

func TestRegionOfEveryDelegatesCountry(t *testing.T) {
	t.Parallel()
	for _, d := range seeds.Rehearsal(seeds.DefaultSeed).Delegates {
		if city.RegionOf(d.Country) == "" {
			t.Errorf("%s has no region", d.Country)
		}
	}
}
