package outbox

import (
	"maps"
	"strings"
	"sync"
	"time"
)

// domains keeps the limit per domain and minute. A letter beyond it gets a slot
// of its own, behind all that have one, so the order stays.
type domains struct {
	perMinute int // 0: no limit

	mu      sync.Mutex
	minutes map[string]minute
	slots   map[string]time.Time // the next free one
}

// minute counts the letters since its start.
type minute struct {
	start time.Time
	n     int
}

func newDomains(perMinute int) *domains {
	return &domains{perMinute: perMinute, minutes: map[string]minute{}, slots: map[string]time.Time{}}
}

// take reports whether a letter to the address may go now; if not, at is its
// slot. waited says that it has had one, or was tried before.
func (d *domains) take(email string, now time.Time, waited bool) (at time.Time, ok bool) {
	if d.perMinute == 0 {
		return now, true
	}
	domain := strings.ToLower(email[strings.LastIndex(email, "@")+1:])
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.minutes[domain]
	if now.Sub(m.start) >= time.Minute {
		m = minute{start: now}
	}
	if m.n < d.perMinute && (waited || !d.slots[domain].After(now)) {
		m.n++
		d.minutes[domain] = m
		return now, true
	}
	at = d.slots[domain]
	if next := m.start.Add(time.Minute); m.n >= d.perMinute && at.Before(next) {
		at = next
	}
	d.slots[domain] = at.Add(time.Minute / time.Duration(d.perMinute))
	return at, false
}

// ahead lists the slots that lie ahead, and forgets the others.
func (d *domains) ahead(now time.Time) map[string]time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.slots, func(_ string, at time.Time) bool { return !at.After(now) })
	maps.DeleteFunc(d.minutes, func(_ string, m minute) bool { return now.Sub(m.start) >= time.Minute })
	return maps.Clone(d.slots)
}

func (d *domains) load(slots map[string]time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.minutes)
	clear(d.slots)
	maps.Copy(d.slots, slots)
}
