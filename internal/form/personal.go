package form

import (
	"context"
	"time"

	"convene/internal/file"
	"convene/internal/personal"
	"convene/internal/store"
)

// Personal is the files that a person sent as answers. The answers themselves stand
// in their registration.
func (s *Service) Personal() personal.Part {
	return personal.Part{Name: "files", Holds: append(file.Holds(), uploads.Schema().Name), Export: s.export, Erase: s.erase}
}

// exported is a file with what it holds, in base64.
type exported struct {
	Name    string    `json:"name"`
	Type    string    `json:"type"`
	Size    int       `json:"size"`
	At      time.Time `json:"at"`
	Content []byte    `json:"content"`
}

func (s *Service) export(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	var list []exported
	for u, err := range uploads.All(ctx, r, store.By("ends", p.ID)) {
		if err != nil {
			return nil, err
		}
		f, err := s.Files.Get(ctx, u.ID)
		if err != nil {
			return nil, err
		}
		data, err := s.Files.Content(ctx, f)
		if err != nil {
			return nil, err
		}
		list = append(list, exported{f.Name, f.Type, f.Size, f.At, data})
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// eraseBatch is how many files of one person a commit removes; each may be of many
// parts.
const eraseBatch = 10

func (s *Service) erase(ctx context.Context, tx *store.Tx, p personal.Person) (more bool, err error) {
	page, err := uploads.Find(ctx, tx, store.By("ends", p.ID).Limit(eraseBatch))
	if err != nil {
		return false, err
	}
	for _, u := range page.Items {
		if err := s.remove(ctx, tx, u.ID); err != nil {
			return false, err
		}
	}
	return page.Next != "", nil
}

// Discard removes files in the transaction that were sent as answers and never kept
// as such. Those that somebody keeps stay.
func (s *Service) Discard(ctx context.Context, tx *store.Tx, ids []string) error {
	for _, id := range ids {
		if err := s.drop(ctx, tx, "", id); err != nil {
			return err
		}
	}
	return nil
}
