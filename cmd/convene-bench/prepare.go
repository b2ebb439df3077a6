package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"convene/config"
	"convene/internal/app"
	"convene/internal/event"
	"convene/internal/seed"
	"convene/internal/store"
	"convene/internal/store/sqlite"
)

const (
	// benchSecret signs what the prepared files hold.
	benchSecret = "a secret for measuring, and for nothing else"

	// preparedVersion rises when files must be prepared differently.
	preparedVersion = 2
)

// preparedAt is when the prepared files were made, by their own clock: 21 days
// before their event.
var preparedAt = time.Date(2027, time.May, 10, 15, 0, 0, 0, time.UTC)

// configuration is that of the measured program. It differs from the defaults in
// what a bench would run into: the limits that keep one address from registering
// a thousand people.
func configuration() config.Config {
	cfg := config.Default()
	cfg.BaseURL = "http://convene.example.org"
	cfg.Secret = benchSecret
	cfg.SMTP.From = mail.Address{Name: "convene", Address: "convene@example.org"}
	cfg.Proxy.Trusted = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	plenty := config.Rate{Count: 1_000_000, Per: time.Hour}
	cfg.Limits.SignInPerAddress, cfg.Limits.SignInPerEmail = plenty, plenty
	cfg.Limits.RegisterPerAddress, cfg.Limits.RegisterPerEmail = plenty, plenty
	return cfg
}

// clockFrom runs on from the instant.
func clockFrom(start time.Time) func() time.Time {
	begun := time.Now()
	return func() time.Time { return start.Add(time.Since(begun)) }
}

// house is the program on an open file, in this process.
type house struct {
	*app.App
	event event.Event // the rehearsal
}

// open opens a prepared file.
func open(ctx context.Context, path string, now time.Time) (*house, error) {
	h, err := openEmpty(ctx, path, clockFrom(now))
	if err != nil {
		return nil, err
	}
	if h.event, err = h.Events.Find(ctx, seed.RehearsalSlug); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func openEmpty(ctx context.Context, path string, clock func() time.Time) (*house, error) {
	engine, err := sqlite.Open(path)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, engine, app.Schemas()...)
	if err != nil {
		return nil, err
	}
	a, err := app.New(db, configuration(), app.Options{
		Clock: clock, Log: slog.New(slog.DiscardHandler), Instance: "bench",
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &house{App: a}, nil
}

// Close closes the file.
func (h *house) Close() error { return h.DB.Close() }

// file returns the path of a fresh copy of the prepared file with so many
// delegates. The folder is the caller's to remove.
func (s settings) file(ctx context.Context, folder string, delegates int) (string, error) {
	kept, err := s.prepared(ctx, delegates)
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, fmt.Sprintf("convene-%d.db", delegates))
	for _, suffix := range []string{"-wal", "-shm"} { // of the copy before
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	if err := copyFile(path, kept); err != nil {
		return "", err
	}
	// Opened once, so that a changed index is made anew before anything is
	// measured.
	h, err := open(ctx, path, preparedAt)
	if err != nil {
		return "", err
	}
	return path, h.Close()
}

// copyFile copies and waits until the copy is on the disk, so that writing it
// back does not disturb what is measured next.
func copyFile(to, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}

// prepared returns the path of the kept file with so many delegates, making it
// when there is none that fits this build.
func (s settings) prepared(ctx context.Context, delegates int) (string, error) {
	folder := s.cache
	if folder == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		folder = filepath.Join(base, "convene-bench")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(folder, fmt.Sprintf("%s-%d.db", layout(), delegates))
	if info, err := os.Stat(path); err == nil && (!s.fresh || info.ModTime().After(processStart)) {
		return path, nil
	}
	begun := time.Now()
	s.say("preparing a file with %d delegates …", delegates)
	part := path + ".part"
	if err := removeDatabase(part); err != nil {
		return "", err
	}
	if err := prepare(ctx, part, delegates); err != nil {
		return "", errors.Join(err, removeDatabase(part))
	}
	s.say("prepared in %s; it is kept in %s", time.Since(begun).Round(100*time.Millisecond), folder)
	if err := os.Rename(part, path); err != nil {
		return "", err
	}
	return path, removeOutdated(path, delegates)
}

// removeOutdated removes the files with as many delegates that other builds have
// left beside path: each takes half a gigabyte.
func removeOutdated(path string, delegates int) error {
	all, err := filepath.Glob(filepath.Join(filepath.Dir(path), fmt.Sprintf("*-%d.db", delegates)))
	if err != nil {
		return err
	}
	for _, other := range all {
		if other != path {
			err = errors.Join(err, removeDatabase(other))
		}
	}
	return err
}

func removeDatabase(path string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// processStart tells files that -fresh has made anew from older ones.
var processStart = time.Now()

// layout names what a prepared file depends on.
func layout() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %v", preparedVersion, app.Schemas()))
	return hex.EncodeToString(sum[:6])
}

// prepare fills a new file: the network, the rehearsal with its 650 people, and
// others until there are enough.
func prepare(ctx context.Context, path string, delegates int) error {
	h, err := openEmpty(ctx, path, func() time.Time { return preparedAt })
	if err != nil {
		return err
	}
	seeder := &seed.Service{
		DB: h.DB, Clock: h.Clock, Events: h.Events, Cities: h.Cities,
		Programme: h.Programme, Delegates: h.Delegates, Statements: h.Statements,
		Furniture: seed.Furniture{Forms: h.Forms, Signups: h.Signups, Catalogue: h.Catalogue},
	}
	_, err = seeder.Network(ctx)
	if err == nil {
		h.event, _, err = seeder.Rehearsal(ctx, seed.RehearsalAhead)
	}
	if err == nil {
		err = h.crowd(ctx, delegates-small)
	}
	return errors.Join(err, h.Close())
}

// crowdBatch is how many delegates come in one commit.
const crowdBatch = 250

// crowd adds n confirmed delegates. Batches are made side by side; the store
// puts commits that arrive together into one.
func (h *house) crowd(ctx context.Context, n int) error {
	if n <= 0 {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	number := 0
	for some := range slices.Chunk(invent(n), crowdBatch) {
		at := preparedAt.Add(-time.Duration(number%(70*24)) * time.Hour)
		number += len(some)
		group.Go(func() error {
			return h.DB.Update(ctx, func(tx *store.Tx) error {
				for _, form := range some {
					if _, err := h.Delegates.Add(ctx, tx, h.event, form, at); err != nil {
						return fmt.Errorf("%s: %w", form.Name, err)
					}
				}
				return nil
			})
		})
	}
	return group.Wait()
}
