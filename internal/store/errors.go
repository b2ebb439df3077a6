package store

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound says that no record has the id, or that a query for one
	// record met none.
	ErrNotFound = errors.New("store: no such record")

	// ErrNoIndex says that no declared index serves a query. It is a mistake
	// in the program, never in a request.
	ErrNoIndex = errors.New("store: no declared index serves this query")

	// ErrBadCursor says that a page's cursor was not made by this query.
	ErrBadCursor = errors.New("store: the cursor does not belong to this query")

	// ErrBusy says that a transaction met conflicts more often than it may
	// run again. The caller may try later; nothing was written.
	ErrBusy = errors.New("store: too many changes to the same records at once")

	// ErrConflict is what every [ConflictError] is.
	ErrConflict = errors.New("store: the record changed since it was read")

	// ErrDuplicate is what every [DuplicateError] is.
	ErrDuplicate = errors.New("store: the value is taken")
)

// ConflictError is an engine's answer to a write whose expected version no
// longer stands. Update meets it by running its function again.
type ConflictError struct {
	Collection, ID string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("store: %s/%s changed since it was read", e.Collection, e.ID)
}

// Is reports whether target is ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// DuplicateError says that another record already holds a unique index's
// values, or the id itself (Index is then "id").
type DuplicateError struct {
	Collection, Index string
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("store: %s: a record with the same %s exists", e.Collection, e.Index)
}

// Is reports whether target is ErrDuplicate.
func (e *DuplicateError) Is(target error) bool { return target == ErrDuplicate }

// IsDuplicate reports whether err is a DuplicateError of the named index.
func IsDuplicate(err error, index string) bool {
	var dup *DuplicateError
	return errors.As(err, &dup) && dup.Index == index
}
