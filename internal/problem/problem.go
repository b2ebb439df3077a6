// Package problem is convene's one kind of error that people see: what kind it
// is, which message tells it, and the cause that only the log gets. Packages
// below the web return it; the web turns the kind into a status code and the
// key into a sentence of the reader's language.
package problem

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says who can do what about a problem.
type Kind int

const (
	// Internal: nothing the person did; the operator finds the cause in the log.
	Internal Kind = iota
	// Invalid: what was typed must be changed; Fields say where.
	Invalid
	// NotFound: there is no such thing, or not for this person.
	NotFound
	// Unauthenticated: sign in first.
	Unauthenticated
	// Forbidden: signed in, but without the right.
	Forbidden
	// Conflict: somebody or something was faster.
	Conflict
	// Gone: it was there and is over: a used link, a closed registration.
	Gone
	// TooMany: try again later.
	TooMany
	// Unavailable: the program cannot do it now; later it can.
	Unavailable
)

// Error is a problem. Key names a message of the catalogue, Args its
// placeholders as name and value in turn.
type Error struct {
	Kind   Kind
	Key    string
	Args   []any
	Fields []Field
	Cause  error
}

// Field is what is wrong with one field of a form.
type Field struct {
	Name string
	Key  string
	Args []any
}

// New makes a problem of the kind, told by the message.
func New(kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// Wrap is New with the cause that belongs in the log.
func Wrap(cause error, kind Kind, key string, args ...any) *Error {
	return &Error{Kind: kind, Key: key, Args: args, Cause: cause}
}

// Error tells the key, the fields' names and the cause, for the log; it never
// holds what a person typed.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Key)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Name, f.Key)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the kind of the first problem in err's chain; any other error
// is Internal.
func KindOf(err error) Kind {
	var p *Error
	if errors.As(err, &p) {
		return p.Kind
	}
	return Internal
}

// Form gathers what is wrong with a form, field by field.
type Form struct{ fields []Field }

// Add notes a fault of the named field.
func (f *Form) Add(name, key string, args ...any) {
	f.fields = append(f.fields, Field{Name: name, Key: key, Args: args})
}

// Has reports whether the field has a fault already.
func (f *Form) Has(name string) bool {
	for _, field := range f.fields {
		if field.Name == name {
			return true
		}
	}
	return false
}

// Fields returns what is wrong so far.
func (f *Form) Fields() []Field { return f.fields }

// Err returns the problem of kind Invalid that holds the faults, or nil when
// there are none.
func (f *Form) Err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Key: "problem.form", Fields: f.fields}
}
