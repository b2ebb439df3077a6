package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/valyala/fasthttp"

	"convene/internal/seed"
)

// benchProgramme asks for the public programme as a browser does, against a bare
// Fiber application that sends the same bytes.
func benchProgramme(ctx context.Context, s settings, report func(result)) (err error) {
	s = s.withDefaults(32, 3*time.Second, 4)
	folder, err := os.MkdirTemp(s.dir, "convene-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	path, err := s.file(ctx, folder, s.delegates)
	if err != nil {
		return err
	}
	pages, err := start(ctx, order{
		Kind: serveConvene, Database: path, Now: preparedAt.Add(time.Hour), Profile: s.profileOf("programme"),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pages.stop()) }()
	same, err := sameBytes(pages.addr)
	if err != nil {
		return err
	}
	floor, err := start(ctx, same)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, floor.stop()) }()
	atFloor, atBench := &sample{}, &sample{}
	read := script{
		write: func(_ int, r *fasthttp.Request) bool { readProgramme(r); return true },
		check: wantBytes(len(same.Body)),
	}
	for _, of := range []*server{floor, pages} {
		if _, err := ask(ctx, of, s.clients, warmUp, read); err != nil {
			return err
		}
	}
	for range s.rounds {
		if err := askInto(ctx, atFloor, floor, s, read); err != nil {
			return err
		}
		if err := askInto(ctx, atBench, pages, s, read); err != nil {
			return err
		}
	}
	report(result{
		Bench: "programme", Delegates: s.delegates, Clients: s.clients, RSS: pages.rss(),
	}.against(atBench, atFloor))
	return nil
}

func askInto(ctx context.Context, into *sample, of *server, s settings, what script) error {
	some, err := ask(ctx, of, s.clients, s.duration, what)
	into.add(some)
	return err
}

func readProgramme(r *fasthttp.Request) {
	r.SetRequestURI("/e/" + seed.RehearsalSlug + "/programme")
	r.Header.Set(fasthttp.HeaderAccept, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set(fasthttp.HeaderAcceptLanguage, "en-GB,en;q=0.8,fr;q=0.5")
	r.Header.Set(fasthttp.HeaderAcceptEncoding, acceptEncoding)
}

// sameBytes asks for the page once and orders a server that sends the same.
func sameBytes(addr string) (order, error) {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	readProgramme(request)
	request.SetHost(addr)
	if err := fasthttp.Do(request, response); err != nil {
		return order{}, err
	}
	if response.StatusCode() != http.StatusOK {
		return order{}, fmt.Errorf("the programme: %d %.200s", response.StatusCode(), response.Body())
	}
	same := order{Kind: serveBytes, Body: append([]byte{}, response.Body()...), Headers: map[string]string{}}
	response.Header.VisitAll(func(name, value []byte) {
		switch string(name) {
		case fasthttp.HeaderDate, fasthttp.HeaderContentLength, fasthttp.HeaderServer:
		default:
			same.Headers[string(name)] = string(value)
		}
	})
	return same, nil
}

func wantBytes(n int) func(int, *fasthttp.Response) error {
	return func(client int, r *fasthttp.Response) error {
		if err := wantStatus(http.StatusOK)(client, r); err != nil {
			return err
		}
		if len(r.Body()) != n {
			return fmt.Errorf("the answer has %d bytes, not %d", len(r.Body()), n)
		}
		return nil
	}
}
