package city

import (
	"slices"

	"golang.org/x/text/language"
)

// arabStates is UNESCO's region of that name; its members lie in two of the
// world's geographical regions.
var arabStates = []string{
	"AE", "BH", "DZ", "EG", "IQ", "JO", "KW", "LB", "LY", "MA", "MR", "OM", "PS", "QA", "SA", "SD", "SY", "TN", "YE",
}

// europeanByUNESCO are countries that geography puts into Asia and UNESCO into
// Europe and North America.
var europeanByUNESCO = []string{"AM", "AZ", "CY", "GE", "IL", "TR"}

var (
	africa          = language.MustParseRegion("002")
	americas        = language.MustParseRegion("019")
	northernAmerica = language.MustParseRegion("021")
	europe          = language.MustParseRegion("150")
)

// RegionOf returns the UNESCO region of a country by its ISO 3166-1 alpha-2 code,
// one of Regions, or "" for a code that is none. UNESCO's five electoral regions
// follow the UN M49 geography but for the exceptions listed above.
func RegionOf(country string) string {
	region, err := language.ParseRegion(country)
	switch {
	case err != nil || !region.IsCountry():
		return ""
	case slices.Contains(arabStates, country):
		return "arab-states"
	case slices.Contains(europeanByUNESCO, country), europe.Contains(region), northernAmerica.Contains(region):
		return "europe-north-america"
	case africa.Contains(region):
		return "africa"
	case americas.Contains(region):
		return "latin-america-caribbean"
	}
	return "asia-pacific"
}
