// Package audience holds the words in which organisers say whom to write to and
// when: groups of people, the facts by which some of them are chosen, and the
// anchors that instants are counted from.
//
// A domain package tells its own in one file (see delegate/audience.go): a Part
// with its groups and anchors. Reminder rules, messages and their pages know
// nothing of the domains but what the parts tell, so a new fact appears there
// without any of them being changed. What groups, facts and anchors are called
// stands in the message catalogue under "audience".
package audience

import (
	"context"
	"slices"
	"time"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/outbox"
	"convene/internal/problem"
)

// Part is what a domain package contributes.
type Part struct {
	Groups  []Group
	Anchors []Anchor

	// Facts are further facts of groups that parts before this one contribute, by
	// the group's name. The people of these groups carry their values.
	Facts map[string][]Fact
}

// Group is a kind of people one can write to.
type Group struct {
	Name      string // "delegates"
	Delegates bool   // its people are registrations
	Facts     []Fact

	// Find returns a page of the event's people who meet every condition, in an
	// order that holds while letters are queued. A page may hold fewer than
	// limit though more follow; next is empty on the last.
	Find func(ctx context.Context, e event.Event, s Selection, cursor string, limit int) (people []Person, next string, err error)

	// Get returns the person, or a problem of kind NotFound.
	Get func(ctx context.Context, id string) (Person, error)

	// Size tells how many people of the event the group has, chosen or not.
	Size func(ctx context.Context, e event.Event) (int, error)
}

// Fact is something by which people are chosen.
type Fact struct {
	Name string // "category"

	// Options lists the values that it can have in the event.
	Options func(ctx context.Context, p *i18n.Printer, e event.Event) ([]Option, error)
}

// Option is one value of a fact, or one thing that an anchor can be narrowed to.
type Option struct{ Value, Label string }

// Person is somebody who may be written to.
type Person struct {
	Group    string
	ID       string
	Delegate string // the registration's id; empty for those who are none
	Name     string
	Email    string
	Language string
	TimeZone string // IANA name; empty: the event's
	Facts    map[string][]string

	// Named reports whether the group's search for the text finds the person. Nil:
	// no text does.
	Named func(text string) bool
}

// Has reports whether the fact has one of the values for this person.
func (p Person) Has(fact string, values ...string) bool {
	return slices.ContainsFunc(p.Facts[fact], func(v string) bool { return slices.Contains(values, v) })
}

// Location is the person's time zone, or the event's when they have none.
func (p Person) Location(e event.Event) *time.Location { return Zone(e, p.TimeZone) }

// Address makes the letter one to this person: its address and language, and
// who it is for as the letter's writer wants to know it.
func (p Person) Address(l *outbox.Letter) {
	l.To, l.Language, l.Person = outbox.Address{Name: p.Name, Email: p.Email}, p.Language, p.Delegate
	if p.Delegate != "" {
		return
	}
	if l.Data == nil {
		l.Data = map[string]string{}
	}
	l.Data["group"], l.Data["recipient"], l.Data["name"] = p.Group, p.ID, p.Name
}

// Addressee finds the person that a letter is for, as Address wrote it. A problem
// of kind NotFound says that they are gone.
func (r *Registry) Addressee(ctx context.Context, l outbox.Letter) (Person, error) {
	for _, g := range r.Groups {
		if l.Person == "" && g.Name == l.Data["group"] {
			return g.Get(ctx, l.Data["recipient"])
		}
		if l.Person != "" && g.Delegates {
			return g.Get(ctx, l.Person)
		}
	}
	return Person{}, problem.New(problem.NotFound, "problem.delegate_not_found")
}

// Zone returns the named time zone; the event's when the name is empty or not
// known.
func Zone(e event.Event, name string) *time.Location {
	if name == "" {
		return e.Location()
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return e.Location()
	}
	return loc
}

// Anchor is something that happens at an instant, for all (an event's start) or
// for each person (when they registered).
type Anchor struct {
	Name string // "event.start"

	// Typed says that the organiser types the instant: a date.
	Typed bool

	// Options lists what the anchor can be narrowed to, such as the sessions of
	// the event. Nil: there is nothing to choose.
	Options func(ctx context.Context, p *i18n.Printer, e event.Event) ([]Option, error)

	// Marks returns when it happens in the event, for an anchor of all.
	Marks func(ctx context.Context, e event.Event, option string) ([]Mark, error)

	// Group and Between belong to an anchor of each person: Between returns a
	// page of those for whom it happened at from or later, and before to. The
	// order holds; next is empty on the last page.
	Group   string
	Between func(ctx context.Context, e event.Event, option string, from, to time.Time, cursor string, limit int) (marks []PersonMark, next string, err error)
}

// Personal reports whether the anchor has an instant of its own for each person.
func (a Anchor) Personal() bool { return a.Between != nil }

// Mark is one instant of an anchor.
type Mark struct {
	Key  string            // tells it from the anchor's others; another one when it moves
	At   time.Time         // UTC
	Data map[string]string // for the letter: {"session": id}
	Name i18n.Text         // of a session, for the calendar; may be empty
}

// PersonMark is when an anchor happened for a person.
type PersonMark struct {
	Person Person
	At     time.Time
}

// Registry is all that the parts contribute.
type Registry struct {
	Groups  []Group
	Anchors []Anchor

	print *i18n.Printer // for the labels of options, where only their values matter
}

// NewRegistry joins the parts. What the event itself has comes first. The printer
// may be of any language.
func NewRegistry(p *i18n.Printer, parts ...Part) *Registry {
	r := &Registry{Anchors: eventAnchors(), print: p}
	for _, p := range parts {
		r.Groups = append(r.Groups, p.Groups...)
		r.Anchors = append(r.Anchors, p.Anchors...)
		for i, g := range r.Groups {
			r.Groups[i].Facts = append(g.Facts, p.Facts[g.Name]...)
		}
	}
	return r
}

// Group returns the group of the name.
func (r *Registry) Group(name string) (Group, bool) {
	i := slices.IndexFunc(r.Groups, func(g Group) bool { return g.Name == name })
	if i < 0 {
		return Group{}, false
	}
	return r.Groups[i], true
}

// Anchor returns the anchor of the name.
func (r *Registry) Anchor(name string) (Anchor, bool) {
	i := slices.IndexFunc(r.Anchors, func(a Anchor) bool { return a.Name == name })
	if i < 0 {
		return Anchor{}, false
	}
	return r.Anchors[i], true
}

// Fact returns the group's fact of the name.
func (g Group) Fact(name string) (Fact, bool) {
	i := slices.IndexFunc(g.Facts, func(f Fact) bool { return f.Name == name })
	if i < 0 {
		return Fact{}, false
	}
	return g.Facts[i], true
}
