package delegate

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"convene/internal/audit"
	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/person"
	"convene/internal/problem"
	"convene/internal/store"
)

// The longest tag, in characters, how many a registration may have, and how many
// different ones an event.
const (
	MaxTag       = 40
	MaxTags      = 20
	MaxEventTags = 300
)

// tagList are the tags that an event has used. It offers them, and keeps one
// spelling of each.
type tagList struct {
	ID   string   `json:"id"` // the event's
	Tags []string `json:"tags"`
}

var tagLists = store.NewCollection("delegate_tags", func(l tagList) string { return l.ID })

func tagTerm(tag string) string { return "tag:" + i18n.Fold(tag) }

// EventTags lists the tags that the event uses, in their order.
func (s *Service) EventTags(ctx context.Context, event string) ([]string, error) {
	l, err := tagLists.Get(ctx, s.db, event)
	if isMissing(err) {
		return nil, nil
	}
	return l.Tags, err
}

// CleanTag checks what was typed as a tag; a fault is a problem of kind Invalid, of
// the field "tag".
func CleanTag(typed string) (string, error) {
	tag := strings.ReplaceAll(person.Tidy(typed), "\n", " ")
	var faults problem.Form
	switch n := utf8.RuneCountInString(tag); {
	case i18n.Fold(tag) == "":
		faults.Add("tag", "problem.field.required")
	case n > MaxTag:
		faults.Add("tag", "problem.field.too_long", "Max", MaxTag, "Length", n)
	}
	return tag, faults.Err()
}

// Tag puts a tag on a registration. One that it has already, in whatever spelling,
// stays.
func (s *Service) Tag(ctx context.Context, id, typed string) (Delegate, error) {
	tag, err := CleanTag(typed)
	if err != nil {
		return Delegate{}, err
	}
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		return s.tag(ctx, tx, d, tag)
	})
}

func (s *Service) tag(ctx context.Context, tx *store.Tx, d *Delegate, tag string) error {
	tag, err := useTag(ctx, tx, d.Event, tag)
	if err != nil || d.HasTag(tag) {
		return err
	}
	if len(d.Tags) >= MaxTags {
		return problem.New(problem.Conflict, "problem.tags_full", "Max", MaxTags)
	}
	d.Tags = append(slices.Clone(d.Tags), tag)
	slices.SortFunc(d.Tags, func(a, b string) int { return strings.Compare(i18n.Fold(a), i18n.Fold(b)) })
	return s.record(ctx, tx, *d, "delegate.tag", nil)
}

// Untag takes a tag off a registration.
func (s *Service) Untag(ctx context.Context, id, tag string) (Delegate, error) {
	return s.change(ctx, id, func(tx *store.Tx, e event.Event, d *Delegate) error {
		return s.untag(ctx, tx, d, tag)
	})
}

func (s *Service) untag(ctx context.Context, tx *store.Tx, d *Delegate, tag string) error {
	if !d.HasTag(tag) {
		return nil
	}
	d.Tags = slices.DeleteFunc(slices.Clone(d.Tags), func(t string) bool { return tagTerm(t) == tagTerm(tag) })
	return s.record(ctx, tx, *d, "delegate.untag", nil)
}

// HasTag reports whether the registration has the tag, in whatever spelling.
func (d Delegate) HasTag(tag string) bool {
	return slices.ContainsFunc(d.Tags, func(t string) bool { return tagTerm(t) == tagTerm(tag) })
}

// useTag returns the event's spelling of a tag, which is the first one that was
// used.
func useTag(ctx context.Context, tx *store.Tx, event, tag string) (string, error) {
	l, err := tagLists.Get(ctx, tx, event)
	if err != nil && !isMissing(err) {
		return "", err
	}
	for _, known := range l.Tags {
		if tagTerm(known) == tagTerm(tag) {
			return known, nil
		}
	}
	if len(l.Tags) >= MaxEventTags {
		return "", problem.New(problem.Conflict, "problem.event_tags_full", "Max", MaxEventTags)
	}
	l.ID, l.Tags = event, append(slices.Clone(l.Tags), tag)
	slices.SortFunc(l.Tags, func(a, b string) int { return strings.Compare(i18n.Fold(a), i18n.Fold(b)) })
	return tag, tagLists.Put(tx, l)
}

// record adds an entry about the registration to the audit trail.
func (s *Service) record(ctx context.Context, tx *store.Tx, d Delegate, action string, fields []string) error {
	return audit.Record(ctx, tx, audit.Entry{At: s.clock(), Action: action, Event: d.Event, Subject: Subject(d.ID), Fields: fields})
}
