// Package door decides who is let in: it turns a scanned badge into a verdict
// and keeps a record of every scan.
package door

import (
	"context"
	"errors"
	"fmt"
	"time"

	"convene/internal/badge"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/store"
)

// Verdict is the answer to a scan.
type Verdict string

// The verdicts, which the door shows as green, yellow and red.
const (
	Admit     Verdict = "admit"     // let in
	Attention Verdict = "attention" // genuine, but somebody has to look
	Stop      Verdict = "stop"      // not to be let in
)

// Reason says why.
type Reason string

// The reasons of verdicts.
const (
	Welcome      Reason = "welcome"       // admit: first scan
	WelcomeBack  Reason = "welcome_back"  // admit: first scan of another day
	AlreadyIn    Reason = "already_in"    // stop: admitted before; First says when and where
	Revoked      Reason = "revoked"       // stop: the badge was replaced or withdrawn
	NotConfirmed Reason = "not_confirmed" // attention: the registration is not, or no longer, confirmed
	OtherEvent   Reason = "other_event"   // stop: genuine, for another event
	NotABadge    Reason = "not_a_badge"   // attention: the code is no badge's: read again
	Forged       Reason = "forged"        // stop: not signed by this installation
	WrongDay     Reason = "wrong_day"     // attention: outside the event's days
)

// Result is a verdict with what the door shows.
type Result struct {
	Verdict  Verdict
	Reason   Reason
	Delegate delegate.Delegate // zero when the code leads to none
	At       time.Time         // of this scan
	First    *Admission        // the admission that stands in the way, or went before
}

// Scan is the record of one scan, whatever came of it.
type Scan struct {
	ID       string    `json:"id"`
	Event    string    `json:"event"`
	Gate     string    `json:"gate"`
	Badge    string    `json:"badge,omitempty"`
	Delegate string    `json:"delegate,omitempty"`
	At       time.Time `json:"at"`
	Staff    string    `json:"staff"`
	Verdict  Verdict   `json:"verdict"`
	Reason   Reason    `json:"reason"`
	Refused  []string  `json:"refused"` // the delegate once more, who was not let in
}

// Admission says that somebody was let in. Its id holds the event, the delegate
// and, where badges admit once a day, the day: so no two scans can both make it.
type Admission struct {
	ID       string    `json:"id"`
	Event    string    `json:"event"`
	Delegate string    `json:"delegate"`
	Gate     string    `json:"gate"`
	Day      string    `json:"day"`
	At       time.Time `json:"at"`
	Scan     string    `json:"scan"`
}

var (
	scans = store.NewCollection("scans", func(s Scan) string { return s.ID },
		store.On("event", "event", "at"),
		store.On("gate", "event", "gate", "at"),
		store.Each("refused", "refused").SortedBy("at")) // costs nothing where somebody is let in
	// Every index costs a scan a page somewhere in it, so there are few. A
	// delegate's admissions are found by their ids; the time in the index of days
	// keeps what is written in a rush side by side.
	admissions = store.NewCollection("admissions", func(a Admission) string { return a.ID },
		store.On("day", "event", "day", "gate", "at"))
)

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{scans.Schema(), admissions.Schema()} }

// Service judges scans.
type Service struct {
	DB        *store.DB
	Clock     func() time.Time
	Badges    *badge.Service
	Delegates *delegate.Service
}

// Request is one scan as a device sends it.
type Request struct {
	ID    string // made by the device; the same id again gets the same answer. Empty: made here
	Gate  string // an id of the event's gates
	Code  string // what the reader read
	Staff string // who scans
}

// Scan judges a code at a gate of the event. The answer is durable when it
// comes: the scan's record, the admission, and the delegate's arrival are one
// commit. Of two scans of one badge at the same instant one admits and the other
// finds the first. Asked again with an id that was answered already, it repeats
// the answer without a second record.
func (s *Service) Scan(ctx context.Context, e event.Event, r Request) (Result, error) {
	if r.ID == "" {
		r.ID = store.NewID()
	}
	code, of, codeErr := s.Badges.Check(ctx, r.Code)
	if codeErr != nil && !errors.Is(codeErr, badge.ErrNotACode) && !errors.Is(codeErr, badge.ErrForged) {
		return Result{}, codeErr
	}
	var result Result
	err := s.DB.Update(ctx, func(tx *store.Tx) error {
		var err error
		switch {
		case errors.Is(codeErr, badge.ErrNotACode):
			result = Result{Verdict: Attention, Reason: NotABadge}
		case codeErr != nil:
			result = Result{Verdict: Stop, Reason: Forged}
		case of != e.ID:
			result = Result{Verdict: Stop, Reason: OtherEvent}
		default:
			if result, err = s.judge(ctx, tx, e, r, code.ID); err != nil {
				return err
			}
		}
		result.At = s.now()
		return s.record(tx, e, r, code.ID, result)
	})
	if answered(err) {
		return s.repeat(ctx, s.DB, r.ID)
	}
	return result, err
}

// answered reports whether a scan was refused because its id has a record. It is
// the record itself that tells, since nearly every scan is new: looking for one
// first would be one more read for each.
func answered(err error) bool {
	var duplicate *store.DuplicateError
	return errors.As(err, &duplicate) && duplicate.Collection == scans.Schema().Name
}

func (s *Service) now() time.Time { return s.Clock().UTC().Truncate(time.Millisecond) }

// judge decides about a genuine badge of the event and, when it admits, writes
// the admission.
func (s *Service) judge(ctx context.Context, tx *store.Tx, e event.Event, r Request, id string) (Result, error) {
	b, err := s.Badges.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) { // signed, but erased since
		return Result{Verdict: Stop, Reason: Revoked}, nil
	}
	if err != nil {
		return Result{}, err
	}
	d, err := s.Delegates.AtDoor(ctx, tx, b.Delegate)
	if err != nil {
		return Result{}, err
	}
	result := Result{Delegate: d}
	switch {
	case d.State != delegate.Confirmed:
		result.Verdict, result.Reason = Attention, NotConfirmed
		return result, nil
	case !b.Revoked.IsZero():
		result.Verdict, result.Reason = Stop, Revoked
		return result, nil
	case e.Phase(s.now()) != event.Running && !e.Rehearsal:
		result.Verdict, result.Reason = Attention, WrongDay
		return result, nil
	}
	return s.admit(ctx, tx, e, r, result)
}

func (s *Service) admit(ctx context.Context, tx *store.Tx, e event.Event, r Request, result Result) (Result, error) {
	now := s.now()
	a := Admission{
		ID: admissionID(e, result.Delegate.ID, now), Event: e.ID, Delegate: result.Delegate.ID,
		Gate: r.Gate, Day: e.DayOf(now), At: now, Scan: r.ID,
	}
	for _, id := range result.Delegate.IDs() { // a merged registration's badge may have been let in
		first, err := admissions.Get(ctx, tx, admissionID(e, id, now))
		if err == nil {
			result.Verdict, result.Reason, result.First = Stop, AlreadyIn, &first
			return result, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return result, err
		}
	}
	if err := admissions.Put(tx, a); err != nil {
		return result, err
	}
	result.Verdict, result.Reason = Admit, Welcome
	if !result.Delegate.Arrived.IsZero() {
		result.Reason = WelcomeBack
	}
	return result, s.Delegates.Arrive(tx, e, result.Delegate, r.Gate, now)
}

// admissionID begins alike for all admissions of a delegate, and sorts by day.
func admissionID(e event.Event, delegate string, now time.Time) string {
	if e.Admission == event.Once {
		return e.ID + "/" + delegate
	}
	return e.ID + "/" + delegate + "/" + e.DayOf(now)
}

// admissionsOf lists when and where a delegate was let in, the first time first.
func admissionsOf(ctx context.Context, r store.Reader, event, delegate string) ([]Admission, error) {
	return admissions.List(ctx, r, store.Query{}.StartingWith(event+"/"+delegate))
}

func (s *Service) record(tx *store.Tx, e event.Event, r Request, badge string, result Result) error {
	scan := Scan{
		ID: r.ID, Event: e.ID, Gate: r.Gate, Badge: badge, Delegate: result.Delegate.ID,
		At: result.At, Staff: r.Staff, Verdict: result.Verdict, Reason: result.Reason, Refused: []string{},
	}
	if result.Verdict != Admit && scan.Delegate != "" {
		scan.Refused = []string{scan.Delegate}
	}
	return scans.Create(tx, scan)
}

// repeat gives the answer that a scan of this id had, or store.ErrNotFound.
func (s *Service) repeat(ctx context.Context, from store.Reader, id string) (Result, error) {
	scan, err := scans.Get(ctx, from, id)
	if err != nil {
		return Result{}, err
	}
	result := Result{Verdict: scan.Verdict, Reason: scan.Reason, At: scan.At}
	if scan.Delegate == "" {
		return result, nil
	}
	if result.Delegate, err = s.Delegates.AtDoor(ctx, from, scan.Delegate); err != nil {
		return Result{}, err
	}
	if scan.Reason == AlreadyIn {
		list, err := admissionsOf(ctx, from, scan.Event, scan.Delegate)
		if err != nil {
			return Result{}, err
		}
		for _, a := range list {
			if a.At.Before(scan.At) {
				result.First = &a
			}
		}
	}
	return result, nil
}

// Latest lists an event's scans, the newest first; at one gate when gate is not
// empty.
func (s *Service) Latest(ctx context.Context, event, gate string, limit int) ([]Scan, error) {
	q := store.By("event", event)
	if gate != "" {
		q = store.By("gate", event, gate)
	}
	page, err := scans.Find(ctx, s.DB, q.Backwards().Limit(limit))
	return page.Items, err
}

// Admissions lists when and where a delegate was let in, the first time first.
func (s *Service) Admissions(ctx context.Context, event, delegate string) ([]Admission, error) {
	return admissionsOf(ctx, s.DB, event, delegate)
}

// Tally counts the admissions of a day (YYYY-MM-DD in the event's zone) by gate.
func (s *Service) Tally(ctx context.Context, event, day string) (map[string]int, error) {
	return admissions.Tally(ctx, s.DB, store.By("day", event, day))
}

// String tells a result for a log: never whom it concerns.
func (r Result) String() string { return fmt.Sprintf("%s (%s)", r.Verdict, r.Reason) }
