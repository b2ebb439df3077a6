package desk

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/web/kit"
)

// settingsPage is desk/settings.html.
type settingsPage struct {
	kit.Frame
	Form  *kit.Form
	Path  string
	Usual string    // where answers go if the event has no address of its own
	Move  *kit.Form // to other days; nil: the event has begun
}

// Settings shows what the organisers have decided about the event's letters.
func (s *Pages) Settings(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	return s.renderSettings(c, e, kit.NewForm(c, settingsValues(e)), kit.NewForm(c, url.Values{"starts": {e.Starts}}))
}

func settingsValues(e event.Event) url.Values {
	values := url.Values{"reply_to": {e.ReplyTo}, "survey_link": {e.SurveyLink}}
	if e.FourEyes {
		values.Set("four_eyes", "on")
	}
	return values
}

// SettingsSave keeps what they decide.
func (s *Pages) SettingsSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.Configure(c.UserContext(), e.ID, event.Settings{
		ReplyTo: form.Value("reply_to"), SurveyLink: form.Value("survey_link"), FourEyes: form.Checked("four_eyes"),
	})
	if form.Refused(err) {
		return s.renderSettings(c.Status(fiber.StatusUnprocessableEntity), e, form, kit.NewForm(c, url.Values{"starts": {e.Starts}}))
	}
	if err != nil {
		return err
	}
	kit.Flash(c, kit.Good, "settings.saved")
	return c.Redirect(deskPath(e, kit.DeskSettings), fiber.StatusSeeOther)
}

// EventMove gives the event another first day.
func (s *Pages) EventMove(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	to, err := s.app.Programme.Move(c.UserContext(), e.ID, form.Value("starts"))
	if form.Refused(err) {
		return s.renderSettings(c.Status(fiber.StatusUnprocessableEntity), e, kit.NewForm(c, settingsValues(e)), form)
	}
	if err != nil {
		return err
	}
	p := kit.Printer(c)
	kit.Flash(c, kit.Good, "settings.moved", "Dates", p.DateRange(to.FirstDay(), to.LastDay()))
	return c.Redirect(deskPath(to, kit.DeskSettings), fiber.StatusSeeOther)
}

func (s *Pages) renderSettings(c *fiber.Ctx, e event.Event, form, move *kit.Form) error {
	p := kit.Printer(c)
	frame, err := s.frame(c, &e, kit.DeskSettings, p.T("settings.title"))
	if err != nil {
		return err
	}
	form.Labels = map[string]string{"reply_to": p.T("settings.reply_to"), "survey_link": p.T("settings.survey_link")}
	move.Labels = map[string]string{"starts": p.T("settings.starts")}
	usual := s.app.Config.SMTP.ReplyTo.Address
	if usual == "" {
		usual = s.app.Config.SMTP.From.Address
	}
	page := settingsPage{Frame: frame, Form: form, Path: deskPath(e, kit.DeskSettings), Usual: usual}
	if e.Phase(s.app.Clock()) == event.Coming {
		page.Move = move
	}
	return kit.Render(c, "desk/settings", page)
}
