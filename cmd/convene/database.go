package main

import (
	"context"
	"fmt"
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

func openEngine(ctx context.Context, url config.DatabaseURL) (store.Engine, error) {
	if !url.IsFile() {
		return mongo.Open(ctx, url.Reveal())
	}
	path := strings.TrimPrefix(url.Reveal(), "file:")
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
