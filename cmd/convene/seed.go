package main

import (
	"errors"

	"convene/internal/app"
	"convene/internal/seed"
)

type seedCmd struct {
	Rehearsal bool `help:"Also make a rehearsal: a copy of the conference of 2015, 21 days from now, with 650 invented delegates at example.org."`
}

// Run seeds the configured database. What is there already stays as it is.
func (s *seedCmd) Run(p *program) error {
	return withApp(p, func(a *app.App) error {
		summary, err := seeder(a).Network(p.ctx)
		if err != nil {
			return err
		}
		p.say("The network: %s.", summary)
		if !s.Rehearsal {
			return nil
		}
		e, summary, err := seeder(a).Rehearsal(p.ctx, rehearsalAhead)
		if err != nil {
			return err
		}
		p.say("The rehearsal %s, from %s: %s.", e.Slug, e.Starts, summary)
		return nil
	})
}

func seeder(a *app.App) *seed.Service {
	return &seed.Service{
		DB: a.DB, Clock: a.Clock, Events: a.Events, Cities: a.Cities,
		Programme: a.Programme, Delegates: a.Delegates, Statements: a.Statements,
		Furniture: seed.Furniture{Forms: a.Forms, Signups: a.Signups, Catalogue: a.Catalogue},
	}
}

// withApp opens the configured database and gives fn the services on it. A
// secret is needed wherever badges are issued.
func withApp(p *program, fn func(*app.App) error) (err error) {
	cfg, err := p.config(nil)
	if err != nil {
		return err
	}
	if cfg.Secret == "" {
		return errors.New("no secret is configured, and badges and links are signed with it. " +
			"Set CONVENE_SECRET, or the option secret, to 32 or more random characters")
	}
	db, err := openDatabase(p.ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	a, err := app.New(db, cfg, app.Options{Log: p.newLog(cfg), Instance: instance()})
	if err != nil {
		return err
	}
	return fn(a)
}
