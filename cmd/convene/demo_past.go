package main

import (
	"context"
	"errors"
	"slices"

	"convene/internal/account"
	"convene/internal/app"
	"convene/internal/audit"
	"convene/internal/outbox"
	"convene/internal/outbox/catcher"
	"convene/internal/problem"
	"convene/internal/seed"
)

// withPast calls fn with what gives the rehearsal a past: the program once more on the
// same database, by a clock of its own. Its letters are sent as any others, and come
// to a mailbox that nobody reads: whoever tries the demonstration would take them for
// what they have caused themselves.
func withPast(a *app.App, organiser account.Staff, fn func(*seed.Past) error) (err error) {
	caught, err := catcher.Start("127.0.0.1:0", catcher.Options{Keep: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, caught.Close()) }()
	sender, err := outbox.NewSender(demoMail(a.Config, caught))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	clock := &seed.Clock{}
	cfg := a.Config
	cfg.Mail.RatePerMinute = 0 // nobody's server has to be spared
	then, err := app.New(a.DB, cfg, app.Options{
		Clock: clock.Now, Log: a.Log, Instance: instance(), Sender: sender, Messages: a.Catalogue,
	})
	if err != nil {
		return err
	}
	return fn(&seed.Past{
		Clock: clock, Events: then.Events, Cities: then.Cities, Forms: then.Forms, Delegates: then.Delegates, Signups: then.Signups,
		Deliver: func(ctx context.Context) error {
			_, err := then.Outbox.Deliver(ctx)
			return err
		},
		Organiser: audit.Actor{Kind: "staff", ID: organiser.ID, Name: organiser.Name},
	})
}

// member adds somebody to the staff, unless they are in it already.
func member(ctx context.Context, accounts *account.Service, name, email string, role account.Role, password string) (account.Staff, error) {
	added, err := accounts.Add(ctx, name, email, role, password)
	if err == nil || problem.KindOf(err) != problem.Invalid {
		return added, err
	}
	organisers, err := accounts.Organisers(ctx)
	if i := slices.IndexFunc(organisers, func(s account.Staff) bool { return s.Email == email }); i >= 0 {
		return organisers[i], err
	}
	return account.Staff{Name: name, Email: email, Role: role}, err
}
