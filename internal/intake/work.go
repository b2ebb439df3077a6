package intake

import (
	"context"
	"errors"
	"time"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/problem"
	"convene/internal/store"
)

// patience is how long somebody who works on an import may be silent before another
// takes it over. Each commit says that they are there.
const patience = 30 * time.Second

// errTaken ends the work on an import that an organiser or another instance has
// brought into another state.
var errTaken = errors.New("intake: it is in other hands")

// work is an import in somebody's hands.
type work struct {
	i     Import // as it was committed last
	event event.Event
	token string
}

// Work goes on with every import that is to be gone on with, until there is none. It
// returns how many it has brought to where they rest. One that fails is left for the
// next time, and keeps no other waiting.
func (s *Service) Work(ctx context.Context) (n int, err error) {
	tried := map[string]bool{}
	for ctx.Err() == nil {
		i, ok, failed := s.next(ctx, tried)
		if failed != nil || !ok {
			return n, errors.Join(err, failed)
		}
		done, failed := s.GoOn(ctx, i.ID)
		if failed != nil || !done {
			tried[i.ID] = true
		}
		if done {
			n++
		}
		err = errors.Join(err, failed)
	}
	return n, errors.Join(err, ctx.Err())
}

// next finds an import that waits for somebody's hands, and was not tried.
func (s *Service) next(ctx context.Context, tried map[string]bool) (Import, bool, error) {
	for _, state := range active {
		list, err := imports.List(ctx, s.DB, store.By("state", state))
		if err != nil {
			return Import{}, false, err
		}
		for _, i := range list {
			if s.free(i) && !tried[i.ID] {
				return i, true, nil
			}
		}
	}
	return Import{}, false, nil
}

func (s *Service) free(i Import) bool {
	return i.State.Active() && (i.Worker == "" || s.now().Sub(i.Beat) >= patience)
}

// GoOn goes on with an import until it rests: the preview is there, it is done, has
// failed or is undone. done is false when it is in other hands. A context that ends
// leaves it where the next can go on.
func (s *Service) GoOn(ctx context.Context, id string) (done bool, err error) {
	w, ok, err := s.claim(ctx, id)
	if err != nil || !ok {
		return false, err
	}
	ctx = audit.As(ctx, audit.Actor{Kind: "staff", ID: w.i.By.ID, Name: w.i.By.Name})
	for w.i.State.Active() && err == nil {
		err = s.step(ctx, w)
	}
	if errors.Is(err, errTaken) {
		return false, nil
	}
	if err != nil {
		return false, errors.Join(err, s.release(context.WithoutCancel(ctx), w))
	}
	return true, nil
}

func (s *Service) step(ctx context.Context, w *work) error {
	switch w.i.State {
	case Checking:
		return s.check(ctx, w)
	case Running:
		return s.run(ctx, w)
	case Writing:
		return s.write(ctx, w)
	case Looking:
		return s.look(ctx, w)
	}
	return s.revert(ctx, w)
}

func (s *Service) claim(ctx context.Context, id string) (*work, bool, error) {
	w, ok := &work{token: store.NewID()}, false
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if w.i, err = imports.Get(ctx, tx, id); err != nil {
			return err
		}
		if ok = s.free(w.i); !ok {
			return nil
		}
		if w.event, err = s.Events.Get(ctx, tx, w.i.Event); err != nil {
			return err
		}
		w.i.Worker, w.i.Beat = w.token, s.now()
		return imports.Put(tx, w.i)
	})
	return w, ok, err
}

// release lets somebody else go on at once.
func (s *Service) release(ctx context.Context, w *work) error {
	err := s.advance(ctx, w, func(_ *store.Tx, i *Import) error {
		i.Worker = ""
		return nil
	})
	if errors.Is(err, errTaken) {
		return nil
	}
	return err
}

// advance commits a piece of work with how far the import has come by it, if it is in
// these hands still.
func (s *Service) advance(ctx context.Context, w *work, fn func(*store.Tx, *Import) error) error {
	var i Import
	err := s.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if i, err = imports.Get(ctx, tx, w.i.ID); err != nil {
			return err
		}
		if i.Worker != w.token || i.State != w.i.State {
			return errTaken
		}
		i.Beat = s.now()
		if err := fn(tx, &i); err != nil {
			return err
		}
		if !i.State.Active() {
			i.Worker = ""
		}
		return imports.Put(tx, i)
	})
	if err == nil {
		w.i = i
	}
	return err
}

// problemFault is what a problem says, as it is kept.
func problemFault(err error) Fault {
	var p *problem.Error
	if !errors.As(err, &p) {
		return Fault{Key: "problem.import.state"}
	}
	if len(p.Fields) > 0 {
		return faultOf("", p.Fields[0])
	}
	return faultOf("", problem.Field{Key: p.Key, Args: p.Args})
}

// Purge removes the files and the rows of imports that are over or were left alone,
// and those that were never done altogether. It returns how many there were.
func (s *Service) Purge(ctx context.Context) (int, error) {
	list, err := imports.List(ctx, s.DB, store.By("ends").Between(nil, s.Clock()))
	n := 0
	for _, i := range list {
		if i.State.Active() {
			continue
		}
		if err := s.empty(ctx, i); err != nil {
			return n, err
		}
		n++
	}
	return n, err
}

// never is later than all that ends.
var never = time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)

// empty removes what an import holds of people. What was done stays in the list.
func (s *Service) empty(ctx context.Context, i Import) error {
	if err := errors.Join(s.removeFile(ctx, i), s.removeSheaves(ctx, i)); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		i, err := imports.Get(ctx, tx, i.ID)
		if err != nil {
			return err
		}
		if i.State.Active() { // begun meanwhile; the next time
			return nil
		}
		if i.State.Open() || i.State == Dropped {
			return imports.Delete(ctx, tx, i.ID)
		}
		if i.State == Undoable {
			i.State = Done
		}
		i.File.Parts, i.File.Sample, i.Sheaves, i.Held, i.Ends = 0, nil, nil, nil, never
		return imports.Put(tx, i)
	})
}

// Gone reports whether the rows have been removed.
func (i Import) Gone() bool { return i.Ends.Equal(never) }

func (s *Service) removeFile(ctx context.Context, i Import) error {
	return s.DB.Update(ctx, func(tx *store.Tx) error {
		for n := range i.File.Parts {
			if err := parts.Delete(ctx, tx, partID(i.ID, n)); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

// removeSheaves removes the rows of a pass, and those of looking.
func (s *Service) removeSheaves(ctx context.Context, i Import) error {
	for _, pass := range []string{i.Pass, fatePass} {
		if pass == "" {
			continue
		}
		for {
			page, err := sheaves.Find(ctx, s.DB, store.Query{}.StartingWith(i.ID+"/"+pass+"/"))
			if err != nil {
				return err
			}
			err = s.DB.Update(ctx, func(tx *store.Tx) error {
				for _, sheaf := range page.Items {
					if err := sheaves.Delete(ctx, tx, sheaf.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
						return err
					}
				}
				return nil
			})
			if err != nil || page.Next == "" {
				return err
			}
		}
	}
	return nil
}
