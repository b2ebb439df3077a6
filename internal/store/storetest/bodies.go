package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"convene/internal/store"
)

// bodies checks that any JSON object comes back with the same values under the
// same keys in the same order, whatever the engine keeps it as.
func (s *suite) bodies(t *testing.T) {
	text := func(v string) string {
		b, err := json.Marshal(map[string]string{"text": v})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	cases := []struct{ name, body string }{
		{"empty", `{}`},
		{"quotes", text(`a "b" 'c' \ / ; -- `)},
		{"control characters", `{"text":"\u0001\u0008\t\n\u000b\r\u001b\u001f\u007f\u0085"}`},
		{"line separators", text("\u2028\u2029\uFEFF\uFFFD\uFFFF")},
		{"emoji", text("👩‍👩‍👧‍👦🇺🇳 e\u0301 \U0010FFFF")},
		{"right to left", text("مرحبا \u202Eabc\u202C שלום")},
		{"markup", text(`<script>alert("&amp;")</script>`)},
		{"one megabyte", text(strings.Repeat("x'\"é", 1<<20/5))},
		{"deep objects", strings.Repeat(`{"a":`, 60) + `1` + strings.Repeat(`}`, 60)},
		{"key order", `{"z":1,"a":{"y":[],"b":{}},"m":[{"d":1,"c":2}]}`},
		{"null and booleans", `{"a":null,"b":true,"c":false,"d":[null,true,false]}`},
		{"empty and nested", `{"a":[],"b":{},"c":[{}],"d":{"e":[]}}`},
		{"integers", `{"a":0,"b":-1,"c":9007199254740993,"d":9223372036854775807,"e":-9223372036854775808,"f":2147483648}`},
		{"fractions", `{"a":0.1,"b":-1.5,"c":1e300,"d":5e-324,"e":9223372036854775808,"f":1.0,"g":[0.5]}`},
		{"list of many", `{"a":[` + strings.Repeat(`"x",`, 2000) + `1]}`},
		{"an id of its own", `{"id":7,"version":"x","_id":8,"_v":9,"_c":10,"body":{"_id":1}}`},
	}
	engine := s.engine(t)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) { wantSameBody(t, engine, fmt.Sprint(i), c.body) })
	}
	t.Run("keys", func(t *testing.T) {
		for _, key := range []string{
			"", " ", "a b", "ключ", "a'b", "a.b", ".", "a..b", "$", "$set", "a$b", "~", "~0", "~1", "~5", "a~", "a[0]", "0", "#", "%",
			"__proto__", "_", "_id", "ada@example.org", "\u0000", "a\u0000b", strings.Repeat("k", 300),
		} {
			wantSameKey(t, engine, key)
		}
	})
	t.Run("quoted keys", func(t *testing.T) {
		need(t, s.has.QuotedKeys, "QuotedKeys")
		for _, key := range []string{`a"b`, `"`, `a\b`, `\`, "\t", "a\nb", "\u0001", "\u001f"} {
			wantSameKey(t, engine, key)
		}
	})
	t.Run("deep lists", func(t *testing.T) {
		need(t, s.has.NestedLists, "NestedLists")
		wantSameBody(t, engine, "deep", `{"a":`+strings.Repeat(`[`, 60)+`{"b":[[],[1]]}`+strings.Repeat(`]`, 60)+`}`)
	})
	t.Run("like instants", func(t *testing.T) { likeInstants(t, engine) })
}

// wantSameKey keeps a field of that name in a body and in an object inside it.
func wantSameKey(t *testing.T, engine store.Engine, key string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{key: map[string]any{key: 1, key + "x": []any{map[string]any{key: "y"}}}})
	if err != nil {
		t.Fatal(err)
	}
	wantSameBody(t, engine, fmt.Sprintf("key %q", key), string(body))
}

// likeInstants keeps text that an engine with native dates may take for one.
func likeInstants(t *testing.T, engine store.Engine) {
	for i, text := range []string{
		"2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00.999Z", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.0000Z",
		"2026-11-20T10:00:00.00Z", "2026-11-20T10:00:00.000z", "2026-11-20t10:00:00.000Z", "2026-11-20T10:00:00,000Z",
		"2026-11-20T24:00:00.000Z", "2026-11-20T23:59:60.000Z", "2026-02-30T10:00:00.000Z", "2026-13-01T10:00:00.000Z",
		"2024-02-29T10:00:00.000Z", "2026-11-20T10:00:00.000+", " 2026-11-20T10:00:00.00Z", "2026-11-20 10:00:00.000Z",
		"0000-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z",
		"2026-11-20T 9:00:00.000Z", "+026-11-20T09:00:00.000Z", "２026-11-20T10:00:00.0Z", "2026-11-20", "1700000000000",
	} {
		body := fmt.Sprintf(`{"a":%q,"b":[%q],"c":{%q:%q}}`, text, text, text, text)
		wantSameBody(t, engine, fmt.Sprint("instant", i), body)
	}
}

// wantSameBody puts, reads, replaces and finds one body.
func wantSameBody(t *testing.T, engine store.Engine, id, body string) {
	t.Helper()
	ctx := t.Context()
	write := store.Write{Op: store.Put, Collection: "counters", ID: id, Version: 1, Body: []byte(body)}
	for range 2 { // made, then replaced
		if err := engine.Commit(ctx, []store.Write{write}); err != nil {
			t.Fatalf("Commit: %v", err)
		}
		write.Expect, write.Version = write.Version, write.Version+1
	}
	rec, err := engine.Get(ctx, "counters", id)
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	list, err := engine.Find(ctx, store.Plan{Collection: "counters", Next: "id", From: id, To: id + "\x00", Limit: 2})
	if err != nil || len(list) != 1 {
		t.Fatalf("Find: %d records, %v", len(list), err)
	}
	for _, got := range []store.Record{rec, list[0]} {
		if got.ID != id || got.Version != 2 {
			t.Errorf("got %s at version %d, want %s at 2", got.ID, got.Version, id)
		}
		if !slices.Equal(tokens(t, got.Body), tokens(t, []byte(body))) {
			t.Errorf("got  %.400s\nwant %.400s", got.Body, body)
		}
	}
}

// tokens reads JSON as a list in which equal values are equal text, so that two
// bodies can be compared with the order of their keys.
func tokens(t *testing.T, body []byte) []string {
	t.Helper()
	var list []string
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%v in %.200s", err, body)
		}
		if n, ok := token.(json.Number); ok {
			token = number(n)
		}
		list = append(list, fmt.Sprintf("%T %v", token, token))
	}
}

// number writes 1, 1.0 and 1e0 as one text, and large integers exactly.
func number(n json.Number) string {
	if i, err := n.Int64(); err == nil {
		return strconv.FormatInt(i, 10)
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	if i := int64(f); f == float64(i) && f < 1<<62 && f > -1<<62 {
		return strconv.FormatInt(i, 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
