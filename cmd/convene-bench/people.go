package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"convene/internal/delegate"
	"convene/seeds"
)

// casts is how many different rehearsals are invented. The people beyond them
// are put together from the names of two or three of these.
const casts = 8

// invent makes n people beside the rehearsal's own. The same n makes the same
// people.
func invent(n int) []delegate.Form {
	pool := pool()
	byScript := map[string][]seeds.Delegate{}
	for _, d := range pool {
		byScript[d.Script] = append(byScript[d.Script], d)
	}
	rng := rand.New(rand.NewPCG(seeds.DefaultSeed, uint64(n)))
	people := make([]delegate.Form, n)
	for i := range people {
		d := pool[i%len(pool)]
		kin := byScript[d.Script]
		people[i] = vary(d, i, kin[rng.IntN(len(kin))], kin[rng.IntN(len(kin))])
	}
	return people
}

func pool() []seeds.Delegate {
	lists := make([][]seeds.Delegate, casts)
	var wg sync.WaitGroup
	for i := range casts {
		wg.Go(func() { lists[i] = seeds.Rehearsal(seeds.DefaultSeed + 1 + uint64(i)).Delegates })
	}
	wg.Wait()
	var all []seeds.Delegate
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// vary gives a person the family names of two others who write in the same
// script, so that names differ as they do among many people.
func vary(d seeds.Delegate, number int, first, second seeds.Delegate) delegate.Form {
	full := strings.TrimSpace(d.GivenName + " " + first.FamilyName)
	if number >= casts*small && second.FamilyName != first.FamilyName {
		full = strings.TrimSpace(full + " " + second.FamilyName)
	}
	form := delegate.Form{
		Name: full, Organisation: d.Organisation, JobTitle: d.JobTitle, City: d.City, Country: d.Country,
		Category: string(d.Category), Email: numbered(d.Email, number), Language: d.Language,
		Needs: strings.Join(d.Needs, "; "), Consent: true,
	}
	if d.Script != "Latn" {
		form.LatinName = d.LatinName + " " + lastWord(first.LatinName)
	}
	return form
}

// numbered makes an address another one. The number comes last: were it the first
// word, or behind one that all have, the search for names that begin so would find
// everybody.
func numbered(email string, number int) string {
	return strings.Replace(email, "@", fmt.Sprintf(".%d@", number), 1)
}

func lastWord(name string) string {
	words := strings.Fields(name)
	return words[len(words)-1]
}
