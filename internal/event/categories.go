package event

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/i18n"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// TypedCategory is a category as an organiser types it.
type TypedCategory struct {
	Name   i18n.Text // by language; empty: the program's word for one of the usual ones
	Places string    // empty: no limit of its own
	Opens  string    // as LocalTime writes it, by the event's clock; empty: with the event's registration
	Closes string    // likewise
	Mode   Mode
	Seen   Seen
	Colour string // empty: the usual one
}

// LocalTime is how instants are typed, by the clock of the event's place: as inputs
// of the type datetime-local send them.
const LocalTime = "2006-01-02T15:04"

// Limits of categories.
const (
	MaxCategories   = 60
	MaxCategoryName = 60 // characters, so that a badge can hold it
)

// NameField is the name of the field that has a category's name in the language.
func NameField(lang string) string { return "name-" + lang }

// SaveCategory changes the category with the id, or adds one at the end if that is
// empty. One that is there already, in all but its id, is not added again: a button was
// pressed twice. Two of one name nobody could tell apart. A problem of kind Invalid
// names the fields that NameField names, places, opens, closes, mode, seen and colour.
func (s *Service) SaveCategory(ctx context.Context, event, id string, typing Typing[TypedCategory]) (c Category, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		e, err := s.Get(ctx, tx, event)
		if err != nil {
			return err
		}
		list := slices.Clone(e.Categories())
		i := indexOf(list, id)
		if id != "" && i < 0 {
			return errNoCategory()
		}
		c = Category{}
		if i >= 0 {
			c = list[i]
		}
		typed, err := typing(e)
		if err != nil {
			return err
		}
		if c, err = typed.cleaned(e, c); err != nil {
			return err
		}
		if j := slices.IndexFunc(list, c.alike); j >= 0 {
			if c.ID = list[j].ID; i < 0 && reflect.DeepEqual(c, list[j]) {
				return nil
			}
			var faults problem.Form
			faults.Add(NameField("en"), "problem.field.category_name")
			return faults.Err()
		}
		if i < 0 {
			if len(list) >= MaxCategories {
				return problem.New(problem.Conflict, "problem.category_many", "Max", MaxCategories)
			}
			c.ID = e.freeID(c.Name)
			i, list = len(list), append(list, c)
		}
		list[i] = c
		return s.putCategories(ctx, tx, e, list, "category.save", c.ID)
	})
	return c, err
}

// alike reports whether the other category is another one of the same name.
func (c Category) alike(other Category) bool {
	return !c.Same(other) && c.Name["en"] != "" && i18n.Fold(c.Name["en"]) == i18n.Fold(other.Name["en"])
}

// AddUsual puts one of the usual categories, which the event does not have, at the
// end.
func (s *Service) AddUsual(ctx context.Context, event, id string) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		e, err := s.Get(ctx, tx, event)
		if err != nil {
			return err
		}
		list := slices.Clone(e.Categories())
		if !usual(id) {
			return errNoCategory()
		}
		if indexOf(list, id) >= 0 {
			return nil
		}
		return s.putCategories(ctx, tx, e, append(list, Category{ID: id}), "category.save", id)
	})
}

// MoveCategory puts the category before or behind its neighbour.
func (s *Service) MoveCategory(ctx context.Context, event, id string, up bool) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		e, err := s.Get(ctx, tx, event)
		if err != nil {
			return err
		}
		list := slices.Clone(e.Categories())
		i := indexOf(list, id)
		j := i + 1
		if up {
			j = i - 1
		}
		switch {
		case i < 0:
			return errNoCategory()
		case j < 0 || j >= len(list):
			return nil
		}
		list[i], list[j] = list[j], list[i]
		return s.putCategories(ctx, tx, e, list, "category.move", id)
	})
}

// ShowCategory changes who is offered the category, and nothing else of it.
func (s *Service) ShowCategory(ctx context.Context, event, id string, seen Seen) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		e, err := s.Get(ctx, tx, event)
		if err != nil {
			return err
		}
		list := slices.Clone(e.Categories())
		i := indexOf(list, id)
		if i < 0 {
			return errNoCategory()
		}
		list[i].Seen = seen
		return s.putCategories(ctx, tx, e, list, "category.save", id)
	})
}

// RemoveCategory takes the category away in the transaction. The caller has seen to
// it that nobody takes part in it. The last one stays: that is a problem of kind
// Conflict.
func (s *Service) RemoveCategory(ctx context.Context, tx *store.Tx, event, id string) error {
	e, err := s.Get(ctx, tx, event)
	if err != nil {
		return err
	}
	list := slices.Clone(e.Categories())
	i := indexOf(list, id)
	switch {
	case i < 0:
		return errNoCategory()
	case len(list) == 1:
		return problem.New(problem.Conflict, "problem.category_last")
	}
	if !usual(id) {
		e.Registration.Former = append(slices.Clone(e.Registration.Former), id)
	}
	return s.putCategories(ctx, tx, e, slices.Delete(list, i, i+1), "category.remove", id)
}

func errNoCategory() error { return problem.New(problem.NotFound, "problem.category_not_found") }

func (s *Service) putCategories(ctx context.Context, tx *store.Tx, e Event, list []Category, action, id string) error {
	e.Registration.Categories = list
	if err := e.check(); err != nil {
		return err
	}
	s.revise(&e)
	if err := events.Put(tx, e); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: action, Event: e.ID, Subject: "category/" + id})
}

// Unused lists the usual categories that the event does not have.
func (e Event) Unused() []Category {
	return slices.DeleteFunc(slices.Clone(UsualCategories), func(c Category) bool { return indexOf(e.Categories(), c.ID) >= 0 })
}

func usual(id string) bool { return indexOf(UsualCategories, id) >= 0 }

func indexOf(list []Category, id string) int {
	return slices.IndexFunc(list, func(c Category) bool { return c.ID == id })
}

// cleaned checks what was typed and writes it into the category, which is the zero
// one if it is new. What other pages decide about it stays.
func (t TypedCategory) cleaned(e Event, c Category) (Category, error) {
	var faults problem.Form
	c.Name, c.Places, c.Mode, c.Seen = t.cleanName(&faults), nil, t.Mode, t.Seen
	c.Colour = strings.ToLower(strings.TrimSpace(t.Colour))
	if c.Name.Empty() {
		c.Name = nil
	}
	if c.Name["en"] == "" && !(usual(c.ID) && c.Name == nil) {
		faults.Add(NameField("en"), "problem.field.required")
	}
	if n, given := typedNumber(&faults, "places", t.Places, 0, MaxCapacity); given {
		c.Places = &n
	}
	c.Opens, c.Closes = typedInstant(e, "opens", t.Opens, &faults), typedInstant(e, "closes", t.Closes, &faults)
	if !c.Opens.IsZero() && !c.Closes.IsZero() && !c.Opens.Before(c.Closes) {
		faults.Add("closes", "problem.field.closes_opens")
	}
	if !slices.Contains(Modes, c.Mode) {
		faults.Add("mode", "problem.field.choice")
	}
	if !slices.Contains(SeenBy, c.Seen) {
		faults.Add("seen", "problem.field.choice")
	}
	if c.Colour != "" && !colourForm.MatchString(c.Colour) {
		faults.Add("colour", "problem.field.colour")
	}
	return c, faults.Err()
}

func (t TypedCategory) cleanName(faults *problem.Form) i18n.Text {
	name := i18n.Text{}
	for lang, text := range t.Name {
		text = strings.ReplaceAll(person.Tidy(text), "\n", " ")
		if n := utf8.RuneCountInString(text); n > MaxCategoryName {
			faults.Add(NameField(lang), "problem.field.too_long", "Max", MaxCategoryName, "Length", n)
		}
		if text != "" {
			name[lang] = text
		}
	}
	return name
}

// freeID makes an id of the English name that no category of the event has or had.
// "new" is where the desk has the form for one.
func (e Event) freeID(name i18n.Text) string {
	stem := cmp.Or(idOf(name["en"]), "category")
	taken := func(id string) bool {
		return id == "new" || indexOf(e.Categories(), id) >= 0 || usual(id) || slices.Contains(e.Registration.Former, id)
	}
	id := stem
	for n := 2; taken(id); n++ {
		id = stem + "-" + strconv.Itoa(n)
	}
	return id
}

var notInID = regexp.MustCompile(`[^a-z0-9]+`)

const maxCategoryID = 40

func idOf(name string) string {
	id := strings.Trim(notInID.ReplaceAllString(i18n.Fold(name), "-"), "-")
	return strings.Trim(id[:min(len(id), maxCategoryID)], "-")
}

// checkCategories finds faults that no form lets through: seeds and copies may have
// them.
func (e Event) checkCategories(fault func(format string, args ...any)) {
	seen := map[string]bool{}
	for _, c := range e.Registration.Categories {
		what := fmt.Sprintf("the category %q", c.ID)
		switch {
		case !slugForm.MatchString(c.ID) || seen[c.ID]:
			fault("%s must have lower-case letters, digits and single hyphens, and its id alone", what)
		case c.Name["en"] == "" && !usual(c.ID):
			fault("%s has no English name", what)
		case c.Colour != "" && !colourForm.MatchString(c.Colour):
			fault("%s: the colour %q must be like #0a6e5c", what, c.Colour)
		case !slices.Contains(Modes, c.Mode) || !slices.Contains(SeenBy, c.Seen):
			fault("%s: the mode %q or who sees it, %q, is none", what, c.Mode, c.Seen)
		case c.Places != nil && *c.Places < 0:
			fault("%s: less than no places", what)
		}
		seen[c.ID] = true
	}
}
