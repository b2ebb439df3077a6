package delegate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// Vetting checks people of a long list against an event, by the rules by which people
// register. What the rules need of the store is read once. It is for one goroutine.
type Vetting struct {
	s         *Service
	event     event.Event
	invited   bool
	questions form.Set
	countries map[string]string // by city
	room      *room
}

// room tells who would find a place, as the list goes on.
type room struct {
	ledger ledger
	event  event.Event
}

// Vet begins the vetting of people who are to be invited, or to take part at once.
func (s *Service) Vet(ctx context.Context, e event.Event, invited bool) (*Vetting, error) {
	v := &Vetting{s: s, event: e, invited: invited, countries: map[string]string{}}
	members, err := s.cities.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range members {
		v.countries[c.ID] = c.Country
	}
	if v.questions, err = s.forms.Of(ctx, e.ID); err != nil {
		return nil, err
	}
	l, err := s.ledger(ctx, s.db, e.ID)
	l.Categories = maps.Clone(l.Categories)
	v.room = &room{l, e}
	return v, err
}

// Fits reports whether one more of the category finds a place, and takes it.
func (v *Vetting) Fits(category string) bool {
	l, r := &v.room.ledger, v.event.Registration
	if v.invited {
		return true
	}
	if !l.room(r, category) || l.owed(r) {
		return false
	}
	l.count(category, 1, 0)
	return true
}

// New checks somebody who is not registered. The form comes back as it is kept; what
// is wrong names its fields, and those of questions.
func (v *Vetting) New(typed Form) (Form, []problem.Field) {
	var faults problem.Form
	f := v.clean(typed, &faults)
	f.Answers = v.answers(typed.Answers, f.Category, nil, &faults)
	return f, v.needed(faults.Fields())
}

// Changes checks what the form would make of a registration, and lists it. What is
// wrong with a field that stays as it is, such as a category that the event has no
// longer, is nothing of the list's doing.
func (v *Vetting) Changes(d Delegate, typed Form) ([]Change, []problem.Field) {
	var faults problem.Form
	f := v.clean(typed, &faults)
	after := d
	f.apply(&after)
	after.Category, after.Email = f.Category, f.Email
	after.Answers = v.answers(typed.Answers, f.Category, d.Answers, &faults)
	if d.Role != "" && after.City != d.City {
		faults.Add("city", "problem.import.delegation")
	}
	list := d.changes(&after)
	return list, slices.DeleteFunc(faults.Fields(), func(fault problem.Field) bool {
		return !slices.ContainsFunc(list, func(c Change) bool { return c.Field == fault.Name })
	})
}

func (v *Vetting) clean(f Form, faults *problem.Form) Form {
	email, ok := person.ParseEmail(f.Email)
	if !ok {
		faults.Add("email", key(f.Email, "problem.field.email"))
	}
	f.Email = email.Text
	f = v.s.cleanTexts(f, faults)
	if _, ok := v.event.Category(f.Category); !ok {
		faults.Add("category", key(f.Category, "problem.field.choice"))
	}
	country, member := v.countries[f.City]
	switch {
	case f.City == "":
		return withCountry(f, faults)
	case !member:
		faults.Add("city", "problem.field.choice")
	default:
		f.Country = country
	}
	return f
}

// answers checks the answers as the organisers' own: nothing is required, and what is
// frozen may change. One to a question that is not asked of them is a fault.
func (v *Vetting) answers(typed form.Answers, category string, before form.Answers, faults *problem.Form) form.Answers {
	if len(typed) == 0 {
		return before
	}
	all := before.Clone()
	if all == nil {
		all = form.Answers{}
	}
	maps.Copy(all, typed)
	held := v.questions.Clean(all, form.Asking{
		Category: category, Moments: form.Moments, Now: v.s.clock(), Desk: true, Before: before,
	}, faults)
	if _, known := v.event.Category(category); !known {
		return held // what is asked of it shows once it is right
	}
	for id, values := range typed {
		if field := form.FieldOf(id); len(values) > 0 && len(held[id]) == 0 && !faults.Has(field) {
			key, args := v.whyNot(id, category)
			faults.Add(field, key, args...)
		}
	}
	return held
}

// whyNot is the message that tells why somebody of the category is not asked.
func (v *Vetting) whyNot(question, category string) (key string, args []any) {
	q, _ := v.questions.Question(question)
	switch {
	case q.Expired(v.s.clock()):
		return "problem.import.not_kept", nil
	case q.If != nil && (len(q.Categories) == 0 || slices.Contains(q.Categories, category)):
		return NotAskedAfter, []any{"After", form.FieldOf(q.If.Question)}
	}
	return "problem.import.not_asked", nil
}

// NotAskedAfter is the message that a question is asked after another answer only; that
// of the field After, which may be at fault itself.
const NotAskedAfter = "problem.import.not_asked_after"

// needed leaves out what who is invited may leave to be answered.
func (v *Vetting) needed(faults []problem.Field) []problem.Field {
	if !v.invited {
		return faults
	}
	return slices.DeleteFunc(faults, func(f problem.Field) bool {
		return f.Key == "problem.field.required" && !slices.Contains([]string{"name", "email", "category", "language"}, f.Name)
	})
}

// Known finds people of an event who are registered, one after the other.
type Known struct {
	s     *Service
	event string
	asked int
	ids   map[string]string // by the address's key; nil until many have been asked for
}

// fewAsked is for how many the store is asked one by one. Whoever asks for more is
// better off with everybody's address.
const fewAsked = 500

// Known begins looking for people of the event.
func (s *Service) Known(e event.Event) *Known { return &Known{s: s, event: e.ID} }

// ByEmail returns the registration with the address. found is false if there is none.
func (k *Known) ByEmail(ctx context.Context, key string) (d Delegate, found bool, err error) {
	if k.asked++; k.asked == fewAsked {
		if err := k.readAll(ctx); err != nil {
			return d, false, err
		}
	}
	if k.ids == nil {
		d, err = delegates.First(ctx, k.s.db, store.By("email", k.event, key))
	} else if id, ok := k.ids[key]; ok {
		d, err = delegates.Get(ctx, k.s.db, id)
	} else {
		return d, false, nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return d, false, nil
	}
	return d, err == nil, err
}

// ByID returns the event's registration with the id.
func (k *Known) ByID(ctx context.Context, id string) (d Delegate, found bool, err error) {
	d, err = delegates.Get(ctx, k.s.db, strings.TrimSpace(id))
	if errors.Is(err, store.ErrNotFound) {
		return d, false, nil
	}
	return d, err == nil && d.Event == k.event, err
}

func (k *Known) readAll(ctx context.Context) error {
	k.ids = map[string]string{}
	for d, err := range delegates.All(ctx, k.s.db, store.By("email", k.event)) {
		if err != nil {
			return err
		}
		k.ids[d.EmailKey] = d.ID
	}
	return nil
}
