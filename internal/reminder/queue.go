package reminder

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"convene/internal/audience"
	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/problem"
	"convene/internal/store"
)

const (
	// late is how long after it was due a letter is still begun, when the
	// program did not run.
	late = 48 * time.Hour

	// stale is how long after it was due a letter that counts from the past is
	// still sent, when the mail server did not answer.
	stale = 7 * 24 * time.Hour

	// after is how long an event's rules go on once it is over.
	after = 180 * 24 * time.Hour

	// batch is how many people one commit looks at.
	batch = 500
)

// Queue queues the letters of every rule that is due and returns how many. Run
// again, or on two instances at once, it makes no letter twice. A rule that fails
// keeps no other from running.
func (s *Service) Queue(ctx context.Context) (int, error) {
	events, err := s.Events.List(ctx)
	if err != nil {
		return 0, err
	}
	total := 0
	var errs []error
	for _, e := range events {
		if s.now().After(e.Over().Add(after)) {
			continue
		}
		if err := s.ensureDefaults(ctx, e); err != nil {
			errs = append(errs, err)
			continue
		}
		list, err := s.Rules(ctx, e)
		errs = append(errs, err)
		for _, r := range list {
			n, err := s.run(ctx, e, r)
			total += n
			if err != nil {
				errs = append(errs, fmt.Errorf("reminder: %s, rule %s: %w", e.Slug, r.ID, err))
			}
		}
	}
	return total, errors.Join(errs...)
}

// run makes the letters of a rule that are due.
func (s *Service) run(ctx context.Context, e event.Event, r Rule) (int, error) {
	if !r.Runs() {
		return 0, nil
	}
	list, err := s.occurrences(ctx, e, r)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, o := range list {
		from, ok := s.window(r, o)
		if !ok {
			continue
		}
		n, err := s.sweep(ctx, e, r, o, from)
		total += n
		if err != nil || n < 0 {
			return total, err
		}
	}
	return total, nil
}

// window tells from when on people who were due are to be looked at now, or that
// nobody can be.
func (s *Service) window(r Rule, o occurrence) (from time.Time, ok bool) {
	now := s.now()
	from = now.Add(-late)
	if r.Since.After(from) {
		from = r.Since
	}
	from = from.Add(-time.Millisecond) // what is due at that very instant counts
	if o.each {
		return from, true
	}
	return from, !now.Before(o.due) && !o.last.Before(from)
}

// errHeld says that a rule was stopped. It goes no further than the sweep.
var errHeld = errors.New("reminder: the rule is held")

// sweep goes through the people of an occurrence and queues the letters of those
// who were due since the last time, or since from.
func (s *Service) sweep(ctx context.Context, e event.Event, r Rule, o occurrence, from time.Time) (int, error) {
	total := 0
	for {
		n, done, err := s.sweepSome(ctx, e, r, o, from)
		total += n
		if errors.Is(err, errHeld) {
			return total, nil
		}
		if err != nil || done {
			return total, err
		}
	}
}

// sweepSome looks at one page of people. The letters and how far the run has come
// are one commit.
func (s *Service) sweepSome(ctx context.Context, e event.Event, r Rule, o occurrence, from time.Time) (n int, done bool, err error) {
	run, err := read(ctx, s.DB, r, o)
	if err != nil || run.Done {
		return 0, true, err
	}
	run.advance(o, from, s.now())
	if !run.To.After(run.From) {
		return 0, true, nil
	}
	people, next, err := s.page(ctx, e, r, o, run)
	if err != nil {
		return 0, false, err
	}
	letters := s.letters(e, r, o, run, people)
	if len(letters) > 0 {
		if err := s.guard(ctx, e, r, run, letters); err != nil {
			return 0, false, err
		}
	}
	if len(letters) == 0 && next == "" && run.Began.IsZero() && (o.each || !run.ends(o)) {
		return 0, true, nil // nothing to remember: the next look begins where this one did
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		n = 0
		now, err := read(ctx, tx, r, o)
		if err != nil {
			return err
		}
		if now.Done || now.Cursor != run.Cursor || !now.To.Equal(run.To) && !now.To.IsZero() { // another instance is at it
			done = true
			return nil
		}
		if n, err = outbox.QueueAll(ctx, tx, s.Clock(), letters); err != nil {
			return err
		}
		return s.record(ctx, tx, r, o, run, n, next)
	})
	return n, done || next == "", err
}

// advance begins a new look at people when the run is not in the middle of one.
func (run *Run) advance(o occurrence, from, now time.Time) {
	if !run.To.IsZero() {
		return
	}
	if run.From.Before(from) {
		run.From = from
	}
	run.To = now
	if run.Due.IsZero() {
		run.Due = now
	}
}

// ends reports whether the look that the run is at is its last.
func (run Run) ends(o occurrence) bool { return o.now || !o.each && !run.To.Before(o.last) }

// record remembers how far the run has come.
func (s *Service) record(ctx context.Context, tx *store.Tx, r Rule, o occurrence, run Run, n int, next string) error {
	run.Queued += n
	run.Cursor = next
	if run.Began.IsZero() {
		run.Began = s.now()
	}
	if next == "" {
		run.Done = run.ends(o)
		run.From, run.To = run.To, time.Time{}
		run.Ended = s.now()
	}
	if err := runs.Put(tx, run); err != nil || !run.Done {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{At: s.now(), Action: "rule.run", Event: r.Event, Subject: "rule/" + r.ID})
}

// recipient is somebody who is due.
type recipient struct {
	audience.Person
	at  time.Time // the anchor's instant
	due time.Time
}

// page returns those of a page of people who are due in the run's look.
func (s *Service) page(ctx context.Context, e event.Event, r Rule, o occurrence, run Run) ([]recipient, string, error) {
	marks, next, err := s.people(ctx, e, r, o, run.From, run.To, run.Cursor)
	var list []recipient
	for _, m := range marks {
		due := run.To
		if !o.now {
			due = r.due(e, m.At, o.number, s.location(e, r, m.Person))
		}
		if due.After(run.From) && !due.After(run.To) {
			list = append(list, recipient{m.Person, m.At, due})
		}
	}
	return list, next, err
}

func (s *Service) location(e event.Event, r Rule, p audience.Person) *time.Location {
	if r.When.Own {
		return p.Location(e)
	}
	return e.Location()
}

// people returns a page of the rule's audience with the anchor's instant of each.
func (s *Service) people(ctx context.Context, e event.Event, r Rule, o occurrence, from, to time.Time, cursor string) ([]audience.PersonMark, string, error) {
	if o.each && !o.now {
		return s.peopleBetween(ctx, e, r, o, from, to, cursor)
	}
	people, next, err := s.Audience.Find(ctx, e, r.Audience, cursor, batch)
	marks := make([]audience.PersonMark, len(people))
	for i, p := range people {
		marks[i] = audience.PersonMark{Person: p, At: o.mark.At}
	}
	return marks, next, err
}

// peopleBetween returns those whose anchor may lead to an instant in the look.
func (s *Service) peopleBetween(ctx context.Context, e event.Event, r Rule, o occurrence, from, to time.Time, cursor string) ([]audience.PersonMark, string, error) {
	anchor, ok := s.Audience.Anchor(r.When.Anchor)
	if !ok {
		return nil, "", nil
	}
	unmoved := r
	unmoved.When.Hour, unmoved.When.QuietFrom = "", ""
	shifted := unmoved.due(e, to, o.number, e.Location()).Sub(to)
	spread := r.spread()
	marks, next, err := anchor.Between(ctx, e, r.When.Option, from.Add(-shifted-spread), to.Add(-shifted+spread+time.Millisecond), cursor, batch)
	kept := marks[:0]
	for _, m := range marks {
		if r.Audience.Match(m.Person) {
			kept = append(kept, m)
		}
	}
	return kept, next, err
}

func (s *Service) letters(e event.Event, r Rule, o occurrence, run Run, people []recipient) []outbox.Letter {
	list := make([]outbox.Letter, len(people))
	for i, p := range people {
		list[i] = letter(e, r, o, run.ID, p)
	}
	return list
}

// letter is what the rule writes to a person.
func letter(e event.Event, r Rule, o occurrence, run string, p recipient) outbox.Letter {
	data := map[string]string{"rule": r.ID, "mark": o.mark.Key, "due": p.due.UTC().Format(time.RFC3339)}
	for k, v := range o.mark.Data {
		data[k] = v
	}
	l := outbox.Letter{
		ID: outbox.ID("rule", run, p.ID), Occasion: r.Occasion(), Event: e.ID, Data: data,
		Kind: r.Kind, Origin: r.Origin(), Deadline: p.due.Add(stale),
	}
	p.Address(&l)
	if r.When.Before && !o.extra() { // afterwards it reminds of nothing
		l.Deadline = p.at
	}
	if o.each { // an anchor of each person's comes again, when they register anew
		l.ID = outbox.ID("rule", run, p.ID, p.at.UTC().Format("20060102T150405"))
	}
	return l
}

// guard stops the rule before it writes to more people than there are, or sends a
// letter that cannot be written.
func (s *Service) guard(ctx context.Context, e event.Event, r Rule, run Run, letters []outbox.Letter) error {
	g, _ := s.Audience.Group(r.Audience.Group)
	size, err := g.Size(ctx, e)
	if err != nil {
		return err
	}
	if people := run.Queued + len(letters); people > max(size, r.Allowed) && run.Mark != everyone {
		return s.hold(ctx, e, r.ID, Hold{People: people})
	}
	if s.Try == nil || !run.Began.IsZero() && run.Cursor != "" {
		return nil
	}
	err = s.Try(ctx, letters[0])
	if reason := s.reason(err); reason != "" {
		return s.hold(ctx, e, r.ID, Hold{Reason: reason})
	}
	return err
}

// reason tells what people can mend of an error of Try: a problem by its message's
// key, a fault of the text by its words. It is empty for what may pass by itself.
func (s *Service) reason(err error) string {
	var told *problem.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &told):
		return told.Key
	case s.Faulty != nil && s.Faulty(err):
		return err.Error()
	}
	return ""
}

// RunNow makes the letters of a run at once, to everybody who fits, and returns how
// many. The run is the one that Next named when it was asked for: pressed twice, it
// is one run. A problem of kind Conflict says that it has run already, that another
// one is next now, or that the rule is paused or stopped.
func (s *Service) RunNow(ctx context.Context, e event.Event, id, run string) (int, error) {
	r, err := s.Rule(ctx, e, id)
	if err != nil {
		return 0, err
	}
	if r.Paused {
		return 0, problem.New(problem.Conflict, "problem.rule_paused")
	}
	if r.Held != nil {
		return 0, r.Held.problem()
	}
	o, err := s.asked(ctx, e, r, run)
	if err != nil {
		return 0, err
	}
	n, err := s.sweep(ctx, e, r, o, s.now().Add(-time.Millisecond))
	if err != nil {
		return n, err
	}
	if r, err = s.Rule(ctx, e, id); err == nil && r.Held != nil {
		err = r.Held.problem()
	}
	return n, err
}

// asked is the occurrence that the run is of, if it is still the one to run now.
func (s *Service) asked(ctx context.Context, e event.Event, r Rule, run string) (occurrence, error) {
	o, err := s.nextOccurrence(ctx, e, r)
	if err != nil || o.id(r) == run {
		return o, err
	}
	was, err := runs.Get(ctx, s.DB, run)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return o, err
	}
	if was.Rule == r.ID && was.Done {
		return o, problem.New(problem.Conflict, "problem.rule_run_over")
	}
	return o, problem.New(problem.Conflict, "problem.rule_run_other")
}

// nextOccurrence is the rule's next one, to be run now.
func (s *Service) nextOccurrence(ctx context.Context, e event.Event, r Rule) (occurrence, error) {
	list, err := s.occurrences(ctx, e, r)
	if err != nil {
		return occurrence{}, err
	}
	var next occurrence
	for _, o := range list {
		if o.each || !o.due.After(s.now()) || next.now && !o.due.Before(next.due) {
			continue
		}
		run, err := read(ctx, s.DB, r, o)
		if err != nil {
			return next, err
		}
		if !run.Done {
			next = o
			next.now = true
		}
	}
	if next.now {
		return next, nil
	}
	return s.extra(ctx, r)
}

// extra is one run more than the rule has of its own: one that was cut short, or a
// new one. The mark of a new one tells how many runs there are, so asking twice for
// what a page showed asks for the same run.
func (s *Service) extra(ctx context.Context, r Rule) (occurrence, error) {
	now := s.now()
	o := occurrence{mark: audience.Mark{At: now}, due: now, last: now, now: true}
	past, err := runs.List(ctx, s.DB, store.By("rule", r.ID))
	if err != nil {
		return o, err
	}
	o.mark.Key = extraMark + "@" + strconv.Itoa(len(past))
	for _, run := range past {
		if isExtra(run.Mark) && !run.Done {
			o.mark.Key = run.Mark
		}
	}
	return o, nil
}

// Stands reports whether a rule's letter still holds when it is about to be sent:
// the rule runs, what it counts from has not moved, and the person still fits.
func (s *Service) Stands(ctx context.Context, l outbox.Letter) (bool, error) {
	r, err := rules.Get(ctx, s.DB, l.Data["rule"])
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil || !r.Runs() {
		return false, err
	}
	e, err := s.Events.Get(ctx, s.DB, r.Event)
	if err != nil {
		return false, err
	}
	p, err := s.Audience.Addressee(ctx, l)
	if problem.KindOf(err) == problem.NotFound { // they are gone: nobody is left to fail
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !r.Audience.Match(p) {
		return false, nil
	}
	return s.markStands(ctx, e, r, l.Data["mark"])
}

func (s *Service) markStands(ctx context.Context, e event.Event, r Rule, key string) (bool, error) {
	anchor, ok := s.Audience.Anchor(r.When.Anchor)
	if !ok || anchor.Personal() || isExtra(key) {
		return ok, nil
	}
	marks, err := s.marks(ctx, e, r, anchor)
	for _, m := range marks {
		if m.Key == key {
			return true, err
		}
	}
	return false, err
}
