package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

type exportCmd struct {
	File string `arg:"" optional:"" help:"Write to this file, which must not exist, instead of standard output."`
}

// Run writes every record of the configured database. It may run beside a
// serving instance; what changes meanwhile is there as it was or as it became.
func (e *exportCmd) Run(p *program) (err error) {
	cfg, err := p.config(nil)
	if err != nil {
		return err
	}
	db, err := openDatabase(p.ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	out := p.out
	if e.File != "" {
		// Everybody's data is in it, so only its owner may read it.
		f, err := os.OpenFile(e.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	w := bufio.NewWriter(out)
	n, err := db.Export(p.ctx, w)
	if err := errors.Join(err, w.Flush()); err != nil {
		return err
	}
	fmt.Fprintf(p.err, "Exported %d records.\n", n)
	return nil
}
