package reminder

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"convene/internal/audience"
	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// Run is a rule at work for one mark of its anchor, one time of asking. Instants
// are UTC.
type Run struct {
	ID     string    `json:"id"` // rule/mark/repetition
	Event  string    `json:"event"`
	Rule   string    `json:"rule"`
	Mark   string    `json:"mark"`   // the mark's key
	Number int       `json:"number"` // the repetition, from 0
	Due    time.Time `json:"due"`    // the first of its people's

	Queued  int       `json:"queued"`
	Began   time.Time `json:"began,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Done    bool      `json:"done"`
	Skipped bool      `json:"skipped,omitzero"` // by an organiser
	Missed  bool      `json:"missed,omitzero"`  // the program did not run until it was too late

	// A run looks at those who were due after From and until To, and has come as
	// far as Cursor. To is zero while it does not.
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
	Cursor string    `json:"cursor,omitempty"`
}

var runs = store.NewCollection("rule_runs", func(r Run) string { return r.ID },
	store.On("rule", "rule", "due"),
	store.On("event", "event", "due"))

// History lists a rule's runs that have begun, the latest first.
func (s *Service) History(ctx context.Context, r Rule, cursor string, limit int) (store.Page[Run], error) {
	return runs.Find(ctx, s.DB, store.By("rule", r.ID).Backwards().After(cursor).Limit(limit))
}

// occurrence is what a run is for.
type occurrence struct {
	mark   audience.Mark
	number int
	each   bool      // the anchor has an instant for each person
	now    bool      // an organiser wants it now: everybody is due
	due    time.Time // the first of its people's
	last   time.Time // the last of its people's
}

func (o occurrence) id(r Rule) string {
	return r.ID + "/" + o.mark.Key + "/" + strconv.Itoa(o.number)
}

// extra reports whether the occurrence is one more than the rule has of its own.
func (o occurrence) extra() bool { return isExtra(o.mark.Key) }

// extraMark names the marks of runs that an organiser wanted when the rule had
// none to come.
const extraMark = "now"

func isExtra(key string) bool { return strings.HasPrefix(key, extraMark+"@") }

// everyone is the key of the run of an anchor that each person has.
const everyone = "each"

// Clocks are set apart from UTC by quarters of an hour, from that of Baker Island to
// that of Kiritimati.
const (
	farWest = -12 * time.Hour
	farEast = 14 * time.Hour
	quarter = 15 * time.Minute
)

// occurrences lists what the rule runs for in the event, by mark and number.
func (s *Service) occurrences(ctx context.Context, e event.Event, r Rule) ([]occurrence, error) {
	anchor, ok := s.Audience.Anchor(r.When.Anchor)
	if !ok {
		return nil, nil
	}
	marks, err := s.marks(ctx, e, r, anchor)
	var list []occurrence
	for _, m := range marks {
		for n := range r.Repeat.times() {
			o := occurrence{mark: m, number: n, each: anchor.Personal()}
			if !o.each {
				o.due, o.last = r.dueAll(e, m.At, n)
			}
			list = append(list, o)
		}
	}
	return list, err
}

func (s *Service) marks(ctx context.Context, e event.Event, r Rule, anchor audience.Anchor) ([]audience.Mark, error) {
	if anchor.Personal() {
		return []audience.Mark{{Key: everyone}}, nil
	}
	if anchor.Typed {
		day, err := time.ParseInLocation(time.DateOnly, r.When.Date, e.Location())
		return []audience.Mark{audience.MarkAt("", day)}, err
	}
	return anchor.Marks(ctx, e, r.When.Option)
}

// dueAll tells when the first and the last of the rule's people may be due. By each
// person's clock these need not be those farthest east and west: quiet hours and the
// anchor move some to another day.
func (r Rule) dueAll(e event.Event, at time.Time, n int) (first, last time.Time) {
	if !r.When.Own {
		t := r.due(e, at, n, e.Location())
		return t, t
	}
	var zones []*time.Location
	for offset := farWest; offset <= farEast; offset += quarter {
		zones = append(zones, time.FixedZone("", int(offset.Seconds())))
	}
	return r.dueIn(e, at, n, zones)
}

// dueIn tells when the first and the last of those with such clocks are due.
func (r Rule) dueIn(e event.Event, at time.Time, n int, zones []*time.Location) (first, last time.Time) {
	for i, loc := range zones {
		t := r.due(e, at, n, loc)
		if i == 0 || t.Before(first) {
			first = t
		}
		if i == 0 || t.After(last) {
			last = t
		}
	}
	return first, last
}

// Skip leaves out a coming run, by the id that Plan gives it. One that has begun
// stays as it is.
func (s *Service) Skip(ctx context.Context, e event.Event, ruleID, runID string) error {
	r, o, err := s.occurrence(ctx, e, ruleID, runID)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		run, err := read(ctx, tx, r, o)
		if err != nil || run.Done || !run.Began.IsZero() {
			return err
		}
		run.Done, run.Skipped, run.Ended = true, true, s.now()
		if err := runs.Put(tx, run); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.now(), Action: "rule.skip", Event: e.ID, Subject: "rule/" + r.ID, To: e.DayOf(o.due),
		})
	})
}

// occurrence finds the rule's occurrence of the run's id. A problem of kind
// NotFound says that there is none, or no longer: the event may have moved.
func (s *Service) occurrence(ctx context.Context, e event.Event, ruleID, runID string) (Rule, occurrence, error) {
	r, err := s.Rule(ctx, e, ruleID)
	if err != nil {
		return r, occurrence{}, err
	}
	list, err := s.occurrences(ctx, e, r)
	for _, o := range list {
		if o.id(r) == runID && !o.each {
			return r, o, err
		}
	}
	if err == nil {
		err = problem.New(problem.NotFound, "problem.rule_run_not_found")
	}
	return r, occurrence{}, err
}

// read returns the occurrence's run, or a fresh one that has not begun.
func read(ctx context.Context, r store.Reader, rule Rule, o occurrence) (Run, error) {
	run, err := runs.Get(ctx, r, o.id(rule))
	if errors.Is(err, store.ErrNotFound) {
		return Run{ID: o.id(rule), Event: rule.Event, Rule: rule.ID, Mark: o.mark.Key, Number: o.number, Due: o.due}, nil
	}
	return run, err
}
