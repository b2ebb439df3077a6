package delegate

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/link"
	"convene/internal/problem"
	"convene/internal/store"
)

// DraftLife is how long a form that was begun is kept under its link.
const DraftLife = 7 * 24 * time.Hour

// maxDraft is how much a draft may hold, in bytes of its names and values: more than
// an honest form ever has.
const maxDraft = 64 << 10

// Draft is a form that somebody has begun. It holds no place, proves no address, and
// nothing in it is checked: it is what was typed.
type Draft struct {
	ID     string              `json:"id"` // hash of the link's token, or ownDraft
	Event  string              `json:"event"`
	Values map[string][]string `json:"values"`
	Ends   time.Time           `json:"ends"`
}

var drafts = store.NewCollection("drafts", func(d Draft) string { return d.ID }, store.On("ends", "ends"))

// KeepDraft keeps what was typed for DraftLife from now, under the token's link, and
// returns the token: a new one where there is none. A draft that is not there, or no
// longer, is begun anew under another token. More than a form can hold is a problem of
// kind Invalid.
func (s *Service) KeepDraft(ctx context.Context, e event.Event, token string, values map[string][]string) (string, error) {
	if err := checkDraft(values); err != nil {
		return token, err
	}
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		d, err := drafts.Get(ctx, tx, link.Hash(token))
		if errors.Is(err, store.ErrNotFound) || err == nil && (d.Event != e.ID || !s.clock().Before(d.Ends)) {
			token = rand.Text()
			return drafts.Create(tx, Draft{ID: link.Hash(token), Event: e.ID, Values: values, Ends: s.now().Add(DraftLife)})
		}
		if err != nil {
			return err
		}
		d.Values, d.Ends = values, s.now().Add(DraftLife)
		return drafts.Put(tx, d)
	})
	return token, err
}

func checkDraft(values map[string][]string) error {
	size := 0
	for name, list := range values {
		size += len(name)
		for _, v := range list {
			size += len(v)
		}
	}
	if size > maxDraft {
		return problem.New(problem.Invalid, "problem.draft_large")
	}
	return nil
}

// Draft returns the draft under the link. One past its seven days, and one that has
// become a registration, is a problem of kind Gone.
func (s *Service) Draft(ctx context.Context, token string) (Draft, error) {
	d, err := drafts.Get(ctx, s.db, link.Hash(token))
	if errors.Is(err, store.ErrNotFound) || err == nil && !s.clock().Before(d.Ends) {
		return d, problem.New(problem.Gone, "problem.draft_over")
	}
	return d, err
}

// DropDraft removes the draft, since it has become a registration. One that is not
// there is no error.
func (s *Service) DropDraft(ctx context.Context, token string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error { return dropDraft(ctx, tx, link.Hash(token)) })
}

func dropDraft(ctx context.Context, tx *store.Tx, id string) error {
	err := drafts.Delete(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// ownDraft is the id of the draft of somebody who was invited.
func ownDraft(delegate string) string { return "invited/" + delegate }

// Begin keeps what somebody who was invited has filled in so far; their registration
// is then begun. One that is finished already is a problem of kind Gone.
func (s *Service) Begin(ctx context.Context, id string, values map[string][]string) error {
	if err := checkDraft(values); err != nil {
		return err
	}
	ctx = audit.As(ctx, audit.Delegate(id))
	_, err := s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		if !d.State.Unanswered() {
			return problem.New(problem.Gone, "problem.link_used")
		}
		if _, err := drafts.Get(ctx, tx, ownDraft(id)); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		draft := Draft{ID: ownDraft(id), Event: e.ID, Values: values, Ends: e.Over()}
		if err := drafts.Put(tx, draft); err != nil {
			return err
		}
		if d.State == Started {
			return nil
		}
		return s.move(ctx, tx, e, d, Started, "")
	})
	return err
}

// Begun returns what somebody who was invited has filled in so far, nil if nothing.
func (s *Service) Begun(ctx context.Context, id string) (map[string][]string, error) {
	d, err := drafts.Get(ctx, s.db, ownDraft(id))
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return d.Values, err
}

// purgeDrafts removes drafts whose time is over, a thousand at most.
func (s *Service) purgeDrafts(ctx context.Context) (int, error) {
	page, err := drafts.Find(ctx, s.db, store.By("ends").Between(nil, s.clock()).Limit(store.MaxLimit))
	if err != nil {
		return 0, err
	}
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		for _, d := range page.Items {
			if err := dropDraft(ctx, tx, d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return len(page.Items), err
}
