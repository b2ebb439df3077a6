package outbox

import (
	"context"
	"errors"
	"net/textproto"
	"strconv"
	"sync"
	"time"

	"convene/internal/store"
)

// Alarm says that the mail server is not reached, or refuses whatever it is
// given.
type Alarm struct {
	Since  time.Time `json:"since,omitzero"` // zero: all is well
	Answer string    `json:"answer"`         // the server's, or what went wrong before it had any
}

// alarmRecord is written when the state changes, not with each letter.
type alarmRecord struct {
	ID string `json:"id"`
	Alarm
}

// theAlarm is the id of the one record.
const theAlarm = "server"

// Alarm returns the alarm, which is zero while letters go out.
func (o *Outbox) Alarm(ctx context.Context) (Alarm, error) {
	a, err := alarms.Get(ctx, o.db, theAlarm)
	if errors.Is(err, store.ErrNotFound) {
		return Alarm{}, nil
	}
	return a.Alarm, err
}

// raise keeps the alarm, with the instant of the first trouble.
func (o *Outbox) raise(ctx context.Context, now time.Time, answer string) error {
	return o.setAlarm(ctx, func(a Alarm) Alarm {
		if a.Since.IsZero() {
			a.Since = now
		}
		return Alarm{Since: a.Since, Answer: answer}
	})
}

// quiet ends the alarm.
func (o *Outbox) quiet(ctx context.Context) error {
	return o.setAlarm(ctx, func(Alarm) Alarm { return Alarm{} })
}

func (o *Outbox) setAlarm(ctx context.Context, change func(Alarm) Alarm) error {
	return o.db.Update(ctx, func(tx *store.Tx) error {
		a, err := alarms.Get(ctx, tx, theAlarm)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		next := change(a.Alarm)
		if next == a.Alarm {
			return nil
		}
		return alarms.Put(tx, alarmRecord{ID: theAlarm, Alarm: next})
	})
}

// rest keeps a mail server in trouble from being asked by every letter: one
// tries, the others wait as long as it does.
type rest struct {
	mu     sync.Mutex
	fails  int // in a row
	breaks int // connections that broke, in a row
	until  time.Time
	well   bool // the alarm is known to be off
}

// longestRest bounds how late letters are once the server is back.
const longestRest = 5 * time.Minute

func (r *rest) resting(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.until)
}

func (r *rest) failed(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails++
	r.breaks, r.well = 0, false
	r.until = now.Add(min(pauseAfter(r.fails), longestRest))
}

// broke counts a connection that broke and returns how many did in a row.
func (r *rest) broke() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.breaks++
	return r.breaks
}

// reached notes that the server answered about a letter. first is true when an
// alarm may have to end.
func (r *rest) reached() (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first = !r.well
	r.fails, r.breaks, r.until, r.well = 0, 0, time.Time{}, true
	return first
}

// answerOf is what the desk is told of an error: the server's words where there
// are any, without what looks like an address.
func answerOf(err error) string {
	text := err.Error()
	var answer *textproto.Error
	if errors.As(err, &answer) {
		text = strconv.Itoa(answer.Code) + " " + answer.Msg
	}
	return withoutAddresses(text)
}
