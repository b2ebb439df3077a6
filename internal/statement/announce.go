package statement

import (
	"context"
	"strconv"

	"convene/internal/outbox"
	"convene/internal/store"
)

// announcement is a change of state that subscribers are being told of. Its
// cursor moves with the letters it has queued, in one commit, so that a run cut
// short goes on where it stopped.
type announcement struct {
	ID        string `json:"id"` // statement/step
	Statement string `json:"statement"`
	Event     string `json:"event"`
	Step      int    `json:"step"` // index into the statement's history
	Cursor    string `json:"cursor"`
	Done      bool   `json:"done"`
}

// announce notes in the transaction that the statement's last step is to be
// told.
func (s *Service) announce(tx *store.Tx, st Statement) error {
	step := len(st.History) - 1
	return announcements.Create(tx, announcement{
		ID: st.ID + "/" + strconv.Itoa(step), Statement: st.ID, Event: st.Event, Step: step,
	})
}

// announceBatch is how many letters one commit queues.
const announceBatch = 200

// Announce queues the letters about changes that have not been told yet and
// returns how many. Run again, or on two instances at once, it makes no letter
// twice.
func (s *Service) Announce(ctx context.Context) (int, error) {
	open, err := announcements.List(ctx, s.DB, store.By("done", false))
	if err != nil {
		return 0, err
	}
	total := 0
	for _, a := range open {
		for done := false; !done; {
			var n int
			if n, done, err = s.announceSome(ctx, a.ID); err != nil {
				return total, err
			}
			total += n
		}
	}
	return total, nil
}

func (s *Service) announceSome(ctx context.Context, id string) (n int, done bool, err error) {
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		n = 0
		a, err := announcements.Get(ctx, tx, id)
		if err != nil || a.Done {
			done = true
			return err
		}
		page, err := subscriptions.Find(ctx, tx, store.By("confirmed", a.Event, true).After(a.Cursor).Limit(announceBatch))
		if err != nil {
			return err
		}
		for _, sub := range page.Items {
			made, err := outbox.Queue(ctx, tx, s.Clock(), a.letter(sub))
			if err != nil {
				return err
			}
			if made {
				n++
			}
		}
		a.Cursor, a.Done = page.Next, page.Next == ""
		done = a.Done
		return announcements.Put(tx, a)
	})
	return n, done, err
}

func (a announcement) letter(sub Subscription) outbox.Letter {
	return outbox.Letter{
		ID:   outbox.ID(OccasionChanged, a.ID, sub.ID),
		Kind: outbox.KindStatement, Origin: "statement/" + a.ID,
		Occasion: OccasionChanged, Event: a.Event, Language: sub.Language,
		To:   outbox.Address{Email: sub.Email},
		Data: map[string]string{"statement": a.Statement, "step": strconv.Itoa(a.Step), "subscription": sub.ID},
	}
}
