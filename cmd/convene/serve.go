package main

import (
	"errors"

	"convene/config"
	"convene/internal/app"
	"convene/internal/outbox"
	"convene/internal/push"
	"convene/internal/web"
)

type serveCmd struct {
	Addr string `help:"Listen on this address instead of the configured one." placeholder:"HOST:PORT"`
}

// Run serves until it is told to stop.
func (s *serveCmd) Run(p *program) (err error) {
	flags := map[string]string{}
	if s.Addr != "" {
		flags["addr"] = s.Addr
	}
	cfg, err := p.config(flags)
	if err != nil {
		return err
	}
	if err := cfg.CheckServe(); err != nil {
		return err
	}
	log := p.newLog(cfg)
	for _, w := range cfg.Warnings() {
		log.Warn("configuration", "where", w.Where, "what", w.What, "fix", w.Fix)
	}
	listener, err := listen(cfg.Addr)
	if err != nil {
		return err
	}
	db, err := openDatabase(p.ctx, cfg.Database)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	sender, err := outbox.NewSender(mailServer(cfg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	a, err := app.New(db, cfg, app.Options{Log: log, Instance: instance(), Sender: sender, Push: push.NewClient()})
	if err != nil {
		return err
	}
	k, err := web.New(a, web.Options{})
	if err != nil {
		return err
	}
	log.Info("serving", "addr", cfg.Addr, "url", cfg.BaseURL, "database", cfg.Database, "version", version())
	return serve(p.ctx, a, k, listener)
}

// mailServer is the configured mail server.
func mailServer(cfg config.Config) outbox.SMTP {
	return outbox.SMTP{
		Host: cfg.SMTP.Host, Port: cfg.SMTP.Port, Username: cfg.SMTP.Username, Password: cfg.SMTP.Password.Reveal(),
		TLS: outbox.TLS(cfg.SMTP.TLS), From: outbox.Address{Name: cfg.SMTP.From.Name, Email: cfg.SMTP.From.Address},
	}
}
