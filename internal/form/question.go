// Package form keeps what an event asks of those who register, beside their name
// and place: questions as data, which organisers write and change without touching
// an answer that was given.
package form

import (
	"slices"
	"time"

	"convene/internal/i18n"
)

// Kind is what sort of answer a question takes.
type Kind string

// The kinds of questions, and the values that an answer to each has.
const (
	Text      Kind = "text"      // one line
	Long      Kind = "long"      // several lines
	Number    Kind = "number"    // a decimal number with a point
	Date      Kind = "date"      // YYYY-MM-DD
	YesNo     Kind = "yesno"     // Yes or No
	One       Kind = "one"       // an option's id
	Several   Kind = "several"   // the ids of options, in the options' order
	Country   Kind = "country"   // ISO 3166-1 alpha-2
	Telephone Kind = "telephone" // a plus sign and digits, as in ITU-T E.164
	File      Kind = "file"      // a file's id
)

// Kinds lists every kind.
var Kinds = []Kind{Text, Long, Number, Date, YesNo, One, Several, Country, Telephone, File}

// The answers to a question of the kind YesNo.
const (
	Yes = "yes"
	No  = "no"
)

// Moment is when a question is asked.
type Moment string

// The moments at which questions are asked.
const (
	AtRegistration Moment = "registration"
	Later          Moment = "later" // on the delegate's own page
	AtDoor         Moment = "door"  // by the staff, of who registers there
)

// Moments lists every moment.
var Moments = []Moment{AtRegistration, Later, AtDoor}

// Question is one that an event asks.
type Question struct {
	ID       string    `json:"id"` // [a-z0-9_]+; never changes, and no other question of the event ever has it
	Kind     Kind      `json:"kind"`
	Label    i18n.Text `json:"label"`
	Help     i18n.Text `json:"help,omitempty"`
	Options  []Option  `json:"options,omitempty"` // of One and Several
	Required bool      `json:"required,omitzero"`

	Min     string   `json:"min,omitempty"`     // the least Number, or the first Date
	Max     string   `json:"max,omitempty"`     // the greatest Number, or the last Date
	Most    int      `json:"most,omitzero"`     // signs of a text, choices of Several, MiB of a File; 0: the program's limit
	Endings []string `json:"endings,omitempty"` // of a File's name; none: all that the program takes

	Asked      Moment     `json:"asked"`
	Categories []string   `json:"categories,omitempty"` // who is asked; none: everybody
	If         *Condition `json:"if,omitempty"`

	Freeze  time.Time `json:"freeze,omitzero"`  // from then on only the organisers change answers
	Keep    time.Time `json:"keep,omitzero"`    // from then on answers are removed
	Approve bool      `json:"approve,omitzero"` // a changed answer holds once the organisers approve it
	Retired bool      `json:"retired,omitzero"` // asked no longer; what was answered stays
}

// Option is one answer of a question that offers some.
type Option struct {
	ID      string    `json:"id"` // [a-z0-9_]+; never changes
	Label   i18n.Text `json:"label"`
	Retired bool      `json:"retired,omitzero"` // offered no longer; who chose it keeps it
}

// Condition has a question asked only of those who answered another one in some
// way.
type Condition struct {
	Question string   `json:"question"`     // one that stands before
	Is       []string `json:"is,omitempty"` // one of these values; none: any answer
}

// Limits of the program's.
const (
	MaxText = 300   // signs of a line
	MaxLong = 5_000 // signs of a long text
	MaxFile = 10    // MiB

	MaxLabel   = 200 // signs of a label, of the question or an option
	MaxHelp    = 600 // signs of the help
	MaxOptions = 100 // retired ones among them
)

// Option returns the option with the id.
func (q Question) Option(id string) (Option, bool) {
	i := slices.IndexFunc(q.Options, func(o Option) bool { return o.ID == id })
	if i < 0 {
		return Option{}, false
	}
	return q.Options[i], true
}

// Longest is how many signs a text may have, 0 for other kinds.
func (q Question) Longest() int {
	limit := map[Kind]int{Text: MaxText, Long: MaxLong}[q.Kind]
	if limit > 0 && q.Most > 0 {
		return min(q.Most, limit)
	}
	return limit
}

// Largest is how large a file may be, in bytes.
func (q Question) Largest() int {
	if q.Most > 0 && q.Most < MaxFile {
		return q.Most << 20
	}
	return MaxFile << 20
}

// Frozen reports whether delegates can no longer change their answers.
func (q Question) Frozen(now time.Time) bool { return !q.Freeze.IsZero() && !now.Before(q.Freeze) }

// Expired reports whether answers are no longer kept.
func (q Question) Expired(now time.Time) bool { return !q.Keep.IsZero() && !now.Before(q.Keep) }

// Field is the name of the question's field in a form.
func (q Question) Field() string { return FieldOf(q.ID) }

// FieldOf is the name of the field of the question with the id.
func FieldOf(id string) string { return "q-" + id }

// asks reports whether the question is for somebody of the category.
func (q Question) asks(category string) bool {
	return !q.Retired && (len(q.Categories) == 0 || slices.Contains(q.Categories, category))
}

// met reports whether the answers are such that the question is asked.
func (c *Condition) met(given Answers) bool {
	if c == nil {
		return true
	}
	values := given[c.Question]
	if len(c.Is) == 0 {
		return len(values) > 0
	}
	return slices.ContainsFunc(values, func(v string) bool { return slices.Contains(c.Is, v) })
}
