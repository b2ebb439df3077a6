package web

import (
	"github.com/gofiber/fiber/v2"

	"convene/internal/web/kit"
)

// route is the one table of routes.
func (p pages) route(app *fiber.App) {
	// What everybody can read.
	app.Get("/", p.site.Home)
	app.Get("/events", p.site.Events)
	app.Get("/network", p.site.Network)
	app.Get("/cities", p.site.Cities)
	app.Get("/cities/:city", p.site.City)
	app.Get("/e/:slug", p.site.Event)
	app.Get("/e/:slug/accent.css", p.site.AccentCSS)
	app.Get("/e/:slug/calendar.ics", p.site.Calendar)
	app.Get("/e/:slug/programme", p.site.Programme)
	app.Get("/e/:slug/sessions/:session", p.site.Session)
	app.Get("/e/:slug/sessions/:session/calendar.ics", p.site.SessionCalendar)
	app.Get("/e/:slug/speakers", p.site.Speakers)
	app.Get("/e/:slug/speakers/:speaker", p.site.Speaker)
	app.Get("/e/:slug/cities", p.site.EventCities)
	app.Get("/e/:slug/nutshell", p.site.Nutshell)
	app.Get("/e/:slug/statement", p.site.Statement)
	app.Post("/e/:slug/statement", p.site.Subscribe)
	app.Get("/follow/:token/confirm", p.site.FollowConfirm)
	app.Post("/follow/:token/confirm", p.site.FollowConfirm)
	app.Get("/follow/:token/stop", p.site.FollowStop)
	app.Post("/follow/:token/stop", p.site.FollowStop)

	app.Get("/files/:token", p.site.File)

	// Registering, and what one is registered for.
	app.Get("/e/:slug/register", p.delegate.Register)
	app.Post("/e/:slug/register", p.delegate.Submit)
	app.Get("/e/:slug/register/sent", p.delegate.Sent)
	app.Get("/e/:slug/register/link", p.delegate.Link)
	app.Post("/e/:slug/register/link", p.delegate.SendLink)
	app.Get("/verify/:token", p.delegate.Verify)
	app.Post("/verify/:token", p.delegate.VerifyConfirm)
	app.Get("/r/:token", p.delegate.Registration)
	app.Get("/r/:token/edit", p.delegate.Edit)
	app.Post("/r/:token/edit", p.delegate.Save)
	app.Get("/r/:token/cancel", p.delegate.Cancel)
	app.Post("/r/:token/cancel", p.delegate.CancelConfirm)
	app.Post("/r/:token/accept", p.delegate.Accept)
	app.Get("/r/:token/badge", p.delegate.Badge)
	app.Get("/r/:token/badge.png", p.delegate.BadgeImage)
	app.Get("/r/:token/calendar.ics", p.delegate.Calendar)
	app.Get("/r/:token/letters", p.delegate.Notifications)
	app.Get("/r/:token/letters/:letter", p.delegate.Notification)
	app.Post("/r/:token/push", p.delegate.PushAllow)
	app.Post("/r/:token/push/stop", p.delegate.PushStop)
	app.Get("/push-worker.js", p.pushWorker)

	// Which letters one gets.
	app.Get("/letters/:token", p.delegate.Letters)
	app.Post("/letters/:token", p.delegate.LettersChosen)
	app.Get("/letters/:token/stop", p.delegate.LettersStop)
	app.Post("/letters/:token/stop", p.delegate.LettersStopped)

	// Letters that came back.
	app.Post("/hooks/bounces", p.bounces.Post)

	// The organising team.
	app.Get("/sign-in", p.desk.SignIn)
	app.Post("/sign-in", p.desk.SignInPosted)
	app.Post("/sign-out", p.desk.SignOut)
	desk := app.Group("/desk", kit.RequireOrganiser)
	desk.Get("/", p.desk.Home)
	desk.Get("/jobs", p.desk.Jobs)
	desk.Get("/jobs/:job", p.desk.Job)
	desk.Post("/jobs/:job/run", p.desk.JobRun)
	desk.Get("/audit", p.desk.Audit)
	desk.Get("/e/:slug", p.desk.Dashboard)
	desk.Get("/e/:slug/delegates", p.desk.Delegates)
	desk.Get("/e/:slug/delegates.csv", p.desk.DelegatesCSV)
	desk.Get("/e/:slug/delegates.xlsx", p.desk.DelegatesXLSX)
	desk.Post("/e/:slug/delegates/bulk", p.desk.BulkPreview)
	desk.Post("/e/:slug/delegates/bulk/:do", p.desk.BulkDo)
	desk.Get("/e/:slug/delegates/:id", p.desk.Delegate)
	desk.Post("/e/:slug/delegates/:id/approve", p.desk.Approve)
	desk.Post("/e/:slug/delegates/:id/decline", p.desk.Decline)
	desk.Post("/e/:slug/delegates/:id/cancel", p.desk.Cancel)
	desk.Post("/e/:slug/delegates/:id/try-address", p.desk.TryAddress)
	desk.Get("/e/:slug/programme", p.desk.Programme)
	desk.Get("/e/:slug/statement", p.desk.Statement)
	desk.Post("/e/:slug/statement/:id", p.desk.StatementChange)
	desk.Get("/e/:slug/messages", p.desk.Messages)
	desk.Post("/e/:slug/messages", p.desk.MessageSave)
	desk.Get("/e/:slug/messages/new", p.desk.MessageNew)
	desk.Get("/e/:slug/messages/:id", p.desk.Message)
	desk.Post("/e/:slug/messages/:id", p.desk.MessageSave)
	desk.Get("/e/:slug/messages/:id/edit", p.desk.MessageEdit)
	desk.Post("/e/:slug/messages/:id/:do", p.desk.MessageDo)
	desk.Get("/e/:slug/rules", p.desk.Rules)
	desk.Post("/e/:slug/rules", p.desk.RuleSave)
	desk.Get("/e/:slug/rules/new", p.desk.RuleNew)
	desk.Get("/e/:slug/rules/:id", p.desk.Rule)
	desk.Post("/e/:slug/rules/:id", p.desk.RuleSave)
	desk.Get("/e/:slug/rules/:id/edit", p.desk.RuleEdit)
	desk.Post("/e/:slug/rules/:id/:do", p.desk.RuleDo)
	desk.Get("/e/:slug/texts", p.desk.Texts)
	desk.Get("/e/:slug/texts/:occasion", p.desk.Text)
	desk.Post("/e/:slug/texts/:occasion", p.desk.TextSave)
	desk.Get("/e/:slug/letters", p.desk.Letters)
	desk.Get("/e/:slug/letters/:letter", kit.Allow(kit.Frames), p.desk.Letter)
	desk.Get("/e/:slug/letters/:letter/html", kit.Allow(kit.Letter), p.desk.LetterHTML)
	desk.Post("/e/:slug/letters/:letter/resend", p.desk.LetterResend)
	desk.Post("/e/:slug/letters/:letter/cancel", p.desk.LetterCancel)
	desk.Get("/e/:slug/settings", p.desk.Settings)
	desk.Post("/e/:slug/settings", p.desk.SettingsSave)
	desk.Post("/e/:slug/settings/move", p.desk.EventMove)
	desk.Post("/e/:slug/settings/places", p.desk.PlacesSave)
	desk.Get("/e/:slug/audit", p.desk.EventAudit)

	// The door.
	door := app.Group("/door", kit.RequireDoor, kit.Allow(kit.Camera))
	door.Get("/", p.door.Events)
	door.Get("/e/:slug", p.door.Gates)
	door.Get("/e/:slug/:gate", p.door.Scan)
	door.Post("/e/:slug/:gate", p.door.Judge)

	// The letters of a demonstration.
	if p.mailbox != nil {
		app.Get("/mailbox", kit.Allow(kit.Frames), p.mailbox.List)
		app.Get("/mailbox/:id", kit.Allow(kit.Frames), p.mailbox.Show)
		app.Get("/mailbox/:id/html", kit.Allow(kit.Letter), p.mailbox.HTML)
	}
}
