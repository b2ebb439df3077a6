package main

import (
	"context"
	"errors"
	"fmt"

	"convene/config"
	"convene/internal/store"
)

type copyCmd struct {
	From string `arg:"" help:"The database to copy: file:PATH or mongodb://…"`
	To   string `arg:"" help:"The database to fill, which must be empty: file:PATH or mongodb://…"`
}

// Run copies every record. Stop the instances that write to FROM before.
func (c *copyCmd) Run(p *program) (err error) {
	from, err := p.open(c.From, openExisting)
	if err != nil {
		return fmt.Errorf("from: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := p.open(c.To, openDatabase)
	if err != nil {
		return fmt.Errorf("to: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	n, err := to.Copy(p.ctx, from)
	if err != nil {
		return err
	}
	p.say("Copied %d records.", n)
	return nil
}

// open opens a database given on the command line.
func (p *program) open(text string, with func(context.Context, config.DatabaseURL) (*store.DB, error)) (*store.DB, error) {
	url, err := p.parseDatabase(text)
	if err != nil {
		return nil, err
	}
	return with(p.ctx, url)
}
