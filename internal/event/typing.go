package event

// Typing gives what an organiser has typed, now that it is known what the event holds:
// somebody else may have changed it since the form was opened. It is called within the
// transaction of the change, perhaps several times, and does nothing but look. Its
// error ends the change.
type Typing[T any] func(now Event) (T, error)

// Typed is what was typed, whatever the event holds.
func Typed[T any](typed T) Typing[T] { return func(Event) (T, error) { return typed, nil } }
