package delegate

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/store"
)

// Pair are two registrations that may be one person's. A is the one that is further
// along, or was made earlier.
type Pair struct {
	A, B Delegate
	Why  []string // what is the same beside the name: "country", "city", "organisation"
}

// pairsOf bounds how many registrations of one name are compared with one another.
const pairsOf = 20

// unlike remembers that two registrations are two people's.
type unlike struct {
	ID    string `json:"id"` // pairID
	Event string `json:"event"`
	One   string `json:"one"` // their ids
	Other string `json:"other"`
}

var unlikes = store.NewCollection("delegate_unlikes", func(u unlike) string { return u.ID },
	store.On("one", "one"), store.On("other", "other"))

// twinKey is alike for names of the same words, in whatever order and case, with or
// without accents.
func twinKey(name string) string {
	words := i18n.Tokens(name)
	slices.Sort(words)
	return strings.Join(words, " ")
}

func pairID(a, b string) string { return min(a, b) + "/" + max(a, b) }

// Pairs lists registrations that may be one person's twice: names of the same words,
// and the same country, city or organisation. It goes through names in their order
// and begins behind the name after; next is where to go on, empty at the end.
func (s *Service) Pairs(ctx context.Context, event, after string, limit int) (pairs []Pair, next string, err error) {
	// The index tells how often each name occurs, without reading a registration.
	tally, err := delegates.Tally(ctx, s.db, store.By("twin", event))
	if err != nil {
		return nil, "", err
	}
	maps.DeleteFunc(tally, func(name string, n int) bool { return n < 2 || name <= after })
	for _, name := range slices.Sorted(maps.Keys(tally)) {
		if len(pairs) >= limit {
			return pairs, after, nil
		}
		page, err := delegates.Find(ctx, s.db, store.By("twin", event, name).Limit(pairsOf))
		if err != nil {
			return nil, "", err
		}
		found, err := s.pairsAmong(ctx, page.Items)
		if err != nil {
			return nil, "", err
		}
		pairs, after = append(pairs, found...), name
	}
	return pairs, "", nil
}

// pairsAmong compares registrations under one name.
func (s *Service) pairsAmong(ctx context.Context, list []Delegate) ([]Pair, error) {
	slices.SortStableFunc(list, furtherFirst)
	var pairs []Pair
	for i, a := range list {
		for _, b := range list[i+1:] {
			why := alike(a, b)
			if len(why) == 0 {
				continue
			}
			if _, err := unlikes.Get(ctx, s.db, pairID(a.ID, b.ID)); err == nil {
				continue
			} else if !isMissing(err) {
				return nil, err
			}
			pairs = append(pairs, Pair{A: a, B: b, Why: why})
		}
	}
	return pairs, nil
}

// alike tells what two registrations of one name have in common.
func alike(a, b Delegate) []string {
	var why []string
	add := func(what, one, other string) {
		if one != "" && one == other {
			why = append(why, what)
		}
	}
	add("country", a.Country, b.Country)
	add("city", a.City, b.City)
	add("organisation", twinKey(a.Organisation), twinKey(b.Organisation))
	return why
}

// furtherFirst sorts by how far registrations have come, then by age.
func furtherFirst(a, b Delegate) int {
	return cmp.Or(cmp.Compare(further(b), further(a)), a.Registered().Compare(b.Registered()), cmp.Compare(a.ID, b.ID))
}

func further(d Delegate) int {
	switch {
	case d.State.Over():
		return -1
	case !d.Arrived.IsZero():
		return len(States)
	}
	return slices.Index(States, d.State)
}

// TwinsOf lists who may be the same person as the delegate.
func (s *Service) TwinsOf(ctx context.Context, d Delegate) ([]Pair, error) {
	if d.Twin == "" {
		return nil, nil
	}
	page, err := delegates.Find(ctx, s.db, store.By("twin", d.Event, d.Twin).Limit(pairsOf))
	if err != nil || len(page.Items) < 2 {
		return nil, err
	}
	pairs, err := s.pairsAmong(ctx, page.Items)
	return slices.DeleteFunc(pairs, func(p Pair) bool { return p.A.ID != d.ID && p.B.ID != d.ID }), err
}

// Unlike remembers that the two are two people: they are no pair any more.
func (s *Service) Unlike(ctx context.Context, e event.Event, a, b string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		one, other, err := s.two(ctx, tx, e, a, b)
		if err != nil {
			return err
		}
		u := unlike{ID: pairID(one.ID, other.ID), Event: e.ID, One: one.ID, Other: other.ID}
		if _, err := unlikes.Get(ctx, tx, u.ID); err == nil {
			return nil
		}
		if err := unlikes.Put(tx, u); err != nil {
			return err
		}
		if err := s.record(ctx, tx, one, "delegate.unlike", nil); err != nil {
			return err
		}
		return s.record(ctx, tx, other, "delegate.unlike", nil)
	})
}
