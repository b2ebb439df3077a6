package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"convene/internal/delegate"
	"convene/internal/seed"
)

// benchRegister has people fill in the form of an event that many have
// registered for already, each with an address of their own.
func benchRegister(ctx context.Context, s settings, report func(result)) (err error) {
	s = s.withDefaults(32, 3*time.Second, 4)
	folder, err := os.MkdirTemp(s.dir, "convene-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	desk, err := s.openRegistration(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, desk.server.stop()) }()
	floor, bench := &sample{}, &sample{}
	for range s.rounds {
		some, err := s.floorRound(ctx, folder)
		if err != nil {
			return err
		}
		floor.add(some)
		if some, err = ask(ctx, desk.server, s.clients, s.duration, desk.script()); err != nil {
			return err
		}
		bench.add(some)
	}
	report(result{
		Bench: "register", Delegates: s.delegates, Clients: s.clients, RSS: desk.server.rss(),
	}.against(bench, floor))
	return nil
}

// registration is a running server, the browsers that have the form open, and
// the people who fill it in.
type registration struct {
	server   *server
	path     string
	browsers []browser
	people   []delegate.Form
	next     atomic.Int64
}

func (s settings) openRegistration(ctx context.Context, folder string) (*registration, error) {
	path, err := s.file(ctx, folder, s.delegates)
	if err != nil {
		return nil, err
	}
	r := &registration{path: "/e/" + seed.RehearsalSlug + "/register", people: invent(small)}
	r.server, err = start(ctx, order{
		Kind: serveConvene, Database: path, Now: preparedAt.Add(time.Hour), Profile: s.profileOf("register"),
	})
	if err != nil {
		return nil, err
	}
	for range s.clients {
		b, err := openForm(r.server.addr, r.path, "")
		if err != nil {
			return nil, errors.Join(err, r.server.stop())
		}
		r.browsers = append(r.browsers, b)
	}
	_, err = ask(ctx, r.server, s.clients, warmUp, r.script())
	if err != nil {
		return nil, errors.Join(err, r.server.stop())
	}
	return r, nil
}

func (r *registration) script() script {
	return script{
		write: func(client int, request *fasthttp.Request) bool {
			r.fill(client, request, int(r.next.Add(1)))
			return true
		},
		check: wantStatus(fasthttp.StatusSeeOther),
	}
}

// fill fills in the form for the person with the number, whom a proxy says to be
// at an address of their own.
func (r *registration) fill(client int, request *fasthttp.Request, number int) {
	form := r.people[number%len(r.people)]
	r.browsers[client].post(request, r.path, func(args *fasthttp.Args) {
		args.Set("name", form.Name)
		args.Set("latin_name", form.LatinName)
		args.Set("organisation", form.Organisation)
		args.Set("job_title", form.JobTitle)
		args.Set("city", form.City)
		args.Set("country", form.Country)
		args.Set("category", form.Category)
		args.Set("email", fmt.Sprintf("visitor.%d@example.org", number))
		args.Set("language", form.Language)
		args.Set("needs", form.Needs)
		args.Set("consent", "yes")
	})
	request.Header.Set(fasthttp.HeaderXForwardedFor, fmt.Sprintf("10.%d.%d.%d", number>>16&0xFF, number>>8&0xFF, number&0xFF))
}
