// Package sqlite is the embedded storage engine: one file, nothing to install.
//
// A collection is a table of id, version and JSON body, with a column for every
// indexed field, so that the file reads well in the sqlite3 shell. A many-valued
// index is a side table and a full-text index (FTS5) beside it. Readers share a pool; all commits pass through one writer, which lets those that arrive
// together share one fsync.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite", SQLite in pure Go

	"convene/internal/store"
)

// Engine is a SQLite file. Several processes may open the same file.
type Engine struct {
	readers *sql.DB
	writer  *sql.DB
	conn    *sql.Conn // the writer's one connection

	statements sync.Map // SQL text → *sql.Stmt of readers
	schemas    atomic.Pointer[map[string]store.Schema]

	commits chan commit
	closing sync.RWMutex // held for reading while a commit is handed over
	closed  bool
	done    chan struct{} // closed when the writer has stopped
}

// Pragmas stand in the DSN so that every pooled connection gets them;
// busy_timeout comes first, since the others may have to wait.
const (
	sharedPragmas = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=temp_store(memory)"
	readPragmas   = sharedPragmas + "&_pragma=query_only(1)"

	// The writer touches pages all over a large file, those of the same few
	// indexes again and again: 64 MB hold them, where SQLite's own 2 MB would
	// spill a commit of a few hundred records into the log in pieces. And the log
	// is folded into the file every 32 MB instead of 4, since the pages that it
	// holds many times over are then written there once.
	writePragmas = sharedPragmas + "&_pragma=cache_size(-65536)&_pragma=wal_autocheckpoint(8192)"
)

// Open opens the file at path, making it if needed. The folder must exist.
func Open(path string) (*Engine, error) {
	if err := create(path); err != nil {
		return nil, fmt.Errorf("sqlite: opening %s: %w", path, err)
	}
	name := "file:" + (&url.URL{Path: path}).EscapedPath()
	writer, err := sql.Open("sqlite", name+"?"+writePragmas)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	writer.SetMaxOpenConns(1)
	conn, err := writer.Conn(context.Background())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: opening %s: %w", path, err), writer.Close())
	}
	readers, err := sql.Open("sqlite", name+"?"+readPragmas)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %w", err), conn.Close(), writer.Close())
	}
	pool := max(4, 2*runtime.NumCPU())
	readers.SetMaxOpenConns(pool)
	readers.SetMaxIdleConns(pool)

	e := &Engine{
		readers: readers, writer: writer, conn: conn,
		commits: make(chan commit, maxGroup),
		done:    make(chan struct{}),
	}
	e.schemas.Store(&map[string]store.Schema{})
	go e.write()
	return e, nil
}

// create makes an empty file that only its owner may read, since everybody's data
// will be in it. The log and its index, which SQLite makes beside it, have the
// same mode. A file that is there is not even opened: closing it would drop the
// locks that this process holds on it.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// schema returns the declaration of a migrated collection.
func (e *Engine) schema(collection string) (store.Schema, error) {
	s, ok := (*e.schemas.Load())[collection]
	if !ok {
		return s, fmt.Errorf("sqlite: unknown collection %q", collection)
	}
	return s, nil
}

// Close waits for the commits already handed over, folds the log into the file
// and closes it.
func (e *Engine) Close() error {
	e.closing.Lock()
	if e.closed {
		e.closing.Unlock()
		return nil
	}
	e.closed = true
	close(e.commits)
	e.closing.Unlock()
	<-e.done
	return errors.Join(e.readers.Close(), e.conn.Close(), e.writer.Close())
}
