package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/gofiber/fiber/v2"

	"convene/internal/app"
	"convene/internal/store"
	"convene/internal/store/sqlite"
	"convene/internal/web"
)

// serve listens on a port of this machine, tells it on the standard output, and
// serves until ctx ends.
func (o order) serve(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server, closeDB, err := o.application(ctx)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Listener(listener) }()
	fmt.Println(listener.Addr())
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	return errors.Join(err, server.Shutdown(), closeDB())
}

func (o order) application(ctx context.Context) (_ *fiber.App, closeDB func() error, err error) {
	switch o.Kind {
	case serveConvene:
		return o.convene(ctx)
	case serveInsert:
		return o.insert(ctx)
	case serveBytes:
		return o.bytes(), func() error { return nil }, nil
	}
	return nil, nil, fmt.Errorf("there is no server %q", o.Kind)
}

// convene is the program as it serves. Its log is written as by default, and
// thrown away by the system.
func (o order) convene(ctx context.Context) (*fiber.App, func() error, error) {
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, err
	}
	engine, err := sqlite.Open(o.Database)
	if err != nil {
		return nil, nil, err
	}
	db, err := store.Open(ctx, engine, app.Schemas()...)
	if err != nil {
		return nil, nil, err
	}
	log := slog.New(slog.NewTextHandler(nowhere, &slog.HandlerOptions{Level: slog.LevelInfo}))
	a, err := app.New(db, configuration(), app.Options{Clock: clockFrom(o.Now), Log: log, Instance: "bench"})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	k, err := web.New(a, web.Options{})
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return k.App, db.Close, nil
}

// plain is a Fiber application with nothing in front of its one handler.
func plain(handler fiber.Handler) *fiber.App {
	server := fiber.New(fiber.Config{DisableStartupMessage: true})
	server.All("/*", handler)
	return server
}

// inserted is the small record of the floor.
type inserted struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

var inserts = store.NewCollection("inserts", func(r inserted) string { return r.ID })

// insert is the floor of everything that records something: one small record in
// one durable commit of the same store, and nothing else.
func (o order) insert(ctx context.Context) (*fiber.App, func() error, error) {
	engine, err := sqlite.Open(o.Database)
	if err != nil {
		return nil, nil, err
	}
	db, err := store.Open(ctx, engine, inserts.Schema())
	if err != nil {
		return nil, nil, err
	}
	return plain(func(c *fiber.Ctx) error {
		err := db.Update(c.UserContext(), func(tx *store.Tx) error {
			return inserts.Create(tx, inserted{ID: store.NewID(), Text: "let in at the main entrance"})
		})
		if err != nil {
			return err
		}
		return c.JSON(fiber.Map{"verdict": "admit"})
	}), db.Close, nil
}

// bytes is the floor of pages: the same bytes from memory.
func (o order) bytes() *fiber.App {
	return plain(func(c *fiber.Ctx) error {
		for name, value := range o.Headers {
			c.Response().Header.Set(name, value)
		}
		return c.Send(o.Body)
	})
}
