package event

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"golang.org/x/text/language"

	"convene/internal/audit"
	"convene/internal/problem"
	"convene/internal/store"
)

// Service keeps events.
type Service struct {
	DB    *store.DB
	Clock func() time.Time

	bySlug store.Memo[string, Event]
}

// Find returns the event with the slug, or a problem of kind NotFound. Its lists
// and texts are shared with other callers: who changes them makes copies.
func (s *Service) Find(ctx context.Context, slug string) (Event, error) {
	e, err := s.bySlug.Get(s.DB, slug, func() (Event, error) {
		return events.First(ctx, s.DB, store.By("slug", slug))
	}, events.Schema().Name)
	return e, notFound(err)
}

// Get returns the event with the id, or a problem of kind NotFound.
func (s *Service) Get(ctx context.Context, r store.Reader, id string) (Event, error) {
	e, err := events.Get(ctx, r, id)
	return e, notFound(err)
}

func notFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return problem.Wrap(err, problem.NotFound, "problem.event_not_found")
	}
	return err
}

// List returns every event, the latest first.
func (s *Service) List(ctx context.Context) ([]Event, error) {
	return events.List(ctx, s.DB, store.By("starts").Backwards())
}

// Save creates or replaces an event in the transaction. A fault in the event is
// a mistake of the caller's: forms check before.
func (s *Service) Save(ctx context.Context, tx *store.Tx, e Event) (Event, error) {
	if err := e.check(); err != nil {
		return e, err
	}
	if e.ID == "" {
		e.ID = store.NewID()
	}
	action := "event.change"
	if _, err := events.Get(ctx, tx, e.ID); errors.Is(err, store.ErrNotFound) {
		action = "event.create"
	} else if err != nil {
		return e, err
	}
	s.revise(&e)
	if err := events.Put(tx, e); err != nil {
		return e, err
	}
	return e, audit.Record(ctx, tx, audit.Entry{At: s.Clock(), Action: action, Event: e.ID, Subject: "event/" + e.ID})
}

// Touch raises the event's revision, so that pages made from its programme are
// made anew.
func (s *Service) Touch(ctx context.Context, tx *store.Tx, id string) error {
	e, err := events.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	s.revise(&e)
	return events.Put(tx, e)
}

// revise notes a change of the event or of what belongs to it.
func (s *Service) revise(e *Event) {
	e.Revision++
	e.Changed = s.Clock().UTC().Truncate(time.Millisecond)
}

var (
	slugForm    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	acronymForm = regexp.MustCompile(`^[a-z0-9_]{4,}$`)
	colourForm  = regexp.MustCompile(`^#[0-9a-f]{6}$`)
)

func (e Event) check() error {
	var errs []error
	fault := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("event %s: "+format, append([]any{e.Slug}, args...)...))
	}
	if !slugForm.MatchString(e.Slug) {
		fault("the slug must be lower-case letters, digits and single hyphens")
	}
	if !acronymForm.MatchString(e.Acronym) {
		fault("the acronym %q must be four or more of a-z, 0-9 and _", e.Acronym)
	}
	if !colourForm.MatchString(e.Accent) {
		fault("the accent %q must be a colour like #0a6e5c", e.Accent)
	}
	e.checkCategories(fault)
	if _, err := e.Settings().cleaned(); err != nil {
		fault("the settings: %w", err)
	}
	if e.Title.Empty() {
		fault("the title is missing")
	}
	if _, err := time.LoadLocation(e.TimeZone); err != nil || e.TimeZone == "" {
		fault("the time zone %q is not in the zone database", e.TimeZone)
	}
	for _, day := range []string{e.Starts, e.Ends} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			fault("%q is not a date", day)
		}
	}
	if e.Ends < e.Starts {
		fault("it ends on %s before it starts on %s", e.Ends, e.Starts)
	}
	if e.Country != "" {
		if _, err := language.ParseRegion(e.Country); err != nil {
			fault("the country %q is not an ISO 3166-1 code", e.Country)
		}
	}
	if e.Admission != Daily && e.Admission != Once {
		fault("the admission %q must be daily or once", e.Admission)
	}
	return errors.Join(errs...)
}
