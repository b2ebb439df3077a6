package form

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/file"
	"convene/internal/i18n"
	"convene/internal/problem"
	"convene/internal/store"
)

// Set is an event's questions, in their order.
type Set struct {
	Event     string     `json:"event"`
	Questions []Question `json:"questions"`
	Revision  int        `json:"revision"` // rises with every change
}

var sets = store.NewCollection("questions", func(s Set) string { return s.Event })

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{sets.Schema(), uploads.Schema()} }

// Question returns the question with the id, also a retired one.
func (s Set) Question(id string) (Question, bool) {
	i := s.index(id)
	if i < 0 {
		return Question{}, false
	}
	return s.Questions[i], true
}

func (s Set) index(id string) int {
	return slices.IndexFunc(s.Questions, func(q Question) bool { return q.ID == id })
}

// Service keeps questions.
type Service struct {
	DB    *store.DB
	Clock func() time.Time
	Files *file.Service

	known store.Memo[string, Set]
}

// Of returns the event's questions; an event without any has an empty set. It is
// shared with other callers: who changes it makes copies.
func (s *Service) Of(ctx context.Context, event string) (Set, error) {
	return s.known.Get(s.DB, event, func() (Set, error) { return s.of(ctx, s.DB, event) }, sets.Schema().Name)
}

func (s *Service) of(ctx context.Context, r store.Reader, event string) (Set, error) {
	set, err := sets.Get(ctx, r, event)
	if errors.Is(err, store.ErrNotFound) {
		return Set{Event: event}, nil
	}
	return set, err
}

// MaxQuestions is how many an event may have, retired ones among them.
const MaxQuestions = 200

// Save adds the question at the end, or replaces the one with its id, in which what
// was answered must stay right: its kind stays, and options are retired, never taken
// away. Faults are a problem of kind Invalid with the fields id, kind, label, help,
// options, min, max, most, endings, asked, if, freeze and keep.
func (s *Service) Save(ctx context.Context, event string, q Question) (Set, error) {
	return s.change(ctx, event, "question.save", func(set *Set) (string, error) { return q.ID, set.save(q) })
}

// Add adds the question at the end, under an id made of its label. One that is there
// already, in all but its id, is not added again: a button was pressed twice. Faults are
// those of Save.
func (s *Service) Add(ctx context.Context, event string, q Question) (Set, error) {
	set, err := s.change(ctx, event, "question.save", func(set *Set) (string, error) {
		if slices.ContainsFunc(set.Questions, q.equals) {
			return "", errThere
		}
		q.ID = set.NewID(q.Label)
		return q.ID, set.save(q)
	})
	if errors.Is(err, errThere) {
		return set, nil
	}
	return set, err
}

var errThere = errors.New("form: the question is there already")

// equals reports whether the other question is the same in all but its id.
func (q Question) equals(other Question) bool {
	other.ID = q.ID
	return reflect.DeepEqual(q, other)
}

// Change is Save for the question with the id, or a problem of kind NotFound. What it
// is to be is told by typing, which is called within the transaction with the question
// as it is now, perhaps several times; its error ends the change.
func (s *Service) Change(ctx context.Context, event, id string, typing func(now Question) (Question, error)) (Set, error) {
	return s.change(ctx, event, "question.save", func(set *Set) (string, error) {
		now, ok := set.Question(id)
		if !ok {
			return id, problem.New(problem.NotFound, "problem.question_not_found")
		}
		q, err := typing(now)
		if err != nil {
			return id, err
		}
		return id, set.save(q)
	})
}

func (s *Set) save(q Question) error {
	var faults problem.Form
	i := s.index(q.ID)
	var before *Question
	earlier := s.Questions
	if i >= 0 {
		before, earlier = &s.Questions[i], s.Questions[:i]
	}
	q.check(before, earlier, &faults)
	if i < 0 && len(s.Questions) >= MaxQuestions {
		faults.Add("label", "problem.field.questions", "Max", MaxQuestions)
	}
	if err := faults.Err(); err != nil {
		return err
	}
	if i < 0 {
		s.Questions = append(s.Questions, q)
		return nil
	}
	q.keepOptions(*before)
	s.Questions[i] = q
	return nil
}

// Move puts the question before or behind its neighbour among those that are asked.
// If one would come before the question that its condition is about, that is a
// problem of kind Conflict.
func (s *Service) Move(ctx context.Context, event, id string, up bool) (Set, error) {
	return s.change(ctx, event, "question.move", func(set *Set) (string, error) {
		i := set.index(id)
		j := set.neighbour(i, up)
		if i < 0 || j < 0 {
			return id, nil
		}
		return id, set.put(i, j)
	})
}

// MoveBehind puts the question behind the other one, or before all others if that is
// empty. Problems are those of Move, and one of kind NotFound.
func (s *Service) MoveBehind(ctx context.Context, event, id, other string) (Set, error) {
	return s.change(ctx, event, "question.move", func(set *Set) (string, error) {
		i, j := set.index(id), set.index(other)+1
		if i < 0 || j == 0 && other != "" {
			return id, problem.New(problem.NotFound, "problem.question_not_found")
		}
		if i < j {
			j-- // it leaves the place before
		}
		return id, set.put(i, j)
	})
}

// put takes the question at i to the place j.
func (s *Set) put(i, j int) error {
	q := s.Questions[i]
	s.Questions = slices.Insert(slices.Delete(s.Questions, i, i+1), j, q)
	if !s.ordered() {
		return problem.New(problem.Conflict, "problem.question_order")
	}
	return nil
}

// neighbour is the place of the question that is asked before or after the one at i;
// -1 for none.
func (s Set) neighbour(i int, up bool) int {
	step := 1
	if up {
		step = -1
	}
	for j := i + step; j >= 0 && j < len(s.Questions); j += step {
		if !s.Questions[j].Retired {
			return j
		}
	}
	return -1
}

// ordered reports whether every question comes behind the one that it depends on.
func (s Set) ordered() bool {
	seen := map[string]bool{}
	for _, q := range s.Questions {
		if q.If != nil && !seen[q.If.Question] {
			return false
		}
		seen[q.ID] = true
	}
	return true
}

// Retire has the question asked no longer, or again. One that another depends on is
// a problem of kind Conflict: that one would never be asked.
func (s *Service) Retire(ctx context.Context, event, id string, retired bool) (Set, error) {
	action := "question.restore"
	if retired {
		action = "question.retire"
	}
	return s.change(ctx, event, action, func(set *Set) (string, error) {
		i := set.index(id)
		if i < 0 {
			return id, problem.New(problem.NotFound, "problem.question_not_found")
		}
		if retired && slices.ContainsFunc(set.Questions, func(q Question) bool { return !q.Retired && q.If != nil && q.If.Question == id }) {
			return id, problem.New(problem.Conflict, "problem.question_needed")
		}
		set.Questions[i].Retired = retired
		return id, nil
	})
}

// change changes a copy of the event's questions and saves it with its audit entry,
// which is about the question, or the group of them, that the function names.
func (s *Service) change(ctx context.Context, event, action string, fn func(*Set) (question string, err error)) (set Set, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if set, err = s.of(ctx, tx, event); err != nil {
			return err
		}
		set.Questions = slices.Clone(set.Questions)
		question, err := fn(&set)
		if err != nil {
			return err
		}
		set.Revision++
		if err := sets.Put(tx, set); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: action, Event: event, Subject: "question/" + question})
	})
	return set, err
}

var idForm = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// check finds what is wrong with a question that comes behind the earlier ones.
func (q Question) check(before *Question, earlier []Question, faults *problem.Form) {
	if !idForm.MatchString(q.ID) {
		faults.Add("id", "problem.field.question_id")
	}
	if !slices.Contains(Kinds, q.Kind) {
		faults.Add("kind", "problem.field.choice")
	}
	if before != nil && before.Kind != q.Kind {
		faults.Add("kind", "problem.field.question_kind")
	}
	q.checkWords(faults)
	if !slices.Contains(Moments, q.Asked) {
		faults.Add("asked", "problem.field.choice")
	}
	q.checkOptions(faults)
	q.checkLimits(faults)
	if q.If != nil && !slices.ContainsFunc(earlier, func(other Question) bool { return other.ID == q.If.Question }) {
		faults.Add("if", "problem.field.question_before")
	}
	if !q.Keep.IsZero() && !q.Freeze.IsZero() && q.Keep.Before(q.Freeze) {
		faults.Add("keep", "problem.field.keep_freeze")
	}
}

// checkWords wants a label in English at least, of which the id was made.
func (q Question) checkWords(faults *problem.Form) {
	if q.Label["en"] == "" {
		faults.Add("label", "problem.field.required")
	}
	long := func(field string, text i18n.Text, most int) {
		for _, words := range text {
			if n := utf8.RuneCountInString(words); n > most {
				faults.Add(field, "problem.field.too_long", "Max", most, "Length", n)
				return
			}
		}
	}
	long("label", q.Label, MaxLabel)
	long("help", q.Help, MaxHelp)
	for _, o := range q.Options {
		long("options", o.Label, MaxLabel)
	}
}

func (q Question) checkOptions(faults *problem.Form) {
	if q.Kind != One && q.Kind != Several {
		return
	}
	if len(q.Options) > MaxOptions {
		faults.Add("options", "problem.field.options_many", "Max", MaxOptions)
	}
	seen, offered := map[string]bool{}, 0
	for _, o := range q.Options {
		if !idForm.MatchString(o.ID) || seen[o.ID] || o.Label.Empty() {
			faults.Add("options", "problem.field.option")
			return
		}
		seen[o.ID] = true
		if !o.Retired {
			offered++
		}
	}
	if offered < 2 {
		faults.Add("options", "problem.field.options")
	}
}

func (q Question) checkLimits(faults *problem.Form) {
	for name, limit := range map[string]string{"min": q.Min, "max": q.Max} {
		if limit == "" {
			continue
		}
		if _, fault, _ := (Question{Kind: q.Kind}).value(limit, nil); fault != "" {
			faults.Add(name, fault)
		}
	}
	if q.Min != "" && q.Max != "" && !faults.Has("min") && !faults.Has("max") && q.beyond() {
		faults.Add("max", "problem.field.max_min")
	}
	if q.Most < 0 {
		faults.Add("most", "problem.field.number")
	}
	for _, ending := range q.Endings {
		if !slices.Contains(file.Endings(), ending) {
			faults.Add("endings", "problem.field.choice")
		}
	}
}

// beyond reports whether the least lies beyond the greatest.
func (q Question) beyond() bool {
	if q.Kind == Date {
		return q.Min > q.Max
	}
	low, _ := strconv.ParseFloat(q.Min, 64)
	high, _ := strconv.ParseFloat(q.Max, 64)
	return low > high
}

// keepOptions retires what the question offered before and does so no longer.
func (q *Question) keepOptions(before Question) {
	for _, o := range before.Options {
		if _, still := q.Option(o.ID); !still {
			o.Retired = true
			q.Options = append(q.Options, o)
		}
	}
}
