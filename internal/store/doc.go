// Package store is convene's port to storage.
//
// An [Engine] keeps JSON-shaped records in named collections and knows seven
// operations; internal/store/sqlite and internal/store/mongo are the two
// engines. Everything typed is written once, here: a [Collection] turns records
// into Go values, a [Query] names the declared index that serves it, and
// [DB.Update] runs an optimistic transaction.
//
// # What an engine promises
//
//   - Commit is all or nothing, and durable when it returns: after a crash of
//     the machine either every write of a commit is there or none.
//   - A unique index holds under any race.
//   - A reader sees whole commits only, and its own process's commits at once.
//   - Records come back as they were written: the same JSON values, with times
//     in UTC at milliseconds.
//
// # What it asks of callers
//
//   - A query names a declared index ([ErrNoIndex] otherwise), so no page can
//     become slow because an event grew.
//   - A field that an index uses is present in every record of the collection.
//   - The function given to Update may run several times, so it does nothing
//     but read and write through its transaction.
package store
