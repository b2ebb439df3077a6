// Command convene runs the conferences and members' meetings of a network of
// cities.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // events have zones wherever the program runs

	"github.com/alecthomas/kong"

	"convene/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli is the command line: one field, and one file, a subcommand.
type cli struct {
	Config string            `help:"Read this configuration file. Without it, ./convene.yaml or ./config/convene.yaml is read if it is there." type:"path" placeholder:"FILE"`
	Set    map[string]string `help:"Set an option for this run, as in --set log.level=debug. May be given several times; goes before file and environment." placeholder:"KEY=VALUE" short:"s"`

	Serve   serveCmd   `cmd:"" help:"Run convene for real: serve the pages, deliver letters, run the jobs."`
	Demo    demoCmd    `cmd:"" help:"Try convene: real events, invented people, nothing to install, no letter leaves the machine."`
	Seed    seedCmd    `cmd:"" help:"Load the network's real events and cities into the database."`
	User    userCmd    `cmd:"" help:"Keep the accounts of the organising team."`
	Show    showCmd    `cmd:"" name:"config" help:"Show every option with its value and where the value comes from. Secrets stay hidden."`
	Doctor  doctorCmd  `cmd:"" help:"Check configuration, storage, mail server, clock and keys. The exit code is 0 when all is well, 1 otherwise."`
	Copy    copyCmd    `cmd:"" help:"Copy a whole installation from one database to another, empty one: from a file to MongoDB or back."`
	Export  exportCmd  `cmd:"" help:"Write every record as a line of JSON: the backup."`
	Import  importCmd  `cmd:"" help:"Read what export wrote into an empty database."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// program is what every subcommand is given.
type program struct {
	ctx     context.Context
	cli     *cli
	environ []string
	out     io.Writer
	err     io.Writer
}

// exitCode ends the parsing early: help has been printed.
type exitCode int

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args, environ []string, out, errOut io.Writer) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exitCode:
			code = int(r)
		default:
			panic(r)
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("convene"),
		kong.Description("Runs the conferences and members' meetings of a network of cities."),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { panic(exitCode(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(errOut, "convene: %v\nTry: convene --help\n", err)
		return 2
	}
	p := &program{ctx: ctx, cli: &c, environ: environ, out: out, err: errOut}
	if err := parsed.Run(p); err != nil {
		if !errors.Is(err, errTold) {
			fmt.Fprintf(errOut, "convene: %v\n", err)
		}
		return 1
	}
	return 0
}

// errTold ends a subcommand that has told what is wrong already.
var errTold = errors.New("told")

// config loads the configuration. extra are flags of the subcommand that set
// options.
func (p *program) config(extra map[string]string) (config.Config, error) {
	flags := map[string]string{}
	for _, set := range []map[string]string{p.cli.Set, extra} {
		for key, value := range set {
			flags[key] = value
		}
	}
	return config.Load(config.LoadOptions{File: p.cli.Config, Environ: p.environ, Flags: flags})
}

func (p *program) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }
