package outbox

import (
	"context"
	"sync"
	"time"
)

// pace spreads letters evenly over the minute, in real time.
type pace struct {
	every time.Duration // between two letters; 0: no limit
	mu    *sync.Mutex
	next  *time.Time
}

func newPace(perMinute int) pace {
	p := pace{mu: new(sync.Mutex), next: new(time.Time)}
	if perMinute > 0 {
		p.every = time.Minute / time.Duration(perMinute)
	}
	return p
}

// wait returns when the next letter may go, or with the context's error.
func (p pace) wait(ctx context.Context) error {
	if p.every == 0 {
		return ctx.Err()
	}
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		*p.next = now
	}
	mine := *p.next
	*p.next = mine.Add(p.every)
	p.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(mine)):
		return nil
	}
}
