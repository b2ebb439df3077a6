package delegate

import (
	"context"

	"convene/internal/event"
	"convene/internal/form"
	"convene/internal/store"
)

// Answering walks through the event's registrations that answer the question, also
// where the answer awaits approval, until fn returns an error.
func (s *Service) Answering(ctx context.Context, eventID, question string, fn func(Delegate) error) error {
	return s.Each(ctx, eventID, Filter{}, func(d Delegate) error {
		if !d.answers(question) {
			return nil
		}
		return fn(d)
	})
}

func (d Delegate) answers(question string) bool {
	return len(d.Answers[question]) > 0 || d.Proposed != nil && len(d.Proposed.Answers[question]) > 0
}

// ForgetAnswer removes what somebody answered to a question, with the files.
// forgotten is false when there is nothing to remove.
func (s *Service) ForgetAnswer(ctx context.Context, id, question string) (forgotten bool, err error) {
	_, err = s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if forgotten = d.answers(question); !forgotten {
			return nil
		}
		set, err := s.forms.Of(ctx, e.ID)
		if err != nil {
			return err
		}
		before := set.Files(d.Answers, d.wanted())
		d.Answers = without(d.Answers, question)
		if d.Proposed != nil {
			d.Proposed = &Proposal{Answers: without(d.Proposed.Answers, question), At: d.Proposed.At}
		}
		return s.forms.Keep(ctx, tx, e.ID, d.ID, before, set.Files(d.Answers, d.wanted()))
	})
	return forgotten, err
}

func without(answers form.Answers, question string) form.Answers {
	left := answers.Clone()
	delete(left, question)
	return left
}
