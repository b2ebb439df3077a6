package main

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"

	"github.com/valyala/fasthttp"
)

// floorRound measures the floor of what is recorded: the same number of clients
// post a small form to a bare Fiber application, which makes one durable insert.
func (s settings) floorRound(ctx context.Context, folder string) (_ *sample, err error) {
	floor, err := start(ctx, order{Kind: serveInsert, Database: filepath.Join(folder, "floor.db")})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, floor.stop()) }()
	visitor := browser{cookies: "convene_csrf=0123456789abcdefghijklmnopqrstuv", token: "0123456789abcdef"}
	insert := script{
		write: func(_ int, r *fasthttp.Request) bool {
			visitor.post(r, "/", func(args *fasthttp.Args) { args.Set("code", "LET IN") })
			return true
		},
		check: wantStatus(http.StatusOK),
	}
	if _, err := ask(ctx, floor, s.clients, warmUp, insert); err != nil {
		return nil, err
	}
	return ask(ctx, floor, s.clients, s.duration, insert)
}
