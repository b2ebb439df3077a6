package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

type exportCmd struct {
	File string `arg:"" optional:"" help:"Write to this file, which must not exist, instead of standard output, which is also meant by -."`
}

// Help says what the backup is good for.
func (exportCmd) Help() string {
	return "Stop every instance before. The records are read one after another, not as of one instant, " +
		"so one written meanwhile may be in the backup without another that it refers to. " +
		"The last line counts the records; import refuses a file without it as cut off."
}

// Run writes every record of the configured database.
func (e *exportCmd) Run(p *program) (err error) {
	cfg, err := p.config(nil)
	if err != nil {
		return err
	}
	db, err := openExisting(p.ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	out := p.out
	if e.File != "" && e.File != "-" {
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
