package i18n

import (
	"slices"
	"sync"

	"github.com/biter777/countries"
	"golang.org/x/text/collate"
)

// dissolved countries that the list of codes still holds.
var dissolved = []string{"AN", "YU"}

// countryCodes lists the ISO 3166-1 alpha-2 codes of today's countries and
// territories.
var countryCodes = sync.OnceValue(func() []string {
	var codes []string
	for _, c := range countries.All() {
		if code := c.Alpha2(); len(code) == 2 && !slices.Contains(dissolved, code) {
			codes = append(codes, code)
		}
	}
	return codes
})

// Named is a code with its name in a printer's language.
type Named struct{ Code, Name string }

// Countries returns every country in the order of the language's alphabet.
func (p *Printer) Countries() []Named {
	list := make([]Named, 0, len(countryCodes()))
	for _, code := range countryCodes() {
		list = append(list, Named{Code: code, Name: p.Country(code)})
	}
	p.Sort(list)
	return list
}

// Sort puts names into the order of the language's alphabet.
func (p *Printer) Sort(list []Named) {
	c := collate.New(p.tag, collate.Loose) // keeps state, so one for each call
	slices.SortFunc(list, func(a, b Named) int { return c.CompareString(a.Name, b.Name) })
}
