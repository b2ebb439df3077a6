package seeds

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// sample has one field of each kind that decode knows.
type sample struct {
	Name   string            `yaml:"name"`
	Count  int               `yaml:"count,omitempty"`
	Share  float64           `yaml:"share,omitempty"`
	Open   bool              `yaml:"open,omitempty"`
	Day    time.Time         `yaml:"day,omitempty"`
	Labels map[string]string `yaml:"labels,omitempty"`
	Rooms  []room            `yaml:"rooms,omitempty"`
	Lead   *room             `yaml:"lead,omitempty"`
}

type room struct {
	Seats int `yaml:"seats"`
}

func (r room) check() []problem {
	if r.Seats < 1 {
		return []problem{at("seats", "a room has at least one seat, not %d", r.Seats)}
	}
	return nil
}

func read(text string, checks ...func(sample) []problem) (sample, error) {
	return decode(fstest.MapFS{"f.yaml": {Data: []byte(text)}}, "f.yaml", checks...)
}

func TestDecodeReadsEveryKind(t *testing.T) {
	t.Parallel()
	got, err := read(`name: Hall
count: 3
share: 2
open: true
day: 2016-11-15
labels: {en: Hall, fr: Salle}
rooms: [{seats: 4}, {seats: 5}]
lead:
  seats: 6
`)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "Hall" || got.Count != 3 || got.Share != 2 || !got.Open ||
		!got.Day.Equal(time.Date(2016, 11, 15, 0, 0, 0, 0, time.UTC)) ||
		got.Labels["fr"] != "Salle" || got.Rooms[1].Seats != 5 || got.Lead.Seats != 6 {
		t.Errorf("decode read %+v", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"no key":          {"count: 1", `f.yaml:1: name: this key is missing`},
		"unknown key":     {"name: a\nnmae: b", `f.yaml:2: nmae: this key is not known; known here: count, day, labels, lead, name, open, rooms, share`},
		"doubled key":     {"name: a\nname: b", `f.yaml:2: the key "name" stands here again; it was given on line 1`},
		"doubled map key": {"name: a\nlabels:\n  en: b\n  en: c", `f.yaml:4: labels: the key "en" stands here again; it was given on line 3`},
		"number as text":  {"name: 7", `f.yaml:1: name: expected a text, found the number "7"`},
		"text as number":  {"name: a\ncount: \"7\"", `f.yaml:2: count: expected a whole number, found the text "7"`},
		"broken number":   {"name: a\ncount: 7.5", `f.yaml:2: count: expected a whole number, found the number "7.5"`},
		"too large":       {"name: a\ncount: 99999999999999999999", `f.yaml:2: count: expected a whole number, found the number "99999999999999999999"`},
		"endless":         {"name: a\nshare: .inf", `f.yaml:2: share: expected a number, found the number ".inf"`},
		"yes":             {"name: a\nopen: yes", `f.yaml:2: open: expected true or false, found the text "yes"`},
		"empty value":     {"name:", `f.yaml:1: name: the value is empty; leave the key out instead`},
		"no list":         {"name: a\nrooms: {seats: 1}", `f.yaml:2: rooms: expected a list, found keys with values`},
		"no keys":         {"name: a\nlead: [1]", `f.yaml:2: lead: expected keys with values, found a list`},
		"bad day":         {"name: a\nday: soon", `f.yaml:2: day: "soon" is not understood: `},
		"number as key":   {"name: a\nlabels: {1: b}", `f.yaml:2: labels: the key must be a text, found the number "1"`},
		"alias":           {"name: &n a\nlabels: {en: *n}", "f.yaml:1: name: anchors and aliases are not allowed; write the value out\nf.yaml:2: labels.en: anchors"},
		"address":         {"name: Ask ann@city.gov", `f.yaml:1: name: a text may hold no "@"`},
		"second document": {"name: a\n---\nname: b", `f.yaml:2: a second document begins here; a seed file holds one`},
		"no document":     {"", `f.yaml: the file is empty`},
		"only a comment":  {"# later\n", `f.yaml: the file is empty`},
		"no YAML":         {"name: a\nlabels: {en: b", `f.yaml:1: here or on the next line the file is not YAML: `},
		"rule":            {"name: a\nrooms:\n  - seats: 2\n  - seats: 0", `f.yaml:4: rooms.1.seats: a room has at least one seat, not 0`},
		"unread, unruled": {"name: a\nrooms:\n  - seats: many", `f.yaml:3: rooms.0.seats: expected a whole number, found the text "many"`},
		"several":         {"name: a\nrooms:\n- seats: 0\nopen: 1\nx: 1", "f.yaml:3: rooms.0.seats: a room has at least one seat, not 0\nf.yaml:4: open: expected true or false, found the number \"1\"\nf.yaml:5: x: this key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(tc.text)
			if err == nil {
				t.Fatal("decode accepted the file")
			}
			if got := err.Error(); !strings.HasPrefix(got, tc.want) || strings.Count(got, "\n") != strings.Count(tc.want, "\n") {
				t.Errorf("decode said\n%s\nwant\n%s", got, tc.want)
			}
			var fault *Fault
			if !errors.As(err, &fault) {
				t.Errorf("%T holds no *Fault", err)
			}
		})
	}
}

func TestDecodeAcceptsReservedAddresses(t *testing.T) {
	t.Parallel()
	if _, err := read("name: ann@delegates.example.org"); err != nil {
		t.Error(err)
	}
}

func TestDecodeOfMissingFile(t *testing.T) {
	t.Parallel()
	_, err := decode[sample](fstest.MapFS{}, "f.yaml")
	if want := "f.yaml: the file cannot be read: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("decode said %v, want %q", err, want)
	}
}

func TestDecodeCallsTheChecksGiven(t *testing.T) {
	t.Parallel()
	_, err := read("name: a\nlabels:\n  en: b\n", func(s sample) []problem {
		return []problem{at("labels.fr", "%s has no French label", s.Name), at("", "of the file")}
	})
	want := "f.yaml:1: of the file\nf.yaml:2: labels.fr: a has no French label"
	if err == nil || err.Error() != want {
		t.Errorf("decode said %v, want %q", err, want)
	}
}
