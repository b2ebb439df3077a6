package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"convene/internal/account"
	"convene/internal/badge"
	"convene/internal/delegate"
	"convene/internal/problem"
)

// benchDoor scans badges of as many different delegates as there is time for, on
// a file the size of the first conference and on one a hundred times that.
func benchDoor(ctx context.Context, s settings, report func(result)) error {
	s = s.withDefaults(32, 3*time.Second, 4)
	if s.delegates > small {
		// A small file is scanned out in a moment, so it takes more turns.
		few := s
		few.delegates, few.rounds = small, 2*s.rounds
		if err := benchDoorAt(ctx, few, report); err != nil {
			return err
		}
	}
	return benchDoorAt(ctx, s, report)
}

func benchDoorAt(ctx context.Context, s settings, report func(result)) error {
	folder, err := os.MkdirTemp(s.dir, "convene-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	floor, bench := &sample{}, &sample{}
	var rss float64
	gate := &gate{settings: s, folder: folder}
	defer func() { err = errors.Join(err, gate.close()) }()
	for range s.rounds {
		some, err := s.floorRound(ctx, folder)
		if err != nil {
			return err
		}
		floor.add(some)
		if some, err = gate.round(ctx); err != nil {
			return err
		}
		bench.add(some)
		rss = max(rss, gate.server.rss())
	}
	report(result{Bench: "door", Delegates: s.delegates, Clients: s.clients, RSS: rss}.against(bench, floor))
	return nil
}

// gate is a running server with the badges that are still to be scanned.
type gate struct {
	settings
	folder  string
	server  *server
	path    string // of the form
	badges  []string
	next    atomic.Int64
	devices []browser
}

// round scans for a while. When every badge has been scanned it begins again
// with a fresh file.
func (g *gate) round(ctx context.Context) (*sample, error) {
	if g.server == nil || int(g.next.Load()) >= len(g.badges) {
		if err := g.begin(ctx); err != nil {
			return nil, err
		}
	}
	return ask(ctx, g.server, g.clients, g.duration, script{
		write: func(client int, r *fasthttp.Request) bool {
			n := int(g.next.Add(1)) - 1
			if n >= len(g.badges) {
				return false
			}
			g.scan(client, r, g.badges[n])
			return true
		},
		check: checkAdmitted,
	})
}

func (g *gate) scan(client int, r *fasthttp.Request, code string) {
	g.devices[client].post(r, g.path, func(args *fasthttp.Args) {
		args.Set("code", code)
		args.Set("id", uuid.NewString())
	})
	r.Header.Set(fasthttp.HeaderAccept, "application/json")
}

// begin starts a server on a fresh file and opens the door's page on every
// device.
func (g *gate) begin(ctx context.Context) error {
	if err := g.close(); err != nil {
		return err
	}
	path, err := g.file(ctx, g.folder, g.delegates)
	if err != nil {
		return err
	}
	h, err := open(ctx, path, preparedAt)
	if err != nil {
		return err
	}
	opens := h.event.FirstDay().Add(9 * time.Hour)
	h.Accounts.Clock = func() time.Time { return opens }
	signIns, err := h.doorStaff(ctx, g.clients)
	if err == nil {
		g.badges, err = h.codes(ctx)
	}
	if err = errors.Join(err, h.Close()); err != nil {
		return err
	}
	g.next.Store(0)
	g.path = "/door/e/" + h.event.Slug + "/" + h.event.Gates[0].ID
	g.server, err = start(ctx, order{
		Kind: serveConvene, Database: path, Now: opens, Profile: g.profileOf(fmt.Sprintf("door-%d", g.delegates)),
	})
	if err != nil {
		return err
	}
	return g.open(ctx, signIns)
}

// open opens the page on every device and lets the server warm up on codes that
// are no badge's.
func (g *gate) open(ctx context.Context, signIns []string) error {
	g.devices = g.devices[:0]
	for _, token := range signIns {
		b, err := openForm(g.server.addr, g.path, token)
		if err != nil {
			return err
		}
		g.devices = append(g.devices, b)
	}
	_, err := ask(ctx, g.server, g.clients, warmUp, script{
		write: func(client int, r *fasthttp.Request) bool {
			g.scan(client, r, "NOT A BADGE")
			return true
		},
		check: wantStatus(fasthttp.StatusOK),
	})
	return err
}

func (g *gate) close() error {
	if g.server == nil {
		return nil
	}
	running := g.server
	g.server = nil
	return running.stop()
}

func checkAdmitted(client int, r *fasthttp.Response) error {
	if err := wantStatus(fasthttp.StatusOK)(client, r); err != nil {
		return err
	}
	if body := string(r.Body()); len(body) < 18 || body[:18] != `{"verdict":"admit"` {
		return fmt.Errorf("somebody was not let in: %.200s", body)
	}
	return nil
}

// doorStaff signs in so many times and returns the tokens.
func (h *house) doorStaff(ctx context.Context, n int) ([]string, error) {
	const email, password = "door@example.org", "a password for measuring"
	_, err := h.Accounts.Add(ctx, "Door", email, account.Door, password)
	if err != nil && problem.KindOf(err) != problem.Invalid { // Invalid: there already
		return nil, err
	}
	tokens := make([]string, n)
	for i := range tokens {
		if tokens[i], _, err = h.Accounts.SignIn(ctx, email, password); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// codes returns the codes of all badges in the order in which people happen to
// come.
func (h *house) codes(ctx context.Context) ([]string, error) {
	var codes []string
	err := h.Delegates.Each(ctx, h.event.ID, delegate.Filter{}, func(d delegate.Delegate) error {
		code, err := h.Badges.Code(badge.Badge{ID: d.Badge, Event: d.Event})
		codes = append(codes, code)
		return err
	})
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(codes), func(i, j int) { codes[i], codes[j] = codes[j], codes[i] })
	return slices.Clip(codes), err
}
