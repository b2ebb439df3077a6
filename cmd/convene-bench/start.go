package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"convene/internal/seed"
)

// benchStart starts the program as an operator would, again and again, and
// measures how long it takes to answer its first page and what it holds in
// memory: once asked for the home page ("start"), once for an event's
// ("start-event"). The middle value of each is reported.
func benchStart(ctx context.Context, s settings, report func(result)) error {
	s = s.withDefaults(1, 0, 5)
	folder, err := os.MkdirTemp(s.dir, "convene-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	path, err := s.file(ctx, folder, s.delegates)
	if err != nil {
		return err
	}
	if s.binary == "" {
		s.say("building the program …")
		if s.binary, err = build(ctx, folder); err != nil {
			return err
		}
	}
	for _, page := range []struct{ bench, path string }{
		{"start", "/"},
		{"start-event", "/e/" + seed.RehearsalSlug},
	} {
		var took, memory []float64
		for range s.rounds {
			ms, mb, err := s.startOnce(ctx, path, page.path)
			if err != nil {
				return err
			}
			took, memory = append(took, ms), append(memory, mb)
		}
		report(result{Bench: page.bench, Delegates: s.delegates, RSS: median(memory), FirstPage: median(took)})
	}
	return nil
}

func build(ctx context.Context, folder string) (string, error) {
	binary := filepath.Join(folder, "convene")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "convene/cmd/convene")
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, output)
	}
	return binary, nil
}

// settled is how long after its first answer a program's memory is read: the
// jobs that were missed have run by then.
const settled = time.Second

// startOnce starts the program, waits for the page, and stops it. Memory is the
// most that it held until a second later.
func (s settings) startOnce(ctx context.Context, database, path string) (ms, mb float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	addr, err := freeAddr()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, s.binary, "serve", "--addr", addr)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Dir = filepath.Dir(database) // where no configuration file lies
	cmd.Env = append(os.Environ(), "CONVENE_SECRET="+benchSecret, "CONVENE_DATABASE=file:"+database,
		// Nothing listens there: letters wait.
		"CONVENE_SMTP_HOST=127.0.0.1", "CONVENE_SMTP_PORT=9", "CONVENE_SMTP_TLS=none",
		"CONVENE_SMTP_FROM=convene <convene@example.org>")
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	err = firstPage(ctx, addr, path)
	ms = milliseconds(time.Since(begun))
	if err == nil {
		time.Sleep(settled)
		mb = memory(cmd.Process.Pid, "VmHWM")
	}
	cancel()
	if stopped := cmd.Wait(); stopped != nil && !errors.Is(stopped, context.Canceled) {
		err = errors.Join(err, stopped)
	}
	return ms, mb, err
}

// freeAddr finds a port that nobody listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// firstPage asks until the page is there.
func firstPage(ctx context.Context, addr, path string) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept-Encoding", acceptEncoding)
	for {
		response, err := client.Do(request)
		switch {
		case err == nil && response.StatusCode == http.StatusOK:
			return response.Body.Close()
		case err == nil:
			return errors.Join(fmt.Errorf("GET %s: %s", path, response.Status), response.Body.Close())
		case ctx.Err() != nil:
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
