// Package seed brings the seeds into the store: the network's real events and
// cities with their sources, and a rehearsal of a conference with invented
// people.
//
// What is there already is left alone, so that seeding again never undoes what
// staff have changed.
package seed

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"convene/internal/city"
	"convene/internal/delegate"
	"convene/internal/event"
	"convene/internal/programme"
	"convene/internal/statement"
	"convene/internal/store"
)

// Service seeds. Every field is needed.
type Service struct {
	DB         *store.DB
	Clock      func() time.Time
	Events     *event.Service
	Cities     *city.Service
	Programme  *programme.Service
	Delegates  *delegate.Service
	Statements *statement.Service

	Furniture Furniture // of the rehearsal
	Past      *Past     // of the rehearsal; nil: it has none, and everybody is confirmed
}

// Count tells of records of one kind: how many were added, and how many were
// there already.
type Count struct {
	Added int
	There int
}

// Summary tells what a run did. What belongs to an event that was there, its
// sessions, speakers and statements, is not looked at and not counted; neither
// are the participations of a city that was there.
type Summary struct {
	Events         Count
	Sessions       Count
	Speakers       Count
	Statements     Count
	Challenges     Count
	Cities         Count
	Participations Count
	Awards         Count
	Milestones     Count
	Features       Count // focal areas
	Delegates      Count
	Others         Count // registrations that are not confirmed
}

// parts names the counts in the order in which they are told.
func (s Summary) parts() []struct {
	name  string
	count Count
} {
	return []struct {
		name  string
		count Count
	}{
		{"events", s.Events}, {"sessions", s.Sessions}, {"speakers", s.Speakers}, {"statements", s.Statements},
		{"challenges", s.Challenges}, {"cities", s.Cities}, {"participations", s.Participations},
		{"awards", s.Awards}, {"milestones", s.Milestones}, {"focal areas", s.Features}, {"delegates", s.Delegates}, {"others", s.Others},
	}
}

// Added sums up what the run added.
func (s Summary) Added() int {
	sum := 0
	for _, part := range s.parts() {
		sum += part.count.Added
	}
	return sum
}

// String tells the summary in one line of English, for a log or a terminal.
func (s Summary) String() string {
	var added, there []string
	for _, part := range s.parts() {
		if part.count.Added > 0 {
			added = append(added, fmt.Sprintf("%d %s", part.count.Added, part.name))
		}
		if part.count.There > 0 {
			there = append(there, fmt.Sprintf("%d %s", part.count.There, part.name))
		}
	}
	text := "nothing to add"
	if len(added) > 0 {
		text = "added " + strings.Join(added, ", ")
	}
	if len(there) > 0 {
		text += "; there already: " + strings.Join(there, ", ")
	}
	return text
}

// batch is how many records of a list travel in one transaction: enough to
// share the cost of a commit, few enough for MongoDB's transactions.
const batch = 50

// add writes those of a list that are not there yet, a batch in each
// transaction, and returns what it wrote.
func add[T any](ctx context.Context, db *store.DB, list []T, there func(T) bool, write func(*store.Tx, T) error) ([]T, error) {
	fresh := slices.DeleteFunc(slices.Clone(list), there)
	var added []T
	for some := range slices.Chunk(fresh, batch) {
		err := db.Update(ctx, func(tx *store.Tx) error {
			for _, v := range some {
				if err := write(tx, v); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return added, err
		}
		added = append(added, some...)
	}
	return added, nil
}

// countOf counts a list of which some were added.
func countOf[T any](list, added []T) Count {
	return Count{Added: len(added), There: len(list) - len(added)}
}
