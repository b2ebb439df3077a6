package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"convene/internal/city"
	"convene/internal/event"
)

// recent is what was read from storage a moment ago, shared by all requests
// until it is too old.
type recent[T any] struct {
	every time.Duration
	clock func() time.Time
	read  func(context.Context) (T, error)

	last    atomic.Pointer[reading[T]]
	reading sync.Mutex // held by the one that reads; the others wait for what it finds
}

type reading[T any] struct {
	at    time.Time
	value T
}

// get returns the value, reading it when what is there is too old.
func (r *recent[T]) get(ctx context.Context) (T, error) {
	if last := r.last.Load(); r.fresh(last) {
		return last.value, nil
	}
	r.reading.Lock()
	defer r.reading.Unlock()
	if last := r.last.Load(); r.fresh(last) {
		return last.value, nil
	}
	at := r.clock() // before reading, so that a change meanwhile is seen the next time
	value, err := r.read(ctx)
	if err == nil {
		r.last.Store(&reading[T]{at, value})
	}
	return value, err
}

func (r *recent[T]) fresh(last *reading[T]) bool {
	if last == nil {
		return false
	}
	age := r.clock().Sub(last.at)
	return age >= 0 && age < r.every
}

// edition is an event as of a moment. Pages made from the same version are the
// same.
type edition struct {
	event.Event
	version string
}

// editions are all events, the latest first.
type editions struct {
	all     []*edition
	bySlug  map[string]*edition
	byID    map[string]*edition
	version string
}

func (p *Pages) readEditions(ctx context.Context) (*editions, error) {
	list, err := p.events.List(ctx)
	if err != nil {
		return nil, err
	}
	now := p.clock()
	all := &editions{bySlug: map[string]*edition{}, byID: map[string]*edition{}}
	var versions []string
	for _, e := range list {
		known := &edition{e, moment(e, now)}
		all.all = append(all.all, known)
		all.bySlug[e.Slug], all.byID[e.ID] = known, known
		versions = append(versions, e.Slug+" "+known.version)
	}
	all.version = digest(versions)
	return all, nil
}

// moment tells apart what pages show of an event at different times: its
// revision, and whatever time alone changes.
func moment(e event.Event, now time.Time) string {
	parts := []string{
		strconv.FormatInt(e.Revision, 10), string(e.Phase(now)), string(e.RegistrationState(now)), strconv.Itoa(e.DaysLeft(now)),
	}
	if e.Phase(now) == event.Running {
		parts = append(parts, e.DayOf(now))
	}
	return strings.Join(parts, " ")
}

// directory is what is known of the network's members.
type directory struct {
	cities     []city.City
	byID       map[string]city.City
	challenges []city.Challenge
	version    string
}

func (p *Pages) readDirectory(ctx context.Context) (*directory, error) {
	cities, err := p.cities.List(ctx)
	if err != nil {
		return nil, err
	}
	challenges, err := p.cities.Challenges(ctx)
	if err != nil {
		return nil, err
	}
	d := &directory{cities: cities, byID: map[string]city.City{}, challenges: challenges, version: digest([]any{cities, challenges})}
	for _, c := range cities {
		d.byID[c.ID] = c
	}
	return d, nil
}

// digest names a value by its content.
func digest(v any) string {
	content, err := json.Marshal(v)
	if err != nil {
		panic("site: " + err.Error()) // only documents of the store come here, which are JSON
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}
