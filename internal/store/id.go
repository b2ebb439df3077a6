package store

import "github.com/google/uuid"

// NewID returns a fresh record id: a version 7 UUID (RFC 9562), so that ids
// sort by the time they were made.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// IsID reports whether the text looks as NewID makes ids, so that one that a form brings
// back may be a record's.
func IsID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }
