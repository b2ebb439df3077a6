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
	"convene/internal/form"
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

// answer answers the rehearsal's questions: what people eat and what they listen to,
// and of every third what a letter for a visa needs.
func answer(args *fasthttp.Args, country string, number int) {
	diets := []string{"vegetarian", "vegan", "halal", form.OtherOption}
	diet := diets[number%len(diets)]
	args.Set(form.FieldOf(form.DietNeeds), diet)
	if diet == form.OtherOption {
		args.Set(form.FieldOf(form.DietOther), "No shellfish, please.")
	}
	args.Set(form.FieldOf(form.InterpretationInto), form.NoneOption)
	if number%3 != 0 {
		args.Set(form.FieldOf(form.VisaLetter), form.No)
		return
	}
	args.Set(form.FieldOf(form.VisaLetter), form.Yes)
	args.Set(form.FieldOf(form.VisaNationality), country)
	args.Set(form.FieldOf(form.VisaPassport), fmt.Sprintf("X%07d", number))
	args.Set(form.FieldOf(form.VisaBirth), "1975-04-12")
	args.Set(form.FieldOf(form.VisaConsulate), "The one of our capital")
}

// fill fills in the form for the person with the number, whom a proxy says to be
// at an address of their own.
func (r *registration) fill(client int, request *fasthttp.Request, number int) {
	who := r.people[number%len(r.people)]
	r.browsers[client].post(request, r.path, func(args *fasthttp.Args) {
		args.Set("name", who.Name)
		args.Set("latin_name", who.LatinName)
		args.Set("organisation", who.Organisation)
		args.Set("job_title", who.JobTitle)
		args.Set("city", who.City)
		args.Set("country", who.Country)
		args.Set("category", who.Category)
		args.Set("email", fmt.Sprintf("visitor.%d@example.org", number))
		args.Set("language", who.Language)
		args.Set("needs", who.Needs)
		args.Set("consent", "yes")
		answer(args, who.Country, number)
	})
	request.Header.Set(fasthttp.HeaderXForwardedFor, fmt.Sprintf("10.%d.%d.%d", number>>16&0xFF, number>>8&0xFF, number&0xFF))
}
