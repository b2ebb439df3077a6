package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"convene/config"
	"convene/internal/app"
	"convene/internal/outbox"
)

type doctorCmd struct{}

// patience bounds each check.
const patience = 30 * time.Second

// check looks at one part of the installation. It says what it found, or what is
// wrong and how to mend it.
type check struct {
	name  string
	needs string // the check without which this one says nothing
	run   func(context.Context, config.Config) (string, error)
}

// Run makes every check that can be made, however the others end, and says what
// to do about those that fail.
func (doctorCmd) Run(p *program) error {
	cfg, loading := p.config(nil)
	checks := []check{
		{"configuration", "", func(context.Context, config.Config) (string, error) { return checkConfiguration(cfg, loading) }},
		{"storage", "", checkStorage},
		{"mail server", "", checkMail},
		{"clock", "", checkClock},
		{"keys", "storage", checkKeys},
	}
	var failed, left []string
	for i, c := range checks {
		if i > 0 && loading != nil || slices.Contains(failed, c.needs) {
			left = append(left, c.name)
			continue
		}
		if !p.check(c, cfg) {
			failed = append(failed, c.name)
		}
	}
	if len(failed) == 0 {
		p.say("\nAll is well.")
		return nil
	}
	p.say("\n%d of %d checks failed.", len(failed), len(checks))
	if len(left) > 0 {
		p.say("Not checked, because of what failed: %s.", strings.Join(left, ", "))
	}
	return errTold
}

// check makes one check and says how it ended.
func (p *program) check(c check, cfg config.Config) bool {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	told, err := c.run(ctx, cfg)
	if err != nil {
		p.say("FAILED  %s: %v", c.name, err)
		return false
	}
	p.say("ok      %s: %s", c.name, told)
	return true
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
	db, err := openExisting(ctx, cfg.Database)
	if errors.Is(err, errNoDatabase) {
		return "", fmt.Errorf("%w. convene seed or convene serve makes it; or correct the option database", err)
	}
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
	db, err := openExisting(ctx, cfg.Database)
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
