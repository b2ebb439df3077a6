package store

import (
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

var testSchema = Schema{Name: "guests", Indexes: []Index{
	On("by_name", "event", "name"),
	Unique("badge", "event", "badge"),
	Each("search", "terms", "event").SortedBy("name"),
}}

func TestPlanRefusesWhatNoIndexServes(t *testing.T) {
	ada := Term{Text: "ada"}
	for _, c := range []struct {
		name  string
		query Query
	}{
		{"unknown index", By("by_seat")},
		{"more values than fields", By("by_name", "e", "Ada", 1)},
		{"values for the id", Query{equal: []any{"1"}}},
		{"prefix with all fields fixed", By("by_name", "e", "Ada").StartingWith("A")},
		{"range with all fields fixed", By("badge", "e", "1").Between("a", nil)},
		{"terms on an ordinary index", By("by_name", "e").Having(ada)},
		{"terms on the id", Query{}.Having(ada)},
		{"many-valued without terms", By("search", "e")},
		{"many-valued without its leading field", By("search").Having(ada)},
		{"many-valued with a prefix", By("search", "e").Having(ada).StartingWith("a")},
		{"many-valued with a range", By("search", "e").Having(ada).Between("a", "b")},
		{"a value that has no order", By("by_name", []string{"e"})},
		{"a range end that has no order", By("by_name", "e").Between(struct{}{}, nil)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := c.query.plan(testSchema); !errors.Is(err, ErrNoIndex) {
				t.Errorf("got %v, want ErrNoIndex", err)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	noon := time.Date(2026, 11, 20, 13, 0, 0, 1_999_999, time.FixedZone("CET", 3600))
	for _, c := range []struct {
		name  string
		query Query
		want  Plan
	}{
		{"ids", Query{}, Plan{Next: "id", Limit: DefaultLimit}},
		{"one field fixed", By("by_name", "e").Backwards().Limit(7),
			Plan{Equal: []any{"e"}, Next: "name", Order: []string{"name"}, Desc: true, Limit: 7}},
		{"too long a page", By("by_name", "e", 3).Limit(MaxLimit + 1),
			Plan{Equal: []any{"e", int64(3)}, Next: "id", Order: []string{}, Limit: MaxLimit}},
		{"instants", By("by_name", noon).Between(noon, nil),
			Plan{Equal: []any{"2026-11-20T12:00:00.001Z"}, Next: "name", From: "2026-11-20T12:00:00.001Z", Order: []string{"name"}, Limit: DefaultLimit}},
		{"something with a name", By("by_name", 3*time.Second),
			Plan{Equal: []any{"3s"}, Next: "name", Order: []string{"name"}, Limit: DefaultLimit}},
		{"terms", By("search", "e").Having(Term{Text: "a"}).Having(Term{Text: "b", Prefix: true}),
			Plan{Equal: []any{"e"}, Next: "id", Has: []Term{{Text: "a"}, {Text: "b", Prefix: true}}, Order: []string{"name"}, Limit: DefaultLimit}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.query.plan(testSchema)
			if err != nil {
				t.Fatal(err)
			}
			got.Collection, got.Index = "", Index{}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// A query is a value: narrowing a copy leaves the original alone.
func TestQueryIsAValue(t *testing.T) {
	base := By("search", "e").Having(Term{Text: "a"})
	one, two := base.Having(Term{Text: "b"}), base.Having(Term{Text: "c"})
	if len(base.has) != 1 || one.has[1].Text != "b" || two.has[1].Text != "c" {
		t.Errorf("base %v, one %v, two %v", base.has, one.has, two.has)
	}
}

func TestCursor(t *testing.T) {
	position := []any{"Ada \"é\"", int64(1<<62 + 1), -0.5, true, "id"}
	got, err := decodeCursor(encodeCursor(position), len(position))
	if err != nil || !reflect.DeepEqual(got, position) {
		t.Errorf("got %v, %v; want %v", got, err, position)
	}
	text := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	for _, c := range []struct{ name, cursor string }{
		{"not base64", "§§"},
		{"not JSON", text("hello")},
		{"not a list", text(`{"a":1}`)},
		{"too short", text(`["id"]`)},
		{"too long", text(`["a","b","id"]`)},
		{"null", text(`[null,"id"]`)},
		{"an object", text(`[{"$gt":""},"id"]`)},
		{"a list", text(`[["a"],"id"]`)},
		{"an id that is no text", text(`["a",1]`)},
		{"more behind it", text(`["a","id"] 1`)},
		{"cut off", strings.TrimSuffix(text(`["a","id"]`), "Q")},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := By("by_name", "e").After(c.cursor).plan(testSchema)
			if !errors.Is(err, ErrBadCursor) {
				t.Errorf("got %v, want ErrBadCursor", err)
			}
		})
	}
}
