package store

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Page sizes of Find.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Query asks a collection through one of its declared indexes. The zero Query
// lists by id. Build one with By and the methods; each returns a changed copy.
type Query struct {
	index    string
	equal    []any
	prefix   string
	from, to any
	has      []Term
	desc     bool
	after    string
	limit    int
}

// Term is one condition on a many-valued index: the array holds Text, something
// that begins with it or, where Any is given, one of these.
type Term struct {
	Text   string
	Prefix bool
	Any    []string
}

// Met reports whether the text meets the term.
func (t Term) Met(text string) bool {
	switch {
	case t.Any != nil:
		return slices.Contains(t.Any, text)
	case t.Prefix:
		return strings.HasPrefix(text, t.Text)
	}
	return text == t.Text
}

// By asks the named index for records whose leading fields have the values:
// strings, numbers, booleans or times.
func By(index string, values ...any) Query {
	return Query{index: index, equal: values}
}

// StartingWith narrows to records whose next field begins with the prefix.
func (q Query) StartingWith(prefix string) Query {
	q.prefix = prefix
	return q
}

// Between narrows to records whose next field is at least from and less than
// to; nil leaves an end open.
func (q Query) Between(from, to any) Query {
	q.from, q.to = from, to
	return q
}

// Having narrows a many-valued index to records that meet every term.
func (q Query) Having(terms ...Term) Query {
	q.has = append(append([]Term{}, q.has...), terms...)
	return q
}

// Backwards turns the order round.
func (q Query) Backwards() Query {
	q.desc = true
	return q
}

// After begins behind the position that an earlier page's Next named.
func (q Query) After(cursor string) Query {
	q.after = cursor
	return q
}

// Limit sets the size of a page: DefaultLimit if n is 0, MaxLimit at most.
func (q Query) Limit(n int) Query {
	q.limit = n
	return q
}

// plan resolves the query against its schema.
func (q Query) plan(s Schema) (Plan, error) {
	p := Plan{Collection: s.Name, Next: "id", Prefix: q.prefix, Has: q.has, Desc: q.desc}
	if q.index != "" {
		ix, ok := s.Index(q.index)
		if !ok {
			return Plan{}, fmt.Errorf("%w: %s has no index %q", ErrNoIndex, s.Name, q.index)
		}
		p.Index = ix
	}
	if err := q.resolveFields(&p); err != nil {
		return Plan{}, fmt.Errorf("%w: %s.%s: %v", ErrNoIndex, s.Name, q.index, err)
	}
	p.Limit = q.limit
	if p.Limit <= 0 {
		p.Limit = DefaultLimit
	}
	p.Limit = min(p.Limit, MaxLimit)
	return p, q.resolveValues(&p)
}

// resolveFields tells which fields the query fixes, narrows and sorts by, and
// refuses what the index cannot serve.
func (q Query) resolveFields(p *Plan) error {
	ix := p.Index
	if len(q.equal) > len(ix.Fields) {
		return fmt.Errorf("%d values for %d fields", len(q.equal), len(ix.Fields))
	}
	narrows := q.prefix != "" || q.from != nil || q.to != nil
	if ix.Each != "" {
		return manyValued(q, p, narrows)
	}
	if len(q.has) > 0 {
		return fmt.Errorf("terms asked of an index that is not many-valued")
	}
	rest := ix.Fields[len(q.equal):]
	p.Order = rest
	if len(rest) > 0 {
		p.Next = rest[0]
	} else if narrows && len(ix.Fields) > 0 {
		return fmt.Errorf("no field left to narrow")
	}
	return nil
}

func manyValued(q Query, p *Plan, narrows bool) error {
	switch {
	case len(q.equal) != len(p.Index.Fields):
		return fmt.Errorf("a many-valued index needs all %d leading values", len(p.Index.Fields))
	case len(q.has) == 0:
		return fmt.Errorf("a many-valued index needs a term")
	case narrows:
		return fmt.Errorf("a many-valued index is narrowed by terms alone")
	}
	p.Order = p.Index.Order
	return nil
}

func (q Query) resolveValues(p *Plan) error {
	for _, v := range q.equal {
		value, err := canonical(v)
		if err != nil {
			return err
		}
		p.Equal = append(p.Equal, value)
	}
	var err error
	if p.From, err = canonical(q.from); err != nil {
		return err
	}
	if p.To, err = canonical(q.to); err != nil {
		return err
	}
	if q.after != "" {
		p.After, err = decodeCursor(q.after, len(p.Order)+1)
	}
	return err
}

// canonical turns a Go value into the one an engine compares with what the
// codec wrote.
func canonical(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, bool, int64, float64:
		return v, nil
	case int:
		return int64(v), nil
	case time.Time:
		return formatTime(v), nil
	case fmt.Stringer:
		return v.String(), nil
	}
	return nil, fmt.Errorf("%w: a query cannot compare a %T", ErrNoIndex, v)
}

func encodeCursor(position []any) string {
	b, err := json.Marshal(position)
	if err != nil { // positions hold strings, numbers and booleans only
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(cursor string, length int) ([]any, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, ErrBadCursor
	}
	var position []any
	if err := json.Unmarshal(b, &position, exactNumbers); err != nil || len(position) != length {
		return nil, ErrBadCursor
	}
	for _, v := range position {
		switch v.(type) {
		case string, int64, float64, bool:
		default:
			return nil, ErrBadCursor
		}
	}
	if _, ok := position[length-1].(string); !ok {
		return nil, ErrBadCursor
	}
	return position, nil
}
