package reminder

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"convene/internal/audience"
	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

// Rule says when which letter goes to whom.
type Rule struct {
	ID      string `json:"id"`
	Event   string `json:"event"`
	Name    string `json:"name"`              // as the organisers call it; empty for one of the program's
	Builtin string `json:"builtin,omitempty"` // which of the program's rules it is; see Defaults

	// Letter is the occasion of its letters. Empty: the rule has a text of its
	// own, see Occasion.
	Letter string      `json:"letter,omitempty"`
	Kind   outbox.Kind `json:"kind"` // which of the letters that people may refuse

	When     When               `json:"when"`
	Repeat   Repeat             `json:"repeat,omitzero"`
	Audience audience.Selection `json:"audience"`

	Paused bool      `json:"paused"`
	Since  time.Time `json:"since"`          // what was due before is not made up: when it was made or resumed
	Held   *Hold     `json:"held,omitempty"` // stopped, and asks
	// Allowed is how many people a run may write to though the event has fewer.
	Allowed int `json:"allowed,omitzero"`

	Version int       `json:"version,omitzero"` // how often it was saved; see Save
	Changed time.Time `json:"changed"`
	By      string    `json:"by"`
}

// Hold says why a rule was stopped by itself.
type Hold struct {
	At     time.Time `json:"at"`
	People int       `json:"people,omitzero"`  // more than the event has; 0 when that is not the reason
	Reason string    `json:"reason,omitempty"` // a problem's key, or what is wrong with the letter
}

// problem is what whoever wants the rule to run now is told.
func (h Hold) problem() error {
	if h.People > 0 {
		return problem.New(problem.Conflict, "problem.rule_held")
	}
	return problem.New(problem.Conflict, "problem.rule_unwritten")
}

// Occasion is that of the rule's letters. Its text is kept under it.
func (r Rule) Occasion() string {
	if r.Letter != "" {
		return r.Letter
	}
	return "rule." + r.ID
}

// Origin is what the rule's letters are counted by.
func (r Rule) Origin() string { return "rule/" + r.ID }

// Runs reports whether the rule makes letters.
func (r Rule) Runs() bool { return !r.Paused && r.Held == nil }

var rules = store.NewCollection("rules", func(r Rule) string { return r.ID }, store.On("event", "event"))

// MaxName is the longest name of a rule, in characters.
const MaxName = 100

// Rules lists an event's rules, those of the program first.
func (s *Service) Rules(ctx context.Context, e event.Event) ([]Rule, error) {
	list, err := rules.List(ctx, s.DB, store.By("event", e.ID))
	slices.SortStableFunc(list, func(a, b Rule) int { return order(a) - order(b) })
	return list, err
}

// Rule returns the event's rule with the id, or a problem of kind NotFound.
func (s *Service) Rule(ctx context.Context, e event.Event, id string) (Rule, error) {
	r, err := rules.Get(ctx, s.DB, id)
	return r, found(e, r, err)
}

func found(e event.Event, r Rule, err error) error {
	if errors.Is(err, store.ErrNotFound) || err == nil && r.Event != e.ID {
		return problem.Wrap(err, problem.NotFound, "problem.rule_not_found")
	}
	return err
}

// Save makes a rule, or changes it: the name, when, how often, to whom, which
// letter. What was due before a new rule was made is not made up; what has gone
// out under the old rule does not go out again. Faults come back as a problem of
// kind Invalid. One that was saved since the version that is being changed is left
// alone: a problem of kind Conflict.
func (s *Service) Save(ctx context.Context, e event.Event, typed Rule) (Rule, error) {
	var faults problem.Form
	typed.check(s.Audience, s.now(), &faults)
	if err := s.Audience.CheckFor(ctx, e, typed.Audience, &faults); err != nil {
		return typed, err
	}
	if err := s.checkAhead(ctx, e, typed, &faults); err != nil {
		return typed, err
	}
	if err := faults.Err(); err != nil {
		return typed, err
	}
	saved := typed
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		saved = typed
		saved.Event = e.ID
		saved.Version++
		if saved.ID == "" {
			saved.ID, saved.Since, saved.Version = store.NewID(), s.now(), 1
			return s.put(ctx, tx, &saved, "rule.create", rules.Create)
		}
		was, err := rules.Get(ctx, tx, saved.ID)
		if err := found(e, was, err); err != nil {
			return err
		}
		if was.Version != typed.Version {
			return problem.New(problem.Conflict, "problem.rule_newer")
		}
		saved.Builtin, saved.Since, saved.Paused = was.Builtin, was.Since, was.Paused
		saved.Held = nil // it is tried again as it is now
		return s.put(ctx, tx, &saved, "rule.change", rules.Put)
	})
	return saved, err
}

func (s *Service) put(ctx context.Context, tx *store.Tx, r *Rule, action string, write func(*store.Tx, Rule) error) error {
	r.Changed, r.By = s.now(), audit.By(ctx).Name
	if err := write(tx, *r); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{At: r.Changed, Action: action, Event: r.Event, Subject: "rule/" + r.ID})
}

// Pause keeps a rule from making letters until it is resumed.
func (s *Service) Pause(ctx context.Context, e event.Event, id string) error {
	return s.change(ctx, e, id, "rule.pause", func(r *Rule) { r.Paused = true })
}

// Resume lets a rule go on from now: what would have gone out meanwhile does not.
// One that was stopped stays so until it is allowed.
func (s *Service) Resume(ctx context.Context, e event.Event, id string) error {
	return s.change(ctx, e, id, "rule.resume", func(r *Rule) { r.Paused, r.Since = false, s.now() })
}

// Allow lets a rule that was stopped go on, and write to so many people.
func (s *Service) Allow(ctx context.Context, e event.Event, id string) error {
	return s.change(ctx, e, id, "rule.allow", func(r *Rule) {
		if r.Held != nil {
			r.Allowed = max(r.Allowed, r.Held.People)
		}
		r.Held = nil
	})
}

// hold stops a rule and returns errHeld, or why it could not be stopped.
func (s *Service) hold(ctx context.Context, e event.Event, id string, h Hold) error {
	h.At = s.now()
	if err := s.change(ctx, e, id, "rule.hold", func(r *Rule) { r.Held = &h }); err != nil {
		return err
	}
	return errHeld
}

// Stopped counts the event's rules that were stopped by themselves, and ask.
func (s *Service) Stopped(ctx context.Context, e event.Event) (int, error) {
	n := 0
	for r, err := range rules.All(ctx, s.DB, store.By("event", e.ID)) {
		if err != nil {
			return 0, err
		}
		if r.Held != nil && !r.Paused {
			n++
		}
	}
	return n, nil
}

func (s *Service) change(ctx context.Context, e event.Event, id, action string, fn func(*Rule)) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := rules.Get(ctx, tx, id)
		if err := found(e, r, err); err != nil {
			return err
		}
		fn(&r)
		return s.put(ctx, tx, &r, action, rules.Put)
	})
}

// Remove deletes a rule of the organisers' own. One of the program's can only be
// paused; removing it is a problem of kind Conflict. Letters that it has queued
// and that have not gone out are not sent, see Stands.
func (s *Service) Remove(ctx context.Context, e event.Event, id string) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		r, err := rules.Get(ctx, tx, id)
		if err := found(e, r, err); err != nil {
			return err
		}
		if r.Builtin != "" {
			return problem.New(problem.Conflict, "problem.rule_builtin")
		}
		if err := rules.Delete(ctx, tx, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.now(), Action: "rule.remove", Event: e.ID, Subject: "rule/" + id})
	})
}

// check adds what is wrong to the form, under the names of its inputs.
func (r *Rule) check(known *audience.Registry, now time.Time, form *problem.Form) {
	r.Name = strings.Join(strings.Fields(r.Name), " ")
	switch n := utf8.RuneCountInString(r.Name); {
	case n == 0 && r.Builtin == "":
		form.Add("name", "problem.field.required")
	case n > MaxName:
		form.Add("name", "problem.field.too_long", "Max", MaxName, "Length", n)
	}
	if !slices.Contains(outbox.Kinds, r.Kind) {
		form.Add("kind", "problem.field.choice")
	}
	r.When.check(known, now, form)
	r.Repeat.check(form)
	if a, ok := known.Anchor(r.When.Anchor); ok && a.Group != "" && a.Group != r.Audience.Group {
		form.Add("anchor", "problem.rule_anchor_group")
	}
}

// checkAhead refuses a date that was just typed and leads to nothing that is still to
// come.
func (s *Service) checkAhead(ctx context.Context, e event.Event, typed Rule, form *problem.Form) error {
	if typed.When.Date == "" || form.Err() != nil {
		return nil
	}
	if typed.ID != "" {
		was, err := s.Rule(ctx, e, typed.ID)
		if err != nil || was.When == typed.When {
			return err
		}
	}
	day, err := time.ParseInLocation(time.DateOnly, typed.When.Date, e.Location())
	if _, last := typed.dueAll(e, day, typed.Repeat.times()-1); !last.After(s.now()) {
		form.Add("date", "problem.field.date_ahead")
	}
	return err
}

func (s *Service) now() time.Time { return s.Clock().UTC().Truncate(time.Millisecond) }
