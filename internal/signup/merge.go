package signup

import (
	"context"
	"errors"

	"convene/internal/delegate"
	"convene/internal/store"
)

// Merge gives the entries of a registration that was merged into another to the one
// that stays, in the same commit. In a session where both had one, the better one is
// kept; a place that falls free goes to who waits when Fill runs next. It is a
// delegate.Merger.
func (s *Service) Merge(ctx context.Context, tx *store.Tx, d *delegate.Delegate, other delegate.Delegate) error {
	held, err := entries.List(ctx, tx, store.By("delegate", other.ID))
	if err != nil {
		return err
	}
	for _, entry := range held {
		if err := s.mergeEntry(ctx, tx, d, entry); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) mergeEntry(ctx context.Context, tx *store.Tx, d *delegate.Delegate, theirs Entry) error {
	own, err := entries.Get(ctx, tx, entryID(theirs.Session, d.ID))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	has := err == nil
	l, err := ledgerOf(ctx, tx, theirs.Session)
	if err != nil {
		return err
	}
	if has && (!own.Waits() || theirs.Waits() && own.Number < theirs.Number) {
		return errors.Join(s.drop(ctx, tx, theirs, &l), ledgers.Put(tx, l))
	}
	if has { // theirs is the better one
		if err := errors.Join(s.drop(ctx, tx, own, &l), ledgers.Put(tx, l)); err != nil {
			return err
		}
	}
	if err := entries.Delete(ctx, tx, theirs.ID); err != nil {
		return err
	}
	theirs.ID, theirs.Delegate = entryID(theirs.Session, d.ID), d.ID
	if !theirs.Waits() {
		d.Sessions = append(without(d.Sessions, theirs.Session), theirs.Session)
	}
	return entries.Put(tx, theirs)
}
