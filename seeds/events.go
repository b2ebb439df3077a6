package seeds

import (
	"errors"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Event is one edition of a conference or a members' meeting as its sources
// tell it.
type Event struct {
	Slug       string   `yaml:"slug"` // also the name of its file
	Series     Series   `yaml:"series"`
	Number     int      `yaml:"number"` // within the series, from 1
	Title      Text     `yaml:"title"`
	Acronym    string   `yaml:"acronym"` // fit for schedule.xml and schedule.json
	Theme      Text     `yaml:"theme"`
	Translated []string `yaml:"translated,omitempty"` // languages in which title and theme are our own translation

	// A held event has days and a time zone. One that is planned may have
	// a month alone, and no place yet.
	Start    string `yaml:"start,omitempty"` // 2015-09-28
	End      string `yaml:"end,omitempty"`
	Month    string `yaml:"month,omitempty"` // 2027-06
	TimeZone string `yaml:"time_zone,omitempty"`
	City     string `yaml:"city,omitempty"`
	Country  string `yaml:"country,omitempty"` // ISO 3166-1 alpha-2
	Venue    string `yaml:"venue,omitempty"`

	Host             string                `yaml:"host,omitempty"`
	Organisers       []string              `yaml:"organisers"`
	Status           EventStatus           `yaml:"status"`
	Hybrid           bool                  `yaml:"hybrid,omitempty"` // could be attended online
	Rescheduled      *Rescheduling         `yaml:"rescheduled,omitempty"`
	Disputed         []DisputedField       `yaml:"disputed,omitempty"`
	Languages        []string              `yaml:"languages"`
	Accent           string                `yaml:"accent"` // our choice, readable with white
	Figures          []Count               `yaml:"figures,omitempty"`
	OutcomeDocuments []OutcomeDocument     `yaml:"outcome_documents,omitempty"`
	Highlights       []Highlight           `yaml:"highlights,omitempty"`
	Sources          map[string]Provenance `yaml:"sources"` // of the keys named by provenanceKeys
}

// Series is a sequence of events with numbers of its own.
type Series string

// The series.
const (
	SeriesICLC           Series = "iclc"
	SeriesMembersMeeting Series = "members-meeting"
)

func (s Series) check() []problem { return oneOf(s, []Series{SeriesICLC, SeriesMembersMeeting}) }

// EventStatus tells whether an event has been held.
type EventStatus string

// The statuses.
const (
	StatusPlanned EventStatus = "planned"
	StatusHeld    EventStatus = "held"
)

func (s EventStatus) check() []problem { return oneOf(s, []EventStatus{StatusPlanned, StatusHeld}) }

// Certainty tells how far a fact can be trusted.
type Certainty string

// The certainties.
const (
	Certain    Certainty = "certain"    // told by UNESCO, the host or a seed document
	Press      Certainty = "press"      // told by others only
	Unverified Certainty = "unverified" // remembered without a source
)

func (c Certainty) check() []problem { return oneOf(c, []Certainty{Certain, Press, Unverified}) }

// Provenance tells where a fact comes from, or that we assumed it.
type Provenance struct {
	Source    string    `yaml:"source,omitempty"`
	Certainty Certainty `yaml:"certainty,omitempty"`
	Assumed   bool      `yaml:"assumed,omitempty"`
	Note      string    `yaml:"note,omitempty"`
}

func (p Provenance) check() []problem {
	switch {
	case !p.Assumed && p.Source == "":
		return []problem{at("", "a fact needs a source, or assumed: true")}
	case !p.Assumed && p.Certainty == "":
		return []problem{at("", "a fact with a source needs its certainty")}
	}
	return nil
}

// Rescheduling tells the days an event was first called for.
type Rescheduling struct {
	FromStart string `yaml:"from_start"`
	FromEnd   string `yaml:"from_end"`
	Reason    Text   `yaml:"reason"`
	Source    string `yaml:"source"`
}

func (r Rescheduling) check() []problem {
	return checkDays("from_start", r.FromStart, "from_end", r.FromEnd)
}

// DisputedField is what another source says of one key of an event.
type DisputedField struct {
	Field  string `yaml:"field"`
	Value  string `yaml:"value"`
	Source string `yaml:"source"`
	Note   string `yaml:"note,omitempty"`
}

func (d DisputedField) check() []problem {
	if _, known := fieldsOf(reflect.TypeFor[Event]())[d.Field]; !known {
		return []problem{at("field", "an event has no key %q", d.Field)}
	}
	return nil
}

// Count is a number of an event: participants, countries, speakers.
type Count struct {
	Key         string          `yaml:"key"`
	Value       int             `yaml:"value"`
	AtLeast     bool            `yaml:"at_least,omitempty"` // "over 650"
	Approximate bool            `yaml:"approximate,omitempty"`
	Source      string          `yaml:"source"`
	Certainty   Certainty       `yaml:"certainty"`
	Disputed    []DisputedCount `yaml:"disputed,omitempty"`
	Note        string          `yaml:"note,omitempty"`
}

// DisputedCount is the number that another source gives.
type DisputedCount struct {
	Value   int    `yaml:"value"`
	AtLeast bool   `yaml:"at_least,omitempty"`
	AtMost  bool   `yaml:"at_most,omitempty"` // "almost 600"
	Source  string `yaml:"source"`
	Note    string `yaml:"note,omitempty"`
}

var keyForm = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

func (c Count) check() []problem {
	var found []problem
	if !keyForm.MatchString(c.Key) {
		found = append(found, at("key", "%q is not made of small letters and single underscores", c.Key))
	}
	if c.Value <= 0 {
		found = append(found, at("value", "%d is not above zero", c.Value))
	}
	if c.AtLeast && c.Approximate {
		found = append(found, at("approximate", "a number is a lower bound or approximate, not both"))
	}
	return found
}

// OutcomeDocument is a text that an event adopted, launched or led to. Of its
// words nothing is kept; of its structure what sources tell.
type OutcomeDocument struct {
	Slug           string         `yaml:"slug"`
	Title          Text           `yaml:"title"` // only in languages in which a source gives it
	Kind           DocumentKind   `yaml:"kind"`
	Languages      []string       `yaml:"languages,omitempty"`
	Adopted        string         `yaml:"adopted,omitempty"`
	AdoptedAssumed bool           `yaml:"adopted_assumed,omitempty"` // the day is ours, the adoption is not
	Published      string         `yaml:"published,omitempty"`
	Structure      []DocumentPart `yaml:"structure,omitempty"`
	Source         string         `yaml:"source"`
	Certainty      Certainty      `yaml:"certainty"`
	Note           string         `yaml:"note,omitempty"`
}

// DocumentKind is the genre of an outcome document.
type DocumentKind string

// The genres. Titles may speak of another one in each language.
const (
	KindDeclaration    DocumentKind = "declaration"
	KindStatement      DocumentKind = "statement"
	KindManifesto      DocumentKind = "manifesto"
	KindCallToAction   DocumentKind = "call-to-action"
	KindYouthStatement DocumentKind = "youth-statement"
	KindGuide          DocumentKind = "guide"
	KindStrategy       DocumentKind = "strategy"
	KindBook           DocumentKind = "book"
)

func (k DocumentKind) check() []problem {
	return oneOf(k, []DocumentKind{KindDeclaration, KindStatement, KindManifesto, KindCallToAction,
		KindYouthStatement, KindGuide, KindStrategy, KindBook})
}

func (d OutcomeDocument) check() []problem {
	var found []problem
	found = append(found, checkSlug("slug", d.Slug)...)
	found = append(found, checkLanguages("languages", d.Languages)...)
	for key, day := range map[string]string{"adopted": d.Adopted, "published": d.Published} {
		if day != "" {
			found = append(found, checkDay(key, day)...)
		}
	}
	if d.AdoptedAssumed && d.Adopted == "" {
		found = append(found, at("adopted_assumed", "there is no day of adoption to assume"))
	}
	return found
}

// DocumentPart is one part of a document: so many clauses, said to somebody.
type DocumentPart struct {
	Part      string `yaml:"part"`
	Title     Text   `yaml:"title"`           // our own label
	Count     int    `yaml:"count,omitempty"` // 0 where no source gives it
	Addressee Text   `yaml:"addressee,omitempty"`
	By        Text   `yaml:"by,omitempty"` // who commits themselves
	Note      string `yaml:"note,omitempty"`
}

func (p DocumentPart) check() []problem {
	found := checkSlug("part", p.Part)
	if p.Count < 0 {
		found = append(found, at("count", "%d is below zero", p.Count))
	}
	return found
}

// Highlight is something worth telling of an event, in our own words.
type Highlight struct {
	Text   Text   `yaml:"text"`
	Source string `yaml:"source"`
}

// provenanceKeys are the facts of an event whose origin stands under sources.
// Of each that the event has there must be an entry, and of no other.
func (e Event) provenanceKeys() map[string]bool {
	return map[string]bool{
		"dates":      true,
		"theme":      true,
		"organisers": true,
		"languages":  true,
		"place":      e.City != "",
		"venue":      e.Venue != "",
		"host":       e.Host != "",
	}
}

var (
	eventSlugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	acronymForm   = regexp.MustCompile(`^[a-z0-9_]{4,}$`)
)

func (e Event) check() []problem {
	var found []problem
	found = append(found, checkSlug("slug", e.Slug)...)
	if e.Number < 1 {
		found = append(found, at("number", "editions are counted from 1"))
	}
	if !acronymForm.MatchString(e.Acronym) {
		found = append(found, at("acronym", "%q is not made of at least four small letters, digits or underscores", e.Acronym))
	}
	found = append(found, e.checkTime()...)
	if e.Country != "" && !isCountry(e.Country) {
		found = append(found, at("country", "%q is not a two-letter country code (ISO 3166-1)", e.Country))
	}
	found = append(found, checkLanguages("languages", e.Languages)...)
	found = append(found, checkLanguages("translated", e.Translated)...)
	found = append(found, checkAccent("accent", e.Accent)...)
	found = append(found, unique("figures", "key", e.Figures, func(c Count) string { return c.Key })...)
	found = append(found, unique("outcome_documents", "slug", e.OutcomeDocuments,
		func(d OutcomeDocument) string { return d.Slug })...)
	return append(found, e.checkProvenance()...)
}

// checkTime demands days, a zone and a country of an event that was held, and
// days or a month of one that is planned.
func (e Event) checkTime() []problem {
	var found []problem
	switch {
	case e.Start == "" && e.End == "" && e.Month != "" && e.Status == StatusPlanned:
		if _, err := time.Parse("2006-01", e.Month); err != nil {
			found = append(found, at("month", "%q is no month like 2027-06", e.Month))
		}
	case e.Month != "":
		found = append(found, at("month", "a month is for a planned event without days"))
	default:
		found = append(found, checkDays("start", e.Start, "end", e.End)...)
		if e.TimeZone == "" || e.Country == "" {
			found = append(found, at("start", "an event with days needs a time_zone and a country"))
		}
	}
	if e.TimeZone != "" {
		if _, err := time.LoadLocation(e.TimeZone); err != nil || e.TimeZone == "Local" {
			found = append(found, at("time_zone", "%q is not a time zone of the IANA database", e.TimeZone))
		}
	}
	return found
}

func (e Event) checkProvenance() []problem {
	var found []problem
	keys := e.provenanceKeys()
	for key, wanted := range keys {
		if _, given := e.Sources[key]; wanted && !given {
			found = append(found, at("sources", "the source of %q is missing", key))
		}
	}
	for key := range e.Sources {
		if !keys[key] {
			found = append(found, at("sources."+key, "the event has no fact %q to give a source for", key))
		}
	}
	return found
}

// Days returns the number of days of the event, 0 when they are not known.
func (e Event) Days() int {
	start, err1 := time.Parse(time.DateOnly, e.Start)
	end, err2 := time.Parse(time.DateOnly, e.End)
	if err1 != nil || err2 != nil {
		return 0
	}
	return int(end.Sub(start).Hours()/24) + 1
}

// Figure returns the number under a key and whether the event has one.
func (e Event) Figure(key string) (Count, bool) {
	return find(e.Figures, func(c Count) bool { return c.Key == key })
}

// Document returns the outcome document of a slug and whether there is one.
func (e Event) Document(slug string) (OutcomeDocument, bool) {
	return find(e.OutcomeDocuments, func(d OutcomeDocument) bool { return d.Slug == slug })
}

// Events reads the events under events/, in the order of their dates. An error
// joins the faults of all files; no events are returned then.
func Events(fsys fs.FS) ([]Event, error) {
	sources, err := Sources(fsys)
	if err != nil {
		return nil, err
	}
	events, err := decodeAll(fsys, "events/*.yaml", func(name string) []func(Event) []problem {
		return []func(Event) []problem{
			knownSources[Event](sources),
			func(e Event) []problem { return namedAsFile(name, "slug", e.Slug) },
		}
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(events, func(a, b Event) int {
		return strings.Compare(a.Start+a.Month, b.Start+b.Month)
	})
	return events, nil
}

// decodeAll decodes every file that matches a pattern, each with the checks
// made for its name, and joins the faults of all.
func decodeAll[T any](fsys fs.FS, pattern string, checks func(name string) []func(T) []problem) ([]T, error) {
	names, err := fs.Glob(fsys, pattern)
	if err != nil {
		return nil, err
	}
	values := make([]T, len(names))
	errs := make([]error, len(names))
	for i, name := range names {
		values[i], errs[i] = decode(fsys, name, checks(name)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return values, nil
}

// namedAsFile demands that a file is named after the value of its key.
func namedAsFile(name, key, value string) []problem {
	if want := strings.TrimSuffix(path.Base(name), ".yaml"); value != want {
		return []problem{at(key, "%q should be %q, as the file is named", value, want)}
	}
	return nil
}

// knownSources makes the check that every source named anywhere in a value is
// listed in sources.yaml.
func knownSources[T any](sources map[string]Source) func(T) []problem {
	return func(value T) []problem {
		var found []problem
		eachSource(reflect.ValueOf(value), "", func(path, id string) {
			if _, known := sources[id]; !known {
				found = append(found, at(path, "%q is not a source of sources.yaml", id))
			}
		})
		return found
	}
}

// eachSource calls yield for every text that stands under the key "source", or
// one that ends in "_source", anywhere below v.
func eachSource(v reflect.Value, path string, yield func(path, id string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			eachSource(v.Elem(), path, yield)
		}
	case reflect.Struct:
		for key, f := range fieldsOf(v.Type()) {
			below := v.Field(f.index)
			if key != "source" && !strings.HasSuffix(key, "_source") {
				eachSource(below, join(path, key), yield)
			} else if below.String() != "" {
				yield(join(path, key), below.String())
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachSource(v.Index(i), join(path, strconv.Itoa(i)), yield)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			eachSource(v.MapIndex(key), join(path, key.String()), yield)
		}
	}
}

// find returns the first element that matches and whether there is one.
func find[T any](list []T, match func(T) bool) (T, bool) {
	if i := slices.IndexFunc(list, match); i >= 0 {
		return list[i], true
	}
	var none T
	return none, false
}

// unique demands that no two elements of a list share the value of a key.
func unique[T any](list, key string, elements []T, value func(T) string) []problem {
	var found []problem
	seen := map[string]bool{}
	for i, element := range elements {
		v := value(element)
		if seen[v] {
			found = append(found, at(join(join(list, strconv.Itoa(i)), key), "%q is listed twice", v))
		}
		seen[v] = true
	}
	return found
}

func checkSlug(key, slug string) []problem {
	if eventSlugForm.MatchString(slug) {
		return nil
	}
	return []problem{at(key, "%q is not made of small letters, digits and single hyphens", slug)}
}

func checkDay(key, day string) []problem {
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return []problem{at(key, "%q is no day like 2015-09-28", day)}
	}
	return nil
}

// checkDays demands two days of which the second is not before the first.
func checkDays(startKey, start, endKey, end string) []problem {
	found := append(checkDay(startKey, start), checkDay(endKey, end)...)
	if len(found) == 0 && end < start {
		found = append(found, at(endKey, "%s is before %s", end, start))
	}
	return found
}

// checkLanguages demands language tags in their canonical form, each once.
func checkLanguages(key string, tags []string) []problem {
	found := unique(key, "", tags, func(tag string) string { return tag })
	for i, tag := range tags {
		if parsed, err := language.Parse(tag); err != nil || parsed.String() != tag {
			found = append(found, at(join(key, strconv.Itoa(i)), "%q is not a language tag", tag))
		}
	}
	return found
}

// isCountry tells whether the code is one of ISO 3166-1 alpha-2.
func isCountry(code string) bool {
	r, err := language.ParseRegion(code)
	return err == nil && r.IsCountry() && r.String() == code
}
