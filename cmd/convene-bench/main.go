// Command convene-bench measures convene against the figures it is built for:
// how many badges a door takes in a second, how long the program needs to start,
// and so on. Where a figure depends on the machine, a floor is measured in the
// same run: the least that could do the same work there.
//
//	go run ./cmd/convene-bench door
//	go run ./cmd/convene-bench all -json
//
// It is a program of its own, never linked into convene.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // events have zones wherever the program runs
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if asked, err := serveChild(ctx); asked {
		if err != nil {
			fmt.Fprintln(os.Stderr, "convene-bench: server:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "convene-bench:", err)
		}
		os.Exit(1)
	}
}

// bench is one thing to measure. It reports each result as soon as it has it.
type bench struct {
	name  string
	about string
	run   func(ctx context.Context, s settings, report func(result)) error
}

// benches lists all, in the order in which "all" runs them.
var benches = []bench{
	{"door", "scans over HTTP, verdict and durable record", benchDoor},
	{"register", "full registrations over HTTP, each with its letter queued", benchRegister},
	{"programme", "the public programme page", benchProgramme},
	{"mail", "letters through the outbox to a local mail server, and queueing them", benchMail},
	{"start", "from the start of the process to the first answered page", benchStart},
	{"roster", "finding a person by part of a name", benchRoster},
	{"import", "importing a workbook: to the preview, and until all are in", benchImport},
}

// settings are what the command line says. Zero means what each bench finds
// right.
type settings struct {
	delegates int
	clients   int
	duration  time.Duration // of one round of one server
	rounds    int           // how often floor and bench take turns
	fresh     bool          // make the prepared file anew
	cache     string        // folder of the prepared files
	dir       string        // folder for the files that are measured
	profile   string        // folder for CPU profiles of the measured server
	binary    string        // the program to start; empty: build it
	log       io.Writer     // what goes on, for whoever waits
}

// Sizes: the conference of 2015, and the hundred times that to build for.
const (
	small = 650
	large = 100 * small
)

func (s settings) withDefaults(clients int, duration time.Duration, rounds int) settings {
	if s.delegates == 0 {
		s.delegates = large
	}
	if s.clients == 0 {
		s.clients = clients
	}
	if s.duration == 0 {
		s.duration = duration
	}
	if s.rounds == 0 {
		s.rounds = rounds
	}
	return s
}

func (s settings) say(format string, args ...any) { fmt.Fprintf(s.log, format+"\n", args...) }

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("convene-bench", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() { usage(flags) }
	s := settings{log: errOut}
	asJSON := flags.Bool("json", false, "print one JSON object a line instead of a table")
	flags.IntVar(&s.delegates, "delegates", 0, fmt.Sprintf("how many delegates the file holds, %d at least (default %d)", small, large))
	flags.IntVar(&s.clients, "clients", 0, "how many ask at the same time (default 32; mail 4, roster 2)")
	flags.DurationVar(&s.duration, "duration", 0, "how long each server is asked in each round (default 3s)")
	flags.IntVar(&s.rounds, "rounds", 0, "how often floor and bench take turns; starts of start (default 4; mail 3, start 5)")
	flags.BoolVar(&s.fresh, "fresh", false, "make the prepared file anew instead of using the kept one")
	flags.StringVar(&s.cache, "cache", "", "keep prepared files in this `folder` (default: convene-bench in the user's cache)")
	flags.StringVar(&s.dir, "dir", "", "measure on files in this `folder` (default: the temporary one)")
	flags.StringVar(&s.profile, "profile", "", "write CPU profiles of the measured servers into this `folder`")
	flags.StringVar(&s.binary, "binary", "", "let start measure this `program` instead of building one")
	name, args := takeName(args)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if name == "" {
		name = flags.Arg(0)
	}
	chosen, err := choose(name)
	if err != nil {
		flags.Usage()
		return err
	}
	if s.delegates != 0 && s.delegates < small {
		return fmt.Errorf("-delegates %d: the prepared file holds the %d of a rehearsal at least", s.delegates, small)
	}
	p := printer{out: out, json: *asJSON}
	for _, b := range chosen {
		if err := b.run(ctx, s, p.print); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}

// takeName takes the bench's name from the front, so that flags may follow it.
func takeName(args []string) (string, []string) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return args[0], args[1:]
	}
	return "", args
}

func choose(name string) ([]bench, error) {
	if name == "all" {
		return benches, nil
	}
	for _, b := range benches {
		if b.name == name {
			return []bench{b}, nil
		}
	}
	if name == "" {
		return nil, errors.New("which bench?")
	}
	return nil, fmt.Errorf("there is no bench %q", name)
}

func usage(flags *flag.FlagSet) {
	w := flags.Output()
	fmt.Fprintln(w, "Usage: convene-bench NAME [flags]")
	for _, b := range benches {
		fmt.Fprintf(w, "  %-10s %s\n", b.name, b.about)
	}
	fmt.Fprintf(w, "  %-10s %s\n\n", "all", "all of them")
	flags.PrintDefaults()
}
