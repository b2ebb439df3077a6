package main

import (
	"fmt"
	"text/tabwriter"
)

type showCmd struct{}

// Run prints the effective configuration.
func (showCmd) Run(p *program) error {
	cfg, err := p.config(nil)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "OPTION\tVALUE\tFROM")
	for _, s := range cfg.Effective() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, s.Value, s.Source)
	}
	return w.Flush()
}
