package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// sample is what came of asking: the time each answer took, and how long the
// asking took in all.
type sample struct {
	took    []time.Duration
	elapsed time.Duration
	worked  time.Duration // by the server's processors
	sorted  bool
}

func (s *sample) add(other *sample) {
	s.took = append(s.took, other.took...)
	s.elapsed += other.elapsed
	s.worked += other.worked
	s.sorted = false
}

func (s *sample) perSecond() float64 {
	if s.elapsed == 0 {
		return 0
	}
	return float64(len(s.took)) / s.elapsed.Seconds()
}

// work is what an answer cost the server, in microseconds of a processor.
func (s *sample) work() float64 {
	if len(s.took) == 0 {
		return 0
	}
	return float64(s.worked.Microseconds()) / float64(len(s.took))
}

// percentile returns the time within which the share p of the answers came.
func (s *sample) percentile(p float64) time.Duration {
	if len(s.took) == 0 {
		return 0
	}
	if !s.sorted {
		slices.Sort(s.took)
		s.sorted = true
	}
	return s.took[min(int(p*float64(len(s.took))), len(s.took)-1)]
}

// script says what a client asks. It writes the request and reports false when
// there is nothing left to ask; check judges the answer.
type script struct {
	write func(client int, r *fasthttp.Request) bool
	check func(client int, r *fasthttp.Response) error
}

// ask has the clients ask the server, each over a connection of its own and one
// request after the other, until the time is over or the script has no more.
func ask(ctx context.Context, of *server, clients int, duration time.Duration, s script) (*sample, error) {
	worked := of.cpu()
	end := time.Now().Add(duration)
	all := &sample{}
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		errs []error
	)
	begun := time.Now()
	for client := range clients {
		wg.Go(func() {
			took, err := askAlone(ctx, of.addr, client, end, s)
			mu.Lock()
			defer mu.Unlock()
			all.took = append(all.took, took...)
			if err != nil && len(errs) < 3 {
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	all.elapsed = time.Since(begun)
	all.worked = of.cpu() - worked
	return all, errors.Join(append(errs, ctx.Err())...)
}

func askAlone(ctx context.Context, addr string, client int, end time.Time, s script) ([]time.Duration, error) {
	connection := &fasthttp.HostClient{
		Addr: addr, MaxConns: 1, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
		NoDefaultUserAgentHeader: true, MaxIdemponentCallAttempts: 1,
	}
	defer connection.CloseIdleConnections()
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	var took []time.Duration
	for ctx.Err() == nil {
		request.Reset()
		if !s.write(client, request) {
			return took, nil
		}
		request.SetHost(addr)
		begun := time.Now()
		if begun.After(end) {
			return took, nil
		}
		if err := connection.Do(request, response); err != nil {
			return took, err
		}
		took = append(took, time.Since(begun))
		if err := s.check(client, response); err != nil {
			return took, err
		}
	}
	return took, nil
}

// wantStatus accepts answers with the status.
func wantStatus(status int) func(int, *fasthttp.Response) error {
	return func(_ int, r *fasthttp.Response) error {
		if r.StatusCode() != status {
			return fmt.Errorf("the answer was %d, not %d: %.200s", r.StatusCode(), status, r.Body())
		}
		return nil
	}
}

// warmUp is how long a new server is asked before anything counts.
const warmUp = 300 * time.Millisecond
