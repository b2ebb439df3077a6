package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"convene/config"
	"convene/internal/account"
	"convene/internal/app"
	"convene/internal/event"
	"convene/internal/link"
	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/seed"
	"convene/internal/web"
)

type demoCmd struct {
	Addr string `help:"Listen on this address." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Data string `help:"Keep database, letters and secret in this folder. Remove it to begin anew." default:"./data" type:"path" placeholder:"FOLDER"`
}

// rehearsalAhead is in how many days the rehearsal begins.
const rehearsalAhead = 21

// Run shows convene with real data and invented people. Letters go to a mail
// server inside the program, and to nobody else.
func (d *demoCmd) Run(p *program) (err error) {
	listener, err := listen(d.Addr)
	if err != nil {
		return err
	}
	cfg, err := d.config(listener.Addr())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	db, err := openDatabase(p.ctx, cfg.Database)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	caught, err := catcher.Start("127.0.0.1:0", catcher.Options{Folder: filepath.Join(d.Data, "letters")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, caught.Close()) }()
	sender, err := outbox.NewSender(demoMail(cfg, caught))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	a, err := app.New(db, cfg, app.Options{Log: p.newLog(cfg), Instance: instance(), Sender: sender})
	if err != nil {
		return err
	}
	k, err := web.New(a, web.Options{Mailbox: caught})
	if err != nil {
		return err
	}
	if err := d.prepare(p, a); err != nil {
		return err
	}
	return serve(p.ctx, a, k, listener)
}

// config is the defaults, whatever file or variables say: a demonstration must
// not reach a real database or mail server by accident.
func (d *demoCmd) config(addr net.Addr) (config.Config, error) {
	if err := os.MkdirAll(d.Data, 0o700); err != nil {
		return config.Config{}, fmt.Errorf("the demo's folder: %w", err)
	}
	secret, err := d.secret()
	if err != nil {
		return config.Config{}, err
	}
	return config.Load(config.LoadOptions{File: os.DevNull, Flags: map[string]string{
		"addr":       addr.String(),
		"base_url":   "http://" + addr.String(),
		"database":   "file:" + filepath.Join(d.Data, "convene.db"),
		"secret":     secret,
		"smtp.from":  "convene demo <convene@example.org>",
		"mail.every": "1s",
		"log.level":  "warn",
		"log.format": "text",
	}})
}

// secret is made once and kept in the demo's folder, so that links and badges
// still hold when it is started again.
func (d *demoCmd) secret() (string, error) {
	path := filepath.Join(d.Data, "secret")
	kept, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(kept)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	secret := rand.Text() + rand.Text()
	return secret, os.WriteFile(path, []byte(secret+"\n"), 0o600)
}

// demoMail is how letters reach the catcher, and nobody else.
func demoMail(cfg config.Config, caught *catcher.Catcher) outbox.SMTP {
	return outbox.SMTP{
		Host: "127.0.0.1", Port: caught.Addr().Port, TLS: outbox.NoTLS, Guard: outbox.Reserved,
		From: outbox.Address{Name: cfg.SMTP.From.Name, Email: cfg.SMTP.From.Address},
	}
}

// demoStaff are those who can sign in.
var demoStaff = []struct {
	name, label, email, page string
	role                     account.Role
}{
	{"Demo Organiser", "Desk", "organiser@example.org", "/desk", account.Organiser},
	{"Demo Door", "Door", "door@example.org", "/door", account.Door},
}

// prepare brings in what is not there yet and says how to sign in.
func (d *demoCmd) prepare(p *program, a *app.App) error {
	begun := time.Now()
	s := seeder(a)
	if _, err := s.Network(p.ctx); err != nil {
		return err
	}
	var signIns []string
	var organiser account.Staff
	for _, who := range demoStaff {
		password := link.Token(a.Config.Secret.Reveal(), "demo sign-in", who.email, 0)
		known, err := member(p.ctx, a.Accounts, who.name, who.email, who.role, password)
		if err != nil {
			return err
		}
		if who.role == account.Organiser {
			organiser = known
		}
		signIns = append(signIns, fmt.Sprintf("  %-9s %s%s  sign in as %s, password %s", who.label, a.Config.BaseURL, who.page, who.email, password))
	}
	var e event.Event
	var summary seed.Summary
	err := withPast(a, organiser, func(past *seed.Past) (err error) {
		s.Past = past
		e, summary, err = s.Rehearsal(p.ctx, rehearsalAhead)
		return err
	})
	if err != nil {
		return err
	}
	p.say("convene demo: real events, invented people; no letter leaves this machine.\n")
	p.say("  Pages     %s", a.Config.BaseURL)
	p.say("  Rehearsal %s/e/%s  (%s to %s, registration is open)", a.Config.BaseURL, e.Slug, e.Starts, e.Ends)
	p.say("  Letters   %s/mailbox", a.Config.BaseURL)
	for _, line := range signIns {
		p.say("%s", line)
	}
	if summary.Added() > 0 {
		p.say("\n  Loaded %s in %s.", summary, time.Since(begun).Round(100*time.Millisecond))
	}
	p.say("\n  Everything is kept in %s. Stop with Ctrl+C.", d.Data)
	return nil
}
