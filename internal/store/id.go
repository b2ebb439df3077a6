package store

import "github.com/google/uuid"

// NewID returns a fresh record id: a version 7 UUID (RFC 9562), so that ids
// sort by the time they were made.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }
