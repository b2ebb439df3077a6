// Package web joins the pages of every audience to one application.
package web

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/app"
	"convene/internal/outbox/catcher"
	"convene/internal/web/bounce"
	"convene/internal/web/delegate"
	"convene/internal/web/desk"
	"convene/internal/web/door"
	"convene/internal/web/focal"
	"convene/internal/web/kit"
	"convene/internal/web/mailbox"
	"convene/internal/web/site"
	"convene/views"
)

// Options are what only some programs have.
type Options struct {
	// Mailbox holds the letters of a demonstration, which every page then says
	// it is. Nil: letters go out.
	Mailbox *catcher.Catcher

	Files *kit.Files // nil: those of views.FS are read
}

// pages are the handlers of every audience.
type pages struct {
	site     *site.Pages
	delegate *delegate.Pages
	desk     *desk.Pages
	door     *door.Pages
	focal    *focal.Pages
	mailbox  *mailbox.Pages // nil outside a demonstration
	bounces  *bounce.Hook

	// pushWorker is a script that needs an address of its own: a worker serves
	// what lies beneath it, and is asked for anew.
	pushWorker fiber.Handler
}

// New makes the application with all its routes.
func New(a *app.App, o Options) (*kit.Kit, error) {
	if o.Files == nil {
		files, err := kit.Load(views.FS)
		if err != nil {
			return nil, err
		}
		o.Files = files
	}
	k, err := kit.New(kit.Options{
		Config: a.Config, DB: a.DB, Accounts: a.Accounts, Limiter: a.Limiter, Messages: a.Catalogue,
		Files: o.Files, Log: a.Log, Clock: a.Clock, Demo: o.Mailbox != nil,
	})
	if err != nil {
		return nil, err
	}
	public := site.New(a, k)
	p := pages{
		site: public, delegate: delegate.New(a, public.Tabs), desk: desk.New(a, k, a.Jobs, a.Outbox), door: door.New(a), focal: focal.New(a),
		bounces:    &bounce.Hook{Service: a.Bounces, Token: a.Config.Mail.BouncesToken.Reveal()},
		pushWorker: func(c *fiber.Ctx) error { return k.Assets.Serve(c, "push-worker.js") },
	}
	if o.Mailbox != nil {
		p.mailbox = &mailbox.Pages{Catcher: o.Mailbox}
	}
	p.route(k)
	return k, nil
}
