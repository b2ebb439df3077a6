package delegate

import (
	"context"
	"slices"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/problem"
	"convene/internal/store"
)

// answer gives the registration the answers, with the files among them.
func (s *Service) answer(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, answers form.Answers) error {
	set, err := s.forms.Of(ctx, e.ID)
	if err != nil {
		return err
	}
	if err := s.forms.Keep(ctx, tx, e.ID, d.ID, set.Files(d.Answers, d.wanted()), set.Files(answers)); err != nil {
		return err
	}
	d.Answers, d.Proposed = answers, nil
	return nil
}

// reanswer takes the answers that a delegate changed, and returns the names of their
// fields. Those that need approval are put aside until somebody approves. The faults
// are those that the rest of the form has already.
func (s *Service) reanswer(ctx context.Context, tx *store.Tx, e event.Event, d *Delegate, typed Form, faults problem.Form) ([]string, error) {
	set, err := s.forms.Of(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	asking := form.Asking{
		Category: d.Category, Moments: []form.Moment{form.AtRegistration, form.Later}, Now: s.clock(), Before: d.wanted(),
	}
	answers := set.Clean(typed.Answers, asking, &faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	changed := d.Answers.Changed(answers)
	if len(d.wanted().Changed(answers)) == 0 {
		return nil, nil
	}
	if d.State != Confirmed || !slices.ContainsFunc(changed, set.Approves) {
		return fields(changed), s.answer(ctx, tx, e, d, answers)
	}
	before := set.Files(d.Answers, d.wanted())
	d.Proposed = &Proposal{Answers: answers, At: s.now()}
	return fields(changed), s.forms.Keep(ctx, tx, e.ID, d.ID, before, set.Files(d.Answers, answers))
}

// wanted are the answers as the delegate sees them: also those not approved yet.
func (d Delegate) wanted() form.Answers {
	if d.Proposed != nil {
		return d.Proposed.Answers
	}
	return d.Answers
}

// Wanted are the answers as the delegate gave them last, approved or not.
func (d Delegate) Wanted() form.Answers { return d.wanted() }

func fields(questions []string) []string {
	names := make([]string, len(questions))
	for i, id := range questions {
		names[i] = form.FieldOf(id)
	}
	return names
}

// ApproveAnswers lets the answers hold that were proposed at the instant. A problem of
// kind Conflict says that they are not there: somebody was faster, or the delegate has
// proposed others since.
func (s *Service) ApproveAnswers(ctx context.Context, id string, proposed time.Time) (Delegate, error) {
	return s.settle(ctx, id, proposed, OccasionAnswersApproved, "", func(d *Delegate) form.Answers { return d.Proposed.Answers })
}

// DeclineAnswers keeps the answers that held before, as ApproveAnswers lets the others
// hold. The reason stands in the letter; one beyond MaxReason is a problem of kind
// Invalid.
func (s *Service) DeclineAnswers(ctx context.Context, id string, proposed time.Time, reason string) (Delegate, error) {
	return s.settle(ctx, id, proposed, OccasionAnswersDeclined, reason, func(d *Delegate) form.Answers { return d.Answers })
}

func (s *Service) settle(ctx context.Context, id string, proposed time.Time, occasion, reason string, choose func(*Delegate) form.Answers) (Delegate, error) {
	reason, err := cleanReason(reason)
	if err != nil {
		return Delegate{}, err
	}
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if d.Proposed == nil {
			return problem.New(problem.Conflict, "problem.answers_settled")
		}
		if !d.Proposed.At.Equal(proposed) {
			return problem.New(problem.Conflict, "problem.answers_newer")
		}
		if err := s.answer(ctx, tx, e, d, choose(d)); err != nil {
			return err
		}
		if err := s.letterWith(ctx, tx, d, occasion, map[string]string{"reason": reason}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: occasion, Event: d.Event, Subject: Subject(d.ID), Reason: reason})
	})
}

// CountAnswers tells how many registrations of the event hold an answer to each
// question. It looks at every one of them: callers with many leave it until somebody
// asks.
func (s *Service) CountAnswers(ctx context.Context, event string) (map[string]int, error) {
	counts := map[string]int{}
	for d, err := range delegates.All(ctx, s.db, store.By("name", event)) {
		if err != nil {
			return nil, err
		}
		for id, values := range d.Answers {
			if len(values) > 0 {
				counts[id]++
			}
		}
	}
	return counts, nil
}
