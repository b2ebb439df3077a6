package desk

import (
	"sync"

	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// countryLists are the countries to choose from, by language. Sorting them takes
// longer than finding a delegate, so each is made once.
type countryLists struct{ byLanguage sync.Map }

func (l *countryLists) in(p *i18n.Printer) []kit.Option {
	if list, ok := l.byLanguage.Load(p.Lang()); ok {
		return list.([]kit.Option)
	}
	var list []kit.Option
	for _, country := range p.Countries() {
		list = append(list, kit.Option{Value: country.Code, Label: country.Name})
	}
	l.byLanguage.Store(p.Lang(), list)
	return list
}
