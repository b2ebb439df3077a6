package desk

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/web/kit"
)

func registrationValues(e event.Event) url.Values {
	r := e.Registration
	values := url.Values{"opens": {localTime(e, r.Opens)}, "closes": {localTime(e, r.Closes)}}
	if r.Enabled {
		values.Set("enabled", "on")
	}
	if r.Approval {
		values.Set("approval", "on")
	}
	return values
}

// OpeningSave keeps when and how people register themselves.
func (s *Pages) OpeningSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.LetRegister(c.UserContext(), e.ID, func(now event.Event) (event.TypedOpening, error) {
		merged, err := form.Onto(registrationValues(now), nil)
		return event.TypedOpening{
			Enabled: merged.Checked("enabled"), Opens: merged.Value("opens"), Closes: merged.Value("closes"), Approval: merged.Checked("approval"),
		}, err
	})
	return s.settingsSaved(c, e, form, err, "settings.opening.saved", func(f *settingsForms) { f.opening = form })
}
