package store

import "context"

// Engine is a database as convene needs it: seven operations on JSON records.
// The conformance suite in storetest says what each must do; the comments here
// say it in short. Engines are safe for concurrent use.
type Engine interface {
	// Migrate makes the collections and indexes that the schemas declare and
	// removes indexes that they no longer do. Records are kept. A second call
	// with the same schemas changes nothing.
	Migrate(ctx context.Context, schemas []Schema) error

	// Get returns the record, or ErrNotFound.
	Get(ctx context.Context, collection, id string) (Record, error)

	// Find returns at most plan.Limit records in the plan's order.
	Find(ctx context.Context, plan Plan) ([]Record, error)

	// Count returns how many records the plan meets; its order, limit and
	// position do not matter.
	Count(ctx context.Context, plan Plan) (int, error)

	// Tally returns how many records the plan meets for each value of the
	// field, a string field of the plan's index.
	Tally(ctx context.Context, plan Plan, field string) (map[string]int, error)

	// Commit carries out all writes or none, in their order. It returns a
	// *ConflictError when a record is not at its expected version and a
	// *DuplicateError when a unique index refuses.
	Commit(ctx context.Context, writes []Write) error

	// Close waits for commits in progress and releases the database.
	Close() error
}

// Record is a stored document: a JSON object and the version it is at.
type Record struct {
	ID      string
	Version int64
	Body    []byte
}

// Write is one change of a commit.
type Write struct {
	Op         Op
	Collection string
	ID         string
	Expect     int64  // the version the record must be at; 0: it must not exist
	Version    int64  // the version it gets; for Put
	Body       []byte // the JSON object it becomes; for Put
}

// Op is what a Write does.
type Op int

const (
	// Put creates or replaces the record.
	Put Op = iota
	// Delete removes it.
	Delete
	// Check changes nothing: it only insists on the expected version, and that
	// nobody changes the record while the commit happens.
	Check
)

// Plan is a Query with its index resolved: what an engine carries out. Values
// are strings, int64, float64 or bool.
type Plan struct {
	Collection string
	Index      Index // the zero Index means the record's id

	Equal  []any  // the index's leading fields
	Next   string // the field that Prefix, From and To speak of; "id" for the zero Index
	Prefix string // Next begins with this; "" does not narrow
	From   any    // Next >= From; nil does not narrow
	To     any    // Next < To; nil does not narrow
	Has    []Term // for a many-valued index: the array holds each of these

	Order []string // the fields that sort the result, before the id
	Desc  bool     // sort backwards, id included
	After []any    // values of Order and the id: begin behind this position
	Limit int
}
