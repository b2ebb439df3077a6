// Command wireserver is a stand-in for MongoDB in the tests: FerretDB with its
// SQLite backend, which speaks the wire protocol and needs no installation. It
// is a module of its own, so that the program never depends on it.
//
//	wireserver [DIRECTORY]
//
// It listens on a free port of 127.0.0.1, keeps its data in the directory, or in
// one of its own that it removes at the end, prints its URI as one line, and
// stops when its standard input ends, so that it never outlives the test that
// started it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "wireserver:", err)
		os.Exit(1)
	}
}

func run(args []string, stdin io.Reader, stdout io.Writer) (err error) {
	var dir string
	switch len(args) {
	case 1:
		dir = args[0]
	case 0:
		if dir, err = os.MkdirTemp("", "wireserver-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	default:
		return errors.New("usage: wireserver [DIRECTORY]")
	}
	return serve(dir, stdin, stdout)
}

func serve(dir string, stdin io.Reader, stdout io.Writer) error {
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.DiscardHandler),
		Handler:   "sqlite",
		SQLiteURL: "file:" + dir + "/",
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		defer stop()
		_, _ = io.Copy(io.Discard, stdin) // whatever ends the input ends the server
	}()
	go func() {
		fmt.Fprintln(stdout, server.MongoDBURI()) // waits until the listener is there
	}()
	return server.Run(ctx)
}
