package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"convene/config"
	"convene/internal/app"
	"convene/internal/store"
	"convene/internal/store/mongo"
	"convene/internal/store/sqlite"
)

// openDatabase opens a database with every collection of the program.
func openDatabase(ctx context.Context, url config.DatabaseURL) (*store.DB, error) {
	engine, err := openEngine(ctx, url)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, engine, app.Schemas()...)
}

// openExisting opens a database that is only read. A mistyped path must not
// become an empty database that looks like the right one.
func openExisting(ctx context.Context, url config.DatabaseURL) (*store.DB, error) {
	if url.IsFile() {
		_, err := os.Stat(filePath(url))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w at %s", errNoDatabase, filePath(url))
		}
		if err != nil {
			return nil, err
		}
	}
	return openDatabase(ctx, url)
}

var errNoDatabase = errors.New("there is no database")

func filePath(url config.DatabaseURL) string { return strings.TrimPrefix(url.Reveal(), "file:") }

func openEngine(ctx context.Context, url config.DatabaseURL) (store.Engine, error) {
	if !url.IsFile() {
		return mongo.Open(ctx, url.Reveal())
	}
	path := filePath(url)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the folder of the database: %w", err)
	}
	return sqlite.Open(path)
}

// parseDatabase reads a database given on the command line.
func (p *program) parseDatabase(text string) (config.DatabaseURL, error) {
	cfg, err := p.config(map[string]string{"database": text})
	return cfg.Database, err
}
