package form

import (
	"context"
	"errors"
	"slices"
	"time"

	"convene/internal/file"
	"convene/internal/problem"
	"convene/internal/store"
)

// UploadLife is how long a file is kept whose answer is not saved.
const UploadLife = 8 * 24 * time.Hour

// upload is a file that somebody sent as an answer.
type upload struct {
	ID    string    `json:"id"` // the file's
	Event string    `json:"event"`
	Owner string    `json:"owner"` // who keeps it as an answer; empty: nobody yet
	Ends  time.Time `json:"ends"`  // when it goes unless somebody keeps it
}

var uploads = store.NewCollection("uploads", func(u upload) string { return u.ID }, store.On("ends", "owner", "ends"))

// Upload keeps a file that is sent as the answer to a question and returns what is
// known of it; its id is the answer's value. A problem of kind Invalid says under the
// question's field what is wrong with it. It is removed unless Keep follows within
// UploadLife.
func (s *Service) Upload(ctx context.Context, event string, q Question, name string, data []byte) (f file.File, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		f, err = s.Files.AddPrivate(tx, q.Field(), event, name, data, file.Limits{Max: q.Largest(), Endings: q.Endings})
		if err != nil {
			return err
		}
		return uploads.Create(tx, upload{ID: f.ID, Event: event, Ends: s.Clock().Add(UploadLife)})
	})
	return f, err
}

// Known returns the file of an answer by the token that a form carries in place of
// the file, or a problem of kind NotFound: also for another event's.
func (s *Service) Known(ctx context.Context, event, token string) (file.File, error) {
	f, err := s.Files.ByToken(ctx, token)
	if err == nil && (f.Event != event || !f.Private) {
		return file.File{}, problem.New(problem.NotFound, "problem.file_not_found")
	}
	return f, err
}

// Files lists the files among the answers.
func (s Set) Files(all ...Answers) []string {
	var ids []string
	for _, q := range s.Questions {
		if q.Kind != File {
			continue
		}
		for _, answers := range all {
			ids = append(ids, answers[q.ID]...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Keep notes in the transaction that the owner's files were some, and are others now:
// those are kept, and what is no longer among them is removed. A file that is not the
// event's, or somebody else's, is a problem of kind NotFound.
func (s *Service) Keep(ctx context.Context, tx *store.Tx, event, owner string, before, now []string) error {
	for _, id := range now {
		if slices.Contains(before, id) {
			continue
		}
		if err := s.keep(ctx, tx, event, owner, id); err != nil {
			return err
		}
	}
	for _, id := range before {
		if slices.Contains(now, id) {
			continue
		}
		if err := s.drop(ctx, tx, owner, id); err != nil {
			return err
		}
	}
	return nil
}

// keep gives the file to the owner. One that is another's, or another event's, is
// refused: its id came from elsewhere than its sender.
func (s *Service) keep(ctx context.Context, tx *store.Tx, event, owner, id string) error {
	u, err := uploads.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (u.Event != event || u.Owner != "" && u.Owner != owner) {
		return problem.New(problem.NotFound, "problem.file_not_found")
	}
	if err != nil {
		return err
	}
	u.Owner, u.Ends = owner, time.Time{}
	return uploads.Put(tx, u)
}

// HandOver gives the files of one owner to another in the transaction.
func (s *Service) HandOver(ctx context.Context, tx *store.Tx, from, to string, files []string) error {
	for _, id := range files {
		u, err := uploads.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && u.Owner != from {
			continue
		}
		if err != nil {
			return err
		}
		u.Owner = to
		if err := uploads.Put(tx, u); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) drop(ctx context.Context, tx *store.Tx, owner, id string) error {
	u, err := uploads.Get(ctx, tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && u.Owner != owner {
		return nil
	}
	if err != nil {
		return err
	}
	return s.remove(ctx, tx, id)
}

func (s *Service) remove(ctx context.Context, tx *store.Tx, id string) error {
	if err := s.Files.Remove(ctx, tx, id); err != nil {
		return err
	}
	return uploads.Delete(ctx, tx, id)
}

// Purge removes files that nobody kept as an answer, a thousand at most, and returns
// how many there were.
func (s *Service) Purge(ctx context.Context) (int, error) {
	page, err := uploads.Find(ctx, s.DB, store.By("ends", "").Between(nil, s.Clock()).Limit(store.MaxLimit))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, u := range page.Items {
		err := s.DB.Update(ctx, func(tx *store.Tx) error {
			now, err := uploads.Get(ctx, tx, u.ID)
			if errors.Is(err, store.ErrNotFound) || err == nil && now.Owner != "" { // kept meanwhile
				return nil
			}
			if err != nil {
				return err
			}
			n++
			return s.remove(ctx, tx, u.ID)
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
