package desk

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"convene/internal/event"
	"convene/internal/i18n"
	"convene/internal/web/kit"
)

// walking lists the event's categories, in any of which people may be registered at
// the door.
func walking(p *i18n.Printer, e event.Event) []kit.Option {
	var list []kit.Option
	for _, c := range e.Categories() {
		list = append(list, kit.Option{Value: c.ID, Label: e.CategoryLabel(p, c.ID)})
	}
	return list
}

func transferValues(e event.Event) url.Values {
	return url.Values{"transfer_until": {e.TransferDay()}}
}

func walkInValues(e event.Event) url.Values {
	values := url.Values{"category": nil}
	for _, c := range e.WalkIns() {
		values.Add("category", c.ID)
	}
	return values
}

// TransferSave keeps until when delegates may give their place to a colleague.
func (s *Pages) TransferSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.LetTransfer(c.UserContext(), e.ID, func(now event.Event) (string, error) {
		merged, err := form.Onto(transferValues(now), nil)
		return merged.Value("transfer_until"), err
	})
	return s.settingsSaved(c, e, form, err, "settings.saved", func(f *settingsForms) { f.transfer = form })
}

// WalkInSave keeps in which categories the door's staff may register people.
func (s *Pages) WalkInSave(c *fiber.Ctx) error {
	e, err := s.event(c)
	if err != nil {
		return err
	}
	form := kit.Posted(c)
	_, err = s.app.Events.LetWalkIn(c.UserContext(), e.ID, func(now event.Event) ([]string, error) {
		merged, err := form.Onto(walkInValues(now), nil)
		return merged.Values["category"], err
	})
	return s.settingsSaved(c, e, form, err, "settings.saved", func(f *settingsForms) { f.walkIns = form })
}
