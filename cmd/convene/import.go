package main

import (
	"bufio"
	"errors"
	"os"
)

type importCmd struct {
	File string `arg:"" help:"What export wrote." type:"existingfile"`
}

// Run reads an export into the configured database, which must be empty.
func (i *importCmd) Run(p *program) (err error) {
	f, err := os.Open(i.File)
	if err != nil {
		return err
	}
	defer f.Close()
	cfg, err := p.config(nil)
	if err != nil {
		return err
	}
	db, err := openDatabase(p.ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	n, err := db.Import(p.ctx, bufio.NewReader(f))
	if err != nil {
		return err
	}
	p.say("Imported %d records.", n)
	return nil
}
