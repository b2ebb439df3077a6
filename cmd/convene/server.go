package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/gofiber/fiber/v2"

	"convene/config"
	"convene/internal/app"
	"convene/internal/web/kit"
)

// newLog writes the log as the configuration says.
func (p *program) newLog(cfg config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.Log.Level}
	if cfg.Log.Format == config.LogText {
		return slog.New(slog.NewTextHandler(p.err, options))
	}
	return slog.New(slog.NewJSONHandler(p.err, options))
}

// instance names this process in leases and histories.
func instance() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

// listen opens the address, so that one that is taken is told before anything
// else begins.
func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w. Choose another address with --addr", addr, err)
	}
	return l, nil
}

// serve answers requests and runs the jobs until ctx ends. Then it stops
// accepting, lets requests and jobs in hand finish within the configured time,
// and returns what could not.
func serve(ctx context.Context, a *app.App, k *kit.Kit, l net.Listener) error {
	if a.Config.Jobs.Enabled {
		a.Jobs.Start(context.WithoutCancel(ctx))
	}
	failed := make(chan error, 1)
	go func() { failed <- k.App.Listener(l) }()
	var err error
	select {
	case err = <-failed:
		err = fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	a.Log.Info("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.Config.ShutdownTimeout)
	defer cancel()
	err = errors.Join(err, stopServer(grace, k), a.Jobs.Stop(grace))
	a.Log.Info("stopped")
	return err
}

func stopServer(ctx context.Context, k *kit.Kit) error {
	err := k.Shutdown(ctx)
	if errors.Is(err, fiber.ErrServiceUnavailable) { // it was not running yet
		return nil
	}
	return err
}
