package city_test

import (
	"slices"
	"testing"

	"convene/internal/city"
)

func TestRegionOfExceptions(t *testing.T) {
	t.Parallel()
	for country, want := range map[string]string{
		// The Arab States lie in Africa and in Asia.
		"EG": "arab-states", "MA": "arab-states", "TN": "arab-states", "DZ": "arab-states", "SD": "arab-states", "MR": "arab-states",
		"JO": "arab-states", "SA": "arab-states", "QA": "arab-states", "PS": "arab-states", "YE": "arab-states",
		// Their neighbours are not among them.
		"ET": "africa", "SS": "africa", "TD": "africa", "SO": "africa", "IR": "asia-pacific", "AF": "asia-pacific",
		// Europe reaches into Asia, and over the Atlantic.
		"TR": "europe-north-america", "IL": "europe-north-america", "CY": "europe-north-america", "AM": "europe-north-america",
		"AZ": "europe-north-america", "GE": "europe-north-america", "RU": "europe-north-america",
		"US": "europe-north-america", "CA": "europe-north-america",
		"KZ": "asia-pacific", "UZ": "asia-pacific", "MN": "asia-pacific",
		// Mexico is not North America here; the Caribbean has its islands.
		"MX": "latin-america-caribbean", "SX": "latin-america-caribbean", "JM": "latin-america-caribbean", "GY": "latin-america-caribbean",
		"AU": "asia-pacific", "NZ": "asia-pacific", "FJ": "asia-pacific", "KR": "asia-pacific", "CN": "asia-pacific",
		"GR": "europe-north-america", "IE": "europe-north-america", "NG": "africa", "ZA": "africa",
		// What is no country has no region.
		"": "", "ZZ": "", "XX": "", "001": "", "Mexico": "",
	} {
		if got := city.RegionOf(country); got != want {
			t.Errorf("%q: %q, want %q", country, got, want)
		}
		if want != "" && !slices.Contains(city.Regions, want) {
			t.Errorf("%q is none of the regions", want)
		}
	}
	if !slices.IsSorted(city.Regions) || len(city.Regions) != 5 {
		t.Errorf("regions: %v", city.Regions)
	}
}
