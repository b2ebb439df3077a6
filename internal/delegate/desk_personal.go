package delegate

import (
	"context"
	"time"

	"convene/internal/personal"
	"convene/internal/store"
)

// DeskPersonal is what the desk keeps of a person beside the registration: notes, tags
// and registrations that were merged into it.
func (s *Service) DeskPersonal() personal.Part {
	return personal.Part{
		Name:   "desk",
		Holds:  []string{notes.Schema().Name, absorptions.Schema().Name, unlikes.Schema().Name},
		Export: s.exportDesk, Erase: s.eraseDesk,
	}
}

type exportedDesk struct {
	Tags   []string         `json:"tags,omitempty"`
	Notes  []exportedNote   `json:"notes,omitempty"`
	Merged []exportedMerged `json:"merged_registrations,omitempty"`
}

// exportedNote is a note without the name of who wrote it.
type exportedNote struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// exportedMerged is what was typed in a registration that was merged.
type exportedMerged struct {
	At    time.Time      `json:"at"`
	Typed Form           `json:"typed"`
	Steps []exportedStep `json:"steps"`
}

func (s *Service) exportDesk(ctx context.Context, r store.Reader, p personal.Person) (any, error) {
	d, err := s.get(ctx, r, p.ID)
	if err != nil {
		return nil, err
	}
	all := exportedDesk{Tags: d.Tags}
	list, err := s.Notes(ctx, d)
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		all.Notes = append(all.Notes, exportedNote{n.At, n.Text})
	}
	merged, err := absorptions.List(ctx, r, store.By("into", d.ID))
	for _, a := range merged {
		m := exportedMerged{At: a.At, Typed: FormOf(a.Was)}
		for _, step := range a.Was.Steps {
			m.Steps = append(m.Steps, exportedStep{step.State, step.At, step.kind(), step.Reason})
		}
		all.Merged = append(all.Merged, m)
	}
	if len(all.Tags)+len(all.Notes)+len(all.Merged) == 0 {
		return nil, err
	}
	return all, err
}

func (s *Service) eraseDesk(ctx context.Context, tx *store.Tx, p personal.Person) (more bool, err error) {
	found, err := notes.Find(ctx, tx, store.By("delegate", p.ID))
	if err != nil {
		return false, err
	}
	for _, n := range found.Items {
		if err := notes.Delete(ctx, tx, n.ID); err != nil {
			return false, err
		}
	}
	merged, err := absorptions.List(ctx, tx, store.By("into", p.ID))
	if err != nil {
		return false, err
	}
	for _, a := range merged {
		if err := absorptions.Delete(ctx, tx, a.ID); err != nil {
			return false, err
		}
	}
	pairs, err := unlikes.List(ctx, tx, store.By("one", p.ID))
	if err != nil {
		return false, err
	}
	others, err := unlikes.List(ctx, tx, store.By("other", p.ID))
	if err != nil {
		return false, err
	}
	for _, u := range append(pairs, others...) {
		if err := unlikes.Delete(ctx, tx, u.ID); err != nil {
			return false, err
		}
	}
	return found.Next != "", nil
}

// People are as whom other packages may keep something of the delegate: as themselves,
// and as each registration that was merged into theirs.
func (s *Service) People(ctx context.Context, r store.Reader, d Delegate) ([]personal.Person, error) {
	list := []personal.Person{d.Person()}
	merged, err := absorptions.List(ctx, r, store.By("into", d.ID))
	for _, a := range merged {
		list = append(list, a.Was.Person())
	}
	return list, err
}
