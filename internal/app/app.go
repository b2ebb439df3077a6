// Package app joins the parts: it makes every service on one database and names
// the jobs that run them. The program, the benchmarks and the tests of the web
// all start from here, so none of them can be put together differently.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"convene/config"
	"convene/internal/account"
	"convene/internal/audience"
	"convene/internal/audit"
	"convene/internal/badge"
	"convene/internal/bounce"
	"convene/internal/city"
	"convene/internal/consent"
	"convene/internal/delegate"
	"convene/internal/door"
	"convene/internal/event"
	"convene/internal/file"
	"convene/internal/form"
	"convene/internal/i18n"
	"convene/internal/intake"
	"convene/internal/jobs"
	"convene/internal/letter"
	"convene/internal/limit"
	"convene/internal/message"
	"convene/internal/outbox"
	"convene/internal/personal"
	"convene/internal/privacy"
	"convene/internal/problem"
	"convene/internal/programme"
	"convene/internal/push"
	"convene/internal/reminder"
	"convene/internal/report"
	"convene/internal/signup"
	"convene/internal/statement"
	"convene/internal/store"
	"convene/views"
)

// Schemas lists every collection of the program, for store.Open.
func Schemas() []store.Schema {
	var all []store.Schema
	for _, list := range [][]store.Schema{
		account.Collections(), audience.Collections(), audit.Collections(), badge.Collections(), bounce.Collections(), city.Collections(), consent.Collections(),
		delegate.Collections(), door.Collections(), event.Collections(), file.Collections(), form.Collections(), intake.Collections(), jobs.Collections(), letter.Collections(),
		limit.Collections(), message.Collections(), outbox.Collections(), personal.Collections(), privacy.Collections(), programme.Collections(), push.Collections(),
		reminder.Collections(), signup.Collections(), statement.Collections(),
	} {
		all = append(all, list...)
	}
	return all
}

// App is every service on one database.
type App struct {
	Config    config.Config
	Clock     func() time.Time
	Log       *slog.Logger
	DB        *store.DB
	Catalogue *i18n.Catalogue

	Outbox *outbox.Outbox
	Jobs   *jobs.Runner // with its jobs; the program starts it

	Accounts  *account.Service
	Audience  *audience.Registry
	Badges    *badge.Service
	Bounces   *bounce.Service
	Cities    *city.Service
	Composer  *letter.Composer
	Consents  *consent.Service // what people agree to
	Delegates *delegate.Service
	Door      *door.Service
	Events    *event.Service
	Files     *file.Service
	Imports   *intake.Service
	Forms     *form.Service // the questions of registration forms
	Limiter   *limit.Limiter
	Messages  *message.Service
	// Preferences tell who refuses which letters.
	Preferences *outbox.Preferences
	Privacy     *privacy.Service
	Programme   *programme.Service
	Push        *push.Service
	Reminders   *reminder.Service
	Reports     *report.Service
	Signups     *signup.Service
	Statements  *statement.Service
}

// Options are what differs between the program and its tests.
type Options struct {
	Clock    func() time.Time // time.Now unless set
	Log      *slog.Logger     // slog.Default() unless set
	Instance string           // names this instance in leases and the jobs' history
	Sender   *outbox.Sender   // nil: letters wait
	Push     push.Client      // nil: no notifications
	Hashing  *account.Hashing // of passwords: account.Strong unless set
	Messages *i18n.Catalogue  // nil: those of views.FS are read
}

// formRoom is what a form needs, in bytes, beside the file that it sends: its other
// fields, a letter's text among them.
const formRoom = 256 << 10

// New makes the services. The database stays the caller's to close.
func New(db *store.DB, cfg config.Config, o Options) (*App, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Hashing == nil {
		o.Hashing = &account.Strong
	}
	var err error
	catalogue := o.Messages
	if catalogue == nil {
		if catalogue, err = i18n.Load(views.FS, "messages", cfg.Languages); err != nil {
			return nil, err
		}
	}
	clock := o.Clock
	secret := cfg.Secret.Reveal()
	a := &App{Config: cfg, Clock: clock, Log: o.Log, DB: db, Catalogue: catalogue}
	a.Accounts = account.New(db, clock, cfg.Session.Lifetime, *o.Hashing)
	a.Limiter = limit.New(db, clock)
	a.Events = &event.Service{DB: db, Clock: clock}
	a.Files = &file.Service{DB: db, Clock: clock, Secret: secret, Max: max(int(cfg.HTTP.BodyLimit)-formRoom, int(cfg.HTTP.BodyLimit)/2)}
	a.Forms = &form.Service{DB: db, Clock: clock, Files: a.Files}
	a.Consents = &consent.Service{DB: db, Clock: clock, Default: func(e event.Event, lang string) string {
		return catalogue.For(lang).N("privacy.text", e.KeepMonths())
	}}
	a.Cities = &city.Service{
		DB: db, Clock: clock, Secret: secret, Languages: cfg.Languages, FocalLink: cfg.Session.FocalLink, FocalSession: cfg.Session.FocalLifetime,
	}
	a.Badges = badge.New(db, clock, secret)
	a.Programme = &programme.Service{DB: db, Clock: clock, Events: a.Events}
	a.Delegates = delegate.New(db, clock, secret, cfg.Languages, a.Events, a.Cities, a.Badges, a.Forms, a.Consents)
	a.Signups = &signup.Service{DB: db, Clock: clock, Events: a.Events, Programme: a.Programme, Delegates: a.Delegates}
	a.Delegates.Follow(a.Signups.Follow)
	a.Programme.OnMove(func(ctx context.Context, tx *store.Tx, from, to event.Event) error {
		return a.Forms.MoveEvent(ctx, tx, to.ID, func(t time.Time) time.Time { return to.Along(from, t) })
	})
	a.Programme.OnMove(a.Signups.MoveEvent)
	a.Programme.OnCopy(a.copyEvent)
	a.Imports = &intake.Service{
		DB: db, Clock: clock, Events: a.Events, Delegates: a.Delegates, Cities: a.Cities, Forms: a.Forms, Words: catalogue,
	}
	a.Delegates.OnMerge(a.Signups.Merge)
	a.Door = &door.Service{DB: db, Clock: clock, Badges: a.Badges, Delegates: a.Delegates}
	a.Statements = &statement.Service{DB: db, Clock: clock, Secret: secret}
	a.Audience = audience.NewRegistry(catalogue.For(cfg.Languages[0]), a.Delegates.Audience(), a.Programme.Audience(), a.Signups.Audience())
	a.Reminders = &reminder.Service{DB: db, Clock: clock, Events: a.Events, Audience: a.Audience}
	a.Reports = &report.Service{Delegates: a.Delegates, Programme: a.Programme}
	a.Composer = &letter.Composer{
		Catalogue: catalogue, BaseURL: cfg.BaseURL, Network: cfg.Network.Name, DB: db, MaxAttached: int(cfg.Mail.Attachments),
		From:    outbox.Address{Name: cfg.SMTP.From.Name, Email: cfg.SMTP.From.Address},
		ReplyTo: outbox.Address{Name: cfg.SMTP.ReplyTo.Name, Email: cfg.SMTP.ReplyTo.Address},
		Events:  a.Events, Delegates: a.Delegates, Badges: a.Badges, Cities: a.Cities, Statements: a.Statements,
		Files: a.Files, Forms: a.Forms, Programme: a.Programme, Signups: a.Signups, Clock: clock,
	}
	if err := a.Composer.Load(views.FS, "letters"); err != nil {
		return nil, fmt.Errorf("app: %w", err)
	}
	a.Preferences = &outbox.Preferences{DB: db, Clock: clock, Secret: secret}
	a.Composer.Preferences = a.Preferences
	a.Push, err = push.New(push.Options{
		DB: db, Clock: clock, Log: o.Log, Secret: secret, Client: o.Push, Contact: cfg.SMTP.From.Address, Write: a.notification,
	})
	if err != nil {
		return nil, err
	}
	a.Outbox = outbox.New(db, outbox.Options{
		Preferences: a.Preferences, Sent: a.Push.Queue,
		Sender: o.Sender, Composer: a.Composer, Clock: clock, Log: o.Log, Instance: o.Instance,
		Connections: cfg.Mail.Connections, PerMinute: cfg.Mail.RatePerMinute, PerDomain: cfg.Mail.RatePerDomain,
		Attempts: cfg.Mail.Attempts, ReturnPath: cfg.Mail.BounceAddress, GivenAnew: a.givenAnew,
	})
	a.Bounces = &bounce.Service{DB: db, Clock: clock, Outbox: a.Outbox, Mailbox: cfg.Mail.BouncesMbox}
	a.Messages = &message.Service{DB: db, Clock: clock, Events: a.Events, Audience: a.Audience, Outbox: a.Outbox, Try: a.try}
	a.Reminders.Try, a.Reminders.Faulty, a.Reminders.Refused = a.try, ofTheText, a.Preferences.Refused
	a.Composer.Stands = a.Reminders.Stands
	a.Privacy = &privacy.Service{
		DB: db, Clock: clock, Events: a.Events, Delegates: a.Delegates, Forms: a.Forms, Parts: a.personalParts(), Organisers: a.Accounts.Organisers,
	}
	a.Jobs = jobs.New(db, jobs.Options{Instance: o.Instance, Lease: cfg.Jobs.Lease, Clock: clock, Log: o.Log})
	return a, a.addJobs()
}

// try composes a letter as the desk reads it, to see whether it can be.
func (a *App) try(ctx context.Context, l outbox.Letter) error {
	_, err := a.Composer.Compose(ctx, l, outbox.ForReading)
	return err
}

// ofTheText reports whether a letter cannot be written for a fault of its text.
func ofTheText(err error) bool {
	noText, placeholder := letter.Explain(err.Error())
	return noText || placeholder != ""
}

// givenAnew reports whether somebody has typed the letter's address since, to
// register, for a lost link or to follow a statement, or proved that it is theirs: it
// may have been mended.
func (a *App) givenAnew(ctx context.Context, l outbox.Letter, since time.Time) (bool, error) {
	switch l.Occasion {
	case delegate.OccasionVerify, delegate.OccasionKnown, delegate.OccasionLink, delegate.OccasionLinks, delegate.OccasionGroup,
		statement.OccasionSubscribe, city.OccasionFocalLink:
		return l.Queued.After(since), nil
	}
	if l.Person == "" {
		return false, nil
	}
	d, err := a.Delegates.Get(ctx, l.Person)
	if problem.KindOf(err) == problem.NotFound {
		return false, nil
	}
	return d.Consent.At.After(since), err
}

// notification is what somebody's browser shows of a letter to them.
func (a *App) notification(ctx context.Context, person, letterID string) (push.Note, error) {
	d, err := a.Delegates.Get(ctx, person)
	if err != nil {
		return push.Note{}, err
	}
	content, err := a.Outbox.Preview(ctx, letterID)
	if err != nil {
		return push.Note{}, err
	}
	l, err := a.Outbox.Get(ctx, letterID)
	return push.Note{
		Title: content.Subject, Body: letter.Opening(content.Text), Language: l.Language, Direction: letter.Direction(l.Language),
		URL: a.Config.BaseURL + "/r/" + a.Delegates.ManageToken(d) + "/letters/" + outbox.Key(letterID),
	}, err
}

// copyEvent takes along to a copy of an event what stands above its programme.
func (a *App) copyEvent(ctx context.Context, tx *store.Tx, from, to event.Event, sessions map[string]string) error {
	along := func(t time.Time) time.Time { return to.Along(from, t) }
	if err := a.Forms.CopyEvent(ctx, tx, from.ID, to.ID, along); err != nil {
		return err
	}
	if err := a.Consents.CopyEvent(ctx, tx, from, to); err != nil {
		return err
	}
	if err := a.Signups.CopyEvent(ctx, tx, from, to, sessions); err != nil {
		return err
	}
	return a.Composer.CopyEvent(ctx, tx, from, to)
}
