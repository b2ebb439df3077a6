package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"convene/config"
	"convene/internal/app"
	"convene/internal/outbox"
)

type doctorCmd struct{}

// patience bounds each check.
const patience = 30 * time.Second

// Run makes every check, however the others end, and says what to do about
// those that fail.
func (doctorCmd) Run(p *program) error {
	cfg, err := p.config(nil)
	checks := []struct {
		name string
		run  func(context.Context, config.Config) (string, error)
	}{
		{"configuration", func(context.Context, config.Config) (string, error) { return checkConfiguration(cfg, err) }},
		{"storage", checkStorage},
		{"mail server", checkMail},
		{"clock", checkClock},
		{"keys", checkKeys},
	}
	failed := 0
	for i, c := range checks {
		if i > 0 && err != nil { // without a configuration there is nothing to check
			break
		}
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		told, err := c.run(ctx, cfg)
		cancel()
		if err != nil {
			failed++
			p.say("FAILED  %s: %v", c.name, err)
			continue
		}
		p.say("ok      %s: %s", c.name, told)
	}
	if failed > 0 || err != nil {
		p.say("\n%d of %d checks failed.", failed, len(checks))
		return errTold
	}
	p.say("\nAll is well.")
	return nil
}

func checkConfiguration(cfg config.Config, loading error) (string, error) {
	if loading != nil {
		return "", loading
	}
	if err := cfg.CheckServe(); err != nil {
		return "", err
	}
	told := fmt.Sprintf("%d options, all fit for serving", len(cfg.Effective()))
	for _, w := range cfg.Warnings() {
		told += fmt.Sprintf("\n          warning: %s", w)
	}
	return told, nil
}

func checkStorage(ctx context.Context, cfg config.Config) (told string, err error) {
	db, err := openDatabase(ctx, cfg.Database)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	begun := time.Now()
	if err := db.Ping(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s answers in %s", cfg.Database, time.Since(begun).Round(10*time.Microsecond)), nil
}

func checkMail(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.SMTP.Host == "" {
		return "", errors.New("no mail server is configured. Set smtp.host")
	}
	sender, err := outbox.NewSender(mailServer(cfg))
	if err != nil {
		return "", err
	}
	if err := sender.Check(ctx); err != nil {
		return "", fmt.Errorf("%s:%d: %w", cfg.SMTP.Host, cfg.SMTP.Port, err)
	}
	return fmt.Sprintf("%s:%d takes letters (%s)", cfg.SMTP.Host, cfg.SMTP.Port, cfg.SMTP.TLS), nil
}

// checkClock finds the two faults of a clock that can be seen from inside: a
// machine that lost its time is in the past of this program, and one that is
// being set runs differently from its monotonic clock.
func checkClock(_ context.Context, _ config.Config) (string, error) {
	now := time.Now()
	if built, ok := built(); ok && now.Before(built) {
		return "", fmt.Errorf("it says %s, before this program was built. Set the machine's clock", now.UTC().Format(time.RFC3339))
	}
	if _, err := time.LoadLocation("America/Mexico_City"); err != nil {
		return "", fmt.Errorf("the zone database cannot be read: %w", err)
	}
	return now.UTC().Format(time.RFC3339) + ", with the zone database at hand", nil
}

func built() (time.Time, bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}, false
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			t, err := time.Parse(time.RFC3339, s.Value)
			return t, err == nil
		}
	}
	return time.Time{}, false
}

// checkKeys makes sure that the secret is the one that the badges out there
// were signed with.
func checkKeys(ctx context.Context, cfg config.Config) (told string, err error) {
	if cfg.Secret == "" {
		return "", errors.New("no secret is configured. Set the option secret to 32 or more random characters")
	}
	db, err := openDatabase(ctx, cfg.Database)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	a, err := app.New(db, cfg, app.Options{Instance: instance()})
	if err != nil {
		return "", err
	}
	return compareKeys(ctx, a)
}

func compareKeys(ctx context.Context, a *app.App) (string, error) {
	events, err := a.Events.List(ctx)
	if err != nil {
		return "", err
	}
	signed := 0
	for _, e := range events {
		keys, err := a.Badges.Keys(ctx, e.ID)
		if err != nil {
			return "", err
		}
		if len(keys) == 0 {
			continue
		}
		signed++
		current, err := a.Badges.CurrentKey(e.ID)
		if err != nil {
			return "", err
		}
		if keys[len(keys)-1].ID != current {
			return "", fmt.Errorf("badges of %s were last signed with key %s, and the secret now makes key %s. "+
				"Has the secret changed? Links in letters that are out no longer open", e.Slug, keys[len(keys)-1].ID, current)
		}
	}
	return fmt.Sprintf("the secret fits the badges of %d event(s)", signed), nil
}
