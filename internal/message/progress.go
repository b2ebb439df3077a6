package message

import (
	"context"

	"convene/internal/outbox"
	"convene/internal/store"
)

// Progress counts the people the message was written to by the state of their
// letter. Who was written to again after a failure counts by the later letter.
func (s *Service) Progress(ctx context.Context, m Message) (map[outbox.State]int, error) {
	tally, err := s.Outbox.TallyOrigin(ctx, m.Origin())
	if err != nil || tally[outbox.Failed] == 0 {
		return tally, err
	}
	_, tally[outbox.Failed], err = s.Failed(ctx, m, 0)
	return tally, err
}

// Failed lists up to limit of the letters that failed and were not written again,
// and tells how many they are.
func (s *Service) Failed(ctx context.Context, m Message, limit int) (list []outbox.Letter, total int, err error) {
	for cursor := ""; ; {
		page, err := s.Outbox.OfOrigin(ctx, m.Origin(), outbox.Failed, cursor, store.MaxLimit)
		if err != nil {
			return nil, 0, err
		}
		for _, l := range page.Items {
			if l.Resent > 0 {
				continue
			}
			if total++; total <= limit {
				list = append(list, l)
			}
		}
		if cursor = page.Next; cursor == "" {
			return list, total, nil
		}
	}
}

// Over reports whether nothing more happens to the message by itself: all letters
// are made, and none of them has yet to go out.
func (s *Service) Over(ctx context.Context, m Message) (bool, error) {
	if m.State != Sent && m.State != Stopped {
		return false, nil
	}
	for _, state := range []outbox.State{outbox.Waiting, outbox.Retrying} {
		page, err := s.Outbox.OfOrigin(ctx, m.Origin(), state, "", 1)
		if err != nil || len(page.Items) > 0 {
			return false, err
		}
	}
	return true, nil
}
