package app

import (
	"context"
	"errors"

	"convene/internal/audit"
	"convene/internal/jobs"
)

// addJobs names everything that happens by itself.
func (a *App) addJobs() error {
	list := []jobs.Job{
		{
			Name: "letters", Title: "Deliver letters", Schedule: "@every " + a.Config.Mail.Every.String(), Missed: jobs.Drop,
			Run: func(ctx context.Context, _ jobs.Run) (map[string]int, error) { return a.Outbox.Deliver(ctx) },
		},
		{
			Name: "reminders", Title: "Queue the letters of the rules that are due", Schedule: "@every 1m", Missed: jobs.MakeUp,
			Run: counting("queued", a.Reminders.Queue),
		},
		{
			Name: "messages", Title: "Queue the letters of messages", Schedule: "@every 15s", Missed: jobs.Drop,
			Run: counting("queued", a.Messages.Queue),
		},
		{
			Name: "statements", Title: "Tell subscribers of statements that moved", Schedule: "@every 1m", Missed: jobs.MakeUp,
			Run: counting("queued", a.Statements.Announce),
		},
		{
			Name: "places", Title: "Offer places that fell free", Schedule: "@every 15s", Missed: jobs.Drop,
			Run: func(ctx context.Context, _ jobs.Run) (map[string]int, error) { return a.Delegates.Fill(ctx) },
		},
		{
			Name: "answers", Title: "Count what people have yet to answer", Schedule: "@every 1m", Missed: jobs.Drop,
			Run: counting("changed", a.Delegates.Recount),
		},
		{
			Name: "signups", Title: "Give free places in sessions to who waits", Schedule: "@every 15s", Missed: jobs.Drop,
			Run: func(ctx context.Context, _ jobs.Run) (map[string]int, error) { return a.Signups.Fill(ctx) },
		},
		{
			Name: "erasures", Title: "Finish erasing data", Schedule: "@every 10m", Missed: jobs.Drop,
			Run: counting("finished", a.Privacy.GoOn),
		},
		{
			Name: "retention", Title: "Erase what is kept no longer", Schedule: "43 3 * * *", Missed: jobs.MakeUp,
			Run: func(ctx context.Context, _ jobs.Run) (map[string]int, error) { return a.Privacy.Retain(ctx) },
		},
		{
			Name: "imports", Title: "Go on with imports of delegates", Schedule: "@every 5s", Missed: jobs.Drop,
			Run: counting("imports", a.Imports.Work),
		},
		{
			Name: "bulk", Title: "Do what is to be done about many delegates", Schedule: "@every 5s", Missed: jobs.Drop,
			Run: counting("changed", a.Delegates.RunBulks),
		},
		{
			Name: "index", Title: "Bring older registrations up to what is looked for", Schedule: "@every 1m", Missed: jobs.MakeUp,
			Run: counting("changed", a.Delegates.Reindex),
		},
		{
			Name: "cleanup", Title: "Remove what has expired", Schedule: "17 3 * * *", Missed: jobs.MakeUp,
			Run: a.cleanup,
		},
	}
	if a.Push.On() {
		list = append(list, jobs.Job{
			Name: "notifications", Title: "Show letters in browsers that allowed it", Schedule: "@every 10s", Missed: jobs.Drop,
			Run: func(ctx context.Context, _ jobs.Run) (map[string]int, error) { return a.Push.Deliver(ctx) },
		})
	}
	if a.Config.Mail.BouncesMbox != "" {
		list = append(list, jobs.Job{
			Name: "bounces", Title: "Read the mailbox of letters that came back", Schedule: "@every 1m", Missed: jobs.Drop,
			Run: func(ctx context.Context, _ jobs.Run) (map[string]int, error) { return a.Bounces.ReadMailbox(ctx) },
		})
	}
	for _, j := range list {
		run := j.Run
		j.Run = func(ctx context.Context, r jobs.Run) (map[string]int, error) {
			return run(audit.As(ctx, audit.Job(j.Name)), r)
		}
		if err := a.Jobs.Add(j); err != nil {
			return err
		}
	}
	return nil
}

// counting makes a job of a function that counts one thing.
func counting(what string, fn func(context.Context) (int, error)) func(context.Context, jobs.Run) (map[string]int, error) {
	return func(ctx context.Context, _ jobs.Run) (map[string]int, error) {
		n, err := fn(ctx)
		return map[string]int{what: n}, err
	}
}

func (a *App) cleanup(ctx context.Context, _ jobs.Run) (map[string]int, error) {
	limits, limitsErr := a.Limiter.Purge(ctx)
	signIns, signInsErr := a.Accounts.Purge(ctx)
	links, linksErr := a.Delegates.Purge(ctx)
	browsers, browsersErr := a.Push.Purge(ctx)
	imports, importsErr := a.Imports.Purge(ctx)
	uploads, uploadsErr := a.Forms.Purge(ctx)
	focal, focalErr := a.Cities.Purge(ctx)
	return map[string]int{"limits": limits, "sign-ins": signIns, "links": links, "browsers": browsers, "imports": imports, "uploads": uploads, "focal": focal},
		errors.Join(limitsErr, signInsErr, linksErr, browsersErr, importsErr, uploadsErr, focalErr)
}
