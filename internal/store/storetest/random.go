package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"convene/internal/store"
)

// random makes random changes to a database and to a map beside it, and asks
// random queries of both. The seed is fixed, so a failure repeats.
func (s *suite) random(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := &model{db: s.open(t), rng: rand.New(rand.NewPCG(seed, 1)), guests: map[string]guest{}}
			for range 15 {
				for range 6 {
					m.change(t)
				}
				for range 8 {
					m.ask(t)
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// model is what the database should hold.
type model struct {
	db     *store.DB
	rng    *rand.Rand
	guests map[string]guest
}

func pick[T any](m *model, from ...T) T { return from[m.rng.IntN(len(from))] }

func (m *model) text() string {
	return pick(m, "", "a", "A", "ab", "abc", "b", "é", "e\u0301", "日", "日本", "😀", "a%", "a_c", "10", "9")
}

// random guests have few different values, so that many are equal.
func (m *model) guest(id string) guest {
	g := guest{
		ID: id, Event: pick(m, "e", "f"), Name: m.text(), Badge: fmt.Sprint(m.rng.IntN(60)),
		Seat: int64(m.rng.IntN(4) - 1), Score: pick(m, -1.5, 0, 0.5, 1, 2, 1e20), Present: pick(m, true, false),
		Arrived: time.UnixMilli(int64(m.rng.IntN(5)-2) * 1500).UTC(), Address: address{City: m.text()}, Terms: []string{},
	}
	for range m.rng.IntN(4) {
		g.Terms = append(g.Terms, m.text())
	}
	return g
}

// change makes, replaces or deletes one guest in both.
func (m *model) change(t *testing.T) {
	t.Helper()
	id := fmt.Sprint("g", m.rng.IntN(40))
	_, exists := m.guests[id]
	g := m.guest(id)
	taken := m.badgeTaken(g)
	ctx := t.Context()
	remove := exists && m.rng.IntN(4) == 0
	err := m.db.Update(ctx, func(tx *store.Tx) error {
		if remove {
			return guests.Delete(ctx, tx, id)
		}
		if _, err := guests.Get(ctx, tx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return guests.Put(tx, g)
	})
	switch {
	case remove && err == nil:
		delete(m.guests, id)
	case !remove && taken:
		wantDuplicate(t, id, err)
	case err != nil:
		t.Fatalf("%s: %v", id, err)
	default:
		m.guests[id] = g
	}
}

func (m *model) badgeTaken(g guest) bool {
	for id, other := range m.guests {
		if id != g.ID && other.Event == g.Event && other.Badge == g.Badge {
			return true
		}
	}
	return false
}

// question is a query in two forms: as the store takes it, and as a condition
// and an order that say the same.
type question struct {
	query store.Query
	text  string
	meets []func(guest) bool
	order []string
	desc  bool
}

func (m *model) ask(t *testing.T) {
	t.Helper()
	q := m.question()
	want := m.answer(q)
	size := 1 + m.rng.IntN(8)
	if got := found(t, m.db, q.query, size); !slices.Equal(got, want) {
		t.Errorf("%s, in pages of %d:\ngot  %q\nwant %q", q.text, size, got, want)
	}
	if n, err := guests.Count(t.Context(), m.db, q.query); err != nil || n != len(want) {
		t.Errorf("%s: Count = %d, %v; want %d", q.text, n, err, len(want))
	}
}

// answer evaluates the question the slow way.
func (m *model) answer(q question) []string {
	var list []guest
	for _, g := range m.guests {
		if !slices.ContainsFunc(q.meets, func(meets func(guest) bool) bool { return !meets(g) }) {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b guest) int {
		order := cmp.Compare(a.ID, b.ID)
		for _, field := range slices.Backward(q.order) {
			order = cmp.Or(compare(value(a, field), value(b, field)), order)
		}
		if q.desc {
			return -order
		}
		return order
	})
	ids := []string{}
	for _, g := range list {
		ids = append(ids, g.ID)
	}
	return ids
}

// question draws an index and fixes, narrows and turns round what it allows.
func (m *model) question() question {
	indexes := append([]store.Index{{}}, guests.Schema().Indexes...)
	ix := pick(m, indexes...)
	like := m.guest("") // where values to ask for come from
	fixed := m.rng.IntN(len(ix.Fields) + 1)
	if ix.Each != "" {
		fixed = len(ix.Fields)
	}
	q := question{text: ix.Name}
	var equal []any
	for _, field := range ix.Fields[:fixed] {
		v := value(like, field)
		equal = append(equal, v)
		q.meets = append(q.meets, func(g guest) bool { return compare(value(g, field), v) == 0 })
		q.text += fmt.Sprintf(" %s=%v", field, v)
	}
	q.query = store.By(ix.Name, equal...)
	q.order = ix.Fields[fixed:]
	switch {
	case ix.Each != "":
		q.order = ix.Order
		m.having(&q)
	case fixed < len(ix.Fields):
		m.narrow(&q, ix.Fields[fixed])
	}
	if m.rng.IntN(2) == 0 {
		q.desc = true
		q.query = q.query.Backwards()
		q.text += " backwards"
	}
	return q
}

// having adds one to three terms.
func (m *model) having(q *question) {
	for range 1 + m.rng.IntN(3) {
		term := store.Term{Text: m.text(), Prefix: pick(m, true, false)}
		if term.Text == "" {
			term.Prefix = false
		}
		if m.rng.IntN(4) == 0 {
			term = store.Term{Any: []string{m.text(), m.text()}}
		}
		q.query = q.query.Having(term)
		q.text += fmt.Sprintf(" has %+v", term)
		q.meets = append(q.meets, func(g guest) bool {
			return slices.ContainsFunc(g.Terms, term.Met)
		})
	}
}

// narrow adds a prefix to a text field, or a range with one end or two to any
// but a boolean.
func (m *model) narrow(q *question, field string) {
	a, b := value(m.guest(""), field), value(m.guest(""), field)
	prefix, isText := a.(string)
	_, isBool := a.(bool)
	switch kind := m.rng.IntN(5); {
	case kind == 0 || isBool:
	case kind == 1 && isText:
		q.query = q.query.StartingWith(prefix)
		q.text += fmt.Sprintf(" %s starting with %q", field, prefix)
		q.meets = append(q.meets, func(g guest) bool { return strings.HasPrefix(value(g, field).(string), prefix) })
	default:
		from, to := a, b
		if kind == 2 {
			from = nil
		} else if kind == 3 {
			to = nil
		}
		q.query = q.query.Between(from, to)
		q.text += fmt.Sprintf(" %v <= %s < %v", from, field, to)
		q.meets = append(q.meets, func(g guest) bool {
			v := value(g, field)
			return (from == nil || compare(v, from) >= 0) && (to == nil || compare(v, to) < 0)
		})
	}
}

// value reads the field that an index names.
func value(g guest, field string) any {
	switch field {
	case "event":
		return g.Event
	case "name":
		return g.Name
	case "badge":
		return g.Badge
	case "seat":
		return g.Seat
	case "score":
		return g.Score
	case "present":
		return g.Present
	case "arrived":
		return g.Arrived
	case "address.city":
		return g.Address.City
	}
	panic("no field " + field)
}

// compare is the order that both engines must keep: text by its bytes, false
// before true.
func compare(a, b any) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case time.Time:
		return a.Compare(b.(time.Time))
	case bool:
		switch {
		case a == b.(bool):
			return 0
		case a:
			return 1
		}
		return -1
	}
	panic(fmt.Sprintf("no order for a %T", a))
}
