package store

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestEncodeWritesInstantsInUTC(t *testing.T) {
	type record struct {
		At   time.Time            `json:"at"`
		Ptr  *time.Time           `json:"ptr"`
		List []time.Time          `json:"list"`
		Map  map[string]time.Time `json:"map"`
	}
	at := time.Date(2026, 11, 20, 1, 2, 3, 456_999_999, time.FixedZone("IST", 19800))
	got, err := encode(record{at, &at, []time.Time{at}, map[string]time.Time{"b": at, "a": {}}})
	want := `{"at":"2026-11-19T19:32:03.456Z","ptr":"2026-11-19T19:32:03.456Z","list":["2026-11-19T19:32:03.456Z"],` +
		`"map":{"a":"0001-01-01T00:00:00.000Z","b":"2026-11-19T19:32:03.456Z"}}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	var back record
	if err := decode(got, &back); err != nil || !back.At.Equal(at.Truncate(time.Millisecond)) || back.At.Location() != time.UTC {
		t.Errorf("came back as %v, %v", back.At, err)
	}
}

func TestWriteRefusesMissingIndexedFields(t *testing.T) {
	type seat struct {
		ID   string  `json:"id"`
		Row  *string `json:"row"`
		Side *struct {
			Name string `json:"name"`
		} `json:"side,omitempty"`
	}
	seats := NewCollection("seats", func(s seat) string { return s.ID }, On("by_row", "row"), On("by_side", "side.name"))
	row := "A"
	full := seat{ID: "1", Row: &row, Side: &struct {
		Name string `json:"name"`
	}{"left"}}
	for _, c := range []struct {
		name  string
		edit  func(*seat)
		wants string // in the error; "" for none
	}{
		{"complete", func(*seat) {}, ""},
		{"no id", func(s *seat) { s.ID = "" }, "no id"},
		{"null", func(s *seat) { s.Row = nil }, `"row"`},
		{"left out", func(s *seat) { s.Side = nil }, `"side.name"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := full
			c.edit(&s)
			err := seats.Create(newTx(nil), s)
			if c.wants == "" && err != nil || c.wants != "" && (err == nil || !strings.Contains(err.Error(), c.wants)) {
				t.Errorf("got %v, want %q", err, c.wants)
			}
		})
	}
}

func TestCheckSchemas(t *testing.T) {
	each := Each("terms", "terms")
	for _, c := range []struct {
		name    string
		schemas []Schema
		ok      bool
	}{
		{"none", nil, true},
		{"good", []Schema{testSchema, {Name: "counters"}}, true},
		{"collection twice", []Schema{{Name: "a"}, {Name: "a"}}, false},
		{"index twice", []Schema{{Name: "a", Indexes: []Index{On("x", "x"), On("x", "y")}}}, false},
		{"index named id", []Schema{{Name: "a", Indexes: []Index{On("id", "x")}}}, false},
		{"index of nothing", []Schema{{Name: "a", Indexes: []Index{On("x")}}}, false},
		{"ordinary index with an order", []Schema{{Name: "a", Indexes: []Index{On("x", "x").SortedBy("y")}}}, false},
		{"unique many-valued index", []Schema{{Name: "a", Indexes: []Index{{Name: "x", Each: each.Each, Unique: true}}}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := checkSchemas(c.schemas); (err == nil) != c.ok {
				t.Errorf("got %v, want ok %v", err, c.ok)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	dup := error(&DuplicateError{Collection: "guests", Index: "badge"})
	if !errors.Is(dup, ErrDuplicate) || errors.Is(dup, ErrConflict) || !IsDuplicate(dup, "badge") || IsDuplicate(dup, "id") {
		t.Errorf("%v is not itself", dup)
	}
	if conflict := error(&ConflictError{}); !errors.Is(conflict, ErrConflict) || errors.Is(conflict, ErrDuplicate) {
		t.Errorf("%v is not itself", conflict)
	}
}
