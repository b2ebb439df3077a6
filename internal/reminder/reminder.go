// Package reminder turns an event's dates into letters: so many days before it
// begins, every confirmed delegate is reminded.
package reminder

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"convene/internal/audit"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/outbox"
	"convene/internal/store"
)

// Occasion of the letters.
const Occasion = "event.reminder"

// Hour is the time of day, in the event's zone, from which a reminder goes out.
const Hour = 9

// run is one reminder of one event under way, or done. Its cursor moves with the
// letters it has queued, in one commit.
type run struct {
	ID     string    `json:"id"` // event/starts/days
	Event  string    `json:"event"`
	Days   int       `json:"days"`
	Due    time.Time `json:"due"`
	Cursor string    `json:"cursor"`
	Queued int       `json:"queued"`
	Done   bool      `json:"done"`
}

var runs = store.NewCollection("reminders", func(r run) string { return r.ID }, store.On("event", "event", "due"))

// Collections lists the package's schemas.
func Collections() []store.Schema { return []store.Schema{runs.Schema()} }

// Service queues reminders.
type Service struct {
	DB        *store.DB
	Clock     func() time.Time
	Events    *event.Service
	Delegates *delegate.Service
}

// Due is the instant from which the event's reminder of that many days goes out.
func Due(e event.Event, days int) time.Time {
	first := e.FirstDay()
	return time.Date(first.Year(), first.Month(), first.Day()-days, Hour, 0, 0, 0, e.Location())
}

// Queue queues the letters of every reminder that is due and returns how many.
// Each reminder of an event is sent once for its dates: an event that moves
// reminds again. A reminder whose event has begun, or for which a later one is
// due already, is pointless and left out.
func (s *Service) Queue(ctx context.Context) (int, error) {
	events, err := s.Events.List(ctx)
	if err != nil {
		return 0, err
	}
	now, total := s.Clock(), 0
	for _, e := range events {
		days, ok := dueNow(e, now)
		if !ok {
			continue
		}
		n, err := s.remind(ctx, e, days)
		total += n
		if err != nil {
			return total, fmt.Errorf("reminder: %s, %d days before: %w", e.Slug, days, err)
		}
	}
	return total, nil
}

// dueNow finds the event's latest reminder that is due at the instant.
func dueNow(e event.Event, now time.Time) (days int, ok bool) {
	if e.MonthOnly || e.Phase(now) != event.Coming {
		return 0, false
	}
	for _, d := range e.ReminderDays {
		if !now.Before(Due(e, d)) && (!ok || d < days) {
			days, ok = d, true
		}
	}
	return days, ok
}

func (s *Service) remind(ctx context.Context, e event.Event, days int) (int, error) {
	total := 0
	for {
		n, done, err := s.remindSome(ctx, e, days)
		total += n
		if err != nil || done {
			return total, err
		}
	}
}

// batch is how many letters one commit queues.
const batch = 200

func (s *Service) remindSome(ctx context.Context, e event.Event, days int) (n int, done bool, err error) {
	id := fmt.Sprintf("%s/%s/%d", e.ID, e.Starts, days)
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		n, done = 0, true
		r, err := runs.Get(ctx, tx, id)
		if errors.Is(err, store.ErrNotFound) {
			r, err = run{ID: id, Event: e.ID, Days: days, Due: Due(e, days)}, nil
		}
		if err != nil || r.Done {
			return err
		}
		page, err := s.Delegates.Find(ctx, e.ID, delegate.Filter{State: delegate.Confirmed}, r.Cursor, batch)
		if err != nil {
			return err
		}
		for _, d := range page.Items {
			made, err := outbox.Queue(ctx, tx, s.Clock(), letter(e, d, id, days))
			if err != nil {
				return err
			}
			if made {
				n++
			}
		}
		r.Cursor, r.Done, r.Queued = page.Next, page.Next == "", r.Queued+n
		done = r.Done
		if err := runs.Put(tx, r); err != nil || !r.Done {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{
			At: s.Clock(), Action: "reminder.sent", Event: e.ID, Subject: "event/" + e.ID, To: strconv.Itoa(days),
		})
	})
	return n, done, err
}

func letter(e event.Event, d delegate.Delegate, id string, days int) outbox.Letter {
	return outbox.Letter{
		ID:       outbox.ID(Occasion, id, d.ID),
		Occasion: Occasion, Event: e.ID, Person: d.ID, Language: d.Language,
		To: outbox.Address{Name: d.Name, Email: d.Email}, Data: map[string]string{"days": strconv.Itoa(days)},
		Deadline: e.FirstDay(), // afterwards it reminds of nothing
	}
}
